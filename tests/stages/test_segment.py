"""Stage 3: K-means over columns, and the other segmenters."""

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import Phase, assume, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from digitsolver.errors import SegmentationError
from digitsolver.stages import SEGMENTERS, ink_per_column, k_means, segment
from digitsolver.stages.blocks import blocks
from digitsolver.stages.segment import segment_contours, segment_equal, segment_kmeans

Floats = NDArray[np.float64]
Case = tuple[Floats, Floats, Floats]


@pytest.fixture(scope="module")
def one_thread() -> Iterator[None]:
    """Keep scikit-learn to one thread: several cost time on histograms this small."""
    import sklearn.cluster  # noqa: F401 - whose threads there must be before they are limited

    with threadpool_limits(1):
        yield


def two_bars() -> NDArray[np.uint8]:
    """Draw bars in columns 2, 3 and 10, 11 of 14."""
    grey = np.full((6, 14), 255, np.uint8)
    grey[1:5, 2:4] = grey[1:5, 10:12] = 0
    return grey


def scikit_learn(points: Floats, weights: Floats, start: Floats) -> Floats:
    from sklearn.cluster import KMeans

    model = KMeans(len(start), init=start[:, None], n_init=1, tol=0, algorithm="lloyd")
    centroids: Floats = model.fit(points[:, None], sample_weight=weights).cluster_centers_
    return np.sort(centroids.ravel())


def histogram(rng: np.random.Generator, *, whole: bool, evenly: bool) -> Case:
    """Return columns with ink, their ink and the first centroids of a random histogram."""
    width = int(rng.integers(4, 200))
    ink = rng.integers(0, 40, width).astype(float) if whole else rng.random(width) ** 3
    ink[rng.random(width) < rng.random()] = 0  # gaps
    columns = np.flatnonzero(ink)
    digits = int(rng.integers(1, 1 + min(12, max(1, len(columns)))))
    start = rng.uniform(-width / 2, 1.5 * width, digits)  # some begin without a column
    if evenly:
        start = (np.arange(digits) + 0.5) * width / digits
    return columns + np.float64(0.5), ink[columns], start


# --- K-means ------------------------------------------------------------------------------


@pytest.mark.usefixtures("one_thread")
@settings(max_examples=400, phases=set(Phase) - {Phase.explain})  # which traces every line
@given(st.integers(0, 2**32 - 1), st.booleans(), st.booleans())
def test_k_means_is_that_of_scikit_learn(seed: int, whole: bool, evenly: bool) -> None:
    points, weights, start = histogram(np.random.default_rng(seed), whole=whole, evenly=evenly)
    assume(len(points))
    found = k_means(points, weights, start)
    np.testing.assert_allclose(found, scikit_learn(points, weights, start), rtol=0, atol=1e-9)


@pytest.mark.parametrize(
    ("points", "weights", "start", "centroids"),
    [
        pytest.param([1, 2, 7, 9], [1, 1, 3, 1], [0, 5], [1.5, 7.5], id="two clusters"),
        pytest.param([0, 1, 5], [1, 3, 4], [2], [2.875], id="one cluster is the mean"),
        pytest.param([3, 8], [1, 9], [8, 3], [3, 8], id="as many as points, sorted"),
        pytest.param([0, 1, 10], [1, 1, 1], [0, 50, 60], [0, 1, 10], id="two without a point"),
        pytest.param([0, 4, 5, 9], [1, 1, 1, 1], [2, 99], [3, 9], id="one without a point"),
    ],
)
def test_k_means_by_hand(
    points: list[float], weights: list[float], start: list[float], centroids: list[float]
) -> None:
    arrays = [np.array(values, float) for values in (points, weights, start)]
    for array in arrays:
        array.flags.writeable = False
    assert k_means(*arrays).tolist() == pytest.approx(centroids)


def test_k_means_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    case = histogram(np.random.default_rng(3), whole=False, evenly=True)
    whole = k_means(*case)
    monkeypatch.setattr("digitsolver.stages.clustering._AT_ONCE", 7)
    assert (k_means(*case) == whole).all()


@pytest.mark.parametrize(
    ("points", "weights", "start"),
    [
        (np.ones(2), np.ones(3), np.ones(1)),
        (np.ones(2), np.ones(2), np.ones(3)),
        (np.ones(2), np.ones(2), np.ones(0)),
        (np.ones((2, 2)), np.ones((2, 2)), np.ones(1)),
    ],
)
def test_k_means_refuses(points: Floats, weights: Floats, start: Floats) -> None:
    with pytest.raises(ValueError, match=r"expected n points, n weights.*found shapes \(2"):
        k_means(points, weights, start)


