"""
What the network of a digit looks at
====================================

Crops are read by a small convolutional network. This page trains one in
seconds and opens it: the patterns that its first layer looks for, what its
layers answer to one digit, and which parts of the crop speak for the digit
that it reads.
"""

# sphinx_gallery_thumbnail_number = 3

import tempfile
from pathlib import Path

import keras
import matplotlib.pyplot as plt
import numpy as np

import digitsolver
from collector.dataset.generate import generate
from collector.draw import draw_one
from digitsolver.bundle import KERAS
from digitsolver.readers.digits.settings import DigitsSettings
from digitsolver.train import train
from digitsolver.visualize import open_grad_cam

# %%
# Train it
# --------
# 150 captchas of the look ``speckle`` are generated into a temporary folder,
# the stages cut them into 900 crops, and the network learns from these. It
# starts from weights that come with the package, which have seen digits of many
# looks, so that a few epochs are enough.

temporary = tempfile.TemporaryDirectory()
folder = Path(temporary.name)
for _ in generate("speckle", 150, folder / "captchas", seed=1):
    pass
settings = DigitsSettings(epochs=3, min_steps=20)
trained = train(
    folder / "captchas", "speckle", folder / "model", settings=[settings]
)
solver = digitsolver.load(folder / "model")
figures = trained.bundle.metrics()["validation"]
print(
    f"digits read right on the validation set: {figures['digit_accuracy']:.1%}"
)

# %%
# The filters of the first layer
# ------------------------------
# A convolution slides small patterns over the crop and notes where each one
# fits. Purple weights want ink, orange ones want paper. Look for edges: ink on
# one side, paper on the other, upright, level or slanted. Others are not so
# easy to name; nobody told the network what to look for.
#
# **Source.** Y. LeCun et al., "Gradient-based learning applied to document
# recognition", 1998.

model = keras.models.load_model(trained.bundle.path / KERAS)
first = next(
    layer for layer in model.layers if isinstance(layer, keras.layers.Conv2D)
)
filters = first.get_weights()[0][:, :, 0, :]
most = np.abs(filters).max()

figure, axes = plt.subplots(4, 8, figsize=(7, 3.8), layout="constrained")
for ax, pattern in zip(axes.flat, np.moveaxis(filters, -1, 0), strict=True):
    shown = ax.imshow(pattern, cmap="PuOr", vmin=-most, vmax=most)
    ax.set(xticks=[], yticks=[])
figure.colorbar(shown, ax=axes, label="weight", shrink=0.8)
figure.suptitle("the 32 filters of the first convolution, 3 x 3 weights each")
plt.show()

# %%
# What the layers answer
# ----------------------
# For one crop, the six outputs of each layer that vary most; dark is a strong
# answer. The first layer answers to strokes and their edges. Each pooling
# halves the size, and the last layer answers to parts of digits, at few
# positions.

captcha = draw_one("speckle", seed=9, index=1)
trace = digitsolver.trace(captcha.image, trained.bundle.style)
crop = trace.crops[0]
names = [
    layer.name for layer in model.layers if isinstance(layer, keras.layers.ReLU)
]
inside = keras.Model(
    model.inputs, [model.get_layer(name).output for name in names]
)
answers = inside.predict(crop[None, :, :, None].astype("float32"), verbose=0)

figure, axes = plt.subplots(3, 7, figsize=(8, 4.6), layout="constrained")
for row, name, maps in zip(axes, names, answers, strict=True):
    row[0].imshow(crop, cmap="gray")
    strongest = np.argsort(-maps[0].var(axis=(0, 1)))[:6]
    for ax, number in zip(row[1:], strongest, strict=True):
        ax.imshow(maps[0, :, :, number], cmap="Blues")
    row[0].set_ylabel(f"{name}\n{maps.shape[1]} x {maps.shape[2]}")
    for ax in row:
        ax.set(xticks=[], yticks=[])
figure.suptitle(
    "left: the crop; then the six outputs of each layer that vary most"
)
plt.show()

# %%
# Grad-CAM: where is the evidence?
# --------------------------------
# How much would the score of the digit rise if a filter of the last convolution
# answered more? That is a gradient. Grad-CAM weighs the outputs of the filters
# by it and adds them up: dark red is where the evidence for the digit is. The
# map is as coarse as the last convolution, so read it as a hint.
#
# **Source.** R. Selvaraju et al., "Grad-CAM: visual explanations from deep
# networks via gradient-based localization", 2017.

reading = solver.solve(captcha.image)
classes = np.array([int(digit.digit) for digit in reading.digits])
heat = open_grad_cam(trained.bundle)(trace.crops, classes)

figure, axes = plt.subplots(
    1, len(classes), figsize=(9, 2.4), layout="constrained"
)
for ax, one, warm, digit in zip(
    axes, trace.crops, heat, reading.digits, strict=True
):
    height, width = one.shape
    ax.imshow(one, cmap="gray")
    ax.imshow(
        warm,
        cmap="Reds",
        alpha=0.5,
        extent=(-0.5, width - 0.5, height - 0.5, -0.5),
        interpolation="bilinear",
    )
    ax.set(
        title=f"read as {digit.digit}\n{digit.confidence:.0%}",
        xticks=[],
        yticks=[],
    )
figure.suptitle(f"a captcha with the label {captcha.label}")
plt.show()

temporary.cleanup()

# %%
# **Try next.** Ask for the evidence of another digit: put ``np.full(6, 8)`` in
# place of ``classes`` and see what speaks for an 8. Or train with
# ``architecture="lenet"``.
