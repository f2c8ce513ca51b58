import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from digitsolver import bundle
from digitsolver.errors import BundleError
from digitsolver.pipeline.style import Style, write_style
from tests.templates import STYLE, facts, make_bundle


@pytest.fixture(name="folder")
def _folder(tmp_path: Path) -> Path:
    return make_bundle(tmp_path / "model")


def change(folder: Path, **values: Any) -> None:
    """Overwrite values of the manifest; ``...`` takes one out."""
    manifest = json.loads((folder / bundle.MANIFEST).read_text(encoding="utf-8"))
    for key, value in values.items():
        manifest[key] = value
        if value is ...:
            del manifest[key]
    (folder / bundle.MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")


def test_load_gives_back_what_was_sealed(folder: Path) -> None:
    found = bundle.load(folder)
    assert found.facts == facts()
    assert found.style == STYLE.with_length(None)
    assert found.path == folder
    assert set(found.sha256) == {bundle.ONNX, bundle.STYLE, bundle.METRICS}
    assert found.metrics() == {"validation": {}}
    assert bundle.load(str(folder)) == found


def test_metrics_may_be_absent(folder: Path) -> None:
    (folder / bundle.METRICS).unlink()
    bundle.seal(folder, facts())
    assert bundle.load(folder).metrics() == {}


def test_table_and_json_tell_the_facts(folder: Path) -> None:
    found = bundle.load(folder)
    assert "length        4" in found.table()
    assert "accuracy" not in found.table()
    told = json.loads(json.dumps(found.to_json()))
    assert (told["alphabet"], told["length"], told["shape"]) == ("0123456789", 4, [28, 20, 1])
    held = {"captcha_accuracy": 0.9, "captcha_interval": [0.6, 0.98], "digit_accuracy": 0.97}
    (folder / bundle.METRICS).write_text(json.dumps({"validation": held}), encoding="utf-8")
    bundle.seal(folder, facts(length=None))
    table = bundle.load(folder).table()
    assert "length          varies" in table
    assert "accuracy        90.00%  (95 % interval 60.00% to 98.00%)" in table


def test_table_tells_the_range_of_lengths(folder: Path) -> None:
    write_style(Style(lengths=(3, 6)), folder / bundle.STYLE)
    bundle.seal(folder, facts(length=None))
    assert "length        varies, 3 to 6\n" in bundle.load(folder).table()
    bundle.seal(folder, replace(facts(length=None), lengths=(4, 7)))
    found = bundle.load(folder)
    assert found.facts.lengths == (4, 7)
    assert "length        varies, 4 to 7\n" in found.table()


@pytest.mark.parametrize("name", [bundle.ONNX, bundle.STYLE, bundle.METRICS])
def test_changed_byte_is_found(folder: Path, name: str) -> None:
    content = bytearray((folder / name).read_bytes())
    content[len(content) // 2] ^= 1
    (folder / name).write_bytes(content)
    with pytest.raises(BundleError, match=rf"{name}: expected SHA-256 .*: the file was changed"):
        bundle.load(folder)


@pytest.mark.parametrize("name", [bundle.ONNX, bundle.STYLE, bundle.METRICS])
def test_missing_file_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(BundleError, match=rf"{name}: expected the file, found none"):
        bundle.load(folder)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root reads all")
def test_file_without_permission_is_named(folder: Path) -> None:  # pragma: no cover
    (folder / bundle.ONNX).chmod(0)
    with pytest.raises(BundleError, match=r"model\.onnx: expected a readable file"):
        bundle.load(folder)


def test_folder_in_place_of_a_file_is_named(folder: Path) -> None:
    (folder / bundle.METRICS).unlink()
    (folder / bundle.METRICS).mkdir()
    with pytest.raises(BundleError, match=r"metrics\.json: expected a file, found a folder"):
        bundle.load(folder)


def test_missing_folder_and_manifest_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="found a file: a model is the folder that `digitsolver"):
        bundle.load(Path(__file__))
    inside = make_bundle(tmp_path / "whole") / bundle.ONNX
    with pytest.raises(BundleError, match="found a file: name the folder that it is in"):
        bundle.load(inside)
    with pytest.raises(BundleError, match="expected a model folder, found none"):
        bundle.load(tmp_path / "absent")
    with pytest.raises(BundleError, match=r"expected a model folder with bundle\.json"):
        bundle.load(tmp_path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", r"bundle\.json: expected JSON, found"),
        ("[1]", r"bundle\.json: expected a JSON object, found list"),
        ("{}", r"bundle\.json: expected format 1, found None"),
        ('{"format": 2}', r"expected format 1, found 2: it was made by a newer digitsolver"),
        ('{"format": 1}', r"bundle\.json: 'reader': expected a string, found nothing"),
    ],
)
def test_manifest_that_is_no_manifest(folder: Path, text: str, message: str) -> None:
    (folder / bundle.MANIFEST).write_text(text, encoding="utf-8")
    with pytest.raises(BundleError, match=message):
        bundle.load(folder)


