"""Captchas become digits: the same by every road, and whole or not at all."""

import csv
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from digitsolver.datasets import (
    DigitsFolder,
    Problem,
    Sample,
    preprocess,
    read_captchas,
    read_digits,
)
from digitsolver.datasets.preprocess import crops_of, cut
from digitsolver.errors import (
    FolderError,
    ImageError,
    LabelError,
    SegmentationError,
)
from digitsolver.io.images import ImageArray, encode_png, write_png
from digitsolver.parallel.processes import Workers
from digitsolver.pipeline.style import Style

ROOT = Path(__file__).parents[2]
STYLE = Style(length=4)
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")


def draw_text(text: str) -> ImageArray:
    """Draw digits that stand apart, black on white, 96 x 32."""
    image = np.full((32, 96), 255, np.uint8)
    for position, digit in enumerate(text):
        place = (8 + 22 * position, 25)
        cv2.putText(image, digit, place, cv2.FONT_HERSHEY_SIMPLEX, 0.7, 0, 2)
    return image


def make_captchas(folder: Path, count: int) -> Path:
    folder.mkdir()
    for number in range(count):
        label = f"{number * 1237 % 10_000:04}"
        (folder / f"{number}-{label}.png").write_bytes(encode_png(draw_text(label)))
    return folder


@pytest.fixture
def captchas(tmp_path: Path) -> list[Sample]:
    return read_captchas(make_captchas(tmp_path / "captchas", 6))[0]


