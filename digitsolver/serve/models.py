"""Solvers by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from digitsolver.errors import BundleError, DigitSolverError
from digitsolver.results import JsonObject
from digitsolver.solver import Solver, load

DEFAULT = "default"
"""The name of the default model."""


class UnknownModelError(DigitSolverError):
    """Say which models there are."""


@dataclass(frozen=True, slots=True)
class Models:
    """The models of a service; the first reads where a request names none."""

    solvers: Mapping[str, Solver]

    @classmethod
    def open(cls, folders: Sequence[Path]) -> Models:
        """Open the bundles, each under the name of its folder; without any, the default model.

        Raises BundleError for what is none, and where two have one name.
        """
        if not folders:
            return cls({DEFAULT: load()})
        solvers: dict[str, Solver] = {}
        for folder in folders:
            name = folder.resolve().name
            if name in solvers:
                raise BundleError(f"expected models of different names, found two: {name}", folder)
            solvers[name] = load(folder)
        return cls(solvers)

    def get(self, name: str | None) -> Solver:
        """Return the solver of a name, or the first; raises UnknownModelError."""
        if name is None:
            return next(iter(self.solvers.values()))
        if name not in self.solvers:
            known = ", ".join(self.solvers)
            raise UnknownModelError(f"expected a model of this service ({known}), found {name!r}")
        return self.solvers[name]

    def name_of(self, solver: Solver) -> str:
        """Return the name under which a solver was opened."""
        return next(name for name, one in self.solvers.items() if one is solver)

    def to_json(self) -> list[JsonObject]:
        """Return what a client can know of each model."""
        first = self.get(None)
        return [
            {
                "name": name,
                "default": solver is first,
                "reader": solver.bundle.facts.reader,
                "alphabet": solver.bundle.facts.alphabet,
                "length": solver.bundle.facts.length,
                "sha256": solver.digest,
                "guarantees": [one.to_json() for one in solver.bundle.facts.guarantees],
            }
            for name, solver in self.solvers.items()
        ]
