"""Folders of captchas and of digits: what is read, what is said about the rest, what is drawn."""

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from digitsolver.datasets import (
    Problem,
    Sample,
    character_of,
    check_labels,
    draw,
    folder_of,
    foreign_in_digits,
    is_digits_folder,
    label_of,
    read_captchas,
    read_digits,
    split,
    unique_ids,
    write_digit,
)
from digitsolver.errors import FolderError, LabelError
from digitsolver.io.images import write_png
from digitsolver.pipeline.style import Style, write_style


def fill(folder: Path, *names: str) -> Path:
    """Write files that differ; they need not be images, for nothing decodes them here."""
    folder.mkdir(exist_ok=True)
    for name in names:
        (folder / name).write_text(name)
    return folder


def sample(name: str, label: str | None = None) -> Sample:
    return Sample(Path(name), label)


def names(samples: Sequence[Sample]) -> list[str]:
    return [sample.path.name for sample in samples]


def lines(problems: Sequence[Problem], folder: Path) -> list[str]:
    return [str(problem).removeprefix(f"{folder}{os.sep}") for problem in problems]


# --- labels -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "label", "captcha_id"),
    [
        ("00017-042.png", "042", "00017"),
        ("a/b-c/00017_042.jpeg", "042", "00017"),
        ("scan-7_b-0042.tif", "0042", "scan-7_b"),
        ("scan-7_b_0042.tif", "0042", "scan-7_b"),
        ("042.png", "042", "042"),
        ("-042.png", "042", "-042"),
        ("1-aB3.png", "aB3", "1"),
        ("1-042", "042", "1"),
        ("a.b-042.png", "042", "a.b"),
    ],
)
def test_label_and_id(name: str, label: str, captcha_id: str) -> None:
    assert label_of(name) == label
    assert sample(name, label).id == captcha_id


def test_id_of_a_sample_whose_label_is_not_in_its_name() -> None:
    assert sample("scan-17.png", "042").id == "scan-17"
    assert sample("scan-17.png").id == "scan-17"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("d/cat.png", r"^d/cat\.png: expected a name like cat-1234\.png, found no label after"),
        ("17-.png", r"^17-\.png: expected a name like 17-1234\.png, found no label after"),
        ("1-0 2.png", r"^1-0 2\.png: label '0 2' has ' ': expected only letters and digits$"),
        ("1-0..png", r"label '0\.' has '\.': expected only letters and digits$"),
        ("١٢٣.png", "found no label after"),
    ],
)
def test_name_without_label(name: str, expected: str) -> None:
    with pytest.raises(LabelError, match=expected):
        label_of(name)


@given(st.text(min_size=1), st.sampled_from("-_"), st.text("0123456789aB", min_size=1))
def test_label_is_found_after_any_id(before: str, separator: str, label: str) -> None:
    name = f"{before}{separator}{label}".replace("/", "").replace("\0", "")
    assert label_of(f"{name}.png") == label


def test_check_labels() -> None:
    given_samples = [sample("1-042.png", "042"), sample("2-ab12.png", "ab12"), sample("3.png")]
    good, problems = check_labels(given_samples, "0123456789")
    assert names(good) == ["1-042.png"]
    assert [str(problem) for problem in problems] == [
        "2-ab12.png: label 'ab12' has 'a': expected only 0123456789",
        "3.png: expected a label, found none",
    ]


# --- captcha folders ----------------------------------------------------------------------


def test_read_captchas(tmp_path: Path) -> None:
    fill(tmp_path, "2-22.png", "10-10.jpg", "1-11.png", ".hidden-1.png", "readme.md", "x.json")
    (tmp_path / "more").mkdir()
    samples, problems = read_captchas(str(tmp_path))
    assert names(samples) == ["1-11.png", "10-10.jpg", "2-22.png"]
    assert [sample.label for sample in samples] == ["11", "10", "22"]
    assert samples[0].path == tmp_path / "1-11.png"
    assert problems == []


def test_image_without_label(tmp_path: Path) -> None:
    fill(tmp_path, "1-11.png", "cat.png")
    samples, problems = read_captchas(tmp_path)
    assert names(samples) == ["1-11.png"]
    expected = "cat.png: expected a name like cat-1234.png, found no label after the last - or _"
    assert lines(problems, tmp_path) == [expected]


