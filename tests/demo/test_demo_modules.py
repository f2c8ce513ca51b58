"""Hold the JavaScript modules of the demo to the Python, and the OpenCV, that they mirror."""

import math
from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from collector.draw import draw_one
from digitsolver.errors import SegmentationError
from digitsolver.io.images import encode_png, to_grey
from digitsolver.io.transparency import on_ground
from digitsolver.io.working_size import to_working_size
from digitsolver.readers.line.ctc import Decoded, decode, rate
from digitsolver.readers.line.orientation import chance_upright
from digitsolver.readers.line.parts import PreparedImage, SecondLook, row_gap
from digitsolver.readers.line.prepare import fitting_width, prepare, shown_columns
from digitsolver.readers.line.reader import boxes_of
from digitsolver.readers.line.views import Decoder, other_views
from digitsolver.stages.locate import locate_lines
from tests.demo.node import NODE, Node, from_js, node, to_js
from tools.build_demo import copy_pages

pytestmark = pytest.mark.skipif(not NODE, reason="needs Node.js, Debian's package nodejs")

DIGITS = "0123456789"
LINEAR, AREA = cv2.INTER_LINEAR, cv2.INTER_AREA


@pytest.fixture(scope="module")
def js(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    """Run Node.js with the modules as they are built."""
    folder = tmp_path_factory.mktemp("modules") / "demo"
    copy_pages(folder)
    with node(folder) as running:
        yield running


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(19)


def noise(
    rng: np.random.Generator, rows: int, columns: int, channels: int = 3
) -> NDArray[np.uint8]:
    image = rng.integers(0, 256, (rows, columns, channels), dtype=np.uint8)
    return np.ascontiguousarray(image[:, :, 0]) if channels == 1 else image


def captcha(look: str, index: int) -> NDArray[np.uint8]:
    return draw_one(look, 71, index).image[..., :3]


def logits(rng: np.random.Generator, frames: int, scale: float) -> NDArray[np.float64]:
    """Return frames of which some are sure, the blank more often than not."""
    values = rng.normal(0, scale, (frames, len(DIGITS) + 1))
    values[:, -1] += scale
    return values


# --- OpenCV ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("function", "how", "before", "after"),
    [
        ("resizeLinear", LINEAR, (30, 70), (48, 112)),
        ("resizeLinear", LINEAR, (61, 133), (48, 200)),
        ("resizeLinear", LINEAR, (96, 200), (48, 100)),
        ("resizeLinear", LINEAR, (8, 9), (48, 96)),
        ("resizeArea", AREA, (61, 133), (48, 112)),
        ("resizeArea", AREA, (96, 200), (48, 100)),
        ("resizeArea", AREA, (144, 400), (48, 100)),
        ("resizeArea", AREA, (96, 131), (48, 100)),
    ],
)
def test_images_are_resized_as_opencv_does(
    js: Node,
    rng: np.random.Generator,
    function: str,
    how: int,
    before: tuple[int, int],
    after: tuple[int, int],
) -> None:
    for channels in (1, 3):
        image = noise(rng, *before, channels)
        found = js.image(f"resize.js {function}", to_js(image), *after)
        np.testing.assert_array_equal(found, cv2.resize(image, after[::-1], interpolation=how))


def test_filters_are_those_of_opencv(js: Node, rng: np.random.Generator) -> None:
    image = noise(rng, 37, 52)
    grey = noise(rng, 21, 44, 1)
    affine = np.column_stack([rng.normal(0, 0.5, (3, 3)), rng.normal(128, 90, 3)])
    for side in (3, 9):
        found = js.image("filters.js medianBlur", to_js(image), side)
        np.testing.assert_array_equal(found, cv2.medianBlur(image, side))
    found = js.image("filters.js transform", to_js(image), affine.tolist())
    np.testing.assert_array_equal(found, cv2.transform(image, affine))
    assert js.call("filters.js otsu", to_js(grey)) == cv2.threshold(grey, 0, 255, 8)[0]


