"""Hold docs/how-it-works.md to what it shows: its images, and its recipes, which are run."""

import re
import shlex
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from click.testing import CliRunner

from collector.cli import main as collector
from digitsolver import bundle, train
from digitsolver.cli import main as digitsolver
from digitsolver.io.images import decode_image
from digitsolver.pipeline.style import load_style
from digitsolver.readers.digits.architectures import ARCHITECTURES, build_resnet18
from digitsolver.training.trainer import Settings
from tests import tiny
from tests.documents.test_images import differ
from tools.learning_images import NETWORK, STAGES

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "how-it-works.md"
IMAGES = ROOT / "docs" / "images"
REDO = "run `make images`"
MOST_BYTES = 1_500_000
RECIPES = PAGE.read_text(encoding="utf-8").partition("## Five classic recipes")[2]
COMMANDS = re.findall(r"^```sh\n(.*?)\n```$", RECIPES, re.MULTILINE | re.DOTALL)
MADE = [
    # reader, architecture, segmenter, channels
    ("digits", "cnn", "kmeans", 1),
    ("digits", "lenet", "contours", 1),
    ("digits", "tinyvgg", "equal", 3),
    ("line", "positions", None, 3),
    ("digits", "resnet18", "kmeans", 1),
]


# --- images -----------------------------------------------------------------------------


@pytest.mark.parametrize("name", STAGES)
def test_the_images_are_up_to_date(name: str) -> None:
    kept = IMAGES / name
    assert kept.is_file(), REDO
    assert differ({name: kept.read_bytes()}, {name: STAGES[name]()}) == [], REDO


def test_the_page_shows_each_image_and_no_other() -> None:
    shown = set(re.findall(r"\]\(images/(how-[^)]+)\)", PAGE.read_text(encoding="utf-8")))
    there = {path.name for path in IMAGES.glob("how-*.png")}
    assert shown == there == {*STAGES, *NETWORK}


def test_the_images_are_small_and_can_be_read() -> None:
    sizes = [path.stat().st_size for path in IMAGES.glob("how-*.png")]
    assert sum(sizes) < MOST_BYTES
    for path in IMAGES.glob("how-*.png"):
        assert decode_image(path.read_bytes()).shape[1] > 1000, "twice as large as on the screen"


# --- recipes ------------------------------------------------------------------------------


def test_each_recipe_is_one_command() -> None:
    assert len(COMMANDS) == len(MADE) + 1
    assert all(len(command.splitlines()) == 1 for command in COMMANDS[:-1])


def run(words: list[str], folder: Path) -> None:
    """Run a command of the page with its folder `models` in `folder`, and few captchas."""
    main = {"digitsolver": digitsolver, "collector": collector}[words[0]]
    words = [re.sub(r"^models/", f"{folder}/", word) for word in words[1:]]
    words = [f"{ROOT}/{word}" if re.match("(captchas|docs)/", word) else word for word in words]
    if "--count" in words:
        words[words.index("--count") + 1] = "12"
    if words[0] == "train":
        words += ["--labels", "12"]  # of two, the last counts
    result = CliRunner().invoke(main, words)
    assert result.exit_code == 0, result.output


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let each recipe learn for a step or two, and fit once, not again to all captchas.

    resnet18 has an eighth of its filters; the layers are the same. No step is compiled.
    """
    short = {
        "digits": {"epochs": 1, "min_steps": 1, "batch": 32},
        "line": {"rounds": 1, "steps": 1, "batch": 2, "generated_every": 0},
    }
    choose = train.choose_settings

    def choose_short(*arguments: object) -> list[Settings]:
        chosen = choose(*arguments)  # type: ignore[arg-type]
        return [replace(one, **short[one.reader]) for one in chosen]  # type: ignore[arg-type]

    tiny.uncompile(monkeypatch)
    monkeypatch.setattr(train, "choose_settings", choose_short)
    monkeypatch.setitem(ARCHITECTURES, "resnet18", partial(build_resnet18, width=8))
    monkeypatch.setattr("digitsolver.readers.digits.trainer.SMALL", 0)


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(
    ("command", "made"), list(zip(COMMANDS, MADE, strict=False)), ids=[made[1] for made in MADE]
)
def test_recipes_run(command: str, made: tuple[str, str, str | None, int], tmp_path: Path) -> None:
    reader, architecture, segmenter, channels = made
    for part in command.split(" && "):
        run(shlex.split(part), tmp_path)
    found = bundle.load(tmp_path / shlex.split(command)[-1].removeprefix("models/"))
    assert (found.facts.reader, found.facts.architecture) == (reader, architecture)
    assert found.facts.shape[2] == channels
    if segmenter:
        assert found.style.segmenter == segmenter


@pytest.mark.parametrize(
    "path", sorted((ROOT / "docs" / "recipes").iterdir()), ids=lambda p: p.stem
)
def test_style_files_are_used_and_named_as_their_files(path: Path) -> None:
    assert load_style(path).name == path.stem
    assert f"docs/recipes/{path.name}" in "".join(COMMANDS)
