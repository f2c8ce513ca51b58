"""Read the validation set with a network in training."""

import difflib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from digitsolver.measure.softmax import log_softmax
from digitsolver.readers.line.batches import Prepared
from digitsolver.readers.line.ctc import Decoded, log_likelihoods
from digitsolver.readers.line.views import SURE, Decoder
from digitsolver.training.calibration import reading_temperature
from digitsolver.training.validation import MISSING, Prediction, Validation

Logits = NDArray[np.float32]
Views = Sequence[Logits]
"""The logits ``(frames, classes)`` of one view of an image or more, the plain one first."""


def read_view(decoder: Decoder, logits: Logits, temperature: float = 1.0) -> Decoded:
    """Return the most probable text of one view of an image."""
    return read_views(decoder, [logits], temperature)


def read_views(decoder: Decoder, views: Views, temperature: float) -> Decoded:
    """Return the most probable text, by all views where the plain one is not sure."""
    scaled = [view.astype(np.float64) / temperature for view in views]
    decoded = decoder.first(scaled[0])
    if decoded.confidence_given_length < SURE and len(scaled) > 1:
        return decoder.together(decoded, scaled)
    return decoded


def validate(
    decoder: Decoder,
    images: Sequence[Prepared],
    labels: Sequence[str],
    views: Sequence[Views],
    temperature: float,
) -> Validation:
    """Return how `images` are read at a temperature, from the logits of their views."""
    decoded = [read_views(decoder, one, temperature) for one in views]
    pairs = list(zip(labels, (one.text for one in decoded), strict=True))
    return Validation(
        correct=[label == text for label, text in pairs],
        characters=[pair for label, text in pairs for pair in align_characters(label, text)],
        predictions=[
            Prediction(image, label, one.text, one.confidence)
            for image, label, one in zip(images, labels, decoded, strict=True)
        ],
        temperature=temperature,
    )


def calibrate(
    decoder: Decoder, labels: Sequence[str], views: Sequence[Views], expected: float
) -> float:
    """Return the temperature at which readings of `views` are as often right as confident."""

    def confidences(temperature: float) -> tuple[list[float], list[bool]]:
        """Return the confidence of each reading at a temperature, and whether it is right."""
        decoded = [read_views(decoder, one, temperature) for one in views]
        right = [one.text == label for one, label in zip(decoded, labels, strict=True)]
        return [one.confidence for one in decoded], right

    return reading_temperature(confidences, expected)


def align_characters(label: str, text: str) -> list[tuple[str, str]]:
    """Return the characters of a label and of what was read in pairs.

    >>> align_characters("123", "183"), align_characters("12", "2")
    ([('1', '1'), ('2', '8'), ('3', '3')], [('1', ''), ('2', '2')])
    """
    if len(label) == len(text):
        return list(zip(label, text, strict=True))
    pairs: list[tuple[str, str]] = []
    matcher = difflib.SequenceMatcher(None, label, text, autojunk=False)
    for _, start, stop, first, last in matcher.get_opcodes():
        true = list(label[start:stop])
        read = list(text[first:last])
        longest = max(len(true), len(read))
        true += [MISSING] * (longest - len(true))
        read += [MISSING] * (longest - len(read))
        pairs += zip(true, read, strict=True)
    return pairs


def string_loss(logits: NDArray[np.float32], label: str, alphabet: str, *, blank: bool) -> float:
    """Return minus the logarithm of the probability of `label`.

    With a `blank` it is that of connectionist temporal classification, infinite where there are
    too few frames; without, each row is a position.

    >>> frames = np.log(np.array([[0.5, 0.5], [0.5, 0.5]], np.float32))
    >>> round(float(np.exp(-string_loss(frames, "1", "1", blank=True))), 3)
    0.75
    """
    logprobs = log_softmax(logits)
    classes = [alphabet.index(character) for character in label]
    if blank:
        return float(-log_likelihoods(logprobs[None], [classes])[0])
    return float(-logprobs[np.arange(len(classes)), classes].sum())
