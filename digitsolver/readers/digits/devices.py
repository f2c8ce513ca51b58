"""Spread the batches of a fit over several devices."""

from contextlib import AbstractContextManager, nullcontext
from typing import Any

from digitsolver.errors import DigitSolverError


def on_devices(count: int) -> AbstractContextManager[Any]:
    """Return the scope in which a network is made that learns on `count` devices.

    They are GPUs, or CPUs where there is no GPU. Each has a copy of the network and takes its part
    of every batch (``tf.distribute.MirroredStrategy``). One device needs no scope. Raises
    DigitSolverError when there are fewer.
    """
    if count == 1:
        return nullcontext()
    import tensorflow as tf

    found = tf.config.list_logical_devices("GPU") or tf.config.list_logical_devices("CPU")
    names = [device.name for device in found]
    if len(names) < count:
        known = ", ".join(names)
        raise DigitSolverError(f"devices: expected {count}, found {len(names)}: {known}")
    scope: AbstractContextManager[Any] = tf.distribute.MirroredStrategy(names[:count]).scope()
    return scope
