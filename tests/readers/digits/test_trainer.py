import csv
import json
import re
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import pytest
from digitsolver.readers.digits.source import Source, gathered, read_source
from digitsolver.readers.digits.validation import Outcome, draw_mistakes
from numpy.typing import NDArray

from digitsolver import bundle, train
from digitsolver.datasets import DigitsFolder, Sample
from digitsolver.errors import BundleError, FolderError, LabelError, MissingExtraError
from digitsolver.io.images import read_image
from digitsolver.measure.statistics import wilson
from digitsolver.pipeline.style import Style, write_style
from digitsolver.readers.digits import trainer
from digitsolver.readers.digits.architectures import build_cnn
from digitsolver.readers.digits.augmentation import Augmentation, augment
from digitsolver.readers.digits.settings import UNCUT, Digits, gather, split
from digitsolver.train import Recipe
from digitsolver.training import backend
from digitsolver.training.backend import require_training
from digitsolver.training.calibration import log_softmax, temperature
from digitsolver.training.checkpoint import Checkpoint, State
from digitsolver.training.export import compare
from tests.templates import STYLE, write

RECIPE = Recipe(epochs=3, batch=32, fewest_steps=30)


class Data(NamedTuple):
    """What `train_digits` takes."""

    crops: NDArray[np.uint8]
    labels: list[str]
    ids: list[str]


def handwritten(captchas: int, length: int = 4) -> Data:
    """Make captchas of the 8×8 digits that come with scikit-learn, as crops of 28×20."""
    from sklearn.datasets import load_digits

    pixels, classes = load_digits(return_X_y=True)
    count = captchas * length
    ink = np.asarray(pixels[:count] * 15.9, dtype=np.uint8).reshape(-1, 8, 8)
    crops = np.stack([cv2.resize(255 - one, (20, 28)) for one in ink])
    ids = [f"{row // length:04}" for row in range(count)]
    return Data(np.asarray(crops, dtype=np.uint8), [str(one) for one in classes[:count]], ids)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> bundle.Bundle:
    out = tmp_path_factory.mktemp("trained") / "model"
    return trainer.train_digits(*handwritten(60), Style(), out, recipe=RECIPE)


def metrics(trained: bundle.Bundle) -> dict[str, object]:
    """Return the metrics that the same seed gives again."""
    return {key: value for key, value in trained.metrics().items() if key != "seconds"}


# --- the whole run ------------------------------------------------------------------------


def test_bundle_has_all_files(trained: bundle.Bundle) -> None:
    assert {path.name for path in trained.path.iterdir()} == bundle.KNOWN - {bundle.EIGHT_BIT}
    assert trained.facts.length == 4
    assert trained.facts.shape == (28, 20, 1)
    assert trained.facts.alphabet == "0123456789"
    assert trained.facts.counts == {"captchas": 60, "digits": 240, "held_out": 9, "beside": 0}
    assert trained.style == Style()


def test_nothing_is_left_beside_the_bundle(trained: bundle.Bundle) -> None:
    assert [path.name for path in trained.path.parent.iterdir()] == ["model"]


def test_metrics_say_how_good_it_is(trained: bundle.Bundle) -> None:
    figures = trained.metrics()
    held = figures["validation"]
    assert held["captchas"] == 9
    assert held["digits"] == 36
    assert held["digit_accuracy"] > 0.5
    right = round(held["captcha_accuracy"] * 9)
    assert held["captcha_interval"] == pytest.approx(wilson(right, 9))
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
from tests.readers.digits.test_trainer import RECIPE, handwritten
from digitsolver.pipeline.style import Style
from digitsolver.readers.digits.trainer import train_digits

def die(done, total, text):
    if done == 5:  # in the second fit, with one epoch to go
        os.kill(os.getpid(), signal.SIGKILL)

train_digits(*handwritten(60), Style(), {out!r}, recipe=RECIPE, progress=die)
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
    told: list[int] = []
    again = trainer.train_digits(
        *handwritten(60),
        Style(),
        out,
        recipe=RECIPE,
        resume=True,
        progress=lambda done, total, text: told.append(done),
    )
    assert told == [6]
    assert metrics(again) == metrics(trained)
    assert (again.path / "history.csv").read_bytes() == (trained.path / "history.csv").read_bytes()
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


