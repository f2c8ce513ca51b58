"""The page and the table of an evaluation, the page in a real Chromium where there is one."""

import csv
import re
from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner

from digitsolver.cli import main
from digitsolver.measure.evaluation import Evaluation, _judge
from digitsolver.measure.page import LARGE, MOST_IMAGES, image_tag
from digitsolver.measure.reports import evaluation_page, write_mistakes
from digitsolver.results import Failure, Reading
from tests.templates import draw, make_bundle, write

EVIL = "<img src=x onerror=alert(1)>&\"'-1234.png"


@pytest.fixture
def found(tmp_path: Path) -> Evaluation:
    """Judge a misread image of an evil name, one misread for sure, one right, one unreadable."""
    (sure, right) = write(tmp_path, ["1234", "5678"])
    evil = tmp_path / EVIL
    cv2.imwrite(str(evil), draw("1234"))
    answers: list[Reading | Failure] = [
        Reading("<b>", 0.4, (), str(evil)),
        Reading("1239", 0.9, (), str(sure)),
        Reading("5678", 0.9, (), str(right)),
        Failure("e.png", "found <nothing>"),
    ]
    return _judge(["1234", "1234", "5678", "0000"], answers, 2.0)


def test_the_page_shows_the_misread_images_and_runs_nothing(found: Evaluation) -> None:
    page = evaluation_page(found, "scans <1>")
    assert "<title>scans &lt;1&gt;</title>" in page
    assert page.count('src="data:image/png;base64,') == 2
    assert page.index("read as <code>123<b>9</b></code>") < page.index("<b>&lt;b&gt;</b>")
    assert "onerror" in page
    assert not re.search("<(script|img src=x|nothing|b>&)", page.replace("<b>&lt;", ""))
    assert "default-src 'none'" in page
    assert "http" not in page.replace("http-equiv", "")
    assert "25.00%" in page, "the accuracy"


def test_the_table_lists_what_was_misread(found: Evaluation, tmp_path: Path) -> None:
    write_mistakes(tmp_path / "m.csv", found)
    with (tmp_path / "m.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["file_name", "label", "text", "confidence"]
    assert [row[1:] for row in rows[1:]] == [
        ["1234", "1239", "0.900000"],
        ["1234", "<b>", "0.400000"],
    ]
    assert rows[2][0].endswith(EVIL)


def test_large_images_and_formats_that_browsers_lack_are_shown_as_small_png(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (700, 900), np.uint8)
    cv2.imwrite(str(tmp_path / "large.jpg"), noise)
    cv2.imwrite(str(tmp_path / "scan.tif"), draw("1234"))
    assert (tmp_path / "large.jpg").stat().st_size > LARGE
    for name in ("large.jpg", "scan.tif"):
        tag = image_tag(tmp_path / name, 0)
        assert "data:image/png;base64" in tag
        assert len(tag) < 300_000
    assert image_tag(tmp_path / "scan.tif", MOST_IMAGES) == ""
    assert image_tag(tmp_path / "missing.png", 0) == ""


def test_evaluate_writes_all_reports(tmp_path: Path) -> None:
    model = make_bundle(tmp_path / "model")
    write(tmp_path / "captchas", ["1234", "5678"])
    (tmp_path / "captchas" / "0001-5678.png").rename(tmp_path / "captchas" / "0001-9999.png")
    words = ["evaluate", str(tmp_path / "captchas"), "--model", str(model)]
    words += ["--html", str(tmp_path / "r.html"), "--mistakes", str(tmp_path / "m.csv")]
    result = CliRunner().invoke(main, words)
    assert result.exit_code == 0
    assert "0001-9999.png  9999 read as 5678" in result.stdout
    assert "9999" in (tmp_path / "m.csv").read_text(encoding="utf-8")
    page = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert f"{tmp_path / 'captchas'}, read by {model}" in page
    missing = str(tmp_path / "missing" / "r.html")
    result = CliRunner().invoke(main, [*words[:4], "--html", missing])
    assert result.exit_code == 1
    assert "accuracy" in result.stdout, "the results are printed anyway"
