"""Random changes to whole images: repeatable, and they keep the ink."""

from dataclasses import asdict, replace

import numpy as np

from digitsolver.readers.line.augmentation import Augmentation, augment
from tests.readers.line.prepared import lines


def test_augment_repeats_itself_and_leaves_its_input() -> None:
    image = lines().images[3]
    before = image.copy()
    first, second = (augment(image, np.random.default_rng(5)) for _ in range(2))
    assert (image == before).all()
    assert (first == second).all()
    assert (first != image).any()
    assert first.shape == image.shape
    assert first.dtype == np.uint8


def test_augment_without_amounts_changes_nothing() -> None:
    image = lines().images[0]
    nothing = Augmentation(**dict.fromkeys(asdict(Augmentation()), 0))
    for seed in range(5):
        assert (augment(image, np.random.default_rng(seed), nothing) == image).all()


def test_augment_sprinkles_ink_and_ground() -> None:
    nothing = Augmentation(**dict.fromkeys(asdict(Augmentation()), 0))
    salt = replace(nothing, salted=1.0, salt=0.2)
    image = np.full((48, 96, 3), 100, np.uint8)
    image[20:30, 40:56] = (250, 120, 130)
    shares = []
    for seed in range(20):
        changed = augment(image, np.random.default_rng(seed), salt)
        levels = set(map(tuple, changed.reshape(-1, 3).tolist()))
        assert levels <= {(100, 100, 100), (250, 120, 130)}
        shares.append(float((changed != image).any(axis=2).mean()))
    assert 0 < min(shares) < 0.03 < max(shares) < 0.1, "half of up to 20 % is ink on ground"


def test_augment_keeps_the_ink_inside() -> None:
    ink = lines(["1234"]).images[0][:, :, 0].astype(int) - 128
    for seed in range(30):
        changed = augment(lines(["1234"]).images[0], np.random.default_rng(seed))
        moved = changed[:, :, 0].astype(int) - int(np.median(changed[:, :, 0]))
        kept = np.maximum(moved, 0).sum() / np.maximum(ink - np.median(ink), 0).sum()
        assert kept > 0.5
