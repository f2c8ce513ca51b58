"""Write and check a bundle: the folder with everything that reading needs.

::

    BUNDLE/
    ├── bundle.json       what this is: format, alphabet, length, counts, SHA-256 of each file
    ├── style.toml        the settings of the stages
    ├── model.onnx        the network that solving runs
    ├── model.int8.onnx   the same with 8 bits, where that reads as well
    ├── model.keras       the same network, for training
    ├── letters.npz       in the default model: what its last layer learned of letters
    ├── metrics.json      how good it was on captchas held out
    ├── history.csv       loss and accuracy after each epoch
    └── curves.png, confusion.png, mistakes.png

Nothing in it is unpickled or run as code.
"""

import hashlib
import json
import math
import os
import reprlib
import stat
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import get_args

from digitsolver import __version__
from digitsolver.errors import BundleError, StyleError, printable
from digitsolver.io import files
from digitsolver.measure.guarantee import Guarantee, ReadingOptions
from digitsolver.pipeline.style import NO_STYLE, Style, load_style
from digitsolver.results import Crop, JsonObject, Rotate

FORMAT = 1
MANIFEST = "bundle.json"
STYLE = "style.toml"
ONNX = "model.onnx"
EIGHT_BIT = "model.int8.onnx"
KERAS = "model.keras"
LETTERS = "letters.npz"
METRICS = "metrics.json"
ORIGIN = "origin"
"""Key of ``metrics.json``: what the captchas are remembered by."""
NOT_STAGED = "none of its own: this model reads whole images, without the stages"
MAX_JSON = 4 * 2**20
"""Bytes of the manifest, or of the metrics."""
MAX_LENGTH = 4096
"""Characters of a captcha, sides of what a network takes, and classes."""
MAX_INPUT = 2**24
"""Values of one image that a network takes."""
MAX_FILES = 100
DEFAULT = Path(__file__).parent / "default"
"""The folder of the model that comes with the package."""
NEEDED = (ONNX, STYLE)
KNOWN = {
    MANIFEST, STYLE, ONNX, EIGHT_BIT, KERAS, LETTERS, METRICS,
    "history.csv", "curves.png", "confusion.png", "mistakes.png",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Facts:
    """What the manifest says of the model.

    ``alphabet[i]`` is the character of class ``i``. ``length`` is the number of characters of
    every captcha, or ``None`` where it varies. ``shape`` is the height, width and channels of what
    the network takes. Logits are divided by ``temperature`` before softmax.
    """

    reader: str
    architecture: str
    alphabet: str
    length: int | None
    shape: tuple[int, int, int]
    temperature: float
    seed: int
    counts: Mapping[str, int]
    versions: Mapping[str, str]
    lengths: tuple[int, int] | None = None
    """Characters of the shortest and of the longest label that it learned from, where known."""
    guarantees: tuple[Guarantee, ...] = ()
    """What was certified of its readings, the smallest share of wrong ones first."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """A checked bundle: its folder, what its manifest says, its style, and each file's SHA-256."""

    path: Path
    facts: Facts
    style: Style
    sha256: Mapping[str, str]

    def metrics(self) -> JsonObject:
        """Return the content of ``metrics.json``, or an empty dict where there is none.

        Raises BundleError when it is no JSON object.
        """
        if METRICS not in self.sha256:
            return {}
        return _read_json(self.path / METRICS)

    def learned_from(self, source: Path) -> bool:
        """Return whether the model was trained on the captchas of the folder `source`."""
        return self.metrics().get(ORIGIN) == origin_of(source)

    def to_json(self) -> JsonObject:
        """Return the facts and the metrics as one object."""
        return {
            "path": str(self.path),
            "style": self.style.name,
            **asdict(self.facts),
            "metrics": self.metrics(),
        }

    def table(self) -> str:
        """Return the facts and the accuracy on captchas held out as lines for people."""
        facts = self.facts
        lengths = facts.lengths or self.style.lengths
        varies = "varies" if lengths is None else "varies, {} to {}".format(*lengths)
        rows = {
            "model": str(self.path),
            "reader": facts.reader,
            "architecture": facts.architecture,
            "style": self.style.name if self.style != NO_STYLE else NOT_STAGED,
            "alphabet": facts.alphabet,
            "length": str(facts.length or varies),
            **{name.replace("_", " "): str(count) for name, count in facts.counts.items()},
            **{f"guarantee {one.max_wrong:.3g}": str(one) for one in facts.guarantees},
            **_held_out(self.metrics()),
            "made with": ", ".join(f"{name} {which}" for name, which in facts.versions.items()),
        }
        shown = {printable(name): printable(value) for name, value in rows.items()}
        width = max(map(len, shown))
        return "\n".join(f"{name:<{width}}  {value}" for name, value in shown.items())


def _held_out(metrics: JsonObject) -> dict[str, str]:
    """Return the accuracy on captchas held out, where the metrics have it."""
    held = metrics.get("validation")
    if not isinstance(held, dict) or "captcha_accuracy" not in held:
        return {}
    interval = held.get("captcha_interval")
    shares = [held["captcha_accuracy"], held.get("digit_accuracy")]
    shares += interval if isinstance(interval, list) else []
    if len(shares) != 4 or not all(isinstance(share, int | float) for share in shares):
        return {"accuracy": f"unknown: {METRICS} has no shares in it"}
    accuracy, digits, low, high = shares
    share = f"{accuracy:.2%}  (95 % interval {low:.2%} to {high:.2%})"
    return {"accuracy": share, "digit accuracy": f"{digits:.2%}"}


def origin_of(source: str | Path) -> str:
    """Return a hash of where captchas are: a bundle holds no path of this machine."""
    place = source if isinstance(source, str) else os.fspath(source.resolve())
    return hashlib.blake2b(place.encode("utf-8", "surrogateescape"), digest_size=8).hexdigest()


def is_bundle(folder: Path) -> bool:
    """Return whether `folder` has a manifest; ``load`` checks that it is whole."""
    return (folder / MANIFEST).is_file()


def foreign(folder: Path) -> str | None:
    """Name an entry of `folder` that training has not written, or ``None``.

    For ``files.new_folder``: a folder with anything else in it is not replaced.
    """
    names = sorted(path.name for path in folder.iterdir())
    known = KNOWN if is_bundle(folder) else ()
    return next((name for name in names if name not in known), None)


def seal(folder: Path, facts: Facts) -> None:
    """Write the manifest of `folder`, with the SHA-256 of each file that is there now.

    Raises BundleError when a file that reading needs is missing.
    """
    names = sorted(path.name for path in folder.iterdir() if path.name != MANIFEST)
    for name in NEEDED:
        if name not in names:
            raise BundleError(f"expected the file {name}, found none", folder)
    manifest: JsonObject = {
        "format": FORMAT,
        "digitsolver": __version__,
        "reader": facts.reader,
        "architecture": facts.architecture,
        "alphabet": facts.alphabet,
        "length": facts.length,
        "shape": list(facts.shape),
        "temperature": facts.temperature,
        "seed": facts.seed,
        "counts": dict(facts.counts),
        "versions": dict(facts.versions),
        "sha256": {name: _digest(folder / name) for name in names},
    }
    if facts.lengths:
        manifest["lengths"] = list(facts.lengths)
    if facts.guarantees:
        manifest["guarantees"] = [one.to_json() for one in facts.guarantees]
    _write_manifest(folder, manifest)


def add_guarantee(folder: Path, guarantee: Guarantee) -> None:
    """Write a guarantee into the manifest of `folder`, in the place of an earlier one like it.

    Raises BundleError when there is no bundle, or its manifest cannot be written.
    """
    manifest = _read_manifest(folder)
    _check_fields(folder / MANIFEST, manifest)
    others = [
        one
        for one in _facts(manifest).guarantees
        if (one.max_wrong, one.options) != (guarantee.max_wrong, guarantee.options)
    ]
    ordered = sorted([*others, guarantee], key=lambda one: one.max_wrong)
    _write_manifest(folder, manifest | {"guarantees": [one.to_json() for one in ordered]})


def _write_manifest(folder: Path, manifest: JsonObject) -> None:
    files.write_text(folder / MANIFEST, json.dumps(manifest, indent=2) + "\n")


def load(path: str | Path) -> Bundle:
    """Load a bundle after checking its format, its manifest and each file's SHA-256.

    Parameters
    ----------
    path
        The folder.

    Raises
    ------
    BundleError
        A file is missing, was changed, or is not what solving relies on.
    """
    folder = Path(path)
    manifest = _read_manifest(folder)
    _check_fields(folder / MANIFEST, manifest)
    digests: dict[str, str] = manifest["sha256"]
    for name, expected in digests.items():
        found = _digest(folder / name)
        if found != expected:
            raise BundleError(
                f"expected SHA-256 {expected[:12]}… as in {MANIFEST}, "
                f"found {found[:12]}…: the file was changed",
                folder / name,
            )
    try:
        settings = load_style(folder / STYLE)
    except StyleError as error:
        raise BundleError(error.reason, error.path or folder) from error
    return Bundle(folder, _facts(manifest), settings, digests)


def _read_manifest(folder: Path) -> JsonObject:
    """Return the manifest of `folder` as a dict of this format version."""
    if folder.is_file():
        raise BundleError(f"expected a model folder, found a file: {_advice(folder)}", folder)
    if not folder.is_dir():
        raise BundleError("expected a model folder, found none", folder)
    if not is_bundle(folder):
        raise BundleError(f"expected a model folder with {MANIFEST}, found none in it", folder)
    manifest = _read_json(folder / MANIFEST)
    version = manifest.get("format")
    if version != FORMAT:
        newer = isinstance(version, int) and version > FORMAT
        hint = ": it was made by a newer digitsolver" if newer else ""
        raise BundleError(f"expected format {FORMAT}, found {version!r}{hint}", folder / MANIFEST)
    return manifest


def _advice(file: Path) -> str:
    """Return what to do with a file that was named as a model."""
    if file.name in KNOWN and is_bundle(file.parent):
        return "name the folder that it is in"
    return "a model is the folder that `digitsolver train --out` makes; images are for `solve`"


def _read_json(path: Path) -> JsonObject:
    """Return the JSON object in the file `path`."""
    try:
        _check_file(path)
        content = json.loads(path.read_text(encoding="utf-8"))
    except RecursionError:
        raise BundleError("expected JSON, found one that is nested too deeply", path) from None
    except OSError as error:
        raise BundleError(f"expected a readable file, found {error.strerror}", path) from error
    except ValueError as error:
        raise BundleError(f"expected JSON, found {error}", path) from error
    if not isinstance(content, dict):
        raise BundleError(f"expected a JSON object, found {type(content).__name__}", path)
    return content


def _check_file(path: Path) -> None:
    """Raise BundleError unless `path` is an ordinary file of a size that a manifest has."""
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):
        raise BundleError("expected a file, found a folder, device or pipe", path)
    if status.st_size > MAX_JSON:
        raise BundleError(f"expected at most {MAX_JSON:,} bytes, found {status.st_size:,}", path)


