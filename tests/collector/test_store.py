"""The store loses nothing: what is added, labelled and taken back, by two at once, or by hand."""

import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import cv2
import numpy as np
import pytest

from collector.dataset.store import New, Record, Store, content_id, open_store, read_records
from digitsolver.datasets import read_captchas
from digitsolver.datasets.near import DISTANCE, distances, near_pairs, perceptual_hash, unpack
from digitsolver.errors import FolderError, LabelError

FIRST = content_id(b"first")
SECOND = content_id(b"second")


def rows(folder: Path) -> list[str]:
    return (folder / "metadata.csv").read_text().splitlines()[1:]


def lines(folder: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in (folder / "samples.jsonl").read_text().splitlines()]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    with open_store(tmp_path) as store:
        store.add(New(b"first", "png", "4711", "import", 0.5, "old scans", "a.png"))
        store.add(New(b"second", "png", source="https://example.org/x", authorised="mine"))
    return tmp_path


def actions(record: Record) -> list[tuple[str, str | None, str]]:
    return [(change.action, change.label, change.by) for change in record.history]


def test_a_sample_is_added_once_and_where_it_came_from_is_kept(folder: Path) -> None:
    with open_store(folder) as store:
        again = store.add(New(b"first", "png", "9999"))
        assert (again.new, again.record.label) == (False, "4711")
        assert [record.file for record in store.records()] == [f"{FIRST}-4711.png", f"{SECOND}.png"]
        assert store.path(again.record).read_bytes() == b"first"
        assert store.find(b"third") is None
    assert rows(folder) == [f"{FIRST}-4711.png,4711"]
    one, two = lines(folder)
    assert (one["source"], one["original"], one["by"]) == ("old scans", "a.png", "import")
    assert (one["label"], one["confidence"], one["authorised"]) == ("4711", 0.5, None)
    assert (two["label"], two["authorised"]) == (None, "mine")
    assert sorted(path.name for path in folder.iterdir()) == sorted(
        [f"{FIRST}-4711.png", f"{SECOND}.png", "metadata.csv", "samples.jsonl"]
    )
    assert [record.id for record in read_records(folder)] == [FIRST, SECOND]


def test_a_label_is_set_changed_and_taken_back(folder: Path) -> None:
    with open_store(folder) as store:
        assert store.set_label(SECOND, "12", by="model", confidence=0.9).file == f"{SECOND}.png"
        store.set_label(SECOND, "13", by="ann")
        store.mark_unreadable(FIRST, by="ann")
        assert store.decisions() == [SECOND, SECOND, FIRST]
        assert store.decisions("ann") == [SECOND, FIRST]
        assert store.get(FIRST).unreadable
        assert store.undo(FIRST, by="ann").label == "4711"
        assert not store.get(FIRST).unreadable
        assert store.undo(SECOND, by="ann").label == "12"
        assert store.get(SECOND).confidence == 0.9
        assert store.undo(SECOND, by="ann").label is None
        with pytest.raises(ValueError, match="expected a decision to undo, found none"):
            store.undo(SECOND, by="ann")
        assert store.decisions() == []
        store.set_label(SECOND, "14", by="ann")
        assert rows(folder) == [f"{SECOND}.png,14", f"{FIRST}.png,4711"]
    with open_store(folder) as store:
        assert actions(store.get(SECOND)) == [
            ("added", None, "source"),
            ("labelled", "12", "model"),
            ("labelled", "13", "ann"),
            ("undone", "12", "ann"),
            ("undone", None, "ann"),
            ("labelled", "14", "ann"),
        ]
        assert store.decisions() == [SECOND]


def test_a_name_never_tells_another_label_than_the_table(folder: Path) -> None:
    with open_store(folder) as store:
        assert store.set_label(FIRST, "4712", by="ann").file == f"{FIRST}-4712.png"
        assert store.path(store.get(FIRST)).read_bytes() == b"first"
        assert store.mark_unreadable(FIRST, by="ann").file == f"{FIRST}.png"
        assert rows(folder) == []
    samples, problems = read_captchas(folder, labelled=False)
    assert [sample.label for sample in samples] == [None, None]
    assert problems == []


