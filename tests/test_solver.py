import io
import json
import os
import subprocess
import sys
import tracemalloc
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from digitsolver import bundle, solver
from digitsolver.errors import BundleError, ImageError, SegmentationError
from digitsolver.io.images import encode_png
from digitsolver.io.in_memory import ImageInput
from digitsolver.io.working_size import WORKING_PIXELS
from digitsolver.pipeline.style import write_style
from digitsolver.pipeline.trace import trace
from digitsolver.readers.digits import reader as digits_reader
from digitsolver.readers.digits.candidates import BACKGROUND
from digitsolver.results import Digit, Failure, Reading
from digitsolver.solver import Solver
from digitsolver.stages import SEGMENTERS
from tests.templates import STYLE, draw, facts, make_bundle, write, write_onnx

TEXTS = ["1928", "3746", "5501", "0082", "6677"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_bundle(tmp_path_factory.mktemp("solver") / "model")


@pytest.fixture(scope="module")
def reader(folder: Path) -> Solver:
    return solver.load(folder, threads=1)


def of_any_length(folder: Path, **settings: Any) -> Solver:
    """Return a solver that is given no length, with a style of those settings."""
    make_bundle(folder, length=None)
    write_style(replace(STYLE, length=None, **settings), folder / bundle.STYLE)
    bundle.seal(folder, facts(length=None))
    return solver.load(folder, threads=1)


# --- one image --------------------------------------------------------------------------


def test_path_bytes_and_array_give_the_same(reader: Solver, tmp_path: Path) -> None:
    (path,) = write(tmp_path, ["1928"])
    by_path = reader.solve(path)
    assert by_path.text == "1928"
    assert by_path.path == str(path)
    assert reader.solve(str(path)) == by_path
    for other in (path.read_bytes(), draw("1928"), np.stack([draw("1928")] * 3, axis=2)):
        reading = reader.solve(other)
        assert reading.path is None
        assert (reading.text, reading.confidence) == (by_path.text, by_path.confidence)


def test_confidence_is_the_product_of_the_digits(reader: Solver) -> None:
    reading = reader.solve(draw("3746"))
    assert reading.confidence == pytest.approx(np.prod([d.confidence for d in reading.digits]))
    assert 0.5 < reading.confidence <= 1
    assert "".join(digit.digit for digit in reading.digits) == reading.text


def test_boxes_run_from_left_to_right_inside_the_image(reader: Solver) -> None:
    image = draw("5501")
    boxes = [digit.box for digit in reader.solve(image).digits]
    assert boxes == sorted(boxes)
    for x, y, width, height in boxes:
        assert x >= 0
        assert y >= 0
        assert x + width <= image.shape[1]
        assert y + height <= image.shape[0]


def test_boxes_of_a_large_image_are_in_its_own_pixels(reader: Solver) -> None:
    small = np.pad(draw("1928"), ((210, 210), (300, 300)), constant_values=255)
    assert small.size > WORKING_PIXELS
    large = small.repeat(4, axis=0).repeat(4, axis=1)
    for digit in reader.solve(large).digits:
        x, y, width, height = digit.box
        assert (large[y : y + height, x : x + width] < 128).any()
        assert 4 * 210 <= y < y + height <= 4 * 260
    assert reader.explain(large).original.size <= WORKING_PIXELS


def test_length_is_that_of_the_bundle_or_the_caller(reader: Solver) -> None:
    assert len(reader.solve(draw("1928")).text) == 4
    assert reader.solve(draw("192873"), length=6).text == "192873"


@pytest.mark.parametrize("length", [3, 5])
def test_confidence_counts_the_probability_of_the_length(reader: Solver, length: int) -> None:
    right, wrong = reader.solve(draw("1928")), reader.solve(draw("1928"), length=length)
    assert right.confidence == right.confidence_given_length
    assert wrong.confidence_given_length is not None
    product = np.prod([digit.confidence for digit in wrong.digits])
    assert wrong.confidence_given_length == pytest.approx(product)
    rival = right.confidence / (right.confidence + wrong.confidence_given_length)
    assert wrong.confidence == pytest.approx(wrong.confidence_given_length * (1 - rival))
    assert reader.explain(draw("1928"), length=length).reading == wrong


def test_length_that_the_bundle_does_not_know_is_estimated(tmp_path: Path) -> None:
    free = of_any_length(tmp_path / "free")
    texts = ["192", "1928", "19287", "192873"]
    assert [free.solve(draw(text)).text for text in texts] == texts
    many = free.solve_many([draw(text) for text in texts])
    assert [one.text for one in many if isinstance(one, Reading)] == texts
    assert len(free.solve(draw("1928"), length=3).text) == 3
    ranged = of_any_length(tmp_path / "ranged", lengths=(4, 5))
    found = [ranged.solve(draw(text)).text for text in texts]
    assert found[1:3] == texts[1:3]
    assert {len(text) for text in found} == {4, 5}


def test_json_is_the_contract(reader: Solver) -> None:
    found = json.loads(json.dumps(reader.solve(draw("0082")).to_json()))
    names = ["path", "text", "confidence", "digits"]
    assert list(found) == [*names, "confidence_given_length"]
    assert (
        list(replace(reader.solve(draw("0082")), confidence_given_length=None).to_json()) == names
    )
    assert replace(reader.solve(draw("0082")), novel=True).to_json()["novel"] is True
    assert list(found["digits"][0]) == ["digit", "confidence", "box"]
    assert all(isinstance(side, int) for side in found["digits"][0]["box"])


def test_json_withholds_a_text_below_the_least_confidence() -> None:
    reading = Reading("7", 0.4, (Digit("7", 0.4, (0, 0, 5, 9)),), "a.png")
    assert reading.to_json()["text"] == "7"
    assert reading.to_json(min_confidence=0.4)["text"] == "7"
    assert reading.to_json(min_confidence=0.5)["text"] is None
    assert reading.to_json(min_confidence=0.5)["confidence"] == 0.4


def test_images_in_memory_are_read_one_by_one_and_in_a_stream(reader: Solver) -> None:
    image = draw("1928")
    kinds: list[ImageInput] = [
        io.BytesIO(encode_png(image)),
        bytearray(encode_png(image)),
        Image.fromarray(image),
        image / 255,
        image.astype(np.uint16) * np.uint16(257),
        image[:, :, None],
    ]
    assert [one.text for one in reader.solve_many(kinds) if isinstance(one, Reading)] == (
        ["1928"] * len(kinds)
    )
    assert reader.solve(Image.fromarray(image)).text == "1928"
    assert reader.explain(image / 255).reading == reader.solve(image)


def test_a_stream_goes_on_after_what_is_no_image(reader: Solver) -> None:
    wrong: list[object] = ["data:image/png;base64,AAAA", io.BytesIO(), 7, np.array([[np.nan]])]
    answers = list(reader.solve_many([*wrong, draw("1928")]))  # type: ignore[list-item]
    assert all(isinstance(one, Failure) and one.path is None for one in answers[:-1])
    assert isinstance(answers[-1], Reading)


@pytest.mark.parametrize("one", ["a.png", Path("a.png"), b"content", np.zeros((9, 9), np.uint8)])
def test_one_image_in_place_of_several_is_named(reader: Solver, one: object) -> None:
    with pytest.raises(TypeError, match="images: expected several images, found one"):
        next(reader.solve_many(one))  # type: ignore[arg-type]


def test_a_solver_and_a_reading_say_what_they_are(reader: Solver, tmp_path: Path) -> None:
    assert repr(reader) == (
        f"<Solver {str(reader.bundle.path)!r}: reader digits, alphabet '0123456789', length 4>"
    )
    reading = Reading("1928", 0.98765, (), "a.png")
    assert repr(reading) == "<Reading '1928' in 'a.png', confidence 0.988>"
    assert repr(Reading("1928", 1.0, ())) == "<Reading '1928', confidence 1.000>"
    with pytest.raises(TypeError, match=r"expected a Bundle, found str: digitsolver\.load opens"):
        Solver("model")  # type: ignore[arg-type]


def test_unreadable_image_raises(reader: Solver, tmp_path: Path) -> None:
    with pytest.raises(ImageError):
        reader.solve(tmp_path / "absent.png")
    with pytest.raises(SegmentationError):
        reader.solve(np.full((40, 120), 255, np.uint8))


def test_an_explanation_has_every_stage_and_the_reading_that_is_kept(reader: Solver) -> None:
    image = draw("6677")
    explained = reader.explain(image)
    stages = trace(image, STYLE)
    assert explained.trace is not None
    assert explained.reading == reader.solve(image)
    assert explained.error is None
    assert explained.frames is None
    assert (explained.trace.crops == stages.crops).all()
    assert explained.activations is not None
    assert explained.activations.shape == (*stages.crops.shape, 1)
    assert list(explained.segmentations) == list(SEGMENTERS)
    compared = explained.segmentations["kmeans"].reading
    assert compared is not None
    assert compared.digits == explained.reading.digits
    assert reader.ctc_frames([image]) is None


def test_an_explanation_says_which_stage_failed(reader: Solver) -> None:
    explained = reader.explain(np.full((40, 120), 255, np.uint8))
    assert isinstance(explained.error, SegmentationError)
    assert (explained.trace, explained.reading) == (None, None)
    assert explained.steps
    with pytest.raises(ValueError, match="length: expected at least 1, found 0"):
        reader.explain(draw("1"), length=0)


# --- where the network is unsure ----------------------------------------------------------


def uneven(text: str) -> np.ndarray:
    """Return digits, each farther from the last one."""
    parts = [draw(one)[:, 8:36] for one in text]
    gaps = [np.full((len(part), 14 * index), 255, np.uint8) for index, part in enumerate(parts)]
    return np.hstack([side for both in zip(gaps, parts, strict=True) for side in both])


def test_another_segmentation_is_taken_where_it_is_surer(tmp_path: Path) -> None:
    poor = of_any_length(tmp_path / "model", segmenter="equal")
    image = uneven("1928")
    explained = poor.explain(image, label="1928")
    first = explained.segmentations["equal"].reading
    assert first is not None
    assert first.confidence < digits_reader.UNSURE
    found = poor.solve(image, length=4)
    assert found.text == "1928" != first.text
    assert found.confidence > first.confidence
    many = list(poor.solve_many([draw("3746"), image, draw("0082")], length=4))
    assert [one.text for one in many if isinstance(one, Reading)] == ["3746", "1928", "0082"]
    assert explained.trace is not None
    assert explained.trace.segmenter == "kmeans"
    assert explained.reading == found
    right = trace(image, replace(poor.bundle.style, segmenter="kmeans"), length=4)
    assert (explained.trace.crops == right.crops).all()


def test_digits_are_looked_for_where_no_segmentation_finds_them(tmp_path: Path) -> None:
    folder = make_bundle(tmp_path / "model")
    blind = solver.load(folder, threads=1)
    bundle.seal(folder, replace(facts(), counts={BACKGROUND: 1}))
    reader = solver.load(folder, threads=1)
    barred = np.hstack([draw("3746"), np.full((50, 70), 255, np.uint8)])
    barred[24:28, 120:-4] = 0
    stages = trace(barred, STYLE)
    assert blind.solve(barred).text != "3746"
    found = reader.solve(barred)
    assert (found.text, len(found.digits)) == ("3746", 4)
    explained = reader.explain(barred)
    kept = explained.trace
    assert kept is not None
    assert kept.segmenter == "spot"
    assert explained.reading == found
    assert kept.window == stages.window
    for centroid, (start, stop) in zip(kept.centroids, kept.spans, strict=True):
        assert start <= centroid <= stop
    many = list(reader.solve_many([draw("0082"), barred, barred]))
    assert [one.text for one in many if isinstance(one, Reading)] == ["0082", "3746", "3746"]


@pytest.mark.parametrize("estimate", [3, 4, 5])
def test_a_digit_more_or_fewer_is_tried_where_no_length_is_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, estimate: int
) -> None:
    monkeypatch.setattr("digitsolver.pipeline.trace.estimate_length", lambda *_, **__: estimate)
    free = of_any_length(tmp_path / "free")
    assert free.solve(draw("1928")).text == "1928"
    assert len(free.solve(draw("1928"), length=estimate).text) == estimate
    narrow = of_any_length(tmp_path / "narrow", lengths=(estimate, estimate))
    assert len(narrow.solve(draw("1928")).text) == estimate


