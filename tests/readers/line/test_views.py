"""Look at an image several times, and read all views together."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import ArrayLike, NDArray

from digitsolver import bundle
from digitsolver.errors import SegmentationError
from digitsolver.readers.line.ctc import Decoded, decode, rate
from digitsolver.readers.line.lengths import SeenLengths
from digitsolver.readers.line.prepare import NARROWEST, WIDEST
from digitsolver.readers.line.reader import LineReader
from digitsolver.readers.line.views import SURE, Decoder, other_views
from digitsolver.readers.onnx_network import Network
from digitsolver.results import Reading
from tests.templates import draw_marks, make_line_bundle


def view(rows: list[list[float]]) -> NDArray[np.float64]:
    """Return the logarithms of the probabilities of a, b and the blank, frame by frame."""
    return np.asarray(np.log(rows))


# --- the views ------------------------------------------------------------------------------


def bar(columns: int) -> NDArray[np.uint8]:
    """Return an image with an upright bar in its middle."""
    image = np.zeros((48, columns, 3), np.uint8)
    image[4:44, columns // 2 - 3 : columns // 2 + 3] = 200
    return image


def lean(image: NDArray[np.uint8]) -> float:
    """Return how far the bar lies further right at its top than at its bottom, in columns."""
    columns = np.arange(image.shape[1])
    weights = image[:, :, 0].astype(float)
    top, bottom = weights[8:16].sum(axis=0), weights[32:40].sum(axis=0)
    return float(top @ columns / top.sum() - bottom @ columns / bottom.sum())


def test_one_leans_left_and_is_wider_one_leans_right_and_is_narrower() -> None:
    wider, narrower, smooth = other_views(bar(144))
    assert [one.shape[1] for one in (wider, narrower, smooth)] == [160, 128, 144]
    assert lean(wider) < -0.8
    assert lean(narrower) > 0.8
    assert abs(lean(smooth)) < 0.1


def test_smoothing_takes_specks_away() -> None:
    image = bar(144)
    image[20, 20] = 255
    assert other_views(image)[2][20, 20].max() == 0


def test_bars_stay_in_the_middle() -> None:
    for one in other_views(bar(144)):
        middle = one[22:26, :, 0].sum(axis=0).argmax() / one.shape[1]
        assert middle == pytest.approx(0.5, abs=0.03)


def test_widths_stay_within_what_networks_know() -> None:
    assert [one.shape[1] for one in other_views(bar(NARROWEST))] == [112, NARROWEST, NARROWEST]
    assert other_views(bar(WIDEST))[0].shape[1] == WIDEST + 16
    assert {one.shape[1] for one in other_views(bar(144), fixed=True)} == {144}


def test_a_image_is_left_as_it_is() -> None:
    image = bar(144)
    before = image.copy()
    other_views(image)
    assert np.array_equal(image, before)


# --- reading them together ------------------------------------------------------------------


def read(views: Sequence[ArrayLike], length: int | None = None, *, heads: bool = False) -> Decoded:
    decoder = Decoder("ab", length, heads=heads)
    return decoder.together(decoder.first(views[0]), views)


def test_a_text_of_a_length_that_no_label_had_counts_less() -> None:
    """The text "a" is four times as probable as "ab", and no label of 98 had one character."""
    short = view([[0.8, 0.1, 0.1], [0.1, 0.1, 0.8], [0.02, 0.1, 0.88]])
    seen = SeenLengths(2, 3, labels=98)
    assert Decoder("ab").first(short).text == "a"
    found = Decoder("ab", seen=seen).first(short)
    assert (found.text, found.confidence_given_length) == ("ab", found.confidence)
    assert Decoder("ab", 1, seen=seen).first(short).text == "a"
    sure = view([[0.998, 0.001, 0.001], [0.0001, 0.0001, 0.9998]])
    assert Decoder("ab", seen=seen).first(sure).text == "a"
    assert Decoder("ab", seen=seen).together(decode(short, "ab"), [short, short]).text == "ab"
    assert Decoder("ab", seen=SeenLengths(9, 9, 98)).first(sure).text == "a"


FOR_A = [[0.6, 0.3, 0.1]]
FOR_B = [[0.1, 0.8, 0.1]]


def test_the_mean_decides() -> None:
    found = read([view(FOR_A), view(FOR_B)])
    assert found.text == "b"
    assert found.confidence == pytest.approx((0.3 + 0.8) / 2)
    assert read([view(FOR_A)] * 3 + [view(FOR_B)]).text == "a"


def test_one_view_reads_as_without_views() -> None:
    rng = np.random.default_rng(3)
    for _ in range(20):
        logits = rng.normal(0, 3, (12, 3))
        assert read([logits]) == decode(logits, "ab")


def test_equal_views_change_nothing() -> None:
    logits = np.random.default_rng(4).normal(0, 3, (12, 3))
    alone, found = decode(logits, "ab", length=4), read([logits] * 3, 4)
    assert (found.text, found.spans) == (alone.text, alone.spans)
    assert found.confidence == pytest.approx(alone.confidence)
    assert found.confidences == pytest.approx(alone.confidences)


def test_characters_lie_where_the_plain_view_has_them() -> None:
    plain = view([[0.8, 0.1, 0.1], [0.05, 0.05, 0.9], [0.05, 0.05, 0.9]])
    later = view([[0.05, 0.05, 0.9], [0.05, 0.05, 0.9], [0.05, 0.05, 0.9], [0.1, 0.8, 0.1]])
    surer = view([[0.05, 0.05, 0.9]] * 3 + [[0.01, 0.98, 0.01]])
    found = read([plain, later, surer])
    assert found.text == "b"
    assert all(0 <= first <= last < len(plain) for first, last in found.spans)


def test_lengths_are_kept_by_every_view() -> None:
    rng = np.random.default_rng(5)
    for _ in range(50):
        views = [rng.normal(0, 1, (frames, 3)) for frames in (12, 14, 10)]
        assert len(read(views, 5).text) == 5


def test_a_view_with_too_few_frames_says_nothing() -> None:
    plain, short = np.log(np.full((5, 3), 1 / 3)), np.log(np.full((2, 3), 1 / 3))
    assert len(read([plain, short], 4).text) == 4
    with pytest.raises(SegmentationError, match="length"):
        read([short, plain], 4)


def test_no_text_is_taken_that_the_plain_view_has_no_room_for() -> None:
    plain = np.log(np.full((2, 3), 1 / 3))
    wide = view([[0.98, 0.01, 0.01], [0.01, 0.98, 0.01], [0.98, 0.01, 0.01]])
    assert len(read([plain, wide, wide]).text) <= 2


def test_rate_says_what_decode_says() -> None:
    logits = np.random.default_rng(6).normal(0, 2, (10, 3))
    for length in (None, 3):
        found = decode(logits, "ab", length=length)
        rated = rate(logits, "ab", found.text, length)
        assert rated.confidence == pytest.approx(found.confidence)
        assert rated.confidence_given_length == pytest.approx(found.confidence_given_length)
        assert rated.spans == found.spans
    assert rate(logits, "ab", "ab", 3).confidence == 0


def test_both_confidences_are_means_over_the_views() -> None:
    views = [view([[0.6, 0.2, 0.2]]), view([[0.1, 0.1, 0.8]])]
    found = read(views, 1)
    assert found.text == "a"
    assert found.confidence == pytest.approx((0.6 + 0.1) / 2)
    assert found.confidence_given_length == pytest.approx((0.6 / 0.8 + 0.1 / 0.2) / 2)


def test_positions_are_read_by_their_mean() -> None:
    one, other = np.log([[0.6, 0.4], [0.1, 0.9]]), np.log([[0.2, 0.8], [0.1, 0.9]])
    found = read([one, other], heads=True)
    assert found.text == "bb"
    assert found.confidences == pytest.approx([0.6, 0.9])


# --- in the reader --------------------------------------------------------------------------


class Counting(Network):
    """Count the images that a network sees, and let it be as sure as told."""

    cooling, seen = 1.0, 0

    def scaled(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        self.seen += len(images)
        return super().scaled(images) * np.float32(self.cooling)


@pytest.mark.parametrize(("cooling", "views"), [(1.0, 1), (0.2, 4)])
def test_only_who_is_unsure_looks_again(tmp_path: Path, cooling: float, views: int) -> None:
    reader = LineReader(bundle.load(make_line_bundle(tmp_path / "model")), threads=1)
    counting = Counting(reader.bundle, threads=1)
    counting.cooling = cooling
    reader._quick = reader._network = counting
    texts = ["0110", "10", "0011"]
    answers = reader.read([draw_marks(text) for text in texts], None)
    readings = [answer for answer in answers if isinstance(answer, Reading)]
    assert [reading.text for reading in readings] == texts
    assert counting.seen == views * len(texts)
    assert [reading.confidence >= SURE for reading in readings] == [views == 1] * len(texts)


def test_who_is_sure_given_the_length_looks_once(tmp_path: Path) -> None:
    reader = LineReader(bundle.load(make_line_bundle(tmp_path / "model")), threads=1)
    counting = Counting(reader.bundle, threads=1)
    counting.cooling = 0.35
    reader._quick = reader._network = counting
    (reading,) = reader.read([draw_marks("0110")], 4)
    assert isinstance(reading, Reading)
    assert reading.confidence < SURE <= (reading.confidence_given_length or 0)
    assert counting.seen == 1
