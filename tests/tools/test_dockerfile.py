"""The Dockerfiles are read as Docker reads them, and keep to what a hardened image needs."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tools.bare_root import SUITES, Inside
from tools.build_image import Builder
from tools.dockerfile import Stage, read_dockerfile

ROOT = Path(__file__).parents[2]
DOCKERFILES = sorted((ROOT / "docker").glob("*.Dockerfile"))
HADOLINT = shutil.which("hadolint", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
SAMPLE = """\
# a comment
ARG PYTHON=3.13
FROM python:${PYTHON}-slim AS build
ENV A=1 \\
    # a comment inside
    B="two words"
RUN --mount=type=cache,target=/root/.cache/pip \\
    echo $A && true

FROM build
COPY --from=build /a /b
CMD ["run", "--now"]
"""


def read(text: str, folder: Path) -> list[Stage]:
    path = folder / "Dockerfile"
    path.write_text(text, encoding="utf-8")
    return read_dockerfile(path)


def test_stages_instructions_and_flags(tmp_path: Path) -> None:
    build, last = read(SAMPLE, tmp_path)
    assert (build.base, build.name) == ("python:3.13-slim", "build")
    assert build.instructions[0].pairs({}) == {"A": "1", "B": "two words"}
    run = build.instructions[1]
    assert run.flags == (("mount", "type=cache,target=/root/.cache/pip"),)
    assert (run.rest, run.exec_form, run.line) == ("echo $A && true", None, 7)
    assert last.base == "build"
    assert last.instructions[0].flags == (("from", "build"),)
    assert last.instructions[1].exec_form == ["run", "--now"]


def test_an_instruction_before_the_first_stage_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"Dockerfile:1: expected FROM or ARG NAME=VALUE, found"):
        read("USER 1\nFROM python:3.13-slim\n", tmp_path)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("VOLUME /data", "line 2: expected a known instruction, found VOLUME"),
        ("COPY tests tests", r"line 2: expected a source that \.dockerignore lets through"),
        ("CMD run --now", r"line 2: expected CMD \[\.\.\.\], found run --now"),
        ("RUN --mount=type=secret,id=x true", "line 2: expected a mount of a cache, found"),
    ],
)
def test_what_would_not_be_proved_is_refused(line: str, message: str, tmp_path: Path) -> None:
    base = tmp_path / "base"
    base.mkdir()
    builder = Builder(ROOT, {"base": base}, tmp_path / "work", tmp_path / "caches")
    with pytest.raises(ValueError, match=message):
        builder.build(read(f"FROM base\n{line}\n", tmp_path))


def test_a_container_has_no_rights_and_nothing_to_write() -> None:
    inside = Inside(Path("/a root"), user=(10001, 10001), read_only=True, network=False)
    *started, script = inside.command(["true"])
    assert "--net" in started
    assert "mount -o remount,bind,ro '/a root'" in script
    assert "--reuid=10001 --regid=10001 --clear-groups --no-new-privs --bounding-set=-all" in script


@pytest.mark.parametrize("path", DOCKERFILES, ids=lambda path: path.stem)
def test_an_image_is_small_and_runs_as_nobody(path: Path) -> None:
    build, last = read_dockerfile(path)
    assert build.base == last.base
    assert build.base in {f"python:{version}-slim" for version in SUITES}
    steps = {step.name: step for step in last.instructions}
    assert steps["USER"].rest == "10001:10001"
    assert "RUN" not in steps, "what builds stays in the first stage"
    assert dict(steps["COPY"].flags) == {"from": "build"}
    assert steps["LABEL"].pairs({}).keys() >= {"org.opencontainers.image.title"}


def test_the_service_is_asked_for_its_health_and_needs_a_key() -> None:
    steps = {step.name: step for step in read_dockerfile(DOCKERFILES[0])[-1].instructions}
    assert "/health/live" in steps["HEALTHCHECK"].rest
    assert "--no-key" not in steps["ENTRYPOINT"].rest + steps["CMD"].rest


@pytest.mark.skipif(HADOLINT is None, reason="hadolint is not installed")
def test_hadolint_finds_nothing() -> None:
    run = subprocess.run(
        [str(HADOLINT), *map(str, DOCKERFILES)], capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stdout
