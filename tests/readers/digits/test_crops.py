"""Labelled crops: what is refused, and which captchas are held out."""

import numpy as np
import pytest

from digitsolver.errors import FolderError, LabelError
from digitsolver.readers.digits.crops import BACKGROUND, choose_validation, label_crops
from tests.readers.digits.handwritten import handwritten, labelled


def test_too_few_captchas_are_refused() -> None:
    with pytest.raises(
        FolderError, match=r"at least 5 labelled captchas \(30 or more advised\), found 4"
    ):
        labelled(4)


def test_one_kind_of_digit_is_refused() -> None:
    data = handwritten(6)
    with pytest.raises(FolderError, match="at least 2 different digits, found 1"):
        label_crops(data.crops, ["7"] * 24, data.ids, "0123456789")


def test_label_outside_the_alphabet_is_refused() -> None:
    with pytest.raises(LabelError, match=r"0000: expected a character of '12', found '0'"):
        label_crops(*handwritten(6), "12")


def test_crops_labels_and_ids_must_match() -> None:
    data = handwritten(6)
    with pytest.raises(ValueError, match="one length, found 24, 23, 24"):
        label_crops(data.crops, data.labels[1:], data.ids, "0123456789")
    with pytest.raises(ValueError, match="expected uint8"):
        label_crops(data.crops / 255, data.labels, data.ids, "0123456789")  # type: ignore[arg-type]


def test_digests_change_with_the_crops_and_the_labels_of_one_captcha() -> None:
    data = handwritten(6)
    before = labelled(6).digests()
    crops = data.crops.copy()
    crops[5] = 0
    labels = [*data.labels[:-1], "0" if data.labels[-1] != "0" else "1"]
    after = label_crops(crops, labels, data.ids, "0123456789").digests()
    assert [one == other for one, other in zip(before, after, strict=True)] == [
        True, False, True, True, True, False,
    ]  # fmt: skip


# --- the validation set -------------------------------------------------------------------


def test_validation_set_is_chosen_by_captcha_and_seed() -> None:
    crops = labelled(40)
    chosen = choose_validation(crops, 0.25, seed=3)
    held_out = crops.where(crops.of(chosen))
    rest = crops.where(~crops.of(chosen))
    assert held_out.count == len(chosen) == 10
    assert not set(rest.captchas) & set(held_out.captchas)
    assert len(rest) + len(held_out) == 160
    assert (choose_validation(crops, 0.25, seed=3) == chosen).all()
    assert set(choose_validation(crops, 0.25, seed=4)) != set(chosen)


def test_equal_captchas_stay_together() -> None:
    data = handwritten(8)
    crops = label_crops(
        np.concatenate([data.crops] * 2),
        data.labels * 2,
        data.ids + [f"copy-{name}" for name in data.ids],
        "0123456789",
    )
    for seed in range(5):
        held_out = crops.of(choose_validation(crops, 0.5, seed))
        sides = [crops.where(side).crops for side in (held_out, ~held_out)]
        first, second = ({one.tobytes() for one in side} for side in sides)
        assert first
        assert second
        assert not first & second


def test_crops_without_a_digit_are_background() -> None:
    pixels = np.random.default_rng(0).integers(0, 255, (30, 8, 8), np.uint8)
    labels = ["1", "2", ""] * 10
    crops = label_crops(pixels, labels, [str(row // 3) for row in range(30)], "0123456789")
    assert (crops.classes[2::3] == BACKGROUND).all()
    chosen = choose_validation(crops, 0.2, 0)
    rest = crops.where(~crops.of(chosen))
    held_out = crops.where(crops.of(chosen)).with_digit()
    assert (len(held_out), held_out.count) == (4, 2)
    assert (len(rest), len(rest.with_digit())) == (24, 16)
