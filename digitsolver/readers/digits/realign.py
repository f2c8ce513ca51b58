"""Find the digits of labelled captchas anew where the stages have put them wrongly.

The default model reads whole images without finding digits first. Where it reads what the label
says, its frames tell where each digit stands; a segmenter that lines across the digits have led
astray then gives way. (Forced alignment, as speech is cut into its sounds: F. Brugnara, D.
Falavigna and M. Omologo, "Automatic segmentation and labeling of speech based on hidden Markov
models", 1993.)
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from digitsolver import bundle
from digitsolver.datasets import DIGITS, DigitsFolder, Sample, unique_ids
from digitsolver.datasets.preprocess import trace_sample
from digitsolver.errors import DigitSolverError
from digitsolver.parallel.processes import usable_cores
from digitsolver.pipeline.style import Style
from digitsolver.pipeline.trace import digit_width
from digitsolver.readers import Answer, Reader, open_reader
from digitsolver.readers.digits.candidates import CandidateSegmentation
from digitsolver.results import Digit, Reading

Columns = NDArray[np.float64]

ASTRAY = 0.3
"""Of the distance of digits: nearer to where it belongs a digit may stay where it was cut."""
OFTEN = 0.05
"""Part of the captchas from which on it matters that the stages put digits wrongly."""
ASIDE = 0.6
"""Of a digit's width: so far beside the first and the last digit there is none."""
BETWEEN = 0.4
"""Of a digit's width: midway between two digits there is none, if it is so far from both."""
SHARE = 0.5
"""Part of such places of a captcha that are shown to the network."""


@dataclass(frozen=True, slots=True)
class _Captcha:
    """Hold a labelled captcha: its id, what the stages found, where its digits are if known."""

    name: str
    found: CandidateSegmentation
    columns: Columns | None


def realign(samples: Sequence[Sample], digits: DigitsFolder, seed: int) -> DigitsFolder:
    """Return the digits of `samples`; those that the stages misplaced are cropped again.

    `digits` are what ``preprocess.crops_of`` has made of the samples. Background crops, from
    between and beside the digits, follow with an empty label. The digits stay as they are if the
    stages seldom misplace one, if there is no default model, and if it lacks characters of the
    labels.
    """
    if not set(digits.labels) <= set(DIGITS) or not bundle.is_bundle(bundle.DEFAULT):
        return digits
    found = _captchas(samples, digits)
    captchas = _mended(found, digits.style)
    anew = sum(after is not before for before, after in zip(found, captchas, strict=True))
    if anew < OFTEN * len(captchas):
        return digits
    rng = np.random.default_rng(seed)
    crops, names = digits.crops.copy(), [*digits.captcha_ids]
    starts = {name: row for row, name in reversed(list(enumerate(names)))}
    beside = []
    for one in captchas:
        own = one.found.digits.crops
        crops[starts[one.name] : starts[one.name] + len(own)] = own
        beside.append(one.found.at(_beside(one.found, rng), digits.style).crops)
        names += [one.name] * len(beside[-1])
    more = len(names) - len(crops)
    return replace(
        digits,
        crops=np.concatenate([crops, *beside]),
        labels=[*digits.labels, *[""] * more],
        captcha_ids=names,
        positions=[*digits.positions, *[-1] * more],
    )


def _captchas(samples: Sequence[Sample], digits: DigitsFolder) -> list[_Captcha]:
    """Return the samples that have been cut, with what the default model says of them."""
    ids, cut = unique_ids(samples), set(digits.captcha_ids)
    some = sorted((one for one in samples if ids[one.path] in cut), key=_length)
    reader, captchas = open_reader(bundle.load(bundle.DEFAULT), usable_cores()), []
    for length, group in groupby(some, _length):
        same = list(group)
        answers = [_read(reader, one, length) for one in same]
        for one, answer in zip(same, answers, strict=True):
            found = CandidateSegmentation.of(trace_sample(one, digits.style, length))
            known = isinstance(answer, Reading) and answer.text == one.label
            boxes = answer.digits if isinstance(answer, Reading) and known else ()
            captchas.append(_Captcha(ids[one.path], found, _middles(boxes)))
    return captchas


def _read(reader: Reader, sample: Sample, length: int) -> Answer:
    """Return what the default model reads, or why it reads nothing."""
    try:
        (answer,) = reader.read([sample.read()], length)
    except DigitSolverError as error:
        return error
    return answer


def _mended(captchas: Sequence[_Captcha], style: Style) -> list[_Captcha]:
    """Return the captchas with those cut anew of which a digit is astray.

    What the frames say lags by some columns, the same for all; the median of what the stages
    say, which are right more often than not, takes that out.
    """
    pairs = [(one.found, one.columns) for one in captchas if one.columns is not None]
    if not pairs:
        return [*captchas]
    lag = np.median(np.concatenate([found.digits.centroids - columns for found, columns in pairs]))
    steps = np.concatenate([np.diff(columns) for _, columns in pairs])
    most = ASTRAY * np.median(steps) if steps.size else np.inf
    mended = []
    for one in captchas:
        expected = one.found.digits.centroids if one.columns is None else one.columns + lag
        if (np.abs(one.found.digits.centroids - expected) > most).any():
            found = replace(one.found, digits=one.found.at(expected, style))
            mended.append(replace(one, found=found))
        else:
            mended.append(one)
    return mended


def _beside(found: CandidateSegmentation, rng: np.random.Generator) -> Columns:
    """Return some columns where no digit stands: between two, or beside all."""
    columns, width = found.digits.centroids, digit_width(found.digits.window)
    ends = columns[[0, -1]] + ASIDE * width * np.array([-1, 1])
    x, _, wide, _ = found.box
    among = np.concatenate([ends[:1], (columns[1:] + columns[:-1]) / 2, ends[1:]])
    none = np.abs(among[:, None] - columns).min(axis=1) >= BETWEEN * width
    none &= (among > x) & (among < x + wide) & (rng.random(len(among)) < SHARE)
    return np.asarray(among[none], np.float64)


def _middles(digits: Sequence[Digit]) -> Columns | None:
    if not digits:
        return None
    return np.array([x + width / 2 for x, _, width, _ in (digit.box for digit in digits)])


def _length(sample: Sample) -> int:
    return len(sample.label or "")
