"""
What breaks the stages: noise, lines and overlap
================================================

A designer of captchas has three classic defences: noise, lines across the
digits, and digits that overlap. This page makes each of them stronger, step
by step, and watches what the stages still find. It is the experiment of
Bursztein, Martin and Mitchell in small: anti-segmentation, not unreadable
characters, is what makes a captcha hard.

**Source.** E. Bursztein, M. Martin and J. Mitchell, "Text-based CAPTCHA
strengths and weaknesses", 2011.
"""

# sphinx_gallery_thumbnail_number = 2

from collections.abc import Callable
from dataclasses import replace

import matplotlib.pyplot as plt
import numpy as np
from numpy.typing import NDArray
from sklearn.svm import SVC

import digitsolver
from collector.draw import LOOKS, Look, draw
from collector.draw.look import Layer, Range, fixed
from digitsolver.pipeline.style import Style
from digitsolver.pipeline.trace import compare_segmenters
from digitsolver.stages import SEGMENTERS

COLOURS = {"kmeans": "#0072B2", "equal": "#E69F00", "contours": "#009E73"}
LENGTH = 4

# %%
# Three defences
# --------------
# Each defence is a function from a strength to a look. A look has *layers* of
# clutter; their size is relative to the width of a stroke.

plain = LOOKS["plain"]
spaced = replace(
    plain.digits, kinds=("mono",), gap=fixed(0.15), uneven=fixed(0.0)
)
base = replace(plain, digits=spaced)


def with_noise(percent: float) -> Look:
    """Return a look with black specks on some percent of the pixels."""
    return replace(
        base,
        layers=(Layer("speckle", 1.0, fixed(percent), fixed(0.1), over=1.0),),
    )


def with_lines(width: float) -> Look:
    """Return a look with two lines, so many strokes wide, across the digits."""
    lines = Layer("lines", 1.0, fixed(2), fixed(width), over=1.0, through=1.0)
    return replace(base, layers=(lines,) if width else ())


def with_overlap(share: float) -> Look:
    """Return a look whose digits overlap by a share of their height."""
    gap = 0.15 - share
    return replace(base, digits=replace(base.digits, gap=Range(gap, gap)))


Defence = tuple[str, Callable[[float], Look], list[float], Style]
DEFENCES: list[Defence] = [
    (
        "noise (% of pixels)",
        with_noise,
        [0, 8, 16, 24, 32],
        Style(cleaners=("speckles",)),
    ),
    (
        "two lines (strokes wide)",
        with_lines,
        [0, 0.3, 0.6, 0.9, 1.2],
        Style(cleaners=("lines",)),
    ),
    (
        "gap lost (digit heights)",
        with_overlap,
        [0, 0.1, 0.2, 0.3, 0.4],
        Style(),
    ),
]

# %%
# What a person sees
# ------------------
# The same captcha with each defence, stronger from left to right. Which ones
# can you still read?

figure, axes = plt.subplots(3, 5, figsize=(10, 3), layout="constrained")
for row, (name, make, strengths, _) in zip(axes, DEFENCES, strict=True):
    for ax, strength in zip(row, strengths, strict=True):
        ax.imshow(draw(make(strength), np.random.default_rng(4)).image)
        ax.set(title=f"{strength:g}", xticks=[], yticks=[])
    row[0].set_ylabel(name.replace(" (", "\n("), fontsize=8)
plt.show()

# %%
# What is still read
# ------------------
# An attacker adapts. So for each strength we take 100 labelled captchas, run
# the stages, and fit a support vector machine to the crops; then we count how
# many of 50 other captchas are read without an error. The number of digits is
# given. Noise is cleaned by ``speckles``, lines by ``lines``. As cleaning is
# the same for all segmenters, each captcha is cleaned once.
#
# **Source.** C. Cortes and V. Vapnik, "Support-vector networks", 1995.

LEARNT, TESTED = 100, 50


def accuracies(look: Look, style: Style) -> dict[str, float]:
    """Return how many captchas are read with each segmenter, in percent."""
    random = np.random.default_rng(8)
    crops: dict[str, list[NDArray[np.uint8]]] = {
        name: [] for name in SEGMENTERS
    }
    labels = []
    for _ in range(LEARNT + TESTED):
        captcha = draw(look, random)
        trace = digitsolver.trace(captcha.image, style, length=LENGTH)
        for name, other in compare_segmenters(trace, style, LENGTH).items():
            if isinstance(other, digitsolver.Trace):
                crops[name].append(other.crops)
        labels.append(list(captcha.label))
    found = {}
    for name, cut in crops.items():
        pixels = np.reshape(cut, (-1, cut[0][0].size)) / 255
        known = LEARNT * LENGTH
        classifier = SVC(C=10).fit(pixels[:known], np.ravel(labels[:LEARNT]))
        read = classifier.predict(pixels[known:]).reshape(-1, LENGTH)
        found[name] = 100 * float((read == labels[LEARNT:]).all(axis=1).mean())
    return found


figure, axes = plt.subplots(
    1, 3, figsize=(10, 3.3), layout="constrained", sharey=True
)
for ax, (title, make, strengths, style) in zip(axes, DEFENCES, strict=True):
    measured = [accuracies(make(strength), style) for strength in strengths]
    for name, colour in COLOURS.items():
        ax.plot(
            strengths,
            [one[name] for one in measured],
            "o-",
            color=colour,
            label=name,
        )
    ax.set(xlabel=title, ylim=(0, 104))
axes[0].set_ylabel("captchas read (%)")
axes[1].set_title("Stronger defences, fewer captchas read")
axes[0].legend()
plt.show()

# %%
# With 50 captchas a point, differences below about 15 points mean little.
# Still, the three defences differ. Noise is the weakest: a cleaner takes away
# most of it. Lines work once they are so wide that the cleaner can no longer
# tell them from strokes, and then they hurt all segmenters alike. Overlap
# leaves nothing to clean. ``contours`` gives in first, since it depends on
# gaps; the other two separate digits that touch, until the crops show more of
# the neighbours than of the digit.
#
# A network that reads the whole image at once needs no segmentation at all, as
# later pages show.
#
# **Try next.** Combine two defences: give ``with_overlap`` the layers of
# ``with_lines``. Or fit the classifier to 400 captchas: which defence loses
# most?
