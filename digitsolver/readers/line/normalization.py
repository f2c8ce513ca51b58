"""Normalise batches by one operation, for the network that takes the steps."""

from typing import TYPE_CHECKING

from digitsolver.training.backend import require_training

if TYPE_CHECKING:
    import keras
    import tensorflow as tf


def with_fused_normalization(model: "keras.Model") -> "keras.Model":
    """Return `model` with each batch normalisation as one operation of TensorFlow.

    Keras computes mean, variance and the rest by a dozen operations, with 32 bits whatever the
    dtype policy is, which takes a third of a step. The weights are the same ones in the same order;
    the layers are not Keras' own, so that this network is for learning, not for a file.
    """
    require_training()
    import keras

    fused = _layer()

    def copied(layer: "keras.Layer") -> "keras.Layer":
        """Return a copy of `layer`, fused where it can be."""
        kind = fused if _can_be_fused(layer) else type(layer)
        return kind.from_config(layer.get_config())

    learning = keras.models.clone_model(model, clone_function=copied)
    learning.set_weights(model.get_weights())
    return learning


def _can_be_fused(layer: "keras.Layer") -> bool:
    """Return whether `layer` normalises the channels of images, which come last."""
    import keras

    if not isinstance(layer, keras.layers.BatchNormalization):
        return False
    of_images = len(layer.input.shape) == len("NHWC") and layer.axis in {-1, 3}
    return bool(of_images and layer.center and layer.scale and not layer.synchronized)


def _layer() -> "type[keras.layers.BatchNormalization]":
    """Return the layer; its class can only be made once Keras is imported."""
    import keras
    import tensorflow as tf

    class FusedBatchNormalization(keras.layers.BatchNormalization):  # type: ignore[misc]
        """Batch normalisation of images by one operation."""

        def call(
            self, inputs: "tf.Tensor", training: bool | None = None, mask: object = None
        ) -> "tf.Tensor":
            """Return the normalised `inputs`, and take their statistics into the running ones."""
            if not (training and self.trainable):
                return super().call(inputs, training=training, mask=mask)
            outputs, mean, variance = tf.compat.v1.nn.fused_batch_norm(
                inputs,
                tf.cast(self.gamma, tf.float32),
                tf.cast(self.beta, tf.float32),
                tf.cast(self.moving_mean, tf.float32),
                tf.cast(self.moving_variance, tf.float32),
                epsilon=self.epsilon,
                exponential_avg_factor=1 - self.momentum,
            )
            self.moving_mean.assign(mean)
            self.moving_variance.assign(variance)
            return outputs

    return FusedBatchNormalization
