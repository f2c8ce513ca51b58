"""What the lab gets: the settings of styles, and the stages with their images and sentences."""

import base64
import json
from dataclasses import fields
from pathlib import Path

import cv2
import numpy as np
import pytest

from digitsolver.datasets import Sample
from digitsolver.errors import ImageError, StyleError
from digitsolver.io.images import decode_image, read_image
from digitsolver.pipeline.named_styles import STYLES
from digitsolver.pipeline.style import RANGES, Style, load_style, parse_style
from digitsolver.serve.lab import STAGE_OF, style_from, style_table, styles_answer, trace_answer
from digitsolver.stages import CLEANERS, SEGMENTERS
from digitsolver.tune import resolve
from digitsolver.visualize import visualize
from digitsolver.visualize.ideas import segment_idea, step_idea
from tests.templates import draw

STYLE = Style(name="mine", cleaners=("specks", "frame"), segmenter="equal")


def encoded(text: str) -> bytes:
    return cv2.imencode(".png", draw(text))[1].tobytes()


def decoded(url: str) -> bytes:
    head, _, data = url.partition(",")
    assert head == "data:image/png;base64"
    return base64.b64decode(data)


def test_every_setting_of_the_dataclass_is_listed() -> None:
    settings = {setting.name: setting for setting in styles_answer().settings}
    assert list(settings) == [field.name for field in fields(Style)]
    assert all(setting.help for setting in settings.values())
    assert {name for name, setting in settings.items() if not setting.stage} == {"name"}
    assert set(STAGE_OF) < set(settings)
    for name, (least, most) in RANGES.items():
        assert (settings[name].least, settings[name].most) == (least, most)
    kinds = {name: setting.kind for name, setting in settings.items()}
    assert kinds["stroke"] == "number"
    assert kinds["length"] == kinds["crop_width"] == "whole"
    assert kinds["lengths"] == "two"
    assert kinds["channels"] == kinds["segmenter"] == "choice"
    assert settings["stroke"].measured
    assert not settings["crop_width"].measured


def test_a_new_cleaner_appears_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    def remove_dust(grey: np.ndarray, stroke: float) -> np.ndarray:
        """Remove dust.

        (Dust: A. Nyone, "On dust", 2001.)
        """
        return grey

    monkeypatch.setitem(CLEANERS, "dust", remove_dust)
    cleaners = next(one for one in styles_answer().settings if one.name == "cleaners")
    assert cleaners.choices == list(CLEANERS)
    assert cleaners.ideas["dust"] == "Remove dust."
    said = trace_answer(encoded("4711"), Style(cleaners=("dust",)))
    (stage,) = [stage for stage in said.stages if stage.name == "dust"]
    assert stage.source == 'Dust: A. Nyone, "On dust", 2001'


def test_every_step_and_segmenter_has_its_sentence() -> None:
    ideas = [*map(step_idea, ("levels", *CLEANERS)), *map(segment_idea, SEGMENTERS)]
    assert all(idea.sentence.endswith(".") for idea in ideas)
    assert sum(bool(idea.source) for idea in ideas) >= len(ideas) - 3


@pytest.mark.parametrize("name", STYLES)
def test_a_style_by_name_as_toml_and_as_json(name: str) -> None:
    said = trace_answer(encoded("4711"), style_from(name))
    assert said.style == style_table(STYLES[name]) == styles_answer().styles[name]
    assert style_from(json.dumps(said.style)) == STYLES[name]
    assert style_from(said.toml).cleaners == STYLES[name].cleaners


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("/etc/passwd", "expected a style as TOML"),
        ("{", "expected a style as JSON"),
        ("[" * 5000, "expected a style as TOML"),
        ('{"a": ' * 5000, "expected a style as JSON"),
        ('{"stroke": -1}', "stroke: expected 1 to 256, found -1"),
        ('colour = "red"', "unknown key 'colour'"),
    ],
)
def test_a_wrong_style(text: str, message: str) -> None:
    with pytest.raises(StyleError, match=message) as caught:
        style_from(text)
    assert caught.value.path is None


def test_large_crops_are_refused() -> None:
    with pytest.raises(StyleError, match=r"at most 65,536 values, found 1024 x 1024 x 4"):
        trace_answer(encoded("1"), Style(crop_height=1024, crop_width=1024, channels=4))


def test_no_image() -> None:
    with pytest.raises(ImageError):
        trace_answer(b"no image", Style())


def test_the_stages_in_order_each_with_its_sentence() -> None:
    said = trace_answer(encoded("4711"), STYLE, length=4)
    names = [(stage.number, stage.name) for stage in said.stages]
    steps = [(1, "levels"), (1, "specks"), (1, "frame")]
    assert names == [(0, "original"), *steps, (2, "box"), (3, "segments"), (4, "crops")]
    assert all(stage.sentence and stage.images for stage in said.stages)
    assert [stage.title for stage in said.stages if stage.number == 3] == ["equal parts"]
    assert said.problem is None
    assert said.strip is None
    assert len(said.stages[-1].images) == said.measured["length"] == 4
    assert np.array_equal(decode_image(decoded(said.stages[0].images[0].image)), draw("4711"))


def test_an_image_without_digits_shows_the_stages_that_ran() -> None:
    blank = cv2.imencode(".png", np.full((30, 60), 255, np.uint8))[1].tobytes()
    said = trace_answer(blank, Style(), strip=True)
    assert [stage.number for stage in said.stages] == [0, 1]
    assert said.problem == "expected dark digits on a light ground, found no ink"
    assert parse_style(said.toml).stroke == said.measured["stroke"]
    assert said.strip is not None


@pytest.mark.parametrize("style", [STYLE, STYLES["speckle"], Style(stroke=3, window_width=20)])
def test_visualize_gives_the_same_images_for_the_downloaded_style(
    tmp_path: Path, style: Style
) -> None:
    image = tmp_path / "ticket.png"
    image.write_bytes(encoded("4711"))
    said = trace_answer(image.read_bytes(), style, strip=True)
    (tmp_path / "mine.toml").write_text(said.toml, encoding="utf-8")
    sample = Sample(image)
    loaded = resolve(str(tmp_path / "mine.toml"), [sample])
    assert loaded == load_style(tmp_path / "mine.toml")  # nothing is left to measure
    out = tmp_path / "out"
    visualize([sample], out, loaded)
    assert said.strip
    assert decoded(said.strip) == (out / "ticket.png").read_bytes()
    images = {
        (stage.name, i): decoded(one.image)
        for stage in said.stages
        for i, one in enumerate(stage.images)
    }
    cleaned = out / "1-artifacts_removed" / "ticket.png"
    last = [stage for stage in said.stages if stage.number == 1][-1]
    assert images[last.name, len(last.images) - 1] == cleaned.read_bytes()
    segments = read_image(out / "3-k_means" / "ticket.png")
    assert np.array_equal(decode_image(images["segments", 0]), segments)
    crops = sorted((out / "4-digits").glob("ticket-*.png"))
    assert [images["crops", i] for i in range(len(crops))] == [crop.read_bytes() for crop in crops]
