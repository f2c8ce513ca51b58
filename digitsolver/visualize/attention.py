"""Draw Grad-CAM: each digit, and in warm colours where the network saw what it took it for."""

import cv2
import numpy as np
from numpy.typing import NDArray

from digitsolver.bundle import KERAS, Bundle
from digitsolver.errors import BundleError
from digitsolver.io.images import check_image
from digitsolver.readers.digits.gradcam import Attend, load_grad_cam
from digitsolver.visualize.canvas import Canvas, resized
from digitsolver.visualize.view import View, cells

WARM = np.array([(255, 255, 255), (255, 236, 160), (250, 170, 70), (214, 62, 40)], np.float64)
"""Colours of nothing, a third, two thirds and the most, from the lightest to the darkest."""
PALER = 0.25
"""Share of white that is laid over a crop, so that warm colours show on its ink."""


def open_attention(bundle: Bundle) -> Attend:
    """Return a function that gives the Grad-CAM of crops by the model in `bundle`.

    Raises:
        BundleError: The bundle holds no Keras model.
        MissingExtraError: Keras is not installed.
    """
    if KERAS not in bundle.sha256:
        raise BundleError(f"expected {KERAS}, which has gradients; found none", bundle.path)
    return load_grad_cam(bundle.path / KERAS)


def draw_attention(view: View, canvas: Canvas) -> str:
    """Draw each crop with its Grad-CAM, in the digits' places."""
    if view.attention is None:
        raise ValueError("expected Grad-CAM maps, found none")
    crops = view.stages.crops
    for crop, heat, (x, y, width, height) in zip(crops, view.attention, cells(crops), strict=True):
        large = round(width * canvas.scale), round(height * canvas.scale)
        canvas.draw_image(heated(crop, heat, large), x, y, width, height)
    return "red: speaks for the digit read"


def heated(
    crop: NDArray[np.uint8], heat: NDArray[np.float32], size: tuple[int, int]
) -> NDArray[np.uint8]:
    """Return a crop, enlarged to `size` (width, height), tinted by its map: uint8 (H, W, 3).

    The map, (rows, columns) from 0 to 1, is stretched over the crop without steps, for it is no
    finer than the last convolution; white is none, red the most.
    """
    smooth = cv2.resize(heat, size, interpolation=cv2.INTER_LINEAR)
    levels = np.linspace(0, 1, len(WARM))
    tint = np.stack([np.interp(smooth, levels, channel) for channel in WARM.T], axis=2)
    pixels = resized(check_image(crop), *size).astype(np.float64)
    pale = pixels + PALER * (255 - pixels)
    pale = pale if pale.ndim == tint.ndim else pale[..., None]
    return np.asarray((pale * tint / 255).round(), np.uint8)
