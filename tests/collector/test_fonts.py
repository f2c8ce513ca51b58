"""The fonts draw ten digits that can be told apart, and have their licences."""

import tomllib
from pathlib import Path

import cv2
import numpy as np
import pytest

from collector.draw.glyphs import EM, Face, faces, family, glyph, stroke

FONTS = Path(__file__).parents[2] / "collector" / "fonts"
TABLE = tomllib.loads((FONTS / "fonts.toml").read_text())["family"]


def test_every_file_is_in_the_table_and_every_row_has_its_files() -> None:
    assert {face.file for face in faces()} == {path.name for path in FONTS.glob("*.woff")}


def test_every_family_has_its_licence_and_its_line_in_the_documents() -> None:
    text = (FONTS / "FONTS.md").read_text()
    for row in TABLE:
        package = row["package"].split(":")[1].removeprefix("@fontsource/").split("@")[0]
        assert (FONTS / "licences" / f"{package}.txt").stat().st_size > 200
        assert f"| `{row['prefix']}` |" in text
        assert row["licence"] in text


def test_the_faces_are_many_and_small() -> None:
    assert len(faces()) >= 60
    assert {face.kind for face in faces()} >= {"sans", "serif", "mono", "hand", "hollow", "slab"}
    assert sum(path.stat().st_size for path in FONTS.rglob("*.*")) <= 1.5e6


@pytest.mark.parametrize("face", faces(), ids=lambda face: face.file)
def test_a_face_draws_ten_digits_that_differ(face: Face) -> None:
    images = []
    for digit in "0123456789":
        mask = glyph(face, digit).masks[0]
        images.append(cv2.resize(mask, (24, 32)).astype(np.float64) / 255)
        assert mask.max() > 200
    for first in range(10):
        for second in range(first):
            assert np.abs(images[first] - images[second]).mean() > 0.03, (first, second)


@pytest.mark.parametrize("face", faces(), ids=lambda face: face.file)
def test_a_face_has_its_size_and_stroke(face: Face) -> None:
    nought = glyph(face, "0")
    assert abs(nought.height - 1.0) < 0.1
    assert nought.rise == 0.0
    assert nought.masks[1].shape == tuple(side // 2 for side in nought.masks[0].shape)
    assert 0.01 < stroke(face) < 0.6
    assert glyph(face, "x").height < 1.5


def test_faces_of_a_family() -> None:
    assert {face.weight for face in family("sans-01")} == {"400", "700", "400i", "700i"}


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(ValueError, match=r"unknown kind of face 'gothic', expected one of .*sans"):
        faces(("gothic",))


def test_a_character_that_no_font_holds_is_refused() -> None:
    with pytest.raises(ValueError, match="digits and ASCII letters, got '!'"):
        glyph(faces()[0], "!")


def test_em_is_the_height_of_the_digits() -> None:
    mask = glyph(faces(("sans",))[0], "0").masks[0]
    rows = np.flatnonzero(mask.max(axis=1) > 127)
    assert abs(rows[-1] - rows[0] + 1 - EM) <= 1