def test_a_sure_reading_is_kept(reader: Solver, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object, **__: object) -> None:
        raise AssertionError("expected no other segmentation")

    monkeypatch.setattr("digitsolver.readers.digits.reader.cut", never)
    assert reader.solve(draw("1928")).confidence > digits_reader.UNSURE
    stages = trace(draw("1928"), STYLE)
    kept = reader.explain(draw("1928")).trace
    assert kept is not None
    assert kept.centroids.tolist() == stages.centroids.tolist()


def test_segmentations_that_fail_are_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(digits_reader, "UNSURE", 1.1)
    image = np.full((50, 60), 255, np.uint8)
    image[10:40, 30] = 0
    assert len(of_any_length(tmp_path / "model").solve(image).text) == 1


# --- many images ------------------------------------------------------------------------


@pytest.mark.parametrize("chunk", [1, 2, 64])
def test_many_keep_their_order_and_go_on_after_a_bad_one(
    reader: Solver, tmp_path: Path, chunk: int
) -> None:
    paths = write(tmp_path, TEXTS)
    (tmp_path / "bad.png").write_text("no image", encoding="utf-8")
    blank = np.full((40, 120), 255, np.uint8)
    items = [paths[0], tmp_path / "bad.png", paths[1], blank, *paths[2:], np.zeros(3), 5]
    answers = list(reader.solve_many(items, chunk=chunk))  # type: ignore[arg-type]
    assert [a.text if isinstance(a, Reading) else None for a in answers] == [
        "1928", None, "3746", None, "5501", "0082", "6677", None, None,
    ]  # fmt: skip
    bad = answers[1]
    assert isinstance(bad, Failure)
    assert bad.path == str(tmp_path / "bad.png")
    assert bad.to_json() == {"path": bad.path, "error": bad.reason}
    assert bad.reason.startswith("expected an image")
    assert "\n" not in bad.reason


