"""Five thousand damaged images: a reading or one clear error each, and never a crash."""

import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import fuzz
from benchmarks.parts.mutations import mutated, whole_images
from digitsolver.io.images import open_image

FORMATS = sorted(whole_images())
EACH = 5000 // len(FORMATS) + 1


@pytest.mark.parametrize("format", FORMATS)
def test_damaged_images_are_read_or_refused(format: str) -> None:
    found = fuzz.fuzz(format, 15, EACH)
    assert found.faults == []
    assert found.tried == found.read + found.refused == EACH
    assert min(found.read, found.refused) > EACH // 50
    assert found.slowest < fuzz.SLOWEST
    assert found.megabytes < fuzz.MOST_MEMORY


@pytest.mark.parametrize("format", FORMATS)
def test_whole_images_are_read(format: str) -> None:
    for data in whole_images()[format]:
        assert open_image(data).pixels.shape[:2] == (24, 60)


def test_the_same_seed_gives_the_same_image() -> None:
    images = whole_images()
    assert mutated("1/GIF/2", "GIF", images) == mutated("1/GIF/2", "GIF", images)
    assert mutated("1/GIF/2", "GIF", images) != mutated("1/GIF/3", "GIF", images)


def test_a_crash_is_reported_and_its_image_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Run a child that ends by a signal at its third image, in place of the real one."""
    child = (
        "import json, os, signal, sys\n"
        "first, count = int(sys.argv[sys.argv.index('--first') + 1]), 6\n"
        "for number in range(first, count):\n"
        "    print(number, flush=True)\n"
        "    if number == 2: os.kill(os.getpid(), signal.SIGSEGV)\n"
        "tried = count - first\n"
        "print(json.dumps({'tried': tried, 'read': tried, 'refused': 0, 'slowest': 0.1,\n"
        "    'slowest_number': 4, 'megabytes': 9.0, 'faults': []}), flush=True)\n"
    )
    script = tmp_path / "child.py"
    script.write_text(child)
    popen = subprocess.Popen

    def start(command: list[str], **options: object) -> subprocess.Popen[str]:
        return popen([sys.executable, str(script), *command[3:]], **options)  # type: ignore[call-overload,no-any-return]

    monkeypatch.setattr(subprocess, "Popen", start)
    found = fuzz.fuzz("GIF", 1, 6, tmp_path / "kept")
    assert found.faults == ["2: ended by SIGSEGV"]
    assert found.read == 3
    assert "GIF 2: ended by SIGSEGV" in fuzz.table({"GIF": found})
    kept = tmp_path / "kept" / "GIF-1-2"
    assert kept.read_bytes() == mutated("1/GIF/2", "GIF", whole_images())
