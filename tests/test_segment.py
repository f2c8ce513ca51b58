"""Stage 3: K-means over columns."""

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import Phase, assume, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from digitsolver.errors import SegmentationError
from digitsolver.stages import SEGMENTERS, ink_per_column, k_means, segment
from digitsolver.stages.segment import segment_kmeans

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
@settings(max_examples=1000, phases=set(Phase) - {Phase.explain})  # which traces every line
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
    monkeypatch.setattr("digitsolver.stages.segment._AT_ONCE", 7)
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
    """Rounding must not decide: the same picture is the same everywhere."""
    found = segment_kmeans(np.zeros((3, width), np.uint8), 2)
    assert found.centroids.tolist() == pytest.approx([(width + 1) / 4, (3 * width + 1) / 4])


@pytest.mark.parametrize("name", SEGMENTERS)
@given(data=st.data())
def test_every_segmenter_keeps_its_word(name: str, data: st.DataObject) -> None:
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    height, width = (int(side) for side in rng.integers(1, 60, 2))
    grey = rng.integers(0, 256, (height, width), np.uint8)
    grey.flags.writeable = False
    digits = data.draw(st.integers(1, 9))
    try:
        found = SEGMENTERS[name](grey, digits)
    except SegmentationError:
        return
    assert found.centroids.shape == (digits,)
    assert found.spans.shape == (digits, 2)
    assert (np.diff(found.centroids) >= 0).all()
    assert found.spans[0, 0] == 0
    assert found.spans[-1, 1] == width
    assert (found.spans[1:, 0] == found.spans[:-1, 1]).all()
    again = SEGMENTERS[name](grey, digits)
    assert (again.centroids == found.centroids).all()


@pytest.mark.parametrize("digits", [5, 10**12])
def test_fewer_columns_than_digits(digits: int) -> None:
    message = f"at least {digits} columns with ink for {digits} digits, found 4"
    with pytest.raises(SegmentationError, match=message):
        segment_kmeans(two_bars(), digits)


@pytest.mark.parametrize("digits", [0, -1])
def test_a_number_of_digits_is_positive(digits: int) -> None:
    with pytest.raises(ValueError, match=f"expected 1 digit or more, found {digits}"):
        segment_kmeans(two_bars(), digits)


def test_the_named_segmenters() -> None:
    assert set(SEGMENTERS) == {"kmeans"}
    assert SEGMENTERS["kmeans"] is segment.segment_kmeans