def test_masks_are_eroded_dilated_and_labelled_as_opencv_does(
    js: Node, rng: np.random.Generator
) -> None:
    mask = (rng.random((40, 61)) > 0.6).astype(np.uint8)
    tall, square = np.ones((5, 3), np.uint8), np.ones((3, 3), np.uint8)
    found = js.image("filters.js erode", to_js(mask), 3, 3)
    np.testing.assert_array_equal(found, cv2.erode(mask, square))
    found = js.image("filters.js dilate", to_js(mask), 5, 3)
    np.testing.assert_array_equal(found, cv2.dilate(mask, tall))
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    parts = js.call("filters.js connectedComponents", to_js(mask))
    assert parts["labels"] == labels.ravel().tolist()
    assert [list(box.values()) for box in parts["boxes"]] == stats.tolist()


def test_eigenvectors_point_where_those_of_numpy_point(js: Node, rng: np.random.Generator) -> None:
    for _ in range(50):
        values = rng.normal(0, 1, (40, 3)) @ rng.normal(0, 30, (3, 3))
        matrix = values.T @ values / 40
        found = js.call("eigen.js eigh", matrix.tolist())
        eigenvalues, vectors = np.linalg.eigh(matrix)
        np.testing.assert_allclose(found["values"], eigenvalues, rtol=1e-9, atol=1e-9)
        np.testing.assert_allclose(found["vectors"], vectors.T, atol=1e-6)


# --- preparing ---------------------------------------------------------------------------------


@pytest.mark.parametrize("look", ["plain", "lines", "meter", "seven-segment", "handwritten"])
def test_captchas_are_prepared_as_in_python(js: Node, look: str) -> None:
    for image in (captcha(look, 0), to_grey(captcha(look, 1)), captcha(look, 2)[:, :30]):
        found = js.image("prepare.js prepare", to_js(np.ascontiguousarray(image)))
        differences = np.abs(found.astype(int) - prepare(image))
        assert differences.max() <= 1
        assert np.mean(differences > 0) < 0.1  # Python's sums are of single precision


def test_large_and_narrow_images_are_prepared_as_in_python(
    js: Node, rng: np.random.Generator
) -> None:
    large = np.ascontiguousarray(captcha("plain", 3).repeat(7, axis=0).repeat(7, axis=1))
    found = js.image("prepare.js toWorkingSize", to_js(large))
    np.testing.assert_array_equal(found, to_working_size(large))
    narrow = noise(rng, 60, 25, 1)
    np.testing.assert_array_equal(js.image("prepare.js prepare", to_js(narrow)), prepare(narrow))
    for rows, columns in ((50, 150), (30, 42), (50, 300), (50, 500), (50, 900), (40, 30)):
        width = fitting_width(rows, columns)
        assert js.call("prepare.js fittingWidth", rows, columns) == width
        shown = list(shown_columns(rows, columns, width))
        assert js.call("prepare.js shownColumns", rows, columns, width) == shown


@pytest.mark.parametrize(
    ("rows", "columns", "message"),
    [(7, 40, "expected at least 8 x 8 pixels, found 40 x 7"), (10, 300, "0.25 to 20 times")],
)
def test_what_cannot_be_prepared_is_refused(
    js: Node, rows: int, columns: int, message: str
) -> None:
    with pytest.raises(RuntimeError, match=f"Unreadable: .*{message}"):
        js.call("prepare.js prepare", to_js(np.zeros((rows, columns), np.uint8)))


def test_transparency_is_laid_on_the_same_ground(js: Node, rng: np.random.Generator) -> None:
    dark, white = noise(rng, 20, 30, 4), noise(rng, 20, 30, 4)
    dark[..., :3] //= 4
    white[..., :3] = 255
    for image in (dark, white):
        found = js.image("image.js onGround", to_js(image))
        assert np.abs(found.astype(int) - on_ground(image)).max() <= 1
    with pytest.raises(RuntimeError, match=r"Unreadable: .*a fully transparent image"):
        js.call("image.js onGround", to_js(np.zeros((9, 9, 4), np.uint8)))


