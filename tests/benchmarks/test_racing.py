"""Commands that race are timed in turns, and compared round by round."""

import os
import sys
from pathlib import Path

import pytest

from benchmarks import scale
from benchmarks.parts import racing
from benchmarks.parts.racing import Lap, Race
from benchmarks.scale import Look
from digitsolver.datasets import read_captchas
from tests.templates import make_bundle, write

COMMANDS = {"slow": ["slow"], "fast": ["fast"]}


def test_ratios_are_those_of_the_rounds() -> None:
    times = {"slow": [2.0, 8.0, 4.0], "fast": [1.0, 2.0, 4.0]}
    laps = [
        Lap("task", name, number, seconds)
        for name, some in times.items()
        for number, seconds in enumerate(some, 1)
    ]
    lines = racing.report(Race("task", COMMANDS, "slow"), laps, 100).splitlines()
    assert lines[2:] == [
        "| slow | 4.00 | 2.00 to 8.00 | 25 | 1.00 |",
        "| fast | 2.00 | 1.00 to 4.00 | 50 | 2.00 |",
    ]


def test_what_is_not_installed_is_left_out(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    race = Race("task", {"ddddocr": ["x"], "imports": ["y"], "own": ["z"]}, "ddddocr")
    monkeypatch.setattr(racing, "find_spec", lambda name: name)
    assert racing.with_what_is_installed(race) == race
    monkeypatch.setattr(racing, "find_spec", lambda name: None)
    left = racing.with_what_is_installed(race)
    assert (list(left.commands), left.base) == (["imports", "own"], "imports")
    assert "ddddocr is not installed" in capsys.readouterr().out


def test_the_first_time_does_not_count(tmp_path: Path) -> None:
    note = tmp_path / "note"
    program = "import sys; open(sys.argv[1], 'a').write('x')"
    race = Race("task", {"one": [sys.executable, "-c", program, str(note)]}, "one", cores=1)
    before = os.sched_getaffinity(0)
    laps = racing.run(race, 2)
    assert [(lap.round, lap.seconds > 0) for lap in laps] == [(1, True), (2, True)]
    assert note.read_text() == "xxx"
    assert os.sched_getaffinity(0) == before
    racing.write(tmp_path / "out", "race", "text", laps)
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "race.csv", "race.md", "race.png",
    ]  # fmt: skip


def test_a_command_that_fails_stops_the_race() -> None:
    race = Race("task", {"one": [sys.executable, "-c", "import sys; sys.exit('no such luck')"]}, "")
    with pytest.raises(RuntimeError, match="no such luck"):
        racing.run(race, 1)


def test_memory_is_that_of_the_first_and_the_last_tenth() -> None:
    looks = [Look(100, done, done / 10, 50.0 + done) for done in range(5, 101, 5)]
    row = scale.report(looks).splitlines()[2]
    assert row == "| 100 | 10.0 | 10 | 58 | 148 | +156.5% |"


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_a_run_is_watched(tmp_path: Path) -> None:
    write(tmp_path / "captchas", ["1234", "5678"])
    assert len(read_captchas(tmp_path / "captchas")[0]) == 2
    looks = scale._run(tmp_path / "captchas", 200, str(make_bundle(tmp_path / "model")))
    assert [look.done for look in looks] == list(range(2, 201, 2))
    assert all(look.megabytes > 10 for look in looks)
