"""Train the reader ``line``: fit the default model to labelled images, phase by phase."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from digitsolver import bundle
from digitsolver.datasets import Problem, Sample, to_case
from digitsolver.errors import FolderError
from digitsolver.parallel.progress import Progress
from digitsolver.pipeline.style import NO_STYLE
from digitsolver.readers.line.augmentation import augment
from digitsolver.readers.line.batches import Prepared, to_width
from digitsolver.readers.line.case import shown_characters
from digitsolver.readers.line.fit import (
    Context,
    Phase,
    choose_interpolation,
    fit,
    predict_views,
)
from digitsolver.readers.line.generated import generate_prepared
from digitsolver.readers.line.learner import Learner
from digitsolver.readers.line.lines import Lines, check_enough, choose_validation, read_lines
from digitsolver.readers.line.normalization import with_fused_normalization
from digitsolver.readers.line.prepare import CHANNELS, HEIGHT, INPUT, WIDEST
from digitsolver.readers.line.pretrained import (
    Pretrained,
    load_pretrained,
    start_network,
    whole_network,
)
from digitsolver.readers.line.quantization import write_eight_bit
from digitsolver.readers.line.self_training import (
    SelfTraining,
    digest,
    further_rounds,
    read_unlabelled,
    self_train,
    small_validation_set,
)
from digitsolver.readers.line.settings import LineSettings
from digitsolver.readers.line.validation import calibrate, validate
from digitsolver.training import export
from digitsolver.training.backend import require_training
from digitsolver.training.checkpoint import Checkpoint
from digitsolver.training.data import TrainingData
from digitsolver.training.generated import drawable
from digitsolver.training.listeners import Row
from digitsolver.training.trainer import (
    Report,
    describe,
    few_captchas,
    framework_versions,
    missing_characters,
    not_generated,
)
from digitsolver.training.validation import Metrics, Prediction, Validation

if TYPE_CHECKING:
    import keras

MOST_GENERATED = 1024
"""Generated images that are mixed in, at most; they are used again and again."""
UNCHANGED = (
    "training did not lower the loss on the captchas held out: the weights of the default model "
    "are kept"
)
UNKNOWN_TEMPERATURE = 1.0
"""Temperature that is expected of a network whose weights start at random."""
COMPARED = 64
"""Images on which the two formats of the network are compared."""
SECONDS_A_COLUMN = 1.2e-4
"""About how long it takes on one core to learn once from one column of a prepared image."""
FEW = 3
"""Mistakes of one kind below which nothing is said of them."""
MOST_SCALED = 128
"""Labelled images that tell the range of values in the network, at most."""


class LineTrainer:
    """Fits a network to whole images; see ``Trainer``.

    `pretrained` is the network that it starts from, ``None`` for random weights. `unlabelled` are
    further prepared images of the look, `warnings` what a person should know of the data.
    """

    def __init__(
        self,
        settings: LineSettings,
        lines: Lines,
        pretrained: Pretrained | None,
        *,
        unlabelled: Sequence[Prepared] = (),
        warnings: Sequence[str] = (),
    ) -> None:
        check_enough(lines)
        if not settings.is_ctc and lines.length is None:
            lengths = sorted({len(label) for label in lines.labels})
            raise FolderError(
                "training: heads by position expect labels of one length, "
                f"found lengths {', '.join(map(str, lengths))}"
            )
        self.settings = settings
        self.style = NO_STYLE
        self.samples: Sequence[Sample] = ()
        self.problems: Sequence[Problem] = ()
        self._lines = lines
        self._pretrained = pretrained
        self._unlabelled = unlabelled
        self._warnings = warnings
        self._validation_rows = choose_validation(
            lines, settings.validation_fraction, settings.most_held_out, settings.seed
        )
        self.rounds = settings.most_rounds(len(lines))
        self._history: list[Row] = []
        self._rounds_measured = 0
        self._self_training: SelfTraining | None = None

    @property
    def seconds(self) -> float:
        """About how long all rounds take on one core."""
        settings = self.settings
        further = further_rounds(settings, self.rounds) if self._unlabelled else 0
        rounds = self.rounds + further + settings.refit_rounds(self.rounds)
        images = rounds * settings.steps * settings.batch
        return images * self._lines.width * SECONDS_A_COLUMN

    @property
    def held_out(self) -> Sequence[Sample]:
        """The captchas of the validation set."""
        return [self.samples[row] for row in self._validation_rows]

    def fingerprint(self) -> dict[str, object]:
        """Return what must be the same when an interrupted run goes on."""
        return {
            "data": self._lines.digests(),
            "default model": self._pretrained.digest if self._pretrained else "",
            **self.settings.as_dict(),
            "set of unlabelled images": digest(self._unlabelled),
            **framework_versions(),
        }

    def measure(self, checkpoint: Checkpoint, progress: Progress) -> Validation:
        """Fit the network without the validation set, and read that."""
        _make_deterministic()
        settings = self.settings
        lines = self._lines
        rest = sorted({*range(len(lines))} - {*self._validation_rows})
        self._held_out = lines.where(self._validation_rows)
        self._shown = shown_characters(self._pretrained, lines, settings.alphabet)
        learning, reading = (
            start_network(
                settings, self._pretrained, lines.width, lines.length or 0, policy, self._shown
            )
            for policy in (settings.precision, "float32")
        )
        self._context = Context(
            settings, self._generate(), lines.length, self._aligner(), lines.lengths
        )
        self._learner = Learner(with_fused_normalization(learning), settings, reading)
        self._phase = Phase(
            "measured",
            lines.where(rest),
            self._held_out,
            self.rounds,
            patience=settings.patience(len(lines)),
        )
        self._undone = 0
        self._history = self._fit(self._phase, checkpoint, progress)
        self._choose_weights()
        self._validation = self._validate()
        return self._validation

    def finish(self, checkpoint: Checkpoint, progress: Progress) -> Validation:
        """Learn from images without labels, where there are some, then from all labels."""
        rounds = len(self._history) - 1
        further = 0
        pseudo_labelled = None
        if self._unlabelled:
            result = self_train(
                self._learner,
                self._unlabelled,
                self._validation.temperature,
                self._history,
                self._phase,
                self._context,
                checkpoint,
                lambda row: self._report(row, progress),
            )
            self._self_training = result
            if result.used:
                pseudo_labelled = result.kept
                further = len(result.rows) - 1
                self._history = [*self._history, *result.rows[1:]]
                self._choose_weights()
                self._validation = self._validate()
            else:
                self._undone = len(result.rows) - 1
        self._rounds_measured = rounds + further
        last = Phase(
            "final",
            self._lines,
            None,
            self.settings.refit_rounds(rounds) if self._learner.interpolation else 0,
            first=self._rounds_measured,
            anneals=True,
            pseudo_labelled=pseudo_labelled,
        )
        self._history = [*self._history, *self._fit(last, checkpoint, progress)]
        self._learner.reading.set_weights(self._learner.weights)
        return self._validation

    def export(self, folder: Path) -> Metrics:
        """Write the network to `folder` in its formats: Keras, ONNX, and ONNX with 8 bits."""
        model = self._learner.reading
        width = model.input_shape[2]
        images = self._lines.images[:COMPARED]
        pixels = np.stack([to_width(one, width or self._lines.width) for one in images])
        difference = export.export(model, folder, pixels.astype(np.float32), INPUT)
        scaled = self._lines.images[:MOST_SCALED]
        scaled = [to_width(one, width) if width else one for one in scaled]
        rng = np.random.default_rng(0)
        scaled = [*scaled, *[augment(image, rng) for image in scaled]]
        eight_bit = write_eight_bit(
            folder / bundle.ONNX,
            folder / bundle.EIGHT_BIT,
            scaled,
            self._context.decoder(),
            self._validation.temperature,
        )
        return {"onnx_difference": difference, "eight_bit": eight_bit}

    def report(self) -> Report:
        """Return what the bundle says of the run."""
        labels = self._lines.labels
        text = "".join(labels)
        per_class = {character: text.count(character) for character in self.settings.alphabet}
        warnings = list(self._warnings)
        if self._unlabelled:
            warnings += small_validation_set(len(labels), len(self._validation_rows))
        if not self._learner.interpolation:
            warnings.append(UNCHANGED)
        metrics: Metrics = {
            "started_from": "default model" if self._pretrained else "random weights",
            "steps": int(self._history[-1]["step"]),
            "steps_with_some_held_out": self._rounds_measured * self.settings.steps,
            "curve": self._history,
            "interpolation": self._learner.interpolation,
            "fitted_again_to_all": bool(self._learner.interpolation),
        }
        if self._self_training:
            metrics["unlabelled"] = self._self_training.metrics()
        warnings += other_case(self._validation.predictions)
        return Report(
            history=self._history,
            counts={
                "captchas": len(labels),
                "digits": len(text),
                "held_out": len(self._validation_rows),
            },
            per_class=per_class,
            length=self._lines.length,
            lengths=(self._lines.lengths.shortest, self._lines.lengths.longest),
            shape=(HEIGHT, self._learner.model.input_shape[2] or WIDEST, CHANNELS),
            metrics=metrics,
            warnings=[*warnings, *few_captchas(len(labels)), *missing_characters(per_class)],
        )

    def _choose_weights(self) -> None:
        """Keep what reads the validation set best, between the default model and what it became."""
        if self._pretrained:
            few = not self.settings.has_large_validation_set(len(self._lines))
            chosen = choose_interpolation(self._learner, self._held_out, self._context, few=few)
            self._learner.interpolation = chosen

    def _fit(self, phase: Phase, checkpoint: Checkpoint, progress: Progress) -> list[Row]:
        return fit(
            self._learner, phase, self._context, checkpoint, lambda row: self._report(row, progress)
        )

    def _report(self, row: Row, progress: Progress) -> None:
        """Pass on the figures of a round; rounds that were undone count all the same."""
        settings = self.settings
        further = further_rounds(settings, self.rounds) if self._unlabelled else 0
        total = self.rounds + further + settings.refit_rounds(self.rounds)
        progress(int(row["step"]) // settings.steps + self._undone, total, describe(row))

    def _generate(self) -> Lines | None:
        """Return generated images to mix in, of the length that heads by position ask for."""
        settings = self.settings
        every = settings.generated_every
        if not every:
            return None
        drawn = drawable(settings.look, self._shown)
        own = to_case(drawn, settings.alphabet)
        self._warnings = [*self._warnings, *not_generated(settings.alphabet, own)]
        if not drawn:
            return None
        steps = settings.steps * (self.rounds + settings.refit_rounds(self.rounds))
        count = min(steps * settings.batch // every, MOST_GENERATED)
        length = None if settings.is_ctc else self._lines.length
        images, labels = generate_prepared(settings.look, settings.seed, 0, count, drawn, length)
        return Lines(images, [to_case(label, settings.alphabet) for label in labels])

    def _aligner(self) -> "keras.Model | None":
        """Return the model used for forced alignment where ours has heads by position."""
        if self.settings.is_ctc or self._pretrained is None:
            return None
        if self._pretrained.alphabet != self.settings.alphabet:
            return None
        return whole_network(self._pretrained)

    def _validate(self) -> Validation:
        """Return how the weights that are kept read the validation set, calibrated on it."""
        held_out = self._held_out
        with self._learner.averaged() as model:
            views = predict_views(model, held_out)
        decoder = self._context.decoder()
        expected = self._pretrained.temperature if self._pretrained else UNKNOWN_TEMPERATURE
        temperature = calibrate(decoder, held_out.labels, views, expected)
        images = [one.read() for one in self.held_out] if self.samples else held_out.images
        return validate(decoder, images, held_out.labels, views, temperature)


def prepare(
    settings: LineSettings,
    data: TrainingData,
    held_out: Sequence[Sample] | None = None,
    progress: Progress | None = None,
    *,
    default: Path | None = None,
) -> LineTrainer:
    """Return the trainer for `data`; see `digitsolver.readers.trainable.prepare`.

    It chooses its validation set by itself, and searches for nothing. `default` is the bundle to
    start from, by default that of the package. Raises BundleError when that is damaged, and
    FolderError when there is too little to learn from.
    """
    if data.digits_folder is not None:
        raise FolderError(
            "expected whole captchas for the reader line, found a folder of digits",
            data.digits_folder,
        )
    if held_out is not None:
        raise ValueError("held_out: expected None, the reader line chooses by itself")
    require_training()
    lines, used, problems, warnings = read_lines(data.samples)
    check_enough(lines)
    unlabelled: list[Prepared] = []
    if data.unlabelled is not None:
        unlabelled, unreadable, more = read_unlabelled(data.unlabelled, lines, settings.seed)
        warnings = [*warnings, *more]
        problems = [*problems, *unreadable]
    pretrained = None if settings.from_scratch else load_pretrained(default)
    trainer = LineTrainer(settings, lines, pretrained, unlabelled=unlabelled, warnings=warnings)
    trainer.samples = used
    trainer.problems = [*data.problems, *problems]
    return trainer


def other_case(predictions: Sequence[Prediction]) -> list[str]:
    """Return a warning where many mistakes are of upper and lower case only.

    >>> mistakes = [Prediction(np.zeros((1, 1), np.uint8), "aB", "Ab", 0.5)] * 3
    >>> other_case(mistakes)[0].partition(":")[0]
    '3 of 3 mistakes on the captchas held out are of upper and lower case only'
    """
    wrong = [one for one in predictions if one.label != one.text]
    case = sum(one.label.lower() == one.text.lower() for one in wrong)
    if case < FEW or 2 * case < len(wrong):
        return []
    found = (
        f"{case} of {len(wrong)} mistakes on the captchas held out are of upper and lower case only"
    )
    return [f"{found}: where both count as equal, train with an --alphabet of one case"]


def _make_deterministic() -> None:
    """Have TensorFlow give the same sums each time."""
    import keras
    import tensorflow as tf

    keras.backend.clear_session()
    tf.config.experimental.enable_op_determinism()
