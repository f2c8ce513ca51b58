"""Test whether answers are uniform, independent of one another, and enough of them.

Answers are counted once an image: equal images are one (`digitsolver.audit.findings.repeats`).
All tests are Monte Carlo tests at one level, corrected for their number (`chance`).
"""

import math
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from digitsolver.audit.findings.chance import (
    LEVEL,
    Shared,
    Statistics,
    holm,
    p_value,
    permuted,
    repeats,
)
from digitsolver.audit.findings.leaks import without_label
from digitsolver.audit.images import Look, different
from digitsolver.audit.records import Answers, Finding, Level, Significance
from digitsolver.audit.texts import new_finding
from digitsolver.audit.thresholds import likelihood_of
from digitsolver.measure.statistics import poisson_interval

FEWEST: Final = 20
"""Answers below which nothing is tested."""
TESTED: Final = 2000
"""Answers that are tested, the first in the order of their names."""
POSITIONS: Final = 20
"""Positions that are tested, the first of each answer."""
LARGEST: Final = 2**61 - 1
"""A prime: numbers of longer answers are taken modulo it, which keeps equal steps equal."""
MUCH: Final = 1.0
"""Bits of entropy whose loss is more than a small unevenness, such as no zero in front."""

UNEVEN, REPEATED, ORDER = "ANSWER-UNEVEN", "ANSWER-REPEAT", "ANSWER-ORDER"
FEW = "ANSWER-FEW"

Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Test:
    """What is tested, the finding that it belongs to, what was observed, and its p-value.

    ``corrected`` is the p-value after the correction for the number of tests.
    """

    name: str
    finding: str
    observed: str
    p: float
    corrected: float = 1.0


def find(looks: Sequence[Look], tests: Sequence[Test]) -> list[Finding]:
    """Return a finding for each way in which answers differ from uniform and independent ones.

    `tests` are those of `run_tests` for the same images.
    """
    labels = _labels(looks)
    significant: dict[str, list[str]] = {}
    for test in tests:
        if test.corrected < LEVEL:
            line = f"{test.name}: {test.observed}; p {_p(test.corrected)}"
            significant.setdefault(test.finding, []).append(line)
    findings = [_finding(name, lines, labels) for name, lines in significant.items()]
    return [*_too_few(labels), *findings]


def describe(looks: Sequence[Look], tests: Sequence[Test]) -> Answers:
    """Return what the answers are like, with all tests."""
    labels = _labels(looks)
    uniform = _uniform_bits(labels, _characters(labels))
    lengths = {len(label) for label in labels}
    return Answers(
        images=len(looks),
        distinct=len(different(looks)),
        length=lengths.pop() if len(lengths) == 1 else None,
        characters=_characters(labels),
        bits=round(uniform, 3),
        bits_estimated=round(min(uniform, _position_bits(labels)), 3),
        bits_seen=round(_seen_bits(labels), 3),
        level=LEVEL,
        tests=tuple(Significance(test.name, test.p, test.corrected) for test in tests),
        notes=tuple(_notes(looks)),
    )


def run_tests(looks: Sequence[Look], rng: np.random.Generator) -> list[Test]:
    """Test the answers; too few of them are not tested."""
    labels = _labels(looks)
    if len(labels) < FEWEST or len(_characters(labels)) < 2:
        return []
    tests = [*_frequencies(labels, rng), _repetition(labels, rng)]
    ordered = _in_order(looks)
    if ordered:
        tests += _sequence(_numbers(ordered), rng)
    corrected = holm([test.p for test in tests])
    return [replace(test, corrected=p) for test, p in zip(tests, corrected, strict=True)]


def repeated_by_chance(
    labels: Sequence[str], rng: np.random.Generator
) -> Callable[[int], Statistics]:
    """Return how many of uniform answers of the same lengths and characters occur before."""
    characters = len(set("".join(labels)))
    groups = [
        (min(characters**length, LARGEST), answers)
        for length, answers in sorted(Counter(map(len, labels)).items())
    ]

    def simulate(sets: int) -> Statistics:
        """Return the repeats in so many sets of answers that are chosen at random."""
        chosen = (rng.integers(0, texts, (sets, answers)) for texts, answers in groups)
        found = np.zeros(sets, np.int64)
        for rows in chosen:
            found += repeats(rows)
        return found

    return simulate


def _labels(looks: Sequence[Look]) -> list[str]:
    """Return the answers that are tested, one for images that are equal."""
    return [look.label for look in different(looks)][:TESTED]


