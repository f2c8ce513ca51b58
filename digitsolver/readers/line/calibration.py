"""Make the confidence in a whole string mean something."""

from collections.abc import Callable, Sequence

import numpy as np

COLDEST, HOTTEST = 0.3, 4.0
LOOSE = 0.35
"""How far the logarithm of the temperature may well be from what is expected beforehand."""

Confident = Callable[[float], tuple[Sequence[float], Sequence[bool]]]
"""Give for a temperature each reading's confidence, and whether it is right."""


def string_temperature(confident: Confident, expected: float) -> float:
    """Return what to divide logits by, so that readings are as often right as they are sure.

    `confident` reads the images held out at a temperature. What is sought makes their
    outcomes most likely (Guo et al., "On calibration of modern neural networks", 2017), together
    with a normal prior round the logarithm of the `expected` temperature: with few labels the
    answer stays near it, with many it comes from them.

    >>> sure = lambda temperature: ([0.9 ** temperature] * 4, [True] * 4)
    >>> string_temperature(sure, 1.0) < 1
    True
    """
    from scipy.optimize import minimize_scalar

    def cost(logarithm: float) -> float:
        sure, right = confident(float(np.exp(logarithm)))
        chances = np.clip(np.asarray(sure, dtype=np.float64), 1e-6, 1 - 1e-6)
        likely = np.where(np.asarray(right, dtype=bool), chances, 1 - chances)
        far = (logarithm - np.log(expected)) / LOOSE
        return float(-np.log(likely).sum() + far**2 / 2)

    bounds = (float(np.log(COLDEST)), float(np.log(HOTTEST)))
    found = minimize_scalar(cost, bounds=bounds, method="bounded", options={"xatol": 0.01})
    return round(float(np.exp(found.x)), 6)
