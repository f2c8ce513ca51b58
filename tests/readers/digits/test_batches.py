"""Learn from captchas that are drawn meanwhile: the batches by their number, and whole runs."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from digitsolver import train
from digitsolver.cli import main
from digitsolver.datasets import read_captchas
from digitsolver.errors import FolderError, SegmentationError
from digitsolver.pipeline.style import Style
from digitsolver.readers.digits.batches import PART, STEPS, WINDOW, DrawnCrops, batches
from digitsolver.readers.digits.settings import Digits
from digitsolver.train import LineRecipe, Recipe, Recipes
from digitsolver.training import drawers
from tests import tiny
from tests.templates import STYLE

RECIPE = Recipe(batch=8, look="plain", drawn=2, seed=3)
PLAIN = Style(name="plain", length=4, window_height=34, window_width=26)


def blank(count: int = 4) -> Digits:
    """Return white crops of the first class."""
    numbers = np.zeros(count, np.intp)
    return Digits(np.full((count, 28, 20), 255, np.uint8), numbers, numbers)


def test_drawn_crops_depend_on_the_step_alone() -> None:
    one, other = DrawnCrops(RECIPE, PLAIN), DrawnCrops(RECIPE, PLAIN)
    crops, classes = one.at(0)
    assert crops.shape == (len(classes), 28, 20, 1)
    assert PART * 3 < len(classes) <= PART * 4
    later = one.at(STEPS)
    assert len(later[1]) > len(classes)
    assert (later[0][: len(crops)] == crops).all()
    assert (other.at(STEPS)[0] == later[0]).all()


def test_old_captchas_make_room_for_fresh_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = DrawnCrops(RECIPE, PLAIN)
    made: list[int] = []

    def part(number: int) -> tuple[object, object]:
        made.append(number)
        return np.full((1, 28, 20, 1), number, np.uint8), np.zeros(1, np.intp)

    monkeypatch.setattr(drawn, "_part", part)
    crops, _ = drawn.at(STEPS * (WINDOW + 1) + 3)
    assert crops[:, 0, 0, 0].tolist() == made == list(range(2, WINDOW + 2))


def test_every_second_batch_is_drawn_and_each_is_known_by_its_number() -> None:
    drawn = DrawnCrops(RECIPE, PLAIN)
    row = [batch.numpy() for batch, _ in batches(blank(), RECIPE, drawn, 0, 4)]
    assert [bool((one == 255).all()) for one in row] == [True, False, True, False]
    (again,) = (batch.numpy() for batch, _ in batches(blank(), RECIPE, drawn, 3, 4))
    assert (again == row[3]).all()


def test_captchas_that_cannot_be_drawn_or_cut_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(FolderError, match=r"drawn images: .*12"):
        DrawnCrops(RECIPE, PLAIN.with_length(13))

    def fail(*_: object, **__: object) -> None:
        raise SegmentationError("no digits")

    monkeypatch.setattr("digitsolver.readers.digits.batches.trace", fail)
    with pytest.raises(FolderError, match="some of the look 'plain' that the style 'plain' can"):
        DrawnCrops(RECIPE, PLAIN)


def test_drawn_folder_is_there_for_as_long_as_it_is_lent() -> None:
    with drawers.drawn_folder("plain", 3, 4, "0123456789") as folder:
        samples, problems = read_captchas(folder)
        assert (len(samples), problems) == (4, [])
        first = samples[0].path.read_bytes()
    assert not folder.exists()
    with drawers.drawn_folder("plain", 3, 1, "0123456789") as folder:
        assert next(folder.iterdir()).read_bytes() == first


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--out", "model"], "expected SOURCE, or --generate LOOK"),
        (
            ["--out", "model", "--generate", "nice"],
            "generate: unknown look 'nice', expected one of",
        ),
    ],
)
def test_what_to_learn_from_must_be_said(words: list[str], said: str) -> None:
    result = CliRunner().invoke(main, ["train", *words])
    assert result.exit_code == 2
    assert said in result.output.replace("\n", " ")


def test_the_command_passes_on_what_it_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: dict[str, object] = {}

    def fake(source: object, style: str, out: Path, **settings: object) -> None:
        told.update(settings, source=source)
        raise KeyboardInterrupt

    monkeypatch.setattr("digitsolver.train.train", fake)
    words = ["--generate", "plain", "--devices", "2", "--epochs", "3", "--tensorboard"]
    CliRunner().invoke(main, ["train", "--out", str(tmp_path / "m"), *words, str(tmp_path / "e")])
    assert (told["source"], told["tensorboard"]) == (None, tmp_path / "e")
    assert told["recipe"] == Recipes(
        Recipe(look="plain", devices=2, epochs=3), LineRecipe(look="plain", rounds=3)
    )


def test_a_recipe_without_a_look_needs_a_source(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="source: expected a folder, or a recipe with a look"):
        train.train(None, "auto", tmp_path / "model", recipe=Recipe())
    assert train.make_recipe(None, generate="plain").line.look == "plain"  # type: ignore[union-attr]


def test_both_readers_learn_from_drawn_captchas_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny.shrink(monkeypatch)
    both = Recipes(replace(tiny.DIGITS, look="plain"), replace(tiny.LINE, look="plain", drawn=2))
    made = train.train(None, STYLE, tmp_path / "model", recipe=both, labels=25)
    figures = made.bundle.metrics()
    assert (figures["captchas"], made.problems) == (25, [])
    assert figures["comparison"]["held_out"] == 5
    assert figures["recipe"]["look"] == "plain"
