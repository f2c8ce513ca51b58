"""Make a bundle of the default model: small enough to ship, calibrated on generated images."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from digitsolver import bundle
from digitsolver.bundle import Facts
from digitsolver.io import files
from digitsolver.measure.softmax import softmax
from digitsolver.measure.statistics import auroc
from digitsolver.pipeline.style import NO_STYLE, write_style
from digitsolver.readers.line.fit import predict_views
from digitsolver.readers.line.generated import generate_prepared
from digitsolver.readers.line.learner import SHAPE, build, logits_of
from digitsolver.readers.line.lines import Lines
from digitsolver.readers.line.prepare import INPUT
from digitsolver.readers.line.pretrained import write_letters
from digitsolver.readers.line.pretraining import Plan
from digitsolver.readers.line.quantization import write_eight_bit
from digitsolver.readers.line.validation import Views, calibrate, validate
from digitsolver.readers.line.views import Decoder
from digitsolver.readers.onnx_network import LETTERS
from digitsolver.training import export
from digitsolver.training.export import Further
from digitsolver.training.job import versions
from digitsolver.training.listeners import Row, write_history
from digitsolver.training.validation import Metrics, Validation

if TYPE_CHECKING:
    import keras

SEED_OFFSET = 1_000_003
"""Added to the plan's seed for the images that are held out."""
SEEN = 0.5
"""Probability from which a digit is taken for a letter."""
MOST_TAKEN = 0.0015
"""Share of the images of digits that may be taken for one that shows a letter which counts."""


@dataclass(frozen=True, slots=True)
class _Look:
    """Fresh images of a look, and the logits of their views."""

    lines: Lines
    views: Sequence[Views]


def publish(
    model: "keras.Model",
    folder: Path,
    plan: Plan,
    history: Sequence[Row],
    *,
    looks: Sequence[str] = ("mixed",),
    count: int = 2000,
) -> Metrics:
    """Write the bundle of a model that learned by `plan` to `folder`, and return its metrics.

    `count` fresh images of each of the `looks` are generated to measure it; those of the first
    also set the temperature. Weights are rounded to 16 bits, and there is a network with 8 bits.
    """
    whole, model = model, digits_only(model, plan)
    decoder = Decoder(plan.mixture.alphabet)
    read = {look: _read(model, plan, look, count) for look in looks}
    first = read[looks[0]]
    temperature = calibrate(decoder, first.lines.labels, first.views, 1.0)
    measured = {
        look: validate(decoder, one.lines.images, one.lines.labels, one.views, temperature)
        for look, one in read.items()
    }
    with files.new_folder(folder, foreign=bundle.foreign) as made:
        export.write_onnx(model, made / bundle.ONNX, INPUT, _further(whole, plan, read))
        images = first.lines.images
        narrow = np.stack([one for one in images if one.shape[1] == 96][:32])
        difference = export.compare(model, made / bundle.ONNX, narrow.astype(np.float32))
        write_eight_bit(made / bundle.ONNX, made / bundle.EIGHT_BIT, images, decoder, temperature)
        export.halve_weights(made / bundle.ONNX)
        _halved(model, plan).save(made / bundle.KERAS)
        write_letters(made / bundle.LETTERS, whole, plan.mixture)
        metrics = _metrics(plan, history, measured) | {"onnx_difference": difference}
        files.write_text(made / bundle.METRICS, json.dumps(metrics, indent=2) + "\n")
        write_history(made / "history.csv", list(history))
        write_style(NO_STYLE, made / bundle.STYLE)
        bundle.seal(made, _facts(plan, history, temperature))
    return metrics


def _read(model: "keras.Model", plan: Plan, look: str, count: int) -> _Look:
    """Let the model read fresh images of a look, of any length."""
    seed = plan.seed + SEED_OFFSET
    lines = Lines(*generate_prepared(look, seed, 0, count, plan.mixture.alphabet))
    return _Look(lines, predict_views(model, lines))


