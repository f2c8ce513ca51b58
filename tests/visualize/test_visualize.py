"""Every stage becomes files, whatever the captcha, and what fails is told."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from click.testing import CliRunner
from numpy.typing import NDArray

from digitsolver.cli import main
from digitsolver.datasets import Sample
from digitsolver.errors import FolderError, ImageError
from digitsolver.io.images import write_png
from digitsolver.pipeline.style import Style
from digitsolver.solver import load
from digitsolver.stages import clean_steps
from digitsolver.visualize import (
    FOLDERS,
    make_view,
    visualize,
)
from tests.templates import make_bundle, write
from tests.visualize.visualizing import (
    STYLE,
    Make,
    contents,
    draw_text,
    maker,
    opened,
    solver,
)


@pytest.fixture
def make(tmp_path: Path) -> Make:
    return maker(tmp_path)


# --- files --------------------------------------------------------------------------------


def test_files_without_a_model(make: Make, tmp_path: Path) -> None:
    out = tmp_path / "deep" / "out"
    done = visualize([make("042")], str(out), STYLE)
    assert sorted(contents(out)) == [
        "0-original/7-042.png",
        "1-artifacts_removed/7-042-0-levels.png",
        "1-artifacts_removed/7-042-1-frame.png",
        "1-artifacts_removed/7-042-steps.png",
        "1-artifacts_removed/7-042.png",
        "2-clipped/7-042.png",
        "3-k_means/7-042-segmenters.png",
        "3-k_means/7-042.png",
        "4-digits/7-042-0.png",
        "4-digits/7-042-1.png",
        "4-digits/7-042-2.png",
        "7-042.png",
    ]
    assert (done.folder, done.captchas, done.images, done.problems) == (out, 1, 12, [])
    assert not (out / FOLDERS[-1]).exists()


def test_files_with_a_model(make: Make, tmp_path: Path) -> None:
    done = visualize([make("042")], tmp_path / "out", STYLE, solver=solver("042"))
    files = contents(tmp_path / "out")
    assert [name for name in sorted(files) if name.startswith("5-activations")] == [
        *(f"5-activations/7-042-{position}.png" for position in range(3)),
        "5-activations/7-042-reading.png",
    ]
    assert done.images == len(files) == 16


def test_files_with_gradients(make: Make, tmp_path: Path) -> None:
    asked: list[list[int]] = []

    def grad_cam(crops: NDArray[np.uint8], classes: NDArray[np.intp]) -> NDArray[np.float32]:
        asked.append(classes.tolist())
        return np.linspace(0, 1, 12 * len(crops), dtype=np.float32).reshape(-1, 4, 3)

    out = tmp_path / "out"
    visualize([make("042")], out, STYLE, solver=solver("049"), grad_cam=grad_cam)
    assert asked == [[0, 4, 9]], "of what was read, not of what is true"
    view = make_view(make("042"), STYLE, solver("049"), grad_cam)
    for position, crop in enumerate(view.stages.crops):
        data = (out / "5-activations" / f"7-042-{position}-grad_cam.png").read_bytes()
        assert opened(data).size == (6 * crop.shape[1], 6 * crop.shape[0])
    assert opened((out / "7-042.png").read_bytes()).size == (3356, 424)


def test_stages_are_stored_as_they_are(make: Make, tmp_path: Path) -> None:
    sample = make("042", colour=True)
    visualize([sample], tmp_path / "out", STYLE)
    view = make_view(sample, STYLE)
    for name, expected in (
        ("0-original/7-042.png", draw_text("042", colour=True)),
        ("1-artifacts_removed/7-042-0-levels.png", view.stages.steps[0][1]),
        ("1-artifacts_removed/7-042.png", view.stages.cleaned),
        ("2-clipped/7-042.png", view.stages.clipped),
        ("4-digits/7-042-2.png", view.stages.crops[2]),
    ):
        assert np.array_equal(np.asarray(opened((tmp_path / "out" / name).read_bytes())), expected)


@pytest.mark.parametrize("channels", [3, 4])
def test_colour_crops_are_stored_as_they_are(make: Make, tmp_path: Path, channels: int) -> None:
    style = replace(STYLE, channels=channels)
    sample = make("042", colour=True)
    visualize([sample], tmp_path / "out", style, solver=solver("042", style=style))
    crops = make_view(sample, style).stages.crops
    assert crops.shape == (3, 28, 20, channels)
    stored = opened((tmp_path / "out" / "4-digits" / "7-042-2.png").read_bytes())
    assert np.array_equal(np.asarray(stored), crops[2])
    assert (tmp_path / "out" / "7-042.png").is_file()


def test_the_command_says_that_there_are_no_gradients(tmp_path: Path) -> None:
    write(tmp_path / "in", ["0427"])
    model, out = make_bundle(tmp_path / "model"), tmp_path / "out"
    words = ["visualize", str(tmp_path / "in"), "--out", str(out), "--model", str(model)]
    result = CliRunner().invoke(main, words)
    assert result.exit_code == 0, result.output
    assert f"no Grad-CAM: {model}: expected model.keras" in result.stderr
    assert "images of 1 captchas" in result.stdout
    seen = sorted(path.name for path in (out / "5-activations").iterdir())
    assert seen == [
        *(f"0000-0427-{position}.png" for position in range(4)),
        "0000-0427-reading.png",
    ]


def test_names_of_captchas_without_label_and_of_one_id(make: Make, tmp_path: Path) -> None:
    samples = [make("042", "7"), make("531", "7"), make("99", "x", known=False)]
    visualize(samples, tmp_path / "out", Style(length=3))
    strips = sorted(path.name for path in (tmp_path / "out").glob("*.png"))
    assert strips == ["7-042.png", "7-531-531.png", "x-99.png"]


@pytest.mark.parametrize("model", [False, True])
def test_each_captcha_is_decoded_and_cleaned_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, model: bool
) -> None:
    counts = {"decoded": 0, "cleaned": 0}
    imdecode = cv2.imdecode

    def decode(data: NDArray[np.uint8], flags: int) -> NDArray[np.uint8]:
        counts["decoded"] += 1
        return np.asarray(imdecode(data, flags), np.uint8)

    def clean(*arguments: Any, **settings: Any) -> Iterator[tuple[str, NDArray[np.uint8]]]:
        counts["cleaned"] += 1
        return clean_steps(*arguments, **settings)

    reader = load(make_bundle(tmp_path / "model"), threads=1) if model else None
    (path,) = write(tmp_path / "in", ["0427"])
    monkeypatch.setattr(cv2, "imdecode", decode)
    monkeypatch.setattr("digitsolver.pipeline.trace.clean_steps", clean)
    done = visualize([Sample(path, "0427")], tmp_path / "out", STYLE, solver=reader)
    assert counts == {"decoded": 1, "cleaned": 1}
    assert done.problems == []


def test_same_input_same_bytes(make: Make, tmp_path: Path) -> None:
    samples = [make("042", colour=True), make("1357", "8")]
    for out in ("one", "other"):
        visualize(samples, tmp_path / out, STYLE, solver=solver("042"))
    assert contents(tmp_path / "one") == contents(tmp_path / "other")


def test_a_second_run_replaces_its_own_files_alone(make: Make, tmp_path: Path) -> None:
    out = tmp_path / "out"
    sample = make("042")
    visualize([sample], out, STYLE)
    before = contents(out)
    (out / "notes.txt").write_text("mine")
    (out / "4-digits" / "mine.png").write_bytes(b"mine")
    (out / "7-042.png").write_bytes(b"old")
    visualize([sample], out, STYLE)
    assert contents(out) == before | {"notes.txt": b"mine", "4-digits/mine.png": b"mine"}


def test_progress_is_told_for_each_captcha(make: Make, tmp_path: Path) -> None:
    steps: list[tuple[int, int]] = []
    samples = [make("042"), Sample(tmp_path / "missing-12.png", "12")]
    visualize(
        samples,
        tmp_path / "out",
        STYLE,
        progress=lambda done, total, text: steps.append((done, total)),
    )
    assert steps == [(1, 2), (2, 2)]


# --- what fails ---------------------------------------------------------------------------


def test_a_captcha_that_cannot_be_segmented_shows_what_there_is(make: Make, tmp_path: Path) -> None:
    blank = Sample(tmp_path / "0-12.png", "12")
    write_png(blank.path, np.full((20, 40), 255, np.uint8))
    out = tmp_path / "out"
    done = visualize([blank, make("042")], out, STYLE)
    assert (done.captchas, len(done.problems)) == (1, 1)
    (problem,) = done.problems
    expected = "expected dark digits on a light ground, found no ink"
    assert (problem.path, problem.reason) == (blank.path, expected)
    assert sorted(name for name in contents(out) if "0-12" in name) == [
        "0-12.png",
        "0-original/0-12.png",
        "1-artifacts_removed/0-12-0-levels.png",
        "1-artifacts_removed/0-12-1-frame.png",
        "1-artifacts_removed/0-12-steps.png",
        "1-artifacts_removed/0-12.png",
    ]
    strip = opened((out / "0-12.png").read_bytes())
    assert strip.size == (2108, 424)
    written = np.asarray(strip.convert("L"))[80:180, 880:1280]
    assert (written < 128).any(), "the strip says why"


def test_a_image_that_cannot_be_read_is_a_problem(make: Make, tmp_path: Path) -> None:
    empty = tmp_path / "1-12.png"
    empty.write_bytes(b"")
    done = visualize([Sample(empty, "12"), make("042")], tmp_path / "out", STYLE)
    assert [problem.path for problem in done.problems] == [empty]
    assert "found an empty file" in done.problems[0].reason
    assert str(done.problems[0]).count(str(empty)) == 1
    assert not list((tmp_path / "out").rglob("1-12*"))
    with pytest.raises(ImageError, match="found an empty file"):
        make_view(Sample(empty, "12"), STYLE)


def test_a_captcha_whose_length_nobody_knows_has_it_estimated(make: Make, tmp_path: Path) -> None:
    done = visualize([make("042", known=False, size=(74, 32))], tmp_path / "out", STYLE)
    assert (done.captchas, done.problems) == (1, [])
    assert len(list((tmp_path / "out" / "4-digits").iterdir())) == 3


def test_a_label_of_another_length_is_a_problem_that_is_shown(make: Make, tmp_path: Path) -> None:
    sample = replace(make("042"), label="0427")
    done = visualize([sample], tmp_path / "out", Style(length=3))
    assert (done.captchas, [problem.reason for problem in done.problems]) == (
        0,
        ["expected a label of 3 characters, found 4 in '0427'"],
    )
    assert len(list((tmp_path / "out" / "4-digits").iterdir())) == 3


@pytest.mark.parametrize("inside", [".", *FOLDERS])
def test_captchas_are_never_replaced(make: Make, tmp_path: Path, inside: str) -> None:
    sample = make("042")
    path = tmp_path / "out" / inside / "7-042.png"
    path.parent.mkdir(parents=True)
    path.write_bytes(sample.path.read_bytes())
    with pytest.raises(FolderError, match="out: expected another folder than that of the captcha"):
        visualize([sample, Sample(path, "042")], tmp_path / "out", STYLE)
    assert path.read_bytes() == sample.path.read_bytes()


def test_a_file_in_the_place_of_a_folder(make: Make, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("mine")
    with pytest.raises(FolderError, match="out: expected a folder that can be written, found a fi"):
        visualize([make("042")], tmp_path / "out", STYLE)


def test_a_folder_that_cannot_be_made(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sample = make("042")

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "mkdir", refuse)
    expected = "out: expected a folder that can be written, found Permission denied"
    with pytest.raises(FolderError, match=expected):
        visualize([sample], tmp_path / "out", STYLE)