def test_interrupted_run_keeps_the_old_bundle(trained: bundle.Bundle, tmp_path: Path) -> None:
    before = (trained.path / bundle.MANIFEST).read_bytes()

    def interrupt(done: int, total: int, text: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        trainer.train_digits(
            *handwritten(60), Style(), trained.path, recipe=RECIPE, progress=interrupt
        )
    assert (trained.path / bundle.MANIFEST).read_bytes() == before
    assert bundle.load(trained.path).facts == trained.facts
    Checkpoint.beside(trained.path).remove()


def test_resume_refuses_other_data_and_settings(tmp_path: Path) -> None:
    checkpoint = Checkpoint.beside(tmp_path / "model")
    assert not checkpoint.start({"data": "a", "epochs": 3}, resume=False)
    told = r"found another data \(b, was a\), epochs \(4, was 3\); train without --resume"
    with pytest.raises(BundleError, match=told):
        checkpoint.start({"data": "b", "epochs": 4}, resume=True)
    assert checkpoint.start({"data": "a", "epochs": 3}, resume=True)


@pytest.mark.parametrize(
    ("now", "told"),
    [
        (["a", "b", "c"], r"reader: data \(1 new or changed, 0 of 2 captchas gone\);"),
        (["a", "d"], r"reader: data \(1 new or changed, 1 of 2 captchas gone\);"),
        (["b", "a"], r"reader: data \(in another order\);"),
    ],
)
def test_resume_says_how_many_captchas_changed(tmp_path: Path, now: list[str], told: str) -> None:
    checkpoint = Checkpoint.beside(tmp_path / "model")
    checkpoint.start({"reader": {"data": ["a", "b"], "long": "x" * 64}}, resume=False)
    with pytest.raises(BundleError, match=told):
        checkpoint.start({"reader": {"data": now, "long": "x" * 64}}, resume=True)
    with pytest.raises(BundleError, match="found another reader: long; train"):
        checkpoint.start({"reader": {"data": ["a", "b"], "long": "y" * 64}}, resume=True)


def test_folder_that_is_no_bundle_stays(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work", encoding="utf-8")
    with pytest.raises(FolderError, match=r"thesis\.txt"):
        trainer.train_digits(*handwritten(6), Style(), tmp_path, recipe=RECIPE)
    assert (tmp_path / "thesis.txt").read_text(encoding="utf-8") == "years of work"


def test_train_reads_a_digits_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trained: bundle.Bundle
) -> None:
    data = handwritten(12)
    source = tmp_path / "digits"
    for row, (crop, label, name) in enumerate(zip(*data, strict=True)):
        (source / label).mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(source / label / f"{name}-{row % 4}.png"), crop)
    write_style(Style(), source / "style.toml")
    (source / "notes.txt").write_text("stray", encoding="utf-8")
    seen: dict[str, int] = {}

    def fake(run: trainer.Run, *_: object) -> bundle.Bundle:
        seen.update(crops=len(run.digits), captchas=run.digits.count)
        return trained

    monkeypatch.setattr(train, "_train", fake)
    result = train.train(source, "auto", tmp_path / "model", labels=10)
    assert seen == {"crops": 40, "captchas": 10}
    assert [problem.path.name for problem in result.problems] == ["notes.txt"]
    with pytest.raises(FolderError, match="expected 13 labelled captchas to draw from, found 12"):
        train.train(source, "auto", tmp_path / "model", labels=13)


@pytest.mark.parametrize("chosen", ["plain", STYLE])
def test_train_cuts_captchas_in_memory(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    trained: bundle.Bundle,
    chosen: str | Style,
) -> None:
    write(tmp_path / "captchas", [f"{number:04}" for number in range(0, 10000, 900)])
    (tmp_path / "captchas" / "bad-1234.png").write_bytes(b"")
    seen: dict[str, object] = {}

    def fake(run: trainer.Run, *_: object) -> bundle.Bundle:
        first = "".join(run.recipe.alphabet[one] for one in run.digits.classes[:4])
        seen.update(crops=len(run.digits), labels=first, length=run.style.length)
        return trained

    monkeypatch.setattr(train, "_train", fake)
    result = train.train(tmp_path / "captchas", chosen, tmp_path / "model", reader="digits")
    assert seen == {"crops": 48, "labels": "0000", "length": 4}
    assert [problem.path.name for problem in result.problems] == ["bad-1234.png"]


