"""Say which reader reads more of the same captchas, and whether that is more than chance."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from digitsolver.measure.statistics import wilson

FEWEST_HELD = 20
"""Captchas held out below which the reader ``digits`` is not tried: only a lead of 5 to 0 or so
would count, and with 50 labels trying it takes half as long again as all the rest."""
CHANCE = 0.05
"""How likely a lead of the reader ``digits`` may be by chance alone, at most, to count."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Hold which of the captchas held out each reader read without an error, in one order."""

    digits: Sequence[bool]
    line: Sequence[bool]

    @property
    def alone(self) -> dict[str, int]:
        """Return for each reader how many captchas it read and the other did not."""
        pairs = list(zip(self.digits, self.line, strict=True))
        return {
            "digits": sum(one and not other for one, other in pairs),
            "line": sum(other and not one for one, other in pairs),
        }

    @property
    def chance(self) -> float:
        """Return how likely such a lead of ``digits``, or more, is if both are equally good."""
        return lead_by_chance(self.alone["digits"], self.alone["line"])

    @property
    def chosen(self) -> str:
        """Return the reader to take.

        It is ``line``, which starts from a network that has seen many looks, unless ``digits``
        reads more of the captchas by more than chance.
        """
        return "digits" if self.chance <= CHANCE else "line"

    def metrics(self) -> dict[str, Any]:
        """Return what ``metrics.json`` says of it."""
        return {
            "chosen": self.chosen,
            "reason": self._reason(),
            "held_out": len(self.line),
            "chance": self.chance,
            "digits": self._figures("digits", self.digits),
            "line": self._figures("line", self.line),
        }

    def _figures(self, reader: str, right: Sequence[bool]) -> dict[str, Any]:
        count, good = len(right), sum(right)
        return {
            "right": good,
            "alone_right": self.alone[reader],
            "captcha_accuracy": good / count,
            "captcha_interval": list(wilson(good, count)),
        }

    def _reason(self) -> str:
        """Say why the reader was chosen."""
        ahead, behind = self.alone["digits"], self.alone["line"]
        found = f"digits alone read {ahead}, line alone {behind}"
        if self.chosen == "digits":
            return f"{found}: by chance that happens in {self.chance:.1%} of all cases"
        if ahead > behind:
            return f"{found}: too little to speak against line"
        return f"{found}: nothing speaks against line"


def not_compared(reason: str) -> dict[str, Any]:
    """Return what ``metrics.json`` says where ``line`` was taken without a comparison."""
    return {"chosen": "line", "reason": reason}


def lead_by_chance(ahead: int, behind: int) -> float:
    """Return the chance of `ahead` heads or more in ``ahead + behind`` throws of a fair coin.

    This is the exact, one-sided form of McNemar's test ("Note on the sampling error of the
    difference between correlated proportions or percentages", 1947): captchas that both readers
    read, or neither, tell nothing about which is better.

    >>> lead_by_chance(5, 0), lead_by_chance(1, 1)
    (0.03125, 0.75)
    """
    count = ahead + behind
    ways, total = sum(math.comb(count, heads) for heads in range(ahead, count + 1)), 1 << count
    return ways / total


def table(comparison: Mapping[str, Any]) -> str:
    """Return what ``metrics.json`` says of a comparison as lines for people."""
    taken = f"reader {comparison['chosen']} taken: {comparison['reason']}"
    if "line" not in comparison:
        return taken
    lines = [f"both readers on the same {comparison['held_out']} captchas held out:"]
    for reader in ("line", "digits"):
        figures = comparison[reader]
        low, high = figures["captcha_interval"]
        share = f"{figures['captcha_accuracy']:>7.2%}  (95 % interval {low:.2%} to {high:.2%})"
        lines.append(f"  {reader:<6}  {figures['right']:>4} right  {share}")
    return "\n".join([*lines, taken])
