"""What is learned from: labelled captchas with their pixels, chosen, and what is left out."""

from pathlib import Path

import cv2
import pytest

from digitsolver.errors import FolderError
from digitsolver.io.working_size import WORKING_PIXELS
from digitsolver.pipeline.style import Style
from digitsolver.training.data import TrainingData, read_training_data
from tests.templates import STYLE, draw, write


def read(folder: Path, style: str | Style = STYLE, labels: int | None = None) -> TrainingData:
    """Return the captchas of `folder` with digits as labels."""
    return read_training_data(folder, style, alphabet="0123456789", seed=0, labels=labels)


def test_labels_outside_the_alphabet_are_reported(tmp_path: Path) -> None:
    write(tmp_path, ["12ab", "1234", "5678", "9012", "3456", "7890", "12cd"])
    problems = read(tmp_path).problems
    assert [problem.path.name for problem in problems] == ["0000-12ab.png", "0006-12cd.png"]
    for path in tmp_path.glob("*-????.png"):
        if path.stem[5:].isdigit():
            path.unlink()
    with pytest.raises(FolderError, match=r"expected labels, found none that fits; .*0000-12ab"):
        read(tmp_path)


def test_captchas_have_their_pixels_and_bad_ones_are_reported(tmp_path: Path) -> None:
    write(tmp_path, ["1234", "5678"])
    (tmp_path / "bad-1234.png").write_bytes(b"")
    data = read(tmp_path)
    assert [sample.label for sample in data.samples] == ["1234", "5678"]
    assert all((sample.read() == draw(sample.label or "")).all() for sample in data.samples)
    (problem,) = data.problems
    assert problem.path == tmp_path / "bad-1234.png"
    assert problem.reason.endswith("found an empty file")


def test_so_many_labels_are_chosen(tmp_path: Path) -> None:
    write(tmp_path, [f"{number * 1111:04}" for number in range(9)])
    assert len(read(tmp_path, labels=3).samples) == 3
    with pytest.raises(FolderError, match="expected 99 labelled captchas to choose from, found 9"):
        read(tmp_path, labels=99)
    with pytest.raises(ValueError, match="labels: expected at least 1, found 0"):
        read(tmp_path, labels=0)


@pytest.mark.parametrize(("channels", "kept"), [(1, 3), (4, 4)])
def test_alpha_is_kept_where_the_style_asks_for_it(
    tmp_path: Path, channels: int, kept: int
) -> None:
    image = cv2.cvtColor(draw("1234"), cv2.COLOR_GRAY2BGRA)
    image[:, :5] = (20, 40, 60, 100)
    cv2.imwrite(str(tmp_path / "0-1234.png"), image)
    (sample,) = read(tmp_path, Style(channels=channels)).samples
    assert sample.read(alpha=True).shape[2] == kept


def test_large_images_are_kept_at_the_working_size(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "0-1234.png"), draw("1234").repeat(9, axis=0).repeat(9, axis=1))
    (sample,) = read(tmp_path).samples
    assert sample.pixels is not None
    assert sample.pixels.size <= WORKING_PIXELS
