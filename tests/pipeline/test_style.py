"""Styles: named, kept as TOML, and strict about what is in them."""

import re
from dataclasses import FrozenInstanceError, asdict, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digitsolver.errors import StyleError
from digitsolver.pipeline.named_styles import STYLES, get_style
from digitsolver.pipeline.style import (
    CHANNELS,
    CROPPED,
    MAX_CLEANERS,
    POLARITIES,
    PROJECTIONS,
    RANGES,
    ROWS,
    Style,
    load_style,
    write_style,
)
from digitsolver.stages import CLEANERS, SEGMENTERS


def whole(key: str) -> st.SearchStrategy[int]:
    least, most = RANGES[key]
    return st.integers(int(least), int(most))


def numbers(key: str) -> st.SearchStrategy[int | None]:
    return st.none() | whole(key)


def rising(pair: tuple[int, int]) -> tuple[int, int]:
    return min(pair), max(pair)


styles = st.builds(
    Style,
    name=st.text(),
    projection=st.sampled_from(PROJECTIONS),
    polarity=st.sampled_from(POLARITIES),
    cleaners=st.lists(st.sampled_from(list(CLEANERS)), max_size=MAX_CLEANERS).map(tuple),
    stroke=st.none() | st.floats(*RANGES["stroke"]) | whole("stroke"),
    segmenter=st.sampled_from(list(SEGMENTERS)),
    length=numbers("length"),
    lengths=st.none() | st.tuples(whole("lengths"), whole("lengths")).map(rising),
    pitch=st.none() | st.floats(*RANGES["pitch"]),
    rows=st.sampled_from(ROWS),
    window_height=numbers("window_height"),
    window_width=numbers("window_width"),
    crop_height=whole("crop_height"),
    crop_width=whole("crop_width"),
    cropped=st.sampled_from(CROPPED),
    channels=st.sampled_from(CHANNELS),
)


@given(styles)
def test_toml_round_trip(tmp_path_factory: pytest.TempPathFactory, made: Style) -> None:
    path = tmp_path_factory.getbasetemp() / "round-trip.toml"
    write_style(made, path)
    assert load_style(path) == made
    assert get_style(str(path)) == made


def test_what_is_none_is_left_out(tmp_path: Path) -> None:
    write_style(Style(name="mine", cleaners=("frame",)), tmp_path / "style.toml")
    text = (tmp_path / "style.toml").read_text(encoding="utf-8")
    assert "length" not in text
    assert "stroke" not in text
    assert 'name = "mine"' in text


def test_an_empty_file_is_the_default_style(tmp_path: Path) -> None:
    (tmp_path / "style.toml").write_text("")
    assert load_style(tmp_path / "style.toml") == Style()


@pytest.mark.parametrize("name", STYLES)
def test_named_styles(name: str) -> None:
    assert get_style(name) is STYLES[name]
    assert STYLES[name].name == name
    assert STYLES[name].length is None


def test_a_style_is_frozen() -> None:
    with pytest.raises(FrozenInstanceError):
        Style().length = 4  # type: ignore[misc]
    assert Style().with_length(4) == Style(length=4)
    assert hash(Style()) == hash(replace(Style(), length=None))


@pytest.mark.parametrize("name", ["speckles", "", "no/such", "a\nb", "."])
def test_an_unknown_style(name: str) -> None:
    with pytest.raises(StyleError) as caught:
        get_style(name)
    known = ", ".join(STYLES)
    assert str(caught.value) == f"style {name!r}: expected auto, {known}, or a .toml file"


