"""What every architecture shares: how Keras is imported, a crop's shape, the names of layers."""

import importlib
import importlib.util
import logging
import os
import sys
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from digitsolver.errors import BundleError, MissingExtraError, require_packages

if TYPE_CHECKING:
    import keras

Shape = tuple[int, int, int]
"""Height, width and channels of a crop."""

NEEDED = ("tensorflow", "keras", "tf2onnx", "matplotlib")
"""The packages of the extra ``train``."""
WITHOUT_TENSORFLOW = (3, 14)
"""The Python from which on there is no release of TensorFlow."""

PROCESSOR = Path("/proc/cpuinfo")
"""Where Linux says what the processor can do."""
BFLOAT16 = frozenset({"amx_bf16", "avx512_bf16"})
"""Names of the instructions that multiply with 16 bits."""

_UNLOADABLE = (
    *(AttributeError, ImportError, KeyError, OSError, RecursionError, TypeError, ValueError),
    zipfile.BadZipFile,
)
"""What Keras raises for a file that it does not load."""
_LONGEST = 300
"""Characters of what Keras says."""

LAST_CONVOLUTION = "activations"
"""The name of the layer whose output shows what the last convolution saw."""


def require_training() -> None:
    """Import TensorFlow and Keras quietly; TensorFlow logs errors only.

    Raises MissingExtraError, which names the package and the extra, where one is absent. Call it
    before any ``import keras``: TensorFlow reads how much to say on its first import.
    """
    if sys.version_info >= WITHOUT_TENSORFLOW and importlib.util.find_spec("tensorflow") is None:
        raise MissingExtraError(
            "training: expected Python 3.11, 3.12 or 3.13, found "
            f"{sys.version_info[0]}.{sys.version_info[1]}, for which there is no TensorFlow"
        )
    require_packages("training", NEEDED, "train")
    if "tensorflow" in sys.modules and "keras" in sys.modules:
        return
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    with _quiet_stderr():
        importlib.import_module("tensorflow")
        importlib.import_module("keras")
    logging.getLogger("tensorflow").setLevel(logging.ERROR)


def load_keras(path: Path) -> "keras.Model":
    """Return the network in a ``.keras`` file, in Keras's safe mode: nothing in it is executed.

    Raises BundleError when the file holds code, or is no network, and MissingExtraError without
    Keras.
    """
    require_training()
    import keras

    try:
        found: keras.Model = keras.saving.load_model(path, compile=False, safe_mode=True)
    except _UNLOADABLE as error:
        reason = " ".join(str(error).split())[:_LONGEST]
        raise BundleError(f"expected a network as Keras saves it, found: {reason}", path) from None
    return found


@contextmanager
def dtype_policy(name: str) -> Iterator[None]:
    """Have the layers that are made meanwhile compute by a Keras dtype policy."""
    import keras

    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(name)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def fastest_policy() -> str:
    """Return the Keras dtype policy that trains fastest on this machine's processor.

    Processors with instructions for bfloat16 learn with 16 bits, others with 32. The weights have
    32 bits in any case (Kalamkar et al., "A study of bfloat16 for deep learning training", 2019).
    """
    try:
        flags = set(PROCESSOR.read_text("utf-8", errors="replace").split())
    except OSError:  # only Linux has the file
        flags = set()
    return "mixed_bfloat16" if flags & BFLOAT16 else "float32"


@contextmanager
def _quiet_stderr() -> Iterator[None]:
    """Drop what goes to the standard error stream, from C code too.

    TensorFlow's libraries write a few lines before they read any setting.
    """
    saved = os.dup(2)
    try:
        with Path(os.devnull).open("wb") as nowhere:
            os.dup2(nowhere.fileno(), 2)
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)


def take_ink(shape: Shape) -> "tuple[keras.KerasTensor, keras.KerasTensor]":
    """Return the input for crops of `shape`, and the same turned over: white 0, black 1.

    So the paddings of convolutions are white. Of a fourth channel, alpha, what is clear is 1.
    """
    import keras
    from keras import layers

    crop = keras.Input(shape, name="crops")
    return crop, layers.Rescaling(-1 / 255, offset=1, name="ink")(crop)
