"""
Segment: one centroid for each digit
====================================

Which columns belong to which digit? This is the hard stage: once digits are
separated, a network reads them almost without errors, as K. Chellapilla et
al. found ("Computers beat humans at single character recognition in reading
based human interaction proofs", 2005). This page runs K-means, the default
segmenter, by hand, one iteration at a time.
"""

from dataclasses import replace

import matplotlib.pyplot as plt
import numpy as np

from collector.draw import LOOKS, draw
from collector.draw.look import Range
from digitsolver.stages import (
    SEGMENTERS,
    bounding_box,
    clean,
    estimate_length,
    ink_per_column,
    k_means,
)

BLUE, ORANGE = "#0072B2", "#E69F00"

# %%
# A captcha to segment
# --------------------
# A *look* is a family of captchas that one site makes, in numbers: every number
# is sampled from a range. We take the look ``plain`` and give it six digits at
# very uneven distances, so that the segmenter has something to do.

plain = LOOKS["plain"]
uneven = replace(plain.digits, gap=Range(-0.05, 0.05), uneven=Range(0.8, 0.8))
look = replace(plain, lengths=(6, 6), digits=uneven)
captcha = draw(look, np.random.default_rng(11))
cleaned = clean(captcha.image)
x, y, width, height = bounding_box(cleaned)
clipped = cleaned[y : y + height, x : x + width]

# %%
# Columns as points with weights
# ------------------------------
# Forget that it is an image. Each column is a point on a line, and its weight
# is the square root of its ink. (Without the root, a vertical stroke such as
# that of a 1 or a 4 would weigh so much that it attracts the centroids of its
# neighbours.)

ink = ink_per_column(clipped)
columns = np.flatnonzero(ink)
points, weights = columns + np.float64(0.5), np.sqrt(ink[columns])

# %%
# The iteration
# -------------
# 1. Start with one centroid for each digit, at equal distances.
# 2. Assign each column to the nearest centroid.
# 3. Move each centroid to the weighted mean of its columns.
# 4. Repeat 2 and 3 until nothing changes.
#
# **Source.** S. Lloyd, "Least squares quantization in PCM", 1982.

digits = len(captcha.label)
centroids = (np.arange(digits) + 0.5) * width / digits
history = [centroids]
while True:
    nearest = np.abs(points[:, None] - centroids).argmin(axis=1)
    moved = np.array(
        [
            np.average(points[nearest == one], weights=weights[nearest == one])
            for one in range(digits)
        ]
    )
    history.append(moved)
    if np.allclose(moved, centroids):
        break
    centroids = moved

print(f"settled after {len(history) - 1} iterations")
print("centroids:", centroids.round(1))

# %%
# Our few lines and the library's function agree:

start = (np.arange(digits) + 0.5) * width / digits
print(
    "k_means of digitsolver.stages:", k_means(points, weights, start).round(1)
)

# %%
# Upper part: the digits, with the borders halfway between two centroids. Lower
# part: the columns' weights, and how the centroids moved, from top to bottom.

figure, (top, bottom) = plt.subplots(
    2,
    1,
    figsize=(7, 5),
    layout="constrained",
    sharex=True,
    height_ratios=(1, 1.4),
)
spans = SEGMENTERS["kmeans"](clipped, digits).spans
top.imshow(clipped, cmap="gray", vmin=0, vmax=255, extent=(0, width, height, 0))
for index, (first, stop) in enumerate(spans):
    top.axvspan(first, stop, color=(BLUE, ORANGE)[index % 2], alpha=0.35)
top.set(title="columns of each digit", yticks=[], aspect="auto")
bottom.bar(points, weights, width=1, color="#BBBBBB")
bottom.set(
    xlabel="column",
    ylabel="weight (square root of ink)",
    title="path of each centroid",
)
steps = bottom.twinx()
for path in np.transpose(history):
    steps.plot(
        path, np.arange(len(history)), "o-", color="#D55E00", markersize=4
    )
steps.set(
    ylabel="iteration",
    ylim=(len(history) - 0.5, -0.5),
    yticks=range(len(history)),
)
plt.show()

# %%
# How many digits?
# ----------------
# K-means has to be given the number of digits. If it is the same in every
# captcha of a site, a style says so. Otherwise it is estimated from the widths
# of the connected pieces of ink, compared with their height. Let us see how
# often that works, on 200 captchas whose digits are apart and on 200 whose
# digits touch: the look ``plain`` as it is, and with gaps below 0.
#
# **Source.** J. Yan and A. El Ahmad, "A low-cost attack on a Microsoft
# CAPTCHA", 2008.

touching = replace(plain, digits=replace(plain.digits, gap=Range(-0.2, -0.1)))
off = np.arange(-2, 3)
figure, ax = plt.subplots(figsize=(6, 3), layout="constrained")
for shift, kind, name in (
    (-0.2, plain, "digits apart"),
    (0.2, touching, "digits touch"),
):
    random = np.random.default_rng(7)
    errors = []
    for _ in range(200):
        grey = clean(draw(kind, random).image)
        left, upper, wide, high = bounding_box(grey)
        found = estimate_length(grey[upper : upper + high, left : left + wide])
        errors.append(np.clip(found - 4, -2, 2))
    share = [100 * np.mean(np.equal(errors, one)) for one in off]
    ax.bar(
        off + shift,
        share,
        width=0.4,
        color=BLUE if shift < 0 else ORANGE,
        label=name,
    )
ax.set(
    xlabel="estimated number of digits minus the true one",
    ylabel="captchas (%)",
    xticks=off,
)
ax.set_title("The number of digits is easy to find, unless they touch")
ax.legend()
plt.show()

# %%
# **Try next.** Set the gap at the top to ``Range(-0.2, -0.1)``: the iteration
# does not mind that the digits touch. Or start the centroids at other places:
# K-means finds the nearest local minimum, not always the best one.
