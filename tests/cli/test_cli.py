"""Run the commands as a person would, on good folders and on bad ones."""

import json
import shutil
import struct
import subprocess
import sys
import zipfile
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner, Result

from digitsolver import __version__
from digitsolver.cli import main
from tests.templates import draw, make_bundle, write

TEXTS = [f"{number * 167 % 10000:04}" for number in range(40)]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_bundle(tmp_path_factory.mktemp("cli") / "model")


@pytest.fixture
def captchas(tmp_path: Path) -> Path:
    write(tmp_path / "captchas", TEXTS)
    return tmp_path / "captchas"


def run(*words: object, stdin: str | None = None) -> Result:
    """Run a command; nothing but a usage or an input error may stop it."""
    result = CliRunner().invoke(main, [str(word) for word in words], input=stdin)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
    assert "Traceback" not in result.output
    return result


def huge_png() -> bytes:
    """Return a PNG whose header promises 20,000 x 20,000 pixels."""
    header = struct.pack(">IIBBBBB", 20_000, 20_000, 8, 0, 0, 0, 0)
    chunk = b"IHDR" + header
    end = b"\0\0\0\0IEND\xaeB`\x82"
    crc = struct.pack(">I", zlib.crc32(chunk))
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", len(header)) + chunk + crc + end


