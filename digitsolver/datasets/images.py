"""Decode labelled images once, for everything that learns from them."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from digitsolver.datasets.captchas import Problem, Sample
from digitsolver.errors import ImageError
from digitsolver.io.images import ImageArray, decode_image, read_bytes
from digitsolver.pipeline.style import Style


@dataclass(frozen=True, slots=True)
class LabelledImage:
    """One captcha with its pixels.

    Attributes
    ----------
    sample
        Where the image comes from, and its label.
    pixels
        What ``read_image(sample.path)`` gives: uint8, (H, W), (H, W, 3) RGB, or (H, W, 4) RGBA
        where transparency is kept.
    luma
        (H, W), the grey that a colour JPEG stores, which differs by a level here and there from
        that of its colours; None where `pixels` has the same, or it was not asked for.
    """

    sample: Sample
    pixels: ImageArray = field(repr=False)
    luma: ImageArray | None = field(default=None, repr=False)

    def pixels_for(self, style: Style) -> ImageArray:
        """Return the pixels that the stages start from with this style, as from the file."""
        grey = style.projection == "grey" and style.channels == 1
        return self.luma if grey and self.luma is not None else self.pixels


def load_images(
    samples: Iterable[Sample], *, alpha: bool = False, luma: bool = False
) -> tuple[list[LabelledImage], list[Problem]]:
    """Decode the images of `samples`; those that cannot be decoded become problems.

    Parameters
    ----------
    samples
        Captchas, with or without labels.
    alpha
        Keep transparency, which is otherwise laid on white.
    luma
        Keep the grey of colour JPEGs as well: crops are then the same bit by bit as those that
        the stages cut from the files.

    Returns
    -------
    images : list of LabelledImage
        In the order of the samples.
    problems : list of Problem
    """
    images: list[LabelledImage] = []
    problems: list[Problem] = []
    for sample in samples:
        try:
            data = read_bytes(sample.path)
            pixels = decode_image(data, sample.path, alpha=alpha)
            jpeg = data.startswith(b"\xff\xd8") and pixels.ndim == 3
            grey = decode_image(data, sample.path, grey=True) if luma and jpeg else None
        except ImageError as error:
            problems.append(Problem.of(sample.path, error))
        else:
            images.append(LabelledImage(sample, pixels, grey))
    return images, problems
