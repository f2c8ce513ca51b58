"""Clean sets are clean, and each planted fault is found as what it is."""

from pathlib import Path

import pytest

from benchmarks.audit_findings import FAULTS, clean, found_in

EXPECTED = {
    "answers in Exif": "LEAK-METADATA",
    "answers in names": "LEAK-NAME",
    "5 % repeated": "REPEAT-IMAGE",
    "digits 9 to 1": "ANSWER-UNEVEN",
    "sequential answers": "ANSWER-ORDER",
}


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_clean_sets_have_no_finding(tmp_path: Path, seed: int) -> None:
    assert found_in(clean(tmp_path / "clean", 60, seed)) == ""


@pytest.mark.parametrize("name", FAULTS)
def test_each_planted_fault_is_found(tmp_path: Path, name: str) -> None:
    samples = FAULTS[name](clean(tmp_path / "faulty", 60, 1))
    assert EXPECTED[name] in found_in(samples).split(", ")