def _frequencies(labels: Sequence[str], rng: np.random.Generator) -> list[Test]:
    """Test the frequency of characters, all together and at each position.

    The chi-square statistic of equal expected counts grows with the sum of their squares.
    """
    characters = sorted(set("".join(labels)))
    places = {"characters at all positions": "".join(labels)}
    for position in range(min(POSITIONS, max(map(len, labels)))):
        at = "".join(label[position] for label in labels if len(label) > position)
        if len(at) >= FEWEST:
            places[f"characters at position {position + 1}"] = at
    uniform = np.full(len(characters), 1 / len(characters))

    def simulated(total: int) -> Shared:
        """Return the sums of squared counts of so many random characters."""
        return Shared(lambda sets: np.square(rng.multinomial(total, uniform, sets)).sum(axis=1))

    chance = {total: simulated(total) for total in sorted({*map(len, places.values())})}
    tests = []
    for name, text in places.items():
        counts = Counter(text)
        most, often = counts.most_common(1)[0]
        observed = (
            f"{most!a} in {often} of {len(text)} places ({often / len(text):.1%}), "
            f"uniform would be {1 / len(characters):.1%}"
        )
        statistic = sum(count**2 for count in counts.values())
        p = p_value(statistic, chance[len(text)].again(), len(characters))
        tests.append(Test(name, UNEVEN, observed, p))
    return tests


def _repetition(labels: Sequence[str], rng: np.random.Generator) -> Test:
    """Test how many answers occur before."""
    found = len(labels) - len(set(labels))
    p = p_value(found, repeated_by_chance(labels, rng), len(labels))
    return Test("repeated answers", REPEATED, f"{found} of {len(labels)} answers", p)


def _sequence(values: Integers, rng: np.random.Generator) -> list[Test]:
    """Test the order of answers against all other orders of the same answers.

    References
    ----------
    A. Wald and J. Wolfowitz, "On a test whether two samples are from the same population", 1940,
    for runs; "An exact test for randomness in the non-parametric case based on serial
    correlation", 1943.
    """
    steps = np.diff(values)
    step, often = Counter(steps.tolist()).most_common(1)[0]
    above = _above_median(values)
    runs = int(_runs(above[None, :])[0])
    ranks = _doubled_ranks(values)
    equal = f"{step:+d} is the step in {often} of {len(steps)} places"
    share = float(_serial(ranks[None, :])[0]) / max(1, len(ranks) * int(np.square(ranks).sum()))
    cases = (
        ("steps from one answer to the next", equal, values, lambda v: repeats(np.diff(v, axis=1))),
        ("runs above and below the median", f"{runs} runs of {len(above)} answers", above, _uneven),
        ("serial correlation", f"{share:.2f} from no correlation", ranks, _serial),
    )
    return [
        Test(name, ORDER, observed, _permutation(row, statistic, rng))
        for name, observed, row, statistic in cases
    ]


def _permutation(
    row: Integers, statistic: Callable[[Integers], Statistics], rng: np.random.Generator
) -> float:
    """Return the chance that a random order has a statistic as large as this one."""
    observed = int(statistic(row[None, :])[0])
    return p_value(observed, lambda count: statistic(permuted(row, count, rng)), len(row))


def _above_median(values: Integers) -> Integers:
    """Return 1 above and 0 below the median; values at the median are left out."""
    middle = np.median(values)
    return np.asarray(values[values != middle] > middle, np.int64)


def _runs(rows: Integers) -> Statistics:
    return np.asarray(1 + (rows[:, 1:] != rows[:, :-1]).sum(axis=1), np.int64)


def _uneven(rows: Integers) -> Statistics:
    """Return how far the number of runs is from its mean over all orders, times their length."""
    total = rows.shape[1]
    high = rows.sum(axis=1)
    return np.asarray(np.abs(_runs(rows) * total - (2 * high * (total - high) + total)), np.int64)


def _serial(rows: Integers) -> Statistics:
    """Return how far the products of neighbours are from their mean, times the length."""
    squares = np.square(rows).sum(axis=1)
    products = (rows[:, 1:] * rows[:, :-1]).sum(axis=1)
    return np.asarray(np.abs(rows.shape[1] * products + squares), np.int64)


def _doubled_ranks(values: Integers) -> Integers:
    """Return ranks around 0, doubled so that those of equal values are whole numbers."""
    ordered = np.sort(values)
    ranks = np.searchsorted(ordered, values, "left") + np.searchsorted(ordered, values, "right")
    return np.asarray(ranks - len(values), np.int64)


def _numbers(labels: Sequence[str]) -> Integers:
    """Return answers as numbers in the base of their characters."""
    characters = sorted({*"".join(labels), *"0123456789"})
    value = {character: index for index, character in enumerate(characters)}
    numbers = []
    for label in labels:
        number = 0
        for character in label:
            number = number * len(characters) + value[character]
        numbers.append(number % LARGEST)
    return np.array(numbers, np.int64)


def _in_order(looks: Sequence[Look]) -> list[str]:
    """Return the answers in the order of the file names without them; [] where that is none."""
    once = different(looks)
    names = [without_label(look) for look in once]
    if len(set(names)) < len(names):
        return []
    order = sorted(range(len(once)), key=lambda index: _natural(names[index]))
    return [once[index].label for index in order][:TESTED]


