import importlib.util
from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner

from digitsolver.cli import main
from digitsolver.errors import FolderError, MissingExtraError
from digitsolver.measure import figures, plots
from digitsolver.measure.evaluation import Evaluation, _judge
from digitsolver.results import Failure, Reading
from tests.templates import make_bundle, write


def evaluation(count: int, seed: int = 0) -> Evaluation:
    """Return readings that are as often right as they are sure."""
    rng = np.random.default_rng(seed)
    sure = rng.beta(9, 1, count)
    right = rng.random(count) < sure
    answers: list[Reading | Failure] = [
        Reading("12" if good else "13", float(one), ())
        for one, good in zip(sure, right, strict=True)
    ]
    return _judge(["12"] * count, answers, 1.0)


@pytest.mark.parametrize("count", [1, 30, 700])
def test_plot_is_a_image_and_always_the_same(tmp_path: Path, count: int) -> None:
    for name in ("a.png", "b.png"):
        plots.draw_confidence(tmp_path / name, evaluation(count))
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
    image = cv2.imread(str(tmp_path / "a.png"))
    assert image is not None
    assert image.shape == (800, 1760, 3)


def test_unread_images_cannot_be_drawn(tmp_path: Path) -> None:
    nothing = _judge(["12"], [Failure("a", "empty")], 1.0)
    with pytest.raises(ValueError, match="found: expected at least 1 reading to draw, found 0"):
        plots.draw_confidence(tmp_path / "a.png", nothing)


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(FolderError, match="nowhere"):
        plots.draw_confidence(tmp_path / "nowhere" / "a.png", evaluation(3))


def test_matplotlib_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    plots.require_matplotlib()
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=r"matplotlib, found none; .*digitsolver\[train\]"):
        plots.require_matplotlib()


def test_neighbours_share_a_name() -> None:
    _, (axes,) = figures.new_figure(4, 3)
    table = evaluation(700).risk_coverage((0.5, 0.501, 0.9))
    plots._mark(axes, list(table))
    assert [text.get_text() for text in axes.texts] == ["0.5, 0.501", "0.9"]


def test_long_curves_are_thinned() -> None:
    steps = plots._steps([n / 2000 for n in range(2000)])
    assert len(steps) == plots.MOST_POINTS
    assert steps == sorted(steps, reverse=True)
    assert (steps[0], steps[-1]) == (1999 / 2000, 0.0)


def test_evaluate_draws(tmp_path: Path) -> None:
    model = make_bundle(tmp_path / "model")
    write(tmp_path / "captchas", ["1234", "5678", "9012"])
    words = ["evaluate", tmp_path / "captchas", "--model", model, "--plot", tmp_path / "plot.png"]
    result = CliRunner().invoke(main, [str(word) for word in words])
    assert result.exit_code == 0, result.output
    assert cv2.imread(str(tmp_path / "plot.png")) is not None


def test_figures_are_told_though_they_cannot_be_drawn(tmp_path: Path) -> None:
    model = make_bundle(tmp_path / "model")
    write(tmp_path / "captchas", ["1234", "5678", "9012"])
    words = ["evaluate", tmp_path / "captchas", "--model", model, "--plot", tmp_path / "no/a.png"]
    result = CliRunner().invoke(main, [str(word) for word in words])
    assert result.exit_code == 1
    assert "accuracy           100.00%" in result.stdout
    assert "a.png" in result.stderr
