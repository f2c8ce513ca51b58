"""A set goes out in every format and comes back the same; a split keeps duplicates together."""

import json
import zipfile
from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner, Result

from collector.cli import main
from collector.dataset.store import New, open_store, read_records
from digitsolver.datasets import read_captchas
from digitsolver.io.images import ImageArray, encode_png

LABELS = [f"{number * 167 % 10000:04}" for number in range(20)]


def run(*words: object) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


def image(label: str) -> ImageArray:
    drawn = np.full((40, 120), 255, np.uint8)
    cv2.putText(drawn, label, (10, 30), cv2.FONT_HERSHEY_SIMPLEX, 1, 0, 2)
    return np.asarray(drawn, np.uint8)


def write(folder: Path, labels: list[str] = LABELS) -> Path:
    folder.mkdir()
    for number, label in enumerate(labels):
        (folder / f"{number:03}-{label}.png").write_bytes(encode_png(image(label)))
    return folder


def contents(folder: Path) -> dict[bytes, str | None]:
    return {sample.path.read_bytes(): sample.label for sample in read_captchas(folder)[0]}


def unpack(path: Path) -> list[str]:
    with zipfile.ZipFile(path) as archive:
        archive.extractall(path.with_suffix(""))
        return archive.namelist()


@pytest.mark.parametrize(
    ("layout", "first"),
    [
        ("names", "000-0000.png"),
        ("imagefolder", "metadata.csv"),
        ("csv", "labels.csv"),
        ("tsv", "labels.tsv"),
    ],
)
def test_what_goes_out_comes_back(tmp_path: Path, layout: str, first: str) -> None:
    folder, out = write(tmp_path / "in"), tmp_path / "out.zip"
    result = run("export", folder, "--out", out, "--format", layout)
    assert result.exit_code == 0
    assert result.stdout == f"{out}: 20 captchas\n"
    assert unpack(out)[0] == first
    source = tmp_path / "out" / first if first.startswith("labels") else out
    assert run("import", source, "--out", tmp_path / "back").exit_code == 0
    assert contents(tmp_path / "back") == contents(folder)


def test_the_same_set_gives_the_same_bytes_and_nothing_is_replaced(tmp_path: Path) -> None:
    folder = write(tmp_path / "in")
    for name in ("a.zip", "b.zip"):
        run("export", folder, "--out", tmp_path / name)
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()
    result = run("export", folder, "--out", tmp_path / "a.zip")
    assert result.exit_code == 1
    assert "expected a new file, found one that is there" in result.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.zip", "b.zip", "in"]


def test_digits_go_out_into_folders(tmp_path: Path) -> None:
    folder = write(tmp_path / "in", ["7", "3"])
    result = run("export", folder, "--out", tmp_path / "d.zip", "--format", "digits", "--json")
    assert json.loads(result.stdout)["exported"] == 2
    assert unpack(tmp_path / "d.zip") == ["7/000-0.png", "3/001-0.png"]
    run("import", tmp_path / "d", "--out", tmp_path / "back")
    assert contents(tmp_path / "back") == contents(folder)
    wrong = run("export", write(tmp_path / "long"), "--out", "x.zip", "--format", "digits")
    assert wrong.exit_code == 1
    assert "expected a label of one character for the format digits, found '0000'" in wrong.stderr


def test_where_images_came_from_stays_behind(tmp_path: Path) -> None:
    with open_store(tmp_path / "in") as store:
        store.add(New(b"x", "png", "1", source="https://example.org", authorised="secret"))
        store.add(New(b"y", "png"))
    result = run("export", tmp_path / "in", "--out", tmp_path / "x.zip")
    assert result.exit_code == 1
    assert "found no label" in result.stderr
    data = (tmp_path / "x.zip").read_bytes()
    assert len(unpack(tmp_path / "x.zip")) == 2
    assert b"secret" not in data
    assert b"example.org" not in data


