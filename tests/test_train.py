"""Choose readers and their settings, and train them: whole runs on a few captchas."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from click.testing import CliRunner

from digitsolver import bundle, train
from digitsolver.cli import main
from digitsolver.datasets import DigitsFolder, Problem, Sample
from digitsolver.datasets.preprocess import crops_of
from digitsolver.errors import FolderError
from digitsolver.parallel.progress import Progress
from digitsolver.pipeline.style import Style, write_style
from digitsolver.readers.digits.settings import DigitsSettings
from digitsolver.readers.digits.trainer import DigitsTrainer
from digitsolver.readers.line.settings import LineSettings
from digitsolver.readers.line.trainer import LineTrainer
from digitsolver.readers.trainable import prepare
from digitsolver.train import Options, choose_settings
from digitsolver.training.backend import fastest_policy
from digitsolver.training.checkpoint import Checkpoint
from digitsolver.training.data import read_training_data
from digitsolver.training.trainer import Settings
from digitsolver.training.validation import Validation
from tests import tiny
from tests.templates import STYLE, facts, make_bundle, write

TEXTS = [f"{number * 167 % 10000:04}" for number in range(25)]


@pytest.fixture
def shrunk(monkeypatch: pytest.MonkeyPatch) -> None:
    tiny.shrink(monkeypatch)


@pytest.fixture
def captchas(tmp_path: Path) -> Path:
    write(tmp_path / "captchas", TEXTS)
    return tmp_path / "captchas"


@pytest.fixture
def digits(tmp_path: Path) -> Path:
    (tmp_path / "digits" / "1").mkdir(parents=True)
    write_style(Style(), tmp_path / "digits" / "style.toml")
    return tmp_path / "digits"


# --- settings -----------------------------------------------------------------------------


def readers(settings: list[Settings]) -> list[str]:
    """Return the readers of `settings`."""
    return [one.reader for one in settings]


def test_readers_follow_the_folder_and_what_is_asked_for(captchas: Path, digits: Path) -> None:
    assert readers(choose_settings(captchas)) == ["line", "digits"]
    assert readers(choose_settings(captchas, "digits")) == ["digits"]
    assert readers(choose_settings(captchas, "line")) == ["line"]
    assert readers(choose_settings(digits)) == ["digits"]
    with pytest.raises(FolderError, match="expected whole captchas for the reader line") as error:
        choose_settings(digits, "line")
    assert error.value.path == digits
    with pytest.raises(
        ValueError, match="reader: expected one of auto, line, digits; found 'nice'"
    ):
        choose_settings(captchas, "nice")


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (Options(architecture="cnn"), ["digits"]),
        (Options(architecture="positions"), ["line"]),
        (Options(from_scratch=True), ["line"]),
        (Options(devices=2), ["line", "digits"]),
        (Options(), ["line", "digits"]),
    ],
)
def test_options_of_one_reader_choose_it(
    captchas: Path, options: Options, expected: list[str]
) -> None:
    assert readers(choose_settings(captchas, options=options)) == expected


def line(**settings: Any) -> LineSettings:
    """Return settings of the reader line for this processor."""
    return LineSettings(precision=fastest_policy(), **settings)


def test_settings_are_those_of_the_options(captchas: Path) -> None:
    both = choose_settings(captchas, options=Options(epochs=3, seed=2))
    assert both == [line(rounds=3, seed=2), DigitsSettings(epochs=3, seed=2)]
    assert choose_settings(captchas, "line") == [line()]
    few = Options(epochs=3, from_scratch=True, alphabet="ab")
    expected = line(rounds=3, from_scratch=True, alphabet="ab")
    assert choose_settings(captchas, options=few) == [expected]
    cnn = Options(architecture="cnn", epochs=2)
    assert choose_settings(captchas, options=cnn) == [DigitsSettings(epochs=2)]
    heads = line(architecture="positions")
    assert choose_settings(captchas, options=Options("positions")) == [heads]
    generate = choose_settings(None, options=Options(generate="plain"))
    assert [one.look for one in generate] == ["plain", "plain"]


def test_unknown_architectures_are_refused_with_those_of_the_reader(captchas: Path) -> None:
    with pytest.raises(ValueError, match="positions, resnet18, tinyvgg; found 'nice'"):
        choose_settings(captchas, options=Options("nice"))
    with pytest.raises(ValueError, match="expected one of line, positions; found 'cnn'"):
        choose_settings(captchas, "line", Options("cnn"))


def test_only_the_reader_digits_learns_on_several_devices(captchas: Path, digits: Path) -> None:
    both = [line(), DigitsSettings(devices=2)]
    assert choose_settings(captchas, options=Options(devices=2)) == both
    assert choose_settings(captchas, "digits", Options(devices=2)) == both[1:]
    assert choose_settings(digits, options=Options(devices=2)) == both[1:]
    for reader, options in (("line", Options()), ("auto", Options(from_scratch=True))):
        with pytest.raises(ValueError, match="devices: expected 1 for the reader line, found 2"):
            choose_settings(captchas, reader, replace(options, devices=2))


def test_images_without_labels_need_the_reader_line(captchas: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="unlabelled: expected a reader that learns from"):
        train.train(
            captchas, "auto", tmp_path / "m", unlabelled=captchas, settings=[DigitsSettings()]
        )
    words = ["train", str(captchas), "--out", str(tmp_path / "m"), "--reader", "digits"]
    result = CliRunner().invoke(main, [*words, "--unlabelled", str(captchas)])
    assert result.exit_code == 2
    assert "--unlabelled: expected the reader line, found another" in result.stderr


@pytest.mark.usefixtures("shrunk")
def test_images_without_labels_choose_the_reader_line(
    captchas: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "others", ["2468", "1357"])
    made = train.train(
        captchas, "auto", tmp_path / "out", settings=tiny.BOTH, unlabelled=tmp_path / "others"
    )
    figures = made.bundle.metrics()
    assert made.bundle.facts.reader == "line"
    assert "comparison" not in figures
    assert figures["unlabelled"]["images"] == 2
    seen: list[list[str]] = []

    def prepare(settings: Settings, *_: object) -> None:
        seen.append([settings.reader])
        raise FolderError("enough")

    monkeypatch.setattr(train, "prepare", prepare)
    with pytest.raises(FolderError, match="enough"):
        train.train(captchas, "auto", tmp_path / "out", unlabelled=tmp_path / "others")
    assert seen == [["line"]]


# --- generated captchas -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--out", "model"], "expected SOURCE, or --generate LOOK"),
        (
            ["--out", "model", "--generate", "nice"],
            "generate: unknown look 'nice', expected one of",
        ),
    ],
)
def test_what_to_learn_from_must_be_said(words: list[str], message: str) -> None:
    result = CliRunner().invoke(main, ["train", *words])
    assert result.exit_code == 2
    assert message in result.output.replace("\n", " ")


def test_the_command_passes_on_its_options(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    passed: dict[str, object] = {}

    def fake(source: object, style: str, out: Path, **options: object) -> None:
        passed.update(options, source=source)
        raise KeyboardInterrupt

    monkeypatch.setattr(train, "train", fake)
    words = ["--generate", "plain", "--devices", "2", "--epochs", "3", "--tensorboard"]
    CliRunner().invoke(main, ["train", "--out", str(tmp_path / "m"), *words, str(tmp_path / "e")])
    assert (passed["source"], passed["tensorboard"]) == (None, tmp_path / "e")
    assert passed["settings"] == [
        line(look="plain", rounds=3),
        DigitsSettings(look="plain", devices=2, epochs=3),
    ]


def test_settings_without_a_look_need_a_source(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="source: expected a folder, or settings with a look"):
        train.train(None, "auto", tmp_path / "model", settings=[DigitsSettings()])


@pytest.mark.usefixtures("shrunk")
def test_both_readers_learn_from_generated_captchas_alone(tmp_path: Path) -> None:
    both = [
        replace(tiny.LINE, look="plain", generated_every=2),
        replace(tiny.DIGITS, look="plain"),
    ]
    made = train.train(None, STYLE, tmp_path / "model", settings=both, labels=25)
    figures = made.bundle.metrics()
    assert (figures["captchas"], made.problems) == (25, [])
    assert figures["comparison"]["held_out"] == 5
    assert figures["settings"]["look"] == "plain"


# --- what leaves only one reader ----------------------------------------------------------


def reason(made: train.Trained) -> str:
    """Return why the readers were not compared."""
    comparison = made.bundle.metrics()["comparison"]
    assert comparison["chosen"] == "line"
    assert "chance" not in comparison
    text = comparison["reason"]
    assert isinstance(text, str)
    assert f"reader line chosen: {text}" in train.summary(made)
    return text


def both_on(folder: Path, style: str | Style = STYLE) -> train.Trained:
    """Train both readers on the captchas of `folder`."""
    return train.train(folder, style, folder.parent / "out", settings=tiny.BOTH)


@pytest.mark.usefixtures("shrunk")
def test_few_labels_are_not_compared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(train, "FEWEST_HELD_OUT", 20)
    write(tmp_path / "few", TEXTS[:20])
    expected = "4 captchas held out say nothing about readers, 20 or more are needed"
    assert reason(both_on(tmp_path / "few")) == expected


@pytest.mark.usefixtures("shrunk")
def test_labels_that_vary_in_length_are_not_compared(tmp_path: Path) -> None:
    write(tmp_path / "mixed", [text[: 3 + index % 2] for index, text in enumerate(TEXTS)])
    found = reason(both_on(tmp_path / "mixed"))
    assert found == "the labels vary in length, which the reader digits must be given"


@pytest.mark.usefixtures("shrunk")
def test_captchas_that_cannot_be_cut_are_not_compared(captchas: Path) -> None:
    found = reason(both_on(captchas, STYLE.with_length(7)))
    assert found.startswith("the reader digits cannot learn from these captchas: expected images")


@pytest.mark.usefixtures("shrunk")
def test_a_validation_set_that_cannot_be_cut_is_not_compared(
    captchas: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = read_training_data(captchas, STYLE, alphabet="0123456789", seed=0)
    held_out = {sample.path for sample in prepare(tiny.LINE, data).held_out}
    assert len(held_out) == 5

    def cut_the_others(
        samples: Sequence[Sample], style: Style
    ) -> tuple[DigitsFolder, list[Problem]]:
        return crops_of([sample for sample in samples if sample.path not in held_out], style)

    monkeypatch.setattr("digitsolver.readers.digits.trainer.crops_of", cut_the_others)
    assert reason(both_on(captchas)) == (
        "the reader digits cannot learn from these captchas: expected some to learn from and "
        "some of those held out that can be cut, found 20 that can be cut"
    )


@pytest.mark.usefixtures("shrunk")
def test_a_reader_that_cannot_win_any_more_is_not_trained(
    captchas: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    measure = LineTrainer.measure

    def one_mistake(trainer: LineTrainer, checkpoint: Checkpoint, progress: Progress) -> Validation:
        validation = measure(trainer, checkpoint, progress)
        return replace(validation, correct=[False] + [True] * (len(validation.correct) - 1))

    monkeypatch.setattr(LineTrainer, "measure", one_mistake)
    said: list[str] = []
    made = train.train(captchas, "auto", tmp_path / "out", settings=tiny.BOTH, announce=said.append)
    expected = (
        "1 of 5 captchas held out were misread: the reader digits cannot read more by more than "
        "chance"
    )
    assert reason(made) == expected
    assert said == [
        (
            "training the reader line on 25 labelled captchas; then the reader digits too, if it "
            "can still read more of them"
        ),
        "reader line: training takes about a minute at most",
        f"reader line chosen: {expected}",
        "writing the model",
    ]


@pytest.mark.usefixtures("shrunk")
def test_before_and_after_are_told_of_the_same_captchas(captchas: Path, tmp_path: Path) -> None:
    made = train.train(captchas, STYLE, tmp_path / "out", settings=[tiny.LINE])
    figures = made.bundle.metrics()
    before = figures["before"]
    assert before["captchas"] == figures["validation"]["captchas"] == 5
    assert before["captcha_accuracy"] == before["right"] / 5
    low, high = before["captcha_interval"]
    assert 0 <= low <= before["captcha_accuracy"] <= high <= 1
    lines = train.summary(made).splitlines()
    start = lines.index("of the 5 captchas held out, read without an error:")
    assert lines[start + 1].startswith("  before, the default model ")
    assert lines[start + 2].startswith("  after training ")


def test_nothing_is_told_of_before_where_the_default_model_knows_other_characters() -> None:
    assert train.before_training([]) == {}
    assert train.before_training([Sample(Path("1-12a.png"), "12a")]) == {}


# --- whole runs ---------------------------------------------------------------------------


@pytest.fixture
def digits_win(shrunk: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the reader digits be far ahead."""
    measure = DigitsTrainer.measure

    def without_mistakes(
        trainer: DigitsTrainer, checkpoint: Checkpoint, progress: Progress
    ) -> Validation:
        validation = measure(trainer, checkpoint, progress)
        return replace(validation, correct=[True] * len(validation.correct))

    monkeypatch.setattr(DigitsTrainer, "measure", without_mistakes)


