"""Hold the reference of the documentation site to the public names: each has a page and an example.

A package is public where it says what it exports (``__all__``).
"""

import doctest
import importlib
import inspect
import pkgutil
import re
from pathlib import Path

import pytest

import collector
import digitsolver

ROOT = Path(__file__).parents[2]
PAGES = {
    module[1]: page
    for page in sorted((ROOT / "docs" / "reference").glob("*.rst"))
    if (module := re.search(r"^\.\. currentmodule:: (\S+)$", page.read_text("utf-8"), re.MULTILINE))
}
"""The page of each documented module."""
INNER = {
    "digitsolver.io.formats": "what the decoder asks before it decodes",
    "digitsolver.readers": "what a third reader would implement",
    "digitsolver.readers.digits.architectures": "docs/architectures.md explains the networks",
}
"""Packages that export names to their neighbours only."""


def _named(page: Path) -> set[str]:
    """Return the names that a page lists or describes."""
    text = page.read_text(encoding="utf-8")
    listed = re.findall(r"^   ~?([\w.]+)$", text, re.MULTILINE)
    described = re.findall(r"^\.\. (?:auto)?data:: (\w+)$", text, re.MULTILINE)
    return {name.rpartition(".")[2] for name in [*listed, *described]}


def _has_example(value: object) -> bool:
    """Return whether the docstring of a function, or of a class or its methods, has an example."""
    own = inspect.getdoc(value) or ""
    parts = vars(value).values() if inspect.isclass(value) else ()
    return any(">>>" in text for text in (own, *(inspect.getdoc(part) or "" for part in parts)))


def test_every_package_that_exports_names_is_documented() -> None:
    exporting = {"digitsolver"}
    for package in (digitsolver, collector):
        for info in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if info.ispkg and hasattr(importlib.import_module(info.name), "__all__"):
                exporting.add(info.name)
    assert exporting - set(PAGES) == set(INNER)


@pytest.mark.parametrize("module", PAGES)
def test_a_page_has_exactly_the_names_of_its_module(module: str) -> None:
    assert sorted(_named(PAGES[module])) == sorted(importlib.import_module(module).__all__)


@pytest.mark.parametrize("module", PAGES)
def test_every_name_has_an_example(module: str) -> None:
    page = PAGES[module].read_text(encoding="utf-8")
    run = " ".join(re.findall(r"^>>> .*$", page, re.MULTILINE))
    exported = {
        name: getattr(importlib.import_module(module), name) for name in _named(PAGES[module])
    }
    wrong = [
        name
        for name, value in exported.items()
        if not (_has_example(value) if callable(value) else name in run)
    ]
    assert not wrong


@pytest.mark.parametrize("page", PAGES.values(), ids=lambda page: page.stem)
def test_the_examples_of_a_page_run(page: Path) -> None:
    assert doctest.testfile(str(page), module_relative=False, encoding="utf-8").failed == 0


def test_every_error_is_documented() -> None:
    from digitsolver import errors

    names = {name for name, value in vars(errors).items() if inspect.isclass(value)}
    tree = re.findall(r"[├└]── (\w+)", errors.__doc__ or "")
    assert {name for name in names if name.endswith("Error")} == {*tree, "DigitSolverError"}
