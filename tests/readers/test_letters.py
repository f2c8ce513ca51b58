"""Letters in colour: from captchas by way of a digits folder to readings, as commands do it."""

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from collector.draw.glyphs import faces, glyph
from digitsolver.cli import main
from digitsolver.datasets import folder_of, read_digits
from digitsolver.io.images import ImageArray, read_image, write_png
from digitsolver.pipeline.style import Style, write_style
from digitsolver.readers.digits import trainer
from digitsolver.solver import load

ALPHABET = "abdefghnrtABDEFGHNRT"
LENGTH, PITCH, HEIGHT = 4, 40, 60
STYLE = Style(
    name="letters",
    length=LENGTH,
    stroke=4.0,
    window_height=52,
    window_width=32,
    crop_height=52,
    crop_width=32,
    channels=3,
)


def draw_letters(text: str, generator: np.random.Generator) -> ImageArray:
    """Return letters 32 pixels high, dark and each of its own colour, on a light colour."""
    image = np.empty((HEIGHT, PITCH * len(text) + 10, 3), np.float32)
    image[:] = generator.integers(200, 256, 3)
    face = faces(("sans",))[int(generator.integers(2))]
    for index, character in enumerate(text):
        drawn = glyph(face, character)
        mask = drawn.masks[1].astype(np.float32)[..., None] / 255
        height, width = mask.shape[:2]
        top = round(HEIGHT / 2 - 32 * drawn.rise - height / 2)
        left = round(5 + PITCH * (index + 0.5) - width / 2)
        place = image[top : top + height, left : left + width]
        place += mask * (generator.integers(0, 130, 3) - place)
    return np.asarray(image.round(), np.uint8)


def write_letters(folder: Path, count: int, seed: int) -> Path:
    folder.mkdir()
    generator = np.random.default_rng(seed)
    for index in range(count):
        text = "".join(generator.choice(list(ALPHABET), LENGTH))
        write_png(folder / f"{index:03}-{text}.png", draw_letters(text, generator))
    return folder


def run(*words: object) -> str:
    result = CliRunner().invoke(main, [str(word) for word in words])
    assert result.exit_code == 0, result.output
    return result.stdout


def test_letters_in_colour_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trainer, "SMALL", 0)  # fit once, not again to all captchas
    look = tmp_path / "letters.toml"
    write_style(STYLE, look)
    source, folder, model = tmp_path / "captchas", tmp_path / "digits", tmp_path / "model"
    write_letters(source, 90, seed=0)
    run("preprocess", source, "--out", folder, "--style", look, "--alphabet", ALPHABET)
    assert {path.name for path in folder.iterdir() if path.is_dir()} == set(
        map(folder_of, ALPHABET)
    )
    crops = read_digits(folder)[0].crops
    assert crops.shape == (360, 52, 32, 3)
    assert (crops[..., 0] != crops[..., 2]).any()

    options = ("--reader", "digits", "--architecture", "tinyvgg", "--alphabet", ALPHABET)
    told = run("train", folder, "--out", model, *options, "--epochs", 3, "--json")
    assert json.loads(told)["onnx_difference"] <= 1e-4
    facts = load(model).bundle.facts
    assert (facts.alphabet, facts.shape) == (ALPHABET, (52, 32, 3))

    fresh = write_letters(tmp_path / "fresh", 25, seed=1)
    found = json.loads(run("evaluate", fresh, "--model", model, "--json"))
    assert found["digit_accuracy"] > 0.5, "a twentieth would be right by chance"
    run("visualize", fresh, "--out", tmp_path / "seen", "--model", model, "--count", 2)
    shown = sorted((tmp_path / "seen" / "4-digits").iterdir())
    assert len(shown) == 2 * LENGTH
    assert read_image(shown[0]).shape == (52, 32, 3)
    assert len(list((tmp_path / "seen" / "5-activations").glob("*-grad_cam.png"))) == 2 * LENGTH


def test_labels_are_held_to_the_alphabet(tmp_path: Path) -> None:
    source = tmp_path / "captchas"
    source.mkdir()
    for index, text in enumerate(("abde", "0123", "ABDE")):
        image = draw_letters(text, np.random.default_rng(0))
        write_png(source / f"{index}-{text}.png", image)
    words = ["preprocess", str(source), "--out", str(tmp_path / "digits"), "--style", "plain"]
    result = CliRunner().invoke(main, [*words, "--alphabet", ALPHABET])
    assert result.exit_code == 1
    assert f"1-0123.png: label '0123' has '0': expected only {ALPHABET}" in result.stderr
    assert "8 digits of 2 captchas" in result.stdout