def _further(model: "keras.Model", plan: Plan, read: Mapping[str, _Look]) -> Further | None:
    """Return what gives the output for letters; ``None`` where the network knows none."""
    mixture = plan.mixture
    images = [image for one in read.values() for image in one.lines.images]
    clear = clear_letters(model, images, mixture.alphabet, mixture.letters)
    if not clear:
        return None
    return lambda frames: {LETTERS: letters_output(frames, model, mixture.characters, clear)}


def clear_letters(
    model: "keras.Model", images: Sequence[NDArray[np.uint8]], digits: str, letters: str
) -> str:
    """Return those of `letters` that hardly any of the prepared `images`, of digits, is taken for.

    The classes of `model` are the `digits`, the `letters`, and the blank.
    """
    taken = np.zeros(len(letters))
    some = slice(len(digits), -1)
    for logits in logits_of(model, images):
        taken += softmax(logits)[:, some].max(axis=0) >= SEEN
    shares = taken / max(len(images), 1)
    return "".join(np.array(list(letters))[shares <= MOST_TAKEN])


def letters_output(
    frames: "keras.KerasTensor",
    model: "keras.Model",
    characters: str,
    clear: str,
) -> "keras.KerasTensor":
    """Return the highest probability of one of the `clear` letters in each of the `frames`.

    The classes of `model`, whose last layer is taken over, are the `characters` and the blank.
    """
    import keras
    from keras import ops

    kernel, bias = model.get_weights()[-2:]
    others = [place for place, one in enumerate(characters) if one not in clear]
    order = [*others, len(characters), *(characters.index(letter) for letter in clear)]
    last = keras.layers.Dense(len(order), dtype="float32", name="characters")
    logits = last(frames)
    last.set_weights([kernel[:, order], bias[order]])
    return ops.max(ops.softmax(logits)[..., -len(clear) :], axis=-1)


def digits_only(model: "keras.Model", plan: Plan) -> "keras.Model":
    """Return the network without the classes of letters."""
    alphabet = plan.mixture.alphabet
    columns = [*range(len(alphabet)), -1]
    *trunk, kernel, bias = model.get_weights()
    narrow = build(alphabet, plan.seed)
    narrow.set_weights([*trunk, kernel[:, columns], bias[columns]])
    return narrow


def _halved(model: "keras.Model", plan: Plan) -> "keras.Model":
    """Return the network with weights of 16 bits."""
    small = build(plan.mixture.alphabet, plan.seed, "float16")
    small.set_weights([weight.astype(np.float16) for weight in model.get_weights()])
    return small


def _facts(plan: Plan, history: Sequence[Row], temperature: float) -> Facts:
    """Return what the manifest says of the default model."""
    return Facts(
        reader="line",
        architecture="line",
        alphabet=plan.mixture.alphabet,
        length=None,
        shape=SHAPE,
        temperature=temperature,
        seed=plan.seed,
        counts={"generated_images": int(history[-1]["images"])},
        versions=versions(),
    )


def _metrics(plan: Plan, history: Sequence[Row], measured: Mapping[str, Validation]) -> Metrics:
    """Return the content of ``metrics.json``."""
    looks = {look: _of_look(validation) for look, validation in measured.items()}
    return {
        "validation": next(iter(looks.values())),
        "looks": looks,
        "images": int(history[-1]["images"]),
        "seconds": round(sum(row["seconds"] for row in history), 1),
        "plan": asdict(plan),
        "warnings": [],
        "versions": versions(),
    }


def _of_look(validation: Validation) -> Metrics:
    """Return accuracy with intervals, wrong lengths, and how well confidence ranks."""
    predictions = validation.predictions
    confidences = [one.confidence for one in predictions]
    return validation.metrics() | {
        "wrong_length": sum(len(one.text) != len(one.label) for one in predictions),
        "confidence_auroc": auroc(confidences, list(validation.correct)),
    }
