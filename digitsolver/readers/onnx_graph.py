"""Check the network of a bundle before onnxruntime opens it: a stranger may have written it.

onnxruntime runs any graph: one that loops, allocates gigabytes or reads other files, too. So a
network may have the operators that training exports, and no others; no subgraphs, functions,
strings, or data in other files. The package onnx, with the parser for protobuf, belongs to the
extra `train`; what is looked at here takes a small reader of the wire format
(https://protobuf.dev/programming-guides/encoding/, field numbers of onnx.proto).
"""

import math
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

from digitsolver.errors import BundleError

MAX_BYTES: Final = 256 * 2**20
"""Largest file of a network; that of the default model has 1.3 MB."""
MAX_NODES: Final = 1000
"""The default model has 121, or 223 in 8 bits; onnxruntime opens 1,000 in 0.7 s, 2,000 in 2.7."""
MAX_VALUES: Final = 2**26
"""Values of one array, 256 MB as floating-point numbers."""
MAX_ATTRIBUTE: Final = 2**16
"""Largest whole number of an attribute: a size, a step, an axis or a type."""
MAX_RANK: Final = 8
SAME_SIZE: Final = frozenset(
    {
        *(
            "Cast",
            "Clip",
            "DequantizeLinear",
            "Elu",
            "Erf",
            "Exp",
            "Flatten",
            "Gelu",
            "HardSigmoid",
            "HardSwish",
        ),
        *(
            "Identity",
            "LeakyRelu",
            "Log",
            "Neg",
            "QuantizeLinear",
            "Reciprocal",
            "ReduceMax",
            "ReduceMean",
        ),
        *("ReduceMin", "ReduceSum", "Relu", "Reshape", "Selu", "Sigmoid", "Slice", "Softmax"),
        *("Softplus", "Split", "Sqrt", "Squeeze", "Tanh", "Transpose", "Unsqueeze"),
    }
)
"""Operators that give no more values than their first input has."""
PAIRS: Final = frozenset(("Add", "Div", "Max", "Min", "Mul", "Pow", "Sub", "Gather"))
"""Operators that give at most as many values as all inputs' sizes multiplied."""
RUN_ONLY: Final = frozenset(
    {
        *("AveragePool", "BatchNormalization", "Conv", "Gemm", "GlobalAveragePool"),
        *("GlobalMaxPool", "LayerNormalization", "LogSoftmax", "MatMul", "MaxPool"),
    }
)
"""Operators that need the image: of constants alone, onnxruntime would run them while it loads."""
OPERATORS: Final = SAME_SIZE | PAIRS | RUN_ONLY | {"Concat", "Constant", "Shape"}

_Field = tuple[int, int | memoryview]
_STRING = 8  # of TensorProto.DataType


def check_graph(path: Path) -> None:
    """Raise BundleError unless the network in a file is one that training could have written.

    Parameters
    ----------
    path
        The file of the network.

    Raises
    ------
    BundleError
        It is too large, is no ONNX network, or has something in it that is not run here.
    """
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise BundleError(f"expected at most {MAX_BYTES:,} bytes, found {size:,}", path)
        _check_model(memoryview(path.read_bytes()))
    except OSError as error:
        raise BundleError(f"expected a readable file, found {error.strerror}", path) from None
    except _UnfitError as error:
        raise BundleError(f"expected an ONNX network, found {error}", path) from None


class _UnfitError(Exception):
    """Carry what was found in place of a network that is run."""


def _check_model(data: memoryview) -> None:
    graphs = []
    for field, value in _fields(data):
        if field in {20, 25}:
            raise _UnfitError("functions or training in it")
        if field == 7:
            graphs.append(_message(value))
    if len(graphs) != 1:
        raise _UnfitError(f"{len(graphs)} graphs")
    _check_graph(graphs[0])


def _check_graph(data: memoryview) -> None:
    """Check every node and array.

    `known` holds how many values each constant has at most, and None for what depends on the image.
    """
    nodes: list[memoryview] = []
    inputs: list[str] = []
    known: dict[str, int | None] = {}
    for field, value in _fields(data):
        if field == 1:
            nodes.append(_message(value))
        elif field == 5:
            name, count = _tensor(_message(value))
            known[name] = count
        elif field == 11:
            inputs += [_text(value) for field, value in _fields(_message(value)) if field == 1]
        elif field == 15:
            raise _UnfitError("a sparse array")
    if not 0 < len(nodes) <= MAX_NODES:
        raise _UnfitError(f"{len(nodes):,} nodes instead of 1 to {MAX_NODES:,}")
    known = dict.fromkeys(inputs) | known
    for node in nodes:
        _check_node(node, known)


