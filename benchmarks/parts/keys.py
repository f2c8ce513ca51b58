"""The fewest keys with which a proposed label becomes another, as the labelling page edits it."""

import heapq
from functools import cache

from collector.label.terminal import Editor

ALPHABET = "0123456789"


def fewest_keys(proposed: str, sure: tuple[float, ...], wanted: str) -> list[str]:
    """Return keys that make `proposed` `wanted`, from where the cursor waits; Enter left out.

    Everything but Enter is a key: digits, arrows, Home, End, Space, Delete, Backspace.

    >>> fewest_keys("4811", (0.99, 0.5, 0.99, 0.99), "4711")
    ['7']
    >>> fewest_keys("481", (), "4811")
    ['end', '1']
    """
    start = Editor(proposed, ALPHABET, sure)
    return list(_search(start.text, start.here, wanted))


@cache
def _search(text: str, here: int, wanted: str) -> tuple[str, ...]:
    """Search states of the editor, text and cursor, the cheapest first (A*)."""
    waiting: list[tuple[int, int, str, int, tuple[str, ...]]] = [(0, 0, text, here, ())]
    done: set[tuple[str, int]] = set()
    while waiting:
        _, count, text, here, keys = heapq.heappop(waiting)
        if text == wanted:
            return keys
        if (text, here) in done:
            continue
        done.add((text, here))
        for key in ("left", "right", "home", "end", "delete", "backspace", "space", *set(wanted)):
            after = Editor(text, ALPHABET, here=here)
            after.press(key)
            if (after.text, after.here) not in done and len(after.text) <= len(wanted) + 2:
                least = count + 1 + _least(after.text, wanted)
                state = (after.text, after.here, (*keys, key))
                heapq.heappush(waiting, (least, count + 1, *state))
    raise ValueError(f"expected keys from {text!r} to {wanted!r}, found none")


def _least(text: str, wanted: str) -> int:
    """Return a bound from below: a key changes the edit distance by one at most."""
    row = list(range(len(wanted) + 1))
    for i, a in enumerate(text, 1):
        before, row[0] = row[0], i
        for j, b in enumerate(wanted, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (a != b))
    return row[-1]
