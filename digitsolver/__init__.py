"""Read short digit strings in small noisy images."""

import importlib
import os
import typing

if typing.TYPE_CHECKING:
    from digitsolver.errors import DigitSolverError
    from digitsolver.pipeline.style import Style
    from digitsolver.pipeline.trace import Trace, trace
    from digitsolver.results import Digit, Failure, Reading
    from digitsolver.solver import Solver, load

__version__ = "0.2.0"

# Since 1.29, onnxruntime tells its maker about each process and model that it runs.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

__all__ = [
    "Digit",
    "DigitSolverError",
    "Failure",
    "Reading",
    "Solver",
    "Style",
    "Trace",
    "__version__",
    "load",
    "trace",
]

_HOMES = {
    "errors": ("DigitSolverError",),
    "results": ("Digit", "Failure", "Reading"),
    "solver": ("Solver", "load"),
    "pipeline.style": ("Style",),
    "pipeline.trace": ("Trace", "trace"),
}


def __getattr__(name: str) -> object:
    """Import what is asked for: ``import digitsolver`` alone imports nothing else."""
    for module, names in _HOMES.items():
        if name in names:
            return getattr(importlib.import_module(f"digitsolver.{module}"), name)
    raise AttributeError(f"module 'digitsolver' has no attribute {name!r}")


def __dir__() -> list[str]:
    """Return the names that are there and those that can be imported."""
    return sorted({*globals(), *__all__})
