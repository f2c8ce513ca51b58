"""Long smooth paths of ink across an image."""

import numpy as np
import pytest

from digitsolver.stages.curves import paths, runs


def test_runs() -> None:
    ink = np.array([[1, 0, 0], [1, 1, 0], [0, 1, 0], [1, 0, 0]], np.uint8)
    top, bottom = runs(ink)
    assert top.tolist() == [[0, 0, 0], [0, 1, 1], [2, 1, 2], [3, 3, 3]]
    assert bottom.tolist() == [[2, 0, 0], [2, 3, 1], [2, 3, 2], [4, 3, 3]]


def test_two_lines_that_cross_are_two_paths() -> None:
    ink = np.zeros((24, 60), np.uint8)
    rows = np.linspace(2, 21, 60).round().astype(int)
    ink[rows, np.arange(60)] = ink[23 - rows, np.arange(60)] = 1
    before = ink.copy()
    ink.flags.writeable = False
    first, second = list(paths(ink, 2.0))
    for path in (first, second):
        assert len(path.rows) > 50
        assert ink[path.rows, path.columns].mean() > 0.9
    assert abs(int(first.rows[0]) - int(second.rows[0])) > 10
    assert (ink == before).all()


def test_a_path_crosses_small_gaps_and_ends_at_large_ones() -> None:
    ink = np.zeros((9, 60), np.uint8)
    ink[4, 2:40] = 1
    ink[4, 20:22] = 0
    ink[4, 52:] = 1
    assert [(path.start, len(path.rows)) for path in paths(ink, 2.0)] == [(2, 38)]


def test_a_path_bends_slowly() -> None:
    """A line at half a row a column is found; a zigzag of as much ink is none."""
    columns = np.arange(60)
    line, zigzag = np.zeros((40, 60), np.uint8), np.zeros((40, 60), np.uint8)
    line[4 + columns // 2, columns] = 1
    zigzag[10 + np.abs(columns % 8 - 4), columns] = 1
    assert len(list(paths(line, 2.0))) == 1
    assert not list(paths(zigzag, 2.0))


@pytest.mark.parametrize("stroke", [6.0, 9.0])
def test_broad_lines_are_found_in_fewer_pixels(stroke: float) -> None:
    ink = np.zeros((60, 200), np.uint8)
    ink[28:34] = 1
    (path,) = paths(ink, stroke)
    assert len(path.rows) >= 195
    assert ink[path.rows, path.columns].all()
    assert 0 <= path.columns[0] <= path.columns[-1] < 200


@pytest.mark.parametrize("shape", [(1, 1), (1, 50), (50, 1), (3, 3)])
@pytest.mark.parametrize("value", [0, 1])
def test_any_size(shape: tuple[int, int], value: int) -> None:
    for path in paths(np.full(shape, value, np.uint8), 1.0):
        assert path.columns[-1] < shape[1]
        assert path.rows.max() < shape[0]
