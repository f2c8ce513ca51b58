"""Certify what a model's confidence promises, and find what was certified."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from digitsolver.bundle import Bundle, add_guarantee
from digitsolver.errors import FolderError
from digitsolver.measure.guarantee import Guarantee, certify, fewest_images, needed_images

if TYPE_CHECKING:
    from digitsolver.measure.evaluation import Evaluation


def certified(found: Evaluation, max_wrong: float, length: int | None, folder: Path) -> Guarantee:
    """Return what the evaluation of labelled `folder` certifies.

    Raises FolderError where that is nothing, and says how many labels it would take.
    """
    guarantee = certify(
        found.confidences, found.right, max_wrong, images=found.images, length=length
    )
    if guarantee is None:
        wrong = sum(not right for right in found.right)
        needed = max(needed_images(wrong, max_wrong), fewest_images(max_wrong))
        raise FolderError(
            f"--max-wrong {max_wrong:.3g}: {len(found.right)} readings, {wrong} of them wrong, "
            f"certify no confidence; expected {fewest_images(max_wrong)} without an error among "
            f"the most confident, or {needed} with {wrong} wrong",
            folder,
        )
    return guarantee


def keep(guarantee: Guarantee, model: str | None) -> str:
    """Write a guarantee into the bundle `model`, and return how it is used.

    The default model has many users with many looks: what holds for one is not kept in it.
    """
    if model is None:
        return f"use it with: digitsolver solve --min-confidence {_down(guarantee.threshold)}"
    add_guarantee(Path(model), guarantee)
    length = f" --length {guarantee.length}" if guarantee.length else ""
    return (
        f"kept in {model}; use it with: digitsolver solve --model {model}{length} "
        f"--max-wrong {guarantee.max_wrong:.3g}"
    )


def threshold(bundle: Bundle, max_wrong: float, length: int | None) -> float:
    """Return the confidence at which `bundle` guarantees `max_wrong` with this `length`."""
    guarantees = bundle.facts.guarantees
    fitting = [one for one in guarantees if one.max_wrong <= max_wrong and one.length == length]
    if not fitting:
        found = "; ".join(map(_named, guarantees)) or "none"
        raise click.UsageError(
            f"--max-wrong {max_wrong:.3g}: expected a model that certified it with these options "
            f"(digitsolver evaluate LABELLED --model BUNDLE --max-wrong {max_wrong:.3g}), "
            f"found guarantees: {found}"
        )
    return min(one.threshold for one in fitting)


def _named(guarantee: Guarantee) -> str:
    length = f" with --length {guarantee.length}" if guarantee.length else ""
    return f"{guarantee.max_wrong:.3g}{length}"


def _down(confidence: float) -> str:
    """Return a confidence with six decimals that is not above it.

    >>> _down(0.98765469)
    '0.987654'
    """
    return f"{int(confidence * 1e6) / 1e6:.6f}"
