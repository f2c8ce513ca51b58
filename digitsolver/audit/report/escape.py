"""Make texts of others harmless: in HTML and Markdown they are shown, and do nothing."""

import re
from typing import Final

from digitsolver.errors import printable

_SPECIAL: Final = re.compile(r"[\\`*_\[\]{}|~$#]")
_ENTITIES: Final = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "@": "&#64;", "!": "&#33;"}
_LINKS: Final = re.compile(r":(?=//)|(?<=[wW]{3})\.", re.IGNORECASE)
_START: Final = re.compile(r"^(\s*)([-+=]|\d+(?=[.)](?:\s|$)))")


class Raw(str):
    """Markdown that is written as it is."""

    __slots__ = ()


def visible(value: object) -> object:
    r"""Return a text without characters that steer: controls, line ends, directions.

    Other values stay as they are, for instance figures, and HTML that a template made.

    Examples
    --------
    >>> visible("a\u202eb"), visible("price: 5 €"), visible(5)
    ('a\\u202eb', 'price: 5 €', 5)
    """
    if not isinstance(value, str) or hasattr(value, "__html__"):
        return value
    return printable(value)


def markdown(value: object) -> object:
    r"""Return a text that Markdown shows as it is: no markup, HTML, link or mention.

    Examples
    --------
    >>> print(markdown("[a](javascript:b) <b>|@me http://x.example"))
    \[a\](javascript:b) &lt;b&gt;\|&#64;me http&#58;//x.example
    >>> print(markdown("- 5 %"), markdown(0.5))
    \- 5 % 0.5
    """
    if not isinstance(value, str) or isinstance(value, Raw):
        return value
    text = _SPECIAL.sub(r"\\\g<0>", printable(value))
    text = re.sub("[&<>@!]", lambda found: _ENTITIES[found.group()], text)
    text = _LINKS.sub(lambda found: f"&#{ord(found.group())};", text)
    return _START.sub(lambda found: f"{found[1]}{_escaped_start(found[2])}", text)


def markdown_code(text: str) -> Raw:
    r"""Return a text as a block of code, which Markdown shows as it is.

    Examples
    --------
    >>> markdown_code("solve <a>\n")
    '    solve <a>\\n'
    """
    return Raw(f"    {printable(text)}")


def address_of(reference: str) -> tuple[str, str]:
    """Return the title and the address of a reference; "" for an address that is no https one.

    Examples
    --------
    >>> address_of("CWE-804 https://cwe.mitre.org/804"), address_of("x javascript:alert(1)")
    (('CWE-804', 'https://cwe.mitre.org/804'), ('x javascript:alert(1)', ''))
    """
    title, _, address = reference.rpartition(" ")
    if re.fullmatch(r"https://[\w.-]+(/[\w./#%?=&+-]*)?", address, re.ASCII):
        return title, address
    return reference, ""


def markdown_link(reference: str) -> Raw:
    """Return a reference as a link.

    Examples
    --------
    >>> markdown_link("CWE-804: Guessable CAPTCHA https://cwe.mitre.org/804")
    '[CWE-804: Guessable CAPTCHA](https://cwe.mitre.org/804)'
    """
    title, address = address_of(reference)
    return Raw(f"[{markdown(title)}]({address})" if address else markdown(title))


def _escaped_start(text: str) -> str:
    """Return the beginning of a line that would begin a list, or underline a heading."""
    return f"&#{ord(text[0])};{text[1:]}" if text[0].isdigit() else f"\\{text}"