@pytest.mark.parametrize("label", ["", "1 2", "1" * 65, "a\n"])
def test_what_cannot_be_a_label_is_refused(folder: Path, label: str) -> None:
    with open_store(folder) as store:
        with pytest.raises(LabelError, match=r"expected (a label|no spaces)"):
            store.set_label(FIRST, label, by="ann")
        with pytest.raises(LabelError, match=r"expected (a label|no spaces)"):
            store.add(New(b"third", "png", label))
        assert store.get(FIRST).label == "4711"


def test_wrong_arguments_are_refused(folder: Path) -> None:
    with open_store(folder) as store:
        with pytest.raises(ValueError, match="confidence: expected 0 to 1, found 2"):
            store.set_label(FIRST, "1", by="ann", confidence=2)
        with pytest.raises(FolderError, match="expected the id of a sample, found none such"):
            store.set_label("../x", "1", by="ann")


def test_two_writers_see_one_another(folder: Path) -> None:
    one, two = Store(folder), Store(folder)
    one.set_label(SECOND, "1", by="one")
    two.set_label(SECOND, "2", by="two")
    assert two.add(New(b"third", "png")).new
    assert not one.add(New(b"third", "png")).new
    two.refresh()
    one.refresh()
    assert one.records() == two.records()
    assert actions(one.get(SECOND))[1:] == [("labelled", "1", "one"), ("labelled", "2", "two")]
    assert rows(folder) == [f"{SECOND}.png,2", f"{FIRST}-4711.png,4711"]


