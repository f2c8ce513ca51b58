"""
Add a cleaner in ten lines
==========================

Your images have clutter that no cleaner removes? Write your own. A cleaner is
a function: it takes a grey image, dark on white, and the width of the digits'
strokes, and returns such an image. This page adds one against the printed
rules of a form.
"""

import cv2
import matplotlib.pyplot as plt
import numpy as np
from numpy.typing import NDArray

import digitsolver
from collector.draw import draw_one
from digitsolver.stages import CLEANERS

Image = NDArray[np.uint8]

# %%
# The clutter
# -----------
# A form prints two black rules through the digits. They connect everything, and
# they are as dark as the digits.


def ruled(image: Image) -> Image:
    """Return a copy of an image with two rules printed over it."""
    printed = image.copy()
    height = len(image)
    for row in (height // 3, 2 * height // 3):
        printed[row : row + 2] = 0
    return printed


captcha = draw_one("plain", seed=1, index=18)
image = ruled(captcha.image)

# %%
# The cleaner
# -----------
# Rules are long and horizontal, strokes are not. A morphological *opening* with
# a long flat bar keeps only what the bar fits into: the rules. We subtract
# these, and a *closing* with a short upright bar mends the strokes that they
# crossed.
#
# **Source.** J. Serra, "Image analysis and mathematical morphology", 1982.


def remove_rules(grey: Image, stroke: float) -> Image:
    """Remove horizontal rules, and mend the strokes that they crossed."""
    ink = cv2.bitwise_not(grey)
    long = cv2.getStructuringElement(cv2.MORPH_RECT, (round(12 * stroke), 1))
    rules = cv2.morphologyEx(ink, cv2.MORPH_OPEN, long)
    upright = cv2.getStructuringElement(cv2.MORPH_RECT, (1, 5))
    mended = cv2.morphologyEx(
        cv2.subtract(ink, rules), cv2.MORPH_CLOSE, upright
    )
    return np.asarray(cv2.bitwise_not(mended), dtype=np.uint8)


# %%
# One line registers it, and a style can name it:

CLEANERS["rules"] = remove_rules
plain = digitsolver.Style()
with_rules = digitsolver.Style(cleaners=("rules",), stroke=2.0)

# %%
# Before and after
# ----------------

figure, axes = plt.subplots(2, 2, figsize=(9, 3.4), layout="constrained")
for row, (title, style) in zip(
    axes,
    {"without": plain, "with the cleaner": with_rules}.items(),
    strict=True,
):
    trace = digitsolver.trace(image, style, length=4)
    row[0].imshow(trace.cleaned, cmap="gray", vmin=0, vmax=255)
    row[0].set(title=f"{title}: cleaned image", xticks=[], yticks=[])
    row[1].imshow(np.hstack(list(trace.crops)), cmap="gray", vmin=0, vmax=255)
    row[1].set(title=f"{title}: the four crops", xticks=[], yticks=[])
plt.show()

# %%
# Strokes that run along a rule, such as the foot of a 2, are lost with it. That
# is the price.
#
# Does it help?
# -------------
# Look at more than one image before you believe in it. The digits of a captcha
# count as found if the middle of every span is within a third of a digit's
# width of the true one.


def share_found(style: digitsolver.Style, captchas: int = 100) -> float:
    """Return in how many captchas every digit is found, in percent."""
    found = 0
    for index in range(captchas):
        one = draw_one("plain", seed=3, index=index)
        spans = digitsolver.trace(ruled(one.image), style, length=4).spans
        true = one.boxes[:, 0] + one.boxes[:, 2] / 2
        found += bool(
            (
                np.abs(spans.mean(axis=1) - true) < one.boxes[:, 2].mean() / 3
            ).all()
        )
    return 100 * found / captchas


shares = {
    "without": share_found(plain),
    "with the cleaner": share_found(with_rules),
}
figure, ax = plt.subplots(figsize=(5, 2), layout="constrained")
bars = ax.barh(
    list(shares), list(shares.values()), color=["#BBBBBB", "#0072B2"]
)
ax.bar_label(bars, fmt="%.0f %%", padding=3)
ax.set(
    xlabel="captchas whose digits are all found (%)",
    xlim=(0, 115),
    title="The effect",
)
plt.show()

# %%
# To keep it, put the function into ``digitsolver/stages/clean.py`` with a line
# in ``CLEANERS``: then ``digitsolver tune`` tries it, too. A *segmenter* is
# added in the same way, to ``SEGMENTERS``. Here we leave the registry as it
# was.

del CLEANERS["rules"]

# %%
# **Try next.** Tilt the rules by a few degrees. At which angle does the flat
# bar no longer fit?
