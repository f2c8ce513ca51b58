"""The style of a folder: measured, and chosen among the named ones."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from collector.draw import draw_one, encode
from digitsolver import image, style, tune
from digitsolver.errors import FolderError, StyleError
from digitsolver.samples import Sample
from digitsolver.stages import PITCH
from digitsolver.style import STYLES, Style
from digitsolver.tracing import trace
from tests import templates

COUNT = 40


def make(folder: Path, look: str, count: int = COUNT, length: int | None = None) -> list[Sample]:
    samples = []
    for index in range(count):
        drawn = draw_one(look, seed=3, index=index, length=length)
        data, extension = encode(drawn)
        samples.append(Sample(folder / f"{look}{index:03}-{drawn.label}.{extension}", drawn.label))
        samples[-1].path.write_bytes(data)
    return samples


def without_labels(samples: Sequence[Sample]) -> list[Sample]:
    return [replace(sample, label=None) for sample in samples]


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> list[Sample]:
    return make(tmp_path_factory.mktemp("plain"), "plain")


@pytest.fixture(scope="module")
def speckle(tmp_path_factory: pytest.TempPathFactory) -> list[Sample]:
    return make(tmp_path_factory.mktemp("speckle"), "speckle")


@pytest.fixture
def bad(tmp_path: Path) -> list[Sample]:
    """Return a blank picture, no picture, and a file that is not there."""
    image.write_png(tmp_path / "1-42.png", np.full((20, 40), 255, np.uint8))
    (tmp_path / "2-42.png").write_text("text")
    return [Sample(tmp_path / f"{number}-42.png", "42") for number in (1, 2, 3)]


# --- complete -----------------------------------------------------------------------------


def test_complete_measures_what_is_open(tmp_path: Path) -> None:
    samples = [Sample(path, path.stem[-4:]) for path in templates.write(tmp_path, ["2805", "6391"])]
    found = tune.complete(Style(name="mine", cleaners=("frame",)), samples)
    assert (found.name, found.cleaners, found.length) == ("mine", ("frame",), 4)
    heights = [trace(sample.path, length=4).boxes[0, 3] for sample in samples]
    assert found.window_height == pytest.approx(1.4 * np.mean(heights), abs=2)
    assert found.window_width is not None
    assert 10 < found.window_width < 2 * templates.PITCH
    assert found.stroke is not None
    assert 1 <= found.stroke <= 8
    assert tune.CROP_HEIGHTS[0] <= found.crop_height <= tune.CROP_HEIGHTS[1]


def test_complete_keeps_what_is_said(plain: list[Sample]) -> None:
    said = Style(length=4, stroke=3.5, window_height=30, window_width=22, crop_height=30)
    assert tune.complete(said, plain) == said
    partly = tune.complete(Style(stroke=3.5, window_height=30), plain)
    assert (partly.stroke, partly.window_height) == (3.5, 30)
    assert partly.window_width is not None


def test_complete_keeps_a_size_of_crops_that_is_said(plain: list[Sample]) -> None:
    found = tune.complete(Style(crop_height=52, crop_width=32, channels=3), plain)
    assert (found.crop_height, found.crop_width, found.channels) == (52, 32, 3)
    assert found.window_height == tune.complete(Style(), plain).window_height


def test_complete_is_deterministic(plain: list[Sample]) -> None:
    assert tune.complete(Style(), plain) == tune.complete(Style(), plain[::-1])


@pytest.mark.parametrize("count", [1, 2])
def test_few_samples_are_enough(speckle: list[Sample], count: int) -> None:
    assert tune.complete(STYLES["speckle"], speckle[:count]).length == 6
    assert len(tune.choose(speckle[:count])) == len(STYLES)


def test_large_digits_keep_to_the_ranges(tmp_path: Path) -> None:
    picture = np.full((3200, 400), 255, np.uint8)
    picture[50:3150, 150:250] = 0
    image.write_png(tmp_path / "0-1.png", picture)
    found = tune.complete(Style(), [Sample(tmp_path / "0-1.png", "1")])
    assert found.window_height == style.RANGES["window_height"][1]
    assert (found.crop_height, found.crop_width) == (32, 8)


@pytest.mark.parametrize(
    ("labels", "length"),
    [(["12", "34"], 2), (["12", "345"], None), ([None, "12"], 2), ([None], None), ([], None)],
)
def test_common_length(labels: list[str | None], length: int | None) -> None:
    samples = [Sample(Path(f"{number}.png"), label) for number, label in enumerate(labels)]
    assert tune.common_length(samples) == length


def wide_bars(folder: Path, label: str) -> Sample:
    """Draw black bars that touch, each as wide as it is high: a pitch of 1."""
    path = folder / f"{len(list(folder.iterdir()))}-{label}.png"
    picture = np.full((60, 200), 255, np.uint8)
    picture[5:25, 10 : 10 + 20 * len(label)] = 0
    image.write_png(path, picture)
    return Sample(path, label)


def test_lengths_that_vary_are_measured(tmp_path: Path) -> None:
    samples = [wide_bars(tmp_path, label) for label in ("123", "1234", "123456", "12345678") * 8]
    found = tune.complete(Style(), samples)
    assert (found.length, found.lengths) == (None, (3, 8))
    assert [len(trace(sample.path, found).crops) for sample in samples[:4]] == [3, 4, 6, 8]
    assert len(trace(samples[3].path, replace(found, pitch=None, lengths=None)).crops) > 8
    said = Style(lengths=(2, 9), pitch=0.5)
    kept = tune.complete(said, samples)
    assert (kept.lengths, kept.pitch) == ((2, 9), 0.5)


def test_lengths_are_not_measured_where_there_is_one_or_no_label(plain: list[Sample]) -> None:
    for samples in (plain, without_labels(plain)):
        found = tune.complete(Style(), samples)
        assert (found.lengths, found.pitch) == (None, None)


def test_the_usual_pitch_is_taken_where_others_are_no_better(tmp_path: Path) -> None:
    samples = [Sample(path, path.stem[5:]) for path in templates.write(tmp_path, ["28", "285"])]
    assert tune.complete(Style(), samples).pitch == tune.PITCHES[0] == PITCH


# --- choose -------------------------------------------------------------------------------


def score(found: Sequence[tune.Candidate], name: str) -> float:
    return next(one.score for one in found if one.style.name == name)


def test_speckle_is_chosen_for_speckle(speckle: list[Sample]) -> None:
    found = tune.choose(speckle)
    assert found[0].style.name == "speckle"
    assert found[0].score > 0.6
    assert found[0].score > score(found, "plain") + 0.05
    assert (found[0].segmented, found[0].captchas) == (COUNT, COUNT)
    assert found == tune.choose(speckle[::-1])
    assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)


def test_plain_digits_need_no_strong_cleaner(plain: list[Sample]) -> None:
    found = tune.choose(plain)
    assert found[0].score > 0.7
    assert score(found, "plain") > found[0].score - 0.1


def test_without_labels(speckle: list[Sample]) -> None:
    found = tune.choose(without_labels(speckle), length=6)
    assert found[0].style.length == 6
    assert all(0.5 < one.score <= 1 for one in found)
    assert found == tune.choose(without_labels(speckle), length=6)


def test_mixed_lengths_and_sizes(plain: list[Sample], tmp_path: Path) -> None:
    found = tune.choose([*plain[:8], *make(tmp_path, "lines", 8)])
    assert found[0].style.length is None
    assert found[0].style.lengths == (4, 5)
    assert found[0].score > 0


def test_captchas_that_cannot_be_segmented_count_nothing(
    plain: list[Sample], bad: list[Sample]
) -> None:
    found = tune.choose([*plain[:6], *bad])
    assert {(one.segmented, one.captchas) for one in found} == {(6, 9)}
    assert found[0].score <= 6 / 9


@pytest.mark.parametrize("labels", [["11", "11", "11", "11", "11"], ["11", "11", "11", "11", "17"]])
def test_hardly_any_digits_to_tell_apart(tmp_path: Path, labels: list[str]) -> None:
    """A fold of one digit only is no reason to fail."""
    samples = [Sample(path, path.stem[-2:]) for path in templates.write(tmp_path, labels)]
    assert 0.7 < tune.choose(samples)[0].score <= 1


def test_one_digit_has_no_steps(tmp_path: Path) -> None:
    samples = [Sample(path) for path in templates.write(tmp_path, ["3", "4"])]
    assert tune.choose(samples, length=1)[0].score == 1


def test_neither_labels_nor_length(plain: list[Sample]) -> None:
    found = tune.choose(without_labels(plain))
    assert found[0].style.length is None
    assert score(found, "plain") > 0.5


def test_labels_of_which_few_can_be_segmented(tmp_path: Path, bad: list[Sample]) -> None:
    good = [Sample(path, path.stem[-2:]) for path in templates.write(tmp_path / "good", ["42"])]
    found = tune.choose([*good, *bad, Sample(tmp_path / "4-42.png", "42")])
    assert {one.score for one in found} == {0.0}


# --- what cannot be tuned on --------------------------------------------------------------


def test_no_captcha_that_can_be_segmented(bad: list[Sample]) -> None:
    message = "expected captchas that can be segmented, found none; the first: .*1-42.png: expected"
    with pytest.raises(FolderError, match=message):
        tune.choose(bad)
    with pytest.raises(FolderError, match=message):
        tune.complete(Style(stroke=2.0, window_height=20), bad)


def test_no_samples() -> None:
    for act in (tune.choose, lambda samples: tune.complete(Style(), samples)):
        with pytest.raises(
            FolderError, match="expected captchas to measure a style on, found none"
        ):
            act([])


# --- resolve ------------------------------------------------------------------------------


def test_resolve(plain: list[Sample], tmp_path: Path) -> None:
    assert tune.resolve("plain", plain) == tune.complete(STYLES["plain"], plain)
    made = Style(name="mine", length=4, stroke=2.0, window_height=20, window_width=20)
    style.dump(made, tmp_path / "mine.toml")
    assert tune.resolve(str(tmp_path / "mine.toml"), plain) == made
    some = plain[:8]
    assert tune.resolve("auto", some) == tune.choose(some)[0].style
    with pytest.raises(StyleError, match="style 'best': expected auto, plain"):
        tune.resolve("best", plain)


def candidate(name: str, score: float, *, specks: float = 0.0, judged: int = 600) -> tune.Candidate:
    return tune.Candidate(STYLES[name], score, 100, 100, judged, specks)


@pytest.mark.parametrize(
    ("candidates", "taken"),
    [
        # 588 of 600: the 95 % interval begins at .965
        ([candidate("plain", 0.97), candidate("lines", 0.98)], "plain"),
        ([candidate("plain", 0.95), candidate("lines", 0.98)], "lines"),
        ([candidate("plain", 0.97, judged=0), candidate("lines", 0.98, judged=0)], "lines"),
        # much ink in specks: only what removes speckles, though another scores far better
        ([candidate("plain", 0.9, specks=0.6), candidate("speckle", 0.91),
          candidate("lines", 0.99)], "speckle"),
        ([candidate("plain", 0.9, specks=0.1), candidate("speckle", 0.91),
          candidate("lines", 0.99)], "lines"),
        ([candidate("plain", 0.9, specks=0.6), candidate("lines", 0.99)], "lines"),
    ],
)  # fmt: skip
def test_which_candidate_is_taken(candidates: list[tune.Candidate], taken: str) -> None:
    assert tune._taken(candidates).style.name == taken