def test_labels_are_not_needed_for_all(tmp_path: Path) -> None:
    fill(tmp_path, "1-11.png", "cat.png")
    samples, problems = read_captchas(tmp_path, labelled=False)
    assert samples == [Sample(tmp_path / "1-11.png", "11"), Sample(tmp_path / "cat.png")]
    assert problems == []


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        ([], "expected images, found an empty folder"),
        (["notes.txt", ".1-2.png"], r"expected images, found other files only \(notes\.txt\)"),
        (
            ["test/", "old/", ".git/"],
            r"expected images, found sub-folders \(old, test\): name one of them",
        ),
        ([f"s{i}/" for i in range(7)], r"\(s0, s1, s2, s3, s4, \.\.\.\)"),
        (["0/", "1/", "style.toml"], "found a digits folder: sub-folders that are named after"),
        (["upper_a/", "b/"], "found a digits folder: sub-folders that are named after"),
        (
            ["cat.png", "dog.png"],
            "expected images with labels, found none among 2 files; the first:",
        ),
    ],
)
def test_folder_without_images(tmp_path: Path, entries: list[str], expected: str) -> None:
    for entry in entries:
        path = tmp_path / entry
        if entry.endswith("/"):
            path.mkdir()
        else:
            path.touch()
    with pytest.raises(FolderError, match=f"^{tmp_path}: {expected}|{expected}") as caught:
        read_captchas(tmp_path)
    assert "\n" not in str(caught.value)


def test_no_folder(tmp_path: Path) -> None:
    (tmp_path / "a.png").touch()
    with pytest.raises(FolderError, match="no: expected a folder of images, found nothing there"):
        read_captchas(tmp_path / "no")
    with pytest.raises(FolderError, match="png: expected a folder of images, found a file"):
        read_captchas(tmp_path / "a.png")


def test_folder_without_permission(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: Path) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(FolderError, match="expected a folder of images, found Permission denied"):
        read_captchas(tmp_path)


# --- metadata.csv -------------------------------------------------------------------------


def write_table(folder: Path, text: str, encoding: str = "utf-8") -> None:
    (folder / "metadata.csv").write_bytes(text.encode(encoding))


def test_metadata_overrides_names(tmp_path: Path) -> None:
    fill(tmp_path, "1-11.png", "2-22.png", "cat.png")
    write_table(
        tmp_path, "text,file_name,who\r\n 042 ,cat.png,me\r\n99,1-11.png,me\r\n", "utf-8-sig"
    )
    samples, problems = read_captchas(tmp_path)
    assert {sample.path.name: sample.label for sample in samples} == {
        "1-11.png": "99",
        "2-22.png": "22",
        "cat.png": "042",
    }
    assert problems == []


def test_metadata_rows_that_do_not_fit(tmp_path: Path) -> None:
    fill(tmp_path, "1-11.png", "2-22.png", "3-33.png", "4-44.png")
    write_table(
        tmp_path,
        "file_name,text\n1-11.png,1\n1-11.png,2\nno.png,3\n../x.png,3\n,5\n2-22.png,\n"
        '"3-33.png"\n4-44.png,../ 4\n',
    )
    samples, problems = read_captchas(tmp_path)
    assert [(sample.path.name, sample.label) for sample in samples] == [("1-11.png", "1")]
    beside = "expected the name of an image beside the table"
    assert lines(problems, tmp_path) == [
        "metadata.csv: line 3: '1-11.png' is named again: the first line that names it stays",
        f"metadata.csv: line 4: {beside}, found 'no.png': no such file",
        f"metadata.csv: line 5: {beside}, found '../x.png': no such file",
        "metadata.csv: line 6: expected a file name, found none",
        "metadata.csv: line 7: '2-22.png': expected a text, found none",
        "metadata.csv: line 8: '3-33.png': expected a text, found none",
        "metadata.csv: line 9: label '../ 4' has ' ': expected no spaces",
    ]


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        (b"", "expected a column file_name, .* and a column text, .*, found none"),
        (b"file_name,texts\n", "expected a column .*, found file_name, texts"),
        (b"file_name,text\n\x81\xfe,1\n", "expected a table of labels: .*charmap"),
        (b'file_name,text\n"1-11.png,1\n', "expected a table of labels: unexpected end of data"),
    ],
)
def test_metadata_that_is_no_table(tmp_path: Path, table: bytes, expected: str) -> None:
    fill(tmp_path, "1-11.png")
    (tmp_path / "metadata.csv").write_bytes(table)
    with pytest.raises(FolderError, match=rf"{tmp_path}/metadata\.csv: {expected}"):
        read_captchas(tmp_path)


