"""A network from a stranger is refused, within bounded time and memory, or reads: nothing else."""

import re
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from digitsolver import bundle, load
from digitsolver.errors import BundleError, DigitSolverError
from digitsolver.readers import onnx_graph, onnx_network
from digitsolver.readers.onnx_graph import check_graph
from tests.templates import STYLE, draw, facts, make_bundle

CROPS = [None, STYLE.crop_height, STYLE.crop_width, 1]
Node = Any
Tensor = Any


def node(operator: str, inputs: Sequence[str], output: str, **attributes: Any) -> Node:
    return helper.make_node(operator, inputs, [output], **attributes)


def array(values: Any, name: str) -> Tensor:
    return numpy_helper.from_array(np.asarray(values), name)


LINEAR = [
    node("Flatten", ["crops"], "pixels"),
    node("MatMul", ["pixels", "weights"], "sums"),
]
WEIGHTS: NDArray[np.float32] = np.zeros((STYLE.crop_height * STYLE.crop_width, 10), np.float32)


def network(
    nodes: Sequence[Node], arrays: Sequence[Tensor] = (), kind: int = TensorProto.FLOAT
) -> bytes:
    graph = helper.make_graph(
        nodes,
        "network",
        [helper.make_tensor_value_info("crops", TensorProto.FLOAT, CROPS)],
        [helper.make_tensor_value_info("logits", kind, [None, 10])],
        [array(WEIGHTS, "weights"), *arrays],
    )
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("ai.onnx.ml", 2)]
    model = helper.make_model(graph, opset_imports=opsets, ir_version=8)
    return bytes(model.SerializeToString())


def bundle_with(tmp_path: Path, content: bytes) -> Path:
    folder = make_bundle(tmp_path / "model")
    (folder / bundle.ONNX).write_bytes(content)
    bundle.seal(folder, facts())
    return folder


def body(name: str) -> Any:
    return helper.make_graph([], name, [], [])


def external() -> Tensor:
    tensor = array([1.0], "stolen")
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="/etc/passwd")
    return tensor


def doubled(times: int) -> list[Node]:
    """Return nodes that make an array of constants as large as two to the power of `times`."""
    names = ["weights", *(f"twice{number}" for number in range(times))]
    return [
        node("Concat", [names[number], names[number]], names[number + 1], axis=0)
        for number in range(times)
    ]