def _natural(name: str) -> list[tuple[int, int, str]]:
    """Return a key that sorts 2 before 10."""
    parts = re.split(r"([0-9]+)", name)
    return [(1, int(part), "") if part.isdigit() else (0, 0, part) for part in parts]


def _uniform_bits(labels: Sequence[str], characters: str) -> float:
    """Return the entropy of texts of these lengths whose characters are uniform."""
    if not labels:
        return 0.0
    lengths = Counter(map(len, labels))
    own = sum(length * count for length, count in lengths.items()) / len(labels)
    return own * math.log2(max(1, len(characters))) + _bits(list(lengths.values()))


def _position_bits(labels: Sequence[str]) -> float:
    """Return the sum of the entropies of the positions, and that of the lengths.

    References
    ----------
    G. A. Miller, "Note on the bias of information estimates", 1955, for the correction of each.
    """
    total = _bits(list(Counter(map(len, labels)).values()))
    for position in range(max(map(len, labels), default=0)):
        at = [label[position] for label in labels if len(label) > position]
        counts = list(Counter(at).values())
        correction = (len(counts) - 1) / (2 * math.log(2) * len(at))
        total += (_bits(counts) + correction) * len(at) / len(labels)
    return total


def _bits(counts: Sequence[int]) -> float:
    """Return the entropy of values that were counted so often."""
    total = sum(counts)
    return -sum(count / total * math.log2(count / total) for count in counts)


def _seen_bits(labels: Sequence[str]) -> float:
    """Return the least collision entropy that the equal pairs among the answers allow, at 95 %."""
    pairs = len(labels) * (len(labels) - 1) / 2
    equal = sum(count * (count - 1) // 2 for count in Counter(labels).values())
    return max(0.0, math.log2(pairs / poisson_interval(equal)[1])) if pairs else 0.0


def _too_few(labels: Sequence[str]) -> list[Finding]:
    """Return a finding where guessing alone is right more often than a program should be.

    Only where so many characters were seen that a further one would have been among them.
    """
    size, seen = len(_characters(labels)), sum(map(len, labels))
    if len(labels) < FEWEST or (size + 1) * (size / (size + 1)) ** seen >= LEVEL:
        return []
    possible = round(2.0 ** _uniform_bits(labels, _characters(labels)))
    level = likelihood_of(1 / possible)
    if level is Level.LOW:
        return []
    evidence = f"{size} different characters in {len(labels)} answers: {_characters(labels)!a}"
    return [new_finding(FEW, level, Level.HIGH, [evidence], possible=f"{possible:,}")]


def _finding(name: str, evidence: Sequence[str], labels: Sequence[str]) -> Finding:
    """Return one finding with the lines of its tests."""
    if name == REPEATED:
        rng = np.random.default_rng(0)
        expected = float(repeated_by_chance(labels, rng)(1000).mean())
        found = len(labels) - len(set(labels))
        level = likelihood_of(2.0 ** -_seen_bits(labels))
        return new_finding(
            *(name, level, Level.MEDIUM, evidence),
            repeats=found,
            total=len(labels),
            expected=f"{expected:.1f}",
        )
    if name == ORDER:
        return new_finding(name, Level.MEDIUM, Level.HIGH, evidence)
    best, uniform = _best_guess(labels), 2.0 ** -_uniform_bits(labels, _characters(labels))
    lost = _uniform_bits(labels, _characters(labels)) - _position_bits(labels)
    level = Level.LOW if lost < MUCH else max(likelihood_of(best), Level.MEDIUM, key=_ORDER.index)
    return new_finding(
        *(name, level, Level.HIGH, evidence),
        guess=f"{1 / best:,.0f}",
        uniform=f"{1 / uniform:,.0f}",
    )


_ORDER = list(Level)


def _characters(labels: Sequence[str]) -> str:
    return "".join(sorted(set("".join(labels))))


def _best_guess(labels: Sequence[str]) -> float:
    """Return the chance of the likeliest text of the commonest length, positions independent."""
    length, often = Counter(map(len, labels)).most_common(1)[0]
    chance = often / len(labels)
    same = [label for label in labels if len(label) == length]
    for position in range(length):
        chance *= Counter(label[position] for label in same).most_common(1)[0][1] / len(same)
    return chance


def _notes(looks: Sequence[Look]) -> list[str]:
    """Say what was not tested, and what was taken for no leak."""
    notes = []
    count = len(_labels(looks))
    if count < FEWEST:
        notes.append(f"Answers: expected at least {FEWEST} to test, found {count}.")
    elif not _in_order(looks):
        notes.append("The file names have no order beside their labels: no sequence was tested.")
    if len(different(looks)) > TESTED:
        notes.append(f"The first {TESTED} answers in the order of the file names were tested.")
    if any(look.sample.id != look.sample.path.stem for look in looks):
        notes.append(
            "Labels at the end of file names (<id>-<label>) are taken for your way of labelling, "
            "not for names that the site serves."
        )
    return notes


def _p(value: float) -> str:
    return f"= {value:.4f}" if value >= 0.0001 else "< 0.0001"
