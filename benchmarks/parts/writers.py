"""What writes to a store, as people start it, and says what it has promised them.

Each runs in a process of its own until it is done or killed: `collector fetch` from a server on
this machine, `collector import`, and the labelling page, its addresses asked as a browser asks.
"""

import asyncio
import contextlib
import io
import os
import random
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, HTTPServer
from itertools import count
from pathlib import Path
from typing import Any

import httpx

from collector.cli import main
from collector.dataset.store import Added, New, Store, open_store
from collector.label.app import create_app
from collector.label.proposals import Proposals
from collector.label.session import Session
from collector.label.trainer import Trainer

Promise = Callable[[str], object]
TOKEN, PORT = "token", 4711
ORIGIN = f"http://127.0.0.1:{PORT}"


@dataclass(frozen=True)
class Task:
    """Hold where images are, where they go to, and whom to tell what was promised."""

    source: Path
    url: str
    folder: Path
    promise: Promise
    rng: random.Random


Writer = Callable[[Task], None]


def fetch_all(task: Task) -> None:
    """Run `collector fetch` without its pauses; an image is promised as soon as it was added."""
    time.sleep = lambda _: None
    count = str(len(list(task.source.iterdir())))
    words = ["--count", count, "--rate", "5", "--i-am-authorised", "a benchmark"]
    _run(task, ["fetch", task.url, *words])


def import_all(task: Task) -> None:
    """Run `collector import`; a batch is promised as soon as it was added."""
    _run(task, ["import", str(task.source)])


def label_for_ever(task: Task) -> None:
    """Answer, mark and take back on the labelling page; what it has confirmed is promised."""
    who = str(os.getpid())
    with open_store(task.folder) as store:
        session = Session(store, Proposals(store, None), Trainer(task.folder), who=who)
        app = create_app(session, token=TOKEN, port=PORT)
        asyncio.run(_press_keys(httpx.ASGITransport(app), task, who))


async def _press_keys(transport: httpx.AsyncBaseTransport, task: Task, who: str) -> None:
    headers = {"Origin": ORIGIN}
    place = f"{ORIGIN}/{TOKEN}/"
    async with httpx.AsyncClient(transport=transport, headers=headers, base_url=place) as page:
        for number in count():
            sample = (await page.get("state")).json()["sample"]
            if sample is None or task.rng.random() < 0.2:
                answer = await page.post("undo", json={})
                if "taken back" in answer.json()["note"]:
                    task.promise(f"undone by {who}: undid")
                continue
            named = {"id": sample["id"], "seen": sample["seen"]}
            if task.rng.random() < 0.1:
                answer = await page.post("unreadable", json=named)
                promised = f"unreadable {sample['id']} by {who}: looked"
            else:
                text = str(number % 10000)
                answer = await page.post("answer", json=named | {"text": text})
                promised = f"labelled {sample['id']} {text} by {who}: typed"
            if answer.status_code == httpx.codes.OK:  # or else somebody was faster
                task.promise(promised)


def _run(task: Task, words: list[str]) -> None:
    """Run a command of the collector, with a promise at each image that the store has taken."""
    add_many = Store.add_many

    def promising(store: Store, images: Iterable[New]) -> Iterator[Added]:
        for added in add_many(store, images):
            task.promise(f"added {added.record.id}")
            yield added

    Store.add_many = promising  # type: ignore[assignment, method-assign]
    with contextlib.redirect_stderr(io.StringIO()), contextlib.suppress(SystemExit):
        main([*words, "--out", str(task.folder)])


def serve(images: list[bytes], ready: Callable[[int], object]) -> None:
    """Give one image after another, for ever; `ready` gets the port."""
    turns = count()

    class Handler(BaseHTTPRequestHandler):
        """Answer a request."""

        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            """Give the next image, but no rules for robots."""
            found = self.path != "/robots.txt"
            data = images[next(turns) % len(images)] if found else b""
            self.send_response(200 if found else 404)
            self.send_header("Content-Type", "image/png")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)
            self.close_connection = True

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        ready(server.server_port)
        server.serve_forever()
