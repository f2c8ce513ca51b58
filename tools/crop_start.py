"""Train the network that the reader `digits` starts from on generated digits, and put it in place.

    python tools/crop_start.py

It takes some twenty minutes on two cores: half to draw the images, half to learn from them.
"""

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
from numpy.typing import NDArray

from collector.draw import GeneratedCaptcha, draw_one
from digitsolver.datasets import DIGITS
from digitsolver.io.images import check_image
from digitsolver.pipeline.named_styles import STYLES
from digitsolver.readers.digits.architectures import get_architecture
from digitsolver.readers.digits.pretrained import ARCHITECTURE, SHAPE, START, write
from digitsolver.stages import clean, crop, stroke_width
from digitsolver.training.backend import require_training

if TYPE_CHECKING:
    import keras

WAYS: list[tuple[str, tuple[str, ...]]] = [
    ("grey", ()),
    ("ground", ()),
    *((one.projection, one.cleaners) for one in STYLES.values()),
]
"""Projections and cleaners; each image goes through one of them."""
NONE = len(DIGITS)
DRAWN_SEED = 77

Floats = NDArray[np.float64]


def main() -> None:
    """Draw, train, and write the weights."""
    options = _options()
    rng = np.random.default_rng(options.seed)
    parts = []
    for index in range(options.images):
        drawn = draw_one("mixed", DRAWN_SEED, index)
        if len(drawn.boxes) > 1:
            parts.append(crops_of(drawn, rng))
    crops, classes = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
    write(_trained(crops, classes, options), options.out)


def crops_of(
    drawn: GeneratedCaptcha, rng: np.random.Generator
) -> tuple[NDArray[np.uint8], NDArray[np.intp]]:
    """Return crops of the digits of an image, and of some places without one, and their classes.

    Windows are of many sizes and a little beside the middle, as those of the stages are.
    """
    image = check_image(drawn.image)
    projection, cleaners = WAYS[rng.integers(len(WAYS))]
    grey = clean(image, (), projection=projection)
    if cleaners:
        stroke = min(max(stroke_width(grey), 1.0), 10.0)
        grey = clean(image, cleaners, projection=projection, stroke=stroke)
    middles = drawn.boxes[:, :2] + drawn.boxes[:, 2:] / 2
    wide, high = np.median(drawn.boxes[:, 2:], axis=0)
    height = rng.uniform(1.1, 2.0) * max(high, 8)
    width = rng.uniform(0.6, 1.1) * height
    count = len(middles)
    aside = [rng.uniform(-0.13, 0.13, count) * wide, rng.uniform(-0.12, 0.12, count) * height]
    none = _places_without(middles, wide, height, rng)
    none = none[(none[:, 0] > -0.2 * wide) & (none[:, 0] < grey.shape[1] + 0.2 * wide)]
    places = np.concatenate([middles + np.stack(aside, axis=1), none])
    window = max(8, round(height)), max(6, round(width))
    classes = [*map(DIGITS.index, drawn.label), *[NONE] * len(none)]
    return crop(grey, places, window, SHAPE[:2]), np.array(classes, np.intp)


def _places_without(
    middles: Floats, wide: float, height: float, rng: np.random.Generator
) -> Floats:
    """Return half of the places midway between digits that stand apart, and beside the row."""
    steps = np.diff(middles[:, 0])
    found = [
        (left + right) / 2 + [rng.uniform(-0.1, 0.1) * step, rng.uniform(-0.1, 0.1) * height]
        for left, right, step in zip(middles[:-1], middles[1:], steps, strict=True)
        if step > 0.5 * wide
    ]
    for end, side in ((middles[0], -1), (middles[-1], 1)):
        far = side * rng.uniform(0.55, 1.5) * max(wide, float(np.median(steps)))
        found.append(end + np.array([far, rng.uniform(-0.1, 0.1) * height]))
    order = rng.permutation(len(found))
    return np.array(found)[order[: max(1, len(found) // 2)]]


def _trained(
    crops: NDArray[np.uint8], classes: NDArray[np.intp], options: argparse.Namespace
) -> "keras.Model":
    """Return a network fitted to crops; background crops get a uniform target."""
    require_training()
    import keras

    keras.utils.set_random_seed(options.seed)
    model = get_architecture(ARCHITECTURE)(SHAPE, len(DIGITS))
    rate = keras.optimizers.schedules.CosineDecay(2e-3, options.steps)
    model.compile(
        optimizer=keras.optimizers.AdamW(rate, weight_decay=1e-2),
        loss=keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=0.02),
    )
    rows = np.concatenate([np.eye(len(DIGITS)), np.full((1, len(DIGITS)), 1 / len(DIGITS))])
    targets = rows.astype(np.float32)
    rng = np.random.default_rng(options.seed)
    passes = options.steps * options.batch // len(crops) + 1
    order = np.concatenate([rng.permutation(len(crops)) for _ in range(passes)])
    for step in range(options.steps):
        some = order[step * options.batch : (step + 1) * options.batch]
        fade = rng.uniform(0.6, 1.1, (len(some), 1, 1)).astype(np.float32)
        pixels = 255 - np.clip((255 - crops[some].astype(np.float32)) * fade, 0, 255)
        model.train_on_batch(pixels[..., None], targets[classes[some]])
    return model


def _options() -> argparse.Namespace:
    """Return what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--images", type=int, default=12000, help="to draw, %(default)s")
    parser.add_argument("--steps", type=int, default=2400, help="of training, %(default)s")
    parser.add_argument("--batch", type=int, default=96, help="crops a step, %(default)s")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=START)
    return parser.parse_args()


if __name__ == "__main__":
    main()
