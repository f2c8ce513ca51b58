"""Draw the images of docs/how-it-works.md again: each stage at work, and each stage breaking.

`STAGES` are drawn by the stages and the shipped model alone, and a test holds the files in the
repository to them. `NETWORK` need a network for digits, which is trained here on generated captchas
in about two minutes: only another machine's arithmetic makes their images differ.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path

from collector.dataset import generate as generating
from digitsolver import solver, train, tune
from digitsolver.datasets import Sample, read_captchas
from digitsolver.io.files import write_bytes
from digitsolver.pipeline.named_styles import get_style
from digitsolver.pipeline.style import Style
from digitsolver.readers.digits.settings import DigitsSettings
from digitsolver.visualize import View, make_view, open_grad_cam
from digitsolver.visualize.boards import (
    Row,
    cell_height,
    changed,
    draw_board,
    draw_segmenters,
    drawing,
    showing,
)
from digitsolver.visualize.canvas import Canvas
from digitsolver.visualize.network import draw_activations, draw_frames, draw_grad_cam, draw_reading
from digitsolver.visualize.stages import draw_clipped, draw_digits, draw_original, draw_segments

ROOT = Path(__file__).resolve().parents[1]
MEASURED = 30
"""Captchas of a look that its style is measured on."""
LEARNT, READ = 120, 60
"""Captchas that the network of `NETWORK` learns from, and others that it reads."""
FRESH_SEED, BROKEN = 20, 12
"""Of captchas that no model has seen; the number of one that the shipped model misreads."""

SCALE = 2

Draw = Callable[[View, Canvas], str]


def main() -> None:
    """Run the script."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--out", type=Path, default=ROOT, help="the root to write to")
    parser.add_argument("--no-network", action="store_true", help="leave out what needs training")
    options = parser.parse_args()
    folder = options.out / "docs" / "images"
    folder.mkdir(parents=True, exist_ok=True)
    for name, draw in (STAGES if options.no_network else {**STAGES, **NETWORK}).items():
        write_bytes(folder / name, draw())
        print(folder / name)


def draw_cleaning() -> bytes:
    """Draw two cleaners at work, and two ways in which one breaks."""
    rows = [
        _cleaned("speckles", "speckle", 0, "Noise as dark as the digits: lifted off the strokes."),
        _cleaned("lines", "lines", 22, "Lines thinner than the strokes go."),
        _cleaned("lines", "lines", 17, "Breaks: strokes as thin as lines go with them."),
        _cleaned("lines", "lines", 11, "Breaks: a line as wide as the strokes stays."),
    ]
    heads = ("before the cleaner", "what it changed", "what is left")
    return draw_board(
        heads, rows, height=cell_height(look("lines", "lines", 22).original), scale=SCALE
    )


def draw_clipping() -> bytes:
    """Draw the box round the digits, and what widens it."""
    rows = [
        _row(
            "works",
            "Specks far smaller than a digit do not count.",
            look("speckle", "speckle", 0),
            draw_original,
            draw_clipped,
        ),
        _row(
            "breaks",
            "A line above and one below count as digits, and the box takes them in.",
            look("lines", "lines", 61),
            draw_original,
            draw_clipped,
        ),
    ]
    return draw_board(("original", "box round all digits"), rows, scale=SCALE)


def draw_segmenting(name: str, style_name: str, index: int) -> bytes:
    """Draw what the segmenters make of one captcha."""
    return draw_segmenters(look(name, style_name, index).segmentations, scale=SCALE)


def draw_cropping() -> bytes:
    """Draw windows round each digit, and what puts them beside it."""
    wrong = measured("plain", "scattered").with_length(5)
    rows = [
        _row(
            "works",
            "Each window holds one digit in its middle.",
            look("plain", "scattered", 6),
            draw_segments,
            draw_digits,
        ),
        _row(
            "crowded",
            "Digits close together: neighbours reach into the window, and the network has to "
            "learn to look at the middle.",
            look("speckle", "speckle", 8),
            draw_segments,
            draw_digits,
        ),
        _row(
            "breaks",
            "Given a length of 5 where there are 4, it puts two windows on one of them.",
            make_view(Sample(captcha("plain", 6).path, None), wrong),
            draw_segments,
            draw_digits,
        ),
    ]
    return draw_board(("spans", "crops"), rows, scale=SCALE)