def test_labels_outside_the_alphabet_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trained: bundle.Bundle
) -> None:
    write(tmp_path, ["12ab", "1234", "5678", "9012", "3456", "7890", "12cd"])
    monkeypatch.setattr(train, "_train", lambda *_: trained)
    problems = train.train(tmp_path, STYLE, tmp_path / "model", reader="digits").problems
    assert [problem.path.name for problem in problems] == ["0000-12ab.png", "0006-12cd.png"]
    with pytest.raises(ValueError, match="labels: expected at least 1, found 0"):
        train.train(tmp_path, STYLE, tmp_path / "model", reader="digits", labels=0)
    for path in tmp_path.glob("*-????.png"):
        if path.stem[5:].isdigit():
            path.unlink()
    with pytest.raises(FolderError, match=r"expected labels, found none that fits; .*0000-12ab"):
        train.train(tmp_path, STYLE, tmp_path / "model", reader="digits")


def test_style_is_found_without_what_is_held_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, [f"{number:04}" for number in range(0, 10000, 700)])
    seen: list[set[str]] = []

    def resolve(name: str, samples: list[Sample]) -> Style:
        seen.append({one.path.name for one in samples})
        return STYLE

    monkeypatch.setattr("digitsolver.tune.resolve", resolve)
    found = read_source(tmp_path, "auto", None, Recipe())
    assert found.held
    assert found.apart is not None
    ids = {path.name.split("-")[0] for path in tmp_path.iterdir()}
    assert {name.split("-")[0] for name in seen[0]} == ids - set(found.held)
    digits = [gathered(one, Recipe()) for one in (found.digits, found.stages)]
    held = trainer.Run(digits[0], STYLE, Recipe(), found.apart, digits[1]).parts()[1]
    assert set(held.captchas.tolist()) == set(found.apart)


def test_what_cannot_be_cut_counts_as_read_wrong() -> None:
    data = handwritten(8)
    digits = gather(*data, "0123456789")
    run = trainer.Run(digits, Style(), RECIPE, apart=[0, UNCUT, 3, UNCUT])
    held = run.parts()[1]
    assert set(held.captchas.tolist()) == {0, 3}
    logits = np.eye(10, dtype=np.float32)[held.classes]
    metrics = Outcome(held, logits, "0123456789", 1.0, run.uncut).metrics()
    assert (metrics["captchas"], metrics["uncut"], metrics["captcha_accuracy"]) == (4, 2, 0.5)
    assert metrics["digit_accuracy"] == 1


def test_source_says_what_could_not_be_cut() -> None:
    crops = np.zeros((2, 28, 20), np.uint8)
    folder = DigitsFolder(crops, ["1", "2"], ["b", "a"], [0, 0], STYLE)
    assert Source(folder, folder, [], ["b", "gone"]).apart == [1, UNCUT]
    assert Source(folder, folder, [], ["gone"]).apart is None
    assert Source(folder, folder, [], ["a", "b"]).apart is None
    assert Source(folder, folder, []).apart is None


def test_summary_is_for_people(trained: bundle.Bundle) -> None:
    text = train.summary(train.Trained(trained, []))
    assert "style           plain" in text
    assert "trained on 60 captchas in" in text
    assert "note:" not in text


# --- what goes in -------------------------------------------------------------------------


def test_few_captchas_are_told_and_missing_digits_too() -> None:
    data = handwritten(5)
    digits = gather(data.crops, ["1" if one in "1357" else "2" for one in data.labels], data.ids,
                    "0123456789")  # fmt: skip
    run = trainer.Run(digits, Style(), RECIPE)
    few, missing = trainer._warnings(run, {"1": 12, "2": 8, "3": 0, "4": 0})
    assert few.startswith("5 labelled captchas are few: 30 or more are advised")
    assert missing == "no captcha has 3, 4: they will never be read"


def test_too_few_captchas_are_refused() -> None:
    with pytest.raises(
        FolderError, match=r"at least 5 labelled captchas \(30 or more advised\), found 4"
    ):
        gather(*handwritten(4), "0123456789")


