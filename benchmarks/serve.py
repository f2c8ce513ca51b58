"""Hold `digitsolver serve` to what it promises: overhead, throughput, overload, readings.

- overhead: one image at a time over HTTP on loopback, in turn with `Solver.solve` in this process.
- throughput: many clients that each wait for their answer, in turn with `Solver.solve_many` here.
- overload: requests at ten times the throughput for a minute, whether they are answered or not.
- readings: images in every format, whole and damaged, against the readings of `Solver`.

The clients run on the same cores as the server. Prints Markdown, and writes serve.md.

    pip install -e '.[train,web]'
    python benchmarks/serve.py
"""

import argparse
import asyncio
import json
import sys
import tempfile
import threading
import time
from collections import Counter, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from http.client import HTTPConnection
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image

import digitsolver
from benchmarks.parts.load import Answer, Client, Server, request, serving
from collector.dataset.generate import generate
from digitsolver.datasets import image_paths
from digitsolver.results import JsonObject, answer_to_json
from digitsolver.solver import Solver

LOOKS = ("plain", "speckle", "lines")
FORMATS = ("PNG", "JPEG", "GIF", "BMP", "WEBP", "TIFF")
TIMES = 10
"""Of its throughput is an overload."""
CONNECTIONS = 640
"""That the overload comes over."""
TICK = 0.01
"""Seconds between two lots of requests of the overload."""
SOLVE = "/v1/solve"
Row = tuple[str, str]
HEAD: list[Row] = [("what", "found"), ("---", "---")]


def main() -> None:
    """Measure one after the other."""
    options = _options()
    with tempfile.TemporaryDirectory() as scratch:
        images = _generated(Path(scratch), options.count)
    solver = digitsolver.load(options.model)
    words = ["--model", options.model] if options.model else []
    rows: list[Row] = []
    with serving(*words) as server:
        rows.append(("start until it takes requests", f"{server.seconds:.2f} s"))
        rows += _overhead(solver, server, images)
        capacity, found = _throughput(solver, server, images, options.clients, options.rounds)
        rows += found
        rows += asyncio.run(_overload(solver, server, images, TIMES * capacity, options.seconds))
        differing = asyncio.run(_readings(solver, server, images))
    rows.append(("readings that differ from those of `Solver`", differing))
    text = "\n".join(f"| {what} | {found} |" for what, found in [*HEAD, *rows])
    print(text)
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "serve.md").write_text(text + "\n", encoding="utf-8")
    if differing.partition(" ")[0] != "0":
        sys.exit("readings differ")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--model", help="the bundle to read with; else the default model")
    parser.add_argument("--count", type=int, default=500, help="images")
    parser.add_argument("--clients", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=60, help="of overload")
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results"))
    parser.add_argument("--short", action="store_true", help="60 images, 5 seconds of overload")
    options = parser.parse_args()
    if options.short:
        options.count, options.rounds, options.seconds = 60, 1, 5
    return options


