"""Edit a label key by key, as the page's ``editor.js`` does."""

from __future__ import annotations

from dataclasses import dataclass

GAP = "_"
DOUBT = 0.9
"""Confidence below which a digit is in doubt."""


@dataclass(slots=True)
class Editor:
    """Hold the text and the place of the cursor; typing goes over what is there.

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
        """Do what a key does; tell whether it does anything here."""
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
