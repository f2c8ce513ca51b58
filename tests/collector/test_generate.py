"""Generating writes whole files, overwrites none, and keeps the table in step."""

from pathlib import Path

import cv2
import pytest

from collector.dataset.generate import (
    GeneratedFolder,
    generate_batch,
    open_generated,
    read_table,
    write_table,
)
from digitsolver.errors import FolderError


def test_a_sample_is_added_once(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "folder"
    with open_generated(folder) as store:
        assert store.add("00000", "042", "png", b"image")
        assert not store.add("00000", "042", "png", b"image")
        assert store.find("00000") == ["00000-042.png"]
        assert store.find("00001") == []
    assert (folder / "00000-042.png").read_bytes() == b"image"
    assert (folder / "metadata.csv").read_text() == "file_name,text\n00000-042.png,042\n"
    with open_generated(folder) as again:
        assert not again.add("00000", "042", "png", b"image")
    assert sorted(path.name for path in folder.iterdir()) == ["00000-042.png", "metadata.csv"]


@pytest.mark.parametrize(("label", "data"), [("042", b"other"), ("043", b"image")])
def test_nothing_is_overwritten(tmp_path: Path, label: str, data: bytes) -> None:
    with open_generated(tmp_path) as store:
        store.add("00000", "042", "png", b"image")
        with pytest.raises(FolderError, match=r"00000-042\.png: is there already, and differs"):
            store.add("00000", label, "png", data)
    assert (tmp_path / "00000-042.png").read_bytes() == b"image"


def test_the_table_is_written_when_the_run_is_broken_off(tmp_path: Path) -> None:
    def broken_off() -> None:
        with open_generated(tmp_path) as store:
            store.add("a", "1", "png", b"1")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        broken_off()
    assert list(read_table(tmp_path)) == ["a-1.png"]


def test_the_table_follows_the_folder_and_keeps_what_it_says(tmp_path: Path) -> None:
    for name in ("a-1.png", "b-2.png", "nothing.png", ".hidden-3.png", "notes.txt"):
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / "metadata.csv").write_text("file_name,text,who\nb-2.png,7,me\ngone-1.png,1,me\n")
    write_table(tmp_path)
    expected = "file_name,text,who\na-1.png,1,\nb-2.png,7,me\n"
    assert (tmp_path / "metadata.csv").read_text() == expected
    before = (tmp_path / "metadata.csv").stat().st_mtime_ns
    write_table(tmp_path)
    assert (tmp_path / "metadata.csv").read_text() == expected
    assert before <= (tmp_path / "metadata.csv").stat().st_mtime_ns


def test_a_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with (
        pytest.raises(FolderError, match="file: expected a folder to write to"),
        open_generated(tmp_path / "file"),
    ):
        pass


def test_a_table_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / "metadata.csv").mkdir()
    with pytest.raises(FolderError, match=r"metadata\.csv: cannot be read"):
        read_table(tmp_path)
    with (
        pytest.raises(FolderError, match=r"metadata\.csv: cannot be read"),
        open_generated(tmp_path),
    ):
        pass


def test_find_knows_what_was_there(tmp_path: Path) -> None:
    (tmp_path / "x-y-12.png").write_bytes(b"x")
    assert GeneratedFolder(tmp_path).find("x-y") == ["x-y-12.png"]


def test_a_batch_leaves_the_number_of_threads_as_it_was() -> None:
    before = cv2.getNumThreads()
    try:
        cv2.setNumThreads(2)
        assert len(generate_batch("plain", 0, range(3), None)) == 3
        assert cv2.getNumThreads() == 2
        with pytest.raises(ValueError, match="unknown look"):
            generate_batch("x", 0, range(1), None)
        assert cv2.getNumThreads() == 2
    finally:
        cv2.setNumThreads(before)
