"""Read what the reader ``digits`` learns from: a folder of digits, or captchas to be cut."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from digitsolver import datasets, tune
from digitsolver.datasets import DigitsFolder, Problem, Sample, preprocess
from digitsolver.errors import FolderError
from digitsolver.pipeline.style import Style
from digitsolver.readers.digits.realign import align
from digitsolver.readers.digits.settings import FEWEST, UNCUT, Digits, Recipe, gather
from digitsolver.training.result import check_drawable


@dataclass(frozen=True, slots=True)
class Source:
    """Hold the digits to learn from, the same as the stages cut them, and what was left out.

    ``held`` are the ids of the captchas to hold out, also of those that could not be cut; None
    where that is left open.
    """

    digits: DigitsFolder
    stages: DigitsFolder
    problems: list[Problem]
    held: list[str] | None = None

    @property
    def apart(self) -> list[int] | None:
        """Return the numbers that ``gather`` gives to ``held``, -1 for what could not be cut.

        None where it is open what is held out, and where none of it could be cut, or nothing
        else.
        """
        names = sorted(set(self.stages.captcha_ids))
        place = {name: number for number, name in enumerate(names)}
        numbers = [place.get(name, UNCUT) for name in self.held or ()]
        return numbers if 0 < len(set(numbers) - {UNCUT}) < len(names) else None


def read_source(source: Path, style: str | Style, labels: int | None, recipe: Recipe) -> Source:
    """Return the digits of the folder `source`.

    Captchas are cut by `style`, and the recipe's share of them is held out; a digits folder
    brings its own style. With `labels`, that many captchas are drawn with the recipe's seed.
    Raises FolderError for another folder.
    """
    if datasets.is_digits_folder(source):
        digits, problems = datasets.read_digits(source)
        digits = _drawn(digits, labels, recipe.seed)
        return Source(digits, digits, problems)
    found, problems = datasets.read_captchas(source)
    captchas, strange = datasets.check_labels(found, recipe.alphabet)
    if not captchas:
        raise FolderError(f"expected labels, found none that fits; {strange[0]}", source)
    if labels is not None:
        check_drawable(labels, len(captchas))
        captchas = datasets.draw(captchas, labels, recipe.seed)
    held: list[Sample] = []
    if len(captchas) >= FEWEST:
        held = datasets.split(captchas, recipe.held_out, recipe.seed)[1]
    cut_up = cut(captchas, held, style, recipe.seed)
    return replace(cut_up, problems=[*problems, *strange, *cut_up.problems])


def cut(
    captchas: Sequence[Sample], held: Sequence[Sample], style: str | Style, seed: int
) -> Source:
    """Return the digits of `captchas`, in a style found without those `held` back.

    Digits that the stages often put wrongly are cut anew to learn from, and crops without a digit
    come with them: see ``align``.
    """
    if isinstance(style, str):
        apart = {one.path for one in held}
        style = tune.resolve(style, [one for one in captchas if one.path not in apart])
    digits, problems = preprocess.crops_of(captchas, style)
    ids = datasets.unique_ids(captchas)
    names = [ids[one.path] for one in held]
    return Source(align(captchas, digits, seed), digits, problems, names)


def gathered(folder: DigitsFolder, recipe: Recipe) -> Digits:
    """Return the digits of `folder` with their classes and captchas as numbers; see ``gather``."""
    return gather(folder.crops, folder.labels, folder.captcha_ids, recipe.alphabet)


def _drawn(digits: DigitsFolder, labels: int | None, seed: int) -> DigitsFolder:
    """Return the digits of `labels` captchas drawn with `seed`."""
    names = sorted(set(digits.captcha_ids))
    if labels is None:
        return digits
    check_drawable(labels, len(names))
    order = np.random.default_rng(seed).permutation(len(names))
    chosen = {names[index] for index in order[:labels]}
    rows = [row for row, name in enumerate(digits.captcha_ids) if name in chosen]
    return DigitsFolder(
        digits.crops[rows],
        [digits.labels[row] for row in rows],
        [digits.captcha_ids[row] for row in rows],
        [digits.positions[row] for row in rows],
        digits.style,
    )
