"""What benchmarks/peers.py reads with: digitsolver and others, behind one interface."""

import argparse
import importlib.util
import shutil
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digitsolver.datasets import DIGITS

LETTERS = {
    **dict.fromkeys("oOQD", "0"),
    **dict.fromkeys("lIi|", "1"),
    **dict.fromkeys("zZ", "2"),
    **dict.fromkeys("A", "4"),
    **dict.fromkeys("sS", "5"),
    **dict.fromkeys("bG", "6"),
    **dict.fromkeys("T", "7"),
    **dict.fromkeys("B", "8"),
    **dict.fromkeys("gq", "9"),
}
"""The digit that a letter stands for where the reader knows letters, too."""
BEAM = 10
"""Prefixes kept of each length by `most_probable`."""
Answer = tuple[str, float | None]
"""A text and how sure the reader is, where it says so."""
Read = Callable[[Path, int], Answer]
"""Reads an image whose label has so many characters; most readers ignore that."""


@dataclass(frozen=True)
class Reader:
    """One way to read: how to open it, what it lacks, and whether it says how sure it is."""

    open: Callable[[argparse.Namespace], Read]
    missing: Callable[[], str | None] = lambda: None
    surely: Callable[[argparse.Namespace], Read] | None = None
    """Reads once more, not timed, where confidence costs more than the answer."""


def _digitsolver(*, given: bool) -> Callable[[argparse.Namespace], Read]:
    def opened(options: argparse.Namespace) -> Read:
        import digitsolver

        models = [options.model] if options.model else []
        solver = digitsolver.load(*models, threads=options.threads)

        def read(path: Path, length: int) -> Answer:
            reading = solver.solve(path, length=length if given else None)
            return reading.text, reading.confidence

        return read

    return opened


def _ddddocr(
    *, beta: bool, ranged: bool = False, sure: bool = False
) -> Callable[[argparse.Namespace], Read]:
    """Open one of ddddocr's models; `ranged` drops all but digits from what it has decoded."""

    def opened(options: argparse.Namespace) -> Read:
        ocr, seen = _open_ddddocr(beta, options.threads)
        if ranged:
            ocr.set_ranges(DIGITS)

        def read(path: Path, _: int) -> Answer:
            text = to_digits(ocr.classification(path.read_bytes()))
            return text, float(_softmax(seen[-1]).max(axis=1).mean()) if sure else None

        return read

    return opened


def _masked(*, beta: bool, given: bool) -> Callable[[argparse.Namespace], Read]:
    """Open one of ddddocr's models; only digits stand for choice at each step."""

    def opened(options: argparse.Namespace) -> Read:
        ocr, seen = _open_ddddocr(beta, options.threads)
        characters = ocr.get_charset()
        columns = [0, *(characters.index(digit) for digit in DIGITS)]

        def read(path: Path, length: int) -> Answer:
            ocr.classification(path.read_bytes())
            chances = _softmax(seen[-1][:, columns])
            return most_probable(chances, length) if given else most_probable_path(chances)

        return read

    return opened


def _open_ddddocr(beta: bool, threads: int) -> tuple[Any, deque[NDArray[np.float32]]]:
    """Return a model of ddddocr, and where the logits (steps, characters) that it saw last are.

    Its own way to give them makes a list of 200,000 numbers an image, which takes longer than
    reading it.
    """
    import onnxruntime

    limits = onnxruntime.SessionOptions()
    limits.intra_op_num_threads = threads
    seen: deque[NDArray[np.float32]] = deque(maxlen=1)
    original: Any = onnxruntime.InferenceSession

    class Watched(original):  # type: ignore[misc]
        """A session on so many threads (ddddocr itself takes all cores) that keeps its output."""

        def __init__(self, path: str, **settings: Any) -> None:
            super().__init__(path, limits, **settings)

        def run(self, *arguments: Any, **settings: Any) -> Any:
            found = super().run(*arguments, **settings)
            seen.append(found[0].reshape(-1, found[0].shape[-1]))
            return found

    try:
        onnxruntime.InferenceSession = Watched
        import ddddocr

        return ddddocr.DdddOcr(show_ad=False, beta=beta), seen
    finally:
        onnxruntime.InferenceSession = original


