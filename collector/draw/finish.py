"""What happens to a finished image: blur, noise, JPEG, a palette, transparency."""

from __future__ import annotations

from io import BytesIO

import cv2
import numpy as np
from numpy.typing import NDArray

from collector.draw.ink import Canvas
from collector.draw.look import Finish

Pixels = NDArray[np.uint8]


def soften(canvas: Canvas, finish: Finish, grey: bool, rng: np.random.Generator) -> Canvas:
    """Reduce sharpness, contrast and (where ``grey``) colour, and add sensor noise."""
    height, width = canvas.shape[:2]
    small = finish.rescale.draw(rng)
    if small:
        size = (max(round(width * small), 8), max(round(height * small), 8))
        shrunk = cv2.resize(canvas, size, interpolation=cv2.INTER_AREA)
        how = cv2.INTER_LINEAR if rng.random() < 0.7 else cv2.INTER_NEAREST
        canvas = np.asarray(cv2.resize(shrunk, (width, height), interpolation=how), dtype=np.uint8)
    sigma = finish.blur.draw(rng)
    if sigma:
        canvas = np.asarray(cv2.GaussianBlur(canvas, (0, 0), sigma), dtype=np.uint8)
    lost = finish.soften.draw(rng)
    if lost:
        level = lost * rng.uniform(0, 255)
        scaled = cv2.convertScaleAbs(canvas, alpha=1 - lost, beta=level)
        canvas = np.asarray(scaled, dtype=np.uint8)
    noise = finish.noise.draw(rng)
    if noise:
        spread = rng.standard_normal(canvas.shape, dtype=np.float32)
        spread *= np.float32(noise)
        spread += canvas
        canvas = np.clip(spread, 0, 255, out=spread).astype(np.uint8)
    if grey:
        plane = cv2.cvtColor(canvas, cv2.COLOR_RGB2GRAY)
        canvas = np.asarray(cv2.cvtColor(plane, cv2.COLOR_GRAY2RGB), dtype=np.uint8)
    return canvas


def to_bilevel(canvas: Canvas) -> Canvas:
    """Return the image in black and white, at the threshold of Otsu."""
    plane = cv2.cvtColor(canvas, cv2.COLOR_RGB2GRAY)
    _, marked = cv2.threshold(plane, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    return np.asarray(cv2.cvtColor(marked, cv2.COLOR_GRAY2RGB), dtype=np.uint8)


def to_jpeg(canvas: Canvas, quality: int, fine: bool) -> tuple[Canvas, bytes]:
    """Encode as JPEG; return the decoded image and the bytes.

    fine: whether chroma keeps the full resolution (4:4:4 instead of 4:2:0).
    """
    sampling = 0x111111 if fine else 0x221111
    options = [cv2.IMWRITE_JPEG_QUALITY, quality, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, sampling]
    _, data = cv2.imencode(".jpg", cv2.cvtColor(canvas, cv2.COLOR_RGB2BGR), options)
    back = np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), dtype=np.uint8)
    return np.asarray(cv2.cvtColor(back, cv2.COLOR_BGR2RGB), dtype=np.uint8), data.tobytes()


def to_palette(canvas: Canvas, colours: int) -> Canvas:
    """Quantise to at most ``colours`` colours, 2 to 256 (octree)."""
    from PIL import Image

    image = Image.fromarray(canvas).quantize(colours, method=Image.Quantize.FASTOCTREE)
    return np.asarray(image.convert("RGB"), dtype=np.uint8)


def to_alpha(canvas: Canvas, rng: np.random.Generator) -> Pixels:
    """Return the image with an alpha channel, (H, W, 4): a clear background, or translucent dots.

    Composited on white, a clear background gives the same image: each pixel is as transparent as
    its darkest channel allows. Translucent dots become lighter.
    """
    height, width = canvas.shape[:2]
    light = float(np.median(canvas)) > 225
    if light and rng.random() < 0.6:
        cover = 255 - canvas.min(axis=2).astype(np.float32)
        ink = (canvas - (255 - cover[:, :, None])) * 255 / np.maximum(cover, 1)[:, :, None]
        plane = np.dstack([np.clip(np.rint(ink), 0, 255), cover])
        return np.asarray(plane, dtype=np.uint8)
    plane = np.full((height, width), 255, dtype=np.uint8)
    count = round(rng.uniform(2, 20) * height * width / 1000)
    places = (rng.random((count, 2)) * (width, height)).astype(int).tolist()
    radii, veils = rng.integers(0, 2, count).tolist(), rng.uniform(20, 230, count).tolist()
    for place, radius, veil in zip(places, radii, veils, strict=True):
        cv2.circle(plane, place, radius, veil, -1)
    return np.dstack([canvas, plane])


def to_png(image: Pixels, palette: bool = False) -> bytes:
    """Encode an image (H, W, 3 or 4) as PNG; with a palette if asked, of 256 colours at most."""
    from PIL import Image

    if palette:
        red, green, blue = (plane.astype(np.int32) for plane in cv2.split(image))
        codes = (red << 16) + (green << 8) + blue
        colours = np.unique(codes)
        encoded = Image.fromarray(np.searchsorted(colours, codes).astype(np.uint8))
        encoded.putpalette(b"".join(int(code).to_bytes(3, "big") for code in colours))
    else:
        encoded = Image.fromarray(image)
    buffer = BytesIO()
    encoded.save(buffer, "PNG", compress_level=3)
    return buffer.getvalue()
