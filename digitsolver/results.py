"""Records of what reading an image gives: readings and failures."""

import os
from dataclasses import dataclass
from typing import Any, Final, Literal, Self

import numpy as np
from numpy.typing import NDArray

from digitsolver.errors import DigitSolverError

JsonObject = dict[str, Any]
"""A JSON object: what its values are only its reader can know."""

ImageSource = str | os.PathLike[str] | bytes | NDArray[np.uint8]
"""What can be read: a path, an encoded image, or pixels (H, W) or (H, W, 3 or 4)."""


Degrees = Literal[0, 90, 180, 270]
DEGREES: Final[tuple[Degrees, ...]] = (0, 90, 180, 270)
Rotate = Literal[0, 90, 180, 270, "auto"]
"""Degrees to turn images by, clockwise, or whichever way is read most confidently."""
Crop = Literal["auto", "none"]
"""Whether to look for a small line of digits where the whole image is not read confidently."""


@dataclass(frozen=True, slots=True)
class NamedImage:
    """An encoded image that comes from somewhere else than a file, and its name."""

    path: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Digit:
    """One character of a reading.

    Examples
    --------
    >>> import digitsolver
    >>> reading = digitsolver.load().solve("captchas/plain/00000-2593.png")
    >>> first = reading.digits[0]
    >>> first.digit, first.confidence > 0.9, len(first.box)
    ('2', True, 4)
    """

    digit: str
    """The character."""
    confidence: float
    """Its probability at this place, from 0 to 1."""
    box: tuple[int, int, int, int]
    """``(x, y, width, height)`` in pixels of the image."""


@dataclass(frozen=True, slots=True, repr=False)
class Reading:
    """The text of one image.

    Examples
    --------
    >>> import digitsolver
    >>> reading = digitsolver.load().solve("captchas/plain/00000-2593.png")
    >>> reading.text, reading.confidence > 0.9
    ('2593', True)
    """

    text: str
    confidence: float
    """The probability that the whole text is right, its length included: for the reader ``digits``
    the product of the digits' confidences, as if they erred independently, for ``line`` the
    probability of the text among all texts."""
    digits: tuple[Digit, ...]
    """One record for each character."""
    path: str | None = None
    """The file; ``None`` for bytes and arrays."""
    confidence_given_length: float | None = None
    """The confidence if the given length is certain; ``None`` where no length is given."""
    frames: int = 1
    """Number of frames or pages in the image."""
    frame: int | None = 1
    """The frame that was read, from 1; ``None`` for all of them in one."""
    novel: bool = False
    """Whether the image shows letters, which the model was not made to answer with. A model that
    was trained on labels does not tell."""

    def __repr__(self) -> str:
        path = "" if self.path is None else f" in {self.path!r}"
        return f"<Reading {self.text!r}{path}, confidence {self.confidence:.3f}>"

    def to_json(self, min_confidence: float = 0.0) -> JsonObject:
        """Return the contract's object; ``text`` is ``None`` below `min_confidence`.

        It has ``confidence_given_length`` where a length is given, ``frames`` and ``frame`` where
        the image has several frames or pages, and ``novel`` where it is true.
        """
        several = {"frames": self.frames, "frame": self.frame} if self.frames > 1 else {}
        made = {
            "path": self.path,
            "text": self.text if self.confidence >= min_confidence else None,
            "confidence": round(self.confidence, 6),
            "digits": [
                {"digit": d.digit, "confidence": round(d.confidence, 6), "box": list(d.box)}
                for d in self.digits
            ],
            **several,
        }
        if self.confidence_given_length is not None:
            made["confidence_given_length"] = round(self.confidence_given_length, 6)
        if self.novel:
            made["novel"] = True
        return made


@dataclass(frozen=True, slots=True)
class Failure:
    """Why one image cannot be read.

    Examples
    --------
    >>> import digitsolver
    >>> (failure,) = digitsolver.load().solve_many([b"GIF89a"])
    >>> failure.path, failure.reason[:8]
    (None, 'expected')
    """

    path: str | None
    """The file; ``None`` for bytes and arrays."""
    reason: str
    """What was expected and what was found, in one line."""

    @classmethod
    def of(cls, path: str | None, error: DigitSolverError) -> Self:
        """Return what `error` says of the image `path`.

        Examples
        --------
        >>> Failure.of("1.png", DigitSolverError("expected an image", "1.png")).to_json()
        {'path': '1.png', 'error': 'expected an image'}
        """
        return cls(path, error.reason if path is None else error.reason_at(path))

    def to_json(self) -> JsonObject:
        """Return the contract's object for an image that cannot be read."""
        return {"path": self.path, "error": self.reason}


def answer_to_json(answer: Reading | Failure, min_confidence: float = 0.0) -> JsonObject:
    """Return the contract's object for what reading one image gave, as ``solve --json`` prints it.

    Examples
    --------
    >>> answer_to_json(Reading("42", 0.5, ()), min_confidence=0.9)["text"]
    >>> answer_to_json(Failure("1.png", "found an empty file"))
    {'path': '1.png', 'error': 'found an empty file'}
    """
    return answer.to_json(min_confidence) if isinstance(answer, Reading) else answer.to_json()


def path_of(image: ImageSource | NamedImage) -> str | None:
    """Return the path or the name of an image that was given with one."""
    if isinstance(image, NamedImage):
        return image.path
    return os.fspath(image) if isinstance(image, str | os.PathLike) else None
