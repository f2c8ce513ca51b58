"""Frames and pages: which there are, which is read, and when they become one image."""

import io
import struct
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image, ImageDraw, ImageFont

from digitsolver import load
from digitsolver.cli import main
from digitsolver.errors import ImageError
from digitsolver.io import frames as animations
from digitsolver.io.frames import combine
from digitsolver.io.images import open_image

LABEL = "590109"
SIZE = (140, 46)
FORMATS: dict[str, tuple[str, dict[str, Any]]] = {
    "GIF": ("GIF", {}),
    "PNG": ("PNG", {}),
    "WebP": ("WEBP", {"lossless": True}),
    "TIFF": ("TIFF", {"compression": "tiff_lzw"}),
}


def drawn(text: str, noise: int = 0, colour: tuple[int, int, int] = (20, 20, 20)) -> Image.Image:
    """Draw each character in its own place, and so many specks."""
    image = Image.new("RGB", SIZE, (240, 240, 240))
    draw = ImageDraw.Draw(image)
    font = ImageFont.load_default(28)
    for place, character in enumerate(text):
        draw.text((8 + 20 * place, 6), character, font=font, fill=colour)
    random = np.random.default_rng(noise)
    for x, y in random.integers(0, (138, 44), (40 if noise else 0, 2)):
        draw.rectangle((x, y, x + 2, y + 1), fill=colour)
    return image


def saved(images: Sequence[Image.Image], name: str) -> bytes:
    format, options = FORMATS[name]
    stream = io.BytesIO()
    images[0].save(stream, format, save_all=True, append_images=images[1:], **options)
    return stream.getvalue()


def turns(_: int = 0) -> list[Image.Image]:
    return [drawn(" " * place + character) for place, character in enumerate(LABEL)]


def growing() -> list[Image.Image]:
    return [drawn(LABEL[:count]) for count in range(len(LABEL) + 1)]


def blinking() -> list[Image.Image]:
    return [drawn(LABEL), drawn(""), drawn("5 0 0 "), drawn(" 9 1 9")]


def noisy() -> list[Image.Image]:
    return [drawn(LABEL, noise) for noise in range(1, 9)]


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("frames", [turns, growing, blinking, noisy])
def test_what_comes_by_turns_is_read_as_one_image(
    name: str, frames: Callable[[], list[Image.Image]]
) -> None:
    images = frames()
    data = saved(images, name)
    opened = open_image(data)
    assert (opened.frames, opened.frame) == (len(images), None)
    reading = load().solve(data)
    assert (reading.text, reading.frames, reading.frame) == (LABEL, len(images), None)
    shown = np.abs(opened.pixels.astype(int) - np.asarray(drawn(LABEL)))
    assert (shown > 8).mean() < 0.01


@pytest.mark.parametrize("name", FORMATS)
def test_pages_that_differ_are_not_mixed(name: str) -> None:
    texts = ["123456", "778899", "240613"]
    data = saved([drawn(text) for text in texts], name)
    solver = load()
    first = solver.solve(data)
    assert (first.text, first.frames, first.frame) == (texts[0], 3, 1)
    assert first.to_json()["frames"] == 3
    for number, text in enumerate(texts, 1):
        reading = solver.solve(data, frame=number)
        assert (reading.text, reading.frame) == (text, number)


@pytest.mark.parametrize("texts", [["1234", "7788"], ["12345", "12346", "12347"], ["40", " 40"]])
def test_a_counter_and_a_moving_text_are_not_mixed(texts: list[str]) -> None:
    assert combine([np.asarray(drawn(text)) for text in texts]) is None


def test_frames_of_different_sizes_are_not_mixed() -> None:
    assert combine([np.zeros((4, 4, 3), np.uint8), np.zeros((4, 5, 3), np.uint8)]) is None


def test_a_single_frame_is_an_ordinary_image() -> None:
    reading = load().solve(saved([drawn(LABEL)], "GIF"), frame=1)
    assert (reading.text, reading.frames) == (LABEL, 1)
    assert "frames" not in reading.to_json()


@pytest.mark.parametrize(("name", "kind"), [("GIF", "frame"), ("TIFF", "page")])
def test_a_frame_that_there_is_not(name: str, kind: str) -> None:
    data = saved([drawn("12"), drawn("34")], name)
    with pytest.raises(ImageError, match=rf"^a: expected {kind} 3, found 2 in the image$"):
        open_image(data, "a", frame=3)
    with pytest.raises(ValueError, match="frame: expected at least 1, found 0"):
        load().solve(data, frame=0)


def test_a_frame_of_an_image_without_frames() -> None:
    stream = io.BytesIO()
    drawn("12").save(stream, "PNG")
    with pytest.raises(ImageError, match="expected page 2, found 1 in the image"):
        open_image(stream.getvalue(), frame=2)


def test_of_many_frames_only_the_first_is_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(animations, "MAX_STEPS", 3)
    data = saved(turns(), "GIF")
    assert open_image(data).frame == 1
    with pytest.raises(ImageError, match="expected one of the first 3 frames, found frame 4"):
        open_image(data, frame=4)


def test_the_command_says_what_was_read(tmp_path: Any) -> None:
    path = tmp_path / "a.gif"
    path.write_bytes(saved([drawn("123456"), drawn("778899")], "GIF"))
    run = CliRunner().invoke(main, ["solve", str(path)])
    said = f"{path}: 2 frames or pages, only the first is read: --frame N reads another\n"
    assert run.stderr == said
    assert "123456" in run.stdout
    run = CliRunner().invoke(main, ["solve", str(path), "--frame", "2", "--json"])
    assert (run.stderr, '"text": "778899"' in run.stdout) == ("", True)
    path.write_bytes(saved(turns(), "GIF"))
    run = CliRunner().invoke(main, ["solve", str(path)])
    assert "6 frames or pages, read as one image" in run.stderr


def test_many_small_pages_cost_little() -> None:
    one = Image.new("L", (1, 1), 9)
    data = saved([one] * 1200, "TIFF")
    start = time.process_time()
    assert (open_image(data).frames, open_image(data, frame=1199).frame) == (1200, 1199)
    assert time.process_time() - start < 1


def test_a_damaged_page_leaves_the_first_one() -> None:
    data = bytearray(saved([drawn("12"), drawn("34")], "TIFF"))
    (offset,) = struct.unpack_from("<I", data, 4)
    (count,) = struct.unpack_from("<H", data, offset)
    (second,) = struct.unpack_from("<I", data, offset + 2 + 12 * count)
    struct.pack_into("<H", data, second + 2 + 12, 999)  # instead of its width
    opened = open_image(bytes(data))
    assert (opened.frames, opened.frame) == (2, 1)
