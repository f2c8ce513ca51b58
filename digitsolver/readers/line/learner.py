"""Take steps with a line network, and keep an EMA of its weights."""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from digitsolver.readers.line.architectures import build_line
from digitsolver.readers.line.batches import Batch
from digitsolver.readers.line.outputs import LINES
from digitsolver.readers.line.prepare import CHANNELS, HEIGHT, WIDEST
from digitsolver.readers.line.settings import LineSettings
from digitsolver.training.backend import dtype_policy, require_training
from digitsolver.training.checkpoint import Arrays

if TYPE_CHECKING:
    import keras
    import tensorflow as tf

SHAPE = (HEIGHT, WIDEST, CHANNELS)
NOT_DECAYED = ("gamma", "beta", "bias")
NEVER = -1e9
"""Added to the logit of a class that cannot occur."""
TRIES = 3
"""How often steps are taken whose losses are not finite."""
CLIP_NORM = 2.0
"""Norm that gradients are clipped to: one hard batch must not undo a hundred others."""

Step = Callable[[Batch, float], float]
"""Takes one step on a batch at a learning rate, and returns the mean loss."""


class Learner:
    """A network, its optimiser, and the EMA of the weights.

    Its ``weights`` lie on the line from those at the start to the EMA, at ``interpolation``: 1 is
    the EMA, 0 the start (Wortsman et al., "Robust fine-tuning of zero-shot models", 2022).

    ``model`` takes the steps. Where it computes with 16 bits, `reading` is the same network with
    32, which reads with the weights that are kept.

    Keras' own EMA (``use_ema``) has one momentum from the first step on. Runs here are a few
    hundred steps long: the momentum rises from .1, or the start would weigh too much in it.
    """

    def __init__(
        self,
        model: "keras.Model",
        settings: LineSettings,
        reading: "keras.Model | None" = None,
    ) -> None:
        self.model = model
        self.reading = reading or model
        self.settings = settings
        self.optimizer = build_optimizer(model, settings.weight_decay)
        self.interpolation = 1.0
        self.steps = 0
        self._start: Arrays = model.get_weights()
        self._ema, self._follow = build_ema(model)
        self._take = build_step(model, self.optimizer, frozen=settings.frozen)

    def learn(self, batches: Callable[[], Iterable[Batch]], rates: Sequence[float]) -> float:
        """Take a step on each batch at its learning rate, and return the mean loss.

        Raises FloatingPointError where it is not finite, however often the steps are repeated.
        """
        state, ema = self.state(), self.ema
        return repeat_until_finite(
            lambda: self._steps(batches(), rates), lambda: self.restore(state, ema)
        )

    def _steps(self, batches: Iterable[Batch], rates: Iterable[float]) -> float:
        """Take a step on each batch, and return the mean loss."""
        losses = []
        for batch, rate in zip(batches, rates, strict=True):
            losses.append(self._take(batch, rate))
            self.steps += 1
            kept = min(self.settings.ema_momentum, (1 + self.steps) / (10 + self.steps))
            self._follow(kept)
        return float(np.mean(losses))

    @property
    def ema(self) -> Arrays:
        """The EMA of the weights."""
        return [mean.numpy() for mean in self._ema]

    @property
    def weights(self) -> Arrays:
        """The weights that are kept: between those at the start and the EMA."""
        if self.interpolation == 1.0:
            return self.ema
        pairs = zip(self._start, self.ema, strict=True)
        return [start + self.interpolation * (mean - start) for start, mean in pairs]

    @contextmanager
    def averaged(self) -> Iterator["keras.Model"]:
        """Lend the network with the weights that are kept in it."""
        now = self.reading.get_weights()
        self.reading.set_weights(self.weights)
        try:
            yield self.reading
        finally:
            self.reading.set_weights(now)

    def state(self) -> Arrays:
        """Return everything that later steps depend on, the EMA aside."""
        return [np.asarray(one) for one in [*self.model.variables, *self.optimizer.variables]]

    def restore(self, variables: Arrays, ema: Arrays) -> None:
        """Take up a state that was saved."""
        ours = [*self.model.variables, *self.optimizer.variables]
        for variable, value in zip(ours, variables, strict=True):
            variable.assign(value)
        for mean, value in zip(self._ema, ema, strict=True):
            mean.assign(value)
        self.steps = int(self.optimizer.iterations)


def repeat_until_finite(attempt: Callable[[], float], undo: Callable[[], object]) -> float:
    """Return the mean loss of `attempt`, which is undone and repeated where that is not finite.

    With 16 bits a loss was not finite once in 8,500 steps, and was when they were repeated. Raises
    FloatingPointError after ``TRIES`` attempts.
    """
    for _ in range(TRIES):
        loss = attempt()
        if math.isfinite(loss):
            return loss
        undo()
    raise FloatingPointError(f"expected a finite loss, found none in {TRIES} attempts")


def build(alphabet: str, seed: int, policy: str = "float32") -> "keras.Model":
    """Return a fresh network for `alphabet` that computes by a Keras dtype `policy`."""
    require_training()
    import keras

    keras.utils.set_random_seed(seed)
    with dtype_policy(policy):
        return build_line(SHAPE, len(alphabet) + 1)


