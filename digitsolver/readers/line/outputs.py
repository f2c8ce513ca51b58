"""What the output of each line architecture means; knows nothing of Keras, for solving."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LineArchitecture:
    """What the output of a network for whole images means.

    With ``ctc`` it gives frames whose last class is the blank of connectionist temporal
    classification, otherwise a head for each position, without a blank.
    """

    ctc: bool


LINES: dict[str, LineArchitecture] = {
    "line": LineArchitecture(ctc=True),
    "positions": LineArchitecture(ctc=False),
}
"""The networks that read a whole image, by name."""
