"""Chunks go to processes, and their results come back in order."""

import os
import signal
from collections.abc import Iterator

import pytest

from digitsolver.errors import DigitSolverError
from digitsolver.parallel import processes
from digitsolver.parallel.processes import Workers, in_order


@pytest.mark.parametrize("jobs", [0, -1])
def test_at_least_one_job(jobs: int) -> None:
    with pytest.raises(ValueError, match=f"expected 1 job or more, found {jobs}"):
        Workers(jobs)


@pytest.mark.parametrize("jobs", [1, 2])
def test_results_come_in_the_order_of_the_chunks(jobs: int) -> None:
    chunks = ["a" * length for length in range(30)]
    assert list(in_order(len, chunks, Workers(jobs))) == list(range(30))


@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.parametrize("chunks", [[], ["a", "bcd"]])
def test_what_is_done_meanwhile_comes_first(jobs: int, chunks: list[str]) -> None:
    results = in_order(len, chunks, Workers(jobs), meanwhile=map(len, ["four", "five!"]))
    assert list(results) == [4, 5, *map(len, chunks)]


def test_nothing_to_do() -> None:
    assert list(in_order(len, [], Workers(2))) == []


def test_chunks_are_taken_as_they_are_needed() -> None:
    taken = 0

    def chunks() -> Iterator[str]:
        nonlocal taken
        for _ in range(10_000):
            taken += 1
            yield "chunk"

    results = in_order(len, chunks(), Workers(2))
    assert [next(results) for _ in range(3)] == [5, 5, 5]
    assert taken <= 2 * processes.AHEAD + 3
    results.close()


def end_at_once(_: object) -> None:
    os.kill(os.getpid(), signal.SIGTERM)


def test_a_worker_that_dies_is_an_error() -> None:
    with pytest.raises(DigitSolverError, match="a worker process ended before its work was done"):
        list(in_order(end_at_once, range(3), Workers(2)))
