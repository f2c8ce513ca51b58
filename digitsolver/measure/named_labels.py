"""Hold the labels that names give against what a model reads on a small sample.

Names alone cannot tell ``frame_4711.png`` from a label 4711. A model that reads the images can,
where it is confident: it settles a choice between two conventions, and it contradicts one that
has nothing to do with the images. It does not have to read well: a label counts as contradicted
only where hardly a character of it is in the reading.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from digitsolver.datasets import AUTO, NameLabels, find_labels
from digitsolver.datasets.names import unclear
from digitsolver.errors import UnclearLabelsError
from digitsolver.results import Failure, Reading

SAMPLE = 30
"""Images that are read."""
SURE = 0.9
"""Confidence from which a reading counts."""
FEWEST = 3
"""Readings that count from which a contradiction is believed."""
ALIKE = 0.65
"""Share of a label's characters that a reading has at least where it is of the same image: two of
three, three of four. Of random numbers of four digits, one pair in a hundred has as many."""

ReadSample = Callable[[Sequence[str]], Iterable[Reading | Failure]]
"""Reads the images of some names, in their order."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """How many confident readings there are, are equal to the label, and are like it."""

    sure: int
    equal: int
    alike: int

    @property
    def holds(self) -> bool:
        """Tell whether half of the readings are equal to the labels."""
        return self.equal > 0 and 2 * self.equal >= self.sure

    @property
    def contradicts(self) -> bool:
        """Tell whether nearly all readings have nothing of the labels."""
        return self.sure >= FEWEST and 5 * self.alike <= self.sure


def settle_labels(
    names: Sequence[str], read: ReadSample, labels_from: str = AUTO, *, alphabet: str = ""
) -> NameLabels:
    """Find the labels in names as `find_labels` does, and ask a model where it can help.

    Parameters
    ----------
    names, labels_from, alphabet
        As for `find_labels`; only with ``auto`` the model is asked.
    read
        Reads a sample of the images.

    Raises
    ------
    UnclearLabelsError
        The convention is in doubt, and the model does not settle it, or contradicts it.
    ValueError
        As for `find_labels`.
    """
    if labels_from != AUTO:
        return find_labels(names, labels_from, alphabet=alphabet)
    try:
        found = find_labels(names, alphabet=alphabet)
    except UnclearLabelsError as error:
        choices = [find_labels(names, one, alphabet=alphabet) for one in error.choices]
        holding = [one for one in choices if agreement(one.labels, read).holds]
        if len(holding) == 1:
            return holding[0]
        raise
    if agreement(found.labels, read).contradicts:
        raise unclear("the default model reads other texts, with confidence", [found])
    return found


def agreement(labels: Mapping[str, str], read: ReadSample) -> Agreement:
    """Compare labels with confident readings of a sample of their images.

    Labels of other characters than the digits 0 to 9 are left out: the model knows no others.
    """
    names = [name for name, label in labels.items() if label.isascii() and label.isdigit()]
    chosen = names[:: max(1, len(names) // SAMPLE)][:SAMPLE]
    pairs = [
        (labels[name], reading.text)
        for name, reading in zip(chosen, read(chosen), strict=True)
        if isinstance(reading, Reading) and reading.confidence >= SURE
    ]
    return Agreement(
        len(pairs),
        sum(label == text for label, text in pairs),
        sum(SequenceMatcher(None, label, text).ratio() >= ALIKE for label, text in pairs),
    )
