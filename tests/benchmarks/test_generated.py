"""Drawn looks and noise are read and counted as they should."""

from pathlib import Path

from benchmarks.generated import HEAD, given_lengths, report, row_of, table
from digitsolver.solver import load
from tests.templates import make_line_bundle


def test_a_row_counts_every_image_once_with_and_without_its_length(tmp_path: Path) -> None:
    solver = load(make_line_bundle(tmp_path / "model"))
    free = row_of(solver, "mixed", 12, 1, given=False)
    given = row_of(solver, "mixed", 12, 1, given=True)
    assert free["images"] == given["images"] == 12
    assert given["wrong length"] == 0
    assert tuple(free) == HEAD
    assert report([free, given]).count("\n") == 3
    assert table([free]).splitlines()[0] == ",".join(HEAD)


def test_given_lengths_hold_in_noise(tmp_path: Path) -> None:
    solver = load(make_line_bundle(tmp_path / "model"))
    assert given_lengths(solver, 24, 3) == (0, 0, 0)
