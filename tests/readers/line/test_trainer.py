"""Fit the line network to few labels: the parts by hand, the whole on a few drawn images."""

import csv
from dataclasses import asdict, replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from digitsolver.readers.line.calibration import string_temperature
from digitsolver.readers.line.network import build
from digitsolver.readers.line.plots import draw_mistakes
from numpy.typing import NDArray

from digitsolver import bundle, train
from digitsolver.datasets import read_captchas
from digitsolver.errors import BundleError, FolderError
from digitsolver.pipeline.style import Style, write_style
from digitsolver.readers.line.augmentation import Augmentation, augment
from digitsolver.readers.line.batches import make_batch
from digitsolver.readers.line.feed import Feed
from digitsolver.readers.line.fit import Given, Phase, fit, stale
from digitsolver.readers.line.learner import Learner
from digitsolver.readers.line.lines import Lines, check_enough, mixed_looks, read_lines, split_lines
from digitsolver.readers.line.prepare import prepare
from digitsolver.readers.line.pretrained import Start, begin, load_start
from digitsolver.readers.line.splicing import Splicer, align, find_cuts
from digitsolver.readers.line.trainer import Run, train_lines
from digitsolver.readers.line.validation import Heard, align_characters, string_loss
from digitsolver.train import LineRecipe, Recipe, Recipes
from digitsolver.training.calibration import log_softmax
from digitsolver.training.checkpoint import Checkpoint
from tests.templates import draw, facts, write

TEXTS = [f"{number * 167 % 10000:04}" for number in range(12)]
RECIPE = LineRecipe(rounds=1, steps=2, batch=4, drawn=2, warmup=1)


def lines(texts: list[str] | None = None) -> Lines:
    """Return prepared images of `texts`."""
    chosen = texts or TEXTS
    return Lines([prepare(draw(text)) for text in chosen], list(chosen))


@pytest.fixture(scope="module")
def start() -> Start:
    """Return a network that knows nothing, as something to start from."""
    return Start(build("0123456789", 1).get_weights(), "0123456789", 1.5, "some digest")


@pytest.fixture(scope="module")
def trained(start: Start, tmp_path_factory: pytest.TempPathFactory) -> bundle.Bundle:
    out = tmp_path_factory.mktemp("line") / "model"
    return train_lines(Run(lines(), RECIPE, start), out)


# --- the whole run ------------------------------------------------------------------------


