"""
Clean: remove what is no digit
==============================

Real images of digits come in any colour, light on dark or dark on light, with
noise and lines over them. The first stage turns all of them into the same
kind of image: grayscale, dark digits on white, and nothing else. This page
does so with three generated captchas.
"""

import matplotlib.pyplot as plt
import numpy as np

from collector.draw import draw_one
from digitsolver.stages import (
    CLEANERS,
    clean_steps,
    stretch,
    stroke_width,
    to_grey,
)

# %%
# Levels: dark digits on white
# ----------------------------
# The look ``lines`` has coloured digits, often light ones on a dark background.
# Three steps follow each other:
#
# 1. Colours become one number for each pixel, its brightness.
# 2. A threshold divides the pixels into dark and light ones. The larger class
#    must be the background. If that is the dark one, the image is inverted.
# 3. The levels are stretched, so that the mean of the dark class becomes black
#    and the mean of the light class white.
#
# The threshold is Otsu's: of all thresholds it takes the one that leaves the
# smallest variance within the two classes. Nobody has to choose a number.
#
# **Source.** N. Otsu, "A threshold selection method from gray-level
# histograms", 1979.

captcha = draw_one("lines", seed=1, index=20)
grey = to_grey(captcha.image)
stretched = stretch(grey)

figure, axes = plt.subplots(
    2, 3, figsize=(9, 3.6), layout="constrained", height_ratios=(1, 1.3)
)
shown = {
    "original": captcha.image,
    "one channel": grey,
    "levels stretched": stretched,
}
for column, (title, image) in zip(axes.T, shown.items(), strict=True):
    column[0].imshow(image, cmap="gray", vmin=0, vmax=255)
    column[0].set(title=title, xticks=[], yticks=[])
    brightness = image if image.ndim == 2 else image.mean(axis=2)
    column[1].hist(brightness.ravel(), bins=32, range=(0, 256), color="#0072B2")
    column[1].set(xlabel="brightness (0 is black)", yscale="log", ylim=(1, 1e4))
axes[1, 0].set_ylabel("pixels")
plt.show()

# %%
# Speckles: noise as dark as the digits
# -------------------------------------
# The look ``speckle`` covers digits with noise of the same colour. No threshold
# can tell them apart, and a median filter as wide as the specks also wipes out
# thin strokes. But strokes are long: a short bar laid along a stroke is full of
# ink, a bar laid over noise is not, in whichever direction. The cleaner
# ``speckles`` tries eight directions at each pixel and keeps what fills one of
# the bars.
#
# How wide is the bar? As wide as a stroke. Here we say 3 pixels; ``digitsolver
# tune`` measures it on many captchas of a look.
#
# **Source.** Matched filters in all directions: S. Chaudhuri et al., "Detection
# of blood vessels in retinal images using two-dimensional matched filters",
# 1989.

captcha = draw_one("speckle", seed=1, index=5)
steps = clean_steps(
    captcha.image, ("speckles",), projection="grey", polarity="auto", stroke=3.0
)
(_, before), (_, after) = steps

removed = np.repeat(before[..., None], 3, axis=2)
removed[(before < 128) & (after >= 128)] = (213, 94, 0)

figure, axes = plt.subplots(3, 1, figsize=(7, 6.6), layout="constrained")
titles = ("before", "orange: what the cleaner removes", "after")
for ax, title, image in zip(
    axes, titles, (before, removed, after), strict=True
):
    ax.imshow(image, cmap="gray", vmin=0, vmax=255)
    ax.set(title=title, xticks=[], yticks=[])
plt.show()

print(f"width of the strokes that are left: {stroke_width(after):.1f} pixels")

# %%
# All cleaners
# ------------
# Each cleaner is a function against one kind of clutter: grey image and width
# of a stroke in, grey image out. A *style* lists the ones that a look needs, in
# order.

for name, cleaner in CLEANERS.items():
    print(f"{name:16} {(cleaner.__doc__ or '').splitlines()[0]}")

# %%
# **Try next.** Change ``index=5`` to other numbers. Half of the captchas of
# this look have a dotted grid in place of noise. Set ``stroke`` to 1 or to 8: a
# bar much thinner than a stroke fits into the noise, a wider one fits nowhere.
