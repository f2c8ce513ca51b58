"""Batches of crops by their number, of generated captchas too."""

import numpy as np
import pytest

from digitsolver.errors import FolderError, SegmentationError
from digitsolver.pipeline.style import Style
from digitsolver.readers.digits.batches import (
    PART,
    STEPS,
    WINDOW,
    GeneratedCrops,
    batches,
    targets_of,
)
from digitsolver.readers.digits.crops import BACKGROUND, LabelledCrops
from digitsolver.readers.digits.settings import DigitsSettings

SETTINGS = DigitsSettings(batch=8, look="plain", generated_every=2, seed=3)
PLAIN = Style(name="plain", length=4, window_height=34, window_width=26)


def blank(count: int = 4) -> LabelledCrops:
    """Return white crops of the first class."""
    numbers = np.zeros(count, np.intp)
    return LabelledCrops(np.full((count, 28, 20), 255, np.uint8), numbers, numbers)


def test_generated_crops_depend_on_the_step_alone() -> None:
    one, other = GeneratedCrops(SETTINGS, PLAIN), GeneratedCrops(SETTINGS, PLAIN)
    crops, classes = one.at(0)
    assert crops.shape == (len(classes), 28, 20, 1)
    assert PART * 3 < len(classes) <= PART * 4
    later = one.at(STEPS)
    assert len(later[1]) > len(classes)
    assert (later[0][: len(crops)] == crops).all()
    assert (other.at(STEPS)[0] == later[0]).all()


def test_old_captchas_make_room_for_fresh_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    generated = GeneratedCrops(SETTINGS, PLAIN)
    made: list[int] = []

    def part(number: int) -> tuple[object, object]:
        made.append(number)
        return np.full((1, 28, 20, 1), number, np.uint8), np.zeros(1, np.intp)

    monkeypatch.setattr(generated, "_part", part)
    crops, _ = generated.at(STEPS * (WINDOW + 1) + 3)
    assert crops[:, 0, 0, 0].tolist() == made == list(range(2, WINDOW + 2))


def test_every_second_batch_is_generated_and_each_is_known_by_its_number() -> None:
    generated = GeneratedCrops(SETTINGS, PLAIN)
    row = [batch.numpy() for batch, _ in batches(blank(), SETTINGS, generated, 0, 4)]
    assert [bool((one == 255).all()) for one in row] == [True, False, True, False]
    (again,) = (batch.numpy() for batch, _ in batches(blank(), SETTINGS, generated, 3, 4))
    assert (again == row[3]).all()


def test_captchas_that_cannot_be_generated_or_cut_are_reported(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with pytest.raises(FolderError, match=r"generated images: .*16"):
        GeneratedCrops(SETTINGS, PLAIN.with_length(17))

    def fail(*_: object, **__: object) -> None:
        raise SegmentationError("no digits")

    monkeypatch.setattr("digitsolver.readers.digits.batches.trace", fail)
    with pytest.raises(FolderError, match="some of the look 'plain' that the style 'plain' can"):
        GeneratedCrops(SETTINGS, PLAIN)


def test_background_crops_get_a_uniform_target() -> None:
    targets = targets_of(np.array([1, 2, BACKGROUND]), 10)
    assert targets[2].tolist() == pytest.approx([0.1] * 10)
    assert targets[1].tolist() == np.eye(10)[2].tolist()


def test_background_crops_are_learned_as_such() -> None:
    numbers = np.zeros(4, np.intp)
    crops = np.full((4, 28, 20), 255, np.uint8)
    settings = DigitsSettings(batch=8)
    mixed = LabelledCrops(crops, np.array([0, BACKGROUND, 0, BACKGROUND]), numbers)
    ((_, targets),) = batches(mixed, settings, None, 0, 1)
    uniform = np.isclose(targets.numpy(), 0.1).all(axis=1)
    assert 0 < uniform.sum() < len(uniform) == 8
    assert (targets.numpy()[~uniform] == np.eye(10)[0]).all()
