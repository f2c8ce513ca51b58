"""What the lengths of the labels that a network learned from say of those of other texts."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SeenLengths:
    """The shortest and the longest length among so many `labels`.

    Examples
    --------
    >>> seen = SeenLengths(4, 6, labels=98)
    >>> [seen.chance(length) for length in (3, 4, 5, 6, 7)]
    [0.01, 1.0, 1.0, 1.0, 0.01]
    >>> seen.nearest(3), seen.nearest(5)
    (4, 5)
    """

    shortest: int
    longest: int
    labels: int

    def chance(self, length: int) -> float:
        """Return what a text of `length` characters counts.

        Outside of what was seen it is the chance that one more label has a length not seen yet, by
        the rule of succession (Laplace, 1814).
        """
        return 1.0 if self.nearest(length) == length else 1 / (self.labels + 2)

    def nearest(self, length: int) -> int:
        """Return the seen length that is nearest to `length`."""
        return min(max(length, self.shortest), self.longest)
