"""Judge without labels how well captchas are cut: even steps, whole digits, steady places."""

import cv2
import numpy as np
from numpy.typing import NDArray

from digitsolver.stages.clip import dark
from digitsolver.tune.images import Cut

_NEIGHBOURS = 3  # of a crop, in other captchas


def evenness(cut: Cut) -> float:
    """Return how even the steps from digit to digit are, 0 to 1; 1 where there is one digit."""
    steps = np.diff(cut.centroids)
    return float(1 / (1 + steps.std() / steps.mean())) if len(steps) > 1 else 1.0


def wholeness(cut: Cut) -> float:
    """Return how well digits and connected components are the same, 0 to 1.

    For each digit, the component that shares most ink with it: what they share over what they
    have together. Digits that hang together, rests beside them and strokes in pieces lower it.
    (P. Jaccard, "Étude comparative de la distribution florale", 1901.)
    """
    _, labels, stats, _ = cv2.connectedComponentsWithStats(dark(cut.cleaned), connectivity=8)
    labels = np.asarray(labels)
    areas = stats[:, cv2.CC_STAT_AREA]
    likeness = []
    for x, y, width, height in cut.boxes.tolist():
        shared = np.bincount(labels[y : y + height, x : x + width].ravel(), minlength=len(areas))
        shared[0] = 0
        most = int(shared.argmax())
        together = int(areas[most] + shared.sum() - shared[most])
        likeness.append(float(shared[most] / together) if shared[most] else 0.0)
    return float(np.mean(likeness))


def steadiness(cut: Cut, changed: Cut) -> float:
    """Return how little the digits moved when the image was changed a little, 0 to 1.

    A digit that moved by half a step from digit to digit counts 0. `changed` has as many.
    """
    step = np.ptp(cut.spans) / len(cut.spans)
    moved = np.abs(cut.centroids - changed.centroids) / (step / 2)
    return float(np.maximum(0, 1 - moved).mean())


def repetition(crops: NDArray[np.uint8], captchas: NDArray[np.intp]) -> NDArray[np.float64]:
    """Return for each crop how near its nearest ones of other captchas come to it, 0 to 1.

    The same digit comes again: where digits are cut cleanly, a crop has near neighbours. What is
    left of the crop's ink after their mean is taken off, over what is left after the mean of all.
    1 where there is one captcha.
    """
    if (captchas == captchas[0]).all():
        return np.ones(len(crops))
    ink = np.stack([cv2.resize(crop, (10, 12), interpolation=cv2.INTER_AREA) for crop in crops])
    flat = 1 - ink.reshape(len(ink), -1).astype(np.float32) / 255
    squares = np.square(flat).sum(axis=1)
    distances = squares[:, None] + squares - 2 * flat @ flat.T
    distances[captchas[:, None] == captchas] = np.inf
    count = min(_NEIGHBOURS, len(flat) - 1)
    nearest = np.argpartition(distances, count - 1, axis=1)[:, :count]
    rest = np.square(flat - flat[nearest].mean(axis=1)).sum(axis=1)
    usual = np.square(flat - flat.mean(axis=0)).sum(axis=1).mean()
    return np.asarray((1 - rest / max(float(usual), 1e-9)).clip(0, 1), np.float64)
