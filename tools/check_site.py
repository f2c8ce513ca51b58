"""Check a built site: every link inside it leads somewhere, and no page loads from elsewhere.

python tools/check_site.py build/docs
"""

import argparse
import re
import sys
from collections.abc import Iterator
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

LOADED = {("script", "src"), ("img", "src"), ("source", "src"), ("iframe", "src"), ("link", "href")}
"""Tags and attributes whose address a browser loads by itself."""
FOLLOWED = ("a", "href")
IN_STYLES = re.compile(r"""url\(\s*['"]?([^'")]+)|@import\s+['"]([^'"]+)""")


class Page(HTMLParser):
    """What a page has: the ids that links may name, what it loads, and where it links to."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.loaded: list[str] = []
        self.followed: list[str] = []
        self._in_style = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the ids and addresses of a tag."""
        self._in_style = tag == "style"
        given = {name: value for name, value in attrs if value}
        self.ids |= {given[name] for name in ("id", "name") if name in given}
        if tag == "link" and given.get("rel") in {"canonical", "next", "prev"}:
            return
        self.loaded += [given[name] for name in given if (tag, name) in LOADED]
        self.followed += [given[name] for name in given if (tag, name) == FOLLOWED]

    def handle_data(self, data: str) -> None:
        """Note what a style sheet within the page loads."""
        if self._in_style:
            self.loaded += addresses_in_styles(data)


def addresses_in_styles(text: str) -> list[str]:
    """Return the addresses that a style sheet loads."""
    return [first or second for first, second in IN_STYLES.findall(text)]


def check(site: Path) -> list[str]:
    """Return what is wrong with a site, one line for each address.

    Raises
    ------
    FileNotFoundError
        The folder has no pages.
    """
    # In _static the theme leaves a template of its own.
    pages = [page for page in sorted(site.rglob("*.html")) if page.parent.name != "_static"]
    if not pages:
        raise FileNotFoundError(f"{site}: expected a built site, found no page")
    found = [line for page in pages for line in _wrong_in_page(page, site)]
    for style in sorted(site.rglob("*.css")):
        loaded = addresses_in_styles(style.read_text(encoding="utf-8"))
        found += _wrong_loads(style, site, loaded)
    return found


@cache
def _page(path: Path) -> Page:
    return Page(path.read_text(encoding="utf-8"))


def _wrong_in_page(path: Path, site: Path) -> Iterator[str]:
    page = _page(path)
    yield from _wrong_loads(path, site, page.loaded)
    for address in page.followed:
        if not _is_outside(address) and (problem := _wrong_target(path, site, address)):
            yield f"{path.relative_to(site)}: {address}: {problem}"


def _wrong_loads(path: Path, site: Path, addresses: list[str]) -> Iterator[str]:
    for address in addresses:
        if address.startswith("data:"):
            continue
        problem = (
            "loads from elsewhere" if _is_outside(address) else _wrong_target(path, site, address)
        )
        if problem:
            yield f"{path.relative_to(site)}: {address}: {problem}"


def _is_outside(address: str) -> bool:
    parts = urlsplit(address)
    return bool(parts.scheme or parts.netloc)


def _wrong_target(path: Path, site: Path, address: str) -> str | None:
    """Say what is wrong with an address inside the site."""
    parts = urlsplit(address)
    target = path if not parts.path else (path.parent / unquote(parts.path)).resolve()
    if target.is_dir():
        target /= "index.html"
    if not target.is_relative_to(site):
        return "leads out of the site"
    if not target.is_file():
        return "leads to no file"
    fragment = unquote(parts.fragment)
    if fragment and target.suffix == ".html" and fragment not in _page(target).ids:
        return "leads to no such place in the page"
    return None


def main() -> None:
    """Print what is wrong, and exit with status 1 where something is."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("site", type=Path)
    site = parser.parse_args().site.resolve()
    found = check(site)
    print(*found, sep="\n", end="\n" if found else "")
    print(f"{len(list(site.rglob('*.html')))} pages, {len(found)} wrong addresses")
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
