"""Say in a sentence what each stage does, and where its method comes from.

Boards and the page of `digitsolver serve` show these sentences. What a cleaner does is the first
sentence of its own docstring, and the source of every method is the one that its docstring names,
so that a new one brings both with it.
"""

import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass

from digitsolver.stages import CLEANERS, SEGMENTERS, crop, stretch
from digitsolver.stages.clip import heaviest

SPLIT = "levels"
"""The step before the first cleaner."""
ORIGINAL = "The image as it came."
LEVELS = "The image in grey, dark digits on white, the levels spread."
CLIP = (
    "The box around all digits: the rows and the columns with the most ink, after as much as "
    "noise alone would give is subtracted."
)
CROP = "A window of one size around each digit, scaled to the size that a network reads."
IDEAS = {
    "kmeans": "A centroid a digit settles where the ink lies; the borders are halfway between.",
    "equal": "The box is cut into parts of one width, whatever lies in them.",
    "contours": "Ink that hangs together is a digit; what is too wide is cut, what is too much "
    "is joined.",
}
"""What segmenters do."""

_HEADING = re.compile(r"^References\n-+\n(.+?)(?:\n\n\w+\n-+\n|\Z)", re.DOTALL | re.MULTILINE)
_IN_PARENTHESES = re.compile(r"\(([^()]*\b(?:19|20)\d\d\b[^()]*)\)")


@dataclass(frozen=True, slots=True)
class Idea:
    """What a stage does, in a sentence, and the source of its method, where it has one."""

    sentence: str
    source: str = ""


def step_idea(name: str) -> Idea:
    """Return what a step of stage 1 does: ``levels``, or a cleaner.

    Examples
    --------
    >>> step_idea("frame").sentence
    'Remove a frame round the image, line by line from each side.'
    >>> step_idea("noise").source
    'J. Tukey, "Exploratory data analysis", 1977'
    """
    if name == SPLIT:
        return Idea(LEVELS, source_of(stretch))
    cleaner = CLEANERS[name]
    return Idea(_first(cleaner), source_of(cleaner))


def clip_idea() -> Idea:
    """Return what stage 2 does."""
    return Idea(CLIP, source_of(heaviest))


def segment_idea(name: str) -> Idea:
    """Return what a segmenter does; of one without an idea here, what its docstring says."""
    segmenter = SEGMENTERS[name]
    return Idea(IDEAS.get(name) or _first(segmenter), source_of(segmenter))


def crop_idea() -> Idea:
    """Return what stage 4 does."""
    return Idea(CROP, source_of(crop))


def source_of(method: Callable[..., object]) -> str:
    """Return the source that a docstring names: its references, or what is in parentheses.

    Examples
    --------
    >>> def halve(): '''Halve. (Halves: E. Uclid, "Elements", 1956, after others.)'''
    >>> source_of(halve)
    'Halves: E. Uclid, "Elements", 1956, after others'
    """
    text = inspect.getdoc(method) or ""
    section = _HEADING.search(text)
    found = [section[1]] if section else _IN_PARENTHESES.findall(text)
    return " ".join(found[-1].split()).rstrip(".") if found else ""


def _first(method: Callable[..., object]) -> str:
    """Return the first paragraph of a docstring, on one line."""
    return " ".join((inspect.getdoc(method) or "").partition("\n\n")[0].split())
