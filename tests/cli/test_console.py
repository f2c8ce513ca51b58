"""What a long run says on standard error, on a terminal and in a log."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from digitsolver.cli.console import TrainingConsole
from tests.templates import make_bundle, write


@pytest.fixture
def seconds(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Return the time that the console reads, to be set by a test."""
    now = [0.0]
    monkeypatch.setattr("digitsolver.cli.console.time.monotonic", lambda: now[0])
    return now


def follow(shown: TrainingConsole, seconds: list[float], rounds: int) -> None:
    """Let 10 seconds pass for each of `rounds`."""
    shown.announce("training the reader line")
    for done in range(1, rounds + 1):
        seconds[0] += 10
        shown.progress(done, rounds, f"loss 0.{done}")
    shown.close()


def test_a_log_has_a_line_now_and_then_with_the_time_left(
    seconds: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    follow(TrainingConsole(), seconds, 8)
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.splitlines() == [
        "training the reader line",
        "3/8  loss 0.3  0:50 left",
        "6/8  loss 0.6  0:20 left",
        "8/8  loss 0.8  0:00 left",
    ]


def test_a_terminal_has_one_line_that_is_kept_up_to_date(
    seconds: list[float], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    follow(TrainingConsole(), seconds, 2)
    shown = capsys.readouterr().err
    assert "\r1/2  loss 0.1  0:10 left\x1b[K\r2/2  loss 0.2  0:00 left\x1b[K\n" in shown


def test_the_time_left_follows_the_pace_of_each_part(
    seconds: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    shown = TrainingConsole()
    for now, done, total in ((10, 5, 10), (40, 6, 10), (60, 11, 13), (80, 12, 13), (81, 13, 13)):
        seconds[0] = now
        shown.progress(done, total, "")
    lines = capsys.readouterr().err.splitlines()
    assert lines == ["6/10    1:20 left", "12/13    0:20 left", "13/13    0:00 left"]


FULL = Path("/dev/full")
CODE = "from digitsolver.cli import main; main()"
WORDS = [["--help"], ["solve", "--help"], ["info", "{model}"], ["solve", "{captchas}", "--json"]]


def run(words: list[str], tmp_path: Path, stdout: int) -> str:
    """Run a command that cannot write its output; return what it says, in one line."""
    model = make_bundle(tmp_path / "model")
    write(tmp_path / "captchas", [f"{number:04}" for number in range(8)])
    places = {"model": str(model), "captchas": str(tmp_path / "captchas")}
    command = [sys.executable, "-c", CODE, *(word.format(**places) for word in words)]
    ended = subprocess.run(command, stdout=stdout, stderr=subprocess.PIPE, text=True, check=False)
    assert ended.returncode == 1
    (line,) = ended.stderr.splitlines()
    return line


@pytest.mark.skipif(not FULL.exists(), reason="no /dev/full here")
@pytest.mark.parametrize("words", WORDS)
def test_an_output_that_is_full_is_said_in_one_line(words: list[str], tmp_path: Path) -> None:
    with FULL.open("w") as full:
        line = run(words, tmp_path, full.fileno())
    assert line == "Error: standard output: No space left on device"


@pytest.mark.skipif(sys.platform == "win32", reason="pipes close otherwise there")
@pytest.mark.parametrize("words", WORDS[1:])
def test_an_output_that_was_closed_is_said_in_one_line(words: list[str], tmp_path: Path) -> None:
    reads, writes = os.pipe()
    os.close(reads)
    assert run(words, tmp_path, writes) == "Error: standard output: Broken pipe"
    os.close(writes)


def test_an_interrupted_training_says_how_to_continue(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(KeyboardInterrupt), TrainingConsole():
        raise KeyboardInterrupt
    assert capsys.readouterr().err == "interrupted: the same command with --resume continues\n"
    with pytest.raises(ValueError, match="other"), TrainingConsole():
        raise ValueError("other")
    assert "interrupted" not in capsys.readouterr().err
