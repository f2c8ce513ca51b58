"""Write and read the network with 8-bit convolutions."""

import shutil
from pathlib import Path

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray

from collector.draw import draw_one
from digitsolver import bundle, solver
from digitsolver.errors import BundleError
from digitsolver.readers.line import quantization
from digitsolver.readers.line.prepare import prepare
from digitsolver.readers.line.reader import LineReader
from digitsolver.readers.line.views import SURE, Decoder
from digitsolver.results import Reading
from tests.templates import draw_marks, line_facts, make_line_bundle, write_line_onnx

DIGITS = Decoder("0123456789")


def prepared(count: int) -> list[NDArray[np.uint8]]:
    return [prepare(draw_one("plain", 5, index).image) for index in range(count)]


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("quick") / bundle.EIGHT_BIT
    assert quantization.write_eight_bit(
        bundle.DEFAULT / bundle.ONNX, target, prepared(24), DIGITS, 1.0
    )
    return target


def test_it_is_small_and_reads_generated_captchas(written: Path, tmp_path: Path) -> None:
    assert written.stat().st_size < 1_000_000
    shutil.copytree(bundle.DEFAULT, tmp_path / "model")
    shutil.copy(written, tmp_path / "model" / bundle.EIGHT_BIT)
    bundle.seal(tmp_path / "model", bundle.load(bundle.DEFAULT).facts)
    reader = solver.load(tmp_path / "model", threads=1)
    some = [draw_one("plain", 6, index) for index in range(20)]
    answers = reader.solve_many([one.image for one in some])
    texts = [answer.text for answer in answers if isinstance(answer, Reading)]
    assert texts == [one.label for one in some]


def test_it_is_not_kept_where_it_reads_otherwise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quantization, "_read_otherwise", lambda *_: 0.006)
    target = tmp_path / bundle.EIGHT_BIT
    kept = quantization.write_eight_bit(
        bundle.DEFAULT / bundle.ONNX, target, prepared(4), DIGITS, 1.0
    )
    assert not kept
    assert not target.exists()


def test_who_reads_otherwise_is_counted(tmp_path: Path) -> None:
    batches = list(
        quantization._batches([prepare(draw_marks(text)) for text in ("01", "111", "0")])
    )
    same, swapped = tmp_path / "same.onnx", tmp_path / "swapped.onnx"
    write_line_onnx(same)
    model = onnx.load(str(same))
    weights = onnx.numpy_helper.to_array(model.graph.initializer[0])
    model.graph.initializer[0].CopyFrom(onnx.numpy_helper.from_array(weights[[1, 0, 2]], "weights"))
    onnx.save(model, str(swapped))
    decoder = Decoder("01")
    assert quantization._read_otherwise(same, same, batches, decoder, 0.5) == 0
    assert quantization._read_otherwise(same, swapped, batches, decoder, 0.5) == 1


# --- in the reader --------------------------------------------------------------------------


def with_eight_bit(folder: Path, content: bytes | None = None) -> Path:
    """Return a bundle whose network with 8 bits is a copy, or has the `content`."""
    made = make_line_bundle(folder)
    (made / bundle.EIGHT_BIT).write_bytes(content or (made / bundle.ONNX).read_bytes())
    bundle.seal(made, line_facts())
    return made


def test_only_the_quick_network_is_opened_for_what_it_is_sure_of(tmp_path: Path) -> None:
    reader = LineReader(bundle.load(with_eight_bit(tmp_path / "model")), threads=1)
    (answer,) = reader.read([draw_marks("0110")], None)
    assert isinstance(answer, Reading)
    assert answer.confidence >= SURE
    assert "_network" not in vars(reader)
    noise = np.random.default_rng(0).integers(0, 256, (20, 60), dtype=np.uint8)
    reader.read([noise], None)
    assert "_network" in vars(reader)


def test_a_damaged_quick_network_is_named(tmp_path: Path) -> None:
    folder = with_eight_bit(tmp_path / "model", b"no network")
    with pytest.raises(BundleError, match=bundle.EIGHT_BIT):
        solver.load(folder)
