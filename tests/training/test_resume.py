"""Kill a run that generates captchas meanwhile, and resume it: it ends like an unbroken one."""

import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import cv2
import pytest

from digitsolver import train
from digitsolver.errors import BundleError
from digitsolver.training.trainer import Settings
from tests import tiny
from tests.templates import STYLE, draw, write

DIGITS = replace(tiny.DIGITS, epochs=2, look="plain")
LINE = replace(tiny.LINE, rounds=2, steps=2, generated_every=2, look="plain")
SETTINGS: dict[str, list[Settings]] = {"digits": [DIGITS], "auto": [LINE, DIGITS]}

CODE = """
import os, signal, sys
import pytest
from digitsolver import train
from tests import tiny
from tests.templates import STYLE
from tests.training.test_resume import SETTINGS

source, out, reader, last = sys.argv[1:]


def die(done, total, text):
    if done == int(last):
        os.kill(os.getpid(), signal.SIGKILL)


tiny.shrink(pytest.MonkeyPatch())
train.train(source, STYLE, out, settings=SETTINGS[reader], progress=die)
"""


def figures(made: train.Trained) -> dict[str, object]:
    """Return the metrics that the same seed gives again, and the digests of the weights."""
    kept = {key: value for key, value in made.bundle.metrics().items() if key != "seconds"}
    return kept | {"weights": made.bundle.sha256["model.onnx"]}


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL")
@pytest.mark.parametrize(("reader", "last"), [("digits", 3), ("auto", 3)])
def test_killed_run_ends_like_an_unbroken_one(
    reader: str, last: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, out = tmp_path / "captchas", tmp_path / "killed"
    write(source, [f"{number * 167 % 10000:04}" for number in range(25)])
    words = [str(source), str(out), reader, str(last)]
    run = subprocess.run(
        [sys.executable, "-c", CODE, *words],
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
        cwd=Path(__file__).parents[2],
    )
    assert (run.returncode, run.stderr, run.stdout) == (-signal.SIGKILL, "", "")
    assert not out.exists()
    tiny.shrink(monkeypatch)
    image = source / "0003-0501.png"
    kept = image.read_bytes()
    cv2.imwrite(str(image), draw("0502"))
    with pytest.raises(BundleError, match=r"data \(1 new or changed, 1 of 25 captchas gone\)"):
        train.train(source, STYLE, out, settings=SETTINGS[reader], resume=True)
    image.write_bytes(kept)
    reported: list[int] = []
    again = train.train(
        source,
        STYLE,
        out,
        settings=SETTINGS[reader],
        resume=True,
        progress=lambda done, total, text: reported.append(done),
    )
    assert reported[0] == last + 1
    whole = train.train(source, STYLE, tmp_path / "whole", settings=SETTINGS[reader])
    assert figures(again) == figures(whole)
