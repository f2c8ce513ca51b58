"""What every test runs under, and what several tests ask for."""

import os
import subprocess
import tomllib
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import click
import pytest
from hypothesis import settings

ROOT = Path(__file__).parents[1]

# Before anything imports them: TensorFlow keeps its chatter, matplotlib needs no screen.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("MPLBACKEND", "Agg")

# A busy machine is no reason to fail (deadline); CI tries the same examples each time.
settings.register_profile("digitsolver", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("digitsolver")

SLOW = (
    "tests/documents/test_images.py",
    "tests/documents/test_commands_run.py",
    "tests/readers/digits/test_architectures.py",
    "tests/readers/digits/test_trainer.py",
    "tests/readers/line/test_trainer.py",
    "tests/test_train.py",
    "tests/documents/test_how_it_works.py",
    "tests/readers/test_letters.py",
    "tests/readers/digits/test_fit.py",
    "tests/readers/line/test_pretraining.py",
    "tests/audit/test_attackers.py",
    "tests/cli/test_odd_values.py",
    "tests/documents/test_examples.py",
)
"""Files that take longest. They begin first, so that the processes end at about the same time."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the files of `SLOW` begin first."""
    missing = [name for name in SLOW if not (ROOT / name).is_file()]
    assert not missing, f"SLOW: expected files, found none in the place of {missing}"
    place = {name: number for number, name in enumerate(SLOW)}
    items.sort(key=lambda item: place.get(item.nodeid.partition("::")[0], len(SLOW)))


@pytest.fixture(scope="session")
def tracked() -> list[Path]:
    """List the files of the repository: tracked ones and new ones that git does not ignore."""
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    # The checkout may belong to somebody else than who runs the tests.
    command = ["git", "-c", f"safe.directory={ROOT}", "ls-files", "-zco", "--exclude-standard"]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, timeout=60)
    names = os.fsdecode(run.stdout).split("\0")
    return [path for name in names if name and (path := ROOT / name).is_file()]


@pytest.fixture(scope="session")
def commands() -> dict[str, click.Command]:
    """Map each command in full, such as ``digitsolver solve``, to its click command."""
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    found: dict[str, click.Command] = {}
    for name, place in scripts["scripts"].items():
        module, _, attribute = place.partition(":")
        found.update(_walk(name, getattr(import_module(module), attribute)))
    return found


def _walk(name: str, command: click.Command) -> Iterator[tuple[str, click.Command]]:
    yield name, command
    if isinstance(command, click.Group):
        for child, sub in command.commands.items():
            yield from _walk(f"{name} {child}", sub)