def _softmax(logits: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the chances that `logits` (steps, characters) stand for."""
    powers = np.exp(logits.astype(np.float64) - logits.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def _tesseract(_: argparse.Namespace) -> Read:
    import pytesseract

    from digitsolver.io.images import read_image

    settings = f"--psm 7 -c tessedit_char_whitelist={DIGITS}"

    def read(path: Path, _: int) -> Answer:
        kind = pytesseract.Output.DICT
        words = pytesseract.image_to_data(read_image(path), config=settings, output_type=kind)
        found = [(word, sure) for word, sure in zip(words["text"], words["conf"], strict=True)]
        found = [(word, float(sure)) for word, sure in found if word.strip()]
        sure = min((sure for _, sure in found), default=0.0)
        return "".join(word for word, _ in found), sure / 100

    return read


def _rapidocr(options: argparse.Namespace) -> Read:
    """Open the recognition of RapidOCR: it gets the whole image as one line of text."""
    from rapidocr import RapidOCR

    engine = "EngineConfig.onnxruntime"
    limits = {f"{engine}.{pool}_op_num_threads": options.threads for pool in ("intra", "inter")}
    ocr = RapidOCR(params={"Global.log_level": "error", **limits})

    def read(path: Path, _: int) -> Answer:
        found = ocr(path.read_bytes(), use_det=False, use_cls=False, use_rec=True)
        text = "".join(found.txts or ())
        characters = (one for one in to_digits(text) if one in DIGITS)
        return "".join(characters), min(found.scores or (0.0,))

    return read


def to_digits(text: str) -> str:
    """Return `text` with the letters of `LETTERS` as the digits that they stand for.

    >>> to_digits("lo7S")
    '1075'
    """
    return "".join(LETTERS.get(character, character) for character in text)


def most_probable_path(chances: NDArray[np.float64]) -> Answer:
    """Return the text of the most probable path through `chances` (steps, 1 + 10), blank first.

    It is as sure as ddddocr would say: the mean of the steps' largest chances.
    """
    best = chances.argmax(axis=1)
    changed = np.diff(best, prepend=-1) != 0
    text = "".join(DIGITS[one - 1] for one in best[changed & (best > 0)])
    return text, float(chances.max(axis=1).mean())


def most_probable(chances: NDArray[np.float64], length: int) -> Answer:
    """Return the most probable text of `length` digits in `chances` (steps, 1 + 10), blank first.

    Prefix beam search (Hannun et al., "First-pass large vocabulary continuous speech recognition
    using bi-directional recurrent DNNs", 2014) that keeps `BEAM` prefixes of each length.
    """
    beams = {"": (1.0, 0.0)}  # chances of the prefix that end in blank, and in its last digit
    for step in chances:
        new: dict[str, tuple[float, float]] = {}
        for prefix, (blank, digit) in beams.items():
            _add(new, prefix, (blank + digit) * step[0], 0.0)
            if prefix:
                _add(new, prefix, 0.0, digit * step[1 + int(prefix[-1])])
            if len(prefix) < length:
                for one, chance in zip(DIGITS, step[1:], strict=True):
                    before = blank if prefix.endswith(one) else blank + digit
                    _add(new, prefix + one, 0.0, before * chance)
        ranked = sorted(new.items(), key=lambda item: (len(item[0]), -sum(item[1]), item[0]))
        places: dict[int, int] = {}
        beams = {}
        for prefix, found in ranked:
            places[len(prefix)] = places.get(len(prefix), 0) + 1
            if places[len(prefix)] <= BEAM:
                beams[prefix] = found
    whole = {prefix: sum(found) for prefix, found in beams.items() if len(prefix) == length}
    if not whole:
        return "", 0.0
    text = max(whole, key=lambda one: whole[one])
    return text, float(whole[text])


def _add(beams: dict[str, tuple[float, float]], prefix: str, blank: float, digit: float) -> None:
    old = beams.get(prefix, (0.0, 0.0))
    beams[prefix] = (old[0] + blank, old[1] + digit)


def _no_ddddocr() -> str | None:
    found = importlib.util.find_spec("ddddocr")
    return None if found else "not installed: pip install 'digitsolver[peers]'"


def _no_rapidocr() -> str | None:
    found = importlib.util.find_spec("rapidocr")
    return None if found else "not installed: pip install 'digitsolver[peers]'"


def _no_tesseract() -> str | None:
    if not importlib.util.find_spec("pytesseract"):
        return "pytesseract is not installed: pip install 'digitsolver[peers]'"
    if not shutil.which("tesseract"):
        return "there is no program tesseract; on Debian: apt-get install tesseract-ocr"
    return None


def _readers() -> dict[str, Reader]:
    readers = {
        "digitsolver": Reader(_digitsolver(given=False)),
        "digitsolver, length given": Reader(_digitsolver(given=True)),
    }
    for name, beta in (("ddddocr", False), ("ddddocr beta", True)):
        plain, ranged = _ddddocr(beta=beta), _ddddocr(beta=beta, ranged=True)
        readers |= {
            name: Reader(plain, _no_ddddocr, _ddddocr(beta=beta, sure=True)),
            f"{name}, digit range": Reader(
                ranged, _no_ddddocr, _ddddocr(beta=beta, ranged=True, sure=True)
            ),
            f"{name}, mask": Reader(_masked(beta=beta, given=False), _no_ddddocr),
            f"{name}, mask, length given": Reader(_masked(beta=beta, given=True), _no_ddddocr),
        }
    return readers | {
        "RapidOCR": Reader(_rapidocr, _no_rapidocr),
        "tesseract": Reader(_tesseract, _no_tesseract),
    }


READERS = _readers()
