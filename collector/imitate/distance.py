"""How far two sets of images are from each other, by what describes them."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from collector.imitate.describe import Features, Floats

LEAST = 0.2
"""Least spread of a number in the real images that counts, over that in ``mixed``."""


@dataclass(frozen=True, slots=True)
class Scale:
    """What brings each group of numbers to one scale.

    middle, spread: (d,) of each group. unit: mean distance of two images of ``mixed``, of each
    group.
    """

    middle: dict[str, Floats]
    spread: dict[str, Floats]
    unit: dict[str, float]

    def apply(self, features: Features) -> Features:
        """Return the numbers of images on this scale."""
        return {
            name: (one - self.middle[name]) / (self.spread[name] * self.unit[name])
            for name, one in features.items()
        }


def scale_of(mixed: Features, real: Features) -> Scale:
    """Return the scale on which two images of ``mixed`` are 1 apart on average.

    The unit of a number is the geometric mean of its spread in both, so that small differences
    count where all real images are alike.

    Examples
    --------
    >>> mixed, real = {"size": np.array([[1.0], [3.0], [2.0]])}, {"size": np.array([[2.0], [2.5]])}
    >>> scale_of(mixed, real).apply({"size": np.array([[2.0]])})["size"]
    array([[0.]])
    """
    middle = {name: one.mean(axis=0) for name, one in mixed.items()}
    spread = {}
    for name, one in mixed.items():
        wide = np.maximum(one.std(axis=0), 1e-6)
        spread[name] = np.sqrt(wide * np.clip(real[name].std(axis=0), LEAST * wide, wide))
    unit = {name: max(_within(one / spread[name], unbiased=True), 1e-6)
            for name, one in mixed.items()}  # fmt: skip
    return Scale(middle, spread, unit)


def distances(first: Features, second: Features, *, unbiased: bool = True) -> dict[str, float]:
    """Return the energy distance of two sets of images, of each group of numbers.

    It is 0 where both have one distribution. With `unbiased` an image is not compared with itself,
    and the square of the distance is right on average.

    G. J. Székely, M. L. Rizzo, "Energy statistics: a class of statistics based on distances", 2013.

    Parameters
    ----------
    first, second
        On one scale.

    Examples
    --------
    >>> near, far = ({"size": np.array([[x], [x + 1.0]])} for x in (0, 5))
    >>> distances(near, near, unbiased=False), round(distances(near, far)["size"] ** 2, 6)
    ({'size': 0.0}, 8.0)
    """
    return {name: _energy(one, second[name], unbiased) for name, one in first.items()}


def total(by_group: dict[str, float]) -> float:
    """Return one distance for all groups: their mean."""
    return float(np.mean(list(by_group.values())))


def _energy(first: Floats, second: Floats, unbiased: bool) -> float:
    between = _apart(first, second).mean()
    square = 2 * between - _within(first, unbiased) - _within(second, unbiased)
    return math.sqrt(max(float(square), 0.0))


def _within(one: Floats, unbiased: bool) -> float:
    pairs = len(one) * (len(one) - 1) if unbiased else len(one) ** 2
    return float(_apart(one, one).sum()) / max(pairs, 1)


def _apart(first: Floats, second: Floats) -> Floats:
    """Return the Euclidean distance of each row to each other, (n, m)."""
    squares = (first**2).sum(axis=1)[:, None] + (second**2).sum(axis=1) - 2 * first @ second.T
    apart = np.sqrt(np.maximum(squares, 0))
    if first is second:
        np.fill_diagonal(apart, 0)
    return np.asarray(apart)
