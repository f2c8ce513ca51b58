"""The model that comes with the package reads what it has never seen, and keeps its word."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

import collector
import digitsolver
from collector.draw import LOOKS, draw_one, encode
from digitsolver import bundle
from digitsolver.cli import main
from digitsolver.datasets import DIGITS
from digitsolver.io.images import ImageArray, check_image
from digitsolver.results import Failure, Reading
from digitsolver.solver import DEFAULT, Solver

MOST_BYTES = 6_000_000


@pytest.fixture(scope="module")
def solver() -> Solver:
    return digitsolver.load()


def drawn(look: str, count: int) -> Iterator[tuple[ImageArray, str]]:
    """Yield images that the model was not trained on, and their labels."""
    for index in range(count):
        one = draw_one(look, 424_242, index)
        yield check_image(one.image), one.label


def right(solver: Solver, look: str, count: int) -> float:
    """Return the share of images of a look that are read without an error."""
    images, labels = zip(*drawn(look, count), strict=True)
    answers = [one.text for one in solver.solve_many(images) if isinstance(one, Reading)]
    return float(np.mean([text == label for text, label in zip(answers, labels, strict=True)]))


def test_the_package_stays_small() -> None:
    fonts = Path(collector.__file__).parent / "fonts"
    files = [path for folder in (DEFAULT, fonts) for path in folder.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) <= MOST_BYTES


def test_it_is_a_whole_bundle_with_a_measure_of_itself() -> None:
    found = bundle.load(DEFAULT)
    assert found.facts.reader == "line"
    assert found.facts.alphabet == DIGITS
    assert found.facts.length is None
    expected = {bundle.ONNX, bundle.KERAS, bundle.STYLE, bundle.METRICS, bundle.LETTERS}
    assert expected <= set(found.sha256)
    looks = found.metrics()["looks"]
    assert set(looks) == set(LOOKS)


@pytest.mark.parametrize(("look", "least"), [("plain", 0.97), ("speckle", 0.9), ("lines", 0.8)])
def test_looks_without_a_label_are_read(solver: Solver, look: str, least: float) -> None:
    assert right(solver, look, 100) >= least


@pytest.mark.parametrize("length", [1, 4, 9])
def test_a_told_length_is_kept_in_noise(solver: Solver, length: int) -> None:
    rng = np.random.default_rng(length)
    for _ in range(5):
        noise = rng.integers(0, 256, (40, 120, 3), dtype=np.uint8)
        text = solver.solve(noise, length=length).text
        assert len(text) == length
        assert set(text) <= set(DIGITS)


def test_confidence_is_low_in_noise_and_high_in_print(solver: Solver) -> None:
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 256, (40, 120, 3), dtype=np.uint8)
    assert solver.solve(noise, length=5).confidence < 0.5
    image, label = next(drawn("plain", 1))
    reading = solver.solve(image)
    assert reading.text == label
    assert reading.confidence > 0.8


def says_letters(answer: Reading | Failure) -> bool:
    return answer.novel if isinstance(answer, Reading) else "found letters" in answer.reason


def test_images_of_letters_are_told(solver: Solver, tmp_path: Path) -> None:
    letters = [draw_one("plain", 424_242, index, alphabet="FKNWXcfvx") for index in range(40)]
    told = list(solver.solve_many([check_image(one.image) for one in letters]))
    assert np.mean([says_letters(one) for one in told]) >= 0.9
    assert any(isinstance(one, Failure) and says_letters(one) for one in told)
    digits = list(solver.solve_many([image for image, _ in drawn("plain", 100)]))
    assert sum(map(says_letters, digits)) <= 1
    row = next(index for index, one in enumerate(told) if isinstance(one, Reading) and one.novel)
    data, suffix = encode(letters[row])
    (tmp_path / f"letters.{suffix}").write_bytes(data)
    plain, as_json = (
        CliRunner().invoke(main, ["solve", str(tmp_path / f"letters.{suffix}"), *more])
        for more in ((), ("--json",))
    )
    assert "shows letters" in plain.stderr
    assert json.loads(as_json.stdout)["novel"] is True


def test_transparent_and_grey_images_are_read(solver: Solver) -> None:
    image, label = next(drawn("plain", 1))
    grey = np.asarray(image.mean(axis=2), dtype=np.uint8)
    assert solver.solve(grey).text == label
    alpha = 255 - grey
    clear = np.dstack([np.zeros_like(image), alpha])
    assert solver.solve(clear).text == label


def test_the_command_reads_without_a_model_named(tmp_path: Path) -> None:
    one = draw_one("plain", 424_242, 0)
    data, suffix = encode(one)
    path = tmp_path / f"ticket.{suffix}"
    path.write_bytes(data)
    result = CliRunner().invoke(main, ["solve", str(path)])
    assert result.exit_code == 0
    assert result.output.split()[1] == one.label


def test_reading_imports_nothing_slow() -> None:
    code = (
        "import sys, numpy as np, digitsolver\n"
        "digitsolver.load().solve(np.zeros((40, 100), np.uint8), length=3)\n"
        "slow = {'tensorflow', 'keras', 'sklearn', 'skimage', 'scipy', 'matplotlib'}\n"
        "print(sorted(slow & set(sys.modules)))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
