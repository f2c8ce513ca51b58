"""Find the style of a folder: measure what a style leaves open, and choose among named styles."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from digitsolver.errors import DigitSolverError, FolderError
from digitsolver.samples import Sample, draw
from digitsolver.stages import PITCH, estimate_length, share_of_specks, stroke_width
from digitsolver.stats import wilson
from digitsolver.style import RANGES, STYLES, Style, get
from digitsolver.tracing import WINDOW_TO_HEIGHT, WINDOW_TO_PITCH, Trace, trace

MEASURED = 60
"""Captchas on which a style is measured."""
COMPARED = 200
"""Captchas on which styles are compared."""
CROP_HEIGHTS = (24, 32)
"""Crops are scaled only where the window is lower or higher than this."""
LARGE = 90
"""Percentile of the digits' sizes that the window is made for."""
PITCHES = tuple(sorted((step / 20 for step in range(8, 23)), key=lambda pitch: abs(pitch - PITCH)))
"""Pitches to try, 0.4 to 1.1, the usual one first."""
SPECKLED = 0.2
"""Share of the ink in specks from which pictures count as speckled. In ten folders of captchas,
two of them in noise or on dotted grids, those two had 0.25 to 0.7 and the others below 0.13."""
FOLDS = 5
MOST = 0.9
USUAL = Style()


@dataclass(frozen=True, slots=True)
class Candidate:
    """Hold a style and how well it suits a folder, 0 to 1."""

    style: Style
    score: float
    """With labels, the part of digits that a quick classifier tells right; without, how even the
    steps from digit to digit are. Captchas that could not be segmented count 0."""
    segmented: int
    captchas: int
    judged: int
    """Digits that the score is the share of; 0 without labels."""
    specks: float
    """Share of the ink that lies in specks after cleaning, the median over captchas."""


def choose(
    samples: Sequence[Sample], *, length: int | None = None, seed: int = 0
) -> list[Candidate]:
    """Return the named styles, completed, the one to take first, the others by their score.

    With labels a style is the better the more crops a quick classifier tells right that learnt
    from other captchas (C. Cortes and V. Vapnik, "Support-vector networks", 1995). What lies
    within the 95 % interval of the best score is no worse, and the first of those in the order
    of `STYLES` is taken, which takes least away (as with the rule of one standard error: L.
    Breiman et al., "Classification and regression trees", 1984). Without labels a style is the
    better the more evenly its digits stand. Where much of the ink is specks, only a style that
    lifts strokes out of speckles is taken: the others cut the strokes with them, and where the
    quick classifier took one of them, the network read less.

    Raises:
        FolderError: No sample can be segmented with any style.
    """
    some = _some(samples, COMPARED, seed)
    candidates, failures = [], []
    for style in STYLES.values():
        try:
            candidates.append(_candidate(complete(style, samples, length=length), some))
        except FolderError as error:
            failures.append(error)
    if not candidates:
        raise failures[0]
    ranked = sorted(candidates, key=lambda candidate: -candidate.score)
    taken = _taken(candidates)
    return [taken, *(candidate for candidate in ranked if candidate is not taken)]


def _taken(candidates: Sequence[Candidate]) -> Candidate:
    """Return the candidate to take, of those in the order of `STYLES`."""
    if max(candidate.specks for candidate in candidates) > SPECKLED:
        lifting = [one for one in candidates if "speckles" in one.style.cleaners]
        candidates = lifting or candidates
    best = max(candidates, key=lambda candidate: candidate.score)
    enough = wilson(round(best.score * best.judged), best.judged)[0] if best.judged else best.score
    return next(candidate for candidate in candidates if candidate.score >= enough)


def resolve(name: str, samples: Sequence[Sample], *, length: int | None = None) -> Style:
    """Return the completed style of that name: ``auto``, a named style, or a TOML file.

    Raises:
        StyleError: There is no such style.
        FolderError: No sample can be segmented.
    """
    if name == "auto":
        return choose(samples, length=length)[0].style
    return complete(get(name), samples, length=length)


def complete(style: Style, samples: Sequence[Sample], *, length: int | None = None) -> Style:
    """Return the style with what it leaves open measured on the samples.

    Length: that of the labels where they agree, else their range, and the pitch with which they
    are estimated right. Stroke: the median over captchas. Window: that of large digits and a
    margin. What the style already says stays, and so does a size of crops that is not the usual
    one.

    Raises:
        FolderError: No sample can be segmented.
    """
    length = style.length or length or common_length(samples)
    style = style.with_length(length)
    some = _some(samples, MEASURED, 0)
    if style.stroke is None:
        widths = [stroke_width(found.cleaned) for found in _traces(style, some)]
        style = replace(style, stroke=_within("stroke", round(float(np.median(widths)), 1)))
    style = style if length else _with_lengths(style, samples)
    if style.window_height and style.window_width:
        return style
    found = _traces(style, some)
    high, wide = (float(np.percentile(size, LARGE)) for size in _digit_sizes(found))
    window = (
        style.window_height
        or int(_within("window_height", max(4, round(WINDOW_TO_HEIGHT * high)))),
        style.window_width or int(_within("window_width", max(4, round(WINDOW_TO_PITCH * wide)))),
    )
    style = replace(style, window_height=window[0], window_width=window[1])
    if (style.crop_height, style.crop_width) != (USUAL.crop_height, USUAL.crop_width):
        return style
    scale = float(np.clip(window[0], *CROP_HEIGHTS)) / window[0]
    crop = [max(8, round(scale * side)) for side in window]
    return replace(style, crop_height=crop[0], crop_width=min(crop[1], 2 * crop[0]))