def build_optimizer(model: "keras.Model", weight_decay: float) -> "keras.optimizers.Optimizer":
    """Return AdamW (Loshchilov & Hutter, 2019) for `model`; norms and biases do not decay."""
    import keras

    optimizer = keras.optimizers.AdamW(
        1e-3, beta_2=0.99, weight_decay=weight_decay, global_clipnorm=CLIP_NORM
    )
    optimizer.exclude_from_weight_decay(var_names=list(NOT_DECAYED))
    optimizer.build(model.trainable_variables)
    return optimizer


def build_step(
    model: "keras.Model", optimizer: "keras.optimizers.Optimizer", *, frozen: bool = False
) -> Step:
    """Return a function that takes one step on a batch.

    With `frozen`, the statistics of batch normalisation stay as they are, and dropout is off.
    Keras' ``fit`` takes one learning rate an epoch or a schedule of its own steps; here each step
    has the rate of its number in the whole run, so that a run that resumes ends the same.
    """
    import tensorflow as tf

    loss_of = ctc_loss if LINES[model.name].ctc else position_loss

    def step(
        images: "tf.Tensor", classes: "tf.Tensor", lengths: "tf.Tensor", mask: "tf.Tensor"
    ) -> "tf.Tensor":
        """Update the weights, and return the mean loss."""
        with tf.GradientTape() as tape:
            logits = model(tf.cast(images, tf.float32), training=not frozen) + mask
            loss = tf.reduce_mean(loss_of(logits, classes, lengths))
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))
        return loss

    signature = [
        tf.TensorSpec([None, HEIGHT, None, CHANNELS], tf.uint8),
        tf.TensorSpec([None, None], tf.int32),
        tf.TensorSpec([None], tf.int32),
        tf.TensorSpec([model.output_shape[-1]], tf.float32),
    ]
    compiled = tf.function(step, input_signature=signature)

    def take(batch: Batch, rate: float) -> float:
        """Take one step on a batch at a learning rate, and return the mean loss."""
        optimizer.learning_rate.assign(rate)
        mask = choices_mask(batch.choices, model.output_shape[-1])
        return float(compiled(batch.images, batch.classes, batch.lengths, mask))

    return take


def build_ema(model: "keras.Model") -> "tuple[list[tf.Variable], Callable[[float], object]]":
    """Return a copy of the weights of `model`, and what moves it towards them as they are now.

    The argument of that is the part of the mean that is kept. The copy stays in TensorFlow: to
    take the weights out after each step takes a sixth of the time of one.
    """
    import tensorflow as tf

    means = [tf.Variable(weight) for weight in model.get_weights()]

    def follow(kept: "tf.Tensor") -> None:
        """Move each mean towards its weight."""
        for mean, weight in zip(means, model.weights, strict=True):
            mean.assign_add((1 - kept) * (weight - mean))

    return means, tf.function(follow, input_signature=[tf.TensorSpec([], tf.float32)])


def choices_mask(choices: int | None, classes: int) -> NDArray[np.float32]:
    """Return what is added to `classes` logits so that only the first `choices` can occur.

    The last class, the blank, can always occur.

    >>> choices_mask(1, 3).tolist()
    [0.0, -1000000000.0, 0.0]
    """
    mask = np.zeros(classes, np.float32)
    if choices is not None:
        mask[choices:-1] = NEVER
    return mask


def ctc_loss(logits: "tf.Tensor", classes: "tf.Tensor", lengths: "tf.Tensor") -> "tf.Tensor":
    """Return the loss of connectionist temporal classification, the blank last.

    A label that the frames have no room for counts nothing. Labels are sparse, for which TensorFlow
    has an operation of its own; dense ones go through a loop over the frames, which takes a tenth
    of a step.
    """
    import tensorflow as tf

    places = tf.where(tf.sequence_mask(lengths, tf.shape(classes)[1]))
    losses = tf.compat.v1.nn.ctc_loss(
        tf.SparseTensor(places, tf.gather_nd(classes, places), tf.shape(classes, tf.int64)),
        logits,
        tf.fill([tf.shape(logits)[0]], tf.shape(logits)[1]),
        ignore_longer_outputs_than_inputs=True,
        time_major=False,
    )
    return tf.where(tf.math.is_inf(losses), 0.0, losses)


def position_loss(logits: "tf.Tensor", classes: "tf.Tensor", lengths: "tf.Tensor") -> "tf.Tensor":
    """Return the sum of the cross-entropies of all positions; every label has their number."""
    import tensorflow as tf

    del lengths
    costs = tf.nn.sparse_softmax_cross_entropy_with_logits(tf.maximum(classes, 0), logits)
    return tf.reduce_sum(costs, axis=1)


def logits_of(
    model: "keras.Model", images: Sequence[NDArray[np.uint8]], size: int = 64
) -> Iterator[NDArray[np.float32]]:
    """Yield the logits ``(frames, classes)`` of each of `images`, in their order."""
    logits: dict[int, NDArray[np.float32]] = {}
    order = sorted(range(len(images)), key=lambda row: images[row].shape[1])
    for start in range(0, len(order), size):
        rest = order[start : start + size]
        while rest:
            width = images[rest[0]].shape[1]
            rows = [row for row in rest if images[row].shape[1] == width]
            rest = [row for row in rest if images[row].shape[1] != width]
            stack = np.stack([images[row] for row in rows]).astype(np.float32)
            logits |= dict(zip(rows, np.asarray(model(stack, training=False)), strict=True))
    yield from (logits[row] for row in range(len(images)))
