"""How long the rest takes: of the labels a person gives, and of the steps of a training."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

LAST = 30
"""Answers that count: people get faster."""
BREAK = 60.0
"""Seconds without an answer that are a break and count for nothing."""


class Pace:
    """Follow the answers of one person."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Begin; the first answer is not timed: who opens a page looks at it first."""
        self._clock = clock
        self._last: float | None = None
        self._seconds: deque[float] = deque(maxlen=LAST)
        self.answers = 0

    def answer(self) -> None:
        """Count an answer."""
        now = self._clock()
        if self._last is not None and now - self._last <= BREAK:
            self._seconds.append(now - self._last)
        self._last = now
        self.answers += 1

    @property
    def seconds(self) -> float | None:
        """Return the seconds that an answer takes, None before there are any to tell from."""
        return sum(self._seconds) / len(self._seconds) if self._seconds else None

    def left(self, count: int) -> float | None:
        """Return the seconds that `count` more answers will take."""
        return None if self.seconds is None else count * self.seconds


class TimeLeft:
    """Estimate from the steps done how long the others take; before the first there is no estimate.

    >>> left = TimeLeft(iter([100.0, 104.0]).__next__)
    >>> left.after(1, 5), left.after(3, 5)
    (None, 4.0)
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Begin with no step done."""
        self._clock = clock
        self._first: tuple[int, float] | None = None

    def after(self, done: int, total: int) -> float | None:
        """Return the seconds that are left when `done` of `total` steps have just been done."""
        now = self._clock()
        if self._first is None or done <= self._first[0]:
            self._first = done, now
            return None
        step, began = self._first
        return (now - began) / (done - step) * max(total - done, 0)
