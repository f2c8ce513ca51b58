"""Captchas and readers for the tests of images."""

import io
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

import cv2
import numpy as np
from PIL import Image

from digitsolver.bundle import Bundle
from digitsolver.datasets import Sample
from digitsolver.io.images import ImageArray, to_grey, write_png
from digitsolver.pipeline.style import Style
from digitsolver.pipeline.trace import Trace, compare_segmenters, run_stages
from digitsolver.readers import Explanation
from digitsolver.results import Digit, Reading
from digitsolver.solver import Solver
from digitsolver.visualize.canvas import Canvas
from tests.templates import facts

STYLE = Style(cleaners=("frame", "specks"))
MOST_BYTES = 40_000


def draw_text(text: str, size: tuple[int, int] = (96, 32), *, colour: bool = False) -> ImageArray:
    """Draw digits that stand apart, dark on light."""
    image = np.full((32, 22 * len(text) + 8, 3), (250, 240, 210), np.uint8)
    for position, digit in enumerate(text):
        place = (8 + 22 * position, 25)
        cv2.putText(image, digit, place, cv2.FONT_HERSHEY_SIMPLEX, 0.7, (90, 20, 120), 2)
    scaled = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
    return scaled if colour else to_grey(scaled)


@dataclass
class Guesses:
    """Stand in for a solver that reads a given text."""

    text: str
    confidence: float = 0.9
    style: Style = STYLE
    explains = frozenset(("steps", "trace", "activations", "reading"))

    @property
    def bundle(self) -> Bundle:
        return Bundle(Path("model"), facts(), self.style, {})

    def read(self, traced: Trace) -> Reading:
        boxes = [tuple(box) for box in traced.boxes.tolist()]
        digits = tuple(
            Digit(character, self.confidence, cast("tuple[int, int, int, int]", box))
            for character, box in zip(self.text, boxes, strict=False)
        )
        return Reading(self.text, self.confidence ** len(digits), digits)

    def kept(self, traced: Trace) -> Trace:
        """Return the segmentation that is read."""
        return traced

    def explain(self, image: Path, *, label: str | None = None) -> Explanation:
        run = run_stages(image, self.style, length=len(label or "") or None)
        if run.trace is None:
            return Explanation(run.original, run.steps, error=run.error)
        traces = compare_segmenters(run.trace, self.style, len(run.trace.crops))
        segmentations = {
            name: self.explained(run.original, other)
            for name, other in traces.items()
            if isinstance(other, Trace)
        }
        explained = self.explained(run.original, self.kept(run.trace))
        return replace(explained, segmentations=segmentations)

    def explained(self, original: ImageArray, traced: Trace) -> Explanation:
        maps = np.random.default_rng(0).random((len(traced.crops), 7, 5, 10))
        activations = maps.astype(np.float32)
        return Explanation(original, traced.steps, traced, self.read(traced), activations)


def solver(text: str, confidence: float = 0.9, style: Style = STYLE) -> Solver:
    return cast(Solver, Guesses(text, confidence, style))


Make = Callable[..., Sample]


def maker(folder: Path) -> Make:
    """Return what writes one captcha to a folder in `folder`, and returns its sample."""

    def write(label: str, name: str = "7", *, known: bool = True, **how: object) -> Sample:
        path = folder / "captchas" / f"{name}-{label}.png"
        path.parent.mkdir(exist_ok=True)
        write_png(path, draw_text(label, **how))  # type: ignore[arg-type]
        return Sample(path, label if known else None)

    return write


def contents(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


def pixels_like(canvas: Canvas, colour: tuple[int, int, int]) -> int:
    return int((np.asarray(canvas.image) == colour).all(axis=2).sum())