# --- segmenters ---------------------------------------------------------------------------


def test_ink_per_column() -> None:
    assert ink_per_column(two_bars()).tolist() == [0, 0, 4, 4, 0, 0, 0, 0, 0, 0, 4, 4, 0, 0]


def test_segment_kmeans() -> None:
    found = segment_kmeans(two_bars(), 2)
    assert found.centroids.tolist() == [3, 11]
    assert found.spans.tolist() == [[0, 7], [7, 14]]


def test_one_digit_has_all_columns() -> None:
    found = segment_kmeans(two_bars()[:, :12], 1)
    assert found.centroids.tolist() == [7]
    assert found.spans.tolist() == [[0, 12]]


@pytest.mark.parametrize("width", [3, 11, 21, 33, 63, 99])
def test_a_column_midway_between_two_digits_goes_left(width: int) -> None:
    """Rounding must not decide: the same image is the same everywhere."""
    found = segment_kmeans(np.zeros((3, width), np.uint8), 2)
    assert found.centroids.tolist() == pytest.approx([(width + 1) / 4, (3 * width + 1) / 4])


def bars(width: int, *spans: tuple[int, int], height: int = 12) -> NDArray[np.uint8]:
    """Draw a black bar as high as the image over each of the spans ``[start, stop)``."""
    grey = np.full((height, width), 255, np.uint8)
    for start, stop in spans:
        grey[:, start:stop] = 0
    return grey


def test_segment_equal() -> None:
    found = segment_equal(two_bars(), 4)
    assert found.centroids.tolist() == [1.75, 5.25, 8.75, 12.25]
    assert found.spans.tolist() == [[0, 4], [4, 7], [7, 11], [11, 14]]


def test_segment_contours() -> None:
    found = segment_contours(two_bars(), 2)
    assert found.centroids.tolist() == [3, 11]
    assert found.spans.tolist() == [[2, 4], [10, 12]]


def test_contours_that_touch_are_split_at_the_least_ink() -> None:
    """Three digits, 8, 8 and 10 columns wide, joined by bridges of two rows; then one alone."""
    grey = bars(34, (0, 8), (8, 16), (16, 26), (29, 34))
    grey[2:, 7:9] = grey[2:, 16:17] = 255
    assert segment_contours(grey, 4).spans.tolist() == [[0, 8], [8, 17], [17, 26], [29, 34]]
    assert segment_contours(grey, 2).spans.tolist() == [[0, 26], [29, 34]]


def test_the_widest_contour_is_split_first() -> None:
    grey = bars(60, (0, 12), (20, 60))
    assert segment_contours(grey, 4).spans[:2].tolist() == [[0, 12], [20, 33]]
    assert segment_contours(grey, 6).spans[:3].tolist() == [[0, 6], [6, 12], [20, 30]]


@pytest.mark.parametrize(
    ("pieces", "spans"),
    [
        pytest.param([((0, 5), (0, 8)), ((7, 12), (2, 9))], [[0, 9], [14, 20]], id="stacked"),
        pytest.param([((0, 12), (0, 4)), ((0, 12), (5, 9))], [[0, 9], [14, 20]], id="side by side"),
        pytest.param([((0, 12), (0, 9)), ((3, 5), (11, 13))], [[0, 9], [14, 20]], id="a speck"),
        pytest.param([((0, 12), (0, 8)), ((0, 5), (9, 11))], [[0, 11], [14, 20]], id="a fragment"),
    ],
)
def test_contours_in_pieces_are_joined(
    pieces: list[tuple[tuple[int, int], tuple[int, int]]], spans: list[list[int]]
) -> None:
    """Pieces, as rows and columns, and a whole digit in columns 14 to 19."""
    grey = bars(20, (14, 20))
    for rows, columns in pieces:
        grey[slice(*rows), slice(*columns)] = 0
    assert segment_contours(grey, 2).spans.tolist() == spans


def test_slanted_contours_are_parted_where_they_overlap() -> None:
    """Two strokes that lean over one another share columns 11 to 14, and do not touch."""
    grey = np.full((12, 26), 255, np.uint8)
    for row in range(12):
        grey[row, 11 - row : 15 - row] = grey[row, 22 - row : 26 - row] = 0
    assert segment_contours(grey, 2).spans.tolist() == [[0, 13], [13, 26]]


