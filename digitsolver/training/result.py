"""Hold what training gives back, whichever reader was trained."""

import platform
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

from digitsolver import __version__
from digitsolver.bundle import Bundle
from digitsolver.datasets import Problem
from digitsolver.errors import FolderError
from digitsolver.training import comparison

Progress = Callable[[int, int, str], object]
"""Is called after each epoch with the epochs done, those to come included, and the figures."""

PACKAGES = ("keras", "numpy", "onnxruntime", "opencv-python-headless", "tensorflow")


@dataclass(frozen=True, slots=True)
class Trained:
    """Hold what training gave: the bundle, and the images that could not be used."""

    bundle: Bundle
    problems: list[Problem]


def summary(trained: Trained) -> str:
    """Return what training gave as lines for people, warnings last."""
    metrics = trained.bundle.metrics()
    warnings = [f"note: {line}" for line in metrics["warnings"]]
    time_taken = f"trained on {metrics['captchas']} captchas in {metrics['seconds']:.0f} s"
    others = [_of_unlabelled(metrics["unlabelled"])] if metrics.get("unlabelled") else []
    if "comparison" in metrics:
        others.append(comparison.table(metrics["comparison"]))
    return "\n".join([trained.bundle.table(), time_taken, *others, *warnings])


def _of_unlabelled(figures: Mapping[str, Any]) -> str:
    """Say what the images without labels brought."""
    start = f"unlabelled: {figures['kept']} of {figures['images']} images read surely"
    if not figures["kept"]:
        return f"{start}: nothing to learn from"
    loss = f"{figures['loss_before']:.3g} -> {figures['loss_after']:.3g}"
    if figures["used"]:
        return f"{start} and learned from; loss on those held out {loss}"
    return f"{start}; loss on those held out {loss}: they made it worse, and were dropped"


def versions() -> dict[str, str]:
    """Return the versions of what the network depends on."""
    return {
        "python": platform.python_version(),
        "digitsolver": __version__,
        **{name: version(name) for name in PACKAGES},
    }


def versions_that_count() -> dict[str, str]:
    """Return the versions with which an interrupted run must go on."""
    return {f"version of {name}": version(name) for name in ("keras", "tensorflow")}


def check_drawable(labels: int, found: int) -> None:
    """Raise FolderError when there are fewer captchas than shall be drawn."""
    if labels < 1:
        raise ValueError(f"labels: expected at least 1, found {labels}")
    if labels > found:
        raise FolderError(f"expected {labels} labelled captchas to draw from, found {found}")


def ignore(done: int, total: int, text: str) -> None:
    """Tell nobody."""
