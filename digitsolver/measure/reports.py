"""Write what an evaluation found as a page with images, and the misread images as a table."""

from collections.abc import Iterable, Iterator
from html import escape
from itertools import chain

from digitsolver.datasets.tables import render_rows
from digitsolver.errors import printable
from digitsolver.io.files import StrPath, write_text
from digitsolver.measure.evaluation import Evaluation, Mistake
from digitsolver.measure.page import counts_table, html_table, image_tag, marked, whole_page

COLUMNS = ("file_name", "label", "text", "confidence")
"""Columns of the table of misread images."""


def write_page(path: StrPath, found: Evaluation, title: str) -> None:
    """Write the page of `evaluation_page` to a file, whole or not at all.

    Raises FolderError when it cannot be written.
    """
    write_text(path, evaluation_page(found, title))


def write_mistakes(path: StrPath, found: Evaluation) -> None:
    """Write the misread images as CSV: path, label, what was read, and its confidence.

    Raises FolderError when it cannot be written.
    """
    rows = ((one.path, one.label, one.text, f"{one.confidence:.6f}") for one in found.mistakes)
    write_text(path, render_rows(COLUMNS, rows))


def evaluation_page(found: Evaluation, title: str) -> str:
    """Return the page of an evaluation: its figures, and the images that were misread.

    They are sorted by confidence, the highest first: those are the mistakes that no threshold
    prevents.
    """
    figures = found.rows()
    answered = (
        (
            f"{one.confidence:g}",
            f"{one.answered} ({one.coverage:.1%})",
            "-" if one.risk is None else f"{one.wrong} ({one.risk:.2%})",
        )
        for one in found.risk_coverage()
    )
    return whole_page(
        title,
        chain(
            [f'<div class="counts">{counts_table("Figures", figures)}</div>'],
            ["<h2>Answers at a least confidence</h2>"],
            [html_table(("least confidence", "answered", "wrong of them"), answered)],
            _misread(found.mistakes),
            _failures(found),
        ),
    )


def _misread(mistakes: Iterable[Mistake]) -> Iterator[str]:
    """Give the images that were misread, as cards."""
    cards = [
        f"<li>{image_tag(one.path, index)}<p>label <code>{escape(one.label)}</code>, read as "
        f"{marked(one.label, one.text)}</p><p>confidence {one.confidence:.3f}</p>"
        f"<small>{escape(printable(one.path))}</small></li>"
        for index, one in enumerate(mistakes)
    ]
    yield f"<h2>Misread: {len(cards)}</h2>"
    if cards:
        yield "<p>The most confident first.</p>"
        yield f'<ul class="cards">{"".join(cards)}</ul>'


def _failures(found: Evaluation) -> Iterator[str]:
    if found.failures:
        yield f"<h2>Unreadable: {len(found.failures)}</h2>"
        rows = (
            (f"<code>{escape(printable(one.path or ''))}</code>", escape(one.reason))
            for one in found.failures
        )
        yield html_table(("file", "why"), rows)
