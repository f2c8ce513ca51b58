"""Every architecture trains on every segmenter's crops, goes on, exports, and reads them."""

from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from digitsolver.bundle import Bundle
from digitsolver.datasets import DigitsFolder, Sample
from digitsolver.datasets.preprocess import crops_of
from digitsolver.readers.digits import trainer
from digitsolver.readers.digits.architectures import ARCHITECTURES, build_resnet18
from digitsolver.readers.digits.settings import settings_from
from digitsolver.solver import Solver
from digitsolver.stages import SEGMENTERS
from digitsolver.training.trainer import Options
from tests.templates import STYLE, draw, write

TEXTS = [f"{number * 167 % 10000:04}" for number in range(60)]
SMALL = replace(STYLE, crop_height=16, crop_width=12)


@pytest.fixture(scope="module")
def digits(tmp_path_factory: pytest.TempPathFactory) -> list[DigitsFolder]:
    """Return the crops that each segmenter cuts out of its part of the captchas."""
    paths = write(tmp_path_factory.mktemp("captchas"), TEXTS)
    samples = [Sample(path, path.stem[-4:]) for path in paths]
    found = []
    for number, segmenter in enumerate(SEGMENTERS):
        part = samples[number :: len(SEGMENTERS)]
        cut, problems = crops_of(part, replace(SMALL, segmenter=segmenter))
        assert problems == []
        found.append(cut)
    return found


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let resnet18 have an eighth of its filters, and fit once, not again to all captchas."""
    build = partial(build_resnet18, width=8)
    monkeypatch.setitem(ARCHITECTURES, "resnet18", build)
    monkeypatch.setattr(trainer, "SMALL", 0)


def right(made: Bundle) -> float:
    """Return which part of the digits of other captchas is read right."""
    reader = Solver(made, threads=1)
    fresh = [f"{number * 391 % 10000:04}" for number in range(1, 26)]
    read = "".join(reader.solve(draw(text)).text for text in fresh)
    same = [one == true for one, true in zip(read, "".join(fresh), strict=True)]
    return float(np.mean(same))


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("name", ARCHITECTURES)
def test_architecture_trains_goes_on_exports_and_reads(
    name: str, digits: list[DigitsFolder], tmp_path: Path
) -> None:
    crops = np.concatenate([one.crops for one in digits])
    labels = [label for one in digits for label in one.labels]
    ids = [captcha for one in digits for captcha in one.captcha_ids]
    data = (crops, labels, ids, SMALL)
    settings = replace(settings_from(Options(name, epochs=2)), batch=32, min_steps=40)

    def interrupt(done: int, total: int, text: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        trainer.train_digits(*data, tmp_path / "model", settings=settings, progress=interrupt)
    reported: list[int] = []
    made = trainer.train_digits(
        *data,
        tmp_path / "model",
        settings=settings,
        resume=True,
        progress=lambda done, total, text: reported.append(done),
    )
    assert reported == [2]
    assert (made.facts.architecture, made.style) == (name, SMALL)
    assert made.metrics()["onnx_difference"] <= 1e-4
    for one in digits:
        # A tenth would be right by chance.
        # Equal parts cut into digits that stand a little apart: 80 steps learn less from them.
        least = 0.5 if one.style.segmenter == "equal" else 0.8
        assert right(replace(made, style=one.style)) > least, one.style.segmenter
