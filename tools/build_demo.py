"""Build the demo that reads images in the browser: static files for any host, in any folder.

The pages and modules of docs/demo are joined by what they need: onnxruntime-web, which npm fetches
(WebAssembly, on one thread), with its licence; the networks of the default model; `settings.js`,
the constants of the Python modules and the facts of the bundle, so that both read with the same
ones; sample images; and the list of all files, for the service worker that keeps them offline.

    python tools/build_demo.py
    python -m http.server --directory build/demo
"""

import argparse
import ast
import hashlib
import importlib
import json
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from importlib.metadata import files
from pathlib import Path
from types import ModuleType

from collector.draw import draw_one, encode
from digitsolver import bundle as bundles
from digitsolver.io.files import write_bytes, write_text

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "docs" / "demo"
PACKAGES = ROOT / "build" / "npm" / "node_modules"
"""Where npm puts the packages of docs/demo/package.json."""
MODULES = (
    "digitsolver.io.images",
    "digitsolver.io.transparency",
    "digitsolver.io.working_size",
    "digitsolver.readers.line.ctc.decoding",
    "digitsolver.readers.line.ctc.search",
    "digitsolver.readers.line.orientation",
    "digitsolver.readers.line.parts",
    "digitsolver.readers.line.prepare",
    "digitsolver.readers.line.views",
    "digitsolver.stages.locate",
)
"""Modules whose constants the JavaScript modules share."""
RUNTIME = ("ort.wasm.min.mjs", "ort-wasm-simd-threaded.mjs", "ort-wasm-simd-threaded.wasm")
SAMPLES = {
    "speckle": 6,
    "lines": 4,
    "meter": 5,
    "seven-segment": 3,
    "handwritten": 4,
    "mixed": 3,
}
"""Looks of the sample images, and which image of each."""
SEED = 19

Constant = int | float | str | Sequence["Constant"]


def main() -> None:
    """Run the script."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "demo")
    parser.add_argument("--home", default="", help="address of the site that the demo is part of")
    options = parser.parse_args()
    install(PACKAGES.parent)
    build(options.out, PACKAGES, options.home)
    size = sum(path.stat().st_size for path in options.out.rglob("*") if path.is_file())
    print(f"{options.out}: {size / 1e6:.1f} MB")


def install(folder: Path) -> None:
    """Have npm fetch the packages of docs/demo/package.json to `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(SOURCE / "package.json", folder)
    command = ["npm", "install", "--no-save", "--no-package-lock", "--ignore-scripts"]
    subprocess.run(
        [*command, "--no-audit", "--no-fund", "--loglevel=error"],
        cwd=folder,
        check=True,
        timeout=600,
    )


def build(out: Path, packages: Path, home: str = "") -> None:
    """Write the whole demo to the folder `out`, with onnxruntime-web out of `packages`.

    `home` is what its title links to, such as ``../index.html`` of the site that it is part of.
    """
    shutil.rmtree(out, ignore_errors=True)
    copy_pages(out, home)
    copy_runtime(out / "ort", packages / "onnxruntime-web" / "dist")
    write_service_worker(out)


def copy_pages(out: Path, home: str = "") -> None:
    """Write everything but the runtime and the service worker: pages, modules, model, samples."""
    unused = shutil.ignore_patterns("package.json", "sw.js")
    shutil.copytree(SOURCE, out, ignore=unused, dirs_exist_ok=True)
    bundle = bundles.load(bundles.DEFAULT)
    for name in _networks(bundle).values():
        (out / name).parent.mkdir(exist_ok=True)
        shutil.copy(bundle.path / Path(name).name, out / name)
    shutil.copy(ROOT / "LICENSE", out)
    write_text(out / "settings.js", settings(bundle, _write_samples(out / "samples"), home))


def copy_runtime(out: Path, distribution: Path) -> None:
    """Copy onnxruntime-web, and the licences of onnxruntime, which the npm package lacks."""
    out.mkdir(parents=True)
    for name in RUNTIME:
        shutil.copy(distribution / name, out)
    for file in files("onnxruntime") or ():
        if file.name in {"LICENSE", "ThirdPartyNotices.txt"}:
            shutil.copy(Path(str(file.locate())), out)


def settings(bundle: bundles.Bundle, samples: list[dict[str, str]], home: str) -> str:
    """Return the JavaScript module with the constants of `MODULES` and the facts of `bundle`."""
    facts = bundle.facts
    model = {
        "alphabet": facts.alphabet,
        "length": facts.length,
        "temperature": facts.temperature,
        **_networks(bundle),
    }
    values: dict[str, object] = {"HOME": home, "MODEL": model, "SAMPLES": samples}
    for name in MODULES:
        module = importlib.import_module(name)
        values[name.rpartition(".")[2].upper()] = dict(_constants(module))
    lines = [f"export const {name} = {json.dumps(value)};" for name, value in values.items()]
    return "\n".join(["// Written by tools/build_demo.py.", "", *lines, ""])


def write_service_worker(out: Path) -> None:
    """Write `sw.js` with the list of all files in `out`, and a version that changes with them."""
    paths = sorted(path for path in out.rglob("*") if path.is_file())
    digest = hashlib.sha256()
    for path in paths:
        digest.update(path.read_bytes())
    names = ["./", *(path.relative_to(out).as_posix() for path in paths)]
    lines = [
        f"const VERSION = {json.dumps(digest.hexdigest()[:16])};",
        f"const FILES = {json.dumps(names)};",
    ]
    source = (SOURCE / "sw.js").read_text(encoding="utf-8")
    write_text(out / "sw.js", "\n".join([*lines, source]))


def _networks(bundle: bundles.Bundle) -> dict[str, str]:
    """Return the files of the network for plain views, and of that with 32 bits."""
    quick = bundles.EIGHT_BIT if bundles.EIGHT_BIT in bundle.sha256 else bundles.ONNX
    return {"quick": f"model/{quick}", "exact": f"model/{bundles.ONNX}"}


def _write_samples(folder: Path) -> list[dict[str, str]]:
    """Write a generated image of each look; return their files, labels and looks."""
    folder.mkdir(exist_ok=True)
    samples = []
    for look, index in SAMPLES.items():
        captcha = draw_one(look, SEED, index)
        data, suffix = encode(captcha)
        name = f"samples/{look}.{suffix}"
        write_bytes(folder.parent / name, data)
        samples.append({"file": name, "label": captcha.label, "look": look})
    return samples


def _constants(module: ModuleType) -> Iterator[tuple[str, Constant]]:
    """Yield the constants that a module's source defines: numbers, texts, and lists of them."""
    tree = ast.parse(Path(str(module.__file__)).read_text(encoding="utf-8"))
    for statement in tree.body:
        if not isinstance(statement, ast.Assign | ast.AnnAssign):
            continue
        targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
        for node in ast.walk(ast.Tuple(elts=list(targets))):
            if isinstance(node, ast.Name) and node.id.isupper() and not node.id.startswith("_"):
                value = getattr(module, node.id)
                if isinstance(value, frozenset):
                    value = sorted(value)
                if isinstance(value, int | float | str | list | tuple):
                    yield node.id, value


if __name__ == "__main__":
    main()
