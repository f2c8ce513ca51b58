"""The records of captchas: an image with its label, and what is wrong with a file."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from digitsolver.errors import DigitSolverError, printable
from digitsolver.io.files import StrPath
from digitsolver.io.images import check_image, read_image, to_grey
from digitsolver.io.working_size import to_working_size

DIGITS = "0123456789"
COMMON = 0.9
"""Share of the labels that have one length, from which it is taken for the length of all."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One captcha: where its image is, and its label where it is known.

    Examples
    --------
    >>> sample = Sample(Path("captchas/plain/00000-2593.png"), "2593")
    >>> sample.id, sample.read(grey=True).ndim
    ('00000', 2)
    """

    path: Path
    """The image."""
    label: str | None = None
    """The text in it."""
    pixels: NDArray[np.uint8] | None = field(default=None, repr=False, compare=False)
    """The decoded image where it was decoded already; `read` then opens no file."""

    def decoded(self, *, alpha: bool = False) -> "Sample":
        """Return the same captcha with its pixels, (H, W[, 3|4]) at the size for working on them.

        Raises ImageError when the image cannot be read.
        """
        return replace(self, pixels=to_working_size(self.read(alpha=alpha)))

    def read(self, *, grey: bool = False, alpha: bool = False) -> NDArray[np.uint8]:
        """Return the pixels as `digitsolver.io.images.read_image` does.

        Of a decoded image, grey levels are the luma of its colours. Raises ImageError when the
        image cannot be read.
        """
        if self.pixels is None:
            return read_image(self.path, grey=grey, alpha=alpha)
        pixels = check_image(self.pixels, alpha=alpha and not grey)
        return to_grey(pixels) if grey else pixels

    @property
    def id(self) -> str:
        """Return the file's stem without the label.

        >>> Sample(Path("tickets/00017-042.png"), "042").id
        '00017'
        >>> Sample(Path("tickets/042.png"), "042").id
        '042'
        """
        stem = self.path.stem
        if self.label and stem.endswith((f"-{self.label}", f"_{self.label}")):
            return stem[: -len(self.label) - 1] or stem
        return stem


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with one file, where the others go on.

    Examples
    --------
    >>> print(Problem(Path("tickets/1-042.png"), "expected an image, found an empty file"))
    tickets/1-042.png: expected an image, found an empty file
    """

    path: Path
    reason: str

    @classmethod
    def of(cls, path: StrPath, error: DigitSolverError) -> Self:
        """Return what `error` says of the file `path`, or of another one that it names.

        Examples
        --------
        >>> Problem.of("1-042.png", DigitSolverError("found an empty file", "1-042.png")).reason
        'found an empty file'
        """
        return cls(Path(path), error.reason_at(path))

    def __str__(self) -> str:
        return f"{printable(self.path)}: {self.reason}"


def unique_ids(samples: Iterable[Sample]) -> dict[Path, str]:
    """Return a name for each sample's path: its id, or more where two ids are equal.

    More is taken from the file name. The names depend on the set of samples, not on their order;
    upper and lower case count as equal.

    Parameters
    ----------
    samples
        Captchas.

    Returns
    -------
    dict
        The name of each path.

    Examples
    --------
    >>> unique_ids([Sample(Path("a-1.png"), "1"), Sample(Path("a-2.png"), "2")]).values()
    dict_values(['a', 'a-2'])
    """
    ids: dict[Path, str] = {}
    taken: set[str] = set()
    for sample in sorted(samples, key=lambda sample: (sample.path.name, str(sample.path))):
        name = sample.path.name.replace(".", "-")
        candidates = [sample.id, sample.path.stem, name]
        while candidates[-1].casefold() in taken:
            candidates.append(f"{name}-{len(candidates)}")
        ids[sample.path] = next(c for c in candidates if c.casefold() not in taken)
        taken.add(ids[sample.path].casefold())
    return ids


def common_length(labels: Iterable[str | None]) -> int | None:
    """Return the length of at least nine labels in ten, None where no length is so common.

    So a few wrong labels do not make the length vary; they are named when they are cut.

    Examples
    --------
    >>> common_length(["12", "34", None, "56"]), common_length(["1", "22"])
    (2, None)
    """
    lengths = Counter(len(label) for label in labels if label)
    if not lengths:
        return None
    length, count = lengths.most_common(1)[0]
    return length if count >= COMMON * lengths.total() else None


def has_one_case(alphabet: str) -> bool:
    """Return whether an alphabet has letters, and these in one case only.

    Examples
    --------
    >>> [has_one_case(alphabet) for alphabet in ("01ab", "01AB", "01aB", "01")]
    [True, True, False, False]
    """
    return alphabet.islower() or alphabet.isupper()


def to_case(text: str, alphabet: str) -> str:
    """Return a text in the case of an alphabet whose letters have one case.

    Examples
    --------
    >>> to_case("7Ab", "0123456789abc"), to_case("7Ab", "0123456789ABC")
    ('7ab', '7AB')
    >>> to_case("7Ab", "abAB"), to_case("7Ab", "0123456789")
    ('7Ab', '7Ab')
    """
    if not has_one_case(alphabet):
        return text
    other = str.lower if alphabet.islower() else str.upper
    return "".join(
        one if one in alphabet or other(one) not in alphabet else other(one) for one in text
    )


def check_labels(samples: Iterable[Sample], alphabet: str) -> tuple[list[Sample], list[Problem]]:
    """Separate samples with a label in an alphabet from the others.

    Where the alphabet has letters of one case, a label in the other counts as in this one.

    Parameters
    ----------
    samples
        Captchas with or without labels.
    alphabet
        The characters that a label may have.

    Returns
    -------
    good : list of Sample
        Those with such a label.
    problems : list of Problem
        The others, with the reason.

    Examples
    --------
    >>> samples = [Sample(Path("a.png"), "42"), Sample(Path("b.png"), "4x")]
    >>> good, problems = check_labels(samples, "0123456789")
    >>> len(good), problems[0].reason
    (1, "label '4x' has 'x': expected only 0123456789")
    >>> [sample.label for sample in check_labels(samples, "0123456789XYZ")[0]]
    ['42', '4X']
    """
    good, problems = [], []
    for sample in samples:
        label = sample.label and to_case(sample.label, alphabet)
        if label is None:
            problems.append(Problem(sample.path, "expected a label, found none"))
        elif other := next((character for character in label if character not in alphabet), None):
            problem = f"label {label!r} has {other!r}: expected only {alphabet}"
            problems.append(Problem(sample.path, problem))
        else:
            good.append(replace(sample, label=label))
    return good, problems


def as_name(label: str) -> str:
    """Return a label as a part of a file name: what systems forbid becomes ``_``.

    Examples
    --------
    >>> as_name("4711"), as_name("3+5="), as_name("16/09")
    ('4711', '3+5=', '16_09')
    """
    return "".join(one if one.isalnum() or one in "+-=,." else "_" for one in label)
