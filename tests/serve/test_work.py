"""Batches, the bounded queue before them, and those who go away."""

import asyncio
import threading
from collections.abc import Callable, Sequence

import pytest

from digitsolver.serve.work import Batches, BusyError


class Recorder:
    """Answer numbers with their double, and keep the batches; wait at the gate."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.gate = threading.Event()
        self.begun = threading.Event()

    def __call__(self, jobs: Sequence[int]) -> list[int]:
        self.batches.append(list(jobs))
        self.begun.set()
        self.gate.wait(10)
        return [2 * job for job in jobs]


async def begun(recorder: Recorder, batches: Batches[int, int], job: int) -> asyncio.Task[int]:
    """Submit a job, and wait until it is worked on."""
    task = asyncio.create_task(batches.submit(job))
    await asyncio.to_thread(recorder.begun.wait, 10)
    return task


def test_what_waits_together_is_one_batch_within_its_size_and_kind() -> None:
    recorder = Recorder()
    batches = Batches(recorder, queue=10, most=3, kind=lambda job: job % 2)

    async def run() -> None:
        first = await begun(recorder, batches, 1)
        rest = [asyncio.create_task(batches.submit(job)) for job in (3, 5, 7, 9, 2, 4)]
        await asyncio.sleep(0)
        assert batches.depth == 6
        recorder.gate.set()
        assert await asyncio.gather(first, *rest) == [2, 6, 10, 14, 18, 4, 8]

    asyncio.run(run())
    assert recorder.batches == [[1], [3, 5, 7], [9], [2, 4]]
    batches.close()


def test_a_job_that_is_larger_than_a_batch_goes_alone() -> None:
    recorder = Recorder()
    recorder.gate.set()
    batches = Batches(recorder, queue=10, most=3)
    assert asyncio.run(batches.submit(1, size=100)) == 2
    batches.close()


def test_beyond_the_queue_a_job_is_refused_at_once() -> None:
    recorder = Recorder()
    batches = Batches(recorder, queue=2, most=1)

    async def run() -> None:
        first = await begun(recorder, batches, 1)
        waiting = [asyncio.create_task(batches.submit(job)) for job in (2, 3)]
        await asyncio.sleep(0)
        assert batches.full
        with pytest.raises(BusyError):
            await batches.submit(4)
        recorder.gate.set()
        assert await asyncio.gather(first, *waiting) == [2, 4, 6]

    asyncio.run(run())
    batches.close()


def test_who_goes_away_gives_up_the_place_and_is_not_worked_for() -> None:
    recorder = Recorder()
    batches = Batches(recorder, queue=1, most=1)

    async def run() -> None:
        first = await begun(recorder, batches, 1)
        gone = asyncio.create_task(batches.submit(2))
        await asyncio.sleep(0)
        gone.cancel()
        await asyncio.wait([gone])
        assert batches.depth == 0
        recorder.gate.set()
        assert [await first, await batches.submit(3)] == [2, 6]

    asyncio.run(run())
    assert recorder.batches == [[1], [3]]
    batches.close()


def test_an_error_reaches_the_whole_batch_and_the_next_goes_on() -> None:
    def fail_at_zero(jobs: Sequence[int]) -> list[int]:
        return [1 // job for job in jobs]

    batches = Batches(fail_at_zero, queue=10, most=1)

    async def run() -> list[int | BaseException]:
        asked = [batches.submit(job) for job in (0, 1, 0, 1)]
        return await asyncio.gather(*asked, return_exceptions=True)

    first, second, third, fourth = asyncio.run(run())
    assert isinstance(first, ZeroDivisionError)
    assert isinstance(third, ZeroDivisionError)
    assert (second, fourth) == (1, 1)
    batches.close()


def test_closing_finishes_what_was_taken() -> None:
    done: list[int] = []
    gate = threading.Event()

    def work(calls: Sequence[Callable[[], None]]) -> list[None]:
        gate.wait(10)
        return [call() for call in calls]

    batches = Batches(work, queue=10, most=1)

    async def run() -> None:
        task = asyncio.create_task(batches.submit(lambda: done.append(1)))
        await asyncio.sleep(0)
        gate.set()
        batches.close()
        await task

    asyncio.run(run())
    assert done == [1]
