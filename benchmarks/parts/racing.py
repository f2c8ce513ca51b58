"""Time whole commands against each other: they take turns, so that noise disturbs all alike."""

import os
import statistics
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path

from benchmarks.parts.tables import as_csv, as_markdown
from digitsolver.io.files import write_text

PEER = "ddddocr"
WRITES_NONE = "PYTHONDONTWRITEBYTECODE"


@dataclass(frozen=True)
class Lap:
    """What one command took in one round."""

    task: str
    command: str
    round: int
    seconds: float


@dataclass(frozen=True)
class Race:
    """Commands that do one task; the others are compared with the ``base``."""

    task: str
    commands: Mapping[str, Sequence[str]]
    base: str
    cores: int | None = None
    """Cores that each command may use; all that there are where it is None."""


def with_what_is_installed(race: Race) -> Race:
    """Return the race without ddddocr where that is missing: the first of the rest is the base."""
    if race.base != PEER or find_spec(PEER):
        return race
    print(f"left out: {PEER} is not installed: pip install 'digitsolver[peers]'")
    rest = {name: command for name, command in race.commands.items() if name != PEER}
    return replace(race, commands=rest, base=next(iter(rest)))


def run(race: Race, rounds: int) -> list[Lap]:
    """Time each command of a race once a round, after a first time that does not count."""
    laps = []
    for number in range(rounds + 1):
        for name, command in race.commands.items():
            seconds = _time(command, race.cores)
            if number:
                laps.append(Lap(race.task, name, number, seconds))
    return laps


def _time(command: Sequence[str], cores: int | None) -> float:
    """Return the seconds from the start of a command to its end, on so many cores."""
    before = os.sched_getaffinity(0)
    # Installed packages have their bytecode. Where Python is told to write none, a checkout's
    # would be compiled at each start: 20 ms.
    environment = {key: os.environ[key] for key in os.environ if key != WRITES_NONE}
    os.sched_setaffinity(0, set(sorted(before)[: cores or len(before)]))
    try:
        start = time.perf_counter()
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
        seconds = time.perf_counter() - start
    finally:
        os.sched_setaffinity(0, before)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr.strip()[-500:]}")
    return seconds


def report(race: Race, laps: Sequence[Lap], images: int) -> str:
    """Return a table: the median time, images a second, and the ratio to the base.

    The ratio is the median over the rounds of the base's time over the command's in one round.
    """
    times = {
        name: [lap.seconds for lap in laps if (lap.task, lap.command) == (race.task, name)]
        for name in race.commands
    }
    rows = []
    for name, seconds in times.items():
        ratios = [base / own for base, own in zip(times[race.base], seconds, strict=True)]
        middle = statistics.median(seconds)
        spread = f"{min(seconds):.2f} to {max(seconds):.2f}"
        ratio = f"{statistics.median(ratios):.2f}"
        rows.append((name, f"{middle:.2f}", spread, f"{images / middle:.0f}", ratio))
    head = (race.task, "seconds", "range", "images/s", f"times as fast as {race.base}")
    return as_markdown(head, rows)


def write(out: Path, name: str, text: str, laps: Sequence[Lap]) -> None:
    """Write the tables as Markdown, the laps as CSV, and a plot where matplotlib is there."""
    out.mkdir(parents=True, exist_ok=True)
    write_text(out / f"{name}.md", text + "\n")
    write_text(out / f"{name}.csv", as_csv(Lap, laps))
    _plot(out / f"{name}.png", laps)


def _plot(path: Path, laps: Sequence[Lap]) -> None:
    """Draw a bar a command, the median of its rounds, and the range as a line over it."""
    from matplotlib.figure import Figure

    names = list(dict.fromkeys((lap.task, lap.command) for lap in laps))
    times = [[lap.seconds for lap in laps if (lap.task, lap.command) == name] for name in names]
    middles = [statistics.median(some) for some in times]
    ends = [
        [middle - min(some) for middle, some in zip(middles, times, strict=True)],
        [max(some) - middle for middle, some in zip(middles, times, strict=True)],
    ]
    figure = Figure(figsize=(9, 0.45 * len(names) + 1), layout="constrained")
    axes = figure.subplots()
    axes.barh([f"{command}\n{task}" for task, command in names], middles, xerr=ends)
    axes.invert_yaxis()
    axes.set_xlabel("seconds, process start included")
    figure.savefig(path)
