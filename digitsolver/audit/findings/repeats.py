"""Find images that repeat, exactly or nearly, and estimate from how many they are taken."""

from collections import Counter
from collections.abc import Sequence
from typing import Final

import numpy as np

from digitsolver.audit.findings.answers import repeated_by_chance
from digitsolver.audit.findings.chance import LEVEL, p_value
from digitsolver.audit.images import Look, different
from digitsolver.audit.records import Finding, Level
from digitsolver.audit.texts import new_finding
from digitsolver.audit.thresholds import likelihood_of
from digitsolver.datasets.near import near_pairs, unpack
from digitsolver.measure.statistics import poisson_interval

SHOWN: Final = 3
"""Examples in the evidence."""

Pair = tuple[Look, Look]


def find(looks: Sequence[Look], rng: np.random.Generator) -> list[Finding]:
    """Return a finding where images repeat."""
    exact = _exact_pairs(looks)
    near = _near_pairs(looks, rng)
    pairs = sum(size * (size - 1) // 2 for size in _groups(looks).values()) + len(near)
    if not pairs:
        return []
    low, high = pool_interval(pairs, len(looks))
    known = [min(1.0, len(looks) / pool) for pool in (high, low)]
    repeats = len(exact) + len({later.sample.path for _, later in near})
    return [
        new_finding(
            "REPEAT-IMAGE",
            likelihood_of(known[0]),
            Level.HIGH,
            _evidence(looks, exact, near, (low, high), known),
            repeats=repeats,
            total=len(looks),
            pool=f"{pool_size(pairs, len(looks)):,.0f}",
        )
    ]


def pool_size(pairs: int, images: int) -> float:
    """Return from how many images so many are taken, if all are equally likely.

    Two images are equal with the chance 1 / N, so that N is estimated by the pairs of images for
    each pair of equal ones (the birthday estimate).

    References
    ----------
    E. H. Simpson, "Measurement of diversity", Nature 163, 1949: the unbiased estimate of the chance
    that two are equal.

    Examples
    --------
    >>> pool_size(15, 300)
    2990.0
    """
    return images * (images - 1) / (2 * pairs)


def pool_interval(pairs: int, images: int) -> tuple[float, float]:
    """Return a 95 % interval of `pool_size`, taking the number of pairs as Poisson distributed.

    Examples
    --------
    >>> [round(end) for end in pool_interval(15, 300)]
    [1813, 5342]
    """
    low, high = poisson_interval(pairs)
    return pool_size(1, images) / high, pool_size(1, images) / low


def _groups(looks: Sequence[Look]) -> Counter[str]:
    return Counter(look.pixels for look in looks)


def _exact_pairs(looks: Sequence[Look]) -> list[Pair]:
    """Return each image whose pixels were there before, with the first that had them."""
    first: dict[str, Look] = {}
    return [
        (known, look)
        for look in looks
        if (known := first.setdefault(look.pixels, look)) is not look
    ]


def _near_pairs(looks: Sequence[Look], rng: np.random.Generator) -> list[Pair]:
    """Return different images of one answer that look nearly the same.

    Where every image of an answer looks alike, those of answers that repeat by chance do, too:
    there must be more of them than that.
    """
    others = different(looks)
    pairs = [
        (others[i], others[j])
        for i, j in near_pairs(unpack([look.phash for look in others]))
        if others[i].label == others[j].label
    ]
    later = len({look.sample.path for _, look in pairs})
    labels = [look.label for look in others]
    if not later or p_value(later, repeated_by_chance(labels, rng), len(labels)) >= LEVEL:
        return []
    return pairs


def _evidence(
    looks: Sequence[Look],
    exact: Sequence[Pair],
    near: Sequence[Pair],
    pool: tuple[float, float],
    known: Sequence[float],
) -> list[str]:
    counts = f"{len(looks)} images, {len(_groups(looks))} different ones"
    table = f"a table of these {len(looks)} answers would know {known[0]:.2%} to {known[1]:.2%}"
    lines = [
        f"{counts}; {len(near)} further pairs that look nearly the same",
        f"a stock of {pool[0]:,.0f} to {pool[1]:,.0f} images (95 %)",
        f"{table} of new images",
    ]
    if other := sum(one.label != two.label for one, two in exact):
        lines.append(f"{other} equal images have different labels: one of each is wrong")
    lines += [f"{two.name} is equal to {one.name}" for one, two in exact[:SHOWN]]
    return lines + [f"{two.name} is nearly {one.name}" for one, two in near[:SHOWN]]
