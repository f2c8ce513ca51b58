"""Hold the settings of the project to one another and to the code."""

import ast
import os
import re
import subprocess
import sys
import tomllib
from collections import defaultdict
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path
from types import ModuleType

import click
import pytest
from click.shell_completion import get_completion_class
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import digitsolver
from digitsolver.training.backend import WITHOUT_TENSORFLOW
from tools.make_images import LOOKS

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
ZIZMOR = Path(sys.executable).with_name("zizmor")
TARGETS = [
    "help",
    "demo",
    "test",
    "check",
    "format",
    "docs",
    "images",
    "default-model",
    "benchmark",
    "clean",
]
# Joined here so that this file holds none of them.
HOSTS = [".".join(parts) for parts in (("pypi", "org"), ("pythonhosted", "org"), ("npmjs", "org"))]
LOCK_FILES = {
    *("Cargo.lock", "Pipfile.lock", "pdm.lock", "poetry.lock", "pylock.toml", "uv.lock"),
    *("package-lock.json", "pnpm-lock.yaml", "yarn.lock"),
}


def _run(*command: str) -> str:
    # A make around the tests must not speak to the one inside.
    environment = {key: value for key, value in os.environ.items() if not key.startswith("MAKE")}
    run = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True, timeout=60
    )
    return run.stdout


def _texts(paths: list[Path]) -> Iterator[tuple[Path, str]]:
    for path in paths:
        data = path.read_bytes()
        if b"\0" not in data[:8192]:
            yield path, data.decode("utf-8", errors="replace")


# --- dependencies -------------------------------------------------------------------------


def _requirements() -> list[Requirement]:
    extras = PROJECT["optional-dependencies"].values()
    named = [*PROJECT["dependencies"], *(text for extra in extras for text in extra)]
    return [Requirement(text) for text in named]


def _pins() -> dict[str, str]:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    return {canonicalize_name(name): version for name, version in (x.split("==") for x in lines)}


def test_constraints_are_names_and_versions_alone() -> None:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pin = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*==[0-9][A-Za-z0-9.+!]*")
    assert [line for line in lines if not pin.fullmatch(line)] == []
    assert len(_pins()) == len(lines), "a package is pinned twice"


def test_constraints_fit_what_is_declared() -> None:
    pins = _pins()
    wrong = [
        f"{requirement}: pinned to {pins.get(canonicalize_name(requirement.name))}"
        for requirement in _requirements()
        if pins.get(canonicalize_name(requirement.name), "none") not in requirement.specifier
    ]
    assert not wrong, "run `make constraints`"


ROOMS = {
    "digitsolver/readers/onnx_network.py": "core",
    "digitsolver/readers/": "train",
    "digitsolver/training/": "train",
    "digitsolver/measure/": "train",
    "digitsolver/audit/": "train",
    "digitsolver/serve/": "web",
    "digitsolver/parallel/cluster.py": "cluster",
    "collector/draw/mnist.py": "default-model",
    "collector/fetch/": "collect",
    "collector/label/": "web",
    "collector/cli/label.py": "web",
}
"""What may import the packages of which extra, beside those of the core; the first line counts."""
NOT_IMPORTED = {
    "dask": "distributed imports it",
    "jinja2": "of the extra web: an audit's pages without TensorFlow",
    "python-multipart": "starlette reads forms with it",
}
"""What is declared for the core or an extra although nothing of that room imports it."""


def _third_party_imports() -> dict[str, set[str]]:
    """Return the packages from outside that are imported, by the extra they are for, or core."""
    makers = packages_distributions()
    found: dict[str, set[str]] = defaultdict(set)
    for path in [*ROOT.glob("digitsolver/**/*.py"), *ROOT.glob("collector/**/*.py")]:
        place = path.relative_to(ROOT).as_posix()
        extra = next((extra for room, extra in ROOMS.items() if place.startswith(room)), "core")
        names = set()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                names.add(node.module.partition(".")[0])
        for name in names - sys.stdlib_module_names - {"digitsolver", "collector"}:
            found[extra] |= {canonicalize_name(maker) for maker in makers.get(name, [name])}
    return found


def _declared() -> dict[str, set[str]]:
    texts = {"core": PROJECT["dependencies"], **PROJECT["optional-dependencies"]}
    return {
        extra: {canonicalize_name(Requirement(text).name) for text in texts[extra]}
        for extra in ROOMS.values()
    }


def test_what_is_imported_is_declared_where_it_is_imported() -> None:
    declared = _declared()
    undeclared = {
        extra: sorted(names - declared["core"] - declared[extra])
        for extra, names in _third_party_imports().items()
    }
    assert not {extra: names for extra, names in undeclared.items() if names}


def test_what_is_declared_is_imported_there() -> None:
    imported = _third_party_imports()
    unused = {
        extra: sorted(names - imported[extra] - set(NOT_IMPORTED))
        for extra, names in _declared().items()
    }
    assert not {extra: names for extra, names in unused.items() if names}


def test_no_file_names_a_registry_or_locks_addresses(tracked: list[Path]) -> None:
    assert not [path for path in tracked if path.name in LOCK_FILES]
    wrong = [
        f"{path.relative_to(ROOT)}: {host}"
        for path, text in _texts(tracked)
        for host in HOSTS
        if host in text and "licences" not in path.parts
    ]
    assert not wrong


def test_no_file_names_a_folder_of_one_machine(tracked: list[Path]) -> None:
    place = re.compile(r"(?<![\w.~/-])/(?:root|home|work|Users)/\w+")
    wrong = [
        f"{path.relative_to(ROOT)}: {match.group()}"
        for path, text in _texts(tracked)
        if "licences" not in path.parts
        for match in place.finditer(text)
    ]
    assert not wrong


