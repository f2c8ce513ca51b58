"""Draw the board of a search: the styles that were tried, on some captchas, and why one won."""

from collections.abc import Sequence
from itertools import accumulate

import numpy as np

from digitsolver.datasets import Sample
from digitsolver.errors import DigitSolverError
from digitsolver.io.images import read_image
from digitsolver.pipeline.named_styles import STYLES
from digitsolver.pipeline.trace import trace
from digitsolver.tune import Candidate
from digitsolver.visualize.canvas import BLUE, EDGE, GREEN, NOTE, ORANGE, RED, SHARP, Canvas

SHOWN = 4
"""Captchas in a row."""
BEST = 5
"""Candidates beside the one that was taken; those of the named styles come on top."""

WIDE, HIGH = 200.0, 92.0
NAMES = 330.0
LINE, BELOW = 15.0, 32.0
"""Height of a line about a candidate, and where the first of them begins."""
MARGIN, GAP, HEAD = 18.0, 14.0, 64.0
LARGE, TEXT, SMALL = 17.0, 13.0, 11.0


def draw_candidates(
    candidates: Sequence[Candidate], samples: Sequence[Sample], scale: int = SHARP
) -> bytes:
    """Return the board as the bytes of a PNG file.

    `candidates` are what ``tune.choose`` returned. The first row holds the captchas as they came;
    each of the others what one candidate makes of them, the one that was taken on top: cleaned,
    with the columns and the box of each digit.
    """
    shown = list(samples[:SHOWN])
    rows = _rows(candidates)
    width = 2 * MARGIN + NAMES + len(shown) * (WIDE + GAP)
    sheet = Canvas(width, 1, scale)  # to measure text on
    lines = [_about(candidate, sheet) for candidate in rows]
    heights = [max(HIGH, BELOW + LINE * len(some)) + GAP for some in lines]
    canvas = Canvas(width, 2 * MARGIN + HEAD + HIGH + GAP + sum(heights), scale)
    best = max(candidates, key=lambda candidate: candidate.score)
    canvas.text(MARGIN, MARGIN, _title(candidates[0]), LARGE)
    for number, line in enumerate(_reasons(candidates[0], best)):
        canvas.text(MARGIN, MARGIN + 24 + 16 * number, line, TEXT, NOTE)
    for index, sample in enumerate(shown):
        place = canvas.at(MARGIN + NAMES + index * (WIDE + GAP), MARGIN + HEAD)
        _draw_original(sample, place)
    tops = accumulate(heights, initial=HIGH + GAP)
    for candidate, about, top in zip(rows, lines, tops, strict=False):
        row = canvas.at(MARGIN, MARGIN + HEAD + top)
        row.bar(0, -GAP / 2, width - 2 * MARGIN, 1, EDGE)
        _draw_names(candidate, about, candidates[0], best, row)
        for index, sample in enumerate(shown):
            _draw_cut(candidate, sample, row.at(NAMES + index * (WIDE + GAP), 0))
    return canvas.encode()


def _rows(candidates: Sequence[Candidate]) -> list[Candidate]:
    """Return the candidates to show: the best, and the named styles."""
    first = list(candidates[: BEST + 1])
    return [*first, *(other for other in candidates[BEST + 1 :] if other.change in STYLES)]


def _title(taken: Candidate) -> str:
    if taken.right is None:
        what = "score without labels: even, complete, stable and similar digits"
        return f"{taken.change}: {taken.score:.1%} {what}"
    what = f"of {taken.judged} digits classified correctly by a quick classifier"
    return f"{taken.change}: {taken.right:.1%} {what}"


def _reasons(taken: Candidate, best: Candidate) -> list[str]:
    segmented = f"{taken.segmented} of {taken.captchas} captchas were segmented into digits."
    if taken is best:
        return ["Chosen: nothing simpler is within one standard error of its score.", segmented]
    less, error = _difference(best, taken)
    why = f"the best scores {less:.1%} more (standard error {error:.1%}), but is less simple"
    return [f"Chosen: {why}.", segmented]


def _difference(best: Candidate, other: Candidate) -> tuple[float, float]:
    """Return how much better the best is, and the standard error of that."""
    less = best.outcome - other.outcome
    error = less.std(ddof=1) / np.sqrt(len(less)) if len(less) > 1 else 0.0
    return float(less.mean()), float(error)


def _draw_original(sample: Sample, canvas: Canvas) -> None:
    try:
        place = canvas.draw_image(read_image(sample.path), 0, 0, WIDE, HIGH - 18)
    except DigitSolverError:
        canvas.cross(6, 9, 12)
        return
    canvas.text(0, place.bottom + 4, canvas.shortened(sample.label or "", TEXT, WIDE), TEXT)


def _about(candidate: Candidate, canvas: Canvas) -> list[str]:
    """Return how a candidate came about and its settings, in lines that fit beside the images."""
    style = candidate.style
    texts = [
        candidate.change,
        f"{style.projection}, " + (" + ".join(style.cleaners) or "no cleaners"),
        (
            f"stroke {style.stroke}, {style.segmenter}, window {style.window_width} x "
            f"{style.window_height}"
        ),
    ]
    return [line for text in texts for line in canvas.wrapped(text, SMALL, NAMES - 24)]


def _draw_names(
    candidate: Candidate, about: Sequence[str], taken: Candidate, best: Candidate, canvas: Canvas
) -> None:
    """Write what the candidate is and how it does, beside a bar of its score."""
    if candidate is taken:
        canvas.tick(NAMES - 34, 9, 13)
    shown = candidate.score if candidate.right is None else candidate.right
    canvas.text(0, 0, f"{shown:.1%}", LARGE)
    less, error = _difference(best, candidate)
    if candidate is not best:
        canvas.text(62, 5, f"{less:.1%} ± {error:.1%} lower score", SMALL, NOTE)
    wide = NAMES - 24
    canvas.bar(0, 23, wide, 4, EDGE)
    canvas.bar(0, 23, wide * candidate.score, 4, GREEN if candidate is taken else BLUE)
    for number, line in enumerate(about):
        canvas.text(0, BELOW + LINE * number, line, SMALL, NOTE)


def _draw_cut(candidate: Candidate, sample: Sample, canvas: Canvas) -> None:
    """Draw the cleaned image and the columns and rows of its digits."""
    length = len(sample.label) if sample.label else None
    try:
        traced = trace(sample.path, candidate.style, length=length)
    except DigitSolverError as error:
        canvas.cross(6, 9, 12)
        for number, line in enumerate(canvas.wrapped(str(error), SMALL, WIDE - 20)[:4]):
            canvas.text(18, 2 + 14 * number, line, SMALL, RED)
        return
    place = canvas.draw_image(traced.cleaned, 0, 0, WIDE, HIGH)
    for index, (x, y, width, height) in enumerate(traced.boxes.tolist()):
        canvas.bar(
            place.column(x),
            place.row(y),
            width * place.zoom,
            height * place.zoom,
            (BLUE, ORANGE)[index % 2],
            0.22,
        )
