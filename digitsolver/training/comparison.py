"""Say which of two readers reads more of the same captchas, and whether by more than chance."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from digitsolver.measure.statistics import wilson
from digitsolver.results import JsonObject
from digitsolver.training.validation import Metrics

FEWEST_HELD_OUT = 20
"""Captchas held out below which the challenger is not trained: only a lead of 5 to 0 or so would
count, and with 50 labels training it takes half as long again as all the rest."""
SIGNIFICANT = 0.05
"""How likely a lead of the challenger may be by chance alone, at most, to count."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Which captchas of one validation set two readers read without an error.

    The ``default`` reader starts from a network that has seen many looks; it is chosen unless the
    ``challenger`` reads more of the captchas by more than chance.
    """

    default: str
    challenger: str
    correct: Mapping[str, Sequence[bool]]

    @property
    def alone(self) -> dict[str, int]:
        """Return for each reader how many captchas it alone reads."""
        pairs = list(zip(self.correct[self.challenger], self.correct[self.default], strict=True))
        return {
            self.challenger: sum(one and not other for one, other in pairs),
            self.default: sum(other and not one for one, other in pairs),
        }

    @property
    def chance(self) -> float:
        """Return how likely such a lead of the challenger is if both are equally good."""
        return mcnemar(self.alone[self.challenger], self.alone[self.default])

    @property
    def chosen(self) -> str:
        """Return the reader to keep."""
        return self.challenger if self.chance <= SIGNIFICANT else self.default

    def metrics(self) -> Metrics:
        """Return what ``metrics.json`` says of it."""
        return {
            "chosen": self.chosen,
            "reason": self._reason(),
            "held_out": len(self.correct[self.default]),
            "chance": self.chance,
            **{reader: self._figures(reader) for reader in (self.challenger, self.default)},
        }

    def _figures(self, reader: str) -> Metrics:
        count = len(self.correct[reader])
        right = sum(self.correct[reader])
        return {
            "right": right,
            "alone_right": self.alone[reader],
            "captcha_accuracy": right / count,
            "captcha_interval": list(wilson(right, count)),
        }

    def _reason(self) -> str:
        ahead = self.alone[self.challenger]
        behind = self.alone[self.default]
        found = f"{self.challenger} alone read {ahead}, {self.default} alone {behind}"
        if self.chosen == self.challenger:
            return f"{found}: by chance that happens in {self.chance:.1%} of all cases"
        if ahead > behind:
            return f"{found}: too little to speak against {self.default}"
        return f"{found}: nothing speaks against {self.default}"


def why_it_cannot_win(challenger: str, correct: Sequence[bool]) -> str:
    """Say why a second reader cannot replace the one that read these captchas; else return "".

    Even one that reads all of them leads by no more than the first one's mistakes.

    Examples
    --------
    >>> why_it_cannot_win("digits", [True] * 38 + [False] * 2)
    '2 of 40 captchas held out were misread: the reader digits cannot read more by more than chance'
    >>> why_it_cannot_win("digits", [True] * 30 + [False] * 10)
    ''
    """
    misread = sum(not one for one in correct)
    if mcnemar(misread, 0) <= SIGNIFICANT:
        return ""
    return (
        f"{misread} of {len(correct)} captchas held out were misread: the reader {challenger} "
        "cannot read more by more than chance"
    )


def not_compared(default: str, reason: str) -> Metrics:
    """Return what ``metrics.json`` says where the default reader was taken without a comparison."""
    return {"chosen": default, "reason": reason}


def mcnemar(ahead: int, behind: int) -> float:
    """Return the p-value of the exact, one-sided McNemar test.

    Captchas that both readers read, or neither, say nothing about which is better; of the others
    a fair coin would decide: the chance of `ahead` heads or more in ``ahead + behind`` throws.

    References
    ----------
    Q. McNemar, "Note on the sampling error of the difference between correlated proportions or
    percentages", 1947.

    Examples
    --------
    >>> mcnemar(5, 0), mcnemar(1, 1)
    (0.03125, 0.75)
    """
    count = ahead + behind
    return sum(math.comb(count, heads) for heads in range(ahead, count + 1)) / (1 << count)


def comparison_table(comparison: JsonObject) -> str:
    """Return what ``metrics.json`` says of a comparison as lines for people."""
    chosen = f"reader {comparison['chosen']} chosen: {comparison['reason']}"
    if "chance" not in comparison:
        return chosen
    lines = [f"both readers on the same {comparison['held_out']} captchas held out:"]
    readers = [name for name, figures in comparison.items() if isinstance(figures, dict)]
    for reader in reversed(readers):
        figures = comparison[reader]
        low, high = figures["captcha_interval"]
        share = f"{figures['captcha_accuracy']:>7.2%}  (95 % interval {low:.2%} to {high:.2%})"
        lines.append(f"  {reader:<6}  {figures['right']:>4} right  {share}")
    return "\n".join([*lines, chosen])
