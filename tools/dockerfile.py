"""Read a Dockerfile into its stages and their instructions."""

import json
import re
import shlex
from pathlib import Path
from typing import NamedTuple

FLAG = re.compile(r"--([a-z-]+)=(\S+)\s+")
VARIABLE = re.compile(r"\$(?:\{(\w+)\}|(\w+))")


class Instruction(NamedTuple):
    """One instruction: its name, its flags such as ``--from=build``, and the rest of it."""

    name: str
    flags: tuple[tuple[str, str], ...]
    rest: str
    line: int

    @property
    def exec_form(self) -> list[str] | None:
        """The words of a command that no shell reads; None in the shell form."""
        if not self.rest.startswith("["):
            return None
        return [str(word) for word in json.loads(self.rest)]

    def pairs(self, variables: dict[str, str]) -> dict[str, str]:
        """Return the names and values of ENV or LABEL."""
        words = shlex.split(expand(self.rest, variables))
        return dict(word.split("=", 1) for word in words)


class Stage(NamedTuple):
    """What stands between one FROM and the next."""

    base: str
    name: str
    instructions: tuple[Instruction, ...]


def expand(text: str, variables: dict[str, str]) -> str:
    """Replace ``$NAME`` and ``${NAME}``; a name without a value is a KeyError."""
    return VARIABLE.sub(lambda found: variables[found[1] or found[2]], text)


def read_dockerfile(path: Path) -> list[Stage]:
    """Return the stages of the Dockerfile `path`, with the arguments before them filled in."""
    variables: dict[str, str] = {}
    stages: list[Stage] = []
    for instruction in _instructions(path.read_text(encoding="utf-8")):
        if instruction.name == "FROM":
            base, *named = expand(instruction.rest, variables).split()
            name = named[1] if named else str(len(stages))
            stages.append(Stage(base, name, ()))
        elif stages:
            last = stages[-1]
            stages[-1] = last._replace(instructions=(*last.instructions, instruction))
        elif instruction.name == "ARG" and "=" in instruction.rest:
            name, value = instruction.rest.split("=", 1)
            variables[name] = value
        else:
            raise ValueError(
                f"{path}:{instruction.line}: expected FROM or ARG NAME=VALUE, "
                f"found {instruction.name} {instruction.rest}"
            )
    return stages


def _instructions(text: str) -> list[Instruction]:
    """Split `text` at its instructions; a comment may stand inside of one."""
    found = []
    parts: list[str] = []
    began = 0
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        began = began if parts else number
        parts.append(line.strip().removesuffix("\\").strip())
        if not line.rstrip().endswith("\\"):
            name, _, rest = " ".join(parts).partition(" ")
            found.append(Instruction(name, *_flags(rest.strip()), began))
            parts = []
    return found


def _flags(rest: str) -> tuple[tuple[tuple[str, str], ...], str]:
    flags = []
    while found := FLAG.match(rest):
        flags.append((found[1], found[2]))
        rest = rest[found.end() :]
    return tuple(flags), rest
