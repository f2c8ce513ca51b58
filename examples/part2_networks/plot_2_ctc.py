r"""
CTC by hand: reading a text of unknown position
===============================================

A network that reads the whole image gives an answer for each of many narrow
slices, called *frames*. The label "12" does not say in which frames its
digits are. Connectionist temporal classification (CTC) solves this: it adds
up *all* the ways in which the frames could spell the text. This page does it
for three frames and two digits, with numbers that you can check with a
pencil.

**Source.** A. Graves, S. Fernández, F. Gomez and J. Schmidhuber,
"Connectionist temporal classification: labelling unsegmented sequence data
with recurrent neural networks", 2006.
"""

from itertools import groupby, product
from math import prod

import matplotlib.pyplot as plt
import numpy as np

import digitsolver
from collector.draw import draw_one
from digitsolver.readers.line.ctc import best_path, decode, posterior

# %%
# Three frames
# ------------
# Each frame has a probability for "1", for "2", and for the *blank*, written
# "-": no digit here. They add up to 1. Here is what a network might say:

CLASSES = "12-"
frames = np.array(
    [
        [0.6, 0.1, 0.3],
        [0.3, 0.2, 0.5],
        [0.1, 0.4, 0.5],
    ]
)

figure, ax = plt.subplots(figsize=(4.5, 3), layout="constrained")
ax.imshow(frames.T, cmap="Blues", vmin=0, vmax=1)
for frame, chances in enumerate(frames):
    for row, chance in enumerate(chances):
        colour = "white" if chance > 0.5 else "black"
        ax.text(
            frame, row, f"{chance:.1f}", ha="center", va="center", color=colour
        )
ax.set(
    xticks=range(3),
    xticklabels=["1st", "2nd", "3rd"],
    yticks=range(3),
    yticklabels=CLASSES,
)
ax.set(
    xlabel="frame",
    ylabel="class",
    title="probability of each class in each frame",
)
plt.show()

# %%
# Paths and texts
# ---------------
# A *path* takes one class in each frame. To get its text, merge equal
# neighbours, then drop blanks. So "11-" and "-1-" both spell "1", and "1-1"
# spells "11": the blank is what makes two equal digits in a row possible. A
# path's probability is the product of its three entries.
#
# There are 3 x 3 x 3 = 27 paths. We list them all and add up those with the
# same text.


def text_of(path: str) -> str:
    """Merge equal neighbours, then drop blanks."""
    return "".join(letter for letter, _ in groupby(path) if letter != "-")


paths: dict[str, float] = {}
texts: dict[str, float] = {}
for chosen in product(range(3), repeat=3):
    path = "".join(CLASSES[one] for one in chosen)
    chance = prod(frames[frame, one] for frame, one in enumerate(chosen))
    paths[path] = chance
    texts[text_of(path)] = texts.get(text_of(path), 0.0) + chance

for text, chance in sorted(texts.items(), key=lambda item: -item[1]):
    spelled = [path for path in paths if text_of(path) == text]
    print(f"{text or '(none)':7}{chance:.3f}  {', '.join(spelled)}")
print(f"sum    {sum(texts.values()):.3f}")

# %%
# The best path is not the best text
# ----------------------------------
# The quick way to read, *greedy decoding*, takes the best class of each frame.
# That is one path. But a text with many paths of middling probability can beat
# it. In the figure, orange is the most probable text with its paths, blue the
# second one.

order = sorted(paths, key=lambda path: -paths[path])[:10]
ranked = sorted(texts, key=lambda text: -texts[text])
colours = dict(zip(ranked[:2], ("#E69F00", "#0072B2"), strict=True))

figure, (left, right) = plt.subplots(
    1, 2, figsize=(9, 3.6), layout="constrained"
)
left.barh(
    order,
    [paths[one] for one in order],
    color=[colours.get(text_of(p), "#BBBBBB") for p in order],
)
left.set(title="the ten best of 27 paths", xlabel="probability", ylabel="path")
left.invert_yaxis()
names = [one or "(none)" for one in ranked]
right.barh(
    names,
    [texts[one] for one in ranked],
    color=[colours.get(one, "#BBBBBB") for one in ranked],
)
right.set(
    title="texts: sums over their paths", xlabel="probability", ylabel="text"
)
right.invert_yaxis()
plt.show()

