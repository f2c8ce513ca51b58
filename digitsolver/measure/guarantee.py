"""Find the confidence threshold at which few answers are wrong, with a guarantee."""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, fields

import numpy as np

from digitsolver.results import Crop, JsonObject, Rotate

PROBABILITY = 0.95
"""Probability with which a guarantee holds."""
STEPS = 20
"""Numbers of answers, from the fewest to all, that are tested one after the other."""
FEWEST_SHARE = 0.25
"""Share of the images that the first test takes, if that is enough of them."""


@dataclass(frozen=True, slots=True)
class ReadingOptions:
    """The options of a reading that its confidence depends on, as ``Solver.solve`` takes them."""

    length: int | None = None
    frame: int | None = None
    rotate: Rotate = 0
    crop: Crop = "auto"

    def __str__(self) -> str:
        """Return the options of the command line.

        >>> str(ReadingOptions(length=4, crop="none"))
        '--length 4 --crop none'
        """
        chosen = [
            f"--{option.name} {value}"
            for option in fields(self)
            if (value := getattr(self, option.name)) != option.default
        ]
        return " ".join(chosen)


@dataclass(frozen=True, slots=True)
class Guarantee:
    """A confidence threshold, and what it promises.

    Of new images of the same kind that are answered at ``threshold`` or more, at most the share
    ``max_wrong`` is wrong, with the given ``probability`` over the ``images`` that certified it.
    Of these, ``answered`` reached the threshold and ``wrong`` of them were wrong. It holds for the
    ``options`` that they were read with.
    """

    max_wrong: float
    probability: float
    threshold: float
    images: int
    answered: int
    wrong: int
    options: ReadingOptions = field(default_factory=ReadingOptions)

    @property
    def coverage(self) -> float:
        """Return the share of the images that is answered."""
        return self.answered / self.images

    @classmethod
    def from_json(cls, values: JsonObject) -> "Guarantee":
        """Return the guarantee that ``to_json`` wrote."""
        return cls(**values | {"options": ReadingOptions(**values["options"])})

    def to_json(self) -> JsonObject:
        """Return the object that a manifest keeps."""
        return asdict(self)

    def __str__(self) -> str:
        return (
            f"at most {self.max_wrong:.3g} of the answers wrong, with probability "
            f"{self.probability:.3g}: confidence {self.threshold:.6f} or more, which "
            f"{self.answered} of {self.images} images have ({self.coverage:.1%}); {self.wrong} of "
            "these are wrong"
        )


def threshold(guarantees: Sequence[Guarantee], max_wrong: float, options: ReadingOptions) -> float:
    """Return the lowest confidence at which one of `guarantees` promises `max_wrong`.

    Parameters
    ----------
    guarantees
        Those of a bundle.
    max_wrong
        Share of the answers that may be wrong; a guarantee of fewer promises that, too.
    options
        What is read with; a guarantee holds for its own options only.

    Raises
    ------
    ValueError
        None of them promises that.
    """
    fitting = [one for one in guarantees if one.max_wrong <= max_wrong and one.options == options]
    if not fitting:
        found = "; ".join(map(_named, guarantees)) or "none"
        raise ValueError(
            f"expected a model that certified it with these options (digitsolver evaluate LABELLED "
            f"--model BUNDLE --max-wrong {max_wrong:.3g}), found guarantees: {found}"
        )
    return min(one.threshold for one in fitting)


def _named(guarantee: Guarantee) -> str:
    options = str(guarantee.options)
    return f"{guarantee.max_wrong:.3g}{f' with {options}' if options else ''}"


