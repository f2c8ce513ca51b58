"""Weights to start a network for crops from."""

from pathlib import Path

import numpy as np
import pytest

from digitsolver.readers.digits import pretrained
from digitsolver.readers.digits.pretrained import SHAPE, begin, has_start
from digitsolver.training.backend import Shape
from tools import crop_start


def test_only_the_usual_network_for_grey_crops_has_a_start() -> None:
    assert has_start("cnn", (28, 20, 1))
    assert not has_start("cnn", (28, 20, 3))
    assert not has_start("lenet", (28, 20, 1))


def test_the_start_is_taken_over_whole() -> None:
    model = begin(SHAPE, "0123456789")
    with np.load(pretrained.START) as arrays:
        for name, weight in zip(arrays.files, model.get_weights(), strict=True):
            assert arrays[name].dtype == np.float16
            assert (arrays[name] == weight).all()


def test_other_characters_and_sizes_take_over_what_they_can() -> None:
    known, other = begin(SHAPE, "0123456789"), begin((28, 20, 1), "7a0")
    before, after = known.get_weights(), other.get_weights()
    for old, new in zip(before[:15], after[:15], strict=True):
        assert (old == new).all()
    assert (after[-2][:, [0, 2]] == before[-2][:, [7, 0]]).all()
    assert after[15].shape == (4 * 3 * 64, 128)
    white = np.full((1, 28, 20, 1), 255.0)
    assert np.isfinite(other.predict(white, verbose=0)).all()


@pytest.mark.parametrize("shape", [(32, 28, 1), (28, 20, 1), (64, 56, 1), (8, 8, 1)])
def test_a_resized_layer_answers_alike_where_all_places_are_alike(shape: Shape) -> None:
    rng = np.random.default_rng(0)
    dense = rng.normal(size=(4 * 4 * 2, 3)).astype(np.float32)
    found = pretrained._resized(dense, shape)
    alike = np.array([0.5, -2.0])
    answers = [np.tile(alike, len(one) // 2) @ one for one in (dense, found)]
    assert answers[1] == pytest.approx(answers[0], rel=1e-4, abs=1e-4)


def test_the_script_writes_a_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "start.npz"
    size = ["--images", "4", "--steps", "2", "--batch", "8"]
    monkeypatch.setattr("sys.argv", ["crop_start.py", *size, "--out", str(out)])
    crop_start.main()
    with np.load(out) as made, np.load(pretrained.START) as shipped:
        assert [made[name].shape for name in made.files] == [
            shipped[name].shape for name in shipped.files
        ]
