"""Odd values for every parameter of every command: one line and status 1 or 2, never a traceback.

Each command is first written as it should be, then one value is replaced. Commands that search or
train get a folder without images, so that none takes long.
"""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import click
import pytest
from click.testing import CliRunner, Result

from collector.cli import main as collector
from digitsolver.cli import main as digitsolver
from tests.templates import make_bundle, write

LONGEST = 20
"""Seconds of the processor for one command."""
NOT_UTF8 = os.fsdecode(b"odd-\xff\xfe")
# Names of what is inside the test's own folder only: some commands write where they are told to.
TEXTS = (
    *("", " ", "\0", "a\0b", "-", "--", ".", "\n", "\x1b[2J", "\uff5e", NOT_UTF8),
    *("x" * 5000, "a/" * 3000, "nobody/here", "%s%n{}", "[", "*", "$HOME", "'\""),
    *("://", "http://", "file:///nobody/here"),
)
NUMBERS = (
    *("", " ", "-1", "0", "nan", "inf", "-inf", "1e999", "9" * 30, "9" * 5000, "0x10", "1.5"),
    *("\uff11\uff12", "1_000", "-0", "1e-400", "\0", NOT_UTF8, "3" * 12),
)
ADDRESSES = (
    *("x", "tcp://", "tcp://127.0.0.1:1", "tcp://127.0.0.1:99999", "http://127.0.0.1:1"),
    *("inproc://x", "tls://127.0.0.1:1", "ucx://127.0.0.1:1", "tcp://a b:1", "tcp://[::1:1"),
    *("ws://127.0.0.1:1", "tcp://" + "x" * 300 + ":1", "tcp://nobody.invalid:1"),
)
COMMANDS = {
    "digitsolver preprocess": ["FEW", "--out", "OUT", "--style", "plain", "--jobs", "1"],
    "digitsolver tune": ["EMPTY", "--out", "OUT"],
    "digitsolver train": ["EMPTY", "--out", "OUT", "--reader", "digits", "--style", "plain"],
    "digitsolver evaluate": ["FEW", "--model", "MODEL", "--jobs", "1"],
    "digitsolver audit": ["FEW", "--out", "OUT", "--labels", "0"],
    "digitsolver solve": ["IMAGE", "--model", "MODEL", "--jobs", "1"],
    "digitsolver serve": ["--model", "MODEL", "--host", "192.0.2.1", "--no-key"],
    "digitsolver visualize": ["FEW", "--out", "OUT", "--style", "plain"],
    "digitsolver info": ["MODEL"],
    "collector generate": ["--style", "plain", "--count", "1", "--out", "OUT"],
    "collector imitate": ["FEW", "--out", "OUT.toml"],
    "collector import": ["FEW", "--out", "OUT"],
    "collector fetch": ["ftp://127.0.0.1/", "--count", "1", "--out", "OUT"],
    "collector label": ["FEW", "--model", "MODEL", "--terminal"],
    "collector check": ["FEW", "--model", "MODEL"],
    "collector export": ["FEW", "--out", "OUT.zip"],
    "collector split": ["FEW", "--out", "OUT"],
}
GROUPS = {"digitsolver": digitsolver, "collector": collector}


class HungError(Exception):
    """Say that a command took too long."""


@pytest.fixture(name="places", scope="module")
def _places(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("odd")
    few, empty = folder / "few", folder / "empty"
    empty.mkdir()
    image = write(few, ["0123", "4567"])[0]
    model = make_bundle(folder / "model")
    return {"EMPTY": str(empty), "FEW": str(few), "IMAGE": str(image), "MODEL": str(model)}


@pytest.fixture(autouse=True)
def _small_default(places: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Let an audit, which an odd name of an owner does not end, read with a small model."""
    monkeypatch.setattr("digitsolver.audit.measure.DEFAULT", Path(places["MODEL"]))


@contextmanager
def limited() -> Iterator[None]:
    """Raise HungError where the block takes more than `LONGEST` seconds of the processor."""

    def stop(_: int, __: FrameType | None) -> None:
        raise HungError

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, LONGEST)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def odd_values(parameter: click.Parameter) -> tuple[str, ...]:
    if parameter.name == "cluster":
        return (*ADDRESSES, "", "\0", NOT_UTF8)
    if isinstance(parameter.type, (click.types.IntParamType, click.types.FloatParamType)):
        return NUMBERS
    return TEXTS


def command_line(
    name: str, parameter: click.Parameter, value: str, places: dict[str, str]
) -> list[str]:
    """Return the arguments of a command with one value replaced or added."""
    words = list(COMMANDS[name])
    option = parameter.opts[0]
    if isinstance(parameter, click.Argument):
        words[0] = value
    elif option in words:
        words[words.index(option) + 1] = value
    else:
        words += [option, value]
    return [name.split()[1], *(places.get(word, word) for word in words)]


def problem_of(result: Result) -> str | None:
    """Return what is wrong with how a command ended, None where nothing is."""
    error = result.exception
    if error is not None and not isinstance(error, SystemExit):
        return f"{type(error).__name__}: {str(error)[:200]}"
    if result.exit_code not in {0, 1, 2}:
        return f"exit status {result.exit_code}"
    said = [line for line in result.stderr.splitlines() if line.startswith("Error:")]
    if result.exit_code and not result.output:
        return "nothing said"
    if len(said) > 1:
        return f"{len(said)} errors"
    if "Traceback" in result.output or "\x1b" in result.output:
        return "a traceback or an escape is shown"
    return None


def parameters(name: str) -> list[click.Parameter]:
    group, _, command = name.partition(" ")
    found = GROUPS[group].commands[command].params
    return [one for one in found if not getattr(one, "is_flag", False)]


CASES = [(name, parameter.name) for name in COMMANDS for parameter in parameters(name)]


def test_all_commands_are_tried() -> None:
    known = {f"{name} {command}" for name, group in GROUPS.items() for command in group.commands}
    assert set(COMMANDS) == known


@pytest.mark.parametrize(("name", "parameter"), CASES)
def test_odd_values(
    name: str,
    parameter: str,
    places: dict[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (one,) = [each for each in parameters(name) if each.name == parameter]
    faults = []
    for number, value in enumerate(odd_values(one)):
        folder = tmp_path / str(number)
        folder.mkdir()
        monkeypatch.chdir(folder)
        here = {"OUT": str(folder / "out"), "OUT.zip": str(folder / "out.zip"), **places}
        words = command_line(name, one, value, here)
        with limited():
            result = CliRunner().invoke(GROUPS[name.split(maxsplit=1)[0]], words)
        if problem := problem_of(result):
            faults.append(f"{value[:40]!r}: {problem}")
    assert faults == []


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["solve", "a.png", "--jobs", "9" * 30], "is not in the range 1<=x<=1024"),
        (["solve", "a.png", "--cluster", "ucx://h:1"], "expected an address such as tcp://"),
        (["solve", "a\0b.png"], "expected text, found a null character: a\\x00b.png"),
        (["info", "x" * 5000], "File name too long"),
    ],
)
def test_what_is_said(words: list[str], message: str) -> None:
    result = CliRunner().invoke(digitsolver, words)
    assert result.exit_code in {1, 2}
    assert message in result.stderr
    assert len(result.stderr) < 600
