"""Fit a line network one batch at a time."""

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from digitsolver.readers.line.architectures import build_line
from digitsolver.readers.line.batches import Batch
from digitsolver.readers.line.prepare import CHANNELS, HEIGHT, WIDEST
from digitsolver.training.backend import require_training

if TYPE_CHECKING:
    import keras

SHAPE = (HEIGHT, WIDEST, CHANNELS)
NOT_DECAYED = ("gamma", "beta", "bias")
STEEPEST = 2.0
"""Norm that gradients are cut down to: one hard batch shall not undo a hundred others."""

Step = Callable[[Batch, float], float]
"""Takes one step on a batch at a learning rate, and returns the mean loss."""


def build(alphabet: str, seed: int, policy: str = "float32") -> "keras.Model":
    """Return a fresh network for `alphabet` that computes by a Keras dtype `policy`."""
    require_training()
    import keras

    keras.utils.set_random_seed(seed)
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        return build_line(SHAPE, len(alphabet) + 1)
    finally:
        keras.config.set_dtype_policy(before)


def optimiser(model: "keras.Model", decay: float) -> "keras.optimizers.Optimizer":
    """Return AdamW (Loshchilov & Hutter, 2019) for `model`; norms and biases do not decay."""
    import keras

    made = keras.optimizers.AdamW(1e-3, beta_2=0.99, weight_decay=decay, global_clipnorm=STEEPEST)
    made.exclude_from_weight_decay(var_names=list(NOT_DECAYED))
    made.build(model.trainable_variables)
    return made


def stepper(
    model: "keras.Model", optimizer: "keras.optimizers.Optimizer", *, frozen: bool = False
) -> Step:
    """Return a function that takes one step on a batch.

    With `frozen`, the statistics of batch normalisation stay as they are, and dropout is off.
    """
    import tensorflow as tf

    loss_of = _ctc if _is_ctc(model) else _positions

    def step(images: Any, classes: Any, lengths: Any) -> Any:
        with tf.GradientTape() as tape:
            logits = model(tf.cast(images, tf.float32), training=not frozen)
            loss = tf.reduce_mean(loss_of(logits, classes, lengths))
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))
        return loss

    signature = [
        tf.TensorSpec([None, HEIGHT, None, CHANNELS], tf.uint8),
        tf.TensorSpec([None, None], tf.int32),
        tf.TensorSpec([None], tf.int32),
    ]
    compiled = tf.function(step, input_signature=signature)

    def take(batch: Batch, rate: float) -> float:
        optimizer.learning_rate.assign(rate)
        return float(compiled(batch.images, batch.classes, batch.lengths))

    return take


def _is_ctc(model: "keras.Model") -> bool:
    """Return whether `model` gives frames with a blank rather than a head a position."""
    return bool(model.name == "line")


def _ctc(logits: Any, classes: Any, lengths: Any) -> Any:
    """Return the loss of connectionist temporal classification, the blank last."""
    import tensorflow as tf

    frames = tf.fill([tf.shape(logits)[0]], tf.shape(logits)[1])
    return tf.nn.ctc_loss(
        tf.maximum(classes, 0),
        logits,
        lengths,
        frames,
        logits_time_major=False,
        blank_index=logits.shape[-1] - 1,
    )


def _positions(logits: Any, classes: Any, lengths: Any) -> Any:
    """Return the sum of the cross-entropies of all positions; every label has their number."""
    import tensorflow as tf

    del lengths
    costs = tf.nn.sparse_softmax_cross_entropy_with_logits(tf.maximum(classes, 0), logits)
    return tf.reduce_sum(costs, axis=1)


def logits_of(
    model: "keras.Model", images: Sequence[NDArray[np.uint8]], size: int = 64
) -> Iterator[NDArray[np.float32]]:
    """Yield the logits ``(frames, classes)`` of each of `images`, in their order."""
    answers: dict[int, NDArray[np.float32]] = {}
    order = sorted(range(len(images)), key=lambda row: images[row].shape[1])
    for start in range(0, len(order), size):
        rest = order[start : start + size]
        while rest:
            width = images[rest[0]].shape[1]
            rows = [row for row in rest if images[row].shape[1] == width]
            rest = [row for row in rest if images[row].shape[1] != width]
            stack = np.stack([images[row] for row in rows]).astype(np.float32)
            answers |= dict(zip(rows, np.asarray(model(stack, training=False)), strict=True))
    yield from (answers[row] for row in range(len(images)))
