"""Any characters that can be seen are an alphabet; what drawing cannot write is said."""

from dataclasses import replace
from pathlib import Path

import pytest

from digitsolver import train
from digitsolver.datasets.tables import render_table
from digitsolver.training.trainer import check_alphabet
from tests import tiny
from tests.templates import write

TEXTS = [f"{number * 7919 % 10_007 % 10_000:04}" for number in range(1, 41)]


@pytest.mark.parametrize(
    ("alphabet", "note"),
    [
        ("0123456789+-=.", "generated images cannot show '+-=.': they are learned from"),
        ("۰۱۲۳۴۵۶۷۸۹", "generated images cannot show '۰۱۲۳۴۵۶۷۸۹': they are learned from"),
    ],
)
def test_signs_and_other_digits_are_learned(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, alphabet: str, note: str
) -> None:
    tiny.shrink(monkeypatch)
    signs = dict(zip("0123456789", (alphabet + alphabet)[-10:], strict=True))
    paths = write(tmp_path / "captchas", TEXTS)
    rows = []
    for number, path in enumerate(paths):
        label = "".join(signs[character] for character in TEXTS[number])
        path.rename(path.with_name(f"img{number}.png"))
        rows.append({"file_name": f"img{number}.png", "text": label})
    (tmp_path / "captchas" / "metadata.csv").write_text(render_table(rows), encoding="utf-8")
    settings = [replace(tiny.LINE, alphabet=alphabet, generated_every=2, look="plain")]
    done = train.train(tmp_path / "captchas", "plain", tmp_path / "model", settings=settings)
    assert done.bundle.facts.alphabet == alphabet
    assert done.bundle.facts.counts["captchas"] == len(TEXTS)
    assert any(warning.startswith(note) for warning in done.bundle.metrics()["warnings"])


@pytest.mark.parametrize(
    ("alphabet", "expected"),
    [
        ("00", "each character once, found '0' again"),
        ("0", "at least 2 different characters, found '0'"),
        ("", "at least 2 different characters, found ''"),
        ("01 ", "characters that can be seen, found ' '"),
        ("01\ud800", r"characters that can be seen, found '\\ud800'"),
        ("01\u200f", r"characters that can be seen, found '\\u200f'"),
        ("ae\u0301", "composed characters .* found a mark that stands alone"),
        ("0\u212b", "composed characters"),
    ],
)
def test_what_is_no_alphabet(alphabet: str, expected: str) -> None:
    with pytest.raises(ValueError, match=f"^alphabet: expected {expected}"):
        check_alphabet(alphabet)