def figures_of(made: train.Trained) -> dict[str, Any]:
    """Return the metrics that the same seed gives again."""
    return {key: value for key, value in made.bundle.metrics().items() if key != "seconds"}


@pytest.mark.usefixtures("shrunk")
def test_both_are_measured_and_line_goes_on_as_it_would_alone(
    captchas: Path, tmp_path: Path
) -> None:
    made = train.train(captchas, STYLE, tmp_path / "auto", settings=tiny.BOTH)
    alone = train.train(captchas, STYLE, tmp_path / "line", settings=[tiny.LINE])
    figures = figures_of(made)
    comparison = figures.pop("comparison")
    assert figures == figures_of(alone)
    assert (comparison["chosen"], comparison["held_out"]) == ("line", 5)
    accuracy = figures["validation"]["captcha_accuracy"]
    assert comparison["line"]["captcha_accuracy"] == accuracy
    assert comparison["style"] == STYLE.name
    assert "reader line chosen: " in train.summary(made)
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


@pytest.mark.usefixtures("digits_win")
def test_interrupted_comparison_ends_the_same(captchas: Path, tmp_path: Path) -> None:
    whole = train.train(captchas, STYLE, tmp_path / "whole", settings=tiny.BOTH)
    assert whole.bundle.facts.reader == "digits"
    reported: list[str] = []

    def interrupt(done: int, total: int, text: str) -> None:
        reported.append(f"{done}/{total} {text.partition(':')[0]}")
        raise KeyboardInterrupt

    def resume(progress: Progress | None = None) -> train.Trained:
        return train.train(
            captchas,
            STYLE,
            tmp_path / "b",
            settings=tiny.BOTH,
            resume=True,
            progress=progress,
        )

    for _ in range(3):
        with pytest.raises(KeyboardInterrupt):
            resume(interrupt)
    assert reported == ["1/2 reader line", "2/3 reader digits", "3/3 reader digits"]
    again = resume()
    assert figures_of(again) == figures_of(whole)
    assert again.bundle.sha256[bundle.ONNX] == whole.bundle.sha256[bundle.ONNX]
    assert not Checkpoint.beside(tmp_path / "b").folder.exists()
    assert bundle.load(tmp_path / "b").facts == whole.bundle.facts