WRONG = [
    ("colour = 1", "unknown key 'colour': expected name, projection, polarity, cleaners, stroke"),
    ('length = "6"', "length: expected a whole number, found '6'"),
    ("length = true", "length: expected a whole number, found True"),
    ("length = 6.0", "length: expected a whole number, found 6.0"),
    ("length = 0", "length: expected 1 to 4096, found 0"),
    ("lengths = 4", "lengths: expected two whole numbers, the lower first, found 4"),
    ("lengths = [4]", "lengths: expected two whole numbers, the lower first, found (4,)"),
    ("lengths = [4, true]", "lengths: expected two whole numbers, the lower first, found (4, True"),
    ("lengths = [4, 3]", "lengths: expected 1 to 4096, the lower first, found (4, 3)"),
    ("lengths = [0, 3]", "lengths: expected 1 to 4096, the lower first, found (0, 3)"),
    ("lengths = [3, 5000]", "lengths: expected 1 to 4096, the lower first, found (3, 5000)"),
    ("pitch = 0", "pitch: expected 0.1 to 100, found 0"),
    ("cropped = 'ink'", "cropped: expected cleaned or levels, found 'ink'"),
    ("stroke = false", "stroke: expected a number, found False"),
    ("stroke = 0.5", "stroke: expected 1 to 256, found 0.5"),
    ("stroke = nan", "stroke: expected 1 to 256, found nan"),
    ("stroke = inf", "stroke: expected 1 to 256, found inf"),
    ("crop_height = 7", "crop_height: expected 8 to 1024, found 7"),
    ("crop_width = 5000", "crop_width: expected 8 to 1024, found 5000"),
    ("window_width = -3", "window_width: expected 1 to 4096, found -3"),
    ("name = 3", "name: expected text, found 3"),
    ('polarity = "bright"', "polarity: expected auto or dark or light, found 'bright'"),
    ('projection = "red"', "projection: expected grey or ground or ink, found 'red'"),
    ('rows = "each"', "rows: expected line or digit, found 'each'"),
    ("channels = 2", "channels: expected 1 or 3 or 4, found 2"),
    ("channels = 3.0", "channels: expected a whole number, found 3.0"),
    ('segmenter = "magic"', f"segmenter: expected {' or '.join(SEGMENTERS)}, found 'magic'"),
    ('cleaners = ["dust"]', f"cleaners: expected {' or '.join(CLEANERS)}, found 'dust'"),
    ('cleaners = "frame"', "cleaners: expected a list of text, found 'frame'"),
    ("cleaners = [1]", "cleaners: expected a list of text, found (1,)"),
    ("length =", "expected a style as TOML: "),
    ("[length]", "length: expected a whole number, found {}"),
]


@pytest.mark.parametrize(("toml", "message"), WRONG)
def test_a_wrong_file(tmp_path: Path, toml: str, message: str) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(toml, encoding="utf-8")
    with pytest.raises(StyleError, match=re.escape(message)) as caught:
        load_style(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("length", True),
        ("stroke", True),
        ("crop_width", None),
        ("cleaners", ["frame"]),
        ("name", 1),
    ],
)
def test_a_wrong_argument(key: str, value: Any) -> None:
    arguments: dict[str, Any] = {"name": "mine"} | {key: value}
    with pytest.raises(StyleError, match=f"{key}: expected "):
        Style(**arguments)


def test_no_file(tmp_path: Path) -> None:
    path = tmp_path / "no.toml"
    with pytest.raises(
        StyleError, match=re.escape(f"{path}: expected a style file, found nothing")
    ):
        get_style(str(path))


def test_what_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe\x00")
    for path in (tmp_path, tmp_path / "binary.toml"):
        with pytest.raises(StyleError, match=f"{re.escape(str(path))}: expected a style as TOML: "):
            load_style(path)


def test_a_name_of_two_lines_stays_on_one(tmp_path: Path) -> None:
    path = tmp_path / "two\nlines.toml"
    path.write_text("length = 0")
    with pytest.raises(StyleError, match="length: expected") as caught:
        load_style(path)
    assert "\n" not in str(caught.value)


def test_every_setting_has_its_range() -> None:
    kept = asdict(Style())
    assert set(RANGES) < set(kept)
