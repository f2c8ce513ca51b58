"""Take steps with a line network, and keep the running mean of its weights."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np

from digitsolver.readers.line.batches import Batch
from digitsolver.readers.line.network import optimiser, stepper
from digitsolver.readers.line.settings import LineRecipe
from digitsolver.training.checkpoint import Arrays

if TYPE_CHECKING:
    import keras


class Learner:
    """Hold a network, its optimiser, and the mean of the weights that it lately had."""

    def __init__(self, model: "keras.Model", recipe: LineRecipe) -> None:
        self.model, self.recipe = model, recipe
        self.optimizer = optimiser(model, recipe.decay)
        self.mean: Arrays = [weight.copy() for weight in model.get_weights()]
        self.steps = 0
        self._take = stepper(model, self.optimizer, frozen=recipe.frozen)

    def learn(self, batches: Iterable[Batch], rates: Iterable[float]) -> float:
        """Take a step on each batch at its rate, and return the mean loss."""
        losses = []
        for batch, rate in zip(batches, rates, strict=True):
            losses.append(self._take(batch, rate))
            self.steps += 1
            self._follow()
        return float(np.mean(losses))

    @contextmanager
    def averaged(self) -> Iterator["keras.Model"]:
        """Lend the network with the mean weights in it."""
        now = self.model.get_weights()
        self.model.set_weights(self.mean)
        try:
            yield self.model
        finally:
            self.model.set_weights(now)

    def state(self) -> Arrays:
        """Return everything that later steps depend on, the mean aside."""
        return [np.asarray(one) for one in [*self.model.variables, *self.optimizer.variables]]

    def restore(self, variables: Arrays, mean: Arrays) -> None:
        """Take up a state that was saved."""
        ours = [*self.model.variables, *self.optimizer.variables]
        for variable, value in zip(ours, variables, strict=True):
            variable.assign(value)
        self.mean = [value.copy() for value in mean]
        self.steps = int(self.optimizer.iterations)

    def _follow(self) -> None:
        """Move the mean towards the weights, faster in the beginning."""
        kept = min(self.recipe.averaging, (1 + self.steps) / (10 + self.steps))
        pairs = zip(self.mean, self.model.get_weights(), strict=True)
        self.mean = [kept * mean + (1 - kept) * weight for mean, weight in pairs]
