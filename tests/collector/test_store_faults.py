"""A store whose disk is full, whose files are damaged or whose clock jumps loses nothing."""

import json
import os
import sys
from pathlib import Path

import pytest

from collector.dataset.store import JOURNAL, New, Store, content_id, open_store, read_records
from collector.dataset.store import record as records
from digitsolver.datasets import read_captchas
from digitsolver.errors import FolderError

FIRST, SECOND = content_id(b"first"), content_id(b"second")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    with open_store(tmp_path) as store:
        store.add(New(b"first", "png", "4711"))
        store.add(New(b"second", "png"))
    return tmp_path


def limited(folder: Path, size: int, change: str) -> str:
    """Run `change` on a store in a process whose files may have so many bytes; return the error."""
    import subprocess

    code = (
        "import resource, signal, sys\n"
        "from pathlib import Path\n"
        "from collector.dataset.store import New, open_store\n"
        "from digitsolver.errors import FolderError\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        f"resource.setrlimit(resource.RLIMIT_FSIZE, ({size}, {size}))\n"
        "try:\n"
        "    with open_store(Path(sys.argv[1])) as store:\n"
        f"        {change}\n"
        "except FolderError as error:\n"
        "    print(error)\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", code, str(folder)], capture_output=True, text=True, check=True
    )
    return run.stdout.strip()


@pytest.mark.skipif(sys.platform == "win32", reason="no limit of a file's size")
@pytest.mark.parametrize(
    "change",
    [
        "store.add(New(b'x' * 100_000, 'png', '1'))",
        "[store.add(New(b'%d' % i, 'png', '1')) for i in range(99)]",
        f"[store.set_label('{FIRST}', '12', by='ann') for i in range(99)]",
    ],
)
def test_a_full_disk_is_one_line_and_loses_nothing(folder: Path, change: str) -> None:
    size = (folder / JOURNAL).stat().st_size + 2000
    said = limited(folder, size, change)
    assert "\n" not in said
    assert "cannot be written: File too large" in said
    with open_store(folder) as store:
        assert store.path(store.get(FIRST)).read_bytes() == b"first"
        assert store.get(FIRST).label in {"4711", "12"}
        assert store.path(store.get(SECOND)).read_bytes() == b"second"
        for record in store.records():
            assert store.path(record).exists()
    assert not list(folder.glob(".*.new"))
    assert len(read_captchas(folder, labelled=False)[0]) == len(read_records(folder))


@pytest.mark.skipif(sys.platform == "win32", reason="no permissions")
def test_a_folder_that_cannot_be_written_is_one_line(folder: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("root writes everywhere")
    for path in folder.iterdir():
        path.chmod(0o400)
    folder.chmod(0o500)
    try:
        with pytest.raises(FolderError, match=r"cannot be written: Permission denied"):
            Store(folder)
    finally:
        folder.chmod(0o700)


@pytest.mark.parametrize(
    "line",
    [
        b"\0" * 4096,
        b"[" * 100_000,
        b'{"id": ' + b"9" * 5000 + b"}",
        b'{"id":"a","file":"a.png","source":"","original":"","time":"","history":[null]}',
        b'"' + b"x" * 5_000_000 + b'"',
    ],
)
def test_a_damaged_line_is_named_and_nothing_is_changed(folder: Path, line: bytes) -> None:
    journal = folder / JOURNAL
    damaged = journal.read_bytes() + line + b"\n"
    journal.write_bytes(damaged)
    with pytest.raises(
        FolderError, match=r"samples\.jsonl: line 3: expected a sample's record"
    ) as e:
        Store(folder)
    assert len(str(e.value)) < 400
    assert "\n" not in str(e.value)
    assert journal.read_bytes() == damaged
    assert (folder / f"{FIRST}-4711.png").read_bytes() == b"first"


def test_a_clock_that_jumps_back_loses_no_label(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for year in (1970, 2099, 2001):
        stamp = f"{year}-01-01T00:00:00.000Z"
        monkeypatch.setattr(records, "now", lambda stamp=stamp: stamp)
        monkeypatch.setattr("collector.dataset.store.store.now", lambda stamp=stamp: stamp)
        with open_store(folder) as store:
            store.set_label(SECOND, str(year), by="ann")
        with open_store(folder) as store:
            assert store.get(SECOND).label == str(year)
            assert store.get(FIRST).label == "4711"
    labels = [json.loads(line)["label"] for line in (folder / JOURNAL).read_text().splitlines()]
    assert labels[-3:] == ["1970", "2099", "2001"]


def test_a_spreadsheet_takes_no_zeros_from_a_store(folder: Path) -> None:
    with open_store(folder) as store:
        store.set_label(SECOND, "0042", by="ann")
    table = folder / "metadata.csv"
    table.write_text(table.read_text().replace("0042", "42").replace(",4711", ",4712"))
    os.utime(table, (2e9, 2e9))
    with open_store(folder) as store:
        assert store.get(SECOND).label == "0042"
        assert store.get(FIRST).label == "4712"
    assert ",0042" in table.read_text()


def test_labels_with_signs_are_in_the_table_alone(folder: Path) -> None:
    with open_store(folder) as store:
        assert store.set_label(FIRST, "3+5=", by="ann").file == f"{FIRST}.png"
        assert store.set_label(SECOND, "=1", by="ann").file == f"{SECOND}.png"
    samples, _ = read_captchas(folder)
    assert {sample.path.stem: sample.label for sample in samples} == {FIRST: "3+5=", SECOND: "=1"}
