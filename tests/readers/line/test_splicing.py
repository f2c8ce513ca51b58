"""Cuts between digits, and the splicing of two images."""

import numpy as np

from digitsolver.readers.line.splicing import Splicer, find_cuts
from tests.readers.line.prepared import frames_of


def test_cuts_lie_where_the_ink_is_least() -> None:
    image = np.full((48, 40, 3), 100, np.uint8)
    image[9:39, 4:12, 0] = image[9:39, 22:32, 0] = 200  # the middle of the gap is 17
    image[9:39, 12:16, 0] = image[9:39, 19:22, 0] = 120  # smears beside them
    cuts = find_cuts(image, frames_of(".0....1..."), [0, 1])
    assert cuts is not None
    assert cuts.tolist() == [17]
    assert find_cuts(image, frames_of("." * 10), [0, 1]) is None


def test_splice_joins_the_parts_of_two_images() -> None:
    images = [np.full((48, 96, 3), level, np.uint8) for level in (50, 200)]
    splicer = Splicer(images, ["12", "34"], {0: np.array([48]), 1: np.array([48])})
    found = {splicer.splice(0, np.random.default_rng(seed))[1] for seed in range(20)}
    assert found == {"14", "32"}
    for seed in range(20):
        joined, text = splicer.splice(0, np.random.default_rng(seed))
        levels = (50, 200) if text == "14" else (200, 50)
        assert (joined[:, :48] == levels[0]).all()
        assert (joined[:, 48:] == levels[1]).all()


def test_splice_leaves_what_it_cannot_cut() -> None:
    images = [np.full((48, 96, 3), level, np.uint8) for level in (50, 200)]
    rng = np.random.default_rng(0)
    assert Splicer(images, ["12", "34"], {0: np.array([48])}).splice(1, rng)[1] == "34"
    cuts = {0: np.array([48]), 1: np.array([30, 60])}
    assert Splicer(images, ["12", "345"], cuts).splice(0, rng)[1] == "12"
