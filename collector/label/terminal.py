"""What labelling on a terminal needs: a label edited key by key, an image in characters."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from digitsolver.io.images import ImageArray, to_channels

GAP = "_"
DOUBT = 0.9
"""Confidence below which a digit is in doubt."""
UPPER_HALF = "▀"
RESET = "\x1b[0m"


@dataclass(slots=True)
class Editor:
    """The text and the place of the cursor; typing goes over what is there.

    >>> editor = Editor("4811", "0123456789", (0.99, 0.5, 0.99, 0.99))
    >>> editor.press("7")
    True
    >>> editor.text, editor.here
    ('4711', 2)
    """

    text: str
    alphabet: str
    sure: tuple[float, ...] = ()
    here: int = 0

    def __post_init__(self) -> None:
        """Put the cursor on the first digit in doubt, where at most half of them are."""
        doubted = [place for place, sure in enumerate(self.sure) if sure < DOUBT]
        if len(self.sure) == len(self.text) and 0 < 2 * len(doubted) <= len(self.sure):
            self.here = doubted[0]

    @property
    def is_whole(self) -> bool:
        """Return whether the text can be a label: it is not empty and has no gap."""
        return bool(self.text) and GAP not in self.text

    def press(self, key: str) -> bool:
        """Apply a key; return whether it does anything."""
        if len(key) == 1 and key in self.alphabet:
            self.text = self.text[: self.here] + key + self.text[self.here + 1 :]
            self.here += 1
        elif key == "space":
            self.text = self.text[: self.here] + GAP + self.text[self.here :]
        elif key == "delete":
            self.text = self.text[: self.here] + self.text[self.here + 1 :]
        elif key == "backspace":
            before = max(0, self.here - 1)
            self.text = self.text[:before] + self.text[self.here :]
            self.here = before
        elif key in {"left", "right", "home", "end"}:
            steps = {"left": self.here - 1, "right": self.here + 1, "home": 0}
            self.here = min(max(steps.get(key, len(self.text)), 0), len(self.text))
        else:
            return False
        return True


def draw_blocks(image: ImageArray, columns: int, rows: int) -> str:
    """Return lines of half blocks that show an image, in so many columns and rows at most.

    It is enlarged or made smaller, keeping its shape. Raises ``ValueError`` where there is no
    room for a column and a row.

    >>> draw_blocks(np.array([[255, 0], [0, 0]], np.uint8), 1, 1).count("▀")
    1
    """
    if columns < 1 or rows < 1:
        raise ValueError(f"expected room for an image, found {columns} columns, {rows} rows")
    height, width = image.shape[:2]
    scale = min(columns / width, 2 * rows / height)
    size = max(1, round(width * scale)), 2 * max(1, round(height * scale / 2))
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_NEAREST
    colours = to_channels(image, 3)
    small = np.asarray(cv2.resize(colours, size, interpolation=way), dtype=np.uint8)
    upper, lower = small[0::2], small[1::2]
    return "\n".join(_line(*pair) for pair in zip(upper, lower, strict=True))


def _line(upper: ImageArray, lower: ImageArray) -> str:
    cells = []
    for above, below in zip(upper.tolist(), lower.tolist(), strict=True):
        front, back = ";".join(map(str, above)), ";".join(map(str, below))
        cells.append(f"\x1b[38;2;{front};48;2;{back}m{UPPER_HALF}")
    return "".join(cells) + RESET
