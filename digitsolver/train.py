"""Fit a network to labelled images, and keep it with all that reading needs as a bundle."""

import os
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Final

from digitsolver import datasets
from digitsolver.errors import FolderError
from digitsolver.pipeline.style import Style
from digitsolver.readers import auto
from digitsolver.readers.auto import Recipes
from digitsolver.readers.digits import trainer
from digitsolver.readers.digits.architectures import ARCHITECTURES
from digitsolver.readers.digits.settings import Recipe, recipe_for
from digitsolver.readers.digits.trainer import train_digits
from digitsolver.readers.line import trainer as lines
from digitsolver.readers.line.architectures import LINES
from digitsolver.readers.line.settings import LineRecipe
from digitsolver.training import drawers
from digitsolver.training.backend import require_training
from digitsolver.training.checkpoint import Checkpoint
from digitsolver.training.result import Progress, Trained, summary

__all__ = [
    "READERS",
    "LineRecipe",
    "Progress",
    "Recipe",
    "Recipes",
    "Trained",
    "make_recipe",
    "reader_for",
    "recipe_for",
    "summary",
    "train",
    "train_digits",
    "watched_folder",
]

READERS: Final = ("auto", "digits", "line")


def train(
    source: str | os.PathLike[str] | None,
    style: str | Style,
    out: str | os.PathLike[str],
    *,
    reader: str = "auto",
    labels: int | None = None,
    unlabelled: str | os.PathLike[str] | None = None,
    recipe: Recipe | LineRecipe | Recipes | None = None,
    resume: bool = False,
    progress: Progress | None = None,
    tensorboard: str | os.PathLike[str] | None = None,
) -> Trained:
    """Train on a folder of captchas or of digits, and write the bundle `out`.

    The `reader` ``line`` fits the default model to whole captchas and needs no style. ``digits``
    cuts captchas in memory by `style`, a style or what ``tune.resolve`` takes: ``auto``, a name,
    a file; a digits folder brings its own. ``auto`` trains both on the same captchas and keeps
    the better one, unless ``reader_for``, or `unlabelled`, leaves only one. With `labels`, that
    many captchas are chosen with the recipe's seed. Without a `source`, so many, or 500, are
    drawn of the look that the recipe names. `unlabelled` is a folder of further images of the
    look: the reader ``line`` learns from those that it reads surely, unless the labels held out
    say that this makes it worse. ``watched_folder`` says where the run can be watched; with
    `tensorboard` its figures go there, too, as event files.

    Raises:
        ValueError: No such `reader`, `labels` is not positive, or the reader ``digits`` is given
            `unlabelled` images.
        TypeError: The `recipe` is one of another reader.
        FolderError: `source` is no folder of captchas or digits, or has too few labels, or `out`
            is a folder with other things in it.
        BundleError: A run to resume had other data or settings, the default model is damaged, or
            the export went wrong.
        MissingExtraError: TensorFlow or another package of the extra is not installed.
    """
    if source is None:
        with _drawn_source(recipe, labels) as folder:
            return train(
                folder,
                style,
                out,
                reader=reader,
                unlabelled=unlabelled,
                recipe=recipe,
                resume=resume,
                progress=progress,
                tensorboard=tensorboard,
            )
    chosen = reader_for(source, reader, recipe)
    require_training()
    if chosen == "auto" and unlabelled is not None:
        chosen = "line"
    events = Path(tensorboard) if tensorboard is not None else None
    how: dict[str, Any] = {
        "labels": labels, "resume": resume, "progress": progress, "tensorboard": events,
    }  # fmt: skip
    if chosen == "auto":
        both = recipe if isinstance(recipe, Recipes) else Recipes()
        return auto.train_folder(source, style, out, recipes=both, **how)
    if isinstance(recipe, Recipes):
        recipe = recipe.digits if chosen == "digits" else recipe.line
    return _train_one(chosen, source, style, out, unlabelled=unlabelled, recipe=recipe, **how)


def _drawn_source(
    recipe: Recipe | LineRecipe | Recipes | None, labels: int | None
) -> AbstractContextManager[Path]:
    """Return a folder of captchas of the look of `recipe`, there for as long as it is lent."""
    one = recipe.line if isinstance(recipe, Recipes) else recipe
    if one is None or not one.look:
        raise ValueError("source: expected a folder, or a recipe with a look to draw, found none")
    count = drawers.SOURCE if labels is None else labels
    return drawers.drawn_folder(one.look, one.seed, count, one.alphabet)


