"""Run the steps of a Dockerfile in folders: what `docker build` does, without a daemon.

It knows the instructions that the Dockerfiles of this project use, and refuses any other.
"""

import json
import shlex
import shutil
import subprocess
from dataclasses import dataclass, field, replace
from fnmatch import fnmatch
from pathlib import Path

from tools.bare_root import PATHS, Inside, network_of_this_machine
from tools.dockerfile import Instruction, Stage, expand

CACHES = {"/root/.cache/pip": "pip"}
"""Where builds may keep a cache: the name of its folder among the caches."""


@dataclass
class Image:
    """A root folder, and how a container of it starts."""

    root: Path
    environment: dict[str, str] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    folder: str = "/"
    user: str = "0:0"
    entrypoint: list[str] = field(default_factory=list)
    command: list[str] = field(default_factory=list)
    health: list[str] = field(default_factory=list)

    def container(self, binds: dict[Path, str] | None = None) -> Inside:
        """Return how a command runs in it: nothing can be written, no network but loopback."""
        user, group = (int(number) for number in self.user.split(":"))
        return Inside(
            self.root,
            environment=self.environment,
            folder=self.folder,
            user=(user, group),
            binds=binds or {},
            read_only=True,
            network=False,
        )


@dataclass(frozen=True)
class Builder:
    """Builds stages from the files in `context`; `bases` are roots by the name of their image."""

    context: Path
    bases: dict[str, Path]
    work: Path
    caches: Path

    def build(self, stages: list[Stage]) -> Image:
        """Return the image of the last stage."""
        built: dict[str, Image] = {}
        for number, stage in enumerate(stages):
            root = self.work / str(number)
            if stage.base in built:
                image = replace(built[stage.base], root=root)
                _copy(built[stage.base].root, root)
            else:
                image = Image(root, dict(PATHS))
                _copy(self.bases[stage.base], root)
            for instruction in stage.instructions:
                self._step(image, instruction, built)
            built[stage.name] = image
        return built[stages[-1].name]

    def _step(self, image: Image, step: Instruction, built: dict[str, Image]) -> None:
        if step.name in {"ENV", "LABEL"}:
            known = image.environment if step.name == "ENV" else image.labels
            known.update(step.pairs(image.environment))
        elif step.name == "WORKDIR":
            image.folder = expand(step.rest, image.environment)
            (image.root / image.folder.lstrip("/")).mkdir(parents=True, exist_ok=True)
        elif step.name == "USER":
            image.user = step.rest
        elif step.name == "COPY":
            self._copy_into(image, step, built)
        elif step.name == "RUN":
            self._run(image, step)
        elif step.name in {"CMD", "ENTRYPOINT", "HEALTHCHECK"}:
            _set_command(image, step)
        elif step.name != "EXPOSE":
            raise ValueError(f"line {step.line}: expected a known instruction, found {step.name}")

    def _run(self, image: Image, step: Instruction) -> None:
        variables, binds = network_of_this_machine()
        for name, value in step.flags:
            options = dict(part.split("=", 1) for part in value.split(","))
            if name != "mount" or options.keys() != {"type", "target"}:
                raise ValueError(f"line {step.line}: expected a mount of a cache, found {value}")
            cache = self.caches / CACHES[options["target"]]
            cache.mkdir(parents=True, exist_ok=True)
            binds[cache] = options["target"]
        environment = {"HOME": "/root", **variables, **image.environment}
        inside = Inside(image.root, environment, image.folder, binds=binds)
        inside.run(step.exec_form or ["/bin/sh", "-ec", step.rest])

    def _copy_into(self, image: Image, step: Instruction, built: dict[str, Image]) -> None:
        flags = dict(step.flags)
        *sources, target = shlex.split(expand(step.rest, image.environment))
        place = image.root / target.lstrip("/")
        if not target.startswith("/"):
            place = image.root / image.folder.lstrip("/") / target
        for source in sources:
            if "from" in flags:
                found = built[flags["from"]].root / source.lstrip("/")
            else:
                found = self.context / source
                self._require_let_through(source, step.line)
            into = place / found.name if found.is_file() and target.endswith("/") else place
            _copy(found, into)

    def _require_let_through(self, source: str, line: int) -> None:
        """Refuse what `.dockerignore` keeps out of the context: it lists what goes in."""
        text = (self.context / ".dockerignore").read_text(encoding="utf-8")
        let_through = [entry.removeprefix("!") for entry in text.split() if entry[0] == "!"]
        if not any(fnmatch(source, pattern) for pattern in let_through):
            raise ValueError(
                f"line {line}: expected a source that .dockerignore lets through, found {source}"
            )


def _set_command(image: Image, step: Instruction) -> None:
    if step.name == "HEALTHCHECK":
        image.health = json.loads(step.rest.removeprefix("CMD "))
        return
    words = step.exec_form
    if words is None:
        raise ValueError(f"line {step.line}: expected {step.name} [...], found {step.rest}")
    if step.name == "CMD":
        image.command = words
    else:
        image.entrypoint = words


def _copy(source: Path, target: Path) -> None:
    """Copy a file or a whole folder with owners and links; Python's own caches stay."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_file():
        shutil.copy2(source, target)
    else:
        target.mkdir(exist_ok=True)
        subprocess.run(["cp", "-a", "--reflink=auto", f"{source}/.", str(target)], check=True)