def test_files_of_one_channel_are_told_from_others(js: Node) -> None:
    code = """
    const { storesGrey } = await load("image.js");
    return storesGrey(new DataView(Uint8Array.from(args[0]).buffer));
    """
    image = captcha("plain", 0)
    grey = to_grey(image)
    for one, is_grey in ((image, False), (grey, True)):
        jpeg = cv2.imencode(".jpg", one)[1].tobytes()
        for data in (encode_png(one), jpeg, jpeg[:2] + b"\xff\xfe\x00\x04ab" + jpeg[2:]):
            assert js.run(code, list(data)) is is_grey
    assert not js.run(code, list(b"GIF89a"))


# --- decoding ----------------------------------------------------------------------------------


def assert_alike(found: dict[str, Any], expected: Decoded) -> None:
    assert (found["text"], found["exact"]) == (expected.text, expected.exact)
    assert found["confidence"] == pytest.approx(expected.confidence, rel=1e-6, abs=1e-12)
    given = expected.confidence_given_length
    assert found["confidenceGivenLength"] == pytest.approx(given, rel=1e-6, abs=1e-12)
    assert found["confidences"] == pytest.approx(expected.confidences, rel=1e-6, abs=1e-9)
    assert found["spans"] == [list(span) for span in expected.spans]


@pytest.mark.parametrize("length", [None, 1, 4, 9])
@pytest.mark.parametrize("scale", [0.5, 2.0, 6.0])
def test_frames_are_decoded_as_in_python(
    js: Node, rng: np.random.Generator, scale: float, length: int | None
) -> None:
    for frames in (9, 24):
        values = logits(rng, frames, scale)
        found = js.call("ctc/decoding.js decode", values.tolist(), DIGITS, length)
        assert_alike(found, decode(values, DIGITS, length=length))
        known = js.call("ctc/decoding.js rate", values.tolist(), DIGITS, "1223", length)
        assert_alike(known, rate(values, DIGITS, "1223", length))


def test_hopeless_frames_are_decoded_as_in_python(js: Node) -> None:
    values = np.full((6, 11), -5000.0)
    values[:, -1] = 0
    found = js.call("ctc/decoding.js decode", values.tolist(), DIGITS, 3)
    expected = decode(values, DIGITS, length=3)
    assert (len(found["text"]), found["confidence"]) == (3, expected.confidence)
    with pytest.raises(SegmentationError):
        decode(values, DIGITS, length=7)
    with pytest.raises(RuntimeError, match="Unreadable: expected at most 6 characters in 6"):
        js.call("ctc/decoding.js decode", values.tolist(), DIGITS, 7)


def test_views_are_decoded_together_as_in_python(js: Node, rng: np.random.Generator) -> None:
    code = """
    const { Decoder } = await load("views.js");
    const [views, length] = args;
    const decoder = new Decoder("0123456789", length);
    return decoder.together(decoder.first(views[0]), views);
    """
    for length in (None, 3, 10):
        views = [logits(rng, frames, 3.0) for frames in (12, 13, 8, 12)]
        decoder = Decoder(DIGITS, length)
        expected = decoder.together(decoder.first(views[0]), views)
        assert_alike(js.run(code, [view.tolist() for view in views], length), expected)


# --- other views and parts ---------------------------------------------------------------------


def test_other_views_are_those_of_python(js: Node, rng: np.random.Generator) -> None:
    for columns in (96, 144):
        image = noise(rng, 48, columns)
        found = js.call("views.js otherViews", to_js(image))
        for view, expected in zip(map(from_js, found), other_views(image), strict=True):
            differences = np.abs(view.astype(int) - expected)
            assert differences.max() <= 1
            assert np.mean(differences > 0) < 0.001  # some are rounded otherwise


