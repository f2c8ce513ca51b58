"""Run the commands of the documents word for word, in a folder with what a fresh clone has.

Only the networks are smaller than real ones, their training is shorter, and fewer captchas are
generated. What needs the network, a browser, other machines or hours is left out, by name.
"""

import shutil
from dataclasses import replace
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from digitsolver.readers.digits import settings as digits_settings
from digitsolver.readers.digits.architectures import ARCHITECTURES
from digitsolver.readers.line import settings as line_settings
from digitsolver.training import export
from digitsolver.training.trainer import Options, Settings
from tests import tiny
from tests.documents.test_documents import OURS, ROOT, _document_lines

DOCUMENTS = (
    "README.md",
    "docs/architectures.md",
    "docs/collecting.md",
    "docs/roads/label-and-train.md",
    "docs/scale.md",
    "docs/start/quick-start.md",
)
"""docs/how-it-works.md has a test of its own; docs/performance.md has benchmarks alone."""
LEFT_OUT = {
    "fetch": "needs a server",
    "label": "is driven in test_label_page.py",
    "--cluster": "needs other machines",
    "demo/model": "needs make demo, which CI runs",
}
"""Words of commands that are not run, and why."""
CAPTCHAS = 60
"""Captchas of each look that the clone has here, and that a command generates at most."""
LOOK_AT_SOMETHING = 1
"""Exit status of collector check where something is to be looked at."""


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder with what the commands use of a clone, and make it the current one."""
    for look in ("plain", "speckle", "lines"):
        (tmp_path / "captchas" / look).mkdir(parents=True)
        source = ROOT / "captchas" / look
        names = sorted(path.name for path in source.iterdir() if path.suffix != ".csv")[:CAPTCHAS]
        for name in names:
            shutil.copy(source / name, tmp_path / "captchas" / look)
        table = (source / "metadata.csv").read_text(encoding="utf-8").splitlines()
        kept = [table[0], *(row for row in table[1:] if row.partition(",")[0] in names)]
        text = "\n".join(kept) + "\n"
        (tmp_path / "captchas" / look / "metadata.csv").write_text(text, encoding="utf-8")
    shutil.copytree(ROOT / "docs", tmp_path / "docs", ignore=shutil.ignore_patterns("images"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def small_networks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every training have a network of a few weights and take a few steps."""
    exported = export.export
    tiny.shrink(monkeypatch)
    monkeypatch.setattr(export, "export", exported)
    for name in ARCHITECTURES:
        monkeypatch.setitem(ARCHITECTURES, name, tiny.build_crops)
    digits, line = digits_settings.settings_from, line_settings.settings_from

    def short_digits(options: Options) -> Settings:
        return replace(digits(options), epochs=1, min_steps=2)

    def short_line(options: Options) -> Settings:
        return replace(line(options), rounds=1, steps=2, generated_every=0)

    monkeypatch.setattr(digits_settings, "settings_from", short_digits)
    monkeypatch.setattr(line_settings, "settings_from", short_line)
    monkeypatch.setattr("digitsolver.tune.FEW_ROUNDS", 0)


@pytest.fixture
def short_search(monkeypatch: pytest.MonkeyPatch, commands: dict[str, click.Command]) -> None:
    """Let the search for a look compare few candidates."""
    options = {option.name: option for option in commands["collector imitate"].params}
    monkeypatch.setattr(options["candidates"], "default", 20)


@pytest.mark.usefixtures("clone", "small_networks", "short_search")
@pytest.mark.timeout(900)
@pytest.mark.parametrize("document", DOCUMENTS)
def test_commands_run_word_for_word(document: str, commands: dict[str, click.Command]) -> None:
    ran = 0
    for line in _document_lines(ROOT / document):
        if line.words[0] not in OURS or LEFT_OUT.keys() & set(line.words):
            continue
        words = list(line.words[1:])
        if "--count" in words:
            place = words.index("--count") + 1
            words[place] = str(min(int(words[place]), CAPTCHAS))
        result = CliRunner().invoke(commands[line.words[0]], words)
        checked = line.words[:2] == ["collector", "check"]
        allowed = {0, LOOK_AT_SOMETHING} if checked else {0}
        problem = f"{line.where}: {result.output}"
        assert result.exception is None or isinstance(result.exception, SystemExit), problem
        assert result.exit_code in allowed, problem
        ran += 1
    assert ran
