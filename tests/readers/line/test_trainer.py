"""Train the reader line: whole runs on a few images, and what its trainer is made of."""

import csv
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from digitsolver import bundle, train
from digitsolver.errors import BundleError, FolderError
from digitsolver.pipeline.style import NO_STYLE
from digitsolver.readers.line.pretrained import Pretrained
from digitsolver.readers.line.settings import LineSettings
from digitsolver.readers.line.trainer import LineTrainer, prepare
from digitsolver.training.checkpoint import Checkpoint
from digitsolver.training.data import TrainingData, read_training_data
from digitsolver.training.job import train_bundle
from tests import tiny
from tests.readers.line.prepared import TEXTS, lines
from tests.templates import write

SETTINGS = LineSettings(rounds=1, steps=2, batch=4, generated_every=2, warmup=1)


@pytest.fixture(scope="module", autouse=True)
def uncompiled() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        tiny.uncompile(patch)
        yield


@pytest.fixture(scope="module")
def trained(pretrained: Pretrained, tmp_path_factory: pytest.TempPathFactory) -> bundle.Bundle:
    out = tmp_path_factory.mktemp("line") / "model"
    return train_bundle(LineTrainer(SETTINGS, lines(), pretrained), out)


# --- the whole run ------------------------------------------------------------------------


def test_bundle_has_all_files(trained: bundle.Bundle) -> None:
    assert {path.name for path in trained.path.iterdir()} == bundle.KNOWN - {bundle.LETTERS}
    assert [path.name for path in trained.path.parent.iterdir()] == ["model"]
    known = trained.facts
    assert (known.reader, known.architecture) == ("line", "line")
    assert (known.length, known.shape) == (4, (48, 512, 3))
    assert known.counts == {"captchas": 12, "digits": 48, "held_out": 2}
    assert trained.style == NO_STYLE


def test_metrics_say_how_it_went(trained: bundle.Bundle) -> None:
    figures = trained.metrics()
    assert figures["validation"]["captchas"] == 2
    assert figures["steps"] == 4
    assert figures["steps_with_some_held_out"] == 2
    assert [row["step"] for row in figures["curve"]] == [0, 2, 4]
    assert figures["started_from"] == "default model"
    assert figures["warnings"][0].startswith("12 labelled captchas are few: 30 or more")
    assert "trained on 12 captchas in" in train.summary(train.Trained(trained, []))
    with (trained.path / "history.csv").open(encoding="utf-8") as stream:
        assert len(list(csv.DictReader(stream))) == 3


def test_onnx_takes_images_of_any_width(trained: bundle.Bundle) -> None:
    import onnxruntime

    session = onnxruntime.InferenceSession(str(trained.path / bundle.ONNX))
    for width in (96, 144):
        images = np.zeros((3, 48, width, 3), np.float32)
        logits, seen = session.run(["logits", "activations"], {"images": images})
        assert logits.shape == (3, width // 4, 11)
        assert seen.shape[0] == 3


def test_interrupted_run_goes_on_to_the_same_end(
    trained: bundle.Bundle, pretrained: Pretrained, tmp_path: Path
) -> None:
    import keras

    out = tmp_path / "model"
    reported: list[tuple[int, int]] = []

    def interrupt(done: int, total: int, text: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train_bundle(LineTrainer(SETTINGS, lines(), pretrained), out, progress=interrupt)
    assert not out.exists()
    again = train_bundle(
        LineTrainer(SETTINGS, lines(), pretrained),
        out,
        resume=True,
        progress=lambda done, total, text: reported.append((done, total)),
    )
    assert reported == [(2, 2)]
    first, second = (
        keras.saving.load_model(one.path / bundle.KERAS).get_weights() for one in (trained, again)
    )
    assert all((a == b).all() for a, b in zip(first, second, strict=True))
    assert again.metrics()["curve"] == trained.metrics()["curve"]


def test_heads_by_position_take_one_width(pretrained: Pretrained, tmp_path: Path) -> None:
    settings = LineSettings(architecture="positions", rounds=1, steps=1, batch=2, generated_every=0)
    made = train_bundle(LineTrainer(settings, lines(), pretrained), tmp_path / "model")
    assert made.facts.architecture == "positions"
    assert made.facts.shape == (48, 112, 3)
    with pytest.raises(FolderError, match="labels of one length, found lengths 3, 4"):
        LineTrainer(settings, lines([*TEXTS, "123"]), pretrained)


def test_resume_refuses_another_default_model(pretrained: Pretrained, tmp_path: Path) -> None:
    checkpoint = Checkpoint.beside(tmp_path / "model")
    checkpoint.start(LineTrainer(SETTINGS, lines(), None).fingerprint(), resume=False)
    with pytest.raises(BundleError, match="found another default model"):
        train_bundle(LineTrainer(SETTINGS, lines(), pretrained), tmp_path / "model", resume=True)


# --- the data -----------------------------------------------------------------------------


def test_a_folder_becomes_labelled_images(
    tmp_path: Path, pretrained: Pretrained, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, [*TEXTS, "12a4"])
    (tmp_path / "bad-1234.png").write_bytes(b"")
    monkeypatch.setattr("digitsolver.readers.line.trainer.load_pretrained", lambda _: pretrained)

    def prepared(labels: int | None = None) -> LineTrainer:
        found = read_training_data(tmp_path, "auto", alphabet="0123456789", seed=0, labels=labels)
        return prepare(SETTINGS, found)

    made = prepared()
    assert [sample.label for sample in made.samples] == TEXTS
    assert made.fingerprint()["data"] == lines().digests()
    assert {one.path.name for one in made.problems} == {"0012-12a4.png", "bad-1234.png"}
    assert len(made.held_out) == 2
    assert len(prepared(7).samples) in {6, 7}  # the bad one may be among them


def test_what_it_cannot_learn_from_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FolderError, match="expected whole captchas for the reader line"):
        prepare(SETTINGS, TrainingData(digits_folder=tmp_path))
    with pytest.raises(ValueError, match="held_out: expected None"):
        prepare(SETTINGS, TrainingData(), [])
