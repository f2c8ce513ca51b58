"""Make a bundle of the default model: small enough to ship, calibrated on drawn images."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from digitsolver import bundle
from digitsolver.bundle import Facts
from digitsolver.io import files
from digitsolver.measure.statistics import auroc
from digitsolver.pipeline.style import Style, write_style
from digitsolver.readers.line.calibration import string_temperature
from digitsolver.readers.line.fit import hear_views
from digitsolver.readers.line.generated import draw_prepared
from digitsolver.readers.line.lines import Lines
from digitsolver.readers.line.network import SHAPE, build
from digitsolver.readers.line.pretraining import Plan
from digitsolver.readers.line.quantization import write_eight_bit
from digitsolver.readers.line.validation import Heard
from digitsolver.readers.line.views import Decoder
from digitsolver.training import export
from digitsolver.training.checkpoint import Row
from digitsolver.training.listeners import write_history
from digitsolver.training.result import versions

if TYPE_CHECKING:
    import keras

APART = 1_000_003
"""Added to the plan's seed for the images that are held out."""


def publish(
    model: "keras.Model",
    folder: Path,
    plan: Plan,
    history: Sequence[Row],
    *,
    looks: Sequence[str] = ("mixed",),
    count: int = 2000,
) -> dict[str, Any]:
    """Write the bundle of a model that learned by `plan` to `folder`, and return its metrics.

    `count` fresh images of each of the `looks` are drawn to measure it; those of the first also
    set the temperature. Weights are rounded to 16 bits, and there is a network with 8 bits.
    """
    heard = {look: _hear(model, plan, look, count) for look in looks}
    temperature = _temperature(heard[looks[0]])
    measured = {look: _cooled(one, temperature) for look, one in heard.items()}
    with files.new_folder(folder, foreign=bundle.foreign) as made:
        export.write_onnx(model, made / bundle.ONNX, "pictures")
        images = heard[looks[0]].images
        narrow = np.stack([one for one in images if one.shape[1] == 96][:32])
        difference = export.compare(model, made / bundle.ONNX, narrow.astype(np.float32))
        decoder = Decoder(plan.alphabet)
        write_eight_bit(made / bundle.ONNX, made / bundle.EIGHT_BIT, images, decoder, temperature)
        export.halve_weights(made / bundle.ONNX)
        _halved(model, plan).save(made / bundle.KERAS)
        metrics = _metrics(plan, history, measured) | {"onnx_difference": difference}
        files.write_text(made / bundle.METRICS, json.dumps(metrics, indent=2) + "\n")
        write_history(made / "history.csv", list(history))
        write_style(Style(), made / bundle.STYLE)
        bundle.seal(made, _facts(plan, history, temperature))
    return metrics


def _hear(model: "keras.Model", plan: Plan, look: str, count: int) -> Heard:
    """Let the model read fresh images of a look, of any length."""
    lines = Lines(*draw_prepared(look, plan.seed + APART, 0, count, plan.alphabet))
    views = hear_views(model, lines)
    return Heard(lines.images, lines.labels, views, plan.alphabet, None, blank=True)


def _cooled(heard: Heard, temperature: float) -> Heard:
    """Return the same readings, as sure as the temperature makes them."""
    return replace(heard, temperature=temperature)


def _temperature(heard: Heard) -> float:
    """Return the temperature at which readings are as often right as they are sure."""

    def confident(temperature: float) -> tuple[Sequence[float], Sequence[bool]]:
        cooled = _cooled(heard, temperature)
        return cooled.confidences, cooled.right.tolist()

    return string_temperature(confident, 1.0)


def _halved(model: "keras.Model", plan: Plan) -> "keras.Model":
    """Return the network with weights of 16 bits."""
    small = build(plan.alphabet, plan.seed, "float16")
    small.set_weights([weight.astype(np.float16) for weight in model.get_weights()])
    return small


def _facts(plan: Plan, history: Sequence[Row], temperature: float) -> Facts:
    """Return what the manifest says of the default model."""
    return Facts(
        reader="line",
        architecture="line",
        alphabet=plan.alphabet,
        length=None,
        shape=SHAPE,
        temperature=temperature,
        seed=plan.seed,
        counts={"drawn_pictures": int(history[-1]["pictures"])},
        versions=versions(),
    )


def _metrics(plan: Plan, history: Sequence[Row], measured: Mapping[str, Heard]) -> dict[str, Any]:
    """Return the content of ``metrics.json``."""
    looks = {look: _of_look(heard) for look, heard in measured.items()}
    return {
        "validation": next(iter(looks.values())),
        "looks": looks,
        "pictures": int(history[-1]["pictures"]),
        "seconds": round(sum(row["seconds"] for row in history), 1),
        "plan": asdict(plan),
        "warnings": [],
        "versions": versions(),
    }


def _of_look(heard: Heard) -> dict[str, Any]:
    """Return accuracy with intervals, wrong lengths, and how well confidence ranks."""
    pairs = zip(heard.texts, heard.labels, strict=True)
    return heard.metrics() | {
        "wrong_length": sum(len(text) != len(label) for text, label in pairs),
        "confidence_auroc": auroc(heard.confidences, heard.right.tolist()),
    }