def common_length(samples: Sequence[Sample]) -> int | None:
    """Return the length of at least nine labels in ten, None where there is none such.

    So a few wrong labels do not make the length vary; they are named when they are cut.
    """
    lengths = Counter(len(sample.label) for sample in samples if sample.label)
    if not lengths:
        return None
    length, count = lengths.most_common(1)[0]
    return length if count >= MOST * lengths.total() else None


def _with_lengths(style: Style, samples: Sequence[Sample]) -> Style:
    """Return the style with the range of the labels' lengths, and the pitch that tells them.

    Of the pitches, tried on some of the samples, the one nearest to the usual is taken that is
    within the 95 % interval of the best. Without labels, range and pitch stay as they are.
    """
    labelled = [sample for sample in samples if sample.label]
    if not labelled:
        return style
    lengths = [len(sample.label or "") for sample in labelled]
    among = style.lengths or (min(lengths), max(lengths))
    style = replace(style, lengths=among)
    if style.pitch is not None:
        return style
    found = _traces(style, _some(labelled, COMPARED, 0))

    def right(pitch: float) -> int:
        return sum(
            estimate_length(one.clipped, pitch=pitch, lengths=among) == len(one.spans)
            for one in found
        )

    counts = [right(pitch) for pitch in PITCHES]
    enough = wilson(max(counts), len(found))[0] * len(found)
    taken = next(pitch for pitch, count in zip(PITCHES, counts, strict=True) if count >= enough)
    return replace(style, pitch=taken)


def _some(samples: Sequence[Sample], count: int, seed: int) -> list[Sample]:
    """Return that many of the samples, or all; at least one."""
    if not samples:
        raise FolderError("expected captchas to measure a style on, found none")
    return draw(samples, min(count, len(samples)), seed)


def _traces(style: Style, samples: Sequence[Sample]) -> list[Trace]:
    """Return the traces of the samples that can be segmented, at least one."""
    found, failures = [], []
    for sample in samples:
        try:
            found.append(_trace(style, sample))
        except DigitSolverError as error:
            failures.append(error)
    if not found:
        first = f"; the first: {failures[0]}" if failures else ""
        raise FolderError(f"expected captchas that can be segmented, found none{first}")
    return found


def _trace(style: Style, sample: Sample) -> Trace:
    return trace(sample.path, style, length=len(sample.label) if sample.label else None)


def _digit_sizes(found: Sequence[Trace]) -> tuple[list[int], list[int]]:
    """Return the heights of all digits' boxes and the widths of their ink."""
    heights = [int(height) for one in found for height in one.boxes[:, 3]]
    widths = []
    for one in found:
        for x, y, width, height in one.boxes:
            columns = np.flatnonzero((one.cleaned[y : y + height, x : x + width] < 128).any(axis=0))
            widths.append(int(np.ptp(columns)) + 1 if columns.size else int(width))
    return heights, widths


def _candidate(style: Style, samples: Sequence[Sample]) -> Candidate:
    found: list[tuple[Sample, Trace]] = []
    for sample in samples:
        try:
            found.append((sample, _trace(style, sample)))
        except DigitSolverError:
            continue
    if not found:
        raise FolderError(f"style {style.name!r}: found no captcha that it can segment")
    if sum(bool(sample.label) for sample in samples) >= FOLDS:
        labelled = [(sample.label, one) for sample, one in found if sample.label]
        score, judged = _likeness(labelled), sum(len(label) for label, _ in labelled)
    else:
        score, judged = _regularity(found), 0
    share = len(found) / len(samples)
    specks = float(np.median([share_of_specks(one.cleaned) for _, one in found]))
    return Candidate(style, score * share, len(found), len(samples), judged, specks)


def _regularity(found: Sequence[tuple[Sample, Trace]]) -> float:
    """Return the mean evenness of the steps from digit to digit, 0 to 1."""
    evenness = []
    for _, one in found:
        steps = np.diff(one.centroids)
        evenness.append(1 / (1 + steps.std() / steps.mean()) if len(steps) > 1 else 1.0)
    return float(np.mean(evenness))


def _likeness(found: Sequence[tuple[str, Trace]]) -> float:
    """Return the part of crops that a quick classifier tells right, cross-validated by captcha."""
    from sklearn.model_selection import GroupKFold
    from sklearn.svm import SVC

    if len(found) < 2:
        return 0.0
    crops = np.concatenate([one.crops for _, one in found])
    ink = (255 - crops.reshape(len(crops), -1).astype(np.float32)) / 255
    labels = np.array([character for label, _ in found for character in label])
    captchas = np.repeat(np.arange(len(found)), [len(label) for label, _ in found])
    right = np.zeros(len(labels), bool)
    for learnt, asked in GroupKFold(min(FOLDS, len(found))).split(ink, groups=captchas):
        told = labels[learnt[:1]]  # all there is to tell where all are the same digit
        if (labels[learnt] != told).any():
            told = SVC(C=10).fit(ink[learnt], labels[learnt]).predict(ink[asked])
        right[asked] = told == labels[asked]
    return float(right.mean())


def _within(key: str, value: float) -> float:
    """Return the value nearest to this one that a style allows."""
    least, most = RANGES[key]
    return min(max(value, float(least)), float(most))
