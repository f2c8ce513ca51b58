"""Fit a network to crops, one epoch at a time, the same on every run."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from digitsolver.errors import DigitSolverError
from digitsolver.readers.digits.architectures import get_architecture
from digitsolver.readers.digits.batches import GeneratedCrops, batches, targets_of
from digitsolver.readers.digits.crops import LabelledCrops
from digitsolver.readers.digits.pretrained import begin, has_start
from digitsolver.readers.digits.settings import DigitsSettings
from digitsolver.training.backend import require_training
from digitsolver.training.checkpoint import Checkpoint, State
from digitsolver.training.listeners import Row

if TYPE_CHECKING:
    import keras

EpochEnded = Callable[[int, Row], None]
"""Called with the number of epochs done and the last one's figures."""


@dataclass(frozen=True, slots=True)
class Task:
    """What one fit learns: the crops, its validation set and generated crops if any, and how."""

    name: str
    crops: LabelledCrops
    held_out: LabelledCrops | None
    settings: DigitsSettings
    generated: GeneratedCrops | None = None

    @property
    def steps(self) -> int:
        """Return the steps of one epoch."""
        return self.settings.steps(len(self.crops))

    def targets(self, crops: LabelledCrops) -> NDArray[np.float32]:
        """Return the classes of `crops` as ``targets_of`` gives them."""
        return targets_of(crops.classes, len(self.settings.alphabet))


@dataclass(frozen=True, slots=True)
class Fit:
    """A fitted network and one row of figures an epoch."""

    model: "keras.Model"
    history: list[Row]

    @property
    def best_epoch(self) -> int:
        """Return the epoch, from 1, whose weights the network has."""
        losses = [row.get("val_loss", -index) for index, row in enumerate(self.history)]
        return int(np.argmin(losses)) + 1


def fit(task: Task, checkpoint: Checkpoint, epoch_ended: EpochEnded) -> Fit:
    """Return a network fitted to `task`, going on from `checkpoint` if it has one.

    The state is saved after each epoch. Batches, dropout and starting weights come from the
    recipe's seed and the step's number, so that an interrupted run ends like an unbroken one.
    """
    require_training()
    import keras
    import tensorflow as tf

    settings = task.settings
    keras.backend.clear_session()
    keras.utils.set_random_seed(settings.seed)
    tf.config.experimental.enable_op_determinism()
    with on_devices(settings.devices):
        model = _compiled(task)
    monitor = _Monitor(model, task, checkpoint, epoch_ended)
    done = monitor.restore()
    if not monitor.state.finished:
        model.fit(
            batches(
                task.crops,
                settings,
                task.generated,
                done * task.steps,
                settings.epochs * task.steps,
            ),
            steps_per_epoch=task.steps,
            initial_epoch=done,
            epochs=settings.epochs,
            validation_data=_validation(task),
            callbacks=[keras.callbacks.LambdaCallback(on_epoch_end=monitor.epoch_ended)],
            shuffle=False,
            verbose=0,
        )
    history = monitor.finish()
    return Fit(model if settings.devices == 1 else _alone(model, task), history)


def _compiled(task: Task) -> "keras.Model":
    """Return a fresh network with its loss and optimiser."""
    import keras

    settings = task.settings
    shape = task.crops.shape
    if not settings.from_scratch and has_start(settings.architecture, shape):
        model = begin(shape, settings.alphabet)
    else:
        model = get_architecture(settings.architecture)(shape, len(settings.alphabet))
    rate = keras.optimizers.schedules.CosineDecay(
        settings.learning_rate, settings.epochs * task.steps
    )
    model.compile(
        optimizer=keras.optimizers.AdamW(rate, weight_decay=settings.weight_decay),
        loss=keras.losses.CategoricalCrossentropy(
            from_logits=True, label_smoothing=settings.label_smoothing
        ),
        metrics=["accuracy"],
        jit_compile=False,
    )
    model.optimizer.build(model.trainable_variables)
    return model


def _alone(model: "keras.Model", task: Task) -> "keras.Model":
    """Return a network with the weights of `model` on one device."""
    single = _compiled(task)
    single.set_weights(model.get_weights())
    return single


def _validation(task: Task) -> tuple[NDArray[np.float32], NDArray[np.float32]] | None:
    """Return the validation set as Keras takes it."""
    if task.held_out is None:
        return None
    return task.held_out.pixels(), task.targets(task.held_out)


def on_devices(count: int) -> AbstractContextManager[object]:
    """Return the scope in which a network is made that learns on `count` devices.

    They are GPUs, or CPUs where there is no GPU. Each has a copy of the network and takes its part
    of every batch (``tf.distribute.MirroredStrategy``). One device needs no scope. Raises
    DigitSolverError when there are fewer.
    """
    if count == 1:
        return nullcontext()
    import tensorflow as tf

    found = tf.config.list_logical_devices("GPU") or tf.config.list_logical_devices("CPU")
    names = [device.name for device in found]
    if len(names) < count:
        known = ", ".join(names)
        raise DigitSolverError(f"devices: expected {count}, found {len(names)}: {known}")
    scope: AbstractContextManager[object] = tf.distribute.MirroredStrategy(names[:count]).scope()
    return scope


class _Monitor:
    """Follow a fit: note figures, keep the best weights, save the state, stop early.

    Keras' ``EarlyStopping`` forgets the best loss and the epochs since when a run resumes, and
    ``BackupAndRestore`` keeps neither history nor best weights: a killed run would not end like an
    unbroken one.
    """

    def __init__(
        self, model: "keras.Model", task: Task, checkpoint: Checkpoint, epoch_ended: EpochEnded
    ) -> None:
        self.model = model
        self.name = task.name
        self.settings = task.settings
        self.checkpoint = checkpoint
        self.report = epoch_ended
        self.state = State()

    def restore(self) -> int:
        """Take up the saved state, and return the number of epochs that it has behind it."""
        saved = self.checkpoint.load(self.name)
        if saved is not None:
            self.state = saved
            for variable, value in zip(self._variables(), saved.variables, strict=True):
                variable.assign(value)
        return len(self.state.history)

    def epoch_ended(self, epoch: int, logs: dict[str, float]) -> None:
        """Note the figures of one epoch, save, and stop when nothing is gained any more."""
        row = {"epoch": float(epoch + 1), **{key: float(logs[key]) for key in sorted(logs)}}
        self.state.history.append(row)
        losses = [one["val_loss"] for one in self.state.history if "val_loss" in one]
        stale = len(losses) - 1 - int(np.argmin(losses)) if losses else 0
        if losses and stale == 0:
            self.state.best = self.model.get_weights()
        stop = stale >= self.settings.patience
        self.state.finished = stop or epoch + 1 == self.settings.epochs
        self.state.variables = [np.asarray(one) for one in self._variables()]
        self.checkpoint.save(self.name, self.state)
        self.model.stop_training = stop
        self.report(epoch + 1, row)

    def finish(self) -> list[Row]:
        """Give the network its best weights, and return the figures."""
        if self.state.best:
            self.model.set_weights(self.state.best)
        return self.state.history

    def _variables(self) -> "list[keras.Variable]":
        return [*self.model.variables, *self.model.optimizer.variables]
