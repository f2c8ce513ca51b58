"""Hold CONTRIBUTING.md to the code: every name in it exists, every room is there."""

import importlib
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
NAMES = sorted(set(re.findall(r"`(digitsolver(?:\.\w+)+)`", TEXT)))


def resolve(name: str) -> object:
    """Return what a dotted name stands for."""
    parts = name.split(".")
    for count in range(len(parts), 0, -1):
        try:
            found: object = importlib.import_module(".".join(parts[:count]))
        except ModuleNotFoundError:
            continue
        for part in parts[count:]:
            found = getattr(found, part)
        return found
    raise ModuleNotFoundError(name)


@pytest.mark.parametrize("name", [name for name in NAMES if name != "digitsolver.drawers"])
def test_every_name_exists(name: str) -> None:
    assert resolve(name) is not None


def test_every_room_is_described() -> None:
    rooms = re.findall(r"^\| (.*?) \|", TEXT[TEXT.index("## The house") :], re.MULTILINE)
    described = {name.strip("/") for cell in rooms for name in re.findall(r"`([\w./]+)`", cell)}
    entries = {
        path.name
        for path in (ROOT / "digitsolver").iterdir()
        if path.suffix == ".py" or (path / "__init__.py").is_file()
    }
    assert entries - {"__init__.py", "__main__.py"} <= described


def test_paths_exist() -> None:
    paths = set(re.findall(r"`((?:digitsolver|collector|tests|tools)/[\w./]+)`", TEXT))
    assert paths
    assert not [path for path in sorted(paths) if not (ROOT / path).exists()]