def test_one_kind_of_digit_is_refused() -> None:
    data = handwritten(6)
    with pytest.raises(FolderError, match="at least 2 different digits, found 1"):
        gather(data.crops, ["7"] * 24, data.ids, "0123456789")


def test_label_outside_the_alphabet_is_refused() -> None:
    with pytest.raises(LabelError, match=r"0000: expected a character of '12', found '0'"):
        gather(*handwritten(6), "12")


def test_crops_labels_and_ids_must_match() -> None:
    data = handwritten(6)
    with pytest.raises(ValueError, match="one length, found 24, 23, 24"):
        gather(data.crops, data.labels[1:], data.ids, "0123456789")
    with pytest.raises(ValueError, match="expected uint8"):
        gather(data.crops / 255, data.labels, data.ids, "0123456789")  # type: ignore[arg-type]


@pytest.mark.parametrize("other", [Style(channels=3), Style(crop_height=30)])
def test_crops_must_be_those_of_the_style(tmp_path: Path, other: Style) -> None:
    expected = re.escape(str((other.crop_height, other.crop_width, other.channels)))
    message = rf"channels {expected} as in the style 'plain', found \(28, 20, 1\)"
    with pytest.raises(ValueError, match=message):
        trainer.train_digits(*handwritten(6), other, tmp_path / "model")


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"epochs": 0}, "epochs: expected at least 1, found 0"),
        ({"seed": -1}, "seed: expected 0 to 4294967295, found -1"),
        ({"devices": 0}, "devices: expected 1 to 64, found 0"),
        ({"alphabet": "11"}, "alphabet: expected at least 2 different characters, found '11'"),
        ({"architecture": "vgg"}, "architecture: expected one of .*cnn.*; found 'vgg'"),
    ],
)
def test_recipe_refuses_what_is_out_of_range(setting: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        replace(Recipe(), **setting)  # type: ignore[arg-type]


def test_small_sets_are_repeated() -> None:
    assert Recipe(batch=64, fewest_steps=50).steps(100) == 50
    assert Recipe(batch=64, fewest_steps=50).steps(6401) == 101


def test_absent_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backend, "NEEDED", ("tensorflow_of_nobody",))
    with pytest.raises(MissingExtraError, match=r"pip install 'digitsolver\[train\]'"):
        require_training()


# --- split --------------------------------------------------------------------------------


def test_split_is_by_captcha_and_seeded() -> None:
    digits = gather(*handwritten(40), "0123456789")
    learn, held = split(digits, 0.25, seed=3)
    assert held.count == 10
    assert not set(learn.captchas) & set(held.captchas)
    assert len(learn) + len(held) == 160
    assert (split(digits, 0.25, seed=3)[1].captchas == held.captchas).all()
    assert set(split(digits, 0.25, seed=4)[1].captchas) != set(held.captchas)


def test_equal_captchas_stay_together() -> None:
    data = handwritten(8)
    digits = gather(
        np.concatenate([data.crops] * 2),
        data.labels * 2,
        data.ids + [f"copy-{name}" for name in data.ids],
        "0123456789",
    )
    for seed in range(5):
        learn, held = split(digits, 0.5, seed)
        assert not {one.tobytes() for one in learn.crops} & {one.tobytes() for one in held.crops}


# --- augmentation -------------------------------------------------------------------------


def test_augment_repeats_itself_and_leaves_its_input() -> None:
    crops = handwritten(5).crops
    before = crops.copy()
    first = augment(crops, np.random.default_rng(7))
    second = augment(crops, np.random.default_rng(7))
    assert (crops == before).all()
    assert (first == second).all()
    assert first.shape == crops.shape
    assert (first != crops).any(axis=(1, 2)).all()


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_augment_takes_channels(channels: int) -> None:
    crops = np.repeat(handwritten(5).crops[..., None], channels, axis=3)
    changed = augment(crops, np.random.default_rng(1))
    assert changed.shape == crops.shape
    assert (changed[..., :3] == changed[..., :1]).all()
    assert (changed != crops).any(axis=(1, 2, 3)).all()