# --- names in a digits folder -------------------------------------------------------------


def test_unique_ids() -> None:
    samples = [
        sample("d/a-12.png", "12"),
        sample("d/b-1.png", "1"),
        sample("d/B_2.png", "2"),
        sample("d/c-1.png", "1"),
        sample("d/c-1.jpg", "1"),
        sample("d/c_1.png", "1"),
        sample("e/c-1.png", "1"),
    ]
    ids = unique_ids(samples)
    assert list(ids.values()) == ["B", "a", "b-1", "c", "c-1", "c-1-png", "c_1"]
    assert unique_ids(samples[::-1]) == ids


@given(st.lists(st.tuples(st.sampled_from("aAb"), st.sampled_from("-_"), st.sampled_from("12"))))
def test_unique_ids_are_unique(parts: list[tuple[str, str, str]]) -> None:
    samples = [
        sample(f"{folder}/{start}{separator}{label}.png", label)
        for folder, (start, separator, label) in enumerate(parts)
    ]
    ids = unique_ids(samples)
    assert len({captcha_id.casefold() for captcha_id in ids.values()}) == len(parts)


# --- split and draw -----------------------------------------------------------------------


def test_split_holds_a_fraction_out(tmp_path: Path) -> None:
    fill(tmp_path, *(f"{i}-{i}.png" for i in range(50)))
    samples, _ = read_captchas(tmp_path, labels_from="names")
    kept, held = split(samples, 0.2, seed=3)
    assert (len(kept), len(held)) == (40, 10)
    assert sorted(names(kept) + names(held)) == names(samples)
    assert split(samples[::-1], 0.2, seed=3) == (kept, held)
    assert split(samples, 0.2, seed=4) != (kept, held)


def test_split_does_not_depend_on_where_the_folder_is(tmp_path: Path) -> None:
    sides = []
    for place in ("a", "b"):
        samples, _ = read_captchas(
            fill(tmp_path / place, *(f"{i}-{i}.png" for i in range(9))), labels_from="names"
        )
        sides.append([names(side) for side in split(samples, 0.3, seed=0)])
    assert sides[0] == sides[1]


@pytest.mark.parametrize("seed", range(8))
def test_equal_files_stay_on_one_side(tmp_path: Path, seed: int) -> None:
    for i in range(20):
        (tmp_path / f"{i}-1.png").write_text(str(i % 7))
    samples, _ = read_captchas(tmp_path, labels_from="names")
    kept, held = split(samples, 0.3, seed)
    contents = [{path.path.read_text() for path in side} for side in (kept, held)]
    assert not contents[0] & contents[1]
    assert len(kept) + len(held) == 20
    assert 1 <= len(held) <= 6


def test_smallest_group_is_held_out_where_all_are_large(tmp_path: Path) -> None:
    for i in range(10):
        (tmp_path / f"{i}-1.png").write_text("a" if i < 6 else "b")
    samples, _ = read_captchas(tmp_path, labels_from="names")
    kept, held = split(samples, 0.1, seed=0)
    assert (len(kept), len(held)) == (6, 4)


@pytest.mark.parametrize("fraction", [0.01, 0.99])
def test_no_side_is_empty(tmp_path: Path, fraction: float) -> None:
    samples, _ = read_captchas(fill(tmp_path, "1-1.png", "2-2.png"))
    assert [len(side) for side in split(samples, fraction, seed=0)] == [1, 1]


def test_file_that_cannot_be_read_is_split_by_its_name() -> None:
    kept, held = split([sample("no/1-1.png"), sample("no/2-1.png")], 0.5, seed=0)
    assert sorted(names(kept) + names(held)) == ["1-1.png", "2-1.png"]


@pytest.mark.parametrize("fraction", [0.0, 1.0, -1.0, float("nan")])
def test_split_fraction(fraction: float) -> None:
    with pytest.raises(ValueError, match="expected a fraction between 0 and 1, found"):
        split([], fraction, seed=0)