def test_manifest_that_is_no_text(folder: Path) -> None:
    (folder / bundle.MANIFEST).write_bytes(b"\xff\xfe\xff")
    with pytest.raises(BundleError, match=r"bundle\.json: expected JSON"):
        bundle.load(folder)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("alphabet", "0120"),
        ("alphabet", ""),
        ("alphabet", 5),
        ("length", 0),
        ("length", True),
        ("length", "6"),
        ("shape", [28, 20]),
        ("shape", [28, 20, 0]),
        ("shape", [28, None, 1]),
        ("temperature", 0),
        ("temperature", "1"),
        ("temperature", float("nan")),
        ("reader", None),
        ("architecture", 3),
        ("seed", 1.5),
        ("counts", {"captchas": "many"}),
        ("versions", []),
        ("sha256", {"../secret": "00"}),
        ("sha256", {"model.onnx": 7}),
        ("sha256", []),
    ],
)
def test_value_that_does_not_fit_is_named(folder: Path, key: str, value: object) -> None:
    change(folder, **{key: value})
    with pytest.raises(BundleError, match=rf"bundle\.json: '{key}': expected .*, found "):
        bundle.load(folder)
    change(folder, **{key: ...})
    with pytest.raises(BundleError, match=rf"bundle\.json: '{key}': expected .*, found nothing"):
        bundle.load(folder)


def test_file_that_reading_needs_must_be_listed(folder: Path) -> None:
    change(folder, sha256={bundle.STYLE: "00"})
    with pytest.raises(BundleError, match=r"'sha256': expected the file model\.onnx, found none"):
        bundle.load(folder)


def test_style_that_is_wrong_is_told(folder: Path) -> None:
    (folder / bundle.STYLE).write_text("polarity = 7\n", encoding="utf-8")
    bundle.seal(folder, facts())
    with pytest.raises(BundleError, match=r"style\.toml.*polarity"):
        bundle.load(folder)


def test_seal_needs_the_network(folder: Path) -> None:
    (folder / bundle.ONNX).unlink()
    with pytest.raises(BundleError, match=r"expected the file model\.onnx, found none"):
        bundle.seal(folder, facts())


def test_same_files_give_the_same_manifest(folder: Path) -> None:
    before = (folder / bundle.MANIFEST).read_bytes()
    bundle.seal(folder, facts())
    assert (folder / bundle.MANIFEST).read_bytes() == before


def test_foreign_names_what_training_has_not_written(folder: Path, tmp_path: Path) -> None:
    assert bundle.foreign(folder) is None
    (folder / "notes.txt").touch()
    assert bundle.foreign(folder) == "notes.txt"
    (tmp_path / "empty").mkdir()
    assert bundle.foreign(tmp_path / "empty") is None
    assert bundle.foreign(tmp_path) == "empty"


