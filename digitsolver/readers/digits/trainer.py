"""Train the reader ``digits``: cut captchas by the stages, and fit a CNN to the digits."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from digitsolver import datasets, tune
from digitsolver.bundle import Bundle
from digitsolver.datasets import DigitsFolder, Problem, Sample
from digitsolver.datasets.preprocess import crops_of
from digitsolver.errors import FolderError
from digitsolver.measure.softmax import log_softmax
from digitsolver.parallel.progress import Progress
from digitsolver.pipeline.style import Style
from digitsolver.readers.digits.batches import GeneratedCrops
from digitsolver.readers.digits.candidates import BACKGROUND
from digitsolver.readers.digits.crops import (
    UNSEGMENTED,
    LabelledCrops,
    choose_validation,
    label_crops,
    label_folder,
)
from digitsolver.readers.digits.fit import EpochEnded, Fit, Task, fit
from digitsolver.readers.digits.realign import realign
from digitsolver.readers.digits.settings import SECONDS_A_STEP, DigitsSettings
from digitsolver.training import export
from digitsolver.training.backend import require_training
from digitsolver.training.calibration import class_temperature
from digitsolver.training.checkpoint import Checkpoint
from digitsolver.training.data import TrainingData, check_enough_labels
from digitsolver.training.job import train_bundle
from digitsolver.training.listeners import Row
from digitsolver.training.trainer import (
    TOO_FEW,
    Report,
    describe,
    few_captchas,
    framework_versions,
    missing_characters,
)
from digitsolver.training.validation import Metrics, Prediction, Validation

SMALL = 500
"""Captchas below which the network is fitted again to all of them, the validation set included."""
COMPARED = 256
"""Crops on which the two formats of the network are compared."""


class DigitsTrainer:
    """Trains the CNN on labelled crops; see ``Trainer``.

    ``crops`` are learned from, ``stages`` are the same digits as the stages cut them, where what
    is learned from was cut anew: the validation set is measured as it will be read. ``held_out``
    are the captchas of the validation set, `UNSEGMENTED` for one that could not be cut and counts
    as misread; without them the trainer chooses a share of the captchas.
    """

    def __init__(
        self,
        settings: DigitsSettings,
        style: Style,
        crops: LabelledCrops,
        stages: LabelledCrops | None = None,
        validation: Sequence[int] | None = None,
    ) -> None:
        _check_fits(crops, style)
        self.settings = settings
        self.style = style
        self.samples: Sequence[Sample] = ()
        self.held_out: Sequence[Sample] = ()
        self.problems: Sequence[Problem] = ()
        self._crops = crops
        stages = stages or crops
        if validation is None:
            fraction = settings.validation_fraction
            validation = choose_validation(stages, fraction, settings.seed).tolist()
        self._validation = validation
        self._held_out = stages.where(stages.of(validation)).with_digit()
        self._measured: Fit | None = None
        self._final: Fit | None = None
        self._outcome: Validation | None = None

    @property
    def rounds(self) -> int:
        """The epochs that `measure` takes at most."""
        return self.settings.epochs

    @property
    def seconds(self) -> float:
        """About how long all epochs take on one core."""
        settings = self.settings
        step = SECONDS_A_STEP.get(settings.architecture, SECONDS_A_STEP["cnn"])
        epochs = settings.epochs * (2 if self._refits else 1)
        return step * settings.batch / 64 * settings.steps(len(self._crops)) * epochs

    @property
    def _refits(self) -> bool:
        """Whether the network is fitted again to all captchas, the validation set included."""
        return self._crops.count < SMALL

    def fingerprint(self) -> dict[str, object]:
        """Return what must be the same when an interrupted run goes on."""
        return {
            "data": self._crops.digests(),
            "style": asdict(self.style),
            **self.settings.as_dict(),
            **framework_versions(),
        }

    def measure(self, checkpoint: Checkpoint, progress: Progress) -> Validation:
        """Fit the network without the validation set, and read that."""
        learned = self._crops.where(~self._crops.of(self._held_out.captchas))
        task = self._task("measured", learned, self._held_out)
        self._measured = fit(task, checkpoint, self._reporter(progress, 0))
        self._final = self._measured
        logits = self._measured.model.predict(self._held_out.pixels(), verbose=0)
        self._outcome = self._validate(logits)
        return self._outcome

    def finish(self, checkpoint: Checkpoint, progress: Progress) -> Validation:
        """Fit the network again to all captchas, where they are few."""
        if self._outcome is None:
            raise RuntimeError("expected measure before finish")
        if self._refits:
            task = self._task("final", self._crops, None)
            self._final = fit(task, checkpoint, self._reporter(progress, self.settings.epochs))
        return self._outcome

    def export(self, folder: Path) -> Metrics:
        """Write the network to `folder` in both formats."""
        pixels = self._crops.pixels()[:COMPARED]
        model = self._fitted(self._final).model
        return {"onnx_difference": export.export(model, folder, pixels, "crops")}

    def report(self) -> Report:
        """Return what the bundle says of the run."""
        measured = self._fitted(self._measured)
        digits = self._crops.with_digit()
        alphabet = self.settings.alphabet
        numbers = np.bincount(digits.classes, minlength=len(alphabet)).tolist()
        per_class = dict(zip(alphabet, numbers, strict=True))
        lengths = np.unique(np.unique(digits.captchas, return_counts=True)[1])
        return Report(
            history=measured.history,
            counts={
                "captchas": self._crops.count,
                "digits": len(digits),
                "held_out": self._held_out.count,
                BACKGROUND: len(self._crops) - len(digits),
            },
            per_class=per_class,
            length=int(lengths[0]) if len(lengths) == 1 else None,
            shape=self._crops.shape,
            metrics={
                "epochs": len(measured.history),
                "best_epoch": measured.best_epoch,
                "fitted_again_to_all": self._refits,
            },
            warnings=[*few_captchas(self._crops.count), *missing_characters(per_class)],
        )

    def _task(self, name: str, crops: LabelledCrops, held_out: LabelledCrops | None) -> Task:
        generated = GeneratedCrops(self.settings, self.style) if self.settings.look else None
        return Task(name, crops, held_out, self.settings, generated)

    def _reporter(self, progress: Progress, before: int) -> EpochEnded:
        """Return what passes on the figures of an epoch, `before` of all being done."""
        total = self.settings.epochs * (2 if self._refits else 1)

        def report(epoch: int, row: Row) -> None:
            """Pass the figures of an epoch on."""
            progress(before + epoch, total, describe(row))

        return report

    def _validate(self, logits: NDArray[np.float32]) -> Validation:
        """Return how the validation set is read, from the logits of its crops."""
        held_out = self._held_out
        temperature = class_temperature(logits, held_out.classes)
        chances = np.exp(log_softmax(logits / temperature))
        read = logits.argmax(axis=1)
        misread = {UNSEGMENTED, *held_out.captchas[read != held_out.classes].tolist()}
        alphabet = self.settings.alphabet
        predictions = [
            Prediction(crop, alphabet[true], alphabet[one], float(chance[one]))
            for crop, true, one, chance in zip(
                held_out.crops, held_out.classes, read, chances, strict=True
            )
        ]
        return Validation(
            correct=[number not in misread for number in self._validation],
            characters=[(one.label, one.text) for one in predictions],
            predictions=predictions,
            temperature=temperature,
            unsegmented=sum(number == UNSEGMENTED for number in self._validation),
        )

    def _fitted(self, result: Fit | None) -> Fit:
        if result is None:
            raise RuntimeError("expected measure first")
        return result


def prepare(
    settings: DigitsSettings,
    data: TrainingData,
    held_out: Sequence[Sample] | None = None,
    progress: Progress | None = None,
) -> DigitsTrainer:
    """Return the trainer for `data`; see `digitsolver.readers.trainable.prepare`.

    Captchas are cut in memory by the style of the data; where that is to be found, it is found
    without the validation set. A digits folder brings its own style. Raises what ``tune.resolve``
    raises, and FolderError when there is too little to learn from, or when none of the given
    `held_out` can be cut, or nothing else.
    """
    require_training()
    if data.digits_folder is not None:
        folder, problems = datasets.read_digits(data.digits_folder)
        folder = _choose_captchas(folder, data.labels, settings.seed)
        trainer = DigitsTrainer(settings, folder.style, label_folder(folder, settings.alphabet))
        trainer.problems = problems
        return trainer
    samples = data.samples
    given = held_out is not None
    if held_out is None and len(samples) >= TOO_FEW:
        held_out = datasets.split(samples, settings.validation_fraction, settings.seed)[1]
    held_out = held_out or ()
    style = data.style
    if isinstance(style, str):
        apart = {sample.path for sample in held_out}
        rest = [one for one in samples if one.path not in apart]
        style = tune.resolve(style, rest, progress=progress)
    stages, problems = crops_of(samples, style)
    validation = _numbers(stages, samples, held_out)
    if given and validation is None:
        cut = len(set(stages.captcha_ids))
        raise FolderError(
            "expected some to learn from and some of those held out that can be cut, "
            f"found {cut} that can be cut"
        )
    trainer = DigitsTrainer(
        settings,
        style,
        label_folder(realign(samples, stages, settings.seed), settings.alphabet),
        label_folder(stages, settings.alphabet),
        validation,
    )
    trainer.samples = samples
    trainer.held_out = held_out
    trainer.problems = [*data.problems, *problems]
    return trainer


def train_digits(
    crops: NDArray[np.uint8],
    labels: Sequence[str],
    captcha_ids: Sequence[str],
    style: Style,
    out: str | Path,
    *,
    settings: DigitsSettings | None = None,
    resume: bool = False,
    progress: Progress | None = None,
    tensorboard: Path | None = None,
) -> Bundle:
    """Train on crops of digits, and write the bundle `out`.

    Some captchas are held out to measure and calibrate; with few, the network is then fitted again
    to all.

    Parameters
    ----------
    crops
        uint8 ``(n, height, width[, channels])``, of the size and channels of the `style`.
    labels, captcha_ids
        The digit and the captcha of each crop.
    settings, resume, progress, tensorboard
        See `digitsolver.training.job.train_bundle`.

    Raises
    ------
    ValueError
        `crops`, `labels` and `captcha_ids` differ in number, or the crops do not fit the `style`.
    LabelError
        A label is outside the alphabet.
    FolderError
        There are too few captchas, or `out` is another folder.
    BundleError
        A run to resume had other data or settings, or the export went wrong.
    MissingExtraError
        TensorFlow or another package of the extra is not installed.
    """
    settings = settings or DigitsSettings()
    labelled = label_crops(crops, labels, captcha_ids, settings.alphabet)
    require_training()
    trainer = DigitsTrainer(settings, style, labelled)
    return train_bundle(trainer, out, resume=resume, progress=progress, tensorboard=tensorboard)


def _check_fits(crops: LabelledCrops, style: Style) -> None:
    """Raise ``ValueError`` unless solving with `style` would give crops like these."""
    expected = (style.crop_height, style.crop_width, style.channels)
    if crops.shape != expected:
        raise ValueError(
            f"crops: expected height, width and channels {expected} as in the style "
            f"{style.name!r}, found {crops.shape}"
        )


def _numbers(
    stages: DigitsFolder, samples: Sequence[Sample], held_out: Sequence[Sample]
) -> list[int] | None:
    """Return the numbers that ``label_crops`` gives to the captchas held out.

    None where the choice is left open, and where none of them could be cut, or nothing else.
    """
    names = sorted(set(stages.captcha_ids))
    place = {name: number for number, name in enumerate(names)}
    ids = datasets.unique_ids(samples)
    numbers = [place.get(ids[sample.path], UNSEGMENTED) for sample in held_out]
    return numbers if 0 < len(set(numbers) - {UNSEGMENTED}) < len(names) else None


def _choose_captchas(folder: DigitsFolder, labels: int | None, seed: int) -> DigitsFolder:
    """Return the digits of `labels` captchas chosen with `seed`."""
    if labels is None:
        return folder
    names = sorted(set(folder.captcha_ids))
    check_enough_labels(labels, len(names))
    order = np.random.default_rng(seed).permutation(len(names))
    chosen = {names[index] for index in order[:labels]}
    rows = [row for row, name in enumerate(folder.captcha_ids) if name in chosen]
    return DigitsFolder(
        folder.crops[rows],
        [folder.labels[row] for row in rows],
        [folder.captcha_ids[row] for row in rows],
        [folder.positions[row] for row in rows],
        folder.style,
    )