def _check_fields(path: Path, manifest: JsonObject) -> None:
    """Raise BundleError unless each value of a manifest is what solving relies on."""
    for key, (expected, fits) in FIELDS.items():
        if key not in manifest and key in OPTIONAL:
            continue
        if key not in manifest:
            raise BundleError(f"{key!r}: expected {expected}, found nothing", path)
        if not fits(manifest[key]):
            found = reprlib.repr(manifest[key])
            raise BundleError(f"{key!r}: expected {expected}, found {found}", path)
    for name in NEEDED:
        if name not in manifest["sha256"]:
            raise BundleError(f"'sha256': expected the file {name}, found none", path)


def _facts(manifest: JsonObject) -> Facts:
    values = {field.name: manifest[field.name] for field in fields(Facts) if field.name in manifest}
    values["guarantees"] = tuple(map(Guarantee.from_json, manifest.get("guarantees", ())))
    values["shape"] = tuple(values["shape"])
    if "lengths" in values:
        values["lengths"] = tuple(values["lengths"])
    values["temperature"] = float(values["temperature"])
    return Facts(**values)


def _digest(path: Path) -> str:
    """Return the SHA-256 of the file `path` in hexadecimal."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise BundleError("expected a file, found a folder, device or pipe", path)
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except FileNotFoundError as error:
        raise BundleError("expected the file, found none", path) from error
    except OSError as error:
        raise BundleError(f"expected a readable file, found {error.strerror}", path) from error


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_integer(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_positive(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 1e-3 <= value < 1e6


def _is_alphabet(value: object) -> bool:
    if not isinstance(value, str) or not 1 < len(value) <= MAX_LENGTH:
        return False
    return len(set(value)) == len(value) and all(map(_is_character, value))


def _is_character(value: str) -> bool:
    """Return whether a character may be in a label: no half of one, none that steers a terminal."""
    return value == " " or unicodedata.category(value) not in {"Cc", "Cs", "Zl", "Zp"}


def _is_length(value: object) -> bool:
    if value is None:
        return True
    return isinstance(value, int) and _is_integer(value) and 0 < value <= MAX_LENGTH


def _are_lengths(value: object) -> bool:
    return (
        isinstance(value, list)
        and len(value) == 2
        and all(_is_length(one) and one is not None for one in value)
        and value[0] <= value[1]
    )


def _is_shape(value: object) -> bool:
    return (
        isinstance(value, list)
        and len(value) == 3
        and all(_is_length(side) and side is not None for side in value)
        and math.prod(value) <= MAX_INPUT
    )


def _is_counts(value: object) -> bool:
    return isinstance(value, dict) and all(_is_integer(count) for count in value.values())


def _is_versions(value: object) -> bool:
    return isinstance(value, dict) and all(isinstance(version, str) for version in value.values())


def _is_digests(value: object) -> bool:
    return (
        isinstance(value, dict)
        and len(value) <= MAX_FILES
        and all(isinstance(digest, str) and _is_name(name) for name, digest in value.items())
    )


def _is_name(name: str) -> bool:
    return name.isprintable() and name not in {"", ".", ".."} and name == Path(name).name


def _are_guarantees(value: object) -> bool:
    return isinstance(value, list) and all(map(_is_guarantee, value))


def _is_guarantee(value: object) -> bool:
    names = {field.name for field in fields(Guarantee)}
    if not isinstance(value, dict) or set(value) != names or not _are_options(value["options"]):
        return False
    shares = [value[name] for name in ("max_wrong", "probability", "threshold")]
    counts = [value[name] for name in ("images", "answered", "wrong")]
    return (
        all(map(_is_share, shares))
        and all(_is_integer(count) for count in counts)
        and 0 <= counts[2] <= counts[1] <= counts[0] > 0
    )


def _is_share(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 < value <= 1


def _are_options(value: object) -> bool:
    names = {field.name for field in fields(ReadingOptions)}
    return (
        isinstance(value, dict)
        and set(value) == names
        and _is_length(value["length"])
        and _is_length(value["frame"])
        and value["rotate"] in get_args(Rotate)
        and value["crop"] in get_args(Crop)
    )


OPTIONAL = frozenset({"guarantees", "lengths"})
FIELDS: dict[str, tuple[str, Callable[[object], bool]]] = {
    "reader": ("a string", _is_text),
    "architecture": ("a string", _is_text),
    "alphabet": ("a string of 2 to 4096 different characters", _is_alphabet),
    "length": ("a whole number of 1 to 4096, or null", _is_length),
    "lengths": ("[shortest, longest]", _are_lengths),
    "shape": ("[height, width, channels]", _is_shape),
    "temperature": ("a number of 0.001 to 1,000,000", _is_positive),
    "seed": ("an integer", _is_integer),
    "counts": ("an object of integers", _is_counts),
    "versions": ("an object of texts", _is_versions),
    "sha256": ("an object of file names", _is_digests),
    "guarantees": ("a list of guarantees", _are_guarantees),
}
"""What each value of a manifest must be, in words and as a test."""
