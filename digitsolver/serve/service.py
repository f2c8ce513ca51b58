"""What all routes share: the models, the queues, the memory for what is being received."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine, Hashable, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import Annotated, TypeVar, cast

import numpy as np
from fastapi import Depends, Request

from digitsolver.io.images import encode_png
from digitsolver.results import Failure, NamedImage, Reading
from digitsolver.serve.metrics import Metrics
from digitsolver.serve.models import Models
from digitsolver.serve.settings import ServeSettings
from digitsolver.serve.work import Batches, BusyError, GoneError
from digitsolver.solver import Solver

Result = TypeVar("Result")

BAR = np.full((40, 120), 255, np.uint8)
BAR[10:30, 20:25] = 0
TOGETHER = 32
"""Images in one batch: what two cores read in one go; more would come and go in longer bursts."""
BODIES = 4
"""Bodies of the greatest length that fit into memory together."""


@dataclass(frozen=True, slots=True)
class Job:
    """Images to read with one model; `length` as for ``Solver.solve``."""

    images: Sequence[bytes | NamedImage | Failure]
    solver: Solver
    length: int | None

    @property
    def kind(self) -> Hashable:
        """What jobs must have in common to be read together."""
        return id(self.solver), self.length


class Service:
    """What a request needs beside itself; ``app.state.service``.

    Parameters
    ----------
    settings
        What the service is started with.

    Raises
    ------
    BundleError
        A model cannot be opened.
    """

    def __init__(self, settings: ServeSettings) -> None:
        self.settings = settings
        self.models = Models.open(settings.models)
        self.metrics = Metrics(lambda: self._reads.depth + self._calls.depth)
        self.stopping = False
        self.arrived = 0  # requests to read images whose answer is not out, as `protocol` counts
        self._received = 0
        self._reads: Batches[Job, list[Reading | Failure]] = Batches(
            self._read,
            queue=settings.queue,
            most=TOGETHER,
            kind=lambda job: job.kind,
            name="reading",
        )
        self._calls: Batches[Callable[[], object], object] = Batches(
            lambda calls: [call() for call in calls], queue=settings.queue, most=1, name="stages"
        )

    @property
    def full(self) -> bool:
        """Whether as many requests to read images wait as may."""
        return self._reads.full

    @property
    def full_on_arrival(self) -> bool:
        """Whether those that have arrived fill the queue, before they all reach it.

        Hundreds may arrive in one step of the event loop.
        """
        return self.full or self.arrived - self._reads.answering >= self.settings.queue

    async def read(self, request: Request, job: Job) -> list[Reading | Failure]:
        """Return what a model reads in some images, with others that wait for it.

        Raises BusyError beyond the queue, GoneError where the client of `request` goes away.
        """
        return await _unless_gone(request, self._reads.submit(job, len(job.images)))

    async def run(self, request: Request, call: Callable[[], Result]) -> Result:
        """Return what `call` returns, called in the thread for stages; errors as for ``read``."""
        return cast(Result, await _unless_gone(request, self._calls.submit(call)))

    async def receive(self, request: Request) -> AsyncGenerator[bytes, None]:
        """Yield the body of a request as it comes in; what all requests hold is bounded.

        Raises BusyError where there is no room left. `release` gives the room back.
        """
        async for chunk in request.stream():
            if self._received + len(chunk) > BODIES * self.settings.max_bytes:
                raise BusyError
            self._received += len(chunk)
            request.state.received = getattr(request.state, "received", 0) + len(chunk)
            yield chunk

    def release(self, request: Request) -> None:
        """Give back the room that the body of a request took."""
        self._received -= getattr(request.state, "received", 0)
        request.state.received = 0

    async def warm_up(self) -> None:
        """Let each model read once, so that the first request does not wait for imports."""
        for solver in self.models.solvers.values():
            await self._reads.submit(Job([encode_png(BAR)], solver, None))

    def close(self) -> None:
        """Finish what was taken."""
        self.stopping = True
        self._reads.close()
        self._calls.close()

    def _read(self, jobs: Sequence[Job]) -> list[list[Reading | Failure]]:
        """Read the images of jobs of one kind in one batch."""
        images = list(chain.from_iterable(job.images for job in jobs))
        self.metrics.count_batch(len(images))
        read = jobs[0].solver.solve_many(images, length=jobs[0].length)
        return [list(islice(read, len(job.images))) for job in jobs]


async def _unless_gone(request: Request, work: Coroutine[None, None, Result]) -> Result:
    """Return the result of `work`; cancel it and raise GoneError where its client goes away."""
    working = asyncio.ensure_future(work)
    going = asyncio.ensure_future(_gone(request))
    try:
        await asyncio.wait({working, going}, return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            return working.result()
        raise GoneError
    finally:
        working.cancel()
        going.cancel()


async def _gone(request: Request) -> None:
    """Wait until the client of a request whose body is read goes away."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


def service_of(request: Request) -> Service:
    """Return the service of the application that was asked."""
    return cast(Service, request.app.state.service)


async def _get_service(request: Request) -> Service:
    return service_of(request)


TheService = Annotated[Service, Depends(_get_service)]
"""The service, as a parameter of a route."""