IDENTITY = node("Identity", ["sums"], "logits")
REFUSED: dict[str, tuple[bytes, str]] = {
    "Loop": (
        network([node("Loop", ["", "", "crops"], "logits", body=body("b"))]),
        "a graph inside a node",
    ),
    "If": (
        network([node("If", ["crops"], "logits", then_branch=body("a"), else_branch=body("b"))]),
        "a graph inside a node|'If'",
    ),
    "graph in a known operator": (
        network([*LINEAR, node("Relu", ["sums"], "logits", hidden=body("b"))]),
        "a graph inside a node",
    ),
    "ConstantOfShape": (
        network([node("ConstantOfShape", ["n"], "logits")], [array([10**9, 10], "n")]),
        "the operator 'ConstantOfShape'",
    ),
    "Expand": (network([node("Expand", ["crops", "n"], "logits")], [array([9], "n")]), "'Expand'"),
    "Tile": (network([node("Tile", ["crops", "n"], "logits")], [array([9], "n")]), "'Tile'"),
    "custom domain": (
        network([*LINEAR, node("Relu", ["sums"], "logits", domain="com.evil")]),
        "the operator 'com.evil.Relu'",
    ),
    "external data": (
        network([*LINEAR, node("Add", ["sums", "stolen"], "logits")], [external()]),
        "an array in another file",
    ),
    "text": (
        network(
            [node("Identity", ["t"], "logits")], [numpy_helper.from_array(np.array(["a"]), "t")]
        ),
        "an array of text",
    ),
    "large padding": (
        network(
            [node("MaxPool", ["crops"], "logits", kernel_shape=[1, 1], pads=[10**9] * 4)],
        ),
        "a number that is too large",
    ),
    "constants that double": (
        network([*doubled(30), *LINEAR, IDENTITY]),
        "constants of up to [0-9,]+ values",
    ),
    "constants that multiply": (
        network(
            [node("Mul", ["a", "b"], "wide"), *LINEAR, IDENTITY],
            [
                array(np.zeros((1, 9000), np.float32), "a"),
                array(np.zeros((9000, 1), np.float32), "b"),
            ],
        ),
        "constants of up to 81,000,000 values",
    ),
    "constants that are convolved": (
        network([node("Conv", ["a", "a"], "wide"), *LINEAR, IDENTITY], [array([[[1.0]]], "a")]),
        "the operator 'Conv' on constants alone",
    ),
    "nodes out of order": (
        network([node("Relu", ["later"], "logits"), node("Relu", ["crops"], "later")]),
        "the node 'Relu' before its input 'later'",
    ),
    "many nodes": (
        network([node("Relu", ["crops"], f"x{number}") for number in range(1001)]),
        "1,001 nodes instead of 1 to 1,000",
    ),
    "no nodes": (network([]), "0 nodes"),
    "no graph": (b"", "0 graphs"),
    "no network": (b"\x08\x08not a network", "damaged data|cut off"),
    "large array": (network([]).replace(b"\x0a\x07network", b""), "0 nodes"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_run_is_refused_before_it_is_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    content, expected = REFUSED[name]
    folder = bundle_with(tmp_path, content)
    monkeypatch.setattr(onnx_network, "open_session", None)
    start = time.process_time()
    message = rf"^{re.escape(str(folder / bundle.ONNX))}: expected an ONNX network, found .*"
    with pytest.raises(BundleError, match=f"{message}({expected})"):
        load(folder)
    assert time.process_time() - start < 2


def log_of(value: float) -> list[Node]:
    """Return nodes that take the logarithm of a number for each logit."""
    return [*LINEAR, node("Add", ["sums", "number"], "sum"), node("Log", ["sum"], "logits")]


ANSWERS: dict[str, tuple[list[Node], list[Tensor], str]] = {
    "NaN": (log_of(-1), [array(np.float32(-1), "number")], r"found infinite ones or none \(NaN\)"),
    "infinity": (log_of(0), [array(np.float32(0), "number")], r"found infinite ones"),
    "no rows": (
        [*LINEAR, node("Slice", ["sums", "zero", "zero"], "logits")],
        [array([0], "zero")],
        r"found the shape \(0, 10\)",
    ),
    "out of range": (
        [*LINEAR, node("Gather", ["sums", "far"], "logits")],
        [array([10**6], "far")],
        "expected a network that runs, found .*Gather",
    ),
    "another size": (
        [*LINEAR, node("Reshape", ["sums", "shape"], "logits")],
        [array([7, 10], "shape")],
        "expected a network that runs, found .*Reshape",
    ),
    "all memory": (
        [
            node("Reshape", ["crops", "down"], "a"),
            node("Reshape", ["crops", "along"], "b"),
            node("MatMul", ["a", "b"], "square"),
            node("Reshape", ["square", "down"], "c"),
            node("Reshape", ["square", "along"], "d"),
            node("MatMul", ["c", "d"], "logits"),
        ],
        [array([-1, 1], "down"), array([1, -1], "along")],
        "expected a network that runs, found .*MatMul",
    ),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_answers_that_are_no_numbers_for_each_image(tmp_path: Path, name: str) -> None:
    nodes, arrays, expected = ANSWERS[name]
    solver = load(bundle_with(tmp_path, network(nodes, arrays)))
    start = time.process_time()
    with pytest.raises(BundleError, match=expected) as caught:
        solver.solve(draw("0123"))
    assert "\n" not in str(caught.value)
    assert time.process_time() - start < 10


def test_a_network_that_takes_too_long_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    many = [node("Sigmoid", [f"x{number}"], f"x{number + 1}") for number in range(300)]
    nodes = [node("Identity", ["crops"], "x0"), *many, node("Flatten", ["x300"], "pixels")]
    nodes += [LINEAR[1], IDENTITY]
    solver = load(bundle_with(tmp_path, network(nodes)))
    monkeypatch.setattr(onnx_network, "LONGEST_RUN", 0.0)
    with pytest.raises(BundleError, match=r"expected a network that runs, found .*terminat"):
        solver.solve(draw("0123"))


def test_whole_numbers_are_no_logits(tmp_path: Path) -> None:
    whole = [*LINEAR, node("Cast", ["sums"], "logits", to=TensorProto.INT64)]
    solver = load(bundle_with(tmp_path, network(whole, kind=TensorProto.INT64)))
    with pytest.raises(BundleError, match="expected numbers for each of 4 images, found int64"):
        solver.solve(draw("0123"))


def test_large_files_are_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(onnx_graph, "MAX_BYTES", 5)
    path = tmp_path / "model.onnx"
    path.write_bytes(bytes(6))
    with pytest.raises(BundleError, match="expected at most 5 bytes, found 6"):
        check_graph(path)
    with pytest.raises(BundleError, match="expected a readable file, found No such file"):
        check_graph(tmp_path / "none")


def test_the_default_networks_are_of_this_kind() -> None:
    check_graph(bundle.DEFAULT / bundle.ONNX)
    check_graph(bundle.DEFAULT / bundle.EIGHT_BIT)


def test_damaged_networks_are_refused_or_read(tmp_path: Path) -> None:
    whole = (make_bundle(tmp_path / "whole") / bundle.ONNX).read_bytes()
    folder = make_bundle(tmp_path / "model")
    rng = np.random.default_rng(15)
    image = draw("0123")
    refused = 0
    for _ in range(150):
        damaged = bytearray(whole)
        # The arrays stand at the end or the beginning: the rest is where damage is noticed.
        places = np.append(rng.integers(0, 300, 2), len(whole) - 1 - rng.integers(0, 300, 2))
        for place in places[: rng.integers(1, 4)]:
            damaged[place] = rng.integers(0, 256)
        (folder / bundle.ONNX).write_bytes(damaged)
        bundle.seal(folder, facts())
        try:
            load(folder).solve(image)
        except DigitSolverError as error:
            refused += isinstance(error, BundleError)
    assert refused > 50
