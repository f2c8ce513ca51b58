import json
import shlex
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from digitsolver.cli import main
from tests.audit.acting import NAMES, write_captchas


@pytest.fixture(name="captchas")
def _captchas(tmp_path: Path) -> Path:
    write_captchas(tmp_path / "captchas", 12)
    return tmp_path / "captchas"


def run(*words: object) -> Result:
    return CliRunner().invoke(main, ["audit", *map(str, words), "--labels-from", NAMES])


def attacker(code: str) -> str:
    """Return an option with a program that runs Python code with the image as ``path``."""
    words = [sys.executable, "-S", "-c", f"import sys, os; path = sys.argv[1]; {code}"]
    return f"--attacker=other={shlex.join(words)} {{path}}"


def test_an_audit_without_findings_of_high_risk(captchas: Path, tmp_path: Path) -> None:
    result = run(captchas, "--out", tmp_path / "out", "--labels", "0", "--json")
    found = json.loads(result.stdout)
    assert found["points"][0]["rate"] == 0
    assert (result.exit_code, found["verdict"]["risk"]) == (0, "low"), result.output
    assert json.loads((tmp_path / "out" / "report.json").read_text()) == found
    assert (tmp_path / "out" / "report.html").exists()


def test_a_high_risk_is_the_exit_status(captchas: Path, tmp_path: Path) -> None:
    """The program knows each image by its content, as a table of answers would."""
    table = {path.read_bytes().hex(): path.stem[-3:] for path in captchas.iterdir()}
    code = f"print({table!r}[open(path, 'rb').read().hex()])"
    result = run(captchas, "--out", tmp_path / "out", "--labels", "0", attacker(code))
    assert result.exit_code == 1, result.output
    assert "other               0     1        100.00%  75.75% to 100.00%" in result.stdout
    assert "risk: high" in result.stdout


def test_what_is_wrong_is_said_in_one_line(captchas: Path, tmp_path: Path) -> None:
    (captchas / "99-12x.png").write_bytes(b"")
    result = run(captchas, "--out", tmp_path / "out", "--labels", "0", attacker("sys.exit(3)"))
    assert result.exit_code == 0
    assert "other: 12 of 12 unread: 12 × exit status other than 0" in result.stderr
    assert "99-12x.png: label '12x' has 'x'" in result.stderr


def test_five_labels(tmp_path: Path) -> None:
    write_captchas(tmp_path / "captchas", 5)
    result = run(tmp_path / "captchas", "--out", tmp_path / "out")
    line = "left out: 10 labels: expected 10 captchas beside the 5 that are read, found 0"
    assert result.exit_code == 0
    assert line in result.stdout.splitlines()
    assert "default model       0     1          0.00%  0.00% to 43.45%" in result.stdout


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--labels", "ten"], "expected numbers such as 0,10,50, found 'ten'"),
        (["--labels", ""], "expected numbers such as 0,10,50"),
        (["--labels", "3"], "labels: expected 0, or 5 or more, found 3"),
        (["--labels", "0", "--length", "9"], "length: expected one that labels have (3), found 9"),
        (["--attacker", "tesseract"], "expected NAME=COMMAND, found 'tesseract'"),
        (["--attacker", "a=b c"], "expected a command with {path} for the image, found 'b c'"),
        (["--minutes", "0"], "--minutes"),
        (["--seeds", "0"], "--seeds"),
        (["--prices", "nobody.toml"], "nobody.toml: expected a file of prices, found No such file"),
        (["--alphabet", "abc"], "expected labels, found none that fits"),
    ],
)
def test_wrong_usage(captchas: Path, tmp_path: Path, words: list[str], message: str) -> None:
    result = run(captchas, "--out", tmp_path / "out", *words)
    assert result.exit_code == 2
    assert message in result.stderr
    assert not (tmp_path / "out").exists()


def test_no_captchas(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for name in ("empty", "nobody"):
        result = run(tmp_path / name, "--out", tmp_path / "out")
        assert (result.exit_code, len(result.stderr.splitlines())) == (2, 1), result.output
    write_captchas(tmp_path / "captchas", 6)
    out = ("--out", tmp_path / "out", "--labels", "0")
    assert run(tmp_path / "captchas", *out).exit_code == 0
    assert run(tmp_path / "captchas", *out).exit_code == 2
    assert run(tmp_path / "captchas", *out, "--resume").exit_code == 0
    assert run(tmp_path / "captchas", *out, "--resume", "--seed", "4").exit_code == 2
    assert run(tmp_path / "captchas", *out, "--force", "--seed", "4").exit_code == 0
