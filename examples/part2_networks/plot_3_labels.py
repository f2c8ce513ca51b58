"""
How many labels does a network need?
====================================

Labels are work: a person types them. How much better does a network get with
more of them, and what does it help to start from a network that has seen
other digits before? This page trains the same small network with 10, 30 and
80 labelled captchas, from random weights and from the weights that come with
the package, and shows two curves: the loss during one training, and the
accuracy against the number of labels.
"""

# sphinx_gallery_thumbnail_number = 2

import csv
import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

import digitsolver
from collector.dataset.generate import generate
from digitsolver.bundle import Bundle
from digitsolver.datasets import read_captchas
from digitsolver.measure.evaluation import evaluate
from digitsolver.readers.digits.settings import DigitsSettings
from digitsolver.train import train

BLUE, ORANGE = "#0072B2", "#D55E00"
temporary = tempfile.TemporaryDirectory()
folder = Path(temporary.name)

# %%
# Captchas to learn from, and others to test
# ------------------------------------------
# Both are generated, with different seeds. Test captchas choose nothing: no
# setting, no epoch, no threshold. Otherwise the accuracy would be too good to
# be true.

for seed, name in enumerate(("learn", "test")):
    for _ in generate("speckle", 100, folder / name, seed=seed):
        pass
test, problems = read_captchas(folder / "test")

# %%
# One training
# ------------
# Training changes the weights in small steps so that the loss falls. A part of
# the captchas, the *validation set*, is held out: the network does not learn
# from it. When the loss on the validation set no longer falls while the other
# one does, the network begins to learn its captchas by heart.


def trained_with(labels: int, *, from_scratch: bool) -> Bundle:
    """Train the small network with so many labelled captchas."""
    settings = DigitsSettings(epochs=5, min_steps=20, from_scratch=from_scratch)
    out = folder / f"model-{labels}-{from_scratch}"
    return train(
        folder / "learn", "speckle", out, settings=[settings], labels=labels
    ).bundle


COUNTS = (10, 30, 80)
STARTS = {"from random weights": True, "from pretrained weights": False}
bundles = {
    name: [trained_with(labels, from_scratch=scratch) for labels in COUNTS]
    for name, scratch in STARTS.items()
}

with (bundles["from random weights"][-1].path / "history.csv").open(
    encoding="utf-8"
) as file:
    rows = list(csv.DictReader(file))
epochs = [int(float(row["epoch"])) for row in rows]
figure, ax = plt.subplots(figsize=(6, 3.2), layout="constrained")
ax.plot(
    epochs,
    [float(row["loss"]) for row in rows],
    "o-",
    color=BLUE,
    label="learned from",
)
ax.plot(
    epochs,
    [float(row["val_loss"]) for row in rows],
    "s--",
    color=ORANGE,
    label="held out",
)
ax.set(
    xticks=epochs,
    xlabel="epoch",
    ylabel="loss (cross entropy)",
    title=f"one training with {COUNTS[-1]} labels",
)
ax.legend()
plt.show()

# %%
# Here the loss on the validation set still falls when the training ends: more
# epochs would help, and ``digitsolver train`` takes more. That it can end below
# the other one has a reason, too. The crops that are learned from are changed
# at random, turned and shifted a little, which makes them harder.

# %%
# Accuracy against labels
# -----------------------
# A captcha counts as read only if all six digits are right. The bars are 95 %
# Wilson intervals: with 100 test captchas, an accuracy is known to about 10
# points.
#
# **Source.** Learning curves: C. Cortes et al., "Learning curves: asymptotic
# values and rate of convergence", 1993. Transfer: J. Yosinski et al., "How
# transferable are features in deep neural networks?", 2014. Intervals: E. B.
# Wilson, "Probable inference, the law of succession, and statistical
# inference", 1927.

figure, ax = plt.subplots(figsize=(6, 3.6), layout="constrained")
for (name, models), colour, mark in zip(
    bundles.items(), (BLUE, ORANGE), "os", strict=True
):
    results = [evaluate(digitsolver.load(one.path), test) for one in models]
    rates = np.array([one.accuracy for one in results])
    ends = np.array([one.interval for one in results])
    bars = 100 * np.abs(ends.T - rates)
    ax.errorbar(
        COUNTS,
        100 * rates,
        bars,
        fmt=f"{mark}-",
        color=colour,
        capsize=4,
        label=name,
    )
ax.set(
    xscale="log",
    xticks=COUNTS,
    xticklabels=[str(one) for one in COUNTS],
    ylim=(0, 104),
)
ax.minorticks_off()
ax.set(
    xlabel="labelled captchas",
    ylabel="test captchas read (%)",
    title="more labels, more read",
)
ax.legend()
plt.show()

temporary.cleanup()

# %%
# The first labels help most. If your curve is still steep at its right end,
# label more; if it is flat, look for another cause, such as crops that show two
# digits.
#
# **Try next.** Use the look and the style ``lines`` in place of ``speckle``.
# Its digits are harder to separate, so some mistakes are made before the
# network. How far does the curve rise with more labels?
