import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from collector.dataset.store.record import Change, Record, render
from digitsolver.audit.pace import FEWEST, seconds_a_label, unreadable
from digitsolver.datasets.tables import JOURNAL

START = datetime(2026, 11, 30, 12, tzinfo=UTC)


def write_journal(folder: Path, seconds: list[float], by: str = "anna: typed") -> None:
    """Write a record for each label, given so many seconds after the one before."""
    time, lines = START, []
    for number, gap in enumerate(seconds):
        time += timedelta(seconds=gap)
        change = Change(time.isoformat().replace("+00:00", "Z"), "labelled", "123", by)
        record = Record(f"id{number}", f"{number}.png", "", "", change.time, (change,))
        lines += [render(record), render(record)]  # a record is written again when it changes
    with (folder / JOURNAL).open("a", encoding="utf-8") as stream:
        stream.writelines(lines)


def test_the_median_of_typed_labels_without_breaks(tmp_path: Path) -> None:
    write_journal(tmp_path, [0.0, *[4.0] * 15, 300.0, *[6.0] * 20])
    assert seconds_a_label(tmp_path) == (6.0, 35)


@pytest.mark.parametrize("by", ["anna: accepted model", "import", "anna: corrected model"])
def test_what_was_not_typed_counts_for_nothing(tmp_path: Path, by: str) -> None:
    write_journal(tmp_path, [1.0] * 40, by)
    assert seconds_a_label(tmp_path) is None


def test_too_few_labels_tell_nothing(tmp_path: Path) -> None:
    assert seconds_a_label(tmp_path) is None
    write_journal(tmp_path, [5.0] * FEWEST)
    assert seconds_a_label(tmp_path) is None
    write_journal(tmp_path, [5.0] * 2, "bert: typed")
    assert seconds_a_label(tmp_path) is not None


def test_lines_of_something_else_are_skipped(tmp_path: Path) -> None:
    odd = [b"", b"[]", b"\xff", b'{"history": 3}', b'{"history": [{"action": "labelled"}]}']
    odd.append(json.dumps({"history": [{"action": "labelled", "by": 3, "time": ""}]}).encode())
    odd.append(b'{"history": [{"action": "labelled", "by": "a: typed", "time": "noon"}]}')
    (tmp_path / JOURNAL).write_bytes(b"\n".join(odd) + b"\n")
    assert seconds_a_label(tmp_path) is None
    write_journal(tmp_path, [5.0] * 30)
    assert seconds_a_label(tmp_path) == (5.0, 29)


def test_what_people_found_unreadable_is_counted_once_a_captcha(tmp_path: Path) -> None:
    write_journal(tmp_path, [5.0] * FEWEST)
    assert unreadable(tmp_path) == (0, FEWEST)
    for number, (action, by) in enumerate(
        [("unreadable", "anna: unreadable"), ("undone", "anna: undone"), ("added", "import")]
    ):
        changes = [Change("2026-11-30T13:00:00Z", "added", None, "import")]
        changes += [Change("2026-11-30T13:00:01Z", "unreadable", None, "anna: unreadable")]
        changes += [Change("2026-11-30T13:00:02Z", action, None, by)] if number else []
        record = Record(f"new{number}", "x.png", "", "", "2026-11-30T13:00:00Z", tuple(changes))
        with (tmp_path / JOURNAL).open("a", encoding="utf-8") as stream:
            stream.writelines([render(record), "{}\n", "[1]\n"])
    assert unreadable(tmp_path) == (1, FEWEST + 1)
    assert unreadable(tmp_path / "none") is None