def _train_one(
    chosen: str,
    source: str | os.PathLike[str],
    style: str | Style,
    out: str | os.PathLike[str],
    *,
    unlabelled: str | os.PathLike[str] | None,
    recipe: Any,
    **how: Any,
) -> Trained:
    """Train the reader that is `chosen`, with a recipe of its own kind."""
    if chosen == "line":
        if isinstance(recipe, Recipe):
            raise TypeError("recipe: expected a LineRecipe for the reader line, found a Recipe")
        return lines.train_folder(source, out, unlabelled=unlabelled, recipe=recipe, **how)
    if unlabelled is not None:
        raise ValueError("unlabelled: expected the reader line, found digits")
    if isinstance(recipe, LineRecipe):
        raise TypeError("recipe: expected a Recipe for the reader digits, found a LineRecipe")
    return trainer.train_folder(source, style, out, recipe=recipe or trainer.RECIPE, **how)


def watched_folder(out: str | os.PathLike[str]) -> Path:
    """Return the folder with ``history.csv`` and ``curves.png`` of the run that writes `out`.

    It is there while the run goes on. Where two readers are compared, each has its own in it.
    """
    return Checkpoint.beside(Path(os.path.realpath(out))).folder


def reader_for(
    source: str | os.PathLike[str] | None,
    reader: str = "auto",
    recipe: Recipe | LineRecipe | Recipes | None = None,
) -> str:
    """Return the reader to train on `source`: ``auto``, both, for captchas, ``digits`` for digits.

    A `reader` other than ``auto`` stays, and the `recipe` of one reader names it. Raises
    ``ValueError`` for an unknown reader, and FolderError when `source` holds digits but whole
    captchas are needed.
    """
    if reader not in READERS:
        raise ValueError(f"reader: expected one of {', '.join(READERS)}; found {reader!r}")
    cut = source is not None and datasets.is_digits_folder(Path(source))
    if reader == "line" and cut:
        raise FolderError(
            "expected whole captchas for the reader line, found a folder of digits", source
        )
    if reader != "auto":
        return reader
    if isinstance(recipe, Recipe | LineRecipe):
        return "digits" if isinstance(recipe, Recipe) else "line"
    return "digits" if cut else "auto"


def make_recipe(
    source: str | os.PathLike[str] | None,
    reader: str = "auto",
    *,
    architecture: str | None = None,
    alphabet: str = datasets.DIGITS,
    seed: int = 0,
    epochs: int | None = None,
    from_scratch: bool = False,
    generate: str | None = None,
    devices: int = 1,
) -> Recipe | LineRecipe | Recipes:
    """Return the recipe with which `reader` trains on `source`; both where it is ``auto``.

    An `architecture` of one reader alone chooses that reader, and `from_scratch` the reader
    ``line``. `epochs` are passes over the digits, or rounds of the reader ``line``, at most.
    `generate` names a look to draw while training. Only the network of a digit learns on several
    `devices`. Raises what ``reader_for`` raises, and ``ValueError`` for a value out of its range.
    """
    known = sorted({*ARCHITECTURES, *LINES})
    if architecture is not None and architecture not in known:
        found = f"expected one of {', '.join(known)}; found {architecture!r}"
        raise ValueError(f"architecture: {found}")
    if reader == "auto" and architecture is not None:
        reader = "line" if architecture in LINES else "digits"
    chosen = reader_for(source, reader)
    if chosen == "auto" and from_scratch:
        chosen = "line"
    shared: dict[str, Any] = {"alphabet": alphabet, "seed": seed}
    if generate is not None:
        drawers.check_look(generate, alphabet)
        shared["look"] = generate
    if architecture is not None:
        shared["architecture"] = architecture
    passes: dict[str, Any] = {"devices": devices}
    if epochs is not None:
        passes["epochs"] = epochs
    if from_scratch:
        passes["from_scratch"] = True
    if chosen == "line" and devices > 1:
        raise ValueError(f"devices: expected 1 for the reader line, found {devices}")
    if chosen == "digits":
        return recipe_for(**shared, **passes)
    line = LineRecipe(**shared, rounds=epochs, from_scratch=from_scratch)
    return line if chosen == "line" else Recipes(recipe_for(**shared, **passes), line)
