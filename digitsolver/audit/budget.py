"""The time that an audit may take: what still fits, and what took too long after all."""

import time
from collections import defaultdict
from collections.abc import Callable

from digitsolver.audit.records import Kind, Run
from digitsolver.parallel.progress import Progress

PACED, PACED_PART = 5, 1 / 3
"""Steps of a run, or part of them, from which on its pace says how long all of them take. Where
another total follows, the part alone counts: a search for a style tries the slowest ones first."""


class OutOfTimeError(Exception):
    """Say that a run was stopped, since its end would come after that of the budget."""

    def __init__(self, seconds: float, left: float) -> None:
        super().__init__(seconds, left)
        self.seconds = seconds
        """How long the whole run would have taken, about."""
        self.left = left
        """Seconds of the time that were left."""


class Budget:
    """The seconds that are left, and about how long runs take.

    `seconds` is the time for everything, ``None`` for any; what finished runs took, those of an
    earlier start too, counts.
    """

    def __init__(
        self, seconds: float | None, clock: Callable[[], float] = time.perf_counter
    ) -> None:
        self._clock = clock
        self._end = None if seconds is None else clock() + seconds
        self._reading = 0.0
        self._learning: dict[int, list[float]] = defaultdict(list)
        self._expected: dict[int, float] = {}

    @property
    def left(self) -> float | None:
        """Return the seconds that are left, ``None`` where there is no limit."""
        return None if self._end is None else max(self._end - self._clock(), 0.0)

    def take(self, run: Run) -> None:
        """Take away what a run of an earlier start took."""
        if self._end is not None:
            self._end -= run.seconds + run.training_seconds

    def learn(self, run: Run) -> None:
        """Learn from a finished run how long others will take."""
        if run.labels:
            self._learning[run.labels].append(run.training_seconds)
        if run.kind is not Kind.OUTSIDE:
            self._reading = run.seconds

    def seconds(self, labels: int, expected: Callable[[], float]) -> float:
        """Return about how long fitting to so many labels and reading will take.

        That is what it took with as many labels, else what is `expected`, by the ratio of both with
        the nearest number of labels that was measured.
        """
        if took := self._learning.get(labels):
            return sum(took) / len(took) + self._reading
        if labels not in self._expected:
            self._expected[labels] = expected()
        return self._expected[labels] * self._ratio(labels) + self._reading

    def _ratio(self, labels: int) -> float:
        """Return how much longer than expected fitting to about as many labels took."""
        known = [count for count in self._learning if self._expected.get(count)]
        if not known:
            return 1.0
        nearest = min(known, key=lambda count: abs(count - labels))
        took = self._learning[nearest]
        return sum(took) / len(took) / self._expected[nearest]

    def watch(self, progress: Progress, labels: int = 0) -> Progress:
        """Return a progress that passes on to `progress`, and raises OutOfTimeError.

        It does so where the time is over, and where after a few steps the pace since the first,
        which takes longer than others, says that the end will come too late. Steps of another total
        have a pace of their own, as those of a search for a style during a training. How long
        fitting to so many `labels` would have taken is remembered, and time to read afterwards is
        kept.
        """
        start = self._clock()
        last = None if self._end is None else self._end - (self._reading if labels else 0.0)
        began, before, steps = start, 0, 0  # of the steps with the same total
        paced: float = PACED

        def report(done: int, total: int, text: str) -> None:
            """Pass progress on, and stop a run that would end too late."""
            nonlocal began, before, steps, paced
            progress(done, total, text)
            now = self._clock()
            if total != steps:
                paced = total if steps else PACED
                began, before, steps = now, done, total
            if last is None or done >= total:
                return
            if done > before and done >= min(paced, PACED_PART * total):
                end = now + (now - began) / (done - before) * (total - done)
            else:
                end = now
            if end > last:
                if labels:
                    self._learning[labels].append(end - start)
                raise OutOfTimeError(end - start, max(last - now, 0.0))

        return report
