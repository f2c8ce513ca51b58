"""Captchas of handwritten digits, as crops, for what needs no stages."""

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from digitsolver.readers.digits.crops import LabelledCrops, label_crops


class Data(NamedTuple):
    """What `train_digits` takes."""

    crops: NDArray[np.uint8]
    labels: list[str]
    ids: list[str]


def handwritten(captchas: int, length: int = 4) -> Data:
    """Make captchas of the 8×8 digits that come with scikit-learn, as crops of 28×20."""
    from sklearn.datasets import load_digits

    pixels, classes = load_digits(return_X_y=True)
    count = captchas * length
    ink = np.asarray(pixels[:count] * 15.9, dtype=np.uint8).reshape(-1, 8, 8)
    crops = np.stack([cv2.resize(255 - one, (20, 28)) for one in ink])
    ids = [f"{row // length:04}" for row in range(count)]
    return Data(np.asarray(crops, dtype=np.uint8), [str(one) for one in classes[:count]], ids)


def labelled(captchas: int) -> LabelledCrops:
    """Return `handwritten` captchas as a trainer takes them."""
    return label_crops(*handwritten(captchas), "0123456789")