def draw_whole() -> bytes:
    """Draw what the shipped model reads at which columns, and a reading that is wrong."""
    shipped = solver.load(threads=1)
    rows = [
        _row(
            "works",
            "Lines of the digits' own width, which no stage removes.",
            make_view(captcha("lines", 11), Style(), shipped),
            draw_frames,
            draw_reading,
        ),
    ]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "fresh.png"
        ((_, label, _, data),) = generating.generate_batch(
            "mixed", FRESH_SEED, range(BROKEN, BROKEN + 1), None
        )
        path.write_bytes(data)
        view = make_view(Sample(path, label), Style(), shipped)
    rows.append(
        _row(
            "breaks",
            "A line makes a 7 of the slanted 1; the reading is not confident.",
            view,
            draw_frames,
            draw_reading,
        )
    )
    return draw_board(("read at columns", "reading"), rows, scale=SCALE)


def draw_network() -> bytes:
    """Draw what a network sees in crops and reads, and the reading that it gets most wrong."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for _ in generating.generate("speckle", READ, folder / "fresh", FRESH_SEED):
            pass
        trained = train.train(
            ROOT / "captchas" / "speckle",
            measured("speckle", "speckle"),
            folder / "model",
            settings=[DigitsSettings(epochs=8)],
            labels=LEARNT,
        )
        reader, grad_cam = (
            solver.load(trained.bundle.path, threads=1),
            open_grad_cam(trained.bundle),
        )
        samples, _ = read_captchas(folder / "fresh")
        views = [make_view(sample, trained.bundle.style, reader, grad_cam) for sample in samples]
    views.sort(key=_worth)
    panels = (draw_digits, draw_activations, draw_grad_cam, draw_reading)
    rows = [
        _row(
            "works",
            "The surest reading of captchas that the network has not seen.",
            views[-1],
            *panels,
        ),
        _row(
            "breaks",
            "The worst: where two digits share a crop, it may look at the wrong one.",
            views[0],
            *panels,
        ),
    ]
    return draw_board(("crops", "last convolution", "Grad-CAM", "reading"), rows, scale=SCALE)


def _worth(view: View) -> tuple[bool, float]:
    """Return how good a reading is: wrong ones first, the surest of them first."""
    if view.reading is None:
        raise ValueError("expected a reading, found none")
    right = view.reading.text == view.label
    return right, view.reading.confidence if right else -view.reading.confidence


@cache
def _captchas(name: str) -> list[Sample]:
    return read_captchas(ROOT / "captchas" / name)[0]


def captcha(name: str, index: int) -> Sample:
    """Return one of the generated captchas of a look."""
    return _captchas(name)[index]


@cache
def measured(name: str, style_name: str) -> Style:
    """Return a named style, with what it leaves open measured on captchas of a look."""
    return tune.complete(get_style(style_name), _captchas(name)[:MEASURED])


def look(name: str, style_name: str, index: int) -> View:
    """Return what there is to show of one of the generated captchas."""
    return make_view(captcha(name, index), measured(name, style_name))


def _row(name: str, idea: str, view: View, *draws: Draw) -> Row:
    return Row(name, idea, [drawing(one, view) for one in draws])


def _cleaned(cleaner: str, name: str, index: int, idea: str) -> Row:
    """Return a row that shows one cleaner alone."""
    steps = look(name, name, index).steps
    place = [step for step, _ in steps].index(cleaner)
    before, after = steps[place - 1][1], steps[place][1]
    cells = (showing(before, ""), showing(changed(before, after), "red gone, blue new"))
    return Row(cleaner, idea, (*cells, showing(after, "")))


STAGES: dict[str, Callable[[], bytes]] = {
    "how-clean.png": draw_cleaning,
    "how-clip.png": draw_clipping,
    "how-segment-apart.png": partial(draw_segmenting, "plain", "scattered", 3),
    "how-segment-lines.png": partial(draw_segmenting, "lines", "lines", 34),
    "how-crop.png": draw_cropping,
    "how-whole.png": draw_whole,
}
"""File names under docs/images, and what draws them."""
NETWORK: dict[str, Callable[[], bytes]] = {"how-network.png": draw_network}


if __name__ == "__main__":
    main()
