"""An audit and benchmarks/looks.py read the same captchas, and agree."""

import argparse
from dataclasses import replace
from pathlib import Path

from benchmarks.audit_curve import compare, report
from benchmarks.parts.folders import generate_looks


def test_both_read_the_same_captchas_alike(tmp_path: Path) -> None:
    (folder,) = generate_looks(["plain"], 40, tmp_path)
    options = argparse.Namespace(labels=[0], seed=0, options="", unlabelled=0)
    (found,) = compare(folder, options, tmp_path)
    assert (found.point.labels, found.row.tested) == (0, 40)
    assert found.point.rate == found.row.accuracy
    assert found.agree
    other = replace(found, point=replace(found.point, rate=0.1, interval=(0.03, 0.24)))
    assert not other.agree
    assert report([found, other]).splitlines()[-1].endswith("| no |")
