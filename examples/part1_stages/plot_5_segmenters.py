"""
Three segmenters compared
=========================

There is more than one way to separate digits. digitsolver has three
segmenters, and each of them is best at something. This page shows them on the
same captchas, and then measures how far the columns that they find are from
the true ones.
"""

from dataclasses import replace

import matplotlib.pyplot as plt
import numpy as np
from numpy.typing import NDArray

from collector.draw import LOOKS, Look, draw
from collector.draw.look import Range
from digitsolver.stages import SEGMENTERS, bounding_box, clean

COLOURS = {"kmeans": "#0072B2", "equal": "#E69F00", "contours": "#009E73"}
LENGTH = 4

# %%
# How they work
# -------------
# - ``kmeans``: a centroid for each digit settles where the ink is; the borders
#   are halfway between two centroids.
# - ``equal``: the box is cut into equal parts, whatever is in them.
# - ``contours``: connected ink is one digit; pieces that are too wide are cut
#   where there is least ink, and pieces that are too many are joined.
#
# **Source.** S. Lloyd, "Least squares quantization in PCM", 1982. J. Yan and A.
# El Ahmad, "A low-cost attack on a Microsoft CAPTCHA", 2008. A. Geitgey, "How
# to break a CAPTCHA system in 15 minutes with machine learning", 2017.
#
# Three looks put them to the test. They are the look ``plain``, with other gaps
# between the digits.

plain = LOOKS["plain"]


def with_gaps(gap: Range, uneven: Range) -> Look:
    """Return the look `plain` with other gaps, in heights of a digit."""
    return replace(plain, digits=replace(plain.digits, gap=gap, uneven=uneven))


looks = {
    "even gaps": with_gaps(Range(0.2, 0.2), Range(0.0, 0.0)),
    "uneven gaps": with_gaps(Range(0.05, 0.1), Range(0.6, 0.8)),
    "digits overlap": with_gaps(Range(-0.2, -0.14), Range(0.0, 0.0)),
}

# %%
# What they find
# --------------


def clipped(image: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], int]:
    """Return the box around all digits, and the column where it begins."""
    grey = clean(image)
    x, y, width, height = bounding_box(grey)
    return grey[y : y + height, x : x + width], x


figure, axes = plt.subplots(3, 3, figsize=(9, 4), layout="constrained")
for row, (title, look) in zip(axes, looks.items(), strict=True):
    box, _ = clipped(draw(look, np.random.default_rng(3)).image)
    height, width = box.shape
    for ax, (name, segmenter) in zip(row, SEGMENTERS.items(), strict=True):
        ax.imshow(
            box, cmap="gray", vmin=0, vmax=255, extent=(0, width, height, 0)
        )
        for index, (start, stop) in enumerate(segmenter(box, LENGTH).spans):
            ax.axvspan(
                start, stop, color=COLOURS[name], alpha=(0.2, 0.45)[index % 2]
            )
        ax.set(xticks=[], yticks=[], aspect="auto")
    row[0].set_ylabel(title)
for ax, name in zip(axes[0], SEGMENTERS, strict=True):
    ax.set_title(name)
plt.show()

# %%
# How far off they are
# --------------------
# The generator knows where it put each digit. A segmentation counts as right if
# the middle of every span is within a quarter of a digit's width of the true
# middle.


def is_right(look: Look, segmenter: str, random: np.random.Generator) -> bool:
    """Return whether a segmenter finds every digit of a new captcha."""
    captcha = draw(look, random)
    box, left = clipped(captcha.image)
    found = left + SEGMENTERS[segmenter](box, LENGTH).spans.mean(axis=1)
    true = captcha.boxes[:, 0] + captcha.boxes[:, 2] / 2
    return bool((np.abs(found - true) < captcha.boxes[:, 2].mean() / 4).all())


figure, ax = plt.subplots(figsize=(7, 3.2), layout="constrained")
for shift, (name, colour) in zip(
    (-0.27, 0.0, 0.27), COLOURS.items(), strict=True
):
    shares = []
    for look in looks.values():
        random = np.random.default_rng(5)
        shares.append(
            100 * np.mean([is_right(look, name, random) for _ in range(100)])
        )
    bars = ax.bar(
        np.arange(3) + shift, shares, width=0.27, color=colour, label=name
    )
    ax.bar_label(bars, fmt="%.0f")
ax.set(
    xticks=range(3),
    xticklabels=list(looks),
    ylabel="captchas right (%)",
    ylim=(0, 112),
)
ax.set_title("No segmenter is best at everything")
ax.legend(
    ncols=3, loc="upper center", bbox_to_anchor=(0.5, -0.12), frameon=False
)
plt.show()

# %%
# **Try next.** Give all digits one typeface (``one_face=1.0, related=0.0`` in
# ``replace``) or more overlap. ``digitsolver tune`` makes this comparison for a
# folder of your own captchas and picks the segmenter by how well the crops can
# be read.
