"""A bounded queue, and the thread that answers what waits in it in batches."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Generic, TypeVar

Job = TypeVar("Job")
Answer = TypeVar("Answer")


class BusyError(Exception):
    """As many wait as may."""


class GoneError(Exception):
    """Nobody waits for the answer any more."""


@dataclass(slots=True, eq=False)
class _Waiting(Generic[Job, Answer]):
    job: Job
    size: int
    loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.get_running_loop)
    answer: asyncio.Future[Answer] = field(init=False)

    def __post_init__(self) -> None:
        self.answer = self.loop.create_future()

    def give(self, outcome: Answer | BaseException) -> None:
        """Answer, unless the one who waited has gone; runs on the event loop."""
        if self.answer.done():
            return
        if isinstance(outcome, BaseException):
            self.answer.set_exception(outcome)
        else:
            self.answer.set_result(outcome)


class Batches(Generic[Job, Answer]):
    """Jobs that wait together are answered in one batch, off the event loop; a lone one at once.

    Parameters
    ----------
    run
        Answers several jobs of one kind, in their order; called in a thread of its own. What it
        raises goes to all of them.
    queue
        Jobs that may wait, without those being answered.
    most
        Size of a batch; a job that is larger goes alone.
    kind
        Only jobs of one kind go together.
    """

    def __init__(
        self,
        run: Callable[[Sequence[Job]], Sequence[Answer]],
        *,
        queue: int,
        most: int,
        kind: Callable[[Job], Hashable] = lambda job: None,
        name: str = "batches",
    ) -> None:
        self._run = run
        self._queue = queue
        self._most = most
        self._kind = kind
        self._waiting: deque[_Waiting[Job, Answer]] = deque()
        self._lock = threading.Lock()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=name)
        self._working = False
        self._answering = 0

    @property
    def answering(self) -> int:
        """Jobs of the batch that is being answered."""
        return self._answering

    @property
    def depth(self) -> int:
        """Jobs that wait."""
        return len(self._waiting)

    @property
    def full(self) -> bool:
        """Whether the next job is refused."""
        return len(self._waiting) >= self._queue

    async def submit(self, job: Job, size: int = 1) -> Answer:
        """Return the answer to a job; whoever cancels the wait takes it out of the queue.

        Raises BusyError where the queue is full.
        """
        waiting: _Waiting[Job, Answer] = _Waiting(job, size)
        with self._lock:
            if self.full:
                raise BusyError
            self._waiting.append(waiting)
            self._work_on()
        try:
            return await waiting.answer
        finally:
            with self._lock:
                if waiting in self._waiting:
                    self._waiting.remove(waiting)

    def close(self) -> None:
        """Finish what was taken, and end the thread."""
        self._thread.shutdown()

    def _work_on(self) -> None:
        """Let the thread work where something waits; whoever calls this holds the lock."""
        if self._waiting and not self._working:
            self._working = True
            self._thread.submit(self._work)

    def _work(self) -> None:
        """Answer until nothing waits; runs in the thread."""
        while batch := self._take():
            try:
                answers: Sequence[Answer] = self._run([one.job for one in batch])
            except BaseException as error:
                _deliver(batch, [error] * len(batch))
                with self._lock:
                    self._working = False
                    self._work_on()
                raise
            _deliver(batch, answers)

    def _take(self) -> list[_Waiting[Job, Answer]]:
        """Take the first job and what else of its kind fits into a batch with it."""
        taken: list[_Waiting[Job, Answer]] = []
        size = 0
        with self._lock:
            while self._waiting and (not taken or self._fits(taken[0], size)):
                taken.append(self._waiting.popleft())
                size += taken[-1].size
            self._working = bool(taken)
            self._answering = len(taken)
        return taken

    def _fits(self, first: _Waiting[Job, Answer], size: int) -> bool:
        """Tell whether the next job goes into a batch of such a size that began with `first`."""
        following = self._waiting[0]
        return size + following.size <= self._most and (
            self._kind(following.job) == self._kind(first.job)
        )


def _deliver(
    batch: Sequence[_Waiting[Job, Answer]], outcomes: Sequence[Answer | BaseException]
) -> None:
    """Give each its outcome, in one step of the event loop."""

    def give_all() -> None:
        """Give each its outcome, on the event loop."""
        for waiting, outcome in zip(batch, outcomes, strict=True):
            waiting.give(outcome)

    batch[0].loop.call_soon_threadsafe(give_all)