@pytest.fixture
def workers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let worker processes cut even a few captchas, one at a time."""
    monkeypatch.setattr(preprocess, "FEW", 0)
    monkeypatch.setattr(preprocess, "CHUNK", 1)


def contents(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def assert_same(one: DigitsFolder, other: DigitsFolder) -> None:
    assert (one.crops == other.crops).all()
    assert one.labels == other.labels
    assert one.captcha_ids == other.captcha_ids
    assert one.positions == other.positions
    assert one.style == other.style


# --- what is made -------------------------------------------------------------------------


def test_preprocess(captchas: list[Sample], tmp_path: Path) -> None:
    out = tmp_path / "digits"
    done = preprocess.preprocess(captchas, STYLE, str(out))
    assert (done.folder, done.captchas, done.digits, done.rejected) == (out, 6, 24, [])
    assert (out / "rejected.csv").read_text() == "file_name,reason\n"
    assert (out / "7" / "1-2.png").is_file() is False
    assert sorted(path.name for path in (out / "7").iterdir()) == ["1-3.png", "2-2.png", "3-1.png"]
    digits, problems = read_digits(out)
    assert problems == []
    assert digits.crops.shape == (24, STYLE.crop_height, STYLE.crop_width)
    assert "".join(digits.labels) == "".join(sample.label or "" for sample in captchas)
    assert digits.style == STYLE


def test_in_memory_is_what_the_folder_holds(captchas: list[Sample], tmp_path: Path) -> None:
    preprocess.preprocess(captchas, STYLE, tmp_path / "digits")
    digits, problems = crops_of(captchas[::-1], STYLE)
    assert problems == []
    assert_same(digits, read_digits(tmp_path / "digits")[0])


@pytest.mark.parametrize("channels", [3, 4])
def test_colour_in_memory_is_what_the_folder_holds(tmp_path: Path, channels: int) -> None:
    (tmp_path / "captchas").mkdir()
    for label in ("1234", "5678"):
        grey = draw_text(label)
        pixels = np.dstack((grey, grey // 2, 255 - grey, 255 - grey // 2))[..., :channels]
        write_png(tmp_path / "captchas" / f"{label}.png", pixels)
    samples, _ = read_captchas(tmp_path / "captchas")
    style = Style(length=4, channels=channels)
    preprocess.preprocess(samples, style, tmp_path / "digits")
    digits, problems = crops_of(samples, style)
    assert problems == []
    assert digits.crops.shape == (8, 28, 20, channels)
    assert len(np.unique(digits.crops[..., -1])) > 2
    assert_same(digits, read_digits(tmp_path / "digits")[0])


@pytest.mark.usefixtures("workers")
def test_workers_give_the_same(captchas: list[Sample], tmp_path: Path) -> None:
    (captchas[2].path).write_bytes(b"")
    counts: list[tuple[int, int, str]] = []
    alone = preprocess.preprocess(captchas, STYLE, tmp_path / "one", workers=Workers(1))
    two = tmp_path / "two"
    shared = preprocess.preprocess(
        captchas, STYLE, two, workers=Workers(2), progress=lambda *step: counts.append(step)
    )
    assert alone.rejected == shared.rejected
    assert len(shared.rejected) == 1
    assert contents(tmp_path / "one") == contents(two)
    assert counts == [(done, 6, "") for done in range(1, 7)]


def test_progress_adds_up(captchas: list[Sample], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preprocess, "CHUNK", 4)
    counts: list[int] = []
    crops_of(captchas, STYLE, progress=lambda done, total, text: counts.append(done))
    assert counts == [4, 6]


def test_equal_ids_are_kept_apart(tmp_path: Path) -> None:
    for name, label in (("a-1234.png", "1234"), ("a-5678.png", "5678"), ("a_1234.png", "1234")):
        write_png(tmp_path / name, draw_text(label))
    samples, _ = read_captchas(tmp_path)
    digits, _ = crops_of(samples, STYLE)
    assert len(digits.crops) == 12
    assert sorted(set(digits.captcha_ids)) == ["a", "a-5678", "a_1234"]


def test_again_replaces_the_folder(captchas: list[Sample], tmp_path: Path) -> None:
    out = tmp_path / "digits"
    preprocess.preprocess(captchas, STYLE, out)
    preprocess.preprocess(captchas[:1], STYLE, out)
    assert len(read_digits(out)[0].crops) == 4
    assert sorted(path.name for path in tmp_path.iterdir()) == ["captchas", "digits"]


def test_folder_with_other_things_is_kept(captchas: list[Sample], tmp_path: Path) -> None:
    before = contents(tmp_path / "captchas")
    with pytest.raises(FolderError, match=r"expected a new or empty folder, .* found '0-0"):
        preprocess.preprocess(captchas, STYLE, tmp_path / "captchas")
    assert contents(tmp_path / "captchas") == before


# --- what is rejected ---------------------------------------------------------------------


def test_bad_files_are_listed_and_the_good_ones_done(
    captchas: list[Sample], tmp_path: Path
) -> None:
    folder = tmp_path / "captchas"
    image = draw_text("1234")
    jpeg = cv2.imencode(".jpg", image)[1].tobytes()
    header = b"\x89PNG\r\n\x1a\n" + b"\0\0\0\rIHDR" + (20_000).to_bytes(4, "big") * 2
    for name, data in {
        "empty-1234.png": b"",
        "text-1234.png": b"hello",
        "cut-1234.jpg": jpeg[: len(jpeg) // 2],
        "huge-1234.png": header + bytes(9),
        "pixel-1234.png": encode_png(image[:1, :1]),
        "black-1234.png": encode_png(image * 0),
        "white-1234.png": encode_png(image * 0 + 255),
        "long-12345.png": encode_png(image),
        "unlabelled.png": encode_png(image),
    }.items():
        (folder / name).write_bytes(data)
    samples, problems = read_captchas(folder)
    done = preprocess.preprocess(samples, STYLE, tmp_path / "digits", rejected=problems)
    assert (done.captchas, done.digits, len(done.rejected)) == (6, 24, 9)
    with (tmp_path / "digits" / "rejected.csv").open(newline="") as stream:
        rows = {row["file_name"]: row["reason"] for row in csv.DictReader(stream)}
    assert rows == {problem.path.name: problem.reason for problem in done.rejected}
    for name, expected in {
        "empty-1234.png": "found an empty file",
        "text-1234.png": "found text: name an image",
        "cut-1234.jpg": "found a file that is cut off",
        "huge-1234.png": "found 20,000 x 20,000 in the header",
        "long-12345.png": "expected a label of 4 characters, found 5 in '12345'",
        "unlabelled.png": "found no label after the last - or _",
    }.items():
        assert expected in rows[name]
    assert {"pixel-1234.png", "black-1234.png", "white-1234.png"} < set(rows)
    assert not any(str(tmp_path) in reason or "\n" in reason for reason in rows.values())


def test_cut_says_what_is_wrong(captchas: list[Sample], monkeypatch: pytest.MonkeyPatch) -> None:
    path = captchas[0].path
    assert cut(captchas[0], STYLE).shape == (4, STYLE.crop_height, STYLE.crop_width)
    with pytest.raises(LabelError, match=rf"^{path}: expected a label, found none$"):
        cut(Sample(path), STYLE)
    with pytest.raises(LabelError, match=r"expected a label of 4 characters, found 3 in '123'$"):
        cut(Sample(path, "123"), STYLE)
    with pytest.raises(ImageError, match="expected an image file, found no such file"):
        cut(Sample(path.with_name("no.png"), "1234"), STYLE)

    class Fewer:
        crops = np.zeros((2, 9, 8), np.uint8)

    monkeypatch.setattr(preprocess, "trace", lambda *_, **__: Fewer)
    with pytest.raises(SegmentationError, match=rf"^{path}: expected 4 digits, found 2$"):
        cut(captchas[0], STYLE)


def test_a_style_without_length_takes_that_of_each_label(tmp_path: Path) -> None:
    for label in ("12", "345"):
        write_png(tmp_path / f"1-{label}.png", draw_text(label))
    samples, _ = read_captchas(tmp_path)
    digits, problems = crops_of(samples, Style())
    assert problems == []
    assert "".join(digits.labels) == "12345"


@pytest.mark.parametrize("road", [crops_of, preprocess.preprocess])
def test_nothing_could_be_cut(
    captchas: list[Sample], tmp_path: Path, road: Callable[..., object]
) -> None:
    arguments = [tmp_path / "digits"] if road is preprocess.preprocess else []
    expected = (
        r"^expected images that can be cut into digits, found none among 6; "
        r"the first: .*0-0000\.png: expected a label of 3 characters, found 4 in '0000'$"
    )
    with pytest.raises(FolderError, match=expected):
        road(captchas, Style(length=3), *arguments)
    assert [path.name for path in tmp_path.iterdir()] == ["captchas"]


def test_no_captchas() -> None:
    with pytest.raises(FolderError, match=r"found none among 0$"):
        crops_of([], STYLE)


def test_rejected_names_keep_their_bytes(captchas: list[Sample], tmp_path: Path) -> None:
    odd = Problem(Path(os.fsdecode(b"\xff,1.png")), 'found "this",\nand that')
    preprocess.preprocess(captchas, STYLE, tmp_path / "digits", rejected=[odd])
    rejected = (tmp_path / "digits" / "rejected.csv").read_bytes()
    assert rejected == b'file_name,reason\n"\xff,1.png","found ""this"",\nand that"\n'


# --- processes ----------------------------------------------------------------------------


def test_full_disk_in_the_middle(
    captchas: list[Sample], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(preprocess, "write_digit", full)
    with pytest.raises(FolderError, match="digits: cannot be written: No space left on device"):
        preprocess.preprocess(captchas, STYLE, tmp_path / "digits")
    assert [path.name for path in tmp_path.iterdir()] == ["captchas"]


SCRIPT = """
import signal, sys, time
from pathlib import Path
from digitsolver.datasets import preprocess
from digitsolver.datasets import read_captchas
from digitsolver.pipeline.style import Style
from digitsolver.parallel.processes import Workers