def test_one_by_one_and_many_agree(reader: Solver) -> None:
    images = [draw(text) for text in TEXTS]
    many = list(reader.solve_many(images))
    for one, other in zip(map(reader.solve, images), many, strict=True):
        assert isinstance(other, Reading)
        assert other.text == one.text
        assert other.confidence == pytest.approx(one.confidence, abs=1e-6)


def test_many_of_nothing_is_nothing(reader: Solver) -> None:
    assert list(reader.solve_many([])) == []
    assert [answer.path for answer in reader.solve_many([b"", b""], chunk=2)] == [None, None]


def test_many_takes_no_more_than_a_chunk_ahead(reader: Solver) -> None:
    taken = 0

    def endless() -> Iterator[np.ndarray]:
        nonlocal taken
        while True:
            taken += 1
            yield draw("1928")

    answers = reader.solve_many(endless(), chunk=8)
    for _ in range(9):
        next(answers)
    assert taken == 16


def test_many_need_no_more_memory_for_more_images(reader: Solver) -> None:
    def peak(count: int) -> int:
        tracemalloc.start()
        for _ in reader.solve_many((draw("1928") for _ in range(count)), chunk=16):
            pass
        size = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return size

    peak(32)
    assert peak(320) < 1.3 * peak(64)


def test_length_below_one_is_refused(reader: Solver) -> None:
    with pytest.raises(ValueError, match="length: expected at least 1, found 0"):
        reader.solve(draw("1928"), length=0)
    with pytest.raises(ValueError, match="length: expected at least 1, found -2"):
        list(reader.solve_many([draw("1928")], length=-2))