def test_contours_of_a_image_all_black() -> None:
    found = segment_contours(np.zeros((3, 30), np.uint8), 4)
    assert found.spans.tolist() == [[0, 7], [7, 15], [15, 22], [22, 30]]


def test_columns_of_specks_are_none_for_contours() -> None:
    grey = bars(12, (0, 2), height=20)
    grey[3, 4::2] = 0
    with pytest.raises(SegmentationError, match=r"least 3 columns with ink for 3 digits, found 2$"):
        segment_contours(grey, 3)


def test_a_blank_image_has_no_blocks() -> None:
    assert blocks(np.full((5, 5), 255, np.uint8)) == []


@st.composite
def images(draw: st.DrawFn) -> NDArray[np.uint8]:
    """Return noise of any density, bars, or bars in noise; no column need have ink."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    height, width = draw(st.integers(1, 60)), draw(st.integers(1, 60))
    grey = rng.integers(0, 256, (height, width), np.uint8)
    grey[rng.random((height, width)) > rng.random()] = 255
    for start, wide in draw(
        st.lists(st.tuples(st.integers(0, 59), st.integers(1, 20)), max_size=6)
    ):
        grey[: draw(st.integers(1, 60)), start : start + wide] = 0
    grey.flags.writeable = False
    return grey


@pytest.mark.parametrize("name", SEGMENTERS)
@given(grey=images(), digits=st.integers(1, 9))
def test_every_segmenter_keeps_its_word(name: str, grey: NDArray[np.uint8], digits: int) -> None:
    before = grey.copy()
    try:
        found = SEGMENTERS[name](grey, digits)
    except SegmentationError:
        assert name == "contours" or np.count_nonzero(ink_per_column(grey)) < digits
        return
    assert found.centroids.shape == (digits,)
    assert found.centroids.dtype == np.float64
    assert found.spans.shape == (digits, 2)
    assert found.spans.dtype == np.intp
    starts, stops = found.spans.T
    assert (starts < stops).all()
    assert (stops[:-1] <= starts[1:]).all()
    assert starts[0] >= 0
    assert stops[-1] <= grey.shape[1]
    assert (np.diff(found.centroids) > 0).all()
    assert (starts <= found.centroids).all()
    assert (found.centroids <= stops).all()
    assert (grey == before).all()
    again = SEGMENTERS[name](grey, digits)
    assert (again.centroids == found.centroids).all()
    assert (again.spans == found.spans).all()


@pytest.mark.parametrize("name", SEGMENTERS)
@given(grey=images())
def test_one_digit_takes_up_all_that_is_no_speck(name: str, grey: NDArray[np.uint8]) -> None:
    assume(ink_per_column(grey).any())
    ((start, stop),) = SEGMENTERS[name](grey, 1).spans
    if name == "contours":
        assert (start, stop) == (blocks(grey)[0].start, blocks(grey)[-1].stop)
    else:
        assert (start, stop) == (0, grey.shape[1])


@pytest.mark.parametrize("name", SEGMENTERS)
@pytest.mark.parametrize("digits", [1, 2, 3, 4, 5, 6])
def test_digits_apart_are_found(name: str, digits: int) -> None:
    """Even bars, which no segmenter may miss."""
    spans = [(10 * index, 10 * index + 7) for index in range(digits)]
    found = SEGMENTERS[name](bars(spans[-1][1], *spans), digits)
    middles = np.mean(spans, axis=1)
    assert np.abs(found.centroids - middles).max() < 2


@pytest.mark.parametrize("name", SEGMENTERS)
@pytest.mark.parametrize("digits", [5, 10**12])
def test_fewer_columns_than_digits(name: str, digits: int) -> None:
    message = f"at least {digits} columns with ink for {digits} digits, found 4"
    with pytest.raises(SegmentationError, match=message):
        SEGMENTERS[name](two_bars(), digits)


@pytest.mark.parametrize("name", SEGMENTERS)
@pytest.mark.parametrize("digits", [0, -1])
def test_a_number_of_digits_is_positive(name: str, digits: int) -> None:
    with pytest.raises(ValueError, match=f"expected 1 digit or more, found {digits}"):
        SEGMENTERS[name](two_bars(), digits)


def test_the_named_segmenters() -> None:
    assert list(SEGMENTERS) == ["kmeans", "equal", "contours"]
    for name, segmenter in SEGMENTERS.items():
        assert segmenter is getattr(segment, f"segment_{name}")
