"""Hold the code to its layers: who may import whom, and what no module may do."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[1]

# Each module may import those below it. A new module gets its line here.
LAYERS = {
    "digitsolver": (
        "__main__",
        "cli",
        "audit",
        "serve",
        "visualize",
        "train",
        "solver",
        "readers",
        "training",
        "tune",
        "bundle",
        "measure",
        "datasets",
        "pipeline",
        "stages",
        "parallel",
        "io",
        "results",
        "errors",
    ),
    "collector": (
        "__main__",
        "cli",
        "label",
        "check",
        "fetch",
        "dataset",
        "imitate",
        "draw",
    ),
}
MAY_IMPORT_KERAS = {"digitsolver.readers", "digitsolver.training"}
KERAS = {"keras", "tensorflow", "tf2onnx", "onnx"}
SLOW = KERAS | {"matplotlib", "scipy", "skimage", "sklearn"}
UNSAFE = {"cloudpickle", "dill", "marshal", "pickle", "shelve"}

Function = ast.FunctionDef | ast.AsyncFunctionDef


class Import(NamedTuple):
    """One imported module, and where."""

    module: str
    line: int


class Source(NamedTuple):
    """One parsed file of a package."""

    name: str
    path: Path
    tree: ast.Module

    @property
    def package(self) -> str:
        return self.name.partition(".")[0]

    @property
    def layer(self) -> str:
        """The layer's name; the package's own for its ``__init__``."""
        return [*self.name.split("."), self.package][1] if "." in self.name else self.package

    @property
    def is_cli(self) -> bool:
        return self.layer == "cli"

    def at(self, line: int) -> str:
        return f"{self.path.relative_to(ROOT)}:{line}"


def _module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


SOURCES = [
    Source(_module_name(path), path, ast.parse(path.read_text(encoding="utf-8")))
    for package in LAYERS
    for path in sorted((ROOT / package).rglob("*.py"))
]
MODULES = {source.name for source in SOURCES}


def _imports(source: Source, nodes: Iterator[ast.AST]) -> Iterator[Import]:
    """Yield the modules named in import statements, ``from a import b`` as ``a.b`` if it is one."""
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (Import(alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{source.at(node.lineno)}: a relative import"
            for alias in node.names:
                if alias.name == "__version__":  # a constant of the package, on no layer
                    continue
                whole = f"{node.module}.{alias.name}"
                yield Import(whole if whole in MODULES else str(node.module), node.lineno)


def _run_at_import(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes that run when the module is imported: no function bodies."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, Function | ast.Lambda):
            continue
        if isinstance(child, ast.If) and ast.unparse(child.test).endswith("TYPE_CHECKING"):
            continue
        yield child
        yield from _run_at_import(child)


def _called_names(source: Source) -> Iterator[tuple[str, int]]:
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func), node.lineno


@pytest.mark.parametrize("package", LAYERS)
def test_every_module_has_a_layer(package: str) -> None:
    layers = {source.layer for source in SOURCES if source.package == package} - {package}
    unknown = sorted(layers - set(LAYERS[package]))
    assert not unknown, f"add {unknown} to LAYERS of {Path(__file__).name}, where they belong"


@pytest.mark.parametrize("package", LAYERS)
def test_imports_run_downwards(package: str) -> None:
    order = (package, *LAYERS[package])
    wrong = []
    for source in SOURCES:
        if source.package != package:
            continue
        for module, line in _imports(source, ast.walk(source.tree)):
            if module.partition(".")[0] != package:
                continue
            target = [*module.split("."), package][1] if "." in module else package
            above = order[: order.index(source.layer) + 1] if source.layer in order else ()
            if target in above and (target != source.layer or target == package):
                wrong.append(f"{source.at(line)}: {source.layer} imports {module}")
    assert not wrong, "imports that run upwards:\n" + "\n".join(wrong)


def test_no_module_imports_itself_by_a_detour() -> None:
    """Inside the folders, too: the modules have an order, also counting imports for types."""
    graph = {
        source.name: {module for module, _ in _imports(source, ast.walk(source.tree))} & MODULES
        for source in SOURCES
    }
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" imports ".join(reversed(error.args[1])))


@pytest.mark.parametrize("reader", ["digits", "line"])
def test_readers_do_not_import_one_another(reader: str) -> None:
    own, other = f"digitsolver.readers.{reader}", {"digits": "line", "line": "digits"}[reader]
    wrong = [
        f"{source.at(line)}: {module}"
        for source in SOURCES
        if source.name.startswith(own)
        for module, line in _imports(source, ast.walk(source.tree))
        if module.startswith(f"digitsolver.readers.{other}")
    ]
    assert not wrong


def test_nobody_outside_asks_which_reader_it_is() -> None:
    """No ``isinstance`` of a reader, trainer or settings; no comparison of architectures' names."""
    kinds = re.compile(r"\w*(Reader|Trainer|Settings|Recipe)\b")
    wrong = []
    for source in SOURCES:
        for node in ast.walk(source.tree):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "isinstance":
                if kinds.search(ast.unparse(node.args[1])):
                    wrong.append(f"{source.at(node.lineno)}: {ast.unparse(node)}")
            elif isinstance(node, ast.Compare) and not source.name.startswith(
                "digitsolver.readers."
            ):
                text = ast.unparse(node)
                if re.search(r"\b(architecture|reader)\b (==|!=|in) ", text) and "'" in text:
                    wrong.append(f"{source.at(node.lineno)}: {text}")
    assert not wrong


