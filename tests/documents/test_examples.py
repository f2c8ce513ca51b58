"""Hold the examples to the form of the gallery, and run those that take seconds.

The others are run where the site is built, which fails with them.
"""

import ast
import importlib
import re
import runpy
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
import pytest
from matplotlib.figure import Figure

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "examples"
EXAMPLES = sorted(FOLDER.glob("*/*.py"))
QUICK = (
    "part1_stages/plot_1_clean.py",
    "part1_stages/plot_2_clip.py",
    "part1_stages/plot_3_segment.py",
    "part1_stages/plot_4_crop.py",
    "part1_stages/plot_5_segmenters.py",
    "part2_networks/plot_2_ctc.py",
    "part3_your_own/plot_1_cleaner.py",
)
"""Examples of 3 s or less, without TensorFlow."""
OURS = ("digitsolver", "collector")


def _name(path: Path) -> str:
    return path.relative_to(FOLDER).as_posix()


def _is_heading(title: str, line: str) -> bool:
    """Return whether a line underlines a title, as reST asks."""
    return set(line) in ({"="}, {"-"}) and len(line) == len(title)


def _imports(tree: ast.Module) -> list[tuple[str, str]]:
    """Return module and name of everything of ours that is imported; no name for a module."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            found += [(node.module, alias.name) for alias in node.names]
        elif isinstance(node, ast.Import):
            found += [(alias.name, "") for alias in node.names]
    return [(module, name) for module, name in found if module.partition(".")[0] in OURS]


def test_sections_hold_pages_alone(tracked: list[Path]) -> None:
    sections = sorted({path.parent for path in EXAMPLES})
    assert sections
    for folder in (FOLDER, *sections):
        title, line, *_ = (folder / "GALLERY_HEADER.rst").read_text("utf-8").splitlines()
        assert _is_heading(title, line), folder
    suffixes = {path.suffix for path in tracked if FOLDER in path.parents}
    assert suffixes <= {".py", ".rst", ".toml"}, "expected no stored figure"


@pytest.mark.parametrize("path", EXAMPLES, ids=_name)
def test_example_has_the_form_of_a_page(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    tree = ast.parse(text)
    title, line, *_ = (ast.get_docstring(tree) or "").splitlines()
    assert path.name.startswith("plot_")
    assert _is_heading(title, line)
    lines = text.splitlines()
    for before, heading, under in zip(lines, lines[1:], lines[2:], strict=False):
        if before == "# %%" and re.fullmatch("# -+", under):
            assert _is_heading(heading, f"--{under[2:]}"), heading
    assert text.count("\n# %%\n") >= 3
    assert "\nplt.show()\n" in text
    assert "**Source.**" in text
    assert "**Try next.**" in text


@pytest.mark.parametrize("path", EXAMPLES, ids=_name)
def test_example_imports_what_is_public(path: Path) -> None:
    imports = _imports(ast.parse(path.read_text(encoding="utf-8")))
    assert imports
    for module, name in imports:
        assert not any(part.startswith("_") for part in (*module.split("."), name))
        found = importlib.import_module(module)
        assert not name or hasattr(found, name), f"{module} has no {name}"


@pytest.mark.parametrize("name", QUICK)
def test_quick_example_runs(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shown: list[Figure] = []

    def show() -> None:
        """Lay the open figures out, as a page does, and close them."""
        for number in plt.get_fignums():
            figure = plt.figure(number)
            figure.draw_without_rendering()
            shown.append(figure)
            plt.close(figure)

    mpl.use("agg")
    monkeypatch.setattr(plt, "show", show)
    monkeypatch.chdir(tmp_path)
    runpy.run_path(str(FOLDER / name), run_name="__main__")
    assert not plt.get_fignums(), "a figure is not shown"
    assert shown
    for figure in shown:
        titles = [axes.get_title() for axes in figure.axes]
        assert figure.get_suptitle() or any(titles)
    assert "Traceback" not in capsys.readouterr().err
    assert not list(tmp_path.iterdir()), "expected nothing written, found files"
