"""What is wrong with a build is said; a real build is checked by tools/check_release.py itself."""

import io
import tarfile
import zipfile
from pathlib import Path

import pytest

from tools import check_release
from tools.check_release import IN_SDIST, IN_WHEEL, LICENCES, check_contents, check_names, compare

TRACKED = ["digitsolver/__init__.py", "collector/__init__.py"]
STEM = "digitsolver-1.2.3"
INSIDE = [f"{STEM}.dist-info/{name}" for name in IN_WHEEL | LICENCES]


@pytest.fixture(autouse=True)
def tracked_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check_release, "_tracked", lambda: TRACKED)


def make(folder: Path, *, wheel: list[str], sdist: list[str]) -> tuple[Path, Path]:
    files = folder / f"{STEM}.tar.gz", folder / f"{STEM}-py3-none-any.whl"
    with tarfile.open(files[0], "w:gz") as archive:
        for name in sdist:
            archive.addfile(tarfile.TarInfo(f"{STEM}/{name}"), io.BytesIO())
    with zipfile.ZipFile(files[1], "w") as archive:
        for name in wheel:
            archive.writestr(name, "")
    return files


def test_the_files_in_git_and_nothing_else(tmp_path: Path) -> None:
    good = make(tmp_path, wheel=[*TRACKED, *INSIDE], sdist=[*TRACKED, *IN_SDIST])
    assert check_contents(*good) == []
    bad = make(tmp_path, wheel=[*TRACKED[1:], *INSIDE, "notes.txt"], sdist=[*TRACKED, *IN_SDIST])
    assert check_contents(*bad) == [
        f"{STEM}-py3-none-any.whl: expected digitsolver/__init__.py, found none",
        f"{STEM}-py3-none-any.whl: expected no notes.txt",
    ]


def test_a_large_file_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = make(tmp_path, wheel=[*TRACKED, *INSIDE], sdist=[*TRACKED, *IN_SDIST])
    monkeypatch.setattr(check_release, "LARGEST", 10)
    assert all("expected at most 10 bytes" in problem for problem in check_contents(*files))
    assert len(check_contents(*files)) == 2


def test_builds_that_differ_are_found(tmp_path: Path) -> None:
    files = [tmp_path / str(number) for number in range(4)]
    for path, text in zip(files, ["a", "b", "a", "c"], strict=True):
        path.write_text(text, encoding="utf-8")
    (problem,) = compare((files[0], files[1]), (files[2], files[3]))
    assert problem.startswith("1: expected two equal builds, found")


def test_a_tag_needs_its_version_a_date_and_addresses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(check_release, "ROOT", tmp_path)
    (tmp_path / "digitsolver").mkdir()
    texts = {
        "digitsolver/__init__.py": '__version__ = "1.2.3"\n',
        "CITATION.cff": "version: 1.2.3\nrepository-code: https://example.org\n",
        "CHANGELOG.md": "## [1.2.3] - 2026-11-30\n",
        "pyproject.toml": "[project]\n[project.urls]\n"
        + "".join(f'{name} = "https://example.org"\n' for name in check_release.URLS),
    }
    for name, text in texts.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    assert list(check_names("v1.2.3")) == []
    (tmp_path / "CITATION.cff").write_text("version: 1.2.2\n", encoding="utf-8")
    (tmp_path / "CHANGELOG.md").write_text("## [Unreleased]\n", encoding="utf-8")
    (tmp_path / "pyproject.toml").write_text("[project]\n", encoding="utf-8")
    found = [problem.partition(":")[0] for problem in check_names("v1.2.3")]
    assert found == ["CITATION.cff", "CHANGELOG.md", "pyproject.toml", "CITATION.cff"]
