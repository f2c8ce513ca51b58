"""Make confidence mean something: one temperature for all logits."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from digitsolver.measure.softmax import log_softmax

LOWEST, HIGHEST = 0.2, 5.0
"""Temperatures that are looked at."""
PRIOR_SPREAD = 0.35
"""Standard deviation of the prior on the logarithm of a whole reading's temperature."""

Confidences = Callable[[float], tuple[Sequence[float], Sequence[bool]]]
"""Gives for a temperature each reading's confidence, and whether it is right."""


def class_temperature(logits: NDArray[np.float32], classes: NDArray[np.intp]) -> float:
    """Return the temperature that calibrates the probabilities of single digits.

    It minimises the cross-entropy on the validation set. Targets are smoothed by one in ``n + 2``,
    as in Platt's scaling, so that a set without a mistake does not make every answer certain.
    Without a validation set it is 1.

    Parameters
    ----------
    logits
        ``(n, classes)``.
    classes
        ``(n,)``, the true ones.

    References
    ----------
    C. Guo et al., "On calibration of modern neural networks", 2017. J. Platt, "Probabilistic
    outputs for support vector machines", 1999.

    Examples
    --------
    >>> logits = np.array([[2, 0], [2, 0], [2, 0], [0, 2]], np.float32)
    >>> round(class_temperature(logits, np.array([0, 0, 0, 0])), 1)  # 3 of 4 are right
    2.9
    """
    if not len(logits):
        return 1.0
    count, kinds = logits.shape
    doubt = 1 / (count + 2)
    targets = np.full((count, kinds), doubt / (kinds - 1))
    targets[np.arange(count), classes] = 1 - doubt

    def cost(logarithm: float) -> float:
        """Return the mean cross-entropy at a temperature, given by its logarithm."""
        return float(-(targets * log_softmax(logits / np.exp(logarithm))).sum(axis=1).mean())

    return _minimise(cost)


def reading_temperature(confidences: Confidences, expected: float) -> float:
    """Return the temperature at which whole readings are right as often as they are confident.

    It makes the outcomes on the validation set most likely, together with a normal prior around
    the logarithm of the `expected` temperature: with few labels the answer stays near it, with
    many it comes from them.

    Parameters
    ----------
    confidences
        Reads the validation set at a temperature.
    expected
        The temperature that is expected beforehand.

    References
    ----------
    C. Guo et al., "On calibration of modern neural networks", 2017.

    Examples
    --------
    >>> confident = lambda temperature: ([0.9 ** temperature] * 4, [True] * 4)
    >>> reading_temperature(confident, 1.0) < 1
    True
    """

    def cost(logarithm: float) -> float:
        """Return the log loss of the confidences at a temperature, and how unusual that is."""
        values, right = confidences(float(np.exp(logarithm)))
        chances = np.clip(np.asarray(values, dtype=np.float64), 1e-6, 1 - 1e-6)
        likely = np.where(np.asarray(right, dtype=bool), chances, 1 - chances)
        deviation = (logarithm - np.log(expected)) / PRIOR_SPREAD
        return float(-np.log(likely).sum() + deviation**2 / 2)

    return _minimise(cost, tolerance=0.01)


def _minimise(cost: Callable[[float], float], tolerance: float = 1e-5) -> float:
    """Return the temperature whose logarithm has the least cost."""
    from scipy.optimize import minimize_scalar

    bounds = (float(np.log(LOWEST)), float(np.log(HIGHEST)))
    found = minimize_scalar(cost, bounds=bounds, method="bounded", options={"xatol": tolerance})
    return round(float(np.exp(found.x)), 6)
