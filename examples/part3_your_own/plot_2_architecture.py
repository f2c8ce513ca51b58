"""
Add an architecture in ten lines
================================

A network of your own for the crops is a function that builds a Keras model.
Everything else stays as it is: augmentation, the validation set, early
stopping, calibration, export to ONNX, and solving without TensorFlow. This
page adds a network that is a fraction of the size of the ones that come with
the package.
"""

import csv
import tempfile
from pathlib import Path

import keras
import matplotlib.pyplot as plt
from keras import layers

from collector.dataset.generate import generate
from digitsolver.readers.digits.architectures import ARCHITECTURES
from digitsolver.readers.digits.settings import DigitsSettings
from digitsolver.train import train
from digitsolver.training.backend import LAST_CONVOLUTION, Shape, take_ink

# %%
# The network
# -----------
# A *depthwise separable* convolution first filters each channel on its own and
# then mixes the channels, which needs far fewer weights than doing both at
# once. Two things are asked of an architecture: it begins with ``take_ink``,
# which turns white paper into zeros, and its last convolution has the name
# ``LAST_CONVOLUTION``, so that its activations and Grad-CAM can be shown. It
# returns logits, without a softmax.
#
# **Source.** A. Howard et al., "MobileNets: efficient convolutional neural
# networks for mobile vision applications", 2017.


def build_mobile(shape: Shape, classes: int) -> keras.Model:
    """Return a small network of depthwise separable convolutions."""
    crop, x = take_ink(shape)
    x = layers.Conv2D(16, 3, strides=2, padding="same", activation="relu")(x)
    x = layers.SeparableConv2D(32, 3, padding="same", activation="relu")(x)
    x = layers.MaxPooling2D(2, padding="same")(x)
    x = layers.SeparableConv2D(
        48, 3, padding="same", activation="relu", name=LAST_CONVOLUTION
    )(x)
    return keras.Model(
        crop, layers.Dense(classes)(layers.Flatten()(x)), name="mobile"
    )


ARCHITECTURES["mobile"] = build_mobile

# %%
# Train it beside LeNet
# ---------------------
# Both learn from the same 100 generated captchas, with six digits each.

temporary = tempfile.TemporaryDirectory()
folder = Path(temporary.name)
for _ in generate("speckle", 100, folder / "captchas", seed=1):
    pass

losses: dict[str, list[float]] = {}
rows = []
for name in ("lenet", "mobile"):
    settings = DigitsSettings(
        architecture=name, learning_rate=4e-3, epochs=8, min_steps=20
    )
    trained = train(
        folder / "captchas", "speckle", folder / name, settings=[settings]
    )
    bundle = trained.bundle
    with (bundle.path / "history.csv").open(encoding="utf-8") as file:
        losses[name] = [float(row["val_loss"]) for row in csv.DictReader(file)]
    weights = ARCHITECTURES[name](
        (bundle.style.crop_height, bundle.style.crop_width, 1), 10
    )
    right = bundle.metrics()["validation"]["digit_accuracy"]
    rows.append((name, weights.count_params(), f"{right:.1%}"))

for name, count, accuracy in rows:
    print(f"{name:8}{count:8,} weights, held-out digits right: {accuracy}")

# %%
# How they learn
# --------------

figure, (left, right) = plt.subplots(
    1, 2, figsize=(9, 3.2), layout="constrained"
)
for (name, values), colour, mark in zip(
    losses.items(), ("#0072B2", "#D55E00"), "os", strict=True
):
    left.plot(
        range(1, len(values) + 1), values, f"{mark}-", color=colour, label=name
    )
left.set(xlabel="epoch", ylabel="loss on the validation set", title="Learning")
left.legend()
bars = right.barh(
    [row[0] for row in rows],
    [row[1] for row in rows],
    color=["#0072B2", "#D55E00"],
)
right.bar_label(bars, fmt="{:,.0f}", padding=3)
right.set(
    xlabel="number of weights",
    title="Size",
    xlim=(0, 1.25 * max(row[1] for row in rows)),
)
plt.show()

# %%
# To keep it, put the function into
# ``digitsolver/readers/digits/architectures/`` with a line in
# ``ARCHITECTURES``: then ``digitsolver train --architecture mobile`` finds it.
# Here we leave the registry as it was.

del ARCHITECTURES["mobile"]
temporary.cleanup()

# %%
# **Try next.** Add a layer of dropout before the last one, or double the
# filters. With 15 captchas held out, differences of a few percent are chance:
# test on captchas that neither has seen, as on the page about labels.
