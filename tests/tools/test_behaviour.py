"""The record of what the program does tells equal from different."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tools.behaviour import (
    FIELDS,
    arrays,
    compare,
    digest,
    evenly,
    flatten,
    main,
    reading_value,
    trace_hash,
)

BEFORE = {"readings": {"a.png": "12", "b.png": "34"}, "messages": {"c.png": "no ink"}}


def test_equal_records_have_no_lines() -> None:
    assert compare(BEFORE, json.loads(json.dumps(BEFORE))) == []


def test_changed_and_missing_items_are_listed_by_section() -> None:
    after = {"readings": {"a.png": "13", "c.png": "56"}}
    assert compare(BEFORE, after) == [
        "messages: 1 of 1 items differ",
        "  c.png: no ink -> (none)",
        "readings: 3 of 3 items differ",
        "  a.png: 12 -> 13",
        "  b.png: 34 -> (none)",
        "  c.png: (none) -> 56",
    ]


def test_sections_are_skipped_and_lists_cut_short() -> None:
    after = {"readings": {"a.png": "13", "b.png": "35"}}
    lines = compare(BEFORE, after, skip=["messages"], most=1)
    assert lines == ["readings: 2 of 2 items differ", "  a.png: 12 -> 13"]


@pytest.mark.parametrize(("text", "status"), [("12", 0), ("13", 1)])
def test_exit_status(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, status: int
) -> None:
    one, other = tmp_path / "one.json", tmp_path / "other.json"
    one.write_text('{"readings": {"a.png": "12"}}')
    other.write_text(json.dumps({"readings": {"a.png": text}}))
    monkeypatch.setattr(sys, "argv", ["behaviour.py", "compare", str(one), str(other)])
    with pytest.raises(SystemExit) as stopped:
        main()
    assert stopped.value.code == status


def test_hashes_tell_types_shapes_and_order_apart() -> None:
    values = np.zeros((2, 3), np.uint8)
    same = [digest(b"a", b"b"), digest(b"a", b"b"), digest(b"ab", b""), digest(b"b", b"a")]
    assert len({*same}) == 3
    assert [array.shape for array in arrays((("grey", values), ("ink", values[0])))] == [
        (2, 3),
        (3,),
    ]
    assert [array.tolist() for array in arrays((4, 5))] == [[4, 5]]


def test_a_trace_has_every_field() -> None:
    import digitsolver

    image = np.full((20, 30), 255, np.uint8)
    image[4:16, 6:9] = image[4:16, 20:23] = 0
    traced = digitsolver.trace(image, length=2)
    hashes = [trace_hash(traced, names) for names in FIELDS.values()]
    assert "missing" not in hashes
    assert hashes == [trace_hash(traced, names) for names in FIELDS.values()]
    assert trace_hash(traced, ("nothing",)) == "missing"


def test_readings_and_failures_have_a_value() -> None:
    from digitsolver import Digit, Failure, Reading

    sure, less = (Reading("1", c, (Digit("1", c, (0, 0, 1, 1)),)) for c in (0.5, 0.25))
    assert reading_value(sure).startswith("1/0x1.0000000000000p-1/")
    assert reading_value(sure) != reading_value(less)
    assert reading_value(Failure("a.png", "no ink")) == "failure"


def test_small_helpers() -> None:
    paths = [Path(name) for name in "abcdef"]
    assert evenly(paths, 3) == [Path("a"), Path("c"), Path("e")]
    assert evenly(paths, 9) == paths
    assert dict(flatten({"a": [1, {"b": 2}]})) == {".a[0]": 1, ".a[1].b": 2}


def test_help_names_both_actions() -> None:
    script = Path(__file__).parents[2] / "tools" / "behaviour.py"
    run = subprocess.run(
        [sys.executable, script, "--help"], capture_output=True, text=True, check=True, timeout=60
    )
    assert "record" in run.stdout
    assert "compare" in run.stdout
