"""Certify what a model's confidence promises, and find what was certified."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from digitsolver.bundle import Bundle, add_guarantee
from digitsolver.errors import FolderError
from digitsolver.measure.guarantee import Guarantee, ReadingOptions, certify, shortfall
from digitsolver.measure.guarantee import threshold as guaranteed

if TYPE_CHECKING:
    from digitsolver.measure.evaluation import Evaluation
    from digitsolver.results import Crop, Rotate


def certified(
    found: Evaluation, max_wrong: float, options: ReadingOptions, folder: Path
) -> Guarantee:
    """Return what the evaluation of labelled `folder` certifies.

    Raises FolderError where that is nothing, and says how many labels it would take.
    """
    guarantee = certify(
        found.confidences, found.right, max_wrong, images=found.images, options=options
    )
    if guarantee is None:
        reason = shortfall(found.right, max_wrong)
        raise FolderError(f"--max-wrong {max_wrong:.3g}: {reason}", folder)
    return guarantee


def keep(guarantee: Guarantee, model: str | None) -> str:
    """Write a guarantee into the bundle `model`, and return how it is used.

    The default model has many users with many looks: what holds for one is not kept in it.
    """
    options = f" {guarantee.options}".rstrip()
    if model is None:
        lowest = _down(guarantee.threshold)
        return f"use it with: digitsolver solve{options} --min-confidence {lowest}"
    add_guarantee(Path(model), guarantee)
    return (
        f"kept in {model}; use it with: digitsolver solve --model {model}{options} "
        f"--max-wrong {guarantee.max_wrong:.3g}"
    )


def threshold(
    bundle: Bundle,
    max_wrong: float,
    length: int | None,
    frame: int | None,
    rotate: Rotate,
    crop: Crop,
) -> float:
    """Return the confidence at which `bundle` guarantees `max_wrong` with these options."""
    options = ReadingOptions(length, frame, rotate, crop)
    try:
        return guaranteed(bundle.facts.guarantees, max_wrong, options)
    except ValueError as error:
        raise click.UsageError(f"--max-wrong {max_wrong:.3g}: {error}") from error


def _down(confidence: float) -> str:
    """Return a confidence with six decimals that is not above it.

    >>> _down(0.98765469)
    '0.987654'
    """
    return f"{int(confidence * 1e6) / 1e6:.6f}"
