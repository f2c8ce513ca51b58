"""Train the reader digits: whole runs on handwritten digits, and how captchas are cut for it."""

import csv
import json
import re
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from digitsolver import bundle, train
from digitsolver.datasets import Sample
from digitsolver.errors import BundleError, FolderError
from digitsolver.measure.statistics import wilson
from digitsolver.parallel.progress import Progress
from digitsolver.pipeline.style import Style, write_style
from digitsolver.readers.digits import trainer
from digitsolver.readers.digits.architectures import build_cnn
from digitsolver.readers.digits.crops import UNSEGMENTED, LabelledCrops
from digitsolver.readers.digits.fit import Fit
from digitsolver.readers.digits.settings import DigitsSettings
from digitsolver.readers.digits.trainer import DigitsTrainer, prepare, train_digits
from digitsolver.training.checkpoint import Checkpoint
from digitsolver.training.data import read_training_data
from digitsolver.training.export import compare
from digitsolver.training.validation import Validation
from tests.readers.digits.handwritten import handwritten, labelled
from tests.templates import STYLE, write

SETTINGS = DigitsSettings(epochs=3, batch=16, min_steps=30)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> bundle.Bundle:
    out = tmp_path_factory.mktemp("trained") / "model"
    return train_digits(*handwritten(60), Style(), out, settings=SETTINGS)


def metrics(trained: bundle.Bundle) -> dict[str, object]:
    """Return the metrics that the same seed gives again."""
    return {key: value for key, value in trained.metrics().items() if key != "seconds"}


# --- the whole run ------------------------------------------------------------------------


def test_bundle_has_all_files(trained: bundle.Bundle) -> None:
    assert {path.name for path in trained.path.iterdir()} == bundle.KNOWN - {
        bundle.EIGHT_BIT,
        bundle.LETTERS,
    }
    assert trained.facts.length == 4
    assert trained.facts.shape == (28, 20, 1)
    assert trained.facts.alphabet == "0123456789"
    assert trained.facts.counts == {"captchas": 60, "digits": 240, "held_out": 9, "beside": 0}
    assert trained.style == Style()


def test_nothing_is_left_beside_the_bundle(trained: bundle.Bundle) -> None:
    assert [path.name for path in trained.path.parent.iterdir()] == ["model"]


def test_metrics_say_how_good_it_is(trained: bundle.Bundle) -> None:
    figures = trained.metrics()
    held_out = figures["validation"]
    assert held_out["captchas"] == 9
    assert held_out["digits"] == 36
    assert held_out["digit_accuracy"] > 0.5
    correct = round(held_out["captcha_accuracy"] * 9)
    assert held_out["captcha_interval"] == pytest.approx(wilson(correct, 9))
    assert sum(figures["digits_per_class"].values()) == 240
    assert figures["warnings"] == []
    assert figures["fitted_again_to_all"]
    assert set(figures["versions"]) >= {"keras", "tensorflow", "numpy", "python"}


def test_history_has_a_line_an_epoch(trained: bundle.Bundle) -> None:
    with (trained.path / "history.csv").open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["epoch"] for row in rows] == ["1", "2", "3"]
    assert float(rows[-1]["loss"]) < float(rows[0]["loss"])
    assert set(rows[0]) == {"epoch", "accuracy", "loss", "val_accuracy", "val_loss"}


def test_onnx_equals_keras_at_every_batch_size(trained: bundle.Bundle) -> None:
    import keras

    model = keras.saving.load_model(trained.path / bundle.KERAS, safe_mode=True)
    pixels = handwritten(10).crops[..., None].astype(np.float32)
    for count in (1, 7, 40):
        assert compare(model, trained.path / bundle.ONNX, pixels[:count]) <= 1e-4


def test_export_refuses_an_onnx_that_differs(trained: bundle.Bundle) -> None:
    other = build_cnn((28, 20, 1), 10)
    pixels = handwritten(5).crops[..., None].astype(np.float32)
    with pytest.raises(BundleError, match=r"model\.onnx: expected logits within 0\.0001"):
        compare(other, trained.path / bundle.ONNX, pixels)