def test_chunk_below_one_is_refused(reader: Solver) -> None:
    with pytest.raises(ValueError, match="chunk: expected at least 1, found 0"):
        list(reader.solve_many([], chunk=0))


def test_threads_may_share_a_solver(reader: Solver) -> None:
    texts = [f"{number:04}" for number in range(0, 10000, 250)]
    alone = [reader.solve(draw(text)) for text in texts]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(reader.solve, [draw(text) for text in texts]))
    assert together == alone
    assert [reading.text for reading in alone] == texts


# --- the network --------------------------------------------------------------------------


def test_probabilities_add_up_and_follow_the_temperature(reader: Solver, folder: Path) -> None:
    crops = trace(draw("1928"), STYLE).crops
    chances = reader.probabilities(crops)
    assert chances.shape == (4, 10)
    assert chances.sum(axis=1) == pytest.approx(np.ones(4))
    assert chances.argmax(axis=1).tolist() == [1, 9, 2, 8]
    assert (reader.probabilities(crops[..., None]) == chances).all()


def test_activations_have_a_map_a_crop(reader: Solver) -> None:
    crops = trace(draw("1928"), STYLE).crops
    assert reader.activations(crops).shape == (*crops.shape, 1)


def test_crops_of_another_size_are_refused(reader: Solver) -> None:
    with pytest.raises(ValueError, match=r"crops: expected \(n, 28, 20, 1\), found \(2, 9, 9\)"):
        reader.probabilities(np.zeros((2, 9, 9), np.uint8))


