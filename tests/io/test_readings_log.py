"""Readings stay in step with the images that were read, whatever happens."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from digitsolver.errors import FolderError
from digitsolver.io.readings_log import open_readings_log
from digitsolver.results import Failure, NamedImage
from tests.templates import make_bundle, write

RUN = {"model": "a1", "length": None}


def test_lines_of_an_earlier_run_stay(tmp_path: Path) -> None:
    path = tmp_path / "readings.jsonl"
    with open_readings_log(path, RUN, resume=False) as log:
        log.write({"path": "a.png", "text": "1"})
    with open_readings_log(path, RUN, resume=True) as log:
        assert log.before == 1
        left: list[str | NamedImage | Failure] = [
            NamedImage("x.zip/b.png", b""),
            Failure("c.png", "gone"),
        ]
        left.append("a.png")
        assert list(log.missing(["a.png", *left])) == left
        log.write({"path": "b.png", "text": "2"})
    assert [json.loads(line)["path"] for line in path.read_text().splitlines()] == [
        "a.png", "b.png",
    ]  # fmt: skip
    assert [one.name for one in tmp_path.iterdir()] == ["readings.jsonl"]


def test_a_line_that_is_not_whole_is_written_again(tmp_path: Path) -> None:
    path = tmp_path / "readings.jsonl"
    path.write_text('{"path": "a.png"}\n{"path": "b.p')
    with open_readings_log(path, RUN, resume=True) as log:
        assert list(log.missing(["a.png", "b.png"])) == ["b.png"]
        log.write({"path": "b.png"})
    assert path.read_text() == '{"path": "a.png"}\n{"path": "b.png"}\n'


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "readings.jsonl"
    path.write_text("mine\n")
    with (
        pytest.raises(FolderError, match="expected a new file, found one with readings"),
        open_readings_log(path, RUN, resume=False),
    ):
        pass
    with (
        pytest.raises(FolderError, match="line 1: expected a reading, found another thing"),
        open_readings_log(path, RUN, resume=True),
    ):
        pass
    assert path.read_text() == "mine\n"


def test_another_run_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "readings.jsonl"
    with pytest.raises(KeyboardInterrupt), open_readings_log(path, RUN, resume=False):
        raise KeyboardInterrupt
    with (
        pytest.raises(FolderError, match=r"\.run: expected the run to go on with, found another"),
        open_readings_log(path, {**RUN, "model": "b2"}, resume=True),
    ):
        pass


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with (
        pytest.raises(FolderError, match="cannot be written"),
        open_readings_log(tmp_path / "no" / "readings.jsonl", RUN, resume=False),
    ):
        pass


@pytest.mark.skipif(sys.platform == "win32", reason="kills as POSIX does")
def test_killed_in_the_middle_and_resumed(tmp_path: Path) -> None:
    model = make_bundle(tmp_path / "model")
    write(tmp_path / "scans", [f"{number * 167 % 10000:04}" for number in range(200)])
    out = tmp_path / "readings.jsonl"
    program = "from digitsolver.cli import main; main()"
    command = [sys.executable, "-c", program, "solve", "-", "--model", str(model)]
    command += ["--out", str(out), "--jobs", "1", "--resume"]
    paths = [str(path) for path in sorted((tmp_path / "scans").iterdir())]
    rng = np.random.default_rng(0)
    for _ in range(3):
        killed(command, paths, out, int(rng.integers(1, 60)))
    subprocess.run(command, input="\n".join(paths), text=True, check=True, capture_output=True)
    assert [json.loads(line)["path"] for line in out.read_text().splitlines()] == paths


def killed(command: list[str], paths: list[str], out: Path, more: int) -> None:
    """Start a run and kill it when it has written that many lines more; feed it slowly."""
    before = len(out.read_bytes().splitlines()) if out.exists() else 0
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        assert process.stdin is not None
        process.stdin.write("\n".join(paths[: before + 64 + more]).encode())
        process.stdin.flush()
        start = time.monotonic()
        while not out.exists() or len(out.read_bytes().splitlines()) <= before:
            assert time.monotonic() - start < 120
            time.sleep(0.01)
        os.kill(process.pid, signal.SIGKILL)
