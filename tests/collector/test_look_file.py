"""Look files: they hold every field of a look, and what they get wrong is said."""

from dataclasses import is_dataclass
from pathlib import Path
from typing import cast, get_args, get_origin

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from collector.dataset.generate import generate
from collector.draw import LOOKS, Look, draw, draw_one, encode
from collector.draw.look import Layer, Page, Range, Within
from collector.draw.look_file import (
    choices_of,
    find_look,
    format_look,
    hints_of,
    parse_look,
    split_hint,
    write_look,
)
from digitsolver.errors import FolderError, LookError
from digitsolver.train import choose_settings
from digitsolver.training.generated import MOST_BYTES, check_look, read_look
from digitsolver.training.trainer import Options

SMALL = 'name = "mine"\nlengths = [4, 4]\n'
LAYER = 'picks = [1, 1]\n[[layers]]\nkind = "lines"\n'


def ranges(within: Within) -> st.SearchStrategy[Range]:
    ends = st.lists(st.floats(within.low, within.high), min_size=2, max_size=2).map(sorted)
    chance = st.floats(0, 1) if within.or_never else st.just(1.0)
    made = st.builds(lambda two, *more: Range(*two, *more), ends, chance, st.floats(0.1, 10))
    return st.one_of(made, st.just(Range(0.0, 0.0))) if within.or_never else made


def values(hint: object, key: str) -> st.SearchStrategy[object]:
    """Return any value of a field, by its type."""
    kind, within, may_be_none = split_hint(hint)
    if may_be_none:
        return st.none() if key == "picks" else st.one_of(st.none(), ranges(cast("Within", within)))
    if kind is Range:
        return ranges(cast("Within", within))
    if kind is float:
        limits = cast("Within", within)
        return st.floats(limits.low, limits.high)
    if kind is str:
        names = choices_of(key)
        return st.sampled_from(sorted(names)) if names else st.text("ab ", max_size=9)
    if is_dataclass(kind):
        return records(cast("type", kind))
    kinds = get_args(kind)
    if within:
        low, high = (4, 6) if key == "lengths" else (20, 40) if key == "least" else (50, 90)
        return st.just((low, high))
    if get_origin(kind) is tuple and kinds[-1] is Ellipsis:
        least = 0 if key in {"kinds", "layers"} else 1
        return st.lists(values(kinds[0], key), min_size=least, max_size=3).map(tuple)
    return st.tuples(values(kinds[0], key), st.floats(0.5, 2))


def records(record: type) -> st.SearchStrategy[object]:
    free = {"axes": st.just(()), "length_weights": st.just((1.0, 0.5, 0.25))}
    hints = hints_of(record)
    return st.builds(
        record, **{key: free[key] if key in free else values(hints[key], key) for key in hints}
    )


ANY = records(Look)
FREE = settings(deadline=None, suppress_health_check=list(HealthCheck))


@given(look=ANY)
@settings(FREE, max_examples=20)
def test_any_look_comes_back_from_its_file(look: Look) -> None:
    assert parse_look(format_look(look)) == look


@given(look=ANY)
@settings(FREE, max_examples=6)
def test_any_look_of_a_file_can_be_generated(look: Look) -> None:
    captcha = draw(look, np.random.default_rng(0))
    assert captcha.image.dtype == np.uint8
    assert 4 <= len(captcha.label) <= 6


def test_the_named_looks_come_back_from_their_files() -> None:
    for name in (*LOOKS, "field", "mixed-without-field"):
        assert parse_look(format_look(find_look(name))) == find_look(name)


def test_a_look_file_gives_the_images_of_its_look() -> None:
    from_file = draw_one(format_look(LOOKS["lines"]), 3, 4)
    assert encode(from_file) == encode(draw_one("lines", 3, 4))


