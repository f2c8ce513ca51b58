"""Write the images of one captcha to the folders of the stages, see `visualize`."""

from collections.abc import Callable, Collection, Iterator
from pathlib import Path

from PIL import Image

from digitsolver.io.files import write_bytes
from digitsolver.io.images import encode_png
from digitsolver.visualize.boards import draw_segmenters, draw_steps
from digitsolver.visualize.canvas import SHARP, Canvas, encode_palette
from digitsolver.visualize.network import draw_frames, draw_reading, heated, mosaic
from digitsolver.visualize.stages import draw_segments
from digitsolver.visualize.strip import draw_strip
from digitsolver.visualize.view import HEIGHT, WIDTH, View

ORIGINAL, CLEANED, CLIPPED = "0-original", "1-artifacts_removed", "2-clipped"
K_MEANS, DIGITS, ACTIVATIONS = "3-k_means", "4-digits", "5-activations"
FOLDERS = (ORIGINAL, CLEANED, CLIPPED, K_MEANS, DIGITS, ACTIVATIONS)
"""The stages' folders; the last one is for models only."""
EDGE = 8.0
"""Units round them."""
MAP_ZOOM = 4
"""Pixels a value, each way, in the images of activation maps."""
CROP_ZOOM = 6
"""Pixels a crop's pixel, each way, in those of Grad-CAM."""


def write_images(view: View, out: Path, name: str, show: Collection[str]) -> int:
    """Write all images of one captcha, and its strip; return their number."""
    count = 0
    for path, data in _images(view, name):
        write_bytes(out / path, data)
        count += 1
    write_bytes(out / f"{name}.png", draw_strip(view, show=show, scale=SHARP))
    return count + 1


def panel(view: View, draw: Callable[[View, Canvas], str]) -> bytes:
    """Return a panel alone, as the bytes of a PNG file."""
    return drawn_panel(view, draw)[0].encode()


def drawn_panel(view: View, draw: Callable[[View, Canvas], str]) -> tuple[Canvas, str]:
    """Return a panel alone, and the line that belongs below it."""
    canvas = Canvas(WIDTH + 2 * EDGE, HEIGHT + 2 * EDGE, SHARP)
    note = draw(view, canvas.at(EDGE, EDGE))
    return canvas, note


def _images(view: View, name: str) -> Iterator[tuple[str, bytes]]:
    """Yield path and bytes of each stage's images."""
    yield f"{ORIGINAL}/{name}.png", encode_png(view.original)
    for path, data in _model_images(view, name):
        yield f"{ACTIVATIONS}/{path}", data
    if not view.steps:
        return
    for number, (step, image) in enumerate(view.steps[:-1]):
        yield f"{CLEANED}/{name}-{number}-{step}.png", encode_png(image)
    yield f"{CLEANED}/{name}.png", encode_png(view.steps[-1][1])
    yield f"{CLEANED}/{name}-steps.png", draw_steps(view)
    if view.trace is None:
        return
    yield f"{CLIPPED}/{name}.png", encode_png(view.trace.clipped)
    yield f"{K_MEANS}/{name}.png", panel(view, draw_segments)
    yield f"{K_MEANS}/{name}-segmenters.png", draw_segmenters(view.segmentations)
    for position, crop in enumerate(view.trace.crops):
        yield f"{DIGITS}/{name}-{position}.png", encode_png(crop)


def _model_images(view: View, name: str) -> Iterator[tuple[str, bytes]]:
    """Yield name and bytes of the images of the network and of the reading."""
    if view.reading is not None:
        yield f"{name}-reading.png", panel(view, draw_reading)
    if view.frames is not None:
        yield f"{name}-frames.png", panel(view, draw_frames)
    for position, maps in enumerate(() if view.activations is None else view.activations):
        tiles = mosaic(maps).repeat(MAP_ZOOM, axis=0).repeat(MAP_ZOOM, axis=1)
        yield f"{name}-{position}.png", encode_palette(Image.fromarray(tiles))
    for position, heat in enumerate(() if view.grad_cam is None else view.grad_cam):
        crop = view.stages.crops[position]
        size = CROP_ZOOM * crop.shape[1], CROP_ZOOM * crop.shape[0]
        warm = heated(crop, heat, size)
        yield f"{name}-{position}-grad_cam.png", encode_palette(Image.fromarray(warm))
