"""Label on a terminal: the captcha in half blocks, the same keys as on the page."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from digitsolver.errors import DigitSolverError

if TYPE_CHECKING:
    from collector.label.session import SampleState, Session, State
    from collector.label.terminal import Editor

KEYS = {
    "\r": "enter",
    "\n": "enter",
    " ": "space",
    "\x7f": "backspace",
    "\x08": "backspace",
    "\x1b[3~": "delete",
    "\x1b[A": "up",
    "\x1b[B": "down",
    "\x1b[C": "right",
    "\x1b[D": "left",
    "\x1b[H": "home",
    "\x1b[F": "end",
}
HELP = (
    "Enter accept · 0-9 type over · arrows move, down: later, up: back · Space, Backspace, Delete\n"
    "x unreadable · u undo · r retrain · v review · ? help · q quit"
)
SHORT = "Enter accept · u undo · x unreadable · ? help · q quit"
ROWS_OF_TEXT = 9
SURE, DOUBTFUL = (60, 60, 60), (185, 122, 23)


def label_on_terminal(session: Session) -> None:
    """Show one sample after another until all have an answer, or the user quits."""
    while True:
        state = session.state()
        if state["sample"] is None:
            click.echo("Every captcha has an answer." if state["samples"] else "No captcha here.")
            return
        if not _label_sample(session, state, state["sample"]):
            return


def _label_sample(session: Session, state: State, sample: SampleState) -> bool:
    """Show a sample until there is another to show; return whether to go on."""
    editor = _editor(sample, state["alphabet"])
    note = state["note"]
    while True:
        _show(session, state, sample, editor, note)
        key = _key()
        if key in {"q", "ctrl-c"} and key not in state["alphabet"]:
            return False
        if key == "?":
            note = HELP
        elif key == "enter" and not editor.is_whole:
            note = "Type the label first, or x for unreadable."
        elif not editor.press(key):
            act = _actions(session, sample, editor, reviewing=state["reviewing"]).get(key)
            if act is None:
                continue
            try:
                act()
            except DigitSolverError as error:
                note = str(error)
                continue
            return True


def _actions(
    session: Session, sample: SampleState, editor: Editor, *, reviewing: bool
) -> dict[str, Callable[[], None]]:
    """Return the actions of the keys after which another sample may be shown."""
    return {
        "enter": lambda: session.answer(sample["id"], editor.text, sample["seen"]),
        "x": lambda: session.mark_unreadable(sample["id"], sample["seen"]),
        "u": session.undo,
        "r": session.retrain,
        "v": lambda: session.review(not reviewing),
        "down": lambda: session.move(forward=True),
        "up": lambda: session.move(forward=False),
    }


def _editor(sample: SampleState, alphabet: str) -> Editor:
    from collector.label.terminal import Editor

    proposal = sample["proposal"]
    proposed = proposal["text"] if proposal else ""
    text = sample["label"] or proposed
    sure = tuple(proposal["digits"]) if proposal and text == proposed else ()
    return Editor(text, alphabet, sure)


def _show(session: Session, state: State, sample: SampleState, editor: Editor, note: str) -> None:
    """Clear the terminal and draw everything."""
    from collector.label.terminal import draw_blocks
    from digitsolver.io.images import read_image

    size = shutil.get_terminal_size()
    click.clear()
    click.echo(_counts(state))
    try:
        record = session.store.get(sample["id"])
        image = read_image(session.store.path(record))
        click.echo(draw_blocks(image, size.columns - 2, max(4, size.lines - ROWS_OF_TEXT)))
    except DigitSolverError as error:
        click.echo(f"cannot be shown: {error}; x marks it unreadable")
    click.echo(sample["name"].encode("unicode_escape").decode())
    click.echo(_cells(editor))
    click.echo(_status(state, sample))
    click.echo(note or SHORT)


def _cells(editor: Editor) -> str:
    """Return the digits, doubtful ones with a coloured background, the cursor reversed."""
    cells = []
    for place, character in enumerate(editor.text + " "):
        sure = editor.sure[place] if place < len(editor.sure) else 1.0
        doubt = min(1.0, max(0.0, (0.98 - sure) / 0.6))
        red, green, blue = (round(a + doubt * (b - a)) for a, b in zip(SURE, DOUBTFUL, strict=True))
        here = place == editor.here
        cells.append(
            click.style(
                f" {character} ", fg="white", bg=(red, green, blue), bold=True, reverse=here
            )
        )
    return " ".join(cells)


def _status(state: State, sample: SampleState) -> str:
    proposal = sample["proposal"]
    parts = [f"labelled {sample['label']}"] if sample["label"] else []
    if proposal and proposal["text"]:
        sure = min(99, int(100 * proposal["confidence"]))
        parts.append(f"the model reads {proposal['text']}, {sure} % sure")
    training, suspects = state["training"], state["suspects"]
    if training["running"]:
        left = training["seconds_left"]
        about = f", about {_minutes(left)} left" if left else ""
        steps = f"{training['done']} of {training['total']}"
        parts.append(f"training on the labels so far {steps}{about}")
    elif training["message"]:
        parts.append(training["message"])
    if suspects and not state["reviewing"]:
        parts.append(f"{suspects} {'labels' if suspects > 1 else 'label'} in doubt: v")
    return "; ".join(parts)


def _minutes(seconds: float) -> str:
    return f"{max(1, round(seconds / 60))} min"


def _counts(state: State) -> str:
    parts = [f"{state['labelled']} of {state['samples']} labelled"]
    if state["unreadable"]:
        parts.append(f"{state['unreadable']} unreadable")
    parts.append(f"{state['open']} to go")
    if state["seconds"]:
        parts.append(f"{60 / max(state['seconds'], 0.1):.0f} a minute")
    if state["seconds_left"]:
        parts.append(f"about {_minutes(state['seconds_left'])} left")
    if state["reviewing"]:
        parts.append(f"review: {state['suspects']} in doubt")
    return " · ".join(parts)


def _key() -> str:
    """Return the name of a key, or the character."""
    try:
        pressed = click.getchar()
        if pressed == "\x1b" and not sys.stdin.isatty():
            pressed += click.getchar() + click.getchar()  # a pipe gives them one by one
    except (KeyboardInterrupt, EOFError):
        return "ctrl-c"
    return KEYS.get(pressed, pressed)