def test_what_is_left_out_has_its_default() -> None:
    assert parse_look(SMALL + 'about = "x"') == Look("mine", "x", (4, 4))
    look = parse_look(SMALL + 'about = ""\n[page]\nheight = [30, 40, 1, 2]')
    assert look.page == Page(Range(30, 40, 1.0, 2.0))
    assert parse_look(SMALL + 'about = ""\n' + LAYER).layers == (Layer("lines"),)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name = ", "expected a look as TOML: "),
        ("a = " + "[" * 5000, "expected a look as TOML"),
        ("a = " + "9" * 5000, "expected a look as TOML"),
        ("lengths = [4, 4]", "name: expected a value, found none"),
        ("sizes = 1", "sizes: expected one of name, about, lengths"),
        ("name = 3", "name: expected at most 200 characters that can be printed, found 3"),
        ('name = "\\u0007"', "name: expected at most 200 characters"),
        ("lengths = [4, 400]", r"lengths: expected two whole numbers from 1 to 16, found \[4, 400"),
        ("lengths = [true, 4]", "lengths: expected two whole numbers from 1 to 16"),
        ("page = 3", "page: expected a table, found 3"),
        ("[page]\nheight = [8, 1e9]", "page.height: expected the ends of a range from 8 to 400"),
        ("[page]\nheight = [50, 40]", "page.height: expected the ends of a range"),
        ("[page]\nheight = [0, 0]", "page.height: expected the ends of a range"),
        ("[page]\nheight = [50, 60, 0.5]", "page.height: expected a number from 1 to 1, found 0.5"),
        ("[page]\nheight = 50", "page.height: expected the two ends of a range from 8 to 400"),
        ("[digits]\ngap = [nan, nan]", "digits.gap: expected the ends of a range from -0.3 to 1.5"),
        ("[digits]\ngap = [0, 1, 2]", "digits.gap: expected a number from 0 to 1, found 2"),
        ("[digits]\ncells = inf", "digits.cells: expected a number from 0 to 1, found inf"),
        ("[digits]\ncells = true", "digits.cells: expected a number from 0 to 1, found True"),
        ('[digits]\nkinds = ["odd"]', r"digits.kinds\[0\]: expected one of condensed, "),
        ('[digits]\nforms = [["odd", 1]]', r"digits.forms\[0\]\[0\]: expected one of solid, "),
        ('[digits]\nforms = [["solid"]]', r"digits.forms\[0\]: expected a name and its weight"),
        ("[colours]\nschemes = 1", "colours.schemes: expected a list of at most 64, found 1"),
        ('[[layers]]\nkind = "odd"', r"layers\[0\].kind: expected one of speckle, "),
        ('[[layers]]\namount = [1, 2]', r"layers\[0\].kind: expected a value, found none"),
        ('[[layers]]\nkind = "lines"\namount = [1, 1e6]', r"layers\[0\].amount: expected the ends"),
        ('[[layers]]\nkind = "lines"\n' * 65, "layers: expected a list of at most 64"),
        ('[[axes]]\nname = "x"', r"axes\[0\].share: expected a number from 0 to 1, found None"),
    ],
)  # fmt: skip
def test_a_wrong_look_file_says_where(text: str, message: str) -> None:
    with pytest.raises(LookError, match=f"^{message}"):
        parse_look(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("length_weights = [1, 1]", "length_weights: expected as many weights as there are len"),
        ("length_weights = [0]", r"length_weights: expected a weight above 0, found \[0.0\]"),
        ('[colours]\nschemes = []', r"colours.schemes: expected a weight above 0, found \[\]"),
        ("picks = [2, 1]", r"picks: expected the lower number first, found \[2, 1\]"),
        ("picks = [1, 2]\n[[layers]]\nkind = 'lines'", "picks: expected at most the 1 layers"),
        ("[[layers]]\nkind = 'lines'\ncolours = []", r"layers\[0\].colours: expected a colour or"),
        ("[page]\nleast = [99, 99]\nmost = [50, 90]", r"page.least: expected at most \(50, 90\)"),
    ],
)  # fmt: skip
def test_fields_that_do_not_fit_together_are_refused(text: str, message: str) -> None:
    with pytest.raises(LookError, match=f"^{message}"):
        parse_look(f'{SMALL}about = "x"\n{text}')


def test_axes_have_no_axes_and_at_most_all_images() -> None:
    axis = '[[axes]]\nname = "x"\nabout = ""\nlengths = [4, 4]\nshare = 0.6\n'
    assert parse_look(f'{SMALL}about = "x"\n{axis}').axes[0][1] == 0.6
    with pytest.raises(LookError, match=r"^axes: expected shares of 1 together at most"):
        parse_look(f'{SMALL}about = "x"\n{axis}{axis}')
    with pytest.raises(LookError, match=r"^axes\[0\].axes: expected none in an axis"):
        parse_look(f'{SMALL}about = "x"\n{axis}{axis.replace("axes", "axes.axes")}')


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    path = tmp_path / "look.toml"
    with pytest.raises(LookError, match=r"look\.toml: expected a look file, found nothing"):
        read_look(str(path))
    path.write_bytes(b"\xff")
    with pytest.raises(LookError, match=r"look\.toml: expected a look as TOML: "):
        read_look(str(path))
    path.write_text("#" * (MOST_BYTES + 1), encoding="utf-8")
    with pytest.raises(LookError, match=r"look\.toml: expected at most 262,144 bytes"):
        read_look(str(path))
    path.write_text("name = 1", encoding="utf-8")
    with pytest.raises(LookError, match=r"look\.toml: name: expected at most 200"):
        check_look(str(path), "0123456789")


def test_training_keeps_the_content_of_a_look_file(tmp_path: Path) -> None:
    write_look(LOOKS["plain"], tmp_path / "look.toml")
    options = Options(generate=str(tmp_path / "look.toml"))
    for one in choose_settings(None, options=options):
        assert parse_look(one.look) == LOOKS["plain"]


def test_a_generated_folder_keeps_its_look_file(tmp_path: Path) -> None:
    for look in ("plain", "lines"):
        write_look(LOOKS[look], tmp_path / f"{look}.toml")
    folder = tmp_path / "out"
    assert all(generate(read_look(str(tmp_path / "plain.toml")), 3, folder))
    assert parse_look((folder / "look.toml").read_text("utf-8")) == LOOKS["plain"]
    assert not any(generate(read_look(str(tmp_path / "plain.toml")), 3, folder))
    with pytest.raises(FolderError, match="differs from the new look"):
        list(generate(read_look(str(tmp_path / "lines.toml")), 3, folder))