@pytest.mark.usefixtures("shrunk")
def test_each_image_is_decoded_once_for_both_readers(
    captchas: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    decode = cv2.imdecode
    decoded: Counter[bytes] = Counter()

    def count(data: np.ndarray[Any, Any], flags: int) -> Any:
        decoded[data.tobytes()] += 1
        return decode(data, flags)

    monkeypatch.setattr("digitsolver.io.images.cv2.imdecode", count)
    monkeypatch.setattr("digitsolver.tune.FEW_ROUNDS", 0)
    made = train.train(captchas, "auto", tmp_path / "model", settings=tiny.BOTH)
    assert "chance" in made.bundle.metrics()["comparison"], "both readers were trained"
    assert decoded == {path.read_bytes(): 1 for path in captchas.iterdir()}


# --- what a person reads ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("figures", "expected"),
    [
        (
            {"kept": 3, "loss_before": 0.21, "loss_after": 0.14, "used": True},
            (
                "3 of 9 images got a pseudo-label and were learned from; "
                "loss on the validation set 0.21 -> 0.14"
            ),
        ),
        (
            {"kept": 3, "loss_before": 0.14, "loss_after": 0.31, "used": False},
            (
                "3 of 9 images got a pseudo-label; "
                "loss on the validation set 0.14 -> 0.31: they made it worse, and were dropped"
            ),
        ),
        (
            {"kept": 0, "loss_before": 0.14, "loss_after": None, "used": False},
            "0 of 9 images got a pseudo-label: nothing to learn from",
        ),
    ],
)
def test_summary_says_what_unlabelled_images_brought(
    tmp_path: Path, figures: dict[str, object], expected: str
) -> None:
    folder = make_bundle(tmp_path / "model")
    metrics = {
        "captchas": 60,
        "seconds": 12.3,
        "warnings": ["beware"],
        "unlabelled": {"images": 9, **figures},
    }
    (folder / bundle.METRICS).write_text(json.dumps(metrics), encoding="utf-8")
    bundle.seal(folder, facts())
    lines = train.summary(train.Trained(bundle.load(folder), [])).splitlines()
    expected_lines = [
        "trained on 60 captchas in 12 s",
        f"unlabelled: {expected}",
        "note: beware",
    ]
    assert lines[-3:] == expected_lines


def test_captchas_set_aside_certify_and_are_not_learned_from(
    captchas: Path, tmp_path: Path
) -> None:
    said: list[str] = []
    trained = train.train(
        captchas,
        STYLE,
        tmp_path / "model",
        settings=[DigitsSettings(epochs=1)],
        max_wrong=0.5,
        announce=said.append,
    )
    assert trained.bundle.metrics()["captchas"] <= 25 - 8
    guarantees = trained.bundle.facts.guarantees
    assert guarantees == bundle.load(tmp_path / "model").facts.guarantees
    if guarantees:
        assert guarantees[0].images >= 8
        assert any(line.startswith("guarantee: at most 0.5") for line in said)
    else:
        assert any("--max-wrong 0.5: not certified; of" in line for line in said)


def test_too_few_captchas_to_certify_with_are_refused_before_training(
    captchas: Path, tmp_path: Path
) -> None:
    with pytest.raises(FolderError, match=r"expected 946 labelled captchas or more, .* found 25"):
        train.train(captchas, STYLE, tmp_path / "model", max_wrong=0.01)
    assert not (tmp_path / "model").exists()
