"""The images of a run: what they show."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from digitsolver.io.images import read_image
from digitsolver.training import plots
from digitsolver.training.plots import draw_confusion, draw_curves, draw_mistakes
from digitsolver.training.validation import MISSING, Prediction, Validation

CROP = np.full((28, 20), 200, np.uint8)
LINE = np.full((48, 192, 3), 200, np.uint8)


@pytest.fixture
def figures(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Collect the figures that are drawn, instead of writing them."""
    drawn: list[Any] = []
    monkeypatch.setattr(plots, "save_figure", lambda figure, path: drawn.append(figure))
    return drawn


def predictions(texts: list[str], image: NDArray[np.uint8]) -> list[Prediction]:
    """Return predictions of the label 01, each surer than the one before."""
    return [Prediction(image, "01", text, 0.5 + row / 10) for row, text in enumerate(texts)]


@pytest.mark.parametrize("image", [CROP, CROP[..., None].repeat(3, 2), LINE])
@pytest.mark.parametrize("texts", [["01", "01", "01"], ["11", "", "01"]])
def test_mistakes_are_drawn_whether_there_are_any_or_none(
    tmp_path: Path, texts: list[str], image: NDArray[np.uint8]
) -> None:
    path = tmp_path / "mistakes.png"
    draw_mistakes(path, predictions(texts, image))
    assert read_image(path).mean() > 100


def test_confident_mistakes_come_first(figures: list[Any], tmp_path: Path) -> None:
    draw_mistakes(tmp_path / "unused.png", predictions(["11", "01", "", "01"], LINE))
    (figure,) = figures
    titles = [axes.get_title() for axes in figure.axes if axes.images]
    assert titles == ["01 read as nothing\nconfidence 0.700", "01 read as 11\nconfidence 0.500"]
    assert figure.get_suptitle() == "2 of 4 misread in the validation set"


def test_without_a_mistake_the_least_sure_come_first(figures: list[Any], tmp_path: Path) -> None:
    draw_mistakes(tmp_path / "unused.png", predictions(["01"] * 3, CROP)[::-1])
    (figure,) = figures
    titles = [axes.get_title() for axes in figure.axes if axes.images]
    assert [title[-5:] for title in titles] == ["0.500", "0.600", "0.700"]
    assert figure.get_suptitle().startswith("None of 3 misread")


def counts(figure: Any) -> dict[tuple[str, str], int]:
    """Return how often each true character was read as each, from a drawn confusion matrix."""
    (axes,) = figure.axes
    true = [label.get_text() for label in axes.get_yticklabels()]
    read = [label.get_text() for label in axes.get_xticklabels()]
    assert true == read
    places = [(text.get_position(), text.get_text()) for text in axes.texts]
    return {(true[row], read[column]): int(count) for (column, row), count in places}


def test_confusion_is_counted_by_hand(figures: list[Any], tmp_path: Path) -> None:
    pairs = [("0", "0"), ("1", "1"), ("2", "1"), ("1", "1")]
    draw_confusion(tmp_path / "unused.png", Validation([], pairs, [], 1.0), "012")
    expected = {("0", "0"): 1, ("1", "1"): 2, ("2", "1"): 1}
    assert counts(figures[0]) == expected
    pairs += [("2", MISSING), (MISSING, "0")]
    draw_confusion(tmp_path / "unused.png", Validation([], pairs, [], 1.0), "012")
    assert counts(figures[1]) == expected | {("2", "none"): 1, ("none", "0"): 1}


@pytest.mark.parametrize("unit", ["epoch", "step"])
def test_curves_are_those_of_the_history(figures: list[Any], tmp_path: Path, unit: str) -> None:
    history = [{unit: 0.0, "val_loss": 3.0}, {unit: 5.0, "loss": 1.0, "val_loss": 2.0}]
    draw_curves(tmp_path / "unused.png", history, unit)
    (figure,) = figures
    loss, accuracy = figure.axes
    shown = {
        line.get_label(): (list(line.get_xdata()), list(line.get_ydata())) for line in loss.lines
    }
    assert shown == {"training set": ([5], [1]), "validation set": ([0, 5], [3, 2])}
    assert (loss.get_xlabel(), accuracy.get_xlabel()) == (unit, unit)
    assert (loss.get_title(), accuracy.get_title()) == ("Loss", "Accuracy")
    assert loss.get_ylabel() == "loss (negative log-likelihood, nats)"
    assert accuracy.get_ylabel() == "accuracy (share read correctly)"
    assert not accuracy.lines


@pytest.mark.parametrize("share", [1.0, 0.93, 0.0])
def test_the_accuracy_goes_up_to_one(figures: list[Any], tmp_path: Path, share: float) -> None:
    draw_curves(tmp_path / "unused.png", [{"epoch": 1.0, "val_accuracy": share}], "epoch")
    bottom, top = figures[0].axes[1].get_ylim()
    assert 0 <= bottom <= share <= 1.0 < top < 1.04
