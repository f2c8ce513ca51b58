"""Learn on two devices: two logical CPUs, in a process of their own, which has to be told early."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from digitsolver.readers.digits.devices import on_devices

from digitsolver import train
from digitsolver.errors import DigitSolverError
from tests.templates import write

CODE = """
import json, sys
import numpy as np
from dataclasses import replace
from digitsolver.readers.digits.architectures import ARCHITECTURES
from digitsolver.training.backend import require_training
require_training()
import keras
import tensorflow as tf

(cpu,) = tf.config.list_physical_devices("CPU")
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)

from digitsolver import train
from tests import tiny
from tests.templates import STYLE

ARCHITECTURES["cnn"] = tiny.build_crops
folder = sys.argv[1]


def stop(done, total, text):
    raise KeyboardInterrupt


def run(name, devices, **settings):
    recipe = replace(tiny.DIGITS, epochs=2, devices=devices)
    out = f"{folder}/{name}"
    done = train.train(f"{folder}/captchas", STYLE, out, reader="digits", recipe=recipe, **settings)
    weights = keras.saving.load_model(f"{out}/model.keras").get_weights()
    return done.bundle.metrics(), np.concatenate([one.ravel() for one in weights])


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
    "devices": two["recipe"]["devices"],
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
    found = json.loads(run.stdout.splitlines()[-1])
    assert found["same"]
    assert found["devices"] == 2
    assert found["apart"] < 1e-3


def test_devices_that_are_not_there_are_told() -> None:
    with pytest.raises(DigitSolverError, match=r"devices: expected 99, found \d+: /device:"):
        on_devices(99)


def test_the_line_reader_learns_on_one_device(tmp_path: Path) -> None:
    write(tmp_path, ["1234"])
    with pytest.raises(ValueError, match="devices: expected 1 for the reader line, found 2"):
        train.make_recipe(tmp_path, "line", devices=2)
    assert train.make_recipe(tmp_path, "digits", devices=2).devices == 2  # type: ignore[union-attr]