def test_threads_below_one_are_refused(folder: Path) -> None:
    with pytest.raises(ValueError, match="threads: expected at least 1, found 0"):
        solver.load(folder, threads=0)
    assert solver.load(folder).solve(draw("1928")).text == "1928"


def test_alphabet_that_does_not_fit_the_network_is_refused(tmp_path: Path) -> None:
    folder = make_bundle(tmp_path / "model")
    bundle.seal(folder, facts(alphabet="01234567"))
    with pytest.raises(BundleError, match=r"expected 8 classes .*'01234567', found \[10\]"):
        solver.load(folder)


def test_network_for_other_crops_is_refused(tmp_path: Path) -> None:
    folder = make_bundle(tmp_path / "model")
    model = (folder / bundle.ONNX).read_bytes()
    (folder / bundle.ONNX).write_bytes(model.replace(b"crops", b"cropz"))
    bundle.seal(folder, facts())
    with pytest.raises(BundleError, match=r"expected the input .*crops.*, found .*cropz"):
        solver.load(folder)


def test_file_that_is_no_network_is_refused(tmp_path: Path) -> None:
    folder = make_bundle(tmp_path / "model")
    (folder / bundle.ONNX).write_bytes(b"no network")
    bundle.seal(folder, facts())
    with pytest.raises(BundleError, match=r"model\.onnx: expected an ONNX network"):
        solver.load(folder)


def test_reader_of_a_later_version_is_refused(tmp_path: Path) -> None:
    folder = make_bundle(tmp_path / "model")
    bundle.seal(folder, facts(reader="song"))
    with pytest.raises(BundleError, match="expected the reader 'digits' or 'line', found 'song'"):
        solver.load(folder)


def test_classes_of_a_network_may_be_few(tmp_path: Path) -> None:
    folder = make_bundle(tmp_path / "model")
    pixels = STYLE.crop_height * STYLE.crop_width
    write_onnx(
        folder / bundle.ONNX, np.zeros((pixels, 2), np.float32), np.array([0, 1], np.float32)
    )
    bundle.seal(folder, facts(alphabet="ab"))
    assert solver.load(folder).solve(draw("1928")).text == "bbbb"


def test_solving_imports_nothing_slow(folder: Path, tmp_path: Path) -> None:
    (path,) = write(tmp_path, ["1928"])
    code = (
        "import sys; from digitsolver import solver; "
        f"print(solver.load({str(folder)!r}).solve({str(path)!r}).text); "
        "print(*{name.partition('.')[0] for name in sys.modules})"
    )
    run = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
        cwd=Path(__file__).parents[1],
    )
    text, modules = run.stdout.splitlines()
    slow = {"tensorflow", "keras", "sklearn", "skimage", "matplotlib", "scipy", "onnx", "tf2onnx"}
    assert text == "1928"
    assert not slow & set(modules.split())
    assert run.stderr == ""


def test_onnxruntime_keeps_nothing_of_who_reads(tmp_path: Path) -> None:
    """Its telemetry writes an identifier below the home folder and sends what it runs."""
    quiet = ("CI", "ORT_DISABLE_TELEMETRY")
    environment = {key: value for key, value in os.environ.items() if key not in quiet}
    code = "import digitsolver; digitsolver.load(threads=1)"
    subprocess.run(
        [sys.executable, "-c", code],
        env={**environment, "HOME": str(tmp_path)},
        cwd=Path(__file__).parents[1],
        check=True,
        timeout=60,
    )
    assert not list(tmp_path.iterdir())