def _generated(folder: Path, count: int) -> list[bytes]:
    """Return generated captchas of several looks in turn, encoded."""
    for look in LOOKS:
        list(generate(look, -(-count // len(LOOKS)), folder / look, 1, None))
    found = zip(*(image_paths(folder / look) for look in LOOKS), strict=True)
    return [path.read_bytes() for paths in found for path in paths][:count]


def _overhead(solver: Solver, server: Server, images: Sequence[bytes]) -> list[Row]:
    """Compare one image at a time, here and over HTTP, in turn."""
    here, there = [], []
    connection = HTTPConnection("127.0.0.1", server.port)
    for image in images[:10]:
        solver.solve(image)
    for image in images:
        start = time.perf_counter()
        solver.solve(image)
        between = time.perf_counter()
        connection.request("POST", SOLVE, image)
        connection.getresponse().read()
        here.append(between - start)
        there.append(time.perf_counter() - between)
    connection.close()
    own, over = 1000 * np.median(here), 1000 * np.median(there)
    return [
        ("one image, median: `Solver.solve`", f"{own:.2f} ms"),
        ("one image, median: over HTTP", f"{over:.2f} ms, {over - own:+.2f} ms"),
    ]


def _throughput(
    solver: Solver, server: Server, images: Sequence[bytes], clients: int, rounds: int
) -> tuple[float, list[Row]]:
    """Compare many images, here and by clients over HTTP, in turn; return images a second, too."""
    here, there, waits = [], [], [0.0]
    used_here, used_there = [], []
    for _ in range(rounds):
        start, used = time.perf_counter(), time.process_time()
        list(solver.solve_many(images))
        here.append(len(images) / (time.perf_counter() - start))
        used_here.append((time.process_time() - used) / len(images))
        start, used = time.perf_counter(), server.cpu()
        answers = asyncio.run(_ask_all(server.port, images, clients))
        there.append(len(images) / (time.perf_counter() - start))
        used_there.append((server.cpu() - used) / len(images))
        waits += [one.seconds for one in answers]
    share = max(there) / max(here)
    p50, p99 = 1000 * np.percentile(waits, [50, 99])
    return max(there), [
        ("images a second: `Solver.solve_many`", f"{max(here):.0f}"),
        (f"images a second: {clients} clients", f"{max(there):.0f}, {share:.0%} of that"),
        (f"{clients} clients: p50, p99", f"{p50:.0f} ms, {p99:.0f} ms"),
        (
            "time of the processor for an image: `solve_many`, server",
            f"{1000 * min(used_here):.1f} ms, {1000 * min(used_there):.1f} ms",
        ),
    ]


async def _ask_all(port: int, images: Iterable[bytes], clients: int) -> list[Answer]:
    """Send images by so many clients that each wait for their answer."""
    waiting = iter([request(SOLVE, image) for image in images])
    answers: list[Answer] = []

    async def client() -> None:
        connection = await Client.connect(port)
        answers.extend([await connection.ask(sent) for sent in waiting])
        connection.close()

    await asyncio.gather(*(client() for _ in range(clients)))
    return answers


@dataclass
class Load:
    """What an overload found."""

    statuses: Counter[int] = field(default_factory=Counter)
    wrong: int = 0
    unasked: int = 0
    without_retry: int = 0
    waits: dict[int, list[float]] = field(default_factory=lambda: {200: [], 503: []})
    memory: list[float] = field(default_factory=list)
    health: list[float] = field(default_factory=list)


async def _overload(
    solver: Solver, server: Server, images: Sequence[bytes], rate: float, seconds: float
) -> list[Row]:
    """Send requests at a rate for a while, then see how soon one is answered as before."""
    load = Load()
    sent = [request(SOLVE, image) for image in images]
    right = [answer_to_json(one).get("text") for one in solver.solve_many(images)]
    normal = await _single(server.port, sent)
    stop = threading.Event()
    watching = threading.Thread(target=_watch, args=(server, load, stop))
    watching.start()
    free = deque([await Client.connect(server.port) for _ in range(CONNECTIONS)])
    running: set[asyncio.Task[None]] = set()
    start = time.perf_counter()
    number = 0
    while (elapsed := time.perf_counter() - start) < seconds:
        while number < rate * elapsed:
            number += 1
            if not free:
                load.unasked += 1
                continue
            place = number % len(sent)
            task = asyncio.create_task(_one(free.popleft(), sent[place], right[place], load, free))
            running.add(task)
            task.add_done_callback(running.discard)
        await asyncio.sleep(TICK)
    await asyncio.gather(*running)
    ended = time.perf_counter()
    while await _single(server.port, sent[:5]) > 2 * normal and time.perf_counter() - ended < 30:
        pass
    recovery = time.perf_counter() - ended
    stop.set()
    watching.join()
    for client in free:
        client.close()
    return _told(load, rate, seconds, recovery)


async def _one(
    client: Client, sent: bytes, right: str | None, load: Load, free: deque[Client]
) -> None:
    """Send one request, count the answer, and give the connection back."""
    try:
        answer = await client.ask(sent)
    except ConnectionError:
        load.statuses[0] += 1
        return
    free.append(client)
    load.statuses[answer.status] += 1
    load.waits.setdefault(answer.status, []).append(answer.seconds)
    if answer.status == 200:
        load.wrong += json.loads(answer.body)["text"] != right
    elif answer.status == 503:
        load.without_retry += b"retry-after" not in answer.headers.lower()


async def _single(port: int, sent: Sequence[bytes]) -> float:
    """Return the median of what single requests take, one after the other."""
    client = await Client.connect(port)
    waits = [(await client.ask(one)).seconds for one in sent]
    client.close()
    return float(np.median(waits))


def _watch(server: Server, load: Load, stop: threading.Event) -> None:
    """Ask whether the server lives, and note its memory, every 50 ms."""
    connection = HTTPConnection("127.0.0.1", server.port)
    while not stop.wait(0.05):
        start = time.perf_counter()
        connection.request("GET", "/health/live")
        connection.getresponse().read()
        load.health.append(time.perf_counter() - start)
        load.memory.append(server.memory())
    connection.close()


def _told(load: Load, rate: float, seconds: float, recovery: float) -> list[Row]:
    """Return what an overload found as rows."""
    others = {status: n for status, n in load.statuses.items() if status not in {200, 503}}
    p99 = {status: 1000 * np.percentile(waits or [0], 99) for status, waits in load.waits.items()}
    health = 1000 * np.array(load.health)
    memory = load.memory
    return [
        (
            f"{rate:.0f} requests a second for {seconds:.0f} s",
            (
                f"{load.statuses[200]:,} read, {load.statuses[503]:,} answered 503, "
                f"{load.unasked:,} not sent as all connections waited; others: {others or 'none'}"
            ),
        ),
        (
            "readings that were wrong, 503 without Retry-After",
            f"{load.wrong}, {load.without_retry}",
        ),
        ("p99 of those read, of those refused", f"{p99[200]:.0f} ms, {p99[503]:.0f} ms"),
        (
            "memory at first, at most, at the end",
            f"{memory[0]:.0f} MB, {max(memory):.0f} MB, {memory[-1]:.0f} MB",
        ),
        (
            "`/health/live` meanwhile: p99, most",
            f"{np.percentile(health, 99):.0f} ms, {health.max():.0f} ms",
        ),
        ("afterwards, until single images take what they took before", f"{recovery:.2f} s"),
    ]


async def _readings(solver: Solver, server: Server, images: Sequence[bytes]) -> str:
    """Compare readings of images in each format, whole and cut off, with those here."""
    client = await Client.connect(server.port)
    differing = total = failed = 0
    for number, image in enumerate(images):
        for kind in FORMATS:
            data = _encoded(image, kind)
            for sent in (data, data[: len(data) // 2]) if number % 10 == 0 else (data,):
                expected = answer_to_json(next(iter(solver.solve_many([sent]))))
                found: JsonObject = json.loads((await client.ask(request(SOLVE, sent))).body)
                differing += found != expected
                failed += "error" in expected
                total += 1
    client.close()
    return f"{differing} of {total:,}, of which {failed:,} cannot be read"


def _encoded(image: bytes, kind: str) -> bytes:
    """Return an image in another format."""
    stream = BytesIO()
    Image.open(BytesIO(image)).convert("RGB").save(stream, kind)
    return stream.getvalue()


if __name__ == "__main__":
    main()
