"""The findings as one page of HTML: images inside it, nothing from the network, no script."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator, Mapping
from html import escape
from pathlib import Path

from collector.check.found import Checked
from digitsolver.errors import printable
from digitsolver.io.formats import BrokenError, read_header

MOST_IMAGES = 200
"""Images of each list; further ones are named only."""
MEDIA = {"PNG": "png", "JPEG": "jpeg", "GIF": "gif", "BMP": "bmp", "WebP": "webp", "TIFF": "tiff"}
STYLE = """
:root { color-scheme: light dark; --line: #8884; --mark: #b3261e; }
@media (prefers-color-scheme: dark) { :root { --mark: #ff8a80; } }
body { font: 1rem/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem; padding: 0 1rem; }
.counts { display: flex; flex-wrap: wrap; gap: 0 3rem; }
h1 { overflow-wrap: anywhere; } h2 { font-size: 1.15rem; }
table { border-collapse: collapse; margin: .5rem 0 2rem; }
th, td { border-bottom: 1px solid var(--line); padding: .3rem .8rem .3rem 0; text-align: left; }
td.number { font-variant-numeric: tabular-nums; text-align: right; }
img { display: block; image-rendering: pixelated; max-width: 20rem; min-height: 3rem; }
code { overflow-wrap: anywhere; } b { color: var(--mark); }
"""
HEAD = """<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy"
 content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
"""


def render_page(found: Checked) -> str:
    """Return the page; names and labels are text in it, whatever they hold."""
    title = f"Samples in {escape(printable(found.folder))}"
    counts = (
        _counts("Counts", found.summary()),
        _counts("Each digit", dict(sorted(found.digits.items()))),
        _counts("Digits in a label", dict(sorted(found.lengths.items()))),
        _counts("Sizes", dict(found.sizes.most_common(10))),
        _counts("Formats", dict(found.modes.most_common(10))),
    )
    body = [
        f"<h1>{title}</h1>",
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
    head = f"{HEAD}<title>{title}</title><style>{STYLE}</style></head>"
    return f"{head}\n<body><main>\n" + "\n".join(body) + "\n</main></body></html>\n"


def _counts(title: str, counts: Mapping[str, int] | Mapping[int, int]) -> str:
    rows = "".join(
        f'<tr><th scope="row">{escape(str(name))}</th><td class="number">{escape(str(n))}</td></tr>'
        for name, n in counts.items()
    )
    return f"<section><h2>{title}</h2><table>{rows}</table></section>" if rows else ""


def _suspects(found: Checked) -> Iterator[str]:
    if not found.suspects:
        return
    yield f"<h2>Labels that may be wrong: {len(found.suspects)}</h2>"
    head = ("image", "label", "read as", "score", "file")
    rows = []
    for index, one in enumerate(found.suspects):
        image = _image(found.folder / one.file, index)
        cells = (image, f"<code>{escape(one.label)}</code>", _marked(one.label, one.proposed))
        name = f"<code>{escape(printable(one.file))}</code>"
        rows.append((*cells, f"{one.score:.1f}", name))
    yield _table(head, rows)


def _marked(label: str, proposed: str) -> str:
    """Return what is proposed, with what differs from the label standing out."""
    if len(label) != len(proposed):
        return f"<code><b>{escape(proposed)}</b></code>"
    both = zip(label, proposed, strict=True)
    marked = (escape(b) if a == b else f"<b>{escape(b)}</b>" for a, b in both)
    return f"<code>{''.join(marked)}</code>"


def _pairs(title: str, found: Checked, pairs: list[tuple[str, str]]) -> Iterator[str]:
    if pairs:
        yield f"<h2>{title}: {len(pairs)}</h2>"
        rows = []
        for index, pair in enumerate(pairs):
            images = [_image(found.folder / name, index) for name in pair]
            names = [f"<code>{escape(printable(name))}</code>" for name in pair]
            rows.append((images[0], names[0], images[1], names[1]))
        yield _table(("image", "file", "image", "file"), rows)


def _notes(title: str, found: Checked, notes: Iterable[tuple[str, str]]) -> Iterator[str]:
    rows = [
        (_image(found.folder / name, i), f"<code>{escape(printable(name))}</code>", escape(why))
        for i, (name, why) in enumerate(notes)
    ]
    if rows:
        yield f"<h2>{title}: {len(rows)}</h2>"
        yield _table(("image", "file", "why"), rows)


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    top = "".join(f'<th scope="col">{name}</th>' for name in head)
    body = "".join(f"<tr>{''.join(f'<td>{c}</td>' for c in row)}</tr>\n" for row in rows)
    return f"<table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>"


def _image(path: Path, index: int) -> str:
    """Return an image as part of the page; nothing for what is none, or for far too many."""
    if index >= MOST_IMAGES:
        return ""
    try:
        data = path.read_bytes()
        header = read_header(data)
    except (OSError, BrokenError):
        return ""
    media = MEDIA.get(header.format) if header else None
    if media is None:
        return ""
    text = base64.b64encode(data).decode("ascii")
    return f'<img alt="{escape(printable(path.name))}" src="data:image/{media};base64,{text}">'