def test_nothing_to_split(tmp_path: Path) -> None:
    with pytest.raises(FolderError, match="two different images or more to split, found no image"):
        split([], 0.5, seed=0)
    for name in ("1-1.png", "2-1.png"):
        (tmp_path / name).touch()
    samples, _ = read_captchas(tmp_path)
    with pytest.raises(FolderError, match=r"found only .*1-1\.png$"):
        split(samples, 0.5, seed=0)


@given(st.integers(1, 20), st.integers())
def test_smaller_draw_is_part_of_a_larger_one(count: int, seed: int) -> None:
    samples = [sample(f"{i}-1.png", "1") for i in range(20)]
    drawn = draw(samples, count, seed)
    assert len(drawn) == len(set(drawn)) == count
    assert set(drawn) <= set(draw(samples[::-1], 20, seed))
    if count > 1:
        assert set(draw(samples, count - 1, seed)) < set(drawn)


def test_draw_depends_on_the_seed() -> None:
    samples = [sample(f"{i}-1.png", "1") for i in range(99)]
    assert draw(samples, 9, seed=0) != draw(samples, 9, seed=1)


@pytest.mark.parametrize("count", [0, -1, 4])
def test_draw_count(count: int) -> None:
    samples = [sample(f"{i}-1.png", "1") for i in range(3)]
    with pytest.raises(ValueError, match=f"expected a count of 1 to 3 samples, found {count}"):
        draw(samples, count, seed=0)


# --- digits folders -----------------------------------------------------------------------

STYLE = Style(crop_height=9, crop_width=8)


def make_digits(folder: Path) -> Path:
    """Write two captchas, "21" and "12", whose crops are filled with 10 * id + position."""
    folder.mkdir()
    for captcha_id, label in ((1, "21"), (2, "12")):
        for position, digit in enumerate(label):
            crop = np.full((9, 8), 10 * captcha_id + position, np.uint8)
            write_digit(folder, digit, f"x-{captcha_id}", position, crop)
    write_style(STYLE, folder / "style.toml")
    (folder / "rejected.csv").write_text("file_name,reason\n")
    return folder


def test_read_digits(tmp_path: Path) -> None:
    folder = make_digits(tmp_path / "digits")
    assert sorted(path.name for path in (folder / "2").iterdir()) == ["x-1-0.png", "x-2-1.png"]
    digits, problems = read_digits(folder)
    assert digits.crops.shape == (4, 9, 8)
    assert digits.crops.dtype == np.uint8
    assert digits.crops[:, 0, 0].tolist() == [10, 11, 20, 21]
    assert digits.labels == ["2", "1", "1", "2"]
    assert digits.captcha_ids == ["x-1", "x-1", "x-2", "x-2"]
    assert digits.positions == [0, 1, 0, 1]
    assert digits.style == STYLE
    assert digits.missing() == "03456789"
    assert problems == []
    assert foreign_in_digits(folder) is None


def test_stray_things_in_a_digits_folder(tmp_path: Path) -> None:
    folder = make_digits(tmp_path / "digits")
    (folder / "thesis.tex").touch()
    (folder / "10").mkdir()
    (folder / "7").mkdir()
    (folder / ".DS_Store").touch()
    (folder / "2" / ".DS_Store").touch()
    (folder / "2" / "x-9-0.png").touch()
    (folder / "2" / "notes.txt").touch()
    write_png(folder / "2" / "x-8-0.png", np.zeros((5, 6), np.uint8))
    digits, problems = read_digits(folder)
    assert len(digits.crops) == 4
    only = "expected only folders that are named after one character"
    assert lines(problems, folder) == [
        f"10: {only}, found another folder",
        "7: expected images of '7', found none",
        f"thesis.tex: {only}, found a stray file",
        "2/notes.txt: expected a name like <id>-<position>.png",
        "2/x-8-0.png: expected 8 x 9 pixels as in style.toml, found 6 x 5",
        "2/x-9-0.png: expected an image (PNG, JPEG, GIF, BMP, WebP or TIFF), found an empty file",
    ]


def test_digits_folder_without_style(tmp_path: Path) -> None:
    (tmp_path / "3").mkdir()
    with pytest.raises(FolderError, match=r"expected style\.toml, the style that its digits were"):
        read_digits(tmp_path)


