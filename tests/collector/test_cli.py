"""The commands: what they write, what they say, and how they end."""

import json
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from collector.cli import main
from collector.dataset import generate as generating
from collector.dataset import importing
from collector.dataset.store import content_id
from collector.draw import LOOKS, draw_one, encode
from digitsolver.datasets import read_captchas
from digitsolver.io.images import read_image


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.suffix not in {".csv", ".jsonl"})


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def generate(out: Path, *more: str, style: str = "plain", count: int = 5) -> Result:
    return run("generate", "--style", style, "--count", str(count), "--out", out, *more)


@pytest.mark.parametrize("style", sorted(LOOKS))
def test_generate_writes_labelled_images(tmp_path: Path, style: str) -> None:
    result = generate(tmp_path / "a", style=style)
    assert result.exit_code == 0
    assert result.stdout == ""
    assert result.stderr == f"{tmp_path / 'a'}: 5 captchas written\n"
    samples, problems = read_captchas(tmp_path / "a")
    assert len(samples) == 5
    assert problems == []
    for index, sample in enumerate(samples):
        data, extension = encode(draw_one(style, 0, index))
        assert sample.path.name == f"{index:05d}-{sample.label}.{extension}"
        assert sample.path.read_bytes() == data
        read_image(sample.path)


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    for name, seed in (("a", "3"), ("b", "3"), ("c", "4")):
        generate(tmp_path / name, "--seed", seed, style="mixed")
    assert contents(tmp_path / "a") == contents(tmp_path / "b")
    assert contents(tmp_path / "a") != contents(tmp_path / "c")


def test_a_run_goes_on_where_it_stopped(tmp_path: Path) -> None:
    generate(tmp_path, count=3)
    first = names(tmp_path)
    (tmp_path / first[1]).unlink()
    result = generate(tmp_path, "--json")
    assert json.loads(result.stdout) == {
        "style": "plain",
        "seed": 0,
        "count": 5,
        "written": 3,
        "present": 2,
        "out": str(tmp_path),
    }
    assert names(tmp_path)[:3] == first
    assert generate(tmp_path).stderr.endswith("0 captchas written, 5 were there already\n")


def test_a_large_run_is_drawn_on_all_cores(tmp_path: Path) -> None:
    result = generate(tmp_path / "large", "--length", "3", count=300)
    assert result.exit_code == 0
    generate(tmp_path / "small", "--length", "3", count=30)
    large, small = contents(tmp_path / "large"), contents(tmp_path / "small")
    assert len(large) == 301
    assert all(large[name] == small[name] for name in names(tmp_path / "small"))


def test_another_run_in_the_same_folder_is_refused(tmp_path: Path) -> None:
    generate(tmp_path)
    before = contents(tmp_path)
    result = generate(tmp_path, "--seed", "1")
    assert result.exit_code == 1
    assert "is there already, and differs from the new 00000-" in result.stderr
    assert "choose an empty folder, or the seed, style and length of before" in result.stderr
    assert result.stderr.count("\n") == 1
    assert contents(tmp_path) == before


def test_generate_keeps_a_length(tmp_path: Path) -> None:
    generate(tmp_path, "--length", "7")
    assert {len(sample.label or "") for sample in read_captchas(tmp_path)[0]} == {7}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--style", "x"], "unknown style 'x', expected one of speckle, plain, lines, mixed"),
        (["--count", "0"], "0 is not in the range 1<=x<=10000000"),
        (["--length", "17"], "17 is not in the range 1<=x<=16"),
        (["--seed", "-1"], "-1 is not in the range x>=0"),
    ],
)
def test_wrong_usage_ends_with_2(tmp_path: Path, arguments: list[str], message: str) -> None:
    result = generate(tmp_path, *arguments)
    assert result.exit_code == 2
    assert message in result.stderr
    assert names(tmp_path) == []


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    result = generate(tmp_path / "file" / "below")
    assert result.exit_code == 1
    assert result.stderr.count("\n") == 1
    assert "expected a folder to write to: Not a directory" in result.stderr


def test_ctrl_c_leaves_whole_files_and_their_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> Iterator[bool]:
        from collector.dataset.generate import open_generated

        with open_generated(tmp_path) as folder:
            yield folder.add("00000", "1", "png", b"x")
            raise KeyboardInterrupt

    monkeypatch.setattr(generating, "generate", broken)
    result = generate(tmp_path)
    assert result.exit_code == 1
    assert "Aborted!" in result.stderr
    assert list(contents(tmp_path)) == ["00000-1.png", "metadata.csv"]


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "source"
    generate(folder)
    return folder


