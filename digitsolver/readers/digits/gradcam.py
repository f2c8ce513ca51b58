"""Grad-CAM: where in a crop the network finds evidence for a class."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from digitsolver.training.backend import LAST_CONVOLUTION, load_keras, require_training

GradCam = Callable[[NDArray[np.uint8], NDArray[np.intp]], NDArray[np.float32]]
"""From crops (n, h, w, channels) and a class of each to maps (n, rows, columns), 0 to 1."""

CROPS_NDIM = 4


def load_grad_cam(path: Path) -> GradCam:
    """Return a function that gives the Grad-CAM of crops, by the Keras model in the file `path`.

    Its maps are as large as those of the last convolution. A map weighs each filter of that layer
    by how much the logit of the class rises with it, in the mean over the map, sums the filters,
    and leaves out what is negative, which speaks for other classes; its largest value is 1. A map
    of zeros has no evidence for the class.

    Raises
    ------
    MissingExtraError
        Keras, which finds the gradients, is not installed.

    References
    ----------
    R. Selvaraju et al., "Grad-CAM: visual explanations from deep networks via gradient-based
    localization", ICCV 2017.
    """
    require_training()
    import keras

    model = load_keras(path)
    convolved = model.get_layer(LAST_CONVOLUTION).output
    both = keras.Model(model.inputs, [convolved, model.output])

    def grad_cam(crops: NDArray[np.uint8], classes: NDArray[np.intp]) -> NDArray[np.float32]:
        """Return the heat map of each crop for its class, (n, rows, columns)."""
        import tensorflow as tf

        pixels = tf.constant(crops if crops.ndim == CROPS_NDIM else crops[..., None], tf.float32)
        with tf.GradientTape() as tape:
            tape.watch(pixels)  # the maps depend on no weights where the layer has none before it
            maps, logits = both([pixels], training=False)
            chosen = tf.gather(logits, classes, axis=1, batch_dims=1)
        slopes = tape.gradient(chosen, maps)
        return combined(np.asarray(maps), np.asarray(slopes))

    return grad_cam


def combined(maps: NDArray[np.float32], slopes: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return Grad-CAM maps (n, rows, columns) of maps and slopes (n, rows, columns, filters).

    >>> maps = np.array([[[[4.0, 1.0], [2.0, 9.0]]]], np.float32)
    >>> slopes = np.array([[[[1.0, -1.0], [1.0, 0.0]]]], np.float32)
    >>> combined(maps, slopes)  # 1 x 4 - 0.5 x 1 = 3.5, and 1 x 2 - 0.5 x 9 < 0
    array([[[1., 0.]]], dtype=float32)
    """
    weights = slopes.mean(axis=(1, 2), keepdims=True)
    heat = np.maximum((maps * weights).sum(axis=3), 0)
    most = heat.max(axis=(1, 2), keepdims=True)
    return np.asarray(heat / np.where(most > 0, most, 1), np.float32)