def test_digits_folder_without_digits(tmp_path: Path) -> None:
    (tmp_path / "3").mkdir()
    write_style(STYLE, tmp_path / "style.toml")
    with pytest.raises(
        FolderError, match=r"expected images of digits, found none: .*of '3', found"
    ):
        read_digits(tmp_path)


def test_not_a_digits_folder(tmp_path: Path) -> None:
    (tmp_path / "1-1.png").touch()
    (tmp_path / "10").mkdir()
    assert not is_digits_folder(tmp_path)
    assert not is_digits_folder(tmp_path / "no")
    with pytest.raises(
        FolderError, match=r"expected a digits folder \(sub-folders 0 to 9\), found"
    ):
        read_digits(tmp_path)
    (tmp_path / "0").mkdir()
    assert is_digits_folder(tmp_path)


@pytest.mark.parametrize("label", ["", "12", "é/", ".."])
def test_write_digit_takes_one_character(tmp_path: Path, label: str) -> None:
    with pytest.raises(ValueError, match="expected one character as label, found"):
        write_digit(tmp_path, label, "1", 0, np.zeros((9, 8), np.uint8))
    assert list(tmp_path.iterdir()) == []


# --- the folders of characters ------------------------------------------------------------


@pytest.mark.parametrize(
    ("character", "folder"),
    [
        *[("0", "0"), ("9", "9"), ("a", "a"), ("A", "upper_a"), ("/", "u+002f"), (".", "u+002e")],
        *[("é", "u+00e9"), ("٣", "u+0663"), (" ", "u+0020"), ("\0", "u+0000"), ("😀", "u+1f600")],
    ],
)
def test_folder_of_a_character(character: str, folder: str) -> None:
    assert folder_of(character) == folder
    assert character_of(folder) == character


@given(st.characters(), st.characters())
def test_characters_have_folders_that_every_file_system_keeps_apart(one: str, other: str) -> None:
    names = [folder_of(character) for character in (one, other)]
    assert [character_of(name) for name in names] == [one, other]
    assert all(name.isascii() and name == name.casefold() for name in names)
    assert (names[0] == names[1]) == (one == other)


@pytest.mark.parametrize(
    "name",
    ["", "10", "upper_1", "upper_ab", "u+41", "u+0041", "u+0037", "u+110000", "style.toml"],
)
def test_other_names_are_no_folder_of_a_character(name: str) -> None:
    assert character_of(name) is None


@pytest.mark.parametrize(("name", "character"), [("A", "A"), ("é", "é"), ("UPPER_A", "A")])
def test_folders_that_people_or_old_systems_made_are_read(name: str, character: str) -> None:
    assert character_of(name) == character


def test_letters_in_a_digits_folder(tmp_path: Path) -> None:
    for position, label in enumerate("aA./7é"):
        write_digit(tmp_path, label, "x-1", position, np.full((9, 8), position, np.uint8))
    write_style(STYLE, tmp_path / "style.toml")
    folders = sorted(path.name for path in tmp_path.iterdir() if path.is_dir())
    assert folders == ["7", "a", "u+002e", "u+002f", "u+00e9", "upper_a"]
    digits, problems = read_digits(tmp_path)
    assert ("".join(digits.labels), problems) == ("aA./7é", [])
    assert digits.crops[:, 0, 0].tolist() == [0, 1, 2, 3, 4, 5]
    assert foreign_in_digits(tmp_path) is None


@pytest.mark.parametrize(
    ("stray", "found"),
    [
        ("thesis.tex", "thesis.tex"),
        ("2/photo.jpg", "2/photo.jpg"),
        ("ab/c", "ab"),
        ("2/d.png/e", "2/d.png"),
    ],
)
def test_what_is_foreign_in_a_digits_folder(tmp_path: Path, stray: str, found: str) -> None:
    folder = make_digits(tmp_path / "digits")
    (folder / stray).parent.mkdir(exist_ok=True)
    (folder / stray).touch()
    assert foreign_in_digits(folder) == found


def test_folder_without_style_is_foreign(tmp_path: Path) -> None:
    assert foreign_in_digits(tmp_path) is None
    (tmp_path / "3").mkdir()
    assert foreign_in_digits(tmp_path) == "3"