def certify(
    confidences: Sequence[float],
    right: Sequence[bool],
    max_wrong: float,
    *,
    images: int | None = None,
    options: ReadingOptions | None = None,
    probability: float = PROBABILITY,
) -> Guarantee | None:
    """Return the lowest threshold at which at most `max_wrong` of the answers are wrong.

    The most confident answers are tested first, then more and more of them. Each test asks
    whether so few of them would be wrong by chance if the share of wrong ones were `max_wrong`
    (the exact binomial test); the first one that fails ends the search. In this fixed sequence
    no test needs a correction for the others.

    Parameters
    ----------
    confidences, right
        The confidence of each answer, and whether it is right. They must be of images that
        the model has not learned from, sampled like the ones that it will read.
    max_wrong
        Share of the answers, above 0 and below 1, that may be wrong.
    images
        Number of images, if some of them had no reading; by default one for each answer.
    options
        The options that they were read with; they become part of the promise.
    probability
        Probability with which the promise holds.

    Returns
    -------
    Guarantee or None
        ``None`` where no threshold can be certified.

    Raises
    ------
    ValueError
        `confidences` and `right` differ in length, or a share is not between 0 and 1.

    Notes
    -----
    Given the confidence of the answer that comes next, those above it are independent, so each
    test is exact. The sequence is valid where answers with higher confidence are not more often
    wrong; answers of equal confidence are tested together.

    References
    ----------
    A. N. Angelopoulos et al., "Learn then test: Calibrating predictive algorithms to achieve risk
    control", 2021. Y. Geifman and R. El-Yaniv, "Selective classification for deep neural
    networks", 2017.

    Examples
    --------
    >>> sure = certify([0.99] * 299 + [0.5] * 101, [True] * 299 + [False] * 101, 0.01)
    >>> sure.threshold, sure.answered
    (0.99, 299)
    >>> certify([0.99] * 298, [True] * 298, 0.01) is None
    True
    """
    if len(confidences) != len(right):
        raise ValueError(
            f"expected a confidence an answer, found {len(confidences)} and {len(right)}"
        )
    for name, share in (("max_wrong", max_wrong), ("probability", probability)):
        if not 0 < share < 1:
            raise ValueError(f"{name}: expected a share between 0 and 1, found {share}")
    order = np.argsort(-np.asarray(confidences, dtype=np.float64), kind="stable")
    ranked = np.asarray(confidences, dtype=np.float64)[order]
    wrong = np.concatenate([[0], np.cumsum(~np.asarray(right, dtype=bool)[order])])
    best: Guarantee | None = None
    for count in _sequence(len(ranked), fewest_images(max_wrong, probability)):
        answered = int(np.searchsorted(-ranked, -ranked[count - 1], side="right"))
        errors = int(wrong[answered])
        if binomial_tail(errors, answered, max_wrong) > 1 - probability:
            break
        threshold = float(ranked[answered - 1])
        total = images or len(ranked)
        how = options or ReadingOptions()
        best = Guarantee(max_wrong, probability, threshold, total, answered, errors, how)
    return best


def shortfall(right: Sequence[bool], max_wrong: float) -> str:
    """Say why readings certify no threshold, and how many would.

    Examples
    --------
    >>> shortfall([True] * 80, 0.01)
    '80 readings, 0 of them wrong, certify no confidence; expected 299 without an error'
    """
    wrong, fewest = sum(not one for one in right), fewest_images(max_wrong)
    more = f", or {needed_images(wrong, max_wrong)} with {wrong} wrong" if wrong else ""
    return (
        f"{len(right)} readings, {wrong} of them wrong, certify no confidence; "
        f"expected {fewest} without an error{more}"
    )


def fewest_images(max_wrong: float, probability: float = PROBABILITY) -> int:
    """Return how many answers without an error certify `max_wrong`.

    Examples
    --------
    >>> fewest_images(0.01), fewest_images(0.05)
    (299, 59)
    """
    return math.ceil(math.log(1 - probability) / math.log1p(-max_wrong))


def needed_images(wrong: int, max_wrong: float, probability: float = PROBABILITY) -> int:
    """Return how many answers, `wrong` of them wrong, certify `max_wrong`.

    Examples
    --------
    >>> needed_images(0, 0.01), needed_images(1, 0.01)
    (299, 473)
    """
    low, high = 1, fewest_images(max_wrong, probability)
    while binomial_tail(wrong, high, max_wrong) > 1 - probability:
        low, high = high, 2 * high
    while low < high:
        middle = (low + high) // 2
        if binomial_tail(wrong, middle, max_wrong) > 1 - probability:
            low = middle + 1
        else:
            high = middle
    return low


def binomial_tail(most: int, count: int, share: float) -> float:
    """Return the probability of at most `most` successes in `count` trials of chance `share`.

    Examples
    --------
    >>> round(binomial_tail(1, 2, 0.5), 6)
    0.75
    """
    successes = range(min(most, count) + 1)
    logs = [
        math.lgamma(count + 1)
        - math.lgamma(k + 1)
        - math.lgamma(count - k + 1)
        + k * math.log(share)
        + (count - k) * math.log1p(-share)
        for k in successes
    ]
    return min(math.fsum(map(math.exp, logs)), 1.0)


def exact_upper(successes: int, count: int, probability: float = PROBABILITY) -> float:
    """Return the largest chance at which so few successes are no surprise: a one-sided bound.

    References
    ----------
    C. J. Clopper and E. S. Pearson, "The use of confidence or fiducial limits illustrated in the
    case of the binomial", 1934. For no success it is the rule of three: J. A. Hanley and
    A. Lippman-Hand, "If nothing goes wrong, is everything all right?", 1983.

    Examples
    --------
    >>> round(exact_upper(0, 300), 5), exact_upper(5, 5), exact_upper(0, 0)
    (0.00994, 1.0, 1.0)
    """
    low, high = successes / count if count else 1.0, 1.0
    while high - low > 1e-9:
        middle = (low + high) / 2
        if binomial_tail(successes, count, middle) > 1 - probability:
            low = middle
        else:
            high = middle
    return high


def _sequence(count: int, fewest: int) -> list[int]:
    """Return the numbers of answers that are tested, from few to all; none where all are too few.

    They depend on the number of answers alone.
    """
    if count < fewest:
        return []
    first = max(fewest, round(count * FEWEST_SHARE))
    return sorted({int(number) for number in np.linspace(first, count, STEPS)})
