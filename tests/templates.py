"""Drawn captchas, and a bundle that reads them: one linear layer, made without TensorFlow."""

from collections.abc import Iterable
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from digitsolver import bundle, style
from digitsolver.bundle import Facts
from digitsolver.tracing import trace

STYLE = style.Style(length=4, window_height=34, window_width=26)
HEIGHT, PITCH = 50, 26


def draw(text: str) -> NDArray[np.uint8]:
    """Return dark digits on white, (50, 26 n + 20) uint8."""
    picture = np.full((HEIGHT, PITCH * len(text) + 20), 255, np.uint8)
    for index, character in enumerate(text):
        place = (12 + PITCH * index, 36)
        cv2.putText(picture, character, place, cv2.FONT_HERSHEY_SIMPLEX, 0.9, (0,), 2, cv2.LINE_AA)
    return picture


def write(folder: Path, texts: Iterable[str]) -> list[Path]:
    """Write a captcha for each of `texts` and return the paths."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for index, text in enumerate(texts):
        paths.append(folder / f"{index:04}-{text}.png")
        cv2.imwrite(str(paths[-1]), draw(text))
    return paths


def make_bundle(folder: Path, *, length: int | None = 4) -> Path:
    """Write a bundle whose network is a ridge regression on drawn digits."""
    folder.mkdir(parents=True)
    weights, bias = _ridge()
    write_onnx(folder / bundle.ONNX, weights, bias)
    style.dump(STYLE.with_length(None), folder / bundle.STYLE)
    (folder / bundle.METRICS).write_text('{"validation": {}}\n', encoding="utf-8")
    bundle.seal(folder, facts(length=length))
    return folder


def facts(*, length: int | None = 4, alphabet: str = "0123456789", reader: str = "digits") -> Facts:
    """Return the facts of the bundle that `make_bundle` writes."""
    return Facts(
        reader=reader,
        architecture="cnn",
        alphabet=alphabet,
        length=length,
        shape=(STYLE.crop_height, STYLE.crop_width, 1),
        temperature=0.5,
        seed=0,
        counts={"captchas": 60},
        versions={"numpy": np.__version__},
    )


def write_onnx(path: Path, weights: NDArray[np.float32], bias: NDArray[np.float32]) -> None:
    """Write a network that multiplies the pixels by `weights` and adds `bias`."""
    shape = [None, STYLE.crop_height, STYLE.crop_width, 1]
    graph = helper.make_graph(
        [
            helper.make_node("Flatten", ["crops"], ["pixels"]),
            helper.make_node("Gemm", ["pixels", "weights", "bias"], ["logits"]),
            helper.make_node("Relu", ["crops"], ["activations"]),
        ],
        "ridge",
        [helper.make_tensor_value_info("crops", TensorProto.FLOAT, shape)],
        [
            helper.make_tensor_value_info("logits", TensorProto.FLOAT, [None, len(bias)]),
            helper.make_tensor_value_info("activations", TensorProto.FLOAT, shape),
        ],
        [numpy_helper.from_array(weights, "weights"), numpy_helper.from_array(bias, "bias")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
    path.write_bytes(model.SerializeToString())


def _ridge() -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return weights (pixels, 10) and bias (10,) that tell the drawn digits apart."""
    texts = [f"{number * 167 % 10000:04}" for number in range(60)]
    crops = np.concatenate([trace(draw(text), STYLE).crops for text in texts])
    pixels = crops.reshape(len(crops), -1) / 255.0
    rows = np.hstack([pixels, np.ones((len(pixels), 1))])
    targets = 10 * np.eye(10)[[int(one) for text in texts for one in text]]
    inverse = np.linalg.inv(rows.T @ rows + 0.1 * np.eye(rows.shape[1]))
    solution = inverse @ rows.T @ targets
    return (solution[:-1] / 255).astype(np.float32), solution[-1].astype(np.float32)
