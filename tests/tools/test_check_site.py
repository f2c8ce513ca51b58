"""The check of a built site finds what a visitor would find too late."""

from pathlib import Path

import pytest

from tools.check_site import addresses_in_styles, check


def _site(folder: Path, **pages: str) -> Path:
    for name, text in pages.items():
        (folder / f"{name}.html").write_text(text, encoding="utf-8")
    return folder


def test_links_that_lead_somewhere_are_fine(tmp_path: Path) -> None:
    (tmp_path / "a b.css").write_text("p { background: url(data:image/png;base64,x) }", "utf-8")
    site = _site(
        tmp_path,
        index='<link rel="stylesheet" href="a%20b.css"><a href="other.html#here">x</a><a href=".">',
        other='<h2 id="here">x</h2><a href="#here">y</a><a href="https://example.org/">z</a>',
    )
    assert check(site) == []


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('<a href="none.html">', "none.html: leads to no file"),
        ('<a href="#there">', "#there: leads to no such place in the page"),
        ('<a href="../secret.html">', "../secret.html: leads out of the site"),
        (
            '<script src="https://example.org/x.js">',
            "https://example.org/x.js: loads from elsewhere",
        ),
        ('<img src="//example.org/x.png">', "//example.org/x.png: loads from elsewhere"),
        (
            "<style>@import 'https://example.org/x'</style>",
            "https://example.org/x: loads from elsewhere",
        ),
    ],
)
def test_what_is_wrong_is_found(text: str, problem: str, tmp_path: Path) -> None:
    assert check(_site(tmp_path, index=text)) == [f"index.html: {problem}"]


def test_style_sheets_are_looked_into(tmp_path: Path) -> None:
    (tmp_path / "x.css").write_text("@font-face { src: url('https://example.org/f') }", "utf-8")
    assert check(_site(tmp_path, index="x")) == [
        "x.css: https://example.org/f: loads from elsewhere"
    ]


def test_a_folder_without_pages_is_no_site(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="expected a built site, found no page"):
        check(tmp_path)


def test_addresses_in_styles() -> None:
    assert addresses_in_styles('@import "a.css"; b { background: url(c.png) }') == [
        "a.css",
        "c.png",
    ]
