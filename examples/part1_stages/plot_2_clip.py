"""
Clip: find the box around all digits
====================================

The second stage finds the bounding box of the digits. Everything outside of
it is ignored from here on. With a perfectly clean image this would be easy:
take the first and the last column with ink. But the cleaners always leave a
few specks, and one of them in a corner would make the box as large as the
image.
"""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.patches import Rectangle

from collector.draw import draw_one
from digitsolver.stages import bounding_box, clean, ink_per_column

BLUE, ORANGE = "#0072B2", "#D55E00"

# %%
# An image with something left in it
# ----------------------------------
# Here is a clean captcha, to which we add some specks ourselves.

captcha = draw_one("plain", seed=1, index=10)
clean_image = clean(captcha.image)
height, width = clean_image.shape

random = np.random.default_rng(0)
specked = clean_image.copy()
for _ in range(25):
    y, x = random.integers(0, height - 2), random.integers(0, width - 2)
    specked[y : y + 2, x : x + 2] = 0

# %%
# A price for each column
# -----------------------
# Specks are spread over the whole image, digits are not. So the stage measures
# how much ink a column of noise has on average, and subtracts this *price* from
# every column. What remains is positive where the digits are and negative
# elsewhere. The box is the interval with the largest remaining sum: a gap
# between two digits may cost a little, because the digit behind it brings more.
#
# A single pass over the columns finds that interval. Rows are treated in the
# same way.
#
# **Source.** J. Kadane's algorithm, in J. Bentley, "Programming pearls:
# algorithm design techniques", 1984.

x, y, wide, high = bounding_box(specked)
dark = np.flatnonzero((specked < 128).any(axis=0))
naive = dark[0], dark[-1] - dark[0] + 1

figure, (top, bottom) = plt.subplots(
    2, 1, figsize=(7, 4.6), layout="constrained", sharex=True
)
top.imshow(specked, cmap="gray", vmin=0, vmax=255, extent=(0, width, height, 0))
top.add_patch(
    Rectangle((x, y), wide, high, fill=False, color=BLUE, linewidth=2.5)
)
top.add_patch(
    Rectangle(
        (naive[0], 0.5),
        naive[1],
        height - 1,
        fill=False,
        color=ORANGE,
        linestyle="--",
    )
)
top.set(
    title="blue: the box that is found; dashed: all ink",
    yticks=[],
    aspect="auto",
)
bottom.bar(
    np.arange(width) + 0.5, ink_per_column(specked), width=1, color="#555555"
)
bottom.axvspan(x, x + wide, color=BLUE, alpha=0.15)
bottom.set(
    xlabel="column", ylabel="ink (black pixels)", title="ink in each column"
)
plt.show()

# %%
# How much noise is too much?
# ---------------------------
# We make more and more pixels black, anywhere, and watch the width of the box.
# The dashed line is the width without noise, the dotted one the width of the
# image.

counts = range(0, 1601, 100)
widths = []
for count in counts:
    trials = []
    for trial in range(10):
        random = np.random.default_rng(trial)
        noisy = clean_image.copy()
        noisy[
            random.integers(0, height, count), random.integers(0, width, count)
        ] = 0
        trials.append(bounding_box(noisy)[2])
    widths.append(np.mean(trials))

figure, ax = plt.subplots(figsize=(6, 3), layout="constrained")
ax.plot(counts, widths, "o-", color=BLUE, label="found")
ax.axhline(
    bounding_box(clean_image)[2],
    color="black",
    linestyle="--",
    label="without noise",
)
ax.axhline(width, color="black", linestyle=":", label="image")
ax.set(
    xlabel="black pixels added",
    ylabel="width of the box (pixels)",
    ylim=(0, 1.1 * width),
)
ax.set_title("The box keeps its width through a lot of noise")
ax.legend(loc="lower right")
plt.show()

# %%
# **Where it fails.** Clutter as large as a digit counts as a digit. A line that
# runs past the digits makes the box too wide, and all later stages count
# columns from the wrong edge.
#
# **Try next.** Add one block of 8 by 8 pixels in a corner instead of specks. At
# which size does the box give in?
