"""Fit on two devices: two logical CPUs, in a process of their own, which must say so early."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from digitsolver.errors import DigitSolverError
from digitsolver.readers.digits.fit import Fit, on_devices
from tests.templates import write

CODE = """
import json, sys
import numpy as np
from dataclasses import replace
from digitsolver.readers.digits.architectures import ARCHITECTURES
from digitsolver.training.backend import require_training
require_training()
import tensorflow as tf

(cpu,) = tf.config.list_physical_devices("CPU")
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)

from digitsolver import train
from digitsolver.readers.digits import trainer
from digitsolver.training import export
from tests import tiny
from tests.templates import STYLE

ARCHITECTURES["cnn"] = tiny.build_crops
export.export = tiny.export  # the weights alone, where the network's ONNX would be
trainer.SMALL = 0  # fit once, not again to all captchas
folder = sys.argv[1]


def stop(done, total, text):
    raise KeyboardInterrupt


def run(name, devices, **options):
    settings = [replace(tiny.DIGITS, epochs=2, devices=devices)]
    out = f"{folder}/{name}"
    made = train.train(f"{folder}/captchas", STYLE, out, settings=settings, **options)
    return made.bundle.metrics(), np.fromfile(f"{out}/model.onnx", np.float32)


two, both = run("two", 2)
try:
    run("again", 2, progress=stop)
except KeyboardInterrupt:
    pass
again, resumed = run("again", 2, resume=True)
one, single = run("one", 1)
for figures in (two, again):
    del figures["seconds"]
print(json.dumps({
    "same": again == two and bool((both == resumed).all()),
    "apart": float(np.abs(both - single).max()),
    "devices": two["settings"]["devices"],
}))
"""


def test_two_devices_learn_what_one_does_and_resume(tmp_path: Path) -> None:
    write(tmp_path / "captchas", [f"{number * 167 % 10000:04}" for number in range(8)])
    run = subprocess.run(
        [sys.executable, "-c", CODE, str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
        cwd=Path(__file__).parents[3],
    )
    assert run.returncode == 0, run.stderr
    result = json.loads(run.stdout.splitlines()[-1])
    assert result["same"]
    assert result["devices"] == 2
    assert result["apart"] < 1e-3


def test_missing_devices_are_reported() -> None:
    with pytest.raises(DigitSolverError, match=r"devices: expected 99, found \d+: /device:"):
        on_devices(99)


def test_best_epoch_has_the_least_loss_or_is_the_last_without_a_validation_set() -> None:
    losses = [{"val_loss": loss} for loss in (0.5, 0.2, 0.3)]
    assert Fit(None, losses).best_epoch == 2
    assert Fit(None, [{"loss": 0.5}, {"loss": 0.2}]).best_epoch == 2
