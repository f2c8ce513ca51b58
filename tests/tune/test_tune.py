"""The style of a folder: measured, and chosen among the named ones."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from collector.draw import draw_one, encode
from digitsolver import tune
from digitsolver.datasets import Sample, common_length
from digitsolver.errors import FolderError, StyleError
from digitsolver.io.images import read_image, write_png
from digitsolver.io.working_size import WORKING_PIXELS
from digitsolver.pipeline.named_styles import STYLES
from digitsolver.pipeline.style import RANGES, Style, write_style
from digitsolver.pipeline.trace import trace
from digitsolver.stages import CLEANERS, PITCH
from digitsolver.tune import images, likeness, measure, quality, search
from digitsolver.tune.trials import Trial
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
    """Return a blank image, no image, and a file that is not there."""
    write_png(tmp_path / "1-42.png", np.full((20, 40), 255, np.uint8))
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
    assert measure.CROP_HEIGHTS[0] <= found.crop_height <= measure.CROP_HEIGHTS[1]


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
    assert len(tune.choose(speckle[:count], rounds=0)) == len(STYLES)


def test_large_digits_keep_to_the_ranges(tmp_path: Path) -> None:
    image = np.full((6000, 20), 255, np.uint8)
    image[50:5950, 7:12] = 0
    write_png(tmp_path / "0-1.png", image)
    found = tune.complete(Style(), [Sample(tmp_path / "0-1.png", "1")])
    assert found.window_height == RANGES["window_height"][1]
    assert (found.crop_height, found.crop_width) == (32, 8)


def test_captchas_far_larger_than_the_rest_do_not_choose_the_style(
    speckle: list[Sample], tmp_path: Path
) -> None:
    large = speckle[0].read().repeat(20, axis=0).repeat(20, axis=1)
    write_png(tmp_path / "0-1.png", large)
    some = [Sample(tmp_path / "0-1.png", speckle[0].label), *speckle[:6]]
    compared = images.read(some, 6)
    assert compared.samples == some[1:]
    assert len(images.read(some[:1], 6)) == 1
    assert images.read(some[:1], 6).originals[0].size <= 3 * WORKING_PIXELS


@pytest.mark.parametrize(
    ("labels", "length"),
    [(["12", "34"], 2), (["12", "345"], None), ([None, "12"], 2), ([None], None), ([], None)],
)
def test_common_length(labels: list[str | None], length: int | None) -> None:
    samples = [Sample(Path(f"{number}.png"), label) for number, label in enumerate(labels)]
    assert common_length(sample.label for sample in samples) == length


def wide_bars(folder: Path, label: str) -> Sample:
    """Draw black bars that touch, each as wide as it is high: a pitch of 1."""
    path = folder / f"{len(list(folder.iterdir()))}-{label}.png"
    image = np.full((60, 200), 255, np.uint8)
    image[5:25, 10 : 10 + 20 * len(label)] = 0
    write_png(path, image)
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
    assert tune.complete(Style(), samples).pitch == measure.PITCHES[0] == PITCH


# --- choose -------------------------------------------------------------------------------


def score(found: Sequence[tune.Candidate], name: str) -> float:
    return next(one.score for one in found if one.change == name)


def test_what_removes_noise_is_chosen_for_noise(speckle: list[Sample]) -> None:
    some = speckle[:20]
    found = tune.choose(some, rounds=1)
    assert {"speckles", "noise"} & set(found[0].style.cleaners)
    assert found[0].score > 0.7
    assert found[0].score > score(found, "plain")
    assert (found[0].segmented, found[0].captchas, found[0].judged) == (20, 20, 120)
    scores = [one.score for one in found[1:]]
    assert scores == sorted(scores, reverse=True)
    again = tune.choose(some[::-1], rounds=0)
    assert again == tune.choose(some, rounds=0)


def test_plain_digits_need_no_strong_cleaner(plain: list[Sample]) -> None:
    found = tune.choose(plain[:20], rounds=1)
    assert found[0].score > 0.7
    assert score(found, "plain") > found[0].score - 0.15


def test_without_labels(speckle: list[Sample]) -> None:
    some = without_labels(speckle)[:12]
    found = tune.choose(some, length=6, rounds=1)
    assert found[0].style.length == 6
    assert all(0 < one.score < 1 and not one.judged for one in found)
    assert {"speckles", "noise", "specks"} & set(found[0].style.cleaners)


def test_progress_counts_the_tries(plain: list[Sample]) -> None:
    steps: list[tuple[int, int]] = []
    tune.choose(plain[:8], rounds=1, progress=lambda done, total, text: steps.append((done, total)))
    assert steps == [(done, tune.most_tries(1)) for done in range(1, len(steps) + 1)]
    assert len(STYLES) < len(steps) <= tune.most_tries(1) < tune.most_tries()


def test_mixed_lengths_and_sizes(plain: list[Sample], tmp_path: Path) -> None:
    found = tune.choose([*plain[:8], *make(tmp_path, "lines", 8)], rounds=0)
    assert found[0].style.length is None
    assert found[0].style.lengths == (4, 5)
    assert found[0].score > 0


def test_captchas_that_cannot_be_segmented_count_nothing(
    plain: list[Sample], bad: list[Sample]
) -> None:
    found = tune.choose([*plain[:6], *bad], rounds=0)
    assert {(one.segmented, one.captchas) for one in found} == {(6, 9)}
    assert found[0].score <= 6 / 9


@pytest.mark.parametrize("labels", [["11", "11", "11", "11", "11"], ["11", "11", "11", "11", "17"]])
def test_hardly_any_digits_to_tell_apart(tmp_path: Path, labels: list[str]) -> None:
    """A captcha whose digits no other has is no reason to fail."""
    samples = [Sample(path, path.stem[-2:]) for path in templates.write(tmp_path, labels)]
    assert 0.7 < tune.choose(samples, rounds=0)[0].score <= 1


def test_one_digit_has_no_steps(tmp_path: Path) -> None:
    samples = [Sample(path) for path in templates.write(tmp_path, ["3", "3"])]
    assert tune.choose(samples, length=1, rounds=0)[0].score > 0.9


def test_neither_labels_nor_length(plain: list[Sample]) -> None:
    found = tune.choose(without_labels(plain), rounds=0)
    assert found[0].style.length is None
    assert found[0].score > 0.5


def test_labels_of_which_few_can_be_segmented(tmp_path: Path, bad: list[Sample]) -> None:
    good = [Sample(path, path.stem[-2:]) for path in templates.write(tmp_path / "good", ["42"])]
    found = tune.choose([*good, *bad, Sample(tmp_path / "4-42.png", "42")], rounds=0)
    assert {one.score for one in found} == {0.0}


# --- changes ------------------------------------------------------------------------------


def test_changes_are_single_and_all_differ() -> None:
    trial = Trial(Style(cleaners=("frame", "specks"), stroke=4.0))
    found = dict(search.changes(trial))
    assert trial not in found.values()
    assert len(set(found.values())) == len(found)
    assert found["without frame"].style.cleaners == ("specks",)
    assert found["with curves"].style.cleaners == ("frame", "curves", "specks")
    assert found["projection ink"] == Trial(replace(trial.style, projection="ink"))
    assert found["wider stroke"].style.stroke == 5.0
    assert found["narrower window"].scales == (1.0, 0.8)
    assert set(search.ORDER) == set(CLEANERS)


@pytest.mark.parametrize(
    ("worse", "steps", "taken"),
    [
        ([0.0, 0.0, 0.0, 0.0], 1, "simple"),  # as good
        ([0.5, 0.0, 0.0, 0.0], 1, "simple"),  # worse by .125, the standard error .125
        ([0.5, 0.5, 0.5, 0.0], 1, "best"),
        ([0.0, 0.0, 0.0, 0.0], 3, "best"),
    ],
)
def test_the_simplest_that_is_not_clearly_worse_is_taken(
    worse: list[float], steps: int, taken: str
) -> None:
    best = candidate("best", 2, np.ones(4))
    simple = candidate("simple", steps, np.ones(4) - worse)
    assert search._taken([best, simple]).change == taken


def candidate(name: str, steps: int, outcome: NDArray[np.float64]) -> tune.Candidate:
    one = Style(name=name, cleaners=search.ORDER[:steps])
    score = float(outcome.mean())
    return tune.Candidate(one, score, score, 4, 4, 16, name, Trial(one), outcome)


# --- images, likeness, quality ----------------------------------------------------------


@pytest.mark.parametrize(
    "settings",
    [
        Style(length=6, stroke=2.0, cleaners=("noise", "shadows", "curves"), rows="digit"),
        Style(length=6, stroke=2.0, projection="ink", segmenter="contours", cleaners=("specks",)),
    ],
)
def test_images_are_cut_as_a_trace_cuts_them(settings: Style, speckle: list[Sample]) -> None:
    some = images.read(speckle[:2], None)
    cut = some.cut(1, settings)
    settings = replace(settings, window_height=24, window_width=18)
    found = trace(some.originals[1], settings)
    assert (cut.cleaned == found.cleaned).all()
    assert cut.boxes.tolist() == found.boxes.tolist()
    assert (cut.crops(settings) == found.crops).all()


def test_images_are_cleaned_once(speckle: list[Sample]) -> None:
    some = images.read(speckle[:1], None)
    settings = Style(stroke=2.0, cleaners=("noise", "specks"))
    first = some.cleaned(0, settings)
    assert some.cleaned(0, replace(settings, segmenter="equal")) is first
    for number in range(images.KEPT + 1):
        some.cleaned(0, replace(settings, stroke=3.0 + number))
    assert some.cleaned(0, settings) is not first
    assert (some.cleaned(0, settings) == first).all()


def test_large_images_are_compared_in_small_number(
    plain: list[Sample], monkeypatch: pytest.MonkeyPatch
) -> None:
    size = read_image(plain[0].path).size // 3
    monkeypatch.setattr(images, "PIXELS", 3 * size)
    assert len(images.read(plain, None)) == 3


def drawn_crops(copies: int) -> NDArray[np.uint8]:
    """Return squares, crosses and bars, each some times, and each time at another place."""
    crops = np.full((3 * copies, 24, 20), 255, np.uint8)
    for index in range(copies):
        y, x = 4 + index % 3, 3 + index % 4
        crops[3 * index, y : y + 14, x : x + 10] = 0
        crops[3 * index, y + 3 : y + 11, x + 3 : x + 7] = 255
        crops[3 * index + 1, y + 6 : y + 9, x : x + 10] = 0
        crops[3 * index + 1, y : y + 14, x + 4 : x + 7] = 0
        crops[3 * index + 2, y : y + 14, x + 4 : x + 7] = 0
    return crops


def test_shapes_are_told_apart_wherever_they_stand() -> None:
    crops = drawn_crops(12)
    labels, captchas = np.array(list("082" * 12)), np.repeat(np.arange(12), 3)
    told = likeness.margins(likeness.features(crops), labels, captchas)
    assert (told > 0.2).all()


def test_a_captcha_does_not_speak_for_its_own_labels() -> None:
    labels, captchas = np.array(list("082" * 12)), np.repeat(np.arange(12), 3)
    labels[0] = "7"  # a digit that no other captcha has
    told = likeness.margins(likeness.features(drawn_crops(12)), labels, captchas)
    assert told[0] < 0
    assert (told[1:] > 0).mean() > 0.9


def test_crops_of_one_digit_or_of_none_give_finite_margins() -> None:
    crops, captchas = drawn_crops(4), np.repeat(np.arange(4), 3)
    assert (likeness.margins(likeness.features(crops), np.full(12, "1"), captchas) == 1).all()
    blank = likeness.features(np.full_like(crops, 255))
    assert np.isfinite(likeness.margins(blank, np.array(list("082" * 4)), captchas)).all()


def test_labels_that_tell_nothing_are_told_by_chance() -> None:
    rng = np.random.default_rng(0)
    labels = rng.permutation(np.array(list("082" * 12)))
    told = likeness.margins(likeness.features(drawn_crops(12)), labels, np.repeat(np.arange(12), 3))
    assert (told > 0).mean() < 0.7


def cut_of(cleaned: NDArray[np.uint8], spans: list[tuple[int, int]]) -> images.Cut:
    found = np.array(spans)
    boxes = np.array([(start, 0, stop - start, len(cleaned)) for start, stop in spans])
    return images.Cut("kmeans", found.mean(axis=1), found, boxes, cleaned, cleaned, (0, 0, 30, 10))


def three_bars() -> NDArray[np.uint8]:
    grey = np.full((10, 30), 255, np.uint8)
    grey[1:9, 3:7] = grey[1:9, 13:17] = grey[1:9, 23:27] = 0
    return grey


THIRDS = [(0, 10), (10, 20), (20, 30)]


def test_evenness() -> None:
    assert quality.evenness(cut_of(three_bars(), THIRDS)) == 1
    assert quality.evenness(cut_of(three_bars(), [(0, 10)])) == 1
    # steps of 7.5 and 12.5: 2.5 / 10 off
    assert quality.evenness(cut_of(three_bars(), [(0, 10), (10, 15), (20, 30)])) == 0.8


def test_wholeness() -> None:
    grey = three_bars()
    assert quality.wholeness(cut_of(grey, THIRDS)) == 1
    grey[4, 7:13] = 0  # 32 of 70 pixels for two of the three
    assert quality.wholeness(cut_of(grey, THIRDS)) == pytest.approx((35 / 70 + 35 / 70 + 1) / 3)
    grey = three_bars()
    grey[4:6, 3:7] = 255  # in two pieces of 12 pixels, of 24
    assert quality.wholeness(cut_of(grey, THIRDS)) == pytest.approx((12 / 24 + 1 + 1) / 3)
    assert quality.wholeness(cut_of(np.full((10, 30), 255, np.uint8), THIRDS)) == 0


def test_steadiness() -> None:
    cut = cut_of(three_bars(), THIRDS)
    assert quality.steadiness(cut, cut) == 1
    moved = cut_of(three_bars(), [(1, 11), (10, 20), (25, 45)])  # by 1, 0 and 10 of 5 columns
    assert quality.steadiness(cut, moved) == pytest.approx((0.8 + 1 + 0) / 3)


def test_repetition() -> None:
    crops = np.full((6, 12, 10), 255, np.uint8)
    crops[::2, :, :5] = crops[1::2, :6] = 0
    captchas = np.array([0, 0, 1, 1, 2, 2])
    same = quality.repetition(crops[[0, 1, 0, 1, 0, 1, 0, 1]], np.arange(8) // 2)
    assert same.tolist() == [1] * 8
    assert (quality.repetition(crops, captchas) < 1).all()  # two alike and one that is not
    assert quality.repetition(crops[:2], captchas[:2]).tolist() == [1, 1]


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
    write_style(made, tmp_path / "mine.toml")
    assert tune.resolve(str(tmp_path / "mine.toml"), plain) == made
    some = plain[:6]
    assert tune.resolve("auto", some) == tune.choose(some, rounds=tune.FEW_ROUNDS)[0].style
    with pytest.raises(StyleError, match="style 'best': expected auto, plain"):
        tune.resolve("best", plain)
