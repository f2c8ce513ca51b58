"""The pages and docstrings use the words of the glossary, not those that it replaced."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
REPLACED = {
    r"pictures?": "image",
    r"drawn (?:captchas?|digits?|images?|looks?)": "generated, or synthetic",
    r"(?:captchas?|images?) (?:are|is|were) drawn": "generated",
    r"held back|kept apart": "held out",
    r"ends? early|ending early": "early stopping",
    r"running mean that forgets": "EMA of the weights",
    r"guessed labels?|surely read": "pseudo-label",
    r"by whose eyes": "model used for forced alignment",
    r"shows? no digit": "background class",
    r"answers? nothing": "abstain",
    r"untold|told length": "fixed length, or length unknown",
}
ALLOWED = {
    "If the run ends early": "docs/collecting.md: a download that is interrupted, no training",
    "that show no digit": "the glossary explains the background class",
}
"""Phrases in which such words mean something else."""
PATTERN = re.compile(rf"\b(?:{'|'.join(REPLACED)})\b", re.IGNORECASE)
CODE = re.compile(r"^```.*?^```|`[^`]*`", re.MULTILINE | re.DOTALL)


def _wrong(text: str) -> list[str]:
    """Return the words of `text` that the glossary replaced."""
    for phrase in ALLOWED:
        text = text.replace(phrase, "")
    return PATTERN.findall(CODE.sub("", text))


def _docstrings(path: Path) -> str:
    kinds = (ast.Module, ast.ClassDef, ast.FunctionDef)
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found = (ast.get_docstring(node) for node in ast.walk(tree) if isinstance(node, kinds))
    return "\n".join(filter(None, found))


def test_pages_use_the_words_of_the_glossary(tracked: list[Path]) -> None:
    pages = [
        path
        for path in tracked
        if path.suffix in {".md", ".rst"}
        and path.name != "CHANGELOG.md"  # names the old words where it says that they went
        and not {"fonts", "tests"} & set(path.parts)
    ]
    assert ROOT / "docs" / "index.md" in pages
    wrong = {str(path.relative_to(ROOT)): _wrong(path.read_text("utf-8")) for path in pages}
    assert not {name: words for name, words in wrong.items() if words}


def test_docstrings_use_the_words_of_the_glossary() -> None:
    paths = [path for room in ("digitsolver", "collector") for path in (ROOT / room).rglob("*.py")]
    paths += (ROOT / "examples").rglob("*.py")
    wrong = {str(path.relative_to(ROOT)): _wrong(_docstrings(path)) for path in paths}
    assert not {name: words for name, words in wrong.items() if words}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("A picture of drawn digits.", ["picture", "drawn digits"]),
        ("`picture` and\n```sh\nls pictures\n```\n", []),
        ("Lines drawn with a pen.", []),
        ("If the run ends early, call again.", []),
    ],
)
def test_a_replaced_word_is_found(text: str, found: list[str]) -> None:
    assert _wrong(text) == found