HOSTILE: list[tuple[str, Any]] = [
    ("lengths", [6, 4]),
    ("lengths", [0, 4]),
    ("lengths", [None, 4]),
    ("lengths", [4]),
    ("lengths", 4),
    ("alphabet", "01\x1b"),
    ("alphabet", "0\ud800"),
    ("alphabet", ["0", "1"]),
    ("alphabet", "".join(map(chr, range(33, 9000)))),
    ("length", 10**9),
    ("length", True),
    ("shape", [10**9, 28, 1]),
    ("shape", [4096, 4096, 4096]),
    ("shape", [28.5, 20, 1]),
    ("temperature", 1e-30),
    ("temperature", "NaN"),
    ("temperature", float("nan")),
    ("temperature", float("inf")),
    ("versions", {"numpy": {"a": 1}}),
    ("counts", {"captchas": [1]}),
    ("sha256", {"..": "a"}),
    ("sha256", {"a\0b": "a"}),
    ("sha256", {"a/b": "a"}),
    ("sha256", {"": "a"}),
    ("sha256", {str(number): "a" for number in range(101)}),
    ("sha256", ["model.onnx"]),
    ("reader", 7),
    ("reader", None),
]


@pytest.mark.parametrize(("key", "value"), HOSTILE)
def test_values_that_a_stranger_may_write(folder: Path, key: str, value: Any) -> None:
    change(folder, **{key: value})
    with pytest.raises(BundleError, match=f"^{folder / bundle.MANIFEST}: '{key}': exp") as caught:
        bundle.load(folder)
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("[" * 100_000, "nested too deeply|expected JSON"),
        ('{"a":' * 100_000, "nested too deeply|expected JSON"),
        ('{"format": ' + "9" * 5000 + "}", "expected JSON"),
        (" " * (bundle.MAX_JSON + 1), "expected at most 4,194,304 bytes, found 4,194,305"),
        ('{"format": 1e999}', "expected format 1, found inf"),
        ("\0", "expected JSON"),
    ],
)
def test_a_manifest_that_a_stranger_may_write(folder: Path, content: str, expected: str) -> None:
    (folder / bundle.MANIFEST).write_text(content, encoding="utf-8")
    with pytest.raises(BundleError, match=expected):
        bundle.load(folder)


def test_a_pipe_among_the_files_is_not_waited_for(folder: Path) -> None:
    (folder / bundle.METRICS).unlink()
    os.mkfifo(folder / bundle.METRICS)
    with pytest.raises(BundleError, match="expected a file, found a folder, device or pipe"):
        bundle.load(folder)


@pytest.mark.parametrize(
    "held",
    [
        {"captcha_accuracy": "\x1b[2J"},
        {"captcha_accuracy": 0.9, "captcha_interval": [1]},
        {"captcha_accuracy": 0.9, "captcha_interval": ["a", "b"], "digit_accuracy": 1},
        {"captcha_accuracy": 0.9},
    ],
)
def test_metrics_that_a_stranger_may_write(folder: Path, held: dict[str, Any]) -> None:
    (folder / bundle.METRICS).write_text(json.dumps({"validation": held}), encoding="utf-8")
    bundle.seal(folder, facts())
    shown = bundle.load(folder).table()
    assert "unknown: metrics.json has no shares in it" in shown
    assert "\x1b" not in shown


def test_escapes_in_a_bundle_are_shown_as_text(folder: Path) -> None:
    change(folder, architecture="\x1b[2Jcnn", versions={"\x1b]0;x\x07": "1"})
    shown = bundle.load(folder).table()
    assert "\x1b" not in shown
    assert r"\x1b[2Jcnn" in shown


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("crop_height = 100000", "expected 8 to 1024"),
        ("pitch = nan", "expected 0.1 to 100"),
        ("stroke = inf", "expected 1 to 256"),
        ("cleaners = [" + '"frame",' * 17 + "]", "expected at most 16, found 17"),
        ("lengths = " + "[" * 50_000, "nested too deeply|expected a style"),
        ("# " + "x" * 2**20, "expected at most 1,048,576 bytes"),
    ],
)
def test_a_style_that_a_stranger_may_write(folder: Path, line: str, expected: str) -> None:
    (folder / bundle.STYLE).write_text(line + "\n", encoding="utf-8")
    bundle.seal(folder, facts())
    with pytest.raises(BundleError, match=expected):
        bundle.load(folder)
