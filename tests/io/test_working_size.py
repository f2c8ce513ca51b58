import numpy as np
import pytest

from digitsolver.io.working_size import WORKING_PIXELS, scaled_box, to_working_size


@pytest.mark.parametrize("shape", [(50, 150), (256, 512), (1, WORKING_PIXELS), (50, 150, 3)])
def test_an_image_of_usual_size_is_left_as_it_is(shape: tuple[int, ...]) -> None:
    image = np.zeros(shape, np.uint8)
    assert to_working_size(image) is image


@pytest.mark.parametrize("channels", [(), (3,), (4,)])
@pytest.mark.parametrize("size", [(1500, 4500), (257, 512), (16, 100_000), (5000, 40)])
def test_a_large_image_keeps_its_aspect_and_is_scaled_once(
    size: tuple[int, int], channels: tuple[int, ...]
) -> None:
    image = np.zeros((*size, *channels), np.uint8)
    scaled = to_working_size(image)
    assert WORKING_PIXELS * 0.75 < scaled.shape[0] * scaled.shape[1] <= WORKING_PIXELS
    assert scaled.shape[2:] == channels
    assert scaled.shape[1] / scaled.shape[0] == pytest.approx(size[1] / size[0], rel=0.25)
    assert to_working_size(scaled) is scaled


def test_pixels_are_means() -> None:
    image = np.zeros((1024, 1024), np.uint8)
    image[:, 1::2] = 200
    assert to_working_size(image).mean() == pytest.approx(100, abs=1)


def test_a_box_that_fills_the_scaled_image_fills_the_original() -> None:
    assert scaled_box((0, 0, 627, 209), (4500 / 627, 1500 / 209)) == (0, 0, 4500, 1500)