def test_a_split_keeps_what_is_nearly_the_same_on_one_side(tmp_path: Path) -> None:
    folder = write(tmp_path / "in")
    for number, label in enumerate(LABELS):  # each again, as a JPEG
        data = cv2.imencode(".jpg", image(label), [cv2.IMWRITE_JPEG_QUALITY, 70])[1].tobytes()
        (folder / f"jpeg{number:02}-{label}.jpg").write_bytes(data)
    out = tmp_path / "out"
    result = run("split", folder, "--out", out, "--test", 0.25, "--validation", 0.25, "--json")
    assert result.exit_code == 0, result.stderr
    counts = json.loads(result.stdout)
    assert (counts["train"], counts["validation"], counts["test"]) == (20, 10, 10)
    assert counts["together"] == 20
    parts = {name: read_captchas(out / name)[0] for name in ("train", "validation", "test")}
    assert sum(map(len, parts.values())) == 40
    texts = [{sample.label for sample in part} for part in parts.values()]
    assert sum(map(len, texts)) == len(set().union(*texts)) == 20
    assert (out / "test" / "metadata.csv").read_text().count("\n") == 11


def test_a_split_depends_on_seed_and_content_alone(tmp_path: Path) -> None:
    folder = write(tmp_path / "in")
    for sample in read_captchas(write(tmp_path / "renamed"))[0]:
        index = int(sample.id)
        sample.path.rename(sample.path.with_name(f"{99 - index}x-{sample.label}.png"))
    for name, source, seed in (("a", folder, 1), ("b", tmp_path / "renamed", 1), ("c", folder, 2)):
        run("split", source, "--out", tmp_path / name, "--seed", seed)
    assert contents(tmp_path / "a" / "test") == contents(tmp_path / "b" / "test")
    assert contents(tmp_path / "a" / "test") != contents(tmp_path / "c" / "test")


def test_a_split_that_cannot_be_is_refused(tmp_path: Path) -> None:
    folder = write(tmp_path / "in", ["1", "1"])
    result = run("split", folder, "--out", tmp_path / "out")
    assert result.exit_code == 1
    assert "expected enough different images for train, validation, test, found 1" in (
        result.stderr
    )
    result = run("split", folder, "--out", tmp_path / "out", "--test", 0.6, "--validation", 0.5)
    assert result.exit_code == 2
    assert "expected shares that leave something to train on" in result.stderr
    assert not (tmp_path / "out").exists()


def test_a_split_names_what_it_leaves_out(tmp_path: Path) -> None:
    folder = write(tmp_path / "in")
    (folder / "torn-1234.png").write_bytes(b"")
    result = run("split", folder, "--out", tmp_path / "out", "--validation", 0)
    assert result.exit_code == 1
    assert "torn-1234.png: expected an image" in result.stderr
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["test", "train"]


def test_a_dry_run_says_what_would_be_done_and_writes_nothing(tmp_path: Path) -> None:
    folder, out = write(tmp_path / "in"), tmp_path / "out"
    (folder / "copy-0000.png").write_bytes((folder / "000-0000.png").read_bytes())
    for _ in range(2):
        result = run("import", folder, "--out", out, "--dry-run")
        assert "20 captchas would be added, 0 were there already, 1 duplicates" in result.stderr
        assert not out.exists()
    run("import", folder, "--out", out)
    before = sorted((path.name, path.read_bytes()) for path in out.iterdir())
    result = run("import", folder, "--out", out, "--dry-run", "--json")
    assert json.loads(result.stdout)["present"] == 20
    assert sorted((path.name, path.read_bytes()) for path in out.iterdir()) == before


def test_images_without_a_label_are_taken_where_asked(tmp_path: Path) -> None:
    folder, out = write(tmp_path / "in", ["12"]), tmp_path / "out"
    (folder / "plain.png").write_bytes(encode_png(image("34")))
    assert run("import", folder, "--out", out).exit_code == 1
    assert run("import", folder, "--out", out, "--unlabelled").exit_code == 0
    assert [record.label for record in read_records(out)] == ["12", None]
    (folder / "plain.png").rename(folder / "plain-34.png")
    assert run("import", folder, "--out", out).exit_code == 0
    assert [record.label for record in read_records(out)] == ["12", "34"]
    assert [record.original for record in read_records(out)] == ["000-12.png", "plain.png"]
