"""Labelled images decoded once give what the stages cut from the files."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from digitsolver.datasets import Sample, load_images
from digitsolver.datasets.preprocess import crops_of, crops_of_images
from digitsolver.io.images import read_image, write_png
from digitsolver.pipeline.style import Style


def captcha(channels: int) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """Draw two coloured digits on a coloured ground."""
    image = np.full((32, 60, 3), (230, 240, 200), np.uint8)
    cv2.putText(image, "42", (8, 25), cv2.FONT_HERSHEY_SIMPLEX, 0.7, (200, 40, 30), 2)
    alpha = np.full((32, 60, 1), 255, np.uint8)
    alpha[:, ::7] = 128
    return np.dstack((image, alpha)) if channels == 4 else image


@pytest.fixture
def samples(tmp_path: Path) -> list[Sample]:
    write_png(tmp_path / "a-42.png", captcha(3))
    write_png(tmp_path / "b-42.png", captcha(4))
    (tmp_path / "c-42.jpg").write_bytes(cv2.imencode(".jpg", captcha(3))[1].tobytes())
    write_png(tmp_path / "d-42.png", captcha(3)[..., 1])
    return [Sample(path, "42") for path in sorted(tmp_path.iterdir())]


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("projection", ["grey", "ground", "ink"])
def test_crops_are_those_of_the_files(
    samples: list[Sample], channels: int, projection: str
) -> None:
    style = Style(length=2, channels=channels, projection=projection)
    images, problems = load_images(samples, alpha=channels == 4, luma=True)
    assert problems == []
    expected, _ = crops_of(samples, style)
    found, _ = crops_of_images(images, style)
    assert (found.crops == expected.crops).all()
    assert (found.labels, found.captcha_ids) == (expected.labels, expected.captcha_ids)


def test_pixels_are_those_of_the_files(samples: list[Sample]) -> None:
    images, _ = load_images(samples)
    assert [image.sample for image in images] == samples
    for image in images:
        assert (image.pixels == read_image(image.sample.path)).all()
        assert image.luma is None


def test_what_cannot_be_decoded_is_a_problem(samples: list[Sample], tmp_path: Path) -> None:
    (tmp_path / "a-42.png").write_bytes(b"")
    images, (problem, gone) = load_images([*samples, Sample(tmp_path / "no-1.png", "1")])
    assert [image.sample.path.name[0] for image in images] == ["b", "c", "d"]
    assert problem.path == tmp_path / "a-42.png"
    assert problem.reason.endswith("found an empty file")
    assert gone.reason == "expected an image file, found no such file"
