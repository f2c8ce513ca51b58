"""Cleaners against uneven light: the ground and the contrast are measured near each pixel.

They come before the levels are spread. The local threshold is scikit-image's, which OpenCV's main
package lacks (its ``adaptiveThreshold`` knows the local mean, not the contrast); it is imported
only where it is used.
"""

import cv2
import numpy as np

from digitsolver.stages.levels import Grey, as_grey

NOISE = 32.0
"""Contrast to the threshold, in levels, that is not amplified: an eighth of full ink."""
SENSITIVITY = 0.1
"""Sauvola's k: by how much the threshold falls below the local mean where contrast is low."""
WIDEST = 255
"""Side of a median filter, at most: that is what OpenCV takes."""


def neighbourhood(grey: Grey, stroke: float) -> int:
    """Return the odd side, in pixels, of a square with more ground than digit.

    It is ten strokes, or three fifths of the image's shorter side where that is more.
    """
    reach = max(10 * stroke, 0.6 * min(grey.shape)) / 2
    return 2 * int(reach) + 1


def remove_uneven_light(grey: Grey, stroke: float) -> Grey:
    """Remove gradients and shadows: each pixel is divided by the ground nearby.

    An image is light times reflectance, and half the light halves the contrast too; the quotient
    is the same in sun and shade, where a difference (`remove_shadows`) leaves the digits in the
    shade pale. The ground is the median of a `neighbourhood`. Where the digits are lighter than
    it, the image is inverted first. At the edge of the image its last pixels count as ground, which
    suits a gradient, and no dark frame.

    Parameters
    ----------
    grey : ndarray of uint8, shape (H, W)
        A grey image whose levels are not spread yet.
    stroke : float
        Width of the digits' strokes in pixels.

    Returns
    -------
    ndarray of uint8, shape (H, W)
        255 where a pixel is as light as its ground or lighter, 0 where it is black.

    References
    ----------
    E. Land and J. McCann, "Lightness and retinex theory", Journal of the Optical Society of
    America, 1971.

    Examples
    --------
    >>> grey = np.full((5, 10), 200, np.uint8)
    >>> grey[:, 5:] = 80  # a shadow: two fifths of the light
    >>> grey[2, [1, 8]] = 100, 40  # two pixels of the same ink
    >>> remove_uneven_light(grey, 0.5)[2]
    array([255, 127, 255, 255, 255, 255, 255, 255, 127, 255], dtype=uint8)
    """
    ground = as_grey(cv2.medianBlur(grey, min(neighbourhood(grey, stroke), WIDEST)))
    darker, lighter = cv2.subtract(ground, grey), cv2.subtract(grey, ground)
    if cv2.sumElems(lighter)[0] > cv2.sumElems(darker)[0]:
        ground, darker = as_grey(cv2.bitwise_not(ground)), lighter
    ink = cv2.divide(darker, np.maximum(ground, 1), scale=255)
    return as_grey(cv2.bitwise_not(ink))


def remove_uneven_contrast(grey: Grey, stroke: float) -> Grey:
    """Remove differences in contrast: pale digits become as dark as dark ones.

    Sauvola's local threshold becomes mid-grey, so that a digit is judged by its own neighbourhood
    and not by the darkest one of the image. Below the contrast `NOISE` nothing is amplified. It is
    meant to follow `remove_uneven_light`, whose ground is white.

    Parameters
    ----------
    grey : ndarray of uint8, shape (H, W)
        A grey image, dark on white, whose levels are not spread yet.
    stroke : float
        Width of the digits' strokes in pixels.

    Returns
    -------
    ndarray of uint8, shape (H, W)
        128 at the threshold, 255 for white, darker than 128 below the threshold.

    References
    ----------
    J. Sauvola and M. Pietikäinen, "Adaptive document image binarization", Pattern Recognition,
    2000.

    Examples
    --------
    >>> grey = np.full((5, 30), 255, np.uint8)
    >>> grey[:, [4, 24]] = 0, 155  # ink, and ink that is two fifths as dark
    >>> (remove_uneven_contrast(grey, 0.8)[2, [4, 14, 24]] < 128).tolist()
    [True, False, True]
    """
    from skimage.filters import threshold_sauvola

    side = neighbourhood(grey, stroke)
    threshold = threshold_sauvola(grey, side, k=SENSITIVITY)  # type: ignore[no-untyped-call]
    contrast = np.maximum(255 - np.asarray(threshold, np.float64), NOISE)
    ink = (255.0 - grey) * (127 / contrast)
    return (255 - ink).clip(0, 255).round().astype(np.uint8)
