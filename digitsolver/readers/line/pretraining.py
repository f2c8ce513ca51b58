"""Train the default model: a line network that has seen generated images only."""

import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from digitsolver.parallel.processes import Workers, in_order
from digitsolver.readers.line.batches import Batch
from digitsolver.readers.line.generated import Mixture, generate_batches
from digitsolver.readers.line.learner import (
    build,
    build_optimizer,
    build_step,
    repeat_until_finite,
)
from digitsolver.readers.line.normalization import with_fused_normalization
from digitsolver.training.backend import fastest_policy, require_training
from digitsolver.training.checkpoint import Checkpoint, State
from digitsolver.training.listeners import Row

if TYPE_CHECKING:
    import keras

NAME = "base"
AT_ONCE = 4
"""Parts that each process generates before the network learns from them."""
Progress = Callable[[Row], object]


@dataclass(frozen=True, slots=True)
class Plan:
    """Hold how the default model is trained.

    The ``mixture`` says which images are generated. Parts of ``part`` images each go by in batches
    of ``batch``, and once more, augmented, ``lag`` parts later: generating costs as much as
    learning (Choi et al., "Faster neural network training with data echoing", 2019). There are as
    many parts as the ``cycles`` together have. In each cycle the learning rate rises over
    ``warmup`` parts, stays, and falls to 0 over the last ``cooling`` of it, as one minus the square
    root of what is done (Hägele et al., "Scaling laws and compute-optimal training beyond fixed
    training durations", 2024); the next one starts warm again (Loshchilov & Hutter, "SGDR", 2017).
    ``precision`` is the Keras dtype policy that the network computes by, by default the one that is
    fastest on this processor; its weights have 32 bits in any case.
    """

    mixture: Mixture = field(default_factory=Mixture)
    seed: int = 0
    cycles: tuple[int, ...] = (148, 300, 280, 200, 288, 416, 64, 176, 80, 107, 172)
    part: int = 1024
    batch: int = 32
    lag: int = 8
    rate: float = 2e-3
    warmup: float = 8.0
    cooling: float = 0.25
    decay: float = 2e-2
    precision: str = field(default_factory=fastest_policy)

    @property
    def parts(self) -> int:
        """Return how many parts are generated in all cycles."""
        return sum(self.cycles)

    def rate_at(self, part: float) -> float:
        """Return the learning rate at a `part`, which may be a fraction."""
        start, length = 0, self.cycles[0]
        for following in self.cycles[1:]:
            if part < start + length:
                break
            start, length = start + length, following
        hot = length * (1 - self.cooling)
        cooled = max(part - start - hot, 0.0) / max(length - hot, 1e-9)
        warmed = min((part - start) / self.warmup, 1.0)
        return float(self.rate * warmed * (1 - min(cooled, 1.0) ** 0.5))

    def settings(self) -> dict[str, object]:
        """Return what must be the same when an interrupted run goes on."""
        later = {"cycles", "cooling", "precision"}
        return {key: value for key, value in asdict(self).items() if key not in later}


def train_base(
    plan: Plan,
    checkpoint: Checkpoint,
    *,
    jobs: int = 1,
    save_every: int = 8,
    start: State | None = None,
    progress: Progress | None = None,
) -> "keras.Model":
    """Return a network trained by `plan`, going on from `checkpoint` if it has a state.

    `jobs` processes generate images. The state is saved after every `save_every` parts; images and
    order come from the plan's seed alone, whatever the number of processes. A run that has no state
    yet goes on from `start`: the weights, for the same characters, and the history of the cycles
    that made them. Raises BundleError when the state is that of another plan.
    """
    require_training()
    import tensorflow as tf

    tf.config.experimental.enable_op_determinism()
    checkpoint.start(plan.settings(), resume=True)
    model = with_fused_normalization(build(plan.mixture.characters, plan.seed, plan.precision))
    optimizer = build_optimizer(model, plan.decay)
    variables = [*model.variables, *optimizer.variables]
    state = checkpoint.load(NAME)
    if state is None:
        state = State(history=[*start.history] if start else [])
        if start:
            model.set_weights(start.variables)
    for variable, value in zip(variables, state.variables, strict=bool(state.variables)):
        variable.assign(value)
    take = build_step(model, optimizer)
    done = len(state.history)
    first = max(done - plan.lag, 0) if done < plan.parts else plan.parts
    echoes: deque[list[Batch]] = deque()
    for part, (fresh, changed) in enumerate(_parts(plan, first, jobs), first):
        echoes.append(changed)
        again = echoes.popleft() if len(echoes) > plan.lag else []
        if part < done:
            continue
        state.history.append(_learn(take, [*fresh, *again], plan, part, variables))
        if (part + 1) % save_every == 0 or part + 1 == plan.parts:
            state.variables = [np.asarray(variable) for variable in variables]
            checkpoint.save(NAME, state)
        if progress:
            progress(state.history[-1])
    plain = build(plan.mixture.characters, plan.seed)
    plain.set_weights(model.get_weights())
    return plain


def _learn(
    take: Callable[[Batch, float], float],
    batches: list[Batch],
    plan: Plan,
    part: int,
    variables: "Sequence[keras.Variable]",
) -> Row:
    """Take a step on each of the batches, and return the part's figures."""
    start = time.perf_counter()
    before = [np.asarray(variable) for variable in variables]

    def steps() -> float:
        """Take a step on each of the batches, and return the mean loss."""
        rates = [plan.rate_at(part + (step + 0.5) / len(batches)) for step in range(len(batches))]
        return float(np.mean([take(*pair) for pair in zip(batches, rates, strict=True)]))

    def undo() -> None:
        """Put the variables back to what they were."""
        for variable, value in zip(variables, before, strict=True):
            variable.assign(value)

    loss = repeat_until_finite(steps, undo)
    return {
        "part": float(part + 1),
        "images": float((part + 1) * plan.part),
        "loss": round(loss, 5),
        "rate": plan.rate_at(part + 0.5),
        "seconds": round(time.perf_counter() - start, 2),
    }


def _parts(plan: Plan, start: int, jobs: int) -> Iterator[tuple[list[Batch], list[Batch]]]:
    """Yield the batches of each part from `start` on, generated some at a time by other processes.

    The network waits meanwhile: it learns five times as fast on cores that it has for itself.
    """
    for first in range(start, plan.parts, AT_ONCE * jobs):
        parts = range(first, min(first + AT_ONCE * jobs, plan.parts))
        yield from list(in_order(partial(_batches, plan), parts, Workers(jobs)))


def _batches(plan: Plan, part: int) -> tuple[list[Batch], list[Batch]]:
    return generate_batches(plan.mixture, plan.seed, part, plan.part, plan.batch)