def test_bundle_has_all_files(trained: bundle.Bundle) -> None:
    assert {path.name for path in trained.path.iterdir()} == bundle.KNOWN
    assert [path.name for path in trained.path.parent.iterdir()] == ["model"]
    known = trained.facts
    assert (known.reader, known.architecture) == ("line", "line")
    assert (known.length, known.shape) == (4, (48, 192, 3))
    assert known.counts == {"captchas": 12, "digits": 48, "held_out": 2}
    assert trained.style == Style()


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
        logits, seen = session.run(["logits", "activations"], {"pictures": images})
        assert logits.shape == (3, width // 4, 11)
        assert seen.shape[0] == 3


def test_interrupted_run_goes_on_to_the_same_end(
    trained: bundle.Bundle, start: Start, tmp_path: Path
) -> None:
    import keras

    out, told = tmp_path / "model", []

    def interrupt(done: int, total: int, text: str) -> None:
        raise KeyboardInterrupt

    run = Run(lines(), RECIPE, start)
    with pytest.raises(KeyboardInterrupt):
        train_lines(run, out, progress=interrupt)
    assert not out.exists()
    again = train_lines(
        run, out, resume=True, progress=lambda done, total, text: told.append((done, total))
    )
    assert told == [(2, 2)]
    first, second = (
        keras.saving.load_model(one.path / bundle.KERAS).get_weights() for one in (trained, again)
    )
    assert all((a == b).all() for a, b in zip(first, second, strict=True))
    assert again.metrics()["curve"] == trained.metrics()["curve"]


def test_heads_by_position_take_one_width(start: Start, tmp_path: Path) -> None:
    recipe = LineRecipe(architecture="positions", rounds=1, steps=1, batch=2, drawn=0)
    made = train_lines(Run(lines(), recipe, start), tmp_path / "model")
    assert made.facts.architecture == "positions"
    assert made.facts.shape == (48, 112, 3)
    mixed = Run(lines([*TEXTS, "123"]), recipe, start)
    with pytest.raises(FolderError, match="labels of one length, found lengths 3, 4"):
        train_lines(mixed, tmp_path / "other")


def test_resume_refuses_another_default_model(start: Start, tmp_path: Path) -> None:
    checkpoint = Checkpoint.beside(tmp_path / "model")
    checkpoint.start(Run(lines(), RECIPE, None).fingerprint(), resume=False)
    with pytest.raises(BundleError, match="found another default model"):
        train_lines(Run(lines(), RECIPE, start), tmp_path / "model", resume=True)


# --- which reader -------------------------------------------------------------------------


def test_reader_follows_the_folder_and_the_architecture(tmp_path: Path) -> None:
    write(tmp_path / "captchas", TEXTS)
    (tmp_path / "digits" / "1").mkdir(parents=True)
    write_style(Style(), tmp_path / "digits" / "style.toml")
    assert train.reader_for(tmp_path / "captchas") == "auto"
    assert train.reader_for(tmp_path / "captchas", "digits") == "digits"
    assert train.reader_for(tmp_path / "captchas", recipe=Recipe()) == "digits"
    assert train.reader_for(tmp_path / "digits") == "digits"
    with pytest.raises(FolderError, match="expected whole captchas for the reader line"):
        train.reader_for(tmp_path / "digits", "line")
    with pytest.raises(ValueError, match="reader: expected one of auto, digits, line"):
        train.reader_for(tmp_path, "nice")


def test_make_recipe_knows_both_kinds(tmp_path: Path) -> None:
    write(tmp_path, TEXTS)
    both = train.make_recipe(tmp_path, epochs=3, seed=2)
    assert both == Recipes(Recipe(epochs=3, seed=2), LineRecipe(rounds=3, seed=2))
    assert train.make_recipe(tmp_path, "line") == LineRecipe()
    few = train.make_recipe(tmp_path, epochs=3, from_scratch=True, alphabet="ab")
    assert few == LineRecipe(rounds=3, from_scratch=True, alphabet="ab")
    assert train.make_recipe(tmp_path, architecture="cnn", epochs=2) == Recipe(epochs=2)
    heads = LineRecipe(architecture="positions")
    assert train.make_recipe(tmp_path, architecture="positions") == heads
    with pytest.raises(ValueError, match="positions, resnet18, tinyvgg; found 'nice'"):
        train.make_recipe(tmp_path, architecture="nice")
    with pytest.raises(ValueError, match="architecture: expected one of line, positions"):
        train.make_recipe(tmp_path, "line", architecture="cnn")


def test_recipe_must_be_of_the_reader(tmp_path: Path) -> None:
    write(tmp_path, TEXTS)
    with pytest.raises(TypeError, match="expected a LineRecipe"):
        train.train(tmp_path, "auto", tmp_path / "m", reader="line", recipe=Recipe())
    with pytest.raises(TypeError, match="expected a Recipe"):
        train.train(tmp_path, "auto", tmp_path / "m", reader="digits", recipe=LineRecipe())


def test_train_reads_captchas_for_the_line_reader(
    tmp_path: Path, start: Start, trained: bundle.Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, [*TEXTS, "12a4"])
    (tmp_path / "bad-1234.png").write_bytes(b"")
    seen: list[Run] = []

    def fake(run: Run, out: Path, **settings: object) -> bundle.Bundle:
        seen.append(run)
        return trained

    monkeypatch.setattr("digitsolver.readers.line.trainer.load_start", lambda folder: start)
    monkeypatch.setattr("digitsolver.readers.line.trainer.train_lines", fake)
    result = train.train(tmp_path, "auto", tmp_path / "model", reader="line")
    assert seen[0].lines.labels == TEXTS
    assert {one.path.name for one in result.problems} == {"0012-12a4.png", "bad-1234.png"}
    train.train(tmp_path, "auto", tmp_path / "model", labels=7, reader="line")
    assert len(seen[1].lines) in {6, 7}  # the bad one may be among them
    with pytest.raises(FolderError, match="expected 99 labelled captchas to draw from, found 13"):
        train.train(tmp_path, "auto", tmp_path / "model", labels=99, reader="line")
    with pytest.raises(FolderError, match="expected labels, found none that fits"):
        train.train(tmp_path, "auto", tmp_path / "model", recipe=LineRecipe(alphabet="xy"))


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"rounds": 0}, "rounds: expected at least 1, found 0"),
        ({"seed": -1}, "seed: expected 0 to 4294967295, found -1"),
        ({"alphabet": "1"}, "alphabet: expected at least 2 different characters, found '1'"),
        ({"architecture": "cnn"}, "architecture: expected one of line, positions; found 'cnn'"),
    ],
)
def test_recipe_refuses_what_is_out_of_range(setting: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        LineRecipe(**setting)  # type: ignore[arg-type]


# --- where it starts ----------------------------------------------------------------------


def test_other_alphabet_takes_over_what_it_shares(start: Start) -> None:
    recipe = LineRecipe(alphabet="a53")
    made = begin(recipe, start, 128, 4).get_weights()
    assert all((a == b).all() for a, b in zip(made[:-2], start.weights[:-2], strict=True))
    assert (made[-2][:, 1:] == start.weights[-2][:, [5, 3, 10]]).all()
    assert not (made[-2][:, 0] == start.weights[-2][:, 0]).any()
    nothing = begin(recipe, None, 128, 4).get_weights()
    assert not (nothing[0] == made[0]).all()


def test_default_model_is_loaded_and_checked(tmp_path: Path) -> None:
    folder = tmp_path / "default"
    folder.mkdir()
    model = build("0123456789", 3)
    model.save(folder / bundle.KERAS)
    (folder / bundle.ONNX).write_bytes(b"-")
    write_style(Style(), folder / bundle.STYLE)
    bundle.seal(folder, facts(reader="digits"))
    with pytest.raises(BundleError, match=r"expected a line network .* found cnn"):
        load_start(folder)
    bundle.seal(folder, starting_facts())
    loaded = load_start(folder)
    assert (loaded.alphabet, loaded.temperature) == ("0123456789", 0.5)
    pairs = zip(loaded.weights, model.get_weights(), strict=True)
    assert all((a == b).all() for a, b in pairs)
    assert bundle.DEFAULT.name == "default"


def starting_facts() -> bundle.Facts:
    """Return the facts of a bundle with a line network."""
    from dataclasses import replace

    return replace(facts(reader="line"), architecture="line")


# --- the images -------------------------------------------------------------------------


def test_images_are_read_and_bad_ones_told(tmp_path: Path) -> None:
    write(tmp_path, ["1234", "11111111111111111111"])
    (tmp_path / "7-1234.png").write_bytes(b"")
    cv2.imwrite(str(tmp_path / "8-111111111111111.png"), draw("111"))
    found, problems, warnings = read_lines(read_captchas(tmp_path)[0])
    assert found.labels == ["1234", "1" * 20]
    assert [one.path.name[0] for one in problems] == ["7", "8"]
    assert "expected an image wide enough for 15 characters, found 98 x 50" in problems[1].reason
    assert warnings[0].startswith("the folder seems to hold more than one look: 1 are up to 124")


def test_mixed_looks_are_told() -> None:
    assert mixed_looks([(50, 150, 3)] * 30 + [(52, 170, 3)] * 10) == []
    assert mixed_looks([(50, 150, 3)] * 40 + [(90, 160, 3)]) == []  # one stray image
    (told,) = mixed_looks([(50, 150, 3)] * 30 + [(70, 150)] * 10)
    assert "30 are up to 50 pixels in height and 10 from 70, 10 are grey and 30 in colour" in told


def test_too_few_labels_are_refused() -> None:
    with pytest.raises(FolderError, match=r"at least 5 labelled captchas \(30 .*\), found 4"):
        check_enough(lines(["1234", "2345", "3456", "4567"]))
    with pytest.raises(FolderError, match="at least 2 different characters, found 1"):
        check_enough(lines(["11"] * 5))


def test_split_keeps_equal_images_together() -> None:
    learn, held = split_lines(lines([*TEXTS, *TEXTS]), 0.25, 100, seed=2)
    assert (len(learn), len(held)) == (18, 6)
    assert not set(learn.labels) & set(held.labels)
    assert len(split_lines(lines(), 0.5, 3, seed=2)[1]) == 3


def test_augment_repeats_itself_and_leaves_its_input() -> None:
    image = lines().images[3]
    before = image.copy()
    first, second = (augment(image, np.random.default_rng(5)) for _ in range(2))
    assert (image == before).all()
    assert (first == second).all()
    assert (first != image).any()
    assert first.shape == image.shape
    assert first.dtype == np.uint8


def test_augment_without_amounts_changes_nothing() -> None:
    image = lines().images[0]
    nothing = Augmentation(**dict.fromkeys(asdict(Augmentation()), 0))
    for seed in range(5):
        assert (augment(image, np.random.default_rng(seed), nothing) == image).all()


def test_augment_sprinkles_ink_and_ground() -> None:
    nothing = Augmentation(**dict.fromkeys(asdict(Augmentation()), 0))
    salt = replace(nothing, salted=1.0, salt=0.2)
    image = np.full((48, 96, 3), 100, np.uint8)
    image[20:30, 40:56] = (250, 120, 130)
    shares = []
    for seed in range(20):
        changed = augment(image, np.random.default_rng(seed), salt)
        levels = set(map(tuple, changed.reshape(-1, 3).tolist()))
        assert levels <= {(100, 100, 100), (250, 120, 130)}
        shares.append(float((changed != image).any(axis=2).mean()))
    assert 0 < min(shares) < 0.03 < max(shares) < 0.1, "half of up to 20 % is ink on ground"


def test_augment_keeps_the_ink_inside() -> None:
    ink = lines(["1234"]).images[0][:, :, 0].astype(int) - 128
    for seed in range(30):
        changed = augment(lines(["1234"]).images[0], np.random.default_rng(seed))
        moved = changed[:, :, 0].astype(int) - int(np.median(changed[:, :, 0]))
        kept = np.maximum(moved, 0).sum() / np.maximum(ink - np.median(ink), 0).sum()
        assert kept > 0.5


def test_feed_gives_each_batch_by_its_number() -> None:
    recipe = LineRecipe(batch=4, drawn=2, seed=3)
    drawn = lines(["77", "88", "99", "66"])
    feed = Feed(lines(), recipe, drawn)
    row = list(feed.batches(0, 5))
    assert [(one.lengths == 2).all() for one in row] == [False, True, False, True, False]
    again = feed.batch(3)
    assert (again.images == row[3].images).all()
    assert (again.classes == row[3].classes).all()
    assert Feed(lines(), recipe, drawn, 112).batch(1).images.shape == (4, 48, 112, 3)


def test_batches_hold_neighbours_in_width() -> None:
    many = Lines([np.zeros((48, 16 * w, 3), np.uint8) for w in range(6, 13)] * 8, ["12"] * 56)
    feed = Feed(many, LineRecipe(batch=4, drawn=0), None)
    assert len({feed.batch(number).images.shape[2] for number in range(30)}) > 3


# --- splicing -----------------------------------------------------------------------------


def path(text: str, frames: int, classes: int = 3) -> NDArray[np.float64]:
    """Return log-probabilities of a path: digits are classes, a dot is the blank."""
    chances = np.full((frames, classes), 0.02)
    for frame, character in enumerate(text):
        chances[frame, classes - 1 if character == "." else int(character)] = 0.96
    return np.asarray(np.log(chances))


def test_align_finds_the_frames_of_a_known_label() -> None:
    frames, sure = align(path(".0..11.", 7), [0, 1])
    assert frames[0] == 1
    assert frames[1] in {4, 5}
    assert sure == pytest.approx(7 * np.log(0.96))
    assert align(path(".0.0.", 5), [0, 0])[0] == [1, 3]  # a blank between equal ones
    assert align(path("01", 2), [0, 1])[0] == [0, 1]
    with pytest.raises(ValueError, match="expected frames for 2 characters, found 2"):
        align(path("00", 2), [0, 0])


def test_cuts_lie_where_the_ink_is_least() -> None:
    image = np.full((48, 40, 3), 100, np.uint8)
    image[9:39, 4:12, 0] = image[9:39, 22:32, 0] = 200  # the middle of the gap is 17
    image[9:39, 12:16, 0] = image[9:39, 19:22, 0] = 120  # smears beside them
    cuts = find_cuts(image, path(".0....1...", 10), [0, 1])
    assert cuts is not None
    assert cuts.tolist() == [17]
    assert find_cuts(image, path("." * 10, 10), [0, 1]) is None


def test_splice_joins_the_parts_of_two_images() -> None:
    images = [np.full((48, 96, 3), level, np.uint8) for level in (50, 200)]
    splicer = Splicer(images, ["12", "34"], {0: np.array([48]), 1: np.array([48])})
    found = {splicer.splice(0, np.random.default_rng(seed))[1] for seed in range(20)}
    assert found == {"14", "32"}
    for seed in range(20):
        joined, text = splicer.splice(0, np.random.default_rng(seed))
        levels = (50, 200) if text == "14" else (200, 50)
        assert (joined[:, :48] == levels[0]).all()
        assert (joined[:, 48:] == levels[1]).all()


def test_splice_leaves_what_it_cannot_cut() -> None:
    images = [np.full((48, 96, 3), level, np.uint8) for level in (50, 200)]
    rng = np.random.default_rng(0)
    assert Splicer(images, ["12", "34"], {0: np.array([48])}).splice(1, rng)[1] == "34"
    cuts = {0: np.array([48]), 1: np.array([30, 60])}
    assert Splicer(images, ["12", "345"], cuts).splice(0, rng)[1] == "12"


# --- reading and confidence ---------------------------------------------------------------


def heard(texts: list[str], temperature: float = 1.0) -> Heard:
    """Return what a network says that reads `texts` for the labels 01, 10, 00."""
    labels = ["01", "10", "00"]
    views = []
    for text in texts:
        spelled = f".{'.'.join(text)}."
        views.append([path(spelled, len(spelled)).astype(np.float32)])
    shown = lines(["01", "10", "00"]).images
    return Heard(shown, labels, views, "01", None, True, temperature)


def test_heard_counts_by_hand() -> None:
    figures = heard(["01", "11", "0"]).metrics()
    assert figures["captcha_accuracy"] == pytest.approx(1 / 3)
    assert figures["digits"] == 6
    assert figures["digit_accuracy"] == pytest.approx(4 / 6)
    assert heard(["01", "11", "0"]).right.tolist() == [True, False, False]


def test_heat_makes_less_sure() -> None:
    cool, hot = heard(["01"] * 3), heard(["01"] * 3, temperature=3.0)
    assert hot.confidences[0] < cool.confidences[0]
    assert hot.texts == cool.texts


@pytest.mark.parametrize("texts", [["01", "10", "00"], ["11", "1", "00"]])
def test_mistakes_are_drawn_whether_there_are_any_or_none(tmp_path: Path, texts: list[str]) -> None:
    draw_mistakes(tmp_path / "mistakes.png", heard(texts))
    assert (tmp_path / "mistakes.png").stat().st_size > 1000


def test_align_characters_by_hand() -> None:
    assert align_characters("123", "13") == [("1", "1"), ("2", ""), ("3", "3")]
    assert align_characters("12", "142") == [("1", "1"), ("", "4"), ("2", "2")]


def test_string_loss_sums_all_spellings() -> None:
    logits = np.log(np.array([[0.6, 0.4], [0.7, 0.3]], np.float32))
    assert np.exp(-string_loss(logits, "a", "a", blank=True)) == pytest.approx(1 - 0.4 * 0.3)
    assert np.exp(-string_loss(logits, "aa", "a", blank=True)) == 0  # needs a blank between
    two = np.log(np.array([[0.5, 0.5], [0.8, 0.2]], np.float32))
    assert np.exp(-string_loss(two, "ba", "ab", blank=False)) == pytest.approx(0.5 * 0.8)


def test_string_loss_is_what_training_minimises() -> None:
    from digitsolver.readers.line.network import _ctc

    logits = np.random.default_rng(0).normal(size=(1, 9, 3)).astype(np.float32)
    batch = make_batch([np.zeros((48, 96, 3), np.uint8)], ["011"], "01")
    expected = float(_ctc(logits, batch.classes, batch.lengths)[0])
    assert string_loss(logits[0], "011", "01", blank=True) == pytest.approx(expected, rel=1e-4)
    assert log_softmax(logits[0]).shape == (9, 3)


def test_temperature_of_strings_makes_confidence_match() -> None:
    rng = np.random.default_rng(0)
    chances = rng.uniform(0.3, 1.0, 3000)
    right = (rng.random(3000) < chances).tolist()
    odds = np.log(chances / (1 - chances))

    def confident(temperature: float) -> tuple[list[float], list[bool]]:
        return (1 / (1 + np.exp(-3 * odds / temperature))).tolist(), right

    assert string_temperature(confident, 1.0) == pytest.approx(3.0, rel=0.1)


def test_few_labels_leave_the_temperature_where_it_was() -> None:
    found = string_temperature(lambda heat: ([0.99**heat] * 3, [True] * 3), 1.3)
    assert found == pytest.approx(1.3, rel=0.02)


# --- fitting ------------------------------------------------------------------------------


def test_stale_counts_rounds_without_gain() -> None:
    rows = [{"val_loss": loss} for loss in (1.0, 0.5, 0.499, 0.6)]
    assert stale(rows) == 2
    assert stale(rows[:2]) == 0


def test_fit_stops_when_nothing_is_gained(start: Start, tmp_path: Path) -> None:
    recipe = LineRecipe(steps=1, batch=2, drawn=0, rate=0.0)
    learner = Learner(begin(recipe, start, 128, 4), recipe)
    checkpoint = Checkpoint.beside(tmp_path / "model")
    checkpoint.start({}, resume=False)
    learn, held = split_lines(lines(), 0.3, 9, 0)
    phase = Phase("measured", learn, held, 5, patience=1)
    history = fit(learner, phase, Given(recipe, length=4), checkpoint, lambda row: None)
    assert len(history) == 2  # before, and after one round in which a rate of 0 gained nothing
    state = checkpoint.load("measured")
    assert state is not None
    assert state.finished


def test_mean_weights_follow_and_are_only_lent(start: Start) -> None:
    recipe = LineRecipe(batch=2, drawn=0, averaging=0.5)
    learner = Learner(begin(recipe, start, 128, 4), recipe)
    feed = Feed(lines(), recipe, None)
    learner.learn(feed.batches(0, 2), [1e-3, 1e-3])
    now = learner.model.get_weights()
    assert not (now[0] == learner.mean[0]).all()
    with learner.averaged() as model:
        assert (model.get_weights()[0] == learner.mean[0]).all()
    assert (learner.model.get_weights()[0] == now[0]).all()