def test_workflow_tries_every_supported_python() -> None:
    workflow = (ROOT / ".github/workflows/ci.yml").read_text(encoding="utf-8")
    tried = re.findall(r'"(3\.\d+)"', workflow)
    prefix = "Programming Language :: Python :: "
    named = [text.removeprefix(prefix) for text in PROJECT["classifiers"] if prefix in text]
    assert tried == named
    assert PROJECT["requires-python"] == f">={named[0]}"


def test_training_ends_where_tensorflow_does() -> None:
    """The extra, the sentence, and the environment of make name the same Pythons."""
    named = next(text for text in PROJECT["optional-dependencies"]["train"] if "tensorf" in text)
    marker = Requirement(named).marker
    assert marker is not None
    first_without = "{}.{}".format(*WITHOUT_TENSORFLOW)
    assert not marker.evaluate({"python_version": first_without})
    assert marker.evaluate({"python_version": f"3.{WITHOUT_TENSORFLOW[1] - 1}"})
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert f"sys.version_info < {WITHOUT_TENSORFLOW}" in makefile


# --- make and CI --------------------------------------------------------------------------


def test_make_alone_lists_the_targets() -> None:
    listed = [line.split()[1] for line in _run("make").splitlines()]
    assert listed == TARGETS


def test_ci_runs_check_test_and_demo() -> None:
    script = ROOT / ".ci/run"
    assert os.access(script, os.X_OK)
    text = script.read_text(encoding="utf-8")
    assert "set -euo pipefail" in text
    assert [target for target in ("check", "test", "demo") if f"make {target}\n" in text] == [
        "check",
        "test",
        "demo",
    ]


def test_ci_checks_release_and_containers() -> None:
    text = (ROOT / ".ci/run").read_text(encoding="utf-8")
    assert "tools/check_release.py\n" in text
    assert os.access(ROOT / ".ci/containers", os.X_OK)


def test_actions_are_pinned_by_hash_with_their_version() -> None:
    pins = defaultdict(set)
    for path in sorted((ROOT / ".github/workflows").glob("*.yml")):
        for used in re.findall(r"uses: *(.+)", path.read_text(encoding="utf-8")):
            pin = re.fullmatch(r"([\w/-]+)@([0-9a-f]{40} # v\d+\.\d+\.\d+)", used)
            assert pin, f"{path.name}: {used}"
            pins[pin[1]].add(pin[2])
    assert {"actions/checkout", "pypa/gh-action-pypi-publish"} <= pins.keys()
    assert not {action: found for action, found in pins.items() if len(found) > 1}


@pytest.mark.skipif(not ZIZMOR.exists(), reason="zizmor is not installed")
def test_workflows_have_no_known_weakness() -> None:
    _run(str(ZIZMOR), "--offline", "--persona", "pedantic", ".github")


def test_hooks_are_local() -> None:
    text = (ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8")
    assert re.findall(r"repo: (\S+)", text) == ["local"]
    assert set(re.findall(r"entry: (\S+)", text)) == {".venv/bin/ruff", ".venv/bin/mypy"}


# --- the package --------------------------------------------------------------------------


def test_all_is_exact() -> None:
    missing = [name for name in digitsolver.__all__ if not hasattr(digitsolver, name)]
    assert not missing
    assert digitsolver.__all__ == sorted(set(digitsolver.__all__))
    public = {
        name
        for name in dir(digitsolver)
        if not name.startswith("_") and not isinstance(getattr(digitsolver, name), ModuleType)
    }
    assert public == set(digitsolver.__all__) - {"__version__"}


def test_exported_names_are_not_hidden_by_modules() -> None:
    """Importing ``digitsolver.x`` binds the module to ``x`` of the package: no export may be so."""
    code = (
        "import importlib, pkgutil, types, digitsolver as d\n"
        "for info in pkgutil.iter_modules(d.__path__):\n"
        "    importlib.import_module(f'{d.__name__}.{info.name}')\n"
        "print(*[name for name in d.__all__ if isinstance(getattr(d, name), types.ModuleType)])"
    )
    assert _run(sys.executable, "-c", code).split() == []


def test_version_is_the_installed_one() -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+", digitsolver.__version__)
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"\nversion: {digitsolver.__version__}\n" in citation


@pytest.mark.parametrize("package", ["digitsolver", "collector"])
def test_python_m_is_the_command(package: str) -> None:
    assert f"Usage: python -m {package} " in _run(sys.executable, "-m", package, "--help")


@pytest.mark.parametrize("package", ["digitsolver", "collector"])
def test_shells_can_complete(package: str, commands: dict[str, click.Command]) -> None:
    text = (ROOT / "docs/shell-completion.md").read_text(encoding="utf-8")
    for shell in ("bash", "zsh", "fish"):
        variable = f"_{package.upper()}_COMPLETE"
        assert f"{variable}={shell}_source {package}" in text
        complete = get_completion_class(shell)
        assert complete is not None
        completer = complete(commands[package], {}, package, variable)
        assert f"{variable}={shell}_complete" in completer.source()


@pytest.mark.parametrize("package", ["digitsolver", "collector"])
def test_package_says_that_it_is_typed(package: str) -> None:
    assert (ROOT / package / "py.typed").is_file()


# --- images -----------------------------------------------------------------------------


@pytest.mark.parametrize("folder", ["captchas", "visualized_steps"])
def test_every_look_of_one_site_has_its_images(folder: str) -> None:
    assert len(LOOKS) >= 3
    wrong = [look for look in LOOKS if not any((ROOT / folder / look).glob("00000-*"))]
    assert not wrong, "run `make images`"
