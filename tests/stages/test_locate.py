"""Find the line of digits in an image that shows more than that."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from digitsolver.stages import Line, locate_lines

Box = tuple[int, int, int, int]


def write(image: NDArray[np.uint8], text: str, x: int, y: int, level: int = 0) -> Box:
    """Write digits about 22 pixels high on `image`; return the box round them."""
    before = image.copy()
    cv2.putText(image, text, (x, y), cv2.FONT_HERSHEY_SIMPLEX, 1.0, (level,) * 3, 3)
    changed = (image != before).reshape(*image.shape[:2], -1).any(axis=2)
    rows, columns = np.flatnonzero(changed.any(axis=1)), np.flatnonzero(changed.any(axis=0))
    return (
        int(columns[0]),
        int(rows[0]),
        int(columns[-1] - columns[0]) + 1,
        int(rows[-1] - rows[0]) + 1,
    )


def holds(line: Line, box: Box) -> bool:
    """Return whether the line's box holds `box`, and is not much larger."""
    x, y, width, height = line.box
    inside = x <= box[0] and y <= box[1]
    inside &= x + width >= box[0] + box[2] and y + height >= box[1] + box[3]
    return inside and width * height < 3 * box[2] * box[3]


def strokes(image: NDArray[np.uint8], level: int) -> None:
    """Draw short thin strokes all over `image`."""
    rng = np.random.default_rng(1)
    for _ in range(60):
        start = rng.uniform(0, 1, 2) * image.shape[1::-1]
        end = start + rng.uniform(-20, 20, 2)
        first, last = start.astype(int).tolist(), end.astype(int).tolist()
        cv2.line(image, first, last, (level,) * 3, 1)


@pytest.mark.parametrize(("ground", "ink"), [(255, 0), (30, 220), (120, 160)])
def test_finds_small_digits_in_a_large_field(ground: int, ink: int) -> None:
    image = np.full((220, 300), ground, np.uint8)
    box = write(image, "2047", 150, 90, ink)
    assert holds(locate_lines(image)[0], box)


def test_short_thin_strokes_are_no_digits() -> None:
    image = np.full((220, 300), 255, np.uint8)
    strokes(image, 0)
    box = write(image, "2047", 150, 90)
    assert holds(locate_lines(image)[0], box)


def test_finds_digits_as_bright_as_their_ground() -> None:
    image = np.full((200, 260, 3), (200, 80, 80), np.uint8)
    mask = np.zeros((200, 260), np.uint8)
    box = write(mask, "831", 60, 120, 1)
    image[mask > 0] = (80, 131, 130)
    assert holds(locate_lines(image)[0], box)


def test_a_one_at_the_end_is_not_cut_off() -> None:
    image = np.full((200, 300), 255, np.uint8)
    box = write(image, "1 241", 80, 100)
    assert holds(locate_lines(image)[0], box)


def test_two_lines_are_two_and_share_what_is_alike() -> None:
    image = np.full((300, 300), 255, np.uint8)
    boxes = [write(image, "2047", 60, 80), write(image, "683", 60, 200)]
    first, second = sorted(locate_lines(image)[:2], key=lambda line: line.box[1])
    assert holds(first, boxes[0])
    assert holds(second, boxes[1])
    assert (first.share, second.share) == pytest.approx((4 / 7, 3 / 7))


def test_a_box_is_in_pixels_of_a_large_image() -> None:
    image = np.full((220, 300), 255, np.uint8)
    box = write(image, "2047", 150, 90)
    (small,) = locate_lines(image, most=1)
    (large,) = locate_lines(image.repeat(6, axis=0).repeat(6, axis=1), most=1)
    assert holds(small, box)
    assert np.array(large.box) / 6 == pytest.approx(np.array(small.box), abs=2)
    assert large.height / 6 == pytest.approx(small.height, rel=0.1)


@pytest.mark.parametrize("shape", [(1, 1), (8, 8), (3, 400), (400, 3), (60, 100, 3)])
def test_an_image_without_a_character_has_no_line(shape: tuple[int, ...]) -> None:
    assert locate_lines(np.full(shape, 77, np.uint8)) == []


def test_the_image_is_left_as_it_is() -> None:
    image = np.full((220, 300, 3), 255, np.uint8)
    write(image, "2047", 150, 90)
    before = image.copy()
    locate_lines(image)
    assert np.array_equal(image, before)


def test_a_chequered_image_that_is_all_ink_has_no_line() -> None:
    chequered = (np.indices((24, 40)).sum(axis=0) % 2 * 255).astype(np.uint8)
    assert locate_lines(chequered) == []
