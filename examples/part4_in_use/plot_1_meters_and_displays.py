"""
Meters and seven-segment displays
=================================

Short strings of digits are not only in captchas: water and power meters show
them on wheels, scales and clocks on displays. This page reads both with the
default model, which knows them from generated images, and shows three options
that help with photographs: a given length, an unknown orientation, and a
small number in a large image.
"""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

import digitsolver
from collector.draw import draw_one
from digitsolver.measure.statistics import wilson
from digitsolver.stages import locate_lines

BLUE, ORANGE = "#0072B2", "#D55E00"
solver = digitsolver.load()

# %%
# Read some
# ---------
# A reading has the text, its confidence, and for each digit its confidence and
# its box.

figure, axes = plt.subplots(3, 2, figsize=(8, 5.6), layout="constrained")
for column, look in zip(axes.T, ("meter", "seven-segment"), strict=True):
    for index, ax in enumerate(column):
        captcha = draw_one(look, seed=22, index=index, length=5)
        reading = solver.solve(captcha.image)
        ax.imshow(captcha.image)
        for digit in reading.digits:
            x, y, width, height = digit.box
            ax.add_patch(
                Rectangle(
                    (x, y), width, height, fill=False, edgecolor="white", lw=3
                )
            )
            ax.add_patch(
                Rectangle(
                    (x, y), width, height, fill=False, edgecolor=BLUE, lw=1.5
                )
            )
        title = f"{reading.text}, {reading.confidence:.0%}"
        if reading.text != captcha.label:
            title += f" (wrong: {captcha.label})"
        ax.set(title=title, xticks=[], yticks=[])
    column[-1].set_xlabel(f"look {look!r}")
plt.show()

# %%
# A given length
# --------------
# A meter always has the same number of digits. If you say so, only texts of
# that length are compared. Nothing is cut off or invented to fit: the most
# probable text of that length is found over all alignments.
#
# **Source.** A. Graves et al., "Connectionist temporal classification", 2006;
# see the page about CTC.

COUNT = 80
looks = ("meter", "seven-segment", "handwritten")
results: dict[str, list[int]] = {"length unknown": [], "length given": []}
for look in looks:
    captchas = [
        draw_one(look, seed=21, index=index, length=5) for index in range(COUNT)
    ]
    for name, length in (("length unknown", None), ("length given", 5)):
        answers = solver.solve_many(
            [captcha.image for captcha in captchas], length=length
        )
        right = sum(
            isinstance(answer, digitsolver.Reading)
            and answer.text == captcha.label
            for answer, captcha in zip(answers, captchas, strict=True)
        )
        results[name].append(right)

figure, ax = plt.subplots(figsize=(6.5, 3.6), layout="constrained")
for shift, (name, counts), colour in zip(
    (-0.2, 0.2), results.items(), ("#BBBBBB", BLUE), strict=True
):
    share = np.array(counts) / COUNT
    ends = np.array([wilson(count, COUNT) for count in counts])
    bars = 100 * np.abs(ends.T - share)
    places = np.arange(len(looks)) + shift
    ax.bar(
        places,
        100 * share,
        width=0.4,
        color=colour,
        label=name,
        yerr=bars,
        capsize=4,
    )
ax.set(
    xticks=range(len(looks)),
    xticklabels=looks,
    ylabel="read right (%)",
    ylim=(0, 104),
)
ax.set_title(f"{COUNT} generated images of each kind, 95 % intervals")
ax.legend(
    ncols=2, loc="upper center", bbox_to_anchor=(0.5, -0.1), frameon=False
)
plt.show()

# %%
# Any way up
# ----------
# A photograph may lie on its side. With ``rotate="auto"`` the image is read all
# four ways and the most confident reading wins.

captcha = draw_one("meter", seed=20, index=0, length=5)
turned = np.rot90(captcha.image)
print("as it is:     ", solver.solve(turned))
print("rotate='auto':", solver.solve(turned, rotate="auto"))
print("label:        ", captcha.label)

# %%
# A small number in a large image
# -------------------------------
# Here a counter is a small part of a larger scene. Where the whole image is not
# read with confidence, the solver looks for rows of strokes that are alike in
# height and width, and reads these alone. ``locate_lines`` is the function that
# finds them.
#
# **Source.** B. Epshtein, E. Ofek and Y. Wexler, "Detecting text in natural
# scenes with stroke width transform", 2010.


def scene(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return a larger, shaded, noisy scene with an image in it."""
    height, width = image.shape[:2]
    random = np.random.default_rng(4)
    shade = np.linspace(90, 190, 3 * width) + random.normal(
        0, 4, (5 * height, 3 * width)
    )
    large = np.repeat(shade.clip(0, 255).astype(np.uint8)[..., None], 3, axis=2)
    large[3 * height : 4 * height, width // 2 : width // 2 + width] = image[
        ..., :3
    ]
    return large


counter = draw_one("meter", seed=20, index=2, length=5)
photograph = scene(counter.image)
print("the whole image alone:", digitsolver.load(crop="none").solve(photograph))
print("with its line of digits:", solver.solve(photograph))

figure, ax = plt.subplots(figsize=(6, 3.4), layout="constrained")
ax.imshow(photograph)
for line in locate_lines(photograph)[:1]:
    x, y, width, height = line.box
    ax.add_patch(
        Rectangle((x, y), width, height, fill=False, edgecolor=ORANGE, lw=2)
    )
ax.set(
    title=f"the line of digits that is found (label {counter.label})",
    xticks=[],
    yticks=[],
)
plt.show()

# %%
# **Try next.** Read photographs of your own meter: ``solver.solve("meter.jpg",
# length=5)``. If some are misread, label fifty of them with ``collector label``
# and train on these.
