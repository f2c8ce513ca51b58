"""Make confidence mean something: one temperature for all logits."""

import numpy as np
from numpy.typing import NDArray

COLDEST, HOTTEST = 0.2, 5.0


def temperature(logits: NDArray[np.float32], classes: NDArray[np.intp]) -> float:
    """Return what to divide `logits` ``(n, classes)`` by, so that softmax gives honest chances.

    It minimises the cross-entropy on captchas that were held out (Guo et al., "On calibration
    of modern neural networks", 2017). Targets are drawn in by one in ``n + 2``, as in Platt's
    scaling (1999), so that a set without a mistake does not make every answer certain. With
    nothing held out it is 1.

    >>> logits = np.array([[2, 0], [2, 0], [2, 0], [0, 2]], np.float32)
    >>> round(temperature(logits, np.array([0, 0, 0, 0])), 1)  # 3 of 4 are right
    2.9
    """
    if not len(logits):
        return 1.0
    from scipy.optimize import minimize_scalar

    count, kinds = logits.shape
    doubt = 1 / (count + 2)
    targets = np.full((count, kinds), doubt / (kinds - 1))
    targets[np.arange(count), classes] = 1 - doubt

    def cost(logarithm: float) -> float:
        return float(-(targets * log_softmax(logits / np.exp(logarithm))).sum(axis=1).mean())

    bounds = (float(np.log(COLDEST)), float(np.log(HOTTEST)))
    found = minimize_scalar(cost, bounds=bounds, method="bounded")
    return round(float(np.exp(found.x)), 6)


def log_softmax(logits: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return the logarithms of the probabilities that `logits` ``(n, classes)`` stand for."""
    shifted = logits.astype(np.float64) - logits.max(axis=1, keepdims=True)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True)))
