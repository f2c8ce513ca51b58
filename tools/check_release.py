"""Build the package as a release does, and hold it to what a release has to be.

The package is built twice, from two copies of the files in git: both builds have to be equal, bit
by bit, and hold those files and nothing else. Then the wheel is installed without extras into a
bare environment of each Python that is there; it has to read and to generate captchas, and to say
what training needs. With a tag, version, changelog and addresses are looked at, too.

    python tools/check_release.py --tag v0.2.0 --out dist

A Python that this machine has not can come from Debian, as root (tools/bare_root.py):
`--bare 3.14`.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import tomllib
import zipfile
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path

from tools.bare_root import Inside, make_root, missing, network_of_this_machine

ROOT = Path(__file__).parents[1]
PACKAGES = ("collector", "digitsolver")
PYTHONS = ["python3.11", "python3.12", "python3.13", "python3.14"]
URLS = {"Homepage", "Source", "Issues", "Changelog"}
IN_WHEEL = {"METADATA", "RECORD", "WHEEL", "entry_points.txt"}
LICENCES = {"licenses/LICENSE", "licenses/collector/fonts/FONTS.md"}
IN_SDIST = {".gitignore", "CHANGELOG.md", "LICENSE", "PKG-INFO", "README.md", "pyproject.toml"}
LARGEST = 8 * 2**20
"""Bytes of a wheel or source distribution: more is a file that does not belong there."""
CAPTCHAS = sorted((ROOT / "captchas" / "plain").glob("*.png"))[:3]
AWAY = Path(tempfile.gettempdir())
"""Where commands run: in the clone, Python would take the package from there."""
NO_TRAINING = re.compile(r"pip install 'digitsolver\[train\]'|expected Python 3\.11")

Wrap = Callable[[list[str]], list[str]]
"""What makes a command of this machine of one that runs where a Python is."""


def main() -> None:
    """Build, look, install; list what is wrong."""
    options = _options()
    with tempfile.TemporaryDirectory(prefix="digitsolver-release-") as folder:
        work = Path(folder)
        wrong = list(check_names(options.tag)) if options.tag else []
        files = build(work / "first")
        wrong += compare(files, build(work / "second"))
        wrong += check_contents(*files)
        _run([sys.executable, "-m", "twine", "check", "--strict", *map(str, files)])
        for file in files:
            print(f"{file.name}: {file.stat().st_size / 2**20:.2f} MiB, sha256 {_digest(file)}")
        for name, wrap, place in _pythons(options, work):
            wrong += [
                f"Python {name}: {problem}"
                for problem in try_wheel(files[1], wrap, place, newest=options.newest)
            ]
        if options.out:
            options.out.mkdir(parents=True, exist_ok=True)
            for file in files:
                shutil.copy2(file, options.out)
    for problem in wrong:
        print(f"release: {problem}", file=sys.stderr)
    sys.exit(bool(wrong))


def check_names(tag: str) -> Iterator[str]:
    """Yield what does not fit `tag`, such as ``v0.2.0``, and what only a person knows."""
    version = tag.removeprefix("v")
    places = {
        "digitsolver/__init__.py": rf'^__version__ = "{re.escape(version)}"$',
        "CITATION.cff": rf"^version: {re.escape(version)}$",
        "CHANGELOG.md": rf"^## \[{re.escape(version)}\] - \d{{4}}-\d\d-\d\d$",
    }
    for name, pattern in places.items():
        if not re.search(pattern, (ROOT / name).read_text(encoding="utf-8"), re.MULTILINE):
            yield f"{name}: expected the version {version}, found no line like {pattern}"
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    if absent := URLS - project.get("urls", {}).keys():
        yield f"pyproject.toml: expected [project.urls] with {', '.join(sorted(absent))}"
    if "repository-code:" not in (ROOT / "CITATION.cff").read_text(encoding="utf-8"):
        yield "CITATION.cff: expected repository-code, the address of the code, found none"


def build(work: Path) -> tuple[Path, Path]:
    """Build from a copy of the files in git; return the source distribution and the wheel."""
    source = work / "source"
    for name in (*_tracked(), *_tracked_beside()):
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, source / name)
    environment = os.environ | {
        "PIP_CONSTRAINT": str(ROOT / "constraints.txt"),
        "SOURCE_DATE_EPOCH": _git("log", "-1", "--format=%ct").strip(),
    }
    out = work / "dist"
    _run([sys.executable, "-m", "build", "--outdir", str(out), str(source)], environment)
    (sdist,) = out.glob("*.tar.gz")
    (wheel,) = out.glob("*.whl")
    return sdist, wheel


def compare(first: tuple[Path, Path], second: tuple[Path, Path]) -> list[str]:
    """Return which files of two builds differ."""
    return [
        f"{one.name}: expected two equal builds, found {_digest(one)} and {_digest(two)}"
        for one, two in zip(first, second, strict=True)
        if _digest(one) != _digest(two)
    ]


def check_contents(sdist: Path, wheel: Path) -> list[str]:
    """Return what the files have too much, too little, or too large."""
    stem = "-".join(wheel.name.split("-")[:2])
    info = {f"{stem}.dist-info/{name}" for name in IN_WHEEL | LICENCES}
    with zipfile.ZipFile(wheel) as archive:
        in_wheel = set(archive.namelist())
    with tarfile.open(sdist) as archive:
        in_sdist = {member.name.partition("/")[2] for member in archive if member.isfile()}
    wrong = []
    for file, found, expected in (
        (wheel, in_wheel, info.union(_tracked())),
        (sdist, in_sdist, IN_SDIST.union(_tracked())),
    ):
        wrong += [f"{file.name}: expected {name}, found none" for name in sorted(expected - found)]
        wrong += [f"{file.name}: expected no {name}" for name in sorted(found - expected)]
        if (size := file.stat().st_size) > LARGEST:
            wrong.append(f"{file.name}: expected at most {LARGEST} bytes, found {size}")
    return wrong


def try_wheel(wheel: Path, wrap: Wrap, place: Path, *, newest: bool) -> Iterator[str]:
    """Install `wheel` without extras in a new environment below `place`, and use it.

    `wrap` starts commands where the Python is; ``python`` is its first word.
    """
    python = str(place / "venv/bin/python")
    pins = [] if newest else ["--constraint", str(ROOT / "constraints.txt")]
    _run(wrap(["python", "-m", "venv", str(place / "venv")]))
    _run(wrap([python, "-m", "pip", "install", "-qq", *pins, str(wheel)]))
    _run(wrap([python, "-m", "pip", "check"]))
    images = [str(path) for path in CAPTCHAS]
    lines = _run(wrap([python, "-m", "digitsolver", "solve", *images, "--json"])).splitlines()
    for path, line in zip(CAPTCHAS, lines, strict=True):
        label, found = path.stem.rpartition("-")[2], json.loads(line)
        if found.get("text") != label:
            yield f"{path.name}: expected {label}, found {found}"
    made = str(place / "made")
    draw = ["generate", "--style", "plain", "--count", "20", "--out", made]
    _run(wrap([python, "-m", "collector", *draw]))
    train = wrap([python, "-m", "digitsolver", "train", made, "--out", str(place / "bundle")])
    said = subprocess.run(train, cwd=AWAY, capture_output=True, text=True, check=False)
    if said.returncode == 0 or not NO_TRAINING.search(said.stderr):
        yield f"train: expected a sentence that says what it needs, found {said}"
    size = sum(path.lstat().st_size for path in (place / "venv").rglob("*"))
    version = _run(wrap([python, "--version"])).strip()
    print(f"{version}: installed, {size / 2**20:.0f} MiB in all; reads {lines[0]}", flush=True)


def _pythons(options: argparse.Namespace, work: Path) -> Iterator[tuple[str, Wrap, Path]]:
    """Yield the name of each Python to try, how to start it, and a folder for it."""
    if shutil.which("pyenv"):  # else it offers one of its Pythons
        os.environ["PYENV_VERSION"] = ":".join(_run(["pyenv", "versions", "--bare"]).split()[::-1])
    for name in options.python:
        found = shutil.which(name)
        if found is None or subprocess.run([found, "-c", ""], check=False).returncode:
            if name not in PYTHONS:
                raise SystemExit(f"--python {name}: expected a program that starts")
            print(f"{name}: not there, not tried")
            continue
        yield name, _starter(found), work / name.replace("/", "-")
    for version in options.bare:
        if why := missing():
            raise SystemExit(f"--bare {version}: {why}")
        root = work / f"root-{version}"
        make_root(root, version)
        variables, binds = network_of_this_machine()
        shared = binds | {ROOT: str(ROOT), work: str(work)}
        inside = Inside(root, {**Inside(root).environment, **variables}, binds=shared)
        yield f"{version} (Debian)", inside.command, work / f"bare-{version}"


def _starter(python: str) -> Wrap:
    return lambda words: [python if words[0] == "python" else words[0], *words[1:]]


def _tracked() -> list[str]:
    return _git("ls-files", "-z", *PACKAGES).rstrip("\0").split("\0")


def _tracked_beside() -> list[str]:
    """List the files that lie beside the packages, such as the README."""
    return _git("ls-files", "-z", ":(glob)*").rstrip("\0").split("\0")


def _git(*words: str) -> str:
    return _run(["git", "-C", str(ROOT), "-c", f"safe.directory={ROOT}", *words])


def _digest(path: Path) -> str:
    return sha256(path.read_bytes()).hexdigest()


def _run(command: list[str], environment: dict[str, str] | None = None) -> str:
    run = subprocess.run(
        command, env=environment, cwd=AWAY, stdout=subprocess.PIPE, text=True, check=True
    )
    return run.stdout


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--tag", help="the tag of the release; else nobody asks for its names")
    parser.add_argument("--out", type=Path, help="where to copy what was built")
    parser.add_argument(
        "--python", nargs="*", default=PYTHONS, help="programs to try; default: each that is there"
    )
    parser.add_argument("--bare", nargs="+", default=[], help="versions to take from Debian")
    parser.add_argument(
        "--newest", action="store_true", help="install the newest packages, not those of the pins"
    )
    return parser.parse_args()


if __name__ == "__main__":
    main()
