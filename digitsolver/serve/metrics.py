"""What is counted for Prometheus: requests by the instrumentator, readings by ourselves."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from fastapi import FastAPI
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector
from prometheus_fastapi_instrumentator import Instrumentator

from digitsolver.results import Failure, Reading

CONFIDENCES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 0.999, 1.0)
SIZES = (1, 2, 4, 8, 16, 32, 64, 128)


class Metrics:
    """The counts of one application, in a registry of their own.

    Parameters
    ----------
    depth
        Returns how many requests wait.
    """

    def __init__(self, depth: Callable[[], int]) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._images = Counter(
            "digitsolver_images",
            "Images by model and outcome: answered, abstained, failed.",
            ("model", "outcome"),
            registry=self.registry,
        )
        self._confidence = Histogram(
            "digitsolver_confidence",
            "Confidence of the readings.",
            ("model",),
            buckets=CONFIDENCES,
            registry=self.registry,
        )
        self._batches = Histogram(
            "digitsolver_batch_images",
            "Images that were read in one batch.",
            buckets=SIZES,
            registry=self.registry,
        )
        self._refused = Counter(
            "digitsolver_refused",
            "Requests that were refused before they were routed, by status.",
            ("status",),
            registry=self.registry,
        )
        waiting = Gauge("digitsolver_queue_depth", "Requests that wait.", registry=self.registry)
        waiting.set_function(depth)

    def instrument(self, app: FastAPI) -> Instrumentator:
        """Count the requests of `app`; what comes back can show all counts at an address."""
        counted = Instrumentator(should_group_status_codes=False, registry=self.registry)
        return counted.instrument(app)

    def count_readings(
        self, model: str, answers: Sequence[Reading | Failure], min_confidence: float
    ) -> None:
        """Count what a request was answered."""
        for answer in answers:
            if isinstance(answer, Failure):
                outcome = "failed"
            else:
                outcome = "answered" if answer.confidence >= min_confidence else "abstained"
                self._confidence.labels(model).observe(answer.confidence)
            self._images.labels(model, outcome).inc()

    def count_batch(self, images: int) -> None:
        """Count a batch."""
        self._batches.observe(images)

    def count_refused(self, status: int) -> None:
        """Count a request that was refused."""
        self._refused.labels(status).inc()