def test_messages_are_not_data() -> None:
    """Nobody looks into the text of an error: errors have fields."""
    text = re.compile(r"str\(\w+\)\.(startswith|endswith|removeprefix|find|replace)")
    wrong = [
        f"{source.at(node.lineno)}: {ast.unparse(node)}"
        for source in SOURCES
        for node in ast.walk(source.tree)
        if (isinstance(node, ast.Call) and text.match(ast.unparse(node.func)))
        or (
            isinstance(node, ast.Compare)
            and re.search(r" in (str\(error\)|error\.reason)$", ast.unparse(node))
        )
    ]
    assert not wrong


def test_signatures_say_what_they_take() -> None:
    """``Any`` in a signature switches strict typing off."""
    wrong = []
    for source in SOURCES:
        for node in ast.walk(source.tree):
            if not isinstance(node, Function):
                continue
            arguments = node.args
            given = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
            notes = [one.annotation for one in [*given, arguments.vararg, arguments.kwarg] if one]
            texts = [ast.unparse(note) for note in [*notes, node.returns] if note]
            wrong += [
                f"{source.at(node.lineno)}: {node.name}: {text}"
                for text in texts
                if re.search(r"\bAny\b", text)
            ]
    assert not wrong


def test_digitsolver_does_not_import_collector() -> None:
    wrong = [
        source.at(line)
        for source in SOURCES
        if source.package == "digitsolver"
        for module, line in _imports(source, ast.walk(source.tree))
        if module.partition(".")[0] == "collector"
    ]
    assert not wrong


def test_only_readers_and_training_import_keras() -> None:
    wrong = [
        f"{source.at(line)}: {module}"
        for source in SOURCES
        if f"{source.package}.{source.layer}" not in MAY_IMPORT_KERAS
        for module, line in _imports(source, ast.walk(source.tree))
        if module.partition(".")[0] in KERAS
    ]
    assert not wrong


def test_slow_imports_stand_inside_functions() -> None:
    wrong = [
        f"{source.at(line)}: {module}"
        for source in SOURCES
        for module, line in _imports(source, _run_at_import(source.tree))
        if module.partition(".")[0] in SLOW
    ]
    assert not wrong


def test_nothing_is_unpickled_or_executed() -> None:
    imports = [
        f"{source.at(line)}: {module}"
        for source in SOURCES
        for module, line in _imports(source, ast.walk(source.tree))
        if module.partition(".")[0] in UNSAFE
    ]
    calls = [
        f"{source.at(line)}: {name}"
        for source in SOURCES
        for name, line in _called_names(source)
        if name in {"eval", "exec", "compile", "__import__", "joblib.load"}
    ]
    switches = [
        f"{source.at(node.value.lineno)}: {ast.unparse(node)}"
        for source in SOURCES
        for node in ast.walk(source.tree)
        if isinstance(node, ast.keyword)
        and ast.unparse(node) in {"allow_pickle=True", "safe_mode=False", "shell=True"}
    ]
    assert imports + calls + switches == []


def test_only_the_command_line_talks_to_people() -> None:
    talking = {"print", "input", "sys.exit", "exit", "quit", "os._exit", "click.echo"}
    wrong = [
        f"{source.at(line)}: {name}"
        for source in SOURCES
        if not source.is_cli
        for name, line in _called_names(source)
        if name in talking or name == "SystemExit" or name.startswith(("sys.stdout", "sys.stderr"))
    ]
    assert not wrong


def test_no_blanket_except_in_the_library() -> None:
    blanket = {"", "Exception", "BaseException"}
    wrong = [
        source.at(node.lineno)
        for source in SOURCES
        for node in ast.walk(source.tree)
        if isinstance(node, ast.ExceptHandler)
        and (ast.unparse(node.type) if node.type else "") in blanket
        # Clearing up and passing the same error on is not hiding it.
        and not (isinstance(node.body[-1], ast.Raise) and node.body[-1].exc is None)
    ]
    assert not wrong


def test_stages_are_pure() -> None:
    """A stage reads and writes no file, and keeps no state."""
    modules = {
        "io",
        "os",
        "pathlib",
        "shutil",
        "tempfile",
        "random",
        "time",
        "digitsolver.io.files",
    }
    calls = ("open", "cv2.imread", "cv2.imwrite", "np.save", "np.load", "np.random.seed")
    wrong = []
    for source in SOURCES:
        if f"{source.package}.{source.layer}" != "digitsolver.stages":
            continue
        wrong += [
            f"{source.at(line)}: imports {module}"
            for module, line in _imports(source, ast.walk(source.tree))
            if module in modules or module.partition(".")[0] in modules
        ]
        wrong += [
            f"{source.at(line)}: calls {name}"
            for name, line in _called_names(source)
            if name in calls
        ]
        wrong += [
            f"{source.at(node.lineno)}: {ast.unparse(node)}"
            for node in ast.walk(source.tree)
            if isinstance(node, ast.Global | ast.Nonlocal)
        ]
    assert not wrong


def test_importing_the_package_is_cheap() -> None:
    code = "import sys, digitsolver; print(*{name.partition('.')[0] for name in sys.modules})"
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    heavy = SLOW | {"PIL", "click", "cv2", "joblib", "numpy", "onnxruntime"}
    assert heavy & set(run.stdout.split()) == set()
