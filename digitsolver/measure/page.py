"""One page of HTML that is whole by itself: images inside it, nothing from the network, no script.

What reports are made of; the parts return HTML in which names and labels are text, whatever they
hold. Pages follow the light or dark mode of the system, and fit a phone.
"""

import base64
from collections.abc import Iterable
from html import escape

from digitsolver.errors import ImageError, printable
from digitsolver.io.files import StrPath
from digitsolver.io.formats import BrokenError, read_header
from digitsolver.io.images import decode_image, encode_png, read_bytes
from digitsolver.io.working_size import to_working_size

MOST_IMAGES = 200
"""Images of each list; further ones are named only."""
AS_THEY_ARE = {"PNG": "png", "JPEG": "jpeg", "GIF": "gif", "BMP": "bmp", "WebP": "webp"}
"""Media types of the formats that every browser shows."""
LARGE = 2**17
"""Bytes from which an image is shown smaller."""
STYLE = """
:root { color-scheme: light dark; --line: #8884; --mark: #b3261e; }
@media (prefers-color-scheme: dark) { :root { --mark: #ff8a80; } }
* { box-sizing: border-box; }
body { font: 1rem/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem; padding: 0 1rem; }
.counts { display: flex; flex-wrap: wrap; gap: 0 3rem; }
h1 { font-size: 1.6rem; overflow-wrap: anywhere; } h2 { font-size: 1.15rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; margin: .5rem 0 2rem; }
th, td { border-bottom: 1px solid var(--line); padding: .3rem .8rem .3rem 0; text-align: left; }
td.number { font-variant-numeric: tabular-nums; text-align: right; }
img { display: block; image-rendering: pixelated; max-width: min(20rem, 100%); min-height: 3rem;
  object-fit: contain; object-position: left; }
code { font-size: 1rem; overflow-wrap: anywhere; } b { color: var(--mark); }
.cards { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fill, minmax(14rem, 1fr));
  list-style: none; margin: .5rem 0 2rem; padding: 0; }
.cards li { border: 1px solid var(--line); border-radius: .5rem; padding: .75rem; }
.cards p { margin: .4rem 0 0; } .cards small { overflow-wrap: anywhere; }
"""
HEAD = """<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy"
 content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
"""


def whole_page(title: str, body: Iterable[str]) -> str:
    """Return a page with this title, which is text, and these parts, which are HTML."""
    title = escape(title)
    head = f"{HEAD}<title>{title}</title><style>{STYLE}</style></head>"
    parts = "\n".join([f"<h1>{title}</h1>", *body])
    return f"{head}\n<body><main>\n{parts}\n</main></body></html>\n"


def counts_table(title: str, counts: Iterable[tuple[object, object]]) -> str:
    """Return a titled table of names and figures; nothing where there are none."""
    rows = "".join(
        f'<tr><th scope="row">{escape(str(name))}</th><td class="number">{escape(str(n))}</td></tr>'
        for name, n in counts
    )
    return f"<section><h2>{escape(title)}</h2><table>{rows}</table></section>" if rows else ""


def html_table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Return a table with this head and cells of HTML."""
    top = "".join(f'<th scope="col">{name}</th>' for name in head)
    body = "".join(f"<tr>{''.join(f'<td>{c}</td>' for c in row)}</tr>\n" for row in rows)
    whole = f"<table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>"
    return f'<div class="wide">{whole}</div>'


def marked(label: str, text: str) -> str:
    """Return a text that was read, with what differs from the label standing out.

    >>> marked("12", "17")
    '<code>1<b>7</b></code>'
    """
    if len(label) != len(text):
        return f"<code><b>{escape(text) or 'nothing'}</b></code>"
    both = zip(label, text, strict=True)
    parts = (escape(b) if a == b else f"<b>{escape(b)}</b>" for a, b in both)
    return f"<code>{''.join(parts)}</code>"


def image_tag(path: StrPath, index: int) -> str:
    """Return an image as part of a page; nothing for what is none, or from `MOST_IMAGES` on."""
    if index >= MOST_IMAGES:
        return ""
    try:
        data = read_bytes(path)
        header = read_header(data)
        media = AS_THEY_ARE.get(header.format) if header else None
        if media is None or len(data) > LARGE:
            media, data = "png", encode_png(to_working_size(decode_image(data)))
    except (ImageError, BrokenError):
        return ""
    text = base64.b64encode(data).decode("ascii")
    return f'<img alt="{escape(printable(path))}" src="data:image/{media};base64,{text}">'