def add_bad_files(folder: Path) -> dict[str, str]:
    """Add what people's folders have in them; return what the line about each must say."""
    (folder / "90-1111.png").write_bytes(b"")
    (folder / "91-1111.png").write_text("this is no image", encoding="utf-8")
    whole = cv2.imencode(".jpg", draw("1234"))[1].tobytes()
    (folder / "92-1111.jpg").write_bytes(whole[: len(whole) // 2])
    cv2.imwrite(str(folder / "93-1111.png"), np.zeros((1, 1), np.uint8))
    (folder / "94-1111.png").write_bytes(huge_png())
    cv2.imwrite(str(folder / "95-1111.png"), np.zeros((50, 124), np.uint8))
    cv2.imwrite(str(folder / "96-1111.png"), np.full((50, 124), 255, np.uint8))
    cv2.imwrite(str(folder / "97-123.png"), draw("1234"))
    cv2.imwrite(str(folder / "98-12a4.png"), draw("1234"))
    return {
        "90-1111.png": "empty",
        "91-1111.png": "expected an image",
        "92-1111.jpg": "",
        "93-1111.png": "no ink",
        "94-1111.png": "20,000 x 20,000",
        "95-1111.png": "no ink",
        "96-1111.png": "no ink",
        "97-123.png": "expected a label of 4 characters",
        "98-12a4.png": "'a'",
    }


def test_version_and_help() -> None:
    assert __version__ in run("--version").output
    listed = run("--help").output
    names = ["preprocess", "train", "evaluate", "solve", "visualize", "info"]
    places = [listed.index(f"\n  {name}") for name in names]
    assert places == sorted(places), "commands are listed in the order of their use"


def test_preprocess_cuts_and_says_what(captchas: Path, tmp_path: Path) -> None:
    result = run("preprocess", captchas, "--out", tmp_path / "digits", "--json")
    assert result.exit_code == 0
    told = json.loads(result.stdout)
    assert (told["captchas"], told["digits"], told["rejected"]) == (40, 160, 0)
    assert len(list((tmp_path / "digits").glob("?/*.png"))) == 160
    assert (tmp_path / "digits" / "style.toml").is_file()


def test_preprocess_goes_on_after_bad_files(captchas: Path, tmp_path: Path) -> None:
    said = add_bad_files(captchas)
    result = run("preprocess", captchas, "--out", tmp_path / "digits", "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["captchas"] == 40
    lines = result.stderr.splitlines()
    for name, words in said.items():
        about = [line for line in lines if name in line]
        assert len(about) == 1, f"{name}: {about}"
        assert words in about[0]
    rejected = (tmp_path / "digits" / "rejected.csv").read_text(encoding="utf-8")
    assert "97-123.png" in rejected


def test_same_folder_twice_is_the_same(captchas: Path, tmp_path: Path) -> None:
    for out in ("one", "two"):
        assert run("preprocess", captchas, "--out", tmp_path / out).exit_code == 0
    one = {p.relative_to(tmp_path / "one"): p.read_bytes() for p in (tmp_path / "one").rglob("*.*")}
    two = {p.relative_to(tmp_path / "two"): p.read_bytes() for p in (tmp_path / "two").rglob("*.*")}
    assert one == two


def test_solve_json_is_one_line_a_image_in_order(
    captchas: Path, tmp_path: Path, model: Path
) -> None:
    said = add_bad_files(captchas)
    result = run("solve", captchas, "--model", model, "--json")
    assert result.exit_code == 1
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert [Path(line["path"]).name for line in lines] == sorted(p.name for p in captchas.iterdir())
    by_name = {Path(line["path"]).name: line for line in lines}
    right = sum(by_name[f"{i:04}-{text}.png"]["text"] == text for i, text in enumerate(TEXTS))
    assert right == len(TEXTS)
    unreadable = set(said) - {"97-123.png", "98-12a4.png"}
    assert {name for name, line in by_name.items() if "error" in line} == unreadable
    digit = by_name["0001-0167.png"]["digits"][0]
    assert set(digit) == {"digit", "confidence", "box"}
    assert len(digit["box"]) == 4


def test_solve_reads_paths_from_standard_input(captchas: Path, model: Path) -> None:
    paths = sorted(captchas.iterdir())[:3]
    result = run("solve", "-", "--model", model, stdin="\n".join(map(str, paths)) + "\n")
    assert result.exit_code == 0
    assert [line.split()[1] for line in result.stdout.splitlines()] == TEXTS[:3]


def test_solve_answers_nothing_below_the_confidence(captchas: Path, model: Path) -> None:
    path = captchas / "strange.png"
    cv2.imwrite(str(path), draw("@#&%"))
    answer = run("solve", path, "--model", model, "--min-confidence", "0.999", "--json")
    assert json.loads(answer.stdout)["text"] is None
    assert "  ?  " in run("solve", path, "--model", model, "--min-confidence", "0.999").stdout


def test_solve_with_another_length(captchas: Path, model: Path) -> None:
    path = min(captchas.iterdir())
    answer = json.loads(run("solve", path, "--model", model, "--length", 3, "--json").stdout)
    assert len(answer["text"]) == 3


def test_evaluate_json_has_the_contract(captchas: Path, model: Path) -> None:
    add_bad_files(captchas)
    result = run("evaluate", captchas, "--model", model, "--json")
    assert result.exit_code == 1
    told = json.loads(result.stdout)
    assert (told["images"], told["correct"]) == (49, 40)
    assert told["unreadable"] == 7
    assert told["wrong_length"] == 1
    low, high = told["interval"]
    assert low < told["accuracy"] < high


def test_evaluate_table_is_for_people(captchas: Path, model: Path) -> None:
    result = run("evaluate", captchas, "--model", model)
    assert result.exit_code == 0
    assert "100.00%  (95 % interval" in result.stdout


def test_info_says_what_a_model_is(model: Path) -> None:
    assert "digits" in run("info", model).stdout
    assert json.loads(run("info", model, "--json").stdout)["length"] == 4


def test_changed_bundle_is_refused(captchas: Path, model: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(model, tmp_path / "changed"))
    network = copy / "model.onnx"
    data = bytearray(network.read_bytes())
    data[len(data) // 2] ^= 1
    network.write_bytes(data)
    for command in (["info", copy], ["solve", captchas, "--model", copy]):
        result = run(*command)
        assert result.exit_code == 1
        assert "model.onnx" in result.stderr
        assert len(result.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (["preprocess", "{empty}", "--out", "{out}"], 1, "expected images"),
        (["preprocess", "{missing}", "--out", "{out}"], 1, "nothing there"),
        (["preprocess", "{captchas}", "--out", "{captchas}"], 1, "captchas"),
        (["preprocess", "{captchas}", "--out", "{out}", "--style", "nice"], 1, "plain"),
        (["train", "{empty}", "--out", "{out}"], 1, "expected"),
        (["train", "{captchas}", "--out", "{out}", "--labels", "99"], 1, "99"),
        (["train", "{captchas}", "--out", "{out}", "--architecture", "nice"], 2, "cnn"),
        (["train", "{captchas}", "--out", "{out}", "--epochs", "0"], 2, "x>=1"),
        (["train", "{captchas}", "--out", "{out}", "--reader", "nice"], 2, "digits"),
        (["evaluate", "{empty}", "--model", "{model}"], 1, "expected images"),
        (["evaluate", "{captchas}", "--model", "{empty}"], 1, "bundle.json"),
        (["solve", "{captchas}", "--model", "{missing}"], 1, "{missing}"),
        (["solve", "--model", "{model}"], 2, "IMAGE"),
        (["solve", "{captchas}", "--model", "{model}", "--min-confidence", "2"], 2, "0<=x<=1"),
        (["visualize", "{empty}", "--out", "{out}"], 1, "expected images"),
        (["info", "{empty}"], 1, "bundle.json"),
    ],
)
def test_bad_arguments_get_one_line(
    words: list[str], status: int, said: str, captchas: Path, tmp_path: Path, model: Path
) -> None:
    (tmp_path / "empty").mkdir()
    places = {name: str(tmp_path / name) for name in ("empty", "missing", "out", "captchas")}
    places["model"] = str(model)
    result = run(*(word.format(**places) for word in words))
    assert result.exit_code == status
    assert said.format(**places) in result.stderr.replace("\n", " ")
    assert min(p.name for p in captchas.iterdir()) == "0000-0000.png", "input is untouched"
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("command", ["train", "tune", "preprocess", "evaluate"])
def test_a_file_in_the_place_of_a_folder_is_told_what_to_do(
    captchas: Path, tmp_path: Path, command: str
) -> None:
    image = min(captchas.iterdir())
    out = [] if command == "evaluate" else ["--out", tmp_path / "out.toml"]
    result = run(command, image, *out)
    assert result.exit_code == 2
    assert "found a file: put it into a folder with others; solve and vis" in result.stderr
    archive = tmp_path / "a.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.write(image, "1.png")
    result = run(command, archive, *out)
    assert f"unpack it with collector import {archive} --out FOLDER" in result.stderr


@pytest.mark.parametrize("options", [["--style", "plain"], ["--model", "{model}"]])
def test_visualize_takes_one_image(
    captchas: Path, tmp_path: Path, model: Path, options: list[str]
) -> None:
    image = min(captchas.iterdir())
    words = [word.format(model=model) for word in options]
    result = run("visualize", image, "--out", tmp_path / "steps", *words)
    assert result.exit_code == 0, result.stderr
    assert "images of 1 captchas" in result.stdout
    assert (tmp_path / "steps" / f"{image.stem}.png").is_file()


def test_interrupted_training_says_how_to_go_on(
    captchas: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("digitsolver.train.train", interrupted)
    result = run("train", captchas, "--out", tmp_path / "out")
    assert result.exit_code == 1
    assert "--resume" in result.stderr


def test_solving_needs_no_slow_import(captchas: Path, model: Path) -> None:
    code = (
        "import sys; from digitsolver.cli import main\n"
        "try: main(sys.argv[1:])\n"
        "except SystemExit as end: assert not end.code, end.code\n"
        "slow = {'tensorflow', 'keras', 'sklearn', 'skimage', 'matplotlib', 'PIL', 'scipy'}\n"
        "assert not slow & set(sys.modules), slow & set(sys.modules)\n"
    )
    for words in (["solve", str(captchas), "--model", str(model)], ["evaluate", str(captchas),
                  "--model", str(model)], ["info", str(model)]):  # fmt: skip
        subprocess.run([sys.executable, "-c", code, *words], check=True, capture_output=True)
