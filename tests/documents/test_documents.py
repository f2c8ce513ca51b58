"""Hold help texts and documents to the commands, options and targets that exist."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import click
import pytest
from click.testing import CliRunner

ROOT = Path(__file__).parents[2]
OURS = ("digitsolver", "collector")


class Line(NamedTuple):
    """One command line of a document."""

    where: str
    words: list[str]


def _targets() -> set[str]:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    return set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))


def _help_of(name: str, command: click.Command) -> str:
    result = CliRunner().invoke(command, ["--help"], prog_name=name)
    assert result.exit_code == 0, f"{name} --help: {result.output}"
    return result.output


def test_every_command_has_help_with_an_example(commands: dict[str, click.Command]) -> None:
    assert len(commands) > len(OURS)
    wrong = [
        name
        for name, command in commands.items()
        if not command.help or "Example" not in _help_of(name, command)
    ]
    assert not wrong


def test_every_option_is_explained(commands: dict[str, click.Command]) -> None:
    wrong = [
        f"{name} {parameter.opts[0]}"
        for name, command in commands.items()
        for parameter in command.params
        if isinstance(parameter, click.Option) and not parameter.help and not parameter.hidden
    ]
    assert not wrong


def _complaint(words: list[str], commands: dict[str, click.Command]) -> str | None:
    """Tell what is wrong with a command line, if it is one of ours."""
    if words[0] == "make":
        named = [word for word in words[1:] if not word.startswith("-") and "=" not in word]
        unknown = sorted(set(named) - set(_targets()))
        return f"make has no target {unknown}" if unknown else None
    if words[0].startswith("python") and len(words) > 1 and words[1].endswith(".py"):
        return None if (ROOT / words[1]).is_file() else f"there is no {words[1]}"
    if words[0] not in OURS:
        return None
    name, rest = words[0], words[1 : words.index("--") if "--" in words else None]
    while rest and f"{name} {rest[0]}" in commands:
        name, rest = f"{name} {rest[0]}", rest[1:]
    command = commands[name]
    if isinstance(command, click.Group) and rest and not rest[0].startswith("-"):
        return f"{name} has no command {rest[0]}"
    known = {"--help"}.union(*((*p.opts, *p.secondary_opts) for p in command.params))
    options = {word.partition("=")[0] for word in rest if re.match(r"--?[a-zA-Z]", word)}
    return f"{name} has no option {sorted(options - known)}" if options - known else None


def _split_line(line: str) -> Iterator[list[str]]:
    """Yield the commands of a shell line: what stands between ``|``, ``&&`` and ``;``."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    words: list[str] = []
    for token in [*lexer, ";"]:
        if set(token) <= set("|&;()"):
            if words:
                yield words
            words = []
        elif words or not re.fullmatch(r"\w+=.*", token):  # settings before the command
            words.append(token.removeprefix(".venv/bin/"))


def _document_lines(path: Path) -> Iterator[Line]:
    """Yield the commands of the shell blocks: in ``console`` only what follows a ``$``."""
    text = path.read_text(encoding="utf-8").replace("\\\n", " ")
    for block in re.finditer(r"^```(sh|bash|console)\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
        for raw in block[2].splitlines():
            line = raw.strip()
            if block[1] == "console":
                if not line.startswith("$ "):
                    continue
                line = line.removeprefix("$ ")
            for words in _split_line(line):
                yield Line(f"{path.relative_to(ROOT)}: {line}", words)


def _documents(tracked: list[Path]) -> list[Path]:
    return [path for path in tracked if path.suffix == ".md" and "fonts" not in path.parts]


def test_documents_name_real_commands(
    tracked: list[Path], commands: dict[str, click.Command]
) -> None:
    lines = [line for path in _documents(tracked) for line in _document_lines(path)]
    assert any(line.words[0] == "digitsolver" and "README" in line.where for line in lines)
    wrong = [
        f"{line.where}: {complaint}"
        for line in lines
        if (complaint := _complaint(line.words, commands))
    ]
    assert not wrong, "\n".join(wrong)


def test_examples_in_help_name_real_commands(commands: dict[str, click.Command]) -> None:
    wrong = [
        f"{name}: {complaint}"
        for name, command in commands.items()
        for line in (command.help or "").splitlines()
        if line.strip().removeprefix("$ ").startswith(tuple(f"{x} " for x in OURS))
        for words in _split_line(line.strip().removeprefix("$ "))
        if (complaint := _complaint(words, commands))
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("make", None),
        ("make demo WORKERS=1", None),
        ("make tea", "make has no target ['tea']"),
        ("python tools/none.py", "there is no tools/none.py"),
        ("collector pour x", "collector has no command pour"),
        ("collector draw --pot=3 x", "collector draw has no option ['--pot']"),
        ("collector draw --cup 3 -v -- --x | wc -l", None),
        ("A=1 collector draw --cup 3 # with --milk", None),
        ("ls --nonsense", None),
    ],
)
def test_a_wrong_line_is_found(line: str, complaint: str | None) -> None:
    draw = click.Command("draw", params=[click.Option(["--cup"]), click.Option(["-v"])])
    group = click.Group("collector", commands={"draw": draw})
    commands = {"collector": group, "collector draw": draw}
    found = [_complaint(words, commands) for words in _split_line(line)]
    assert found[0] == complaint


def test_links_in_documents_lead_somewhere(tracked: list[Path]) -> None:
    link = re.compile(r'\]\(([^)\s]+)\)|(?:src|href)="([^"]+)"')
    wrong = []
    for path in _documents(tracked):
        for match in link.finditer(path.read_text(encoding="utf-8")):
            target = (match[1] or match[2]).partition("#")[0]
            outside = re.match(r"[a-z]+:", target)
            if target and not outside and not (path.parent / target).exists():
                wrong.append(f"{path.relative_to(ROOT)}: {target}")
    assert not wrong


def test_changelog_has_a_place_for_what_comes() -> None:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.search(r"^## \[?Unreleased\]?$", text, re.MULTILINE)
