"""From which rate on a captcha counts as broken, and who says so.

Bursztein, Martin and Mitchell (Text-based CAPTCHA Strengths and Weaknesses, CCS 2011) call a scheme
broken at one right answer in 100. The goal that designers had set before, and which they find too
ambitious, was that a program shall not be right more often than once in 10,000.
"""

from typing import Final

from digitsolver.audit.records import Level

BROKEN: Final = 0.01
"""Rate from which a captcha is broken: Bursztein, Martin and Mitchell 2011."""
GOAL: Final = 0.0001
"""Rate that a program shall not exceed: the design goal that the same paper cites."""


def likelihood_of(rate: float) -> Level:
    """Return how likely an attack is that is right at this rate, at least.

    Examples
    --------
    >>> [str(likelihood_of(rate)) for rate in (0.02, 0.001, 0.0)]
    ['high', 'medium', 'low']
    """
    if rate >= BROKEN:
        return Level.HIGH
    return Level.MEDIUM if rate > GOAL else Level.LOW
