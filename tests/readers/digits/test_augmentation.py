"""Random changes to crops: repeatable, and gentle to the background."""

import numpy as np
import pytest

from digitsolver.readers.digits.augmentation import Augmentation, augment
from tests.readers.digits.handwritten import handwritten


def test_augment_repeats_itself_and_leaves_its_input() -> None:
    crops = handwritten(5).crops
    before = crops.copy()
    first = augment(crops, np.random.default_rng(7))
    second = augment(crops, np.random.default_rng(7))
    assert (crops == before).all()
    assert (first == second).all()
    assert first.shape == crops.shape
    assert (first != crops).any(axis=(1, 2)).all()


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_augment_takes_channels(channels: int) -> None:
    crops = np.repeat(handwritten(5).crops[..., None], channels, axis=3)
    changed = augment(crops, np.random.default_rng(1))
    assert changed.shape == crops.shape
    assert (changed[..., :3] == changed[..., :1]).all()
    assert (changed != crops).any(axis=(1, 2, 3)).all()


def test_augment_goes_on_with_the_ground_of_colour_crops() -> None:
    crops = np.tile(np.array([200, 90, 10, 128], np.uint8), (50, 12, 9, 1))
    moved = augment(crops, np.random.default_rng(1), Augmentation(contrast=0))
    assert (moved == crops).all()
    faded = augment(crops, np.random.default_rng(1))
    assert (faded[..., 3] == 128).all()
    assert len(np.unique(faded[..., 1])) > 5


def test_augment_without_amounts_changes_nothing() -> None:
    crops = handwritten(5).crops
    still = Augmentation(rotation=0, scale=0, shear=0, shift=0, contrast=0)
    assert (augment(crops, np.random.default_rng(0), still) == crops).all()
