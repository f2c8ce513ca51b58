"""One process, several and a cluster race over the same images, and must read the same."""

import argparse
from pathlib import Path

import pytest

from benchmarks import workers
from benchmarks.workers import ONE

OPTIONS = argparse.Namespace(count=1000, jobs=2, model="my model")


def test_each_has_its_own_file(tmp_path: Path) -> None:
    race = workers._race(OPTIONS, tmp_path / "paths.txt", "tcp://127.0.0.1:1")
    assert list(race.commands) == [ONE, "2 processes", "2 Dask workers"]
    assert race.base == ONE
    calls = [command[-1] for command in race.commands.values()]
    assert ["taskset" in one for one in calls] == [True, False, False]
    assert ["--jobs 1" in calls[0], "--jobs 2" in calls[1], "--cluster tcp:" in calls[2]] == [
        True
    ] * 3
    assert all("--model 'my model'" in one for one in calls)
    assert len({workers._out(tmp_path / "paths.txt", name) for name in race.commands}) == 3


def test_without_dask_there_is_no_cluster(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(workers, "find_spec", lambda name: None)
    with workers._cluster(tmp_path, 2) as address:
        assert address is None
        race = workers._race(OPTIONS, tmp_path / "paths.txt", address)
    assert list(race.commands) == [ONE, "2 processes"]
    assert "Dask is not installed" in capsys.readouterr().out


def test_readings_are_compared(tmp_path: Path) -> None:
    files = [tmp_path / f"{number}.jsonl" for number in range(3)]
    for file, line in zip(files, ["one", "one", "two"], strict=True):
        file.write_text(line)
    assert workers._are_same(files[:2])
    assert not workers._are_same(files)


def test_short_form_is_short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["workers.py", "--short"])
    options = workers._options()
    assert (options.data, options.count, options.rounds) == (None, 1000, 1)
