"""The machines of a cluster do the same work: scheduler and workers run here, on 127.0.0.1."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from digitsolver.cli import main
from digitsolver.errors import ClusterError, MissingExtraError
from digitsolver.parallel import cluster
from digitsolver.parallel.processes import Workers, in_order
from digitsolver.solver import load
from tests.templates import make_bundle, write

ROOT = Path(__file__).parents[2]
distributed = pytest.importorskip("distributed", reason="Dask is not installed")


class Running:
    """A scheduler and its two workers."""

    def __init__(self, folder: Path) -> None:
        self.note = folder / "scheduler.json"
        local = ["--host", "127.0.0.1"]
        self.scheduler = self._start("scheduler", *local, "--port", "0", "--no-dashboard")
        start = time.monotonic()
        while not self.note.exists():
            assert time.monotonic() - start < 120, "the scheduler does not start"
            time.sleep(0.05)
        single = ["--nworkers", "1", "--nthreads", "1", "--no-dashboard"]
        place = ["--local-directory", str(folder)]
        self.workers = [self._start("worker", *local, *single, *place) for _ in range(2)]
        with distributed.Client(self.address, set_as_default=False) as client:
            client.wait_for_workers(2, timeout=120)

    @property
    def address(self) -> str:
        return str(json.loads(self.note.read_text())["address"])

    def _start(self, *words: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "dask", *words, "--scheduler-file", str(self.note)]
        return subprocess.Popen(
            command,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "ignore"},
            start_new_session=True,
        )

    def stop(self) -> None:
        for process in (*self.workers, self.scheduler):
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@contextmanager
def started(folder: Path) -> Iterator[Running]:
    running = Running(folder)
    try:
        yield running
    finally:
        running.stop()


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with started(tmp_path_factory.mktemp("dask")) as cluster:
        yield cluster


def test_results_are_those_of_this_process(running: Running, tmp_path: Path) -> None:
    paths = write(tmp_path / "scans", [f"{number * 167 % 10000:04}" for number in range(40)])
    paths.insert(3, tmp_path / "nothing.png")
    solver = load(make_bundle(tmp_path / "model"))
    there = list(solver.solve_many(paths, chunk=8, workers=Workers(cluster=running.address)))
    assert there == list(solver.solve_many(paths, chunk=8))


def test_preprocess_by_a_cluster(running: Running, tmp_path: Path) -> None:
    write(tmp_path / "captchas", ["1234", "5678", "9012"])
    words = ["preprocess", str(tmp_path / "captchas"), "--style", "plain", "--out"]
    main([*words, str(tmp_path / "here")], standalone_mode=False)
    main([*words, str(tmp_path / "there"), "--cluster", running.address], standalone_mode=False)
    here, there = (
        {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*.*")}
        for folder in (tmp_path / "here", tmp_path / "there")
    )
    assert here == there


def end_once(note: Path) -> int:
    """Kill the process that runs this, the first time."""
    if not note.exists():
        note.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return os.getpid()


def test_a_worker_that_is_killed_is_replaced(running: Running, tmp_path: Path) -> None:
    results = in_order(end_once, [tmp_path / "note"] * 6, Workers(cluster=running.address))
    assert len(list(results)) == 6


def slow(_: object) -> None:
    time.sleep(0.2)


def test_a_scheduler_that_goes_away_is_an_error(tmp_path: Path) -> None:
    with started(tmp_path) as running:
        results = in_order(slow, range(500), Workers(cluster=running.address))
        next(results)
        os.killpg(running.scheduler.pid, signal.SIGKILL)
        start = time.monotonic()
        with pytest.raises(ClusterError, match="the scheduler has gone away"):
            list(results)
        assert time.monotonic() - start < 30  # 10 s on a machine that is not busy


def test_no_scheduler(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "PATIENCE", 1)
    with pytest.raises(ClusterError, match="expected a Dask scheduler like tcp://host:8786, found"):
        list(in_order(len, ["a"], Workers(cluster="tcp://127.0.0.1:9")))


def test_another_version(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "__version__", "0.0.0")
    with pytest.raises(ClusterError, match=r"expected workers with digitsolver 0\.0\.0, found \d"):
        list(in_order(len, ["a"], Workers(cluster=running.address)))


def test_without_dask(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(MissingExtraError, match=r"pip install 'digitsolver\[cluster\]'"):
        list(in_order(len, ["a"], Workers(cluster="tcp://127.0.0.1:9")))