def test_threads_may_share_a_store(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:

        def work(who: int) -> None:
            for number in range(10):
                record = store.add(New(b"%d" % number, "png")).record
                store.set_label(record.id, str(number), by=str(who))

        threads = [threading.Thread(target=work, args=(who,)) for who in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(store.records()) == 10
        assert len(store.decisions()) == 40
    assert len(rows(tmp_path)) == 10


def test_a_torn_line_is_cut_off(folder: Path) -> None:
    journal = folder / "samples.jsonl"
    whole = journal.read_bytes()
    journal.write_bytes(whole + whole[:50])
    assert len(read_records(folder)) == 2
    with open_store(folder) as store:
        assert len(store.records()) == 2
        store.set_label(SECOND, "1", by="ann")
    assert len(lines(folder)) == 3


@pytest.mark.parametrize(
    ("line", "found"),
    [
        (b"nothing", "JSONDecodeError"),
        (b"[]", "TypeError"),
        (b'{"id":"a"}', "KeyError"),
        (b'"file":"../x"', "the file name '../x'"),
        (b'"action":"sold"', "a history that does not begin with 'added'"),
        (b'"phash":"zz"', "the hash 'zz'"),
        (b'"time":3', "fields that are no text"),
    ],
)
def test_a_line_that_is_none_is_named(folder: Path, line: bytes, found: str) -> None:
    journal = folder / "samples.jsonl"
    good = journal.read_bytes().splitlines()[0]
    if line.startswith(b'"'):
        key = line.partition(b":")[0] + b":"
        start = good.rindex(key) if key == b'"action":' else good.index(key)
        end = min(x for x in (good.find(b",", start), good.find(b"}", start)) if x > 0)
        line = good[:start] + line + good[end:]
    journal.write_bytes(good + b"\n" + line + b"\n")
    with pytest.raises(FolderError, match=rf"samples\.jsonl: line 2: expected .* found {found}"):
        Store(folder)


def test_images_and_labels_that_come_by_hand_are_taken_in(folder: Path) -> None:
    (folder / "ticket-12.png").write_bytes(b"scan")
    (folder / "copy.png").write_bytes(b"first")
    (folder / "77.png").write_bytes(b"number")
    (folder / "notes.txt").write_bytes(b"no image")
    (folder / f"{SECOND}.png").rename(folder / "named.png")
    table = (folder / "metadata.csv").read_text()
    (folder / "metadata.csv").write_text(table.replace(",4711", ",4712") + "77.png,\n")
    os.utime(folder / "metadata.csv", (time.time(), time.time() + 1))
    with open_store(folder) as store:
        labels = {record.file: (record.label, record.by) for record in store.records()}
        assert labels == {
            f"{FIRST}-4712.png": ("4712", "metadata.csv"),
            "ticket-12.png": ("12", "name"),
            "copy.png": (None, "folder"),
            "77.png": (None, "folder"),
            "named.png": (None, "source"),
        }
        assert store.get(SECOND).authorised == "mine"
        assert store.get(f"{FIRST}.2").file == "copy.png"
        (folder / "ticket-13.png").write_bytes(b"another")
        assert store.set_label(content_id(b"scan"), "13", by="ann").file == (
            f"ticket-{content_id(b'scan')}-13.png"
        )
    assert "77.png," in rows(folder)
    assert (folder / "ticket-13.png").read_bytes() == b"another"


def test_further_columns_of_the_table_stay(folder: Path) -> None:
    with open_store(folder) as store:
        store.set_label(SECOND, "1", by="ann")
        text = (folder / "metadata.csv").read_text().replace("\n", ",no\n")
        (folder / "metadata.csv").write_text(text.replace("text,no", "text,used"))
        os.utime(folder / "metadata.csv", (0, 0))  # older than the labels: no edit
        store.set_label(SECOND, "2", by="ann")
        store.set_label(FIRST, "4712", by="ann")
    text = (folder / "metadata.csv").read_text()
    assert text == f"file_name,text,used\n{SECOND}.png,2,no\n{FIRST}-4712.png,4712,no\n"


def test_a_image_that_is_gone_is_no_sample_and_may_come_back(folder: Path) -> None:
    (folder / f"{FIRST}-4711.png").unlink()
    with open_store(folder) as store:
        assert [record.id for record in store.records()] == [SECOND]
        back = store.add(New(b"first", "png", "4711", source="elsewhere"))
        assert back.new
        assert [change.action for change in back.record.history] == ["added", "added"]
    assert (folder / f"{FIRST}-4711.png").read_bytes() == b"first"


def test_images_that_look_nearly_the_same_are_reported(tmp_path: Path) -> None:
    image = np.full((40, 120), 255, np.uint8)
    cv2.putText(image, "4711", (10, 30), cv2.FONT_HERSHEY_SIMPLEX, 1, 0, 2)
    other = np.full((40, 120), 255, np.uint8)
    cv2.putText(other, "4710", (10, 30), cv2.FONT_HERSHEY_SIMPLEX, 1, 0, 2)
    jpeg = cv2.imdecode(cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 70])[1], 0)
    hashes = [perceptual_hash(np.asarray(p, np.uint8)) for p in (image, other, jpeg)]
    assert list(near_pairs(unpack(hashes))) == [(0, 2)]
    assert distances(unpack(hashes)[0], unpack(hashes))[1] > DISTANCE
    with open_store(tmp_path) as store:
        added = list(
            store.add_many(
                New(name.encode(), "png", phash=phash)
                for name, phash in zip("abc", hashes, strict=True)
            )
        )
    assert [one.near for one in added] == [(), (), (content_id(b"a"),)]
    with open_store(tmp_path) as store:
        assert store.near(hashes[0]) == (content_id(b"a"), content_id(b"c"))


def test_an_id_is_never_a_number() -> None:
    assert content_id(b"abc") == "ba7816bf8f01"
    digits = next(d for n in range(10**4) if (d := content_id(b"%d" % n)) and len(d) > 12)
    assert digits[:12].isdigit()
    assert not digits.isdigit()


def test_a_folder_that_cannot_be_one_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with (
        pytest.raises(FolderError, match="file: expected a folder to write to"),
        open_store(tmp_path / "file"),
    ):
        pass
    (tmp_path / "samples.jsonl").mkdir()
    with pytest.raises(FolderError, match=r"samples\.jsonl: cannot be written"):
        Store(tmp_path)


@pytest.mark.skipif(sys.platform == "win32", reason="no fork, no SIGKILL")
def test_writers_that_are_killed_lose_nothing() -> None:
    root = Path(__file__).parents[2]
    command = [sys.executable, "benchmarks/kills.py", "--short", "--seed", "7"]
    env = os.environ | {"PYTHONPATH": str(root)}
    run = subprocess.run(
        command, check=False, capture_output=True, text=True, cwd=root, env=env, timeout=280
    )
    assert run.returncode == 0, run.stderr
    assert "nothing lost" in run.stdout
