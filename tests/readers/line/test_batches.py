"""Batches of images of one width each, with their labels."""

import numpy as np

from digitsolver.readers.line.batches import PADDING, Prepared, batches, fits, make_batch


def images(*widths: int) -> list[Prepared]:
    """Return prepared images of these widths, each of one level."""
    return [np.full((48, width, 3), width, np.uint8) for width in widths]


def test_a_batch_has_one_width_and_padded_labels() -> None:
    batch = make_batch(images(96, 112, 128), ["12", "3", "456"], "0123456789")
    assert batch.images.shape == (3, 48, 112, 3)
    assert batch.classes.tolist() == [[1, 2, PADDING], [3, PADDING, PADDING], [4, 5, 6]]
    assert batch.lengths.tolist() == [2, 1, 3]
    assert len(batch) == 3


def test_batches_hold_every_image_once_with_neighbours_in_width() -> None:
    rng = np.random.default_rng(0)
    widths = [96, 192] * 6
    made = list(batches(images(*widths), ["1"] * 12, "12", 6, rng))
    assert sorted(one.images.shape[2] for one in made) == [96, 192]
    assert sum(map(len, made)) == 12


def test_a_label_without_room_is_left_out() -> None:
    rng = np.random.default_rng(0)
    assert not fits("1" * 13, 96)
    assert fits("12" * 12, 96)
    made = list(batches(images(96, 96), ["1" * 13, "1"], "12", 6, rng))
    assert [one.lengths.tolist() for one in made] == [[1]]
