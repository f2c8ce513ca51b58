"""Traits show which defence captchas have."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks.defences import generate
from benchmarks.parts.defences import DEFENCES, Defence
from digitsolver.audit.images import look_at
from digitsolver.audit.traits import Traits, mean_traits, traits_of
from digitsolver.datasets import Sample

LOOKS = {(one.name, one.strength): one for one in DEFENCES}


def traits(defence: Defence, folder: Path) -> Traits:
    """Return the mean traits of a few captchas with a defence."""
    found = mean_traits(look_at(generate(defence, folder, 3, 12)).traits)
    assert found
    return found


@pytest.mark.parametrize(
    ("defence", "trait"),
    [
        (("noise", "20 %"), "noise"),
        (("thick lines", "3"), "lines"),
        (("overlap", "a fifth"), "joined"),
        (("colour clutter", "16 %"), "colours"),
    ],
)
def test_a_defence_shows_in_its_trait(tmp_path: Path, defence: tuple[str, str], trait: str) -> None:
    plain = traits(LOOKS["none", "-"], tmp_path / "plain")
    with_it = traits(LOOKS[defence], tmp_path / "defended")
    assert getattr(with_it, trait) > getattr(plain, trait) + 0.1


def test_a_blank_image_has_no_traits() -> None:
    blank = traits_of(np.full((40, 90, 3), 255, np.uint8), 4)
    assert blank == Traits(0.0, 0.0, 1.0, 0.0)


def test_what_cannot_be_read_counts_not(tmp_path: Path) -> None:
    (tmp_path / "1-12.png").write_bytes(b"none")
    assert mean_traits(look_at([Sample(tmp_path / "1-12.png", "12")]).traits) is None
