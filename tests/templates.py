"""Drawn captchas, and a bundle that reads them: one linear layer, made without TensorFlow."""

from collections.abc import Iterable
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from digitsolver import bundle
from digitsolver.bundle import Facts
from digitsolver.pipeline.style import Style, write_style
from digitsolver.pipeline.trace import trace

STYLE = Style(length=4, window_height=34, window_width=26)
HEIGHT, PITCH = 50, 26


def draw(text: str) -> NDArray[np.uint8]:
    """Return dark digits on white, (50, 26 n + 20) uint8."""
    image = np.full((HEIGHT, PITCH * len(text) + 20), 255, np.uint8)
    for index, character in enumerate(text):
        place = (12 + PITCH * index, 36)
        cv2.putText(image, character, place, cv2.FONT_HERSHEY_SIMPLEX, 0.9, (0,), 2, cv2.LINE_AA)
    return image


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
    write_style(STYLE.with_length(None), folder / bundle.STYLE)
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


# --- the reader `line`: marks in the upper half are 0, in the lower half 1 -------------------

MARKS_HEIGHT, MARKS_PITCH = 24, 12


def draw_marks(text: str) -> NDArray[np.uint8]:
    """Return a dark mark for each 0 (above) or 1 (below) of `text` on white, (24, 12 n + 8)."""
    image = np.full((MARKS_HEIGHT, MARKS_PITCH * len(text) + 8), 255, np.uint8)
    for index, character in enumerate(text):
        top = MARKS_HEIGHT // 2 * int(character)
        left = 4 + MARKS_PITCH * index + 3
        image[top : top + MARKS_HEIGHT // 2, left : left + 6] = 0
    return image


def make_line_bundle(folder: Path, *, length: int | None = None, by_position: bool = False) -> Path:
    """Write a bundle that reads whole images of marks, with a blank or a head a position."""
    folder.mkdir(parents=True)
    width = 16 * round((MARKS_PITCH * (length or 1) + 8) / 8)
    write_line_onnx(folder / bundle.ONNX, length=length if by_position else None, width=width)
    write_style(Style(), folder / bundle.STYLE)
    bundle.seal(folder, line_facts(length=length, width=width, by_position=by_position))
    return folder


def line_facts(
    *, length: int | None = None, width: int = 192, by_position: bool = False, alphabet: str = "01"
) -> Facts:
    """Return the facts of the bundle that `make_line_bundle` writes."""
    return Facts(
        reader="line",
        architecture="positions" if by_position else "line",
        alphabet=alphabet,
        length=length,
        shape=(48, width if by_position else 192, 3),
        temperature=0.5,
        seed=0,
        counts={"captchas": 60},
        versions={"numpy": np.__version__},
    )


def write_line_onnx(path: Path, *, length: int | None = None, width: int = 192) -> None:
    """Write a network that tells the marks by one convolution over their halves.

    Without `length`, one frame every four columns and the blank last; with it, that many slices.
    """
    frames, classes = (width // 4, 3) if length is None else (length, 2)
    columns = width // frames
    weights = np.zeros((classes, 3, 48, columns), np.float32)
    weights[0, 0, :24] = weights[1, 0, 24:] = 0.2 / (24 * columns)
    bias = np.array([-30, -30, 0][:classes], np.float32)  # bright means more than 150
    across = None if length is None else width
    graph = helper.make_graph(
        [
            helper.make_node("Transpose", ["images"], ["planes"], perm=[0, 3, 1, 2]),
            helper.make_node(
                "Conv", ["planes", "weights", "bias"], ["seen"], strides=[48, columns]
            ),
            helper.make_node("Transpose", ["seen"], ["activations"], perm=[0, 2, 3, 1]),
            helper.make_node("Squeeze", ["activations", "one"], ["logits"]),
        ],
        "marks",
        [helper.make_tensor_value_info("images", TensorProto.FLOAT, [None, 48, across, 3])],
        [
            helper.make_tensor_value_info("logits", TensorProto.FLOAT, [None, length, classes]),
            helper.make_tensor_value_info(
                "activations", TensorProto.FLOAT, [None, 1, length, classes]
            ),
        ],
        [
            numpy_helper.from_array(weights, "weights"),
            numpy_helper.from_array(bias, "bias"),
            numpy_helper.from_array(np.array([1]), "one"),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
    path.write_bytes(model.SerializeToString())