print(
    "greedy decoding reads",
    text_of(order[0]),
    "- the most probable text is",
    ranked[0],
)

# %%
# Both are in the library:

print("best path:", "".join(CLASSES[one] for one in best_path(frames)))
print("most probable text:", decode(np.log(frames), "12").text)

# %%
# The forward algorithm
# ---------------------
# With 40 frames and 11 classes, listing all paths would take longer than the
# age of the universe. The *forward algorithm* gets the same sum with a small
# table. Write the text with a blank before, between and behind its digits: for
# "12" these are the states -, 1, -, 2, -. Entry :math:`\alpha_t(s)` is the
# probability of all paths that reach state :math:`s` in frame :math:`t`. From
# one frame to the next a path may stay, go on by one state, or skip a blank
# between two different digits:
#
# .. math::
#    \alpha_t(s) = p_t(s)\,
#    \bigl(\alpha_{t-1}(s) + \alpha_{t-1}(s-1) + \alpha_{t-1}(s-2)\bigr)

states = "-1-2-"
alpha = np.zeros((3, len(states)))
alpha[0, :2] = [frames[0, CLASSES.index(state)] for state in states[:2]]
for t in (1, 2):
    for s, state in enumerate(states):
        ways = alpha[t - 1, s]
        if s >= 1:
            ways += alpha[t - 1, s - 1]
        if s >= 2 and state != "-" and state != states[s - 2]:
            ways += alpha[t - 1, s - 2]
        alpha[t, s] = ways * frames[t, CLASSES.index(state)]

figure, ax = plt.subplots(figsize=(5.5, 3.6), layout="constrained")
ax.imshow(alpha.T, cmap="Blues", vmin=0, vmax=0.8)
for (t, s), value in np.ndenumerate(alpha):
    ax.text(
        t,
        s,
        f"{value:.3f}",
        ha="center",
        va="center",
        color="white" if value > 0.5 else "black",
    )
ax.set(
    xticks=range(3),
    xticklabels=["1st", "2nd", "3rd"],
    yticks=range(5),
    yticklabels=states,
)
ax.set(xlabel="frame", ylabel="state", title='forward table of the text "12"')
plt.show()

# %%
# A path may end in the last digit or in the blank behind it. The sum of these
# two entries is the probability of the text, the same as from the list above.

print(f"forward algorithm: {alpha[2, 3] + alpha[2, 4]:.3f}")
print(f"list of all paths: {texts['12']:.3f}")
print(f"the library:       {posterior(frames, [0, 1]).probability:.3f}")

# %%
# The same with a real network
# ----------------------------
# The default model has frames like these, for ten digits and the blank, along
# the whole image. The CTC loss never says where a digit is. It only raises the
# probability of the right text, and the peaks come by themselves.

captcha = draw_one("lines", seed=1, index=11)
solver = digitsolver.load()
real = np.asarray(solver.explain(captcha.image).frames)

figure, (top, bottom) = plt.subplots(
    2, 1, figsize=(8, 4.2), layout="constrained", height_ratios=(1, 1.3)
)
top.imshow(captcha.image, aspect="auto")
top.set(
    title=f"read as {solver.solve(captcha.image).text}", xticks=[], yticks=[]
)
shown = bottom.imshow(real.T, cmap="Blues", vmin=0, vmax=1, aspect="auto")
bottom.set(
    xlabel="frame",
    ylabel="class",
    yticks=range(11),
    yticklabels=[*"0123456789", "-"],
)
figure.colorbar(shown, ax=bottom, label="probability")
plt.show()

# %%
# **Try next.** In the third frame, give the blank more and the "2" less, step
# by step: from where on do greedy decoding and the sum agree? And which network
# output would make "11" the most probable text?