def test_lines_are_located_where_python_finds_them(js: Node) -> None:
    found_any = 0
    for index in range(6):
        image = captcha("field", index)
        expected = locate_lines(image, most=1)
        found = js.call("locate.js locateLine", to_js(image))
        assert (found is None) == (not expected)
        if expected:
            found_any += 1
            assert found["box"] == list(expected[0].box)
            assert found["share"] == pytest.approx(expected[0].share)
    assert found_any >= 3
    assert js.call("locate.js locateLine", to_js(np.zeros((40, 90, 3), np.uint8))) is None


def test_gaps_between_rows_are_found_where_python_finds_them(js: Node) -> None:
    image = np.full((48, 96, 3), 128, np.uint8)
    image[4:20, 10:90, 0] = image[28:44, 10:90, 0] = 220
    for one in (image, image[:24].repeat(2, axis=0)):
        assert js.call("parts.js rowGap", to_js(one)) == row_gap(one)


LOOK = """
const { SecondLook } = await load("parts.js");
const { Decoder } = await load("views.js");
const [image, text, logits] = args;
const look = new SecondLook(new Decoder("0123456789"), async () => logits);
return look.parts(image, text, 24);
"""


@pytest.mark.parametrize(
    ("look", "rows", "text", "confidence"),
    [
        ("plain", 1, "68", 0.98),  # may be upside down
        ("plain", 1, "45", 0.98),
        ("field", 1, "45", 0.3),  # may be a small line
        ("field", 1, "45", 0.9999),
        ("plain", 2, "45", 0.9),  # may be two rows
    ],
)
def test_images_are_looked_at_again_as_in_python(
    js: Node, look: str, rows: int, text: str, confidence: float
) -> None:
    image = np.concatenate([captcha(look, 2)] * rows)
    frames = np.full((9, 11), -4.0)
    for frame, label in enumerate((10, 10, 8, 10, 10, 9, 10, 10, 10)):
        frames[frame, label] = 4.0
    first = Decoded(text, confidence, confidence, (confidence,) * 2, ((3, 4), (8, 9)))
    given = {
        "text": text,
        "confidence": confidence,
        "confidenceGivenLength": confidence,
        "confidences": first.confidences,
        "spans": first.spans,
    }
    prepared = PreparedImage(prepare(image), (image.shape[0], image.shape[1]), image)
    second = SecondLook(Decoder(DIGITS), lambda _: frames.astype(np.float32))
    image_in_js = {
        "pixels": to_js(prepared.pixels),
        "size": prepared.size,
        "source": to_js(image),
    }
    expected = second.parts(prepared, first, 24)
    found = js.run(LOOK, image_in_js, given, frames.tolist())
    assert len(found) == len(expected)
    for part, read in zip(found, expected, strict=True):
        assert part["box"] == list(read.part.box)
        assert part["text"]["text"] == read.text.text
        assert part["text"]["confidence"] == pytest.approx(read.text.confidence, rel=1e-5)
        assert part["frames"] == read.frames


def test_boxes_and_odds_are_those_of_python(js: Node) -> None:
    for spans, frames, size in (
        ([(0, 1), (2, 3)], 6, (20, 60)),
        ([(2, 3)], 6, (40, 20)),
        ([(3, 3), (7, 9), (20, 21)], 36, (50, 150)),
    ):
        found = js.call("boxes.js boxesOf", spans, frames, size)
        assert found == [list(box) for box in boxes_of(spans, frames, size)]
    for text, confidence in (("68", 0.99), ("89", 0.99), ("89", 0.5)):
        upright = Decoded("68", 0.95, 0.95, (), ())
        other = Decoded(text, confidence, confidence, (), ())
        records = [{"text": one.text, "confidence": one.confidence} for one in (upright, other)]
        found = js.call("parts.js chanceUpright", *records)
        assert math.isclose(found, chance_upright(upright, other))
