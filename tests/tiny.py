"""Networks of a few weights in the place of the real ones, so that whole runs take seconds."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from digitsolver import bundle
from digitsolver.readers.digits.architectures import ARCHITECTURES
from digitsolver.readers.digits.settings import DigitsSettings
from digitsolver.readers.line.learner import build
from digitsolver.readers.line.pretrained import Pretrained
from digitsolver.readers.line.settings import LineSettings
from digitsolver.training import export as exports
from digitsolver.training.backend import LAST_CONVOLUTION, Shape, require_training

DIGITS = DigitsSettings(epochs=1, batch=8, min_steps=2)
LINE = LineSettings(rounds=1, steps=1, batch=2, generated_every=0)
BOTH = [LINE, DIGITS]


def build_crops(shape: Shape, classes: int) -> Any:
    """Return a network for crops with one convolution."""
    from keras import Model, layers

    pixels = layers.Input(shape)
    seen = layers.Conv2D(2, 4, strides=4, name=LAST_CONVOLUTION)(pixels / 255.0)
    return Model(pixels, layers.Dense(classes)(layers.Flatten()(seen)))


def build_line(shape: Shape, classes: int) -> Any:
    """Return a network for whole images with one convolution, a frame every four columns."""
    from keras import Model, layers

    pixels = layers.Input((shape[0], None, shape[2]))
    size = (shape[0], 4)
    seen = layers.Conv2D(2, size, strides=size, name=LAST_CONVOLUTION)(pixels / 255.0)
    frames = layers.Reshape((-1, 2))(seen)
    return Model(pixels, layers.Dense(classes)(frames), name="line")


def shrink(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let all runs of a test have networks of a few weights, neither exported nor plotted."""
    uncompile(monkeypatch)
    for name in (
        "listeners.draw_curves",
        "job.draw_curves",
        "job.draw_confusion",
        "job.draw_mistakes",
    ):
        monkeypatch.setattr(f"digitsolver.training.{name}", no_plot)
    monkeypatch.setitem(ARCHITECTURES, "cnn", build_crops)
    monkeypatch.setattr("digitsolver.readers.line.learner.build_line", build_line)
    monkeypatch.setattr("digitsolver.readers.line.pretrained.build_line", build_line)
    monkeypatch.setattr("digitsolver.training.export.export", export)
    monkeypatch.setattr("digitsolver.readers.line.trainer.write_eight_bit", lambda *_: False)
    monkeypatch.setattr("digitsolver.train.FEWEST_HELD_OUT", 5)
    made = Pretrained(build("0123456789", 1).get_weights(), "0123456789", 1.5, "some digest")
    monkeypatch.setattr("digitsolver.readers.line.trainer.load_pretrained", lambda folder: made)


def uncompile(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let networks learn one operation after the other: to compile a step takes longer than a few.

    What is exported is compiled.
    """
    require_training()
    import tensorflow as tf

    compiled, write = tf.function, exports.write_onnx

    def write_compiled(*arguments: Any) -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(tf, "function", compiled)
            write(*arguments)

    monkeypatch.setattr(exports, "write_onnx", write_compiled)
    monkeypatch.setattr(tf, "function", as_it_is)


def as_it_is(function: Any = None, **_: object) -> Any:
    """Return a function as it is, in the place of ``tensorflow.function``."""
    return function or as_it_is


def no_plot(path: Path, *_: object) -> None:
    """Leave an empty file where a plot would be."""
    path.touch()


def export(model: Any, folder: Path, pixels: NDArray[np.float32], name: str) -> float:
    """Write the weights of `model` where its ONNX would be."""
    weights = [np.asarray(one).tobytes() for one in model.get_weights()]
    (folder / bundle.ONNX).write_bytes(b"".join(weights))
    return 0.0
