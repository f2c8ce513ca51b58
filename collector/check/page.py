"""The findings as one page of HTML: images inside it, nothing from the network, no script."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape

from collector.check.found import Checked
from digitsolver.errors import printable
from digitsolver.measure.page import counts_table, html_table, image_tag, marked, whole_page


def render_page(found: Checked) -> str:
    """Return what a check found as one HTML page, with its images inside and without scripts.

    Names and labels are text in it, whatever they contain.

    Parameters
    ----------
    found
        The last result of `check`.

    Returns
    -------
    str
        The page.

    Examples
    --------
    >>> from pathlib import Path
    >>> render_page(Checked(Path("captchas/mine"), samples=200))[:15]
    '<!doctype html>'
    """
    counts = (
        counts_table("Counts", found.summary().items()),
        counts_table("Each digit", sorted(found.digits.items())),
        counts_table("Digits in a label", sorted(found.lengths.items())),
        counts_table("Sizes", found.sizes.most_common(10)),
        counts_table("Formats", found.modes.most_common(10)),
    )
    body = [
        f'<div class="counts">{"".join(counts)}</div>',
        f"<p>{escape(found.note)}</p>" if found.note else "",
        *_suspects(found),
        *_pairs("The same image with different labels", found, found.conflicts),
        *_pairs("The same files", found, found.duplicates),
        *_pairs("Nearly the same images", found, found.near),
        *_notes("Unlike the others", found, ((o.file, o.why) for o in found.outliers)),
        *_notes("No images", found, ((p.path.name, p.reason) for p in found.unreadable)),
        *_notes("Labels", found, ((p.path.name, p.reason) for p in found.problems)),
    ]
    return whole_page(f"Samples in {printable(found.folder)}", body)


def _suspects(found: Checked) -> Iterator[str]:
    if not found.suspects:
        return
    yield f"<h2>Labels that may be wrong: {len(found.suspects)}</h2>"
    head = ("image", "label", "read as", "score", "file")
    rows = []
    for index, one in enumerate(found.suspects):
        image = image_tag(found.folder / one.file, index)
        cells = (image, f"<code>{escape(one.label)}</code>", marked(one.label, one.proposed))
        name = f"<code>{escape(printable(one.file))}</code>"
        rows.append((*cells, f"{one.score:.1f}", name))
    yield html_table(head, rows)


def _pairs(title: str, found: Checked, pairs: list[tuple[str, str]]) -> Iterator[str]:
    if pairs:
        yield f"<h2>{title}: {len(pairs)}</h2>"
        rows = []
        for index, pair in enumerate(pairs):
            images = [image_tag(found.folder / name, index) for name in pair]
            names = [f"<code>{escape(printable(name))}</code>" for name in pair]
            rows.append((images[0], names[0], images[1], names[1]))
        yield html_table(("image", "file", "image", "file"), rows)


def _notes(title: str, found: Checked, notes: Iterable[tuple[str, str]]) -> Iterator[str]:
    rows = [
        (image_tag(found.folder / name, i), f"<code>{escape(printable(name))}</code>", escape(why))
        for i, (name, why) in enumerate(notes)
    ]
    if rows:
        yield f"<h2>{title}: {len(rows)}</h2>"
        yield html_table(("image", "file", "why"), rows)
