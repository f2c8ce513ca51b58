"""Labelled images: what is read, what is refused, and which are held out."""

from pathlib import Path

import cv2
import pytest

from digitsolver.datasets import read_captchas
from digitsolver.errors import FolderError
from digitsolver.readers.line.lines import check_enough, choose_validation, mixed_looks, read_lines
from tests.readers.line.prepared import TEXTS, lines
from tests.templates import draw, write


def test_images_are_read_and_bad_ones_reported(tmp_path: Path) -> None:
    write(tmp_path, ["1234", "11111111111111111111"])
    (tmp_path / "7-1234.png").write_bytes(b"")
    cv2.imwrite(str(tmp_path / "8-111111111111111.png"), draw("111"))
    found, used, problems, warnings = read_lines(read_captchas(tmp_path, labels_from="names")[0])
    assert found.labels == ["1234", "1" * 20]
    assert [sample.label for sample in used] == found.labels
    assert [one.path.name[0] for one in problems] == ["7", "8"]
    assert "expected an image wide enough for 15 characters, found 98 x 50" in problems[1].reason
    assert warnings[0].startswith("the folder seems to hold more than one look: 1 are up to 124")


def test_mixed_looks_are_reported() -> None:
    assert mixed_looks([(50, 150, 3)] * 30 + [(52, 170, 3)] * 10) == []
    assert mixed_looks([(50, 150, 3)] * 40 + [(90, 160, 3)]) == []  # one stray image
    (warning,) = mixed_looks([(50, 150, 3)] * 30 + [(70, 150)] * 10)
    assert (
        "30 are up to 50 pixels in height and 10 from 70, 10 are grey and 30 in colour" in warning
    )


def test_too_few_labels_are_refused() -> None:
    with pytest.raises(FolderError, match=r"at least 5 labelled captchas \(30 .*\), found 4"):
        check_enough(lines(["1234", "2345", "3456", "4567"]))
    with pytest.raises(FolderError, match="at least 2 different characters, found 1"):
        check_enough(lines(["11"] * 5))


def test_validation_set_keeps_equal_images_together() -> None:
    twice = lines([*TEXTS, *TEXTS])
    held_out = choose_validation(twice, 0.25, 100, seed=2)
    rest = sorted({*range(24)} - {*held_out})
    assert held_out == sorted(held_out)
    assert (len(rest), len(held_out)) == (18, 6)
    assert not set(twice.where(rest).labels) & set(twice.where(held_out).labels)
    assert len(choose_validation(lines(), 0.5, 3, seed=2)) == 3
    assert choose_validation(lines(), 0.5, 3, seed=3) != choose_validation(lines(), 0.5, 3, seed=2)
