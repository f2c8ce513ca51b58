"""A look is matched with the synthetic captchas that are most like it."""

from pathlib import Path

import pytest

from benchmarks.defences import generate
from benchmarks.parts.defences import DEFENCES
from digitsolver.audit import defences
from digitsolver.audit.defences import match_defences, read_measured
from digitsolver.audit.images import look_at

HEAD = (
    "defence,strength,reader,labels,images,correct,accuracy,low,high,noise,lines,joined,colours\n"
)
ROWS = (
    "none,-,digitsolver,0,9,9,0.99,0,1,0,0,0,0\n"
    "none,-,digitsolver,50,9,9,1.0,0,1,0,0,0,0\n"
    "noise,4 %,digitsolver,0,9,9,0.9,0,1,0.04,0,0,0\n"
    "noise,20 %,digitsolver,0,9,9,0.5,0,1,0.18,0,0,0\n"
    "none,-,RapidOCR,0,9,9,0.8,0,1,0,0,0,0\n"
    "noise,4 %,RapidOCR,0,9,9,0.6,0,1,0.04,0,0,0\n"
    "noise,4 %,ddddocr,0,9,9,0.7,0,1,0.04,0,0,0\n"
    "length,4 digits,digitsolver,0,9,9,0.97,0,1,0,0,0,0\n"
    "length,6 digits,digitsolver,0,9,9,0.95,0,1,0,0,0,0\n"
)
LOOKS = {(one.name, one.strength): one for one in DEFENCES}


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have other measurements than those of the package."""
    found = read_measured(HEAD + ROWS)
    monkeypatch.setattr(defences, "read_measured", lambda: found)


def test_rows_of_one_place_are_one_step_with_a_rate_for_each_number_of_labels() -> None:
    first, second, *_ = read_measured(HEAD + ROWS)
    assert (first.defence, first.rates) == ("none", {0: 0.99, 50: 1.0})
    assert (second.strength, second.traits.noise) == ("4 %", 0.04)
    assert (first.legible, second.legible) == (0.8, 0.7)


@pytest.mark.usefixtures("measured")
def test_the_nearest_strength_and_the_next_one_are_named(tmp_path: Path) -> None:
    noisy = generate(LOOKS["noise", "20 %"], tmp_path / "noisy", 5, 8)
    found = {one.defence: one for one in match_defences(look_at(noisy), 0)}
    assert (found["noise"].strength, found["noise"].rate) == ("20 %", 0.5)
    assert (found["noise"].stronger, found["noise"].legible) == (None, None)
    plain = generate(LOOKS["none", "-"], tmp_path / "plain", 5, 8)
    found = {one.defence: one for one in match_defences(look_at(plain), 200)}
    assert (found["noise"].strength, found["noise"].rate) == ("-", 0.99)
    assert found["noise"].stronger == 0.9
    assert (found["noise"].legible, found["noise"].stronger_legible) == (0.8, 0.7)
    assert found["noise"].labels == 0  # 50 labels were measured without noise only
    assert "overlap" in found
    assert (found["length"].strength, found["length"].stronger) == ("5 digits", 0.95)


@pytest.mark.usefixtures("measured")
def test_overlap_is_not_judged_under_lines(tmp_path: Path) -> None:
    lines = generate(LOOKS["thin lines", "8"], tmp_path / "lines", 5, 8)
    assert "overlap" not in {one.defence for one in match_defences(look_at(lines), 0)}


def test_the_package_has_measurements_of_every_defence() -> None:
    places = {(one.defence, one.strength) for one in read_measured()}
    assert places == set(LOOKS)
    assert all(0 in one.rates for one in read_measured())