def test_import_adds_each_image_once(tmp_path: Path, source: Path) -> None:
    out = tmp_path / "out"
    result = run("import", source, "--out", out)
    assert result.exit_code == 0
    assert result.stderr == (
        "labels: from metadata.csv (5 of 5)\n"
        f"{out}: 5 captchas added, 0 were there already, 0 duplicates, 0 not taken\n"
    )
    for sample in read_captchas(out)[0]:
        data = sample.path.read_bytes()
        assert sample.path.name == f"{content_id(data)}-{sample.label}.png"
    before = (out / "metadata.csv").read_text()
    again = run("import", source, "--out", out, "--json")
    assert again.exit_code == 0
    assert json.loads(again.stdout) == {
        "added": 0,
        "present": 5,
        "duplicates": 0,
        "near_duplicates": 0,
        "problems": 0,
        "out": str(out),
    }
    assert (out / "metadata.csv").read_text() == before
    assert len(before.splitlines()) == 6


def test_import_names_what_it_did_not_take(tmp_path: Path, source: Path) -> None:
    good = (source / names(source)[0]).read_bytes()
    label = names(source)[0][6:10]
    (source / f"copy-{label}.png").write_bytes(good)
    (source / "other-0000.png").write_bytes(good)
    (source / "empty-1234.png").write_bytes(b"")
    (source / "text-1234.png").write_text("no image")
    (source / "cut-1234.png").write_bytes(good[:60])
    (source / "nolabel.png").write_bytes(good)
    out = tmp_path / "out"
    result = run("import", source, "--out", out)
    assert result.exit_code == 1
    lines = result.stderr.splitlines()
    assert len(lines) == 8
    assert lines[0] == "labels: from metadata.csv (5 of 11), from names, <id>-<label> (5 of 6)"
    for name in ("other-0000", "empty-1234", "text-1234", "cut-1234", "nolabel", "copy-"):
        assert sum(f"{name}" in line.split(": ")[0] for line in lines) == 1, name
    assert any("label '0000': the same image has another one in" in line for line in lines)
    assert any("the same image as" in line for line in lines)
    assert lines[-1].endswith("5 captchas added, 0 were there already, 1 duplicates, 5 not taken")
    assert len(names(out)) == 5


def test_import_reads_a_zip_with_a_table(tmp_path: Path, source: Path) -> None:
    path = tmp_path / "x.zip"
    data = [(source / name).read_bytes() for name in names(source)]
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("set/metadata.csv", "file_name,text\na.png,11\nb.dat,22\n")
        archive.writestr("set/a.png", data[0])
        archive.writestr("set/b.dat", data[1])
        archive.writestr("../evil-33.png", data[2])
    out = tmp_path / "out"
    result = run("import", path, "--out", out, "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["added"] == 2
    assert sorted(name[13:] for name in names(out)) == ["11.png", "22.png"]
    assert "leads out of it" in result.stderr
    assert not list(tmp_path.glob("evil*"))


@pytest.mark.parametrize("kind", ["missing", "empty", "nozip"])
def test_import_of_no_source_is_one_line(tmp_path: Path, kind: str) -> None:
    path = tmp_path / kind
    if kind == "empty":
        path.mkdir()
    elif kind == "nozip":
        path.write_bytes(b"x")
    result = run("import", path, "--out", tmp_path / "out")
    assert result.exit_code == (2 if kind == "missing" else 1)
    assert "Traceback" not in result.stderr
    assert result.stderr.splitlines()[-1].startswith("Error: ")


def test_import_reads_what_the_source_gives(tmp_path: Path, source: Path) -> None:
    *_, done = importing.import_samples(source, tmp_path / "out")
    assert (done.added, done.present, done.duplicates, done.problems) == (5, 0, [], [])


@pytest.mark.parametrize("out", ["", "below"])
def test_a_folder_is_not_imported_into_itself(source: Path, out: str) -> None:
    result = run("import", source, "--out", source / out)
    assert result.exit_code == 1
    assert "expected a folder outside the one that is imported" in result.stderr
    assert len(names(source)) == 5


@pytest.mark.parametrize("command", ["generate", "import"])
def test_help_has_an_example(command: str) -> None:
    result = run(command, "--help")
    assert result.exit_code == 0
    assert f"Example:\n    collector {command}" in result.stdout


def test_a_progress_bar_is_for_terminals_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "drawing" not in generate(tmp_path).stderr


def test_help_imports_nothing_slow() -> None:
    code = (
        "import sys; from collector.cli import main\n"
        "main(['generate', '--help'], standalone_mode=False)\n"
        "slow = {'numpy', 'cv2', 'PIL', 'sklearn', 'skimage', 'tensorflow'} & set(sys.modules)\n"
        "assert not slow, slow"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, timeout=60)