def _check_node(data: memoryview, known: dict[str, int | None]) -> None:
    """Check a node, and note the size of what it makes of constants alone."""
    texts: dict[int, list[str]] = {1: [], 2: [], 4: [], 7: []}
    held = 0
    for field, value in _fields(data):
        if field in texts:
            texts[field].append(_text(value))
        elif field == 5:
            held = max(held, _attribute(_message(value)))
    operator, domain = "".join(texts[4]), "".join(texts[7])
    if domain not in {"", "ai.onnx"} or operator not in OPERATORS:
        raise _UnfitError(f"the operator {'.'.join(filter(None, (domain, operator)))!r}")
    inputs = [name for name in texts[1] if name]
    if missing := [name for name in inputs if name not in known]:
        raise _UnfitError(f"the node {operator!r} before its input {missing[0]!r}")
    count = _values(operator, [known[name] for name in inputs], held)
    if count is not None and count > MAX_VALUES:
        raise _UnfitError(f"constants of up to {count:,} values")
    known |= dict.fromkeys(texts[2], count)


def _values(operator: str, inputs: Sequence[int | None], held: int) -> int | None:
    """Return how many values a node gives at most, None where that depends on the image."""
    if operator == "Constant":
        return held
    if operator == "Shape":
        return MAX_RANK
    sizes = [size for size in inputs if size is not None]
    if not inputs or len(sizes) < len(inputs):
        return None
    if operator in RUN_ONLY:
        raise _UnfitError(f"the operator {operator!r} on constants alone")
    if operator == "Concat":
        return sum(sizes)
    return math.prod(max(size, 1) for size in sizes) if operator in PAIRS else max(sizes)


def _attribute(data: memoryview) -> int:
    """Check an attribute; return how many values an array in it has."""
    count = 0
    for field, value in _fields(data):
        if field in {6, 11}:
            raise _UnfitError("a graph inside a node")
        if field in {10, 22, 23}:
            raise _UnfitError("an attribute of arrays")
        if field == 5:
            count = _tensor(_message(value))[1]
        elif field in {3, 8}:
            numbers = _numbers(value)
            if any(abs(number) > MAX_ATTRIBUTE for number in numbers):
                raise _UnfitError("an attribute with a number that is too large")
            count = max(count, len(numbers))
        elif field == 7:
            count = max(count, len(_message(value)) // 4 if not isinstance(value, int) else 1)
    return count


def _tensor(data: memoryview) -> tuple[str, int]:
    """Check an array; return its name and how many values it has."""
    sizes: list[int] = []
    name = ""
    for field, value in _fields(data):
        if field == 1:
            sizes += _numbers(value)
        elif (field == 2 and value == _STRING) or field == 6:
            raise _UnfitError("an array of text")
        elif field == 13 or (field == 14 and value):
            raise _UnfitError("an array in another file")
        elif field == 8:
            name = _text(value)
    if len(sizes) > MAX_RANK or any(size < 0 for size in sizes) or math.prod(sizes) > MAX_VALUES:
        raise _UnfitError(f"an array of the sizes {sizes[: MAX_RANK + 1]}")
    return name, math.prod(sizes)


# --- the wire format ----------------------------------------------------------------------


def _fields(data: memoryview) -> Iterator[_Field]:
    """Yield the number and the value of each field: a whole number, or bytes."""
    offset = 0
    while offset < len(data):
        key, offset = _varint(data, offset)
        kind = key & 7
        if kind == 0:
            number, offset = _varint(data, offset)
            yield key >> 3, number
            continue
        if kind not in _LENGTHS:
            raise _UnfitError("damaged data")
        length, offset = _LENGTHS[kind](data, offset)
        if offset + length > len(data):
            raise _UnfitError("a file that is cut off")
        yield key >> 3, data[offset : offset + length]
        offset += length


def _varint(data: memoryview, offset: int) -> tuple[int, int]:
    """Return a whole number and the offset behind it."""
    number = 0
    for shift in range(0, 70, 7):
        if offset >= len(data):
            break
        byte = data[offset]
        offset += 1
        number |= (byte & 0x7F) << shift
        if byte < 0x80:
            return number, offset
    raise _UnfitError("damaged data")


_LENGTHS: Final[dict[int, Callable[[memoryview, int], tuple[int, int]]]] = {
    1: lambda _, offset: (8, offset),
    2: _varint,
    5: lambda _, offset: (4, offset),
}
"""Bytes of a value of each kind, and the offset where it begins."""


def _message(value: int | memoryview) -> memoryview:
    if isinstance(value, int):
        raise _UnfitError("damaged data")
    return value


def _text(value: int | memoryview) -> str:
    try:
        return _message(value).tobytes().decode("utf-8")
    except UnicodeDecodeError:
        raise _UnfitError("a name that is not UTF-8") from None


def _numbers(value: int | memoryview) -> list[int]:
    """Return the whole numbers of a field, one or packed, as signed ones of 64 bits."""
    found: list[int] = []
    if isinstance(value, int):
        found.append(value)
    else:
        offset = 0
        while offset < len(value):
            number, offset = _varint(value, offset)
            found.append(number)
    return [number - 2**64 if number >= 2**63 else number for number in found]
