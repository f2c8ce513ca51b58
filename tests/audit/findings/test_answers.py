"""Answers that are uneven, repeated or in order are found; uniform ones are not."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from digitsolver.audit.findings import answers, examine
from digitsolver.audit.findings.chance import LEVEL
from digitsolver.audit.images import Look, look_at
from digitsolver.audit.records import Answers, Level
from digitsolver.datasets import Sample
from tests.audit.making import uniform, write


def looks(labels: Sequence[str], name: str = "{index}-{label}") -> list[Look]:
    paths = [Path(name.format(index=i, label=label)) for i, label in enumerate(labels)]
    return [
        Look(Sample(path.with_suffix(".png"), label), label, str(index), "0" * 64, {})
        for index, (path, label) in enumerate(zip(paths, labels, strict=True))
    ]


def found(labels: Sequence[str], name: str = "{index}-{label}") -> dict[str, Level]:
    made = looks(labels, name)
    findings = answers.find(made, run(made))
    return {one.identifier: one.risk for one in findings}


def run(made: Sequence[Look]) -> list[answers.Test]:
    return answers.run_tests(made, np.random.default_rng(0))


def described(labels: Sequence[str], name: str = "{index}-{label}") -> Answers:
    made = looks(labels, name)
    return answers.describe(made, run(made))


def weighted(weights: Sequence[float], count: int = 200, length: int = 5) -> list[str]:
    rng = np.random.default_rng(7)
    share = np.array(weights) / np.sum(weights)
    return ["".join(map(str, row)) for row in rng.choice(len(share), (count, length), p=share)]


def test_uniform_answers_are_no_finding() -> None:
    """100 sets, with at most one false finding in 1,000: two would be a surprise."""
    rng = np.random.default_rng(5)
    sets = [
        uniform(int(rng.integers(20, 120)), int(rng.integers(4, 9)), seed) for seed in range(100)
    ]
    assert sum(bool(found(labels)) for labels in sets) < 2


@pytest.mark.parametrize(
    ("weights", "risk"),
    [
        ([9, *[1] * 9], Level.HIGH),
        ([9, 1], Level.HIGH),
        ([9, 1] * 5, Level.MEDIUM),
    ],
)
def test_digits_of_nine_to_one_are_uneven(weights: Sequence[float], risk: Level) -> None:
    assert found(weighted(weights))["ANSWER-UNEVEN"] is risk


def test_a_first_digit_that_is_never_zero_is_uneven_but_of_low_risk() -> None:
    rng = np.random.default_rng(0)
    labels = [str(number) for number in rng.integers(1000, 10000, 400)]
    assert found(labels) == {"ANSWER-UNEVEN": Level.LOW}
    made = looks(labels)
    (finding,) = answers.find(made, run(made))
    assert [line.partition(":")[0] for line in finding.evidence] == ["characters at position 1"]


@pytest.mark.parametrize("step", [1, 7, -3])
def test_sequential_codes_are_in_order(step: int) -> None:
    labels = [f"{50000 + step * index:05}" for index in range(150)]
    assert "ANSWER-ORDER" in found(labels)


def test_codes_that_rise_with_leaps_are_in_order() -> None:
    rng = np.random.default_rng(0)
    assert "ANSWER-ORDER" in found([f"{one:05}" for one in np.cumsum(rng.integers(1, 900, 100))])


def test_answers_of_a_small_stock_repeat() -> None:
    stock = uniform(60)
    rng = np.random.default_rng(0)
    assert "ANSWER-REPEAT" in found([stock[index] for index in rng.integers(0, 60, 150)])


def test_files_that_are_named_after_their_answers_have_no_order() -> None:
    labels = sorted(uniform(100))
    assert found(labels, "{label}") == {}
    assert any("no order" in note for note in described(labels, "{label}").notes)
    assert "ANSWER-ORDER" in found(labels, "{index}-{label}")


def test_letters_and_several_lengths_are_tested() -> None:
    rng = np.random.default_rng(0)
    labels = ["".join(rng.choice(list("acdxyz"), rng.integers(4, 7))) for _ in range(120)]
    assert found(labels) == {}
    assert described(labels).length is None
    assert described(labels).characters == "acdxyz"
    assert "ANSWER-UNEVEN" in found([f"a{label[1:]}" for label in labels])


def test_what_is_left_of_the_entropy_is_estimated() -> None:
    even = described(uniform(400))
    assert even.length == 5
    assert even.bits == pytest.approx(5 * np.log2(10), abs=0.001)
    assert even.bits - 0.2 < even.bits_estimated <= even.bits
    assert even.bits_seen < even.bits
    assert all(test.p <= test.corrected for test in even.tests)
    assert described(weighted([9, 1])).bits_estimated == pytest.approx(5 * 0.469, abs=0.3)


@pytest.mark.parametrize(
    ("length", "expected"),
    [(2, {"ANSWER-FEW": Level.HIGH}), (3, {"ANSWER-FEW": Level.MEDIUM}), (4, {})],
)
def test_so_few_answers_that_guessing_works_are_found(
    length: int, expected: dict[str, Level]
) -> None:
    assert found(uniform(150, length)) == expected


@pytest.mark.parametrize("count", [0, 1, 5])
def test_too_few_answers_are_not_tested(tmp_path: Path, count: int) -> None:
    samples = write(tmp_path, ["11111"] * count) if count else []
    found = examine(look_at(samples).looks, 0)
    assert found.findings == ()
    assert found.answers.tests == ()
    assert any("at least 20" in note for note in found.answers.notes)


def test_the_same_seed_gives_the_same_findings(tmp_path: Path) -> None:
    samples = write(tmp_path, uniform(30))
    first = examine(look_at(samples).looks, 3)
    assert first == examine(look_at(samples).looks, 3)
    assert first.answers.level == LEVEL


def test_images_that_cannot_be_read_are_left_out(tmp_path: Path) -> None:
    samples = write(tmp_path, uniform(25))
    samples[0].path.write_bytes(b"no image")
    assert examine(look_at(samples).looks, 0).answers.images == 24
