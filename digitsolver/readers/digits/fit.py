"""Fit a network to crops, one epoch at a time, the same on every run."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from digitsolver.readers.digits.architectures import get_architecture
from digitsolver.readers.digits.batches import DrawnCrops, batches, targets_of
from digitsolver.readers.digits.devices import on_devices
from digitsolver.readers.digits.pretrained import begin, has_start
from digitsolver.readers.digits.settings import Digits, Recipe
from digitsolver.training.backend import require_training
from digitsolver.training.checkpoint import Checkpoint, Row, State

if TYPE_CHECKING:
    import keras

EpochEnded = Callable[[int, Row], None]
"""Called with the number of epochs done and the last one's figures."""


@dataclass(frozen=True, slots=True)
class Task:
    """Hold what one fit is to learn: the crops, those held out and those drawn if any, and how."""

    name: str
    learn: Digits
    held: Digits | None
    recipe: Recipe
    drawn: DrawnCrops | None = None

    @property
    def steps(self) -> int:
        """Return the steps of one epoch."""
        return self.recipe.steps(len(self.learn))

    def targets(self, digits: Digits) -> NDArray[np.float32]:
        """Return the classes of `digits` as ``targets_of`` gives them."""
        return targets_of(digits.classes, len(self.recipe.alphabet))


@dataclass(frozen=True, slots=True)
class Fit:
    """Hold a fitted network and one row of figures an epoch."""

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

    recipe = task.recipe
    keras.backend.clear_session()
    keras.utils.set_random_seed(recipe.seed)
    tf.config.experimental.enable_op_determinism()
    with on_devices(recipe.devices):
        model = _compiled(task)
    monitor = _Monitor(model, task, checkpoint, epoch_ended)
    done = monitor.restore()
    if not monitor.state.finished:
        model.fit(
            batches(task.learn, recipe, task.drawn, done * task.steps, recipe.epochs * task.steps),
            steps_per_epoch=task.steps,
            initial_epoch=done,
            epochs=recipe.epochs,
            validation_data=_validation(task),
            callbacks=[keras.callbacks.LambdaCallback(on_epoch_end=monitor.epoch_ended)],
            shuffle=False,
            verbose=0,
        )
    history = monitor.finish()
    return Fit(model if recipe.devices == 1 else _alone(model, task), history)


def _compiled(task: Task) -> "keras.Model":
    """Return a fresh network with its loss and optimiser."""
    import keras

    recipe, shape = task.recipe, task.learn.shape
    if not recipe.from_scratch and has_start(recipe.architecture, shape):
        model = begin(shape, recipe.alphabet)
    else:
        model = get_architecture(recipe.architecture)(shape, len(recipe.alphabet))
    rate = keras.optimizers.schedules.CosineDecay(recipe.rate, recipe.epochs * task.steps)
    model.compile(
        optimizer=keras.optimizers.AdamW(rate, weight_decay=recipe.decay),
        loss=keras.losses.CategoricalCrossentropy(
            from_logits=True, label_smoothing=recipe.smoothing
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
    """Return what is held out, as Keras takes it."""
    if task.held is None:
        return None
    return task.held.pixels(), task.targets(task.held)


class _Monitor:
    """Follow a fit: note figures, keep the best weights, save the state, stop in time."""

    def __init__(
        self, model: "keras.Model", task: Task, checkpoint: Checkpoint, epoch_ended: EpochEnded
    ) -> None:
        self.model, self.name, self.recipe = model, task.name, task.recipe
        self.checkpoint, self.tell = checkpoint, epoch_ended
        self.state = State()

    def restore(self) -> int:
        """Take up the saved state, and return the number of epochs that it has behind it."""
        saved = self.checkpoint.load(self.name)
        if saved is not None:
            self.state = saved
            for variable, value in zip(self._variables(), saved.variables, strict=True):
                variable.assign(value)
        return len(self.state.history)

    def epoch_ended(self, epoch: int, logs: dict[str, Any]) -> None:
        """Note the figures of one epoch, save, and stop when nothing is gained any more."""
        row = {"epoch": float(epoch + 1), **{key: float(logs[key]) for key in sorted(logs)}}
        self.state.history.append(row)
        losses = [one["val_loss"] for one in self.state.history if "val_loss" in one]
        stale = len(losses) - 1 - int(np.argmin(losses)) if losses else 0
        if losses and stale == 0:
            self.state.best = self.model.get_weights()
        stop = stale >= self.recipe.patience
        self.state.finished = stop or epoch + 1 == self.recipe.epochs
        self.state.variables = [np.asarray(one) for one in self._variables()]
        self.checkpoint.save(self.name, self.state)
        self.model.stop_training = stop
        self.tell(epoch + 1, row)

    def finish(self) -> list[Row]:
        """Give the network its best weights, and return the figures."""
        if self.state.best:
            self.model.set_weights(self.state.best)
        return self.state.history

    def _variables(self) -> list[Any]:
        return [*self.model.variables, *self.model.optimizer.variables]