def test_augment_goes_on_with_the_ground_of_colour_crops() -> None:
    crops = np.tile(np.array([200, 90, 10, 128], np.uint8), (50, 12, 9, 1))
    moved = augment(crops, np.random.default_rng(1), Augmentation(contrast=0))
    assert (moved == crops).all()
    faded = augment(crops, np.random.default_rng(1))
    assert (faded[..., 3] == 128).all()
    assert len(np.unique(faded[..., 1])) > 5


def test_augment_without_amounts_changes_nothing() -> None:
    crops = handwritten(5).crops
    still = Augmentation(rotation=0, scale=0, shear=0, shift=0, contrast=0)
    assert (augment(crops, np.random.default_rng(0), still) == crops).all()


# --- confidence ---------------------------------------------------------------------------


def test_temperature_makes_confidence_match_accuracy() -> None:
    generator = np.random.default_rng(0)
    chances = np.exp(log_softmax(generator.normal(0, 2, (4000, 10)).astype(np.float32)))
    classes = np.array([generator.choice(10, p=row) for row in chances], dtype=np.intp)
    overconfident = (3 * np.log(chances)).astype(np.float32)
    assert temperature(overconfident, classes) == pytest.approx(3, rel=0.05)


def test_temperature_of_a_faultless_set_stays_modest() -> None:
    logits = np.array([[8, 0, 0]] * 30, dtype=np.float32)
    cool = temperature(logits, np.zeros(30, dtype=np.intp))
    sure = float(np.exp(log_softmax(logits / cool))[0, 0])
    assert sure == pytest.approx(1 - 1 / 32, abs=1e-3)


def test_temperature_of_nothing_is_one() -> None:
    assert temperature(np.zeros((0, 10), np.float32), np.zeros(0, np.intp)) == 1.0


# --- images and checkpoints -------------------------------------------------------------


def outcome(read: list[int]) -> Outcome:
    crops = handwritten(5).crops[:4]
    held = Digits(crops, np.array([0, 1, 2, 1]), np.array([0, 0, 1, 1]))
    return Outcome(held, np.eye(3, dtype=np.float32)[read] * 4, "012", 1.0)


def test_outcome_counts_by_hand() -> None:
    figures = outcome([0, 1, 1, 1]).metrics()
    assert figures["captchas"] == 2
    assert figures["captcha_accuracy"] == 0.5
    assert figures["digit_accuracy"] == 0.75
    assert outcome([0, 1, 1, 1]).confusion().tolist() == [[1, 0, 0], [0, 2, 0], [0, 1, 0]]


@pytest.mark.parametrize("read", [[0, 1, 2, 1], [1, 2, 0, 2]])
def test_mistakes_are_drawn_whether_there_are_any_or_none(tmp_path: Path, read: list[int]) -> None:
    path = tmp_path / "mistakes.png"
    draw_mistakes(path, outcome(read))
    assert read_image(path).mean() > 100


def test_checkpoint_gives_back_what_it_took(tmp_path: Path) -> None:
    checkpoint = Checkpoint.beside(tmp_path / "model")
    checkpoint.start({}, resume=False)
    assert checkpoint.load("measured") is None
    arrays = [np.arange(3.0), np.array(7)]
    checkpoint.save("measured", State(arrays, arrays[:1], [{"epoch": 1.0}], finished=True))
    state = checkpoint.load("measured")
    assert state is not None
    assert [one.tolist() for one in state.variables] == [[0.0, 1.0, 2.0], 7]
    assert [one.tolist() for one in state.best] == [[0.0, 1.0, 2.0]]
    assert (state.history, state.finished) == ([{"epoch": 1.0}], True)


def test_broken_checkpoint_is_named(tmp_path: Path) -> None:
    checkpoint = Checkpoint.beside(tmp_path / "model")
    checkpoint.start({}, resume=False)
    (checkpoint.folder / "measured.npz").write_bytes(b"PK nonsense")
    with pytest.raises(BundleError, match=r"measured\.npz: expected the state of a run"):
        checkpoint.load("measured")
    (checkpoint.folder / "fingerprint.json").write_text("{", encoding="utf-8")
    with pytest.raises(BundleError, match=r"fingerprint\.json: expected JSON"):
        checkpoint.start({}, resume=True)


def test_metrics_are_plain_json(trained: bundle.Bundle) -> None:
    text = (trained.path / bundle.METRICS).read_text(encoding="utf-8")
    assert json.loads(text)["recipe"]["epochs"] == 3