signal.signal(signal.SIGINT, signal.default_int_handler)  # a background shell job ignores it

def slowly(done, total, text):
    print("working", flush=True)
    time.sleep(0.2)

if __name__ == "__main__":
    preprocess.FEW, preprocess.CHUNK = 0, 1
    samples, _ = read_captchas(sys.argv[1])
    two = Workers(2)
    preprocess.preprocess(samples, Style(length=4), sys.argv[2], workers=two, progress=slowly)
"""


@pytest.fixture
def running(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """Start a preprocess of 60 captchas that is in the middle of its work."""
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    make_captchas(tmp_path / "captchas", 60)
    with subprocess.Popen(
        [sys.executable, str(script), str(tmp_path / "captchas"), str(tmp_path / "digits")],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "working\n"
        yield process
        process.kill()


def in_session(leader: int) -> list[str]:
    """List the processes of a session, by their command lines."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
            if int(fields[3]) == leader and fields[0] != "Z":
                found.append((folder / "cmdline").read_text().replace("\0", " "))
        except OSError:  # it has just ended
            continue
    return found


def assert_workers_end(leader: int) -> None:
    deadline = time.monotonic() + 20
    while in_session(leader):
        assert time.monotonic() < deadline, f"still there: {in_session(leader)}"
        time.sleep(0.05)


def assert_next_run_works(tmp_path: Path) -> None:
    samples, _ = read_captchas(tmp_path / "captchas")
    done = preprocess.preprocess(samples, STYLE, tmp_path / "digits")
    assert done.captchas == 60
    assert sorted(path.name for path in tmp_path.iterdir()) == ["captchas", "digits", "script.py"]


@LINUX
def test_killed(running: subprocess.Popen[str], tmp_path: Path) -> None:
    assert len(in_session(running.pid)) >= 3  # itself and two workers
    running.kill()
    running.wait()
    assert not (tmp_path / "digits").exists()
    assert_workers_end(running.pid)
    assert_next_run_works(tmp_path)


@LINUX
def test_interrupted(running: subprocess.Popen[str], tmp_path: Path) -> None:
    os.killpg(running.pid, signal.SIGINT)  # as a terminal does: to the workers too
    _, messages = running.communicate(timeout=20)
    assert messages.count("Traceback") == 1, messages
    assert messages.rstrip().endswith("KeyboardInterrupt")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["captchas", "script.py"]
    assert_workers_end(running.pid)
    assert_next_run_works(tmp_path)