KILLED = """
import os, signal
from tests.readers.digits.handwritten import handwritten
from tests.readers.digits.test_trainer import SETTINGS
from digitsolver.pipeline.style import Style
from digitsolver.readers.digits.trainer import train_digits

def die(done, total, text):
    if done == 5:  # in the second fit, with one epoch to go
        os.kill(os.getpid(), signal.SIGKILL)

train_digits(*handwritten(60), Style(), {out!r}, settings=SETTINGS, progress=die)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL")
def test_killed_run_leaves_no_bundle_and_goes_on(trained: bundle.Bundle, tmp_path: Path) -> None:
    out = tmp_path / "model"
    code = KILLED.format(out=str(out))
    run = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
        cwd=Path(__file__).parents[3],
    )
    assert (run.returncode, run.stderr, run.stdout) == (-signal.SIGKILL, "", "")
    assert not out.exists()
    reported: list[int] = []
    again = train_digits(
        *handwritten(60),
        Style(),
        out,
        settings=SETTINGS,
        resume=True,
        progress=lambda done, total, text: reported.append(done),
    )
    assert reported == [6]
    assert metrics(again) == metrics(trained)
    assert (again.path / "history.csv").read_bytes() == (trained.path / "history.csv").read_bytes()
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


def test_interrupted_run_keeps_the_old_bundle(trained: bundle.Bundle, tmp_path: Path) -> None:
    before = (trained.path / bundle.MANIFEST).read_bytes()

    def interrupt(done: int, total: int, text: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train_digits(*handwritten(60), Style(), trained.path, settings=SETTINGS, progress=interrupt)
    assert (trained.path / bundle.MANIFEST).read_bytes() == before
    assert bundle.load(trained.path).facts == trained.facts
    Checkpoint.beside(trained.path).remove()


def test_folder_that_is_no_bundle_stays(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work", encoding="utf-8")
    with pytest.raises(FolderError, match=r"thesis\.txt"):
        train_digits(*handwritten(6), Style(), tmp_path, settings=SETTINGS)
    assert (tmp_path / "thesis.txt").read_text(encoding="utf-8") == "years of work"


def test_train_reads_a_digits_folder(tmp_path: Path) -> None:
    source = tmp_path / "digits"
    for row, (crop, label, name) in enumerate(zip(*handwritten(12), strict=True)):
        (source / label).mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(source / label / f"{name}-{row % 4}.png"), crop)
    write_style(Style(), source / "style.toml")
    (source / "notes.txt").write_text("stray", encoding="utf-8")

    def prepared(labels: int) -> DigitsTrainer:
        data = read_training_data(source, "auto", alphabet="0123456789", seed=0, labels=labels)
        return prepare(SETTINGS, data)

    made = prepared(10)
    assert len(digests(made)) == 10
    assert set(digests(made)) <= set(labelled(12).digests())
    assert [problem.path.name for problem in made.problems] == ["notes.txt"]
    with pytest.raises(FolderError, match="expected 13 labelled captchas to choose from, found 12"):
        prepared(13)


def digests(made: DigitsTrainer) -> list[str]:
    """Return the digests of the captchas that are learned from."""
    found = made.fingerprint()["data"]
    assert isinstance(found, list)
    return found


# --- captchas are cut ---------------------------------------------------------------------


@pytest.mark.parametrize("chosen", ["plain", STYLE])
def test_captchas_are_cut_in_memory(tmp_path: Path, chosen: str | Style) -> None:
    write(tmp_path, [f"{number:04}" for number in range(0, 10000, 900)])
    (tmp_path / "bad-1234.png").write_bytes(b"")
    made = prepare(SETTINGS, read_training_data(tmp_path, chosen, alphabet="0123456789", seed=0))
    assert made.style.length == 4
    assert [len(sample.label or "") for sample in made.samples] == [4] * 12
    assert len(digests(made)) == 12
    assert [problem.path.name for problem in made.problems] == ["bad-1234.png"]


def test_labels_stay_with_their_crops(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, [f"{number:04}" for number in range(0, 10000, 900)])
    data = read_training_data(tmp_path, STYLE, alphabet="0123456789", seed=0)
    made = prepare(SETTINGS, data)
    labels = [sample.label or "" for sample in made.held_out]
    validation = measure(monkeypatch, tmp_path, made, [int(one) for one in "".join(labels)])
    assert validation.correct == [True] * len(labels)
    assert [true for true, _ in validation.characters] == list("".join(labels))


def test_style_is_found_without_the_validation_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, [f"{number:04}" for number in range(0, 10000, 700)])
    seen: list[set[str]] = []

    def resolve(name: str, samples: list[Sample], *, progress: Progress | None) -> Style:
        seen.append({sample.path.name for sample in samples})
        return STYLE

    monkeypatch.setattr("digitsolver.tune.resolve", resolve)
    data = read_training_data(tmp_path, "auto", alphabet="0123456789", seed=0)
    made = prepare(SETTINGS, data)
    held_out = {sample.path.name for sample in made.held_out}
    assert held_out
    assert seen == [{path.name for path in tmp_path.iterdir()} - held_out]
    read = [int(digit) for sample in made.held_out for digit in sample.label or ""]
    assert measure(monkeypatch, tmp_path, made, read).correct == [True] * len(held_out)


def test_given_captchas_are_held_out_and_what_cannot_be_cut_counts_as_misread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    *paths, long = write(tmp_path, [*(f"{number:04}" for number in range(0, 10000, 900)), "12345"])
    data = read_training_data(tmp_path, STYLE, alphabet="0123456789", seed=0)
    samples = {sample.path: sample for sample in data.samples}
    made = prepare(SETTINGS, data, [samples[paths[3]], samples[long], samples[paths[1]]])
    assert [problem.path for problem in made.problems] == [long]
    crops_of_1_and_3 = [0, 9, 0, 9, *(2, 7, 0, 0)]
    outcome = measure(monkeypatch, tmp_path, made, crops_of_1_and_3)
    assert outcome.correct == [True, False, False]
    assert outcome.unsegmented == 1


@pytest.mark.parametrize("alone", [True, False])
def test_a_given_validation_set_must_leave_something_on_both_sides(
    tmp_path: Path, alone: bool
) -> None:
    *paths, long = write(tmp_path, [*(f"{number:04}" for number in range(0, 10000, 900)), "12345"])
    data = read_training_data(tmp_path, STYLE, alphabet="0123456789", seed=0)
    samples = {sample.path: sample for sample in data.samples}
    held_out = [samples[long]] if alone else [samples[path] for path in paths]
    with pytest.raises(FolderError, match="some of those held out that can be cut, found 12 that"):
        prepare(SETTINGS, data, held_out)


# --- the validation set is read ----------------------------------------------------------


class Known:
    """A network whose logits are known."""

    def __init__(self, logits: NDArray[np.float32]) -> None:
        self.logits = logits

    def predict(self, pixels: NDArray[np.float32], verbose: int) -> NDArray[np.float32]:
        """Return the logits, one row a crop."""
        assert len(pixels) == len(self.logits)
        return self.logits


def measure(
    monkeypatch: pytest.MonkeyPatch, folder: Path, made: DigitsTrainer, read: Sequence[int]
) -> Validation:
    """Return what `made` measures with a network that reads these classes."""
    logits = np.eye(len(made.settings.alphabet), dtype=np.float32)[list(read)] * 4
    fitted = Fit(Known(logits), [])
    monkeypatch.setattr(trainer, "fit", lambda *_: fitted)
    return made.measure(Checkpoint(folder / "unused"), lambda *_: None)


def test_what_cannot_be_cut_counts_as_misread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    crops = labelled(8)
    validation = [0, UNSEGMENTED, 3, UNSEGMENTED]
    made = DigitsTrainer(SETTINGS, Style(), crops, validation=validation)
    read = crops.classes[crops.of([0, 3])].tolist()
    outcome = measure(monkeypatch, tmp_path, made, read)
    assert outcome.correct == [True, False, True, False]
    metrics = outcome.metrics()
    assert (metrics["captchas"], metrics["unsegmented"]) == (4, 2)
    assert (metrics["captcha_accuracy"], metrics["digit_accuracy"]) == (0.5, 1)


def test_readings_are_counted_by_hand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pixels = handwritten(5).crops[:6]
    crops = LabelledCrops(pixels, np.array([0, 1, 2, 1, 0, 1]), np.array([0, 0, 1, 1, 2, 2]))
    settings = DigitsSettings(alphabet="012")
    made = DigitsTrainer(settings, Style(), crops, validation=[0, 1])
    outcome = measure(monkeypatch, tmp_path, made, [0, 1, 1, 1])
    assert outcome.correct == [True, False]
    assert outcome.characters == [("0", "0"), ("1", "1"), ("2", "1"), ("1", "1")]
    metrics = outcome.metrics()
    assert metrics["captchas"] == 2
    assert metrics["captcha_accuracy"] == 0.5
    assert metrics["digit_accuracy"] == 0.75
    wrong = outcome.predictions[2]
    assert (wrong.label, wrong.text) == ("2", "1")
    assert (wrong.image == pixels[2]).all()
    chances = np.exp(np.array([0.0, 4.0, 0.0]) / outcome.temperature)
    assert wrong.confidence == pytest.approx(chances[1] / chances.sum())


# --- what goes in -------------------------------------------------------------------------


@pytest.mark.parametrize("other", [Style(channels=3), Style(crop_height=30)])
def test_crops_must_be_those_of_the_style(tmp_path: Path, other: Style) -> None:
    expected = re.escape(str((other.crop_height, other.crop_width, other.channels)))
    message = rf"channels {expected} as in the style 'plain', found \(28, 20, 1\)"
    with pytest.raises(ValueError, match=message):
        train_digits(*handwritten(6), other, tmp_path / "model")


def test_metrics_are_plain_json(trained: bundle.Bundle) -> None:
    text = (trained.path / bundle.METRICS).read_text(encoding="utf-8")
    assert json.loads(text)["settings"]["epochs"] == 3


def test_summary_is_for_people(trained: bundle.Bundle) -> None:
    text = train.summary(train.Trained(trained, []))
    assert "style           plain" in text
    assert "trained on 60 captchas in" in text
    assert "note:" not in text
