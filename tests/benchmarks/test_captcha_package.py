import importlib.util
from pathlib import Path

import cv2
import pytest

from benchmarks import captcha_package
from digitsolver.measure.evaluation import _judge
from digitsolver.results import Reading

FOUND = _judge(["12", "34"], [Reading("12", 0.9, ()), Reading("35", 0.4, ())], 0.5)


def test_report_has_the_figures() -> None:
    text = captcha_package.report(100, FOUND, 12.6)
    assert "| 100 | 2 | 50.00% | 9.45% to 90.55% | 13 s |" in text
    assert FOUND.table() in text


def test_csv_has_the_figures() -> None:
    lines = captcha_package.table(100, FOUND, 12.6).splitlines()
    assert lines[0].startswith("trained_on,tested,correct,accuracy")
    assert lines[1].startswith("100,2,1,0.5,")


def test_without_the_package_it_is_skipped(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["captcha_package.py", "--short"])
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    captcha_package.main()
    assert "skipped: captcha is not installed" in capsys.readouterr().out


@pytest.mark.skipif(not importlib.util.find_spec("captcha"), reason="captcha is not installed")
def test_images_depend_on_the_seed_alone(tmp_path: Path) -> None:
    one, same, other = (tmp_path / name for name in ("one", "same", "other"))
    for folder, seed in ((one, "0 train"), (same, "0 train"), (other, "0 test")):
        folder.mkdir()
        for index in range(3):
            captcha_package.draw_one(folder, seed, index)
    names = [sorted(path.name for path in folder.iterdir()) for folder in (one, same, other)]
    assert names[0] == names[1] != names[2]
    for name in names[0]:
        assert (one / name).read_bytes() == (same / name).read_bytes()
        image = cv2.imread(str(one / name))
        assert image is not None
        assert image.shape == (64, 128, 3)
