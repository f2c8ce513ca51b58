"""What the page's addresses answer, and whom they refuse."""

import asyncio
from collections.abc import Iterator, MutableMapping
from pathlib import Path
from typing import Any

import cv2
import httpx
import numpy as np
import pytest

from collector.dataset.store import New
from collector.label.app import MAX_BODY, PAGE, App, create_app
from digitsolver.io.images import decode_image
from tests.collector.labelling import TEXTS, Desk, open_desk
from tests.templates import draw

TOKEN, PORT = "a-token", 4711
HERE = f"http://127.0.0.1:{PORT}"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    opened = open_desk(tmp_path / "mine", None)
    yield opened
    opened.session.close()


class Client:
    """Ask the application without a server."""

    def __init__(self, app: App) -> None:
        self.app = app

    def ask(self, method: str, url: str, **sent: Any) -> httpx.Response:
        return asyncio.run(self._ask(method, url, **sent))

    async def _ask(self, method: str, url: str, **sent: Any) -> httpx.Response:
        transport = httpx.ASGITransport(self.app)
        async with httpx.AsyncClient(transport=transport) as client:
            return await client.request(method, url, **sent)


@pytest.fixture
def page(desk: Desk) -> Client:
    assert desk.session.current()  # the first of TEXTS is shown
    return Client(create_app(desk.session, token=TOKEN, port=PORT))


def post(page: Client, name: str, **body: Any) -> httpx.Response:
    return page.ask("POST", f"{HERE}/{TOKEN}/{name}", json=body, headers={"Origin": HERE})


def get(page: Client, name: str, **headers: str) -> httpx.Response:
    return page.ask("GET", f"{HERE}/{TOKEN}/{name}", headers=headers)


def labels(desk: Desk) -> list[str | None]:
    return [record.label for record in desk.store.records()]


def test_every_part_of_the_page_is_there_and_asks_for_nothing_from_elsewhere(
    page: Client,
) -> None:
    for name, (_, kind) in PAGE.items():
        answer = get(page, name)
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith(kind)
        assert "://" not in answer.text
    policy = get(page, "").headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'")
    assert get(page, "openapi.json").status_code == 404


def test_a_image_is_given_as_png_by_its_id_alone(desk: Desk, page: Client) -> None:
    answer = get(page, f"image/{desk.ids[0]}")
    assert answer.headers["content-type"] == "image/png"
    assert np.array_equal(decode_image(answer.content), draw(TEXTS[0]))
    broken = desk.store.add(New(b"no image", "png", source="here", original="x")).record.id
    assert get(page, f"image/{broken}").status_code == 404


def test_keys_change_the_store_before_they_are_answered(desk: Desk, page: Client) -> None:
    sample = get(page, "state").json()["sample"]
    named = {"id": sample["id"], "seen": sample["seen"]}
    state = post(page, "answer", **named, text="4711").json()
    assert labels(desk) == ["4711", None, None, None]
    assert (state["labelled"], state["sample"]["id"]) == (1, desk.ids[1])
    post(page, "unreadable", id=desk.ids[1], seen=1)
    assert desk.store.get(desk.ids[1]).unreadable
    state = post(page, "move", forward=True).json()
    assert state["sample"]["id"] == desk.ids[3]
    assert post(page, "undo").json()["unreadable"] == 0
    assert (
        post(page, "review", on=True).json()["note"] == "The model contradicts no label strongly."
    )
    assert post(page, "retrain").json()["note"].startswith("Training needs 10 labels")


def test_an_answer_that_comes_twice_counts_once(desk: Desk, page: Client) -> None:
    answer = {"id": desk.ids[0], "seen": 1, "text": "4711"}
    assert post(page, "answer", **answer).status_code == 200
    again = post(page, "answer", **answer)
    assert again.status_code == 409
    assert "nothing was changed" in again.json()["error"]
    assert len(desk.store.get(desk.ids[0]).history) == 2


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Host": f"127.0.0.1:{PORT + 1}"},
        {"Host": f"evil.example:{PORT}"},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": f"http://localhost:{PORT}"},
        {"Origin": f"https://127.0.0.1:{PORT}"},
    ],
)
def test_foreign_host_and_origin_are_refused(
    desk: Desk, page: Client, headers: dict[str, str]
) -> None:
    for path in ("", "state", f"image/{desk.ids[0]}", "page.js"):
        assert get(page, path, **headers).status_code in {403, 421}
    body = {"id": desk.ids[0], "seen": 1, "text": "4711"}
    sent = {"Origin": HERE, **headers}
    assert page.ask("POST", f"{HERE}/{TOKEN}/answer", json=body, headers=sent).status_code in {
        403,
        421,
    }
    assert labels(desk) == [None] * 4


def test_a_change_without_an_origin_is_refused(desk: Desk, page: Client) -> None:
    body = {"id": desk.ids[0], "seen": 1, "text": "4711"}
    assert page.ask("POST", f"{HERE}/{TOKEN}/answer", json=body).status_code == 403
    assert labels(desk) == [None] * 4


@pytest.mark.parametrize("path", ["", "/", "/wrong/", "/wrong/state", "/state", f"//{TOKEN}/state"])
def test_a_wrong_token_is_refused(page: Client, path: str) -> None:
    assert page.ask("GET", HERE + path).status_code == 403


@pytest.mark.parametrize(
    "path",
    [
        "../../etc/passwd",
        "image/../../samples.jsonl",
        "image/..%2f..%2fsamples.jsonl",
        "image/samples.jsonl",
        "image/%2e%2e",
        "samples.jsonl",
        "app.py",
    ],
)
def test_no_path_leads_to_another_file(page: Client, path: str) -> None:
    answer = page.ask("GET", f"{HERE}/{TOKEN}/{path}")
    assert answer.status_code in {403, 404}
    assert "history" not in answer.text


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", "../4711"])
def test_a_label_of_signs_is_text_and_no_path(desk: Desk, page: Client, text: str) -> None:
    before = sorted(path.name for path in desk.store.folder.parent.rglob("*.png"))
    assert post(page, "answer", id=desk.ids[0], seen=1, text=text).status_code == 200
    assert labels(desk)[0] == text
    assert sorted(path.name for path in desk.store.folder.parent.rglob("*.png")) == before
    assert "<script>alert" not in page.ask("GET", f"{HERE}/{TOKEN}/").text


@pytest.mark.parametrize("text", ["47 11", "", "x" * 65, "47\n11", "4711\u202e"])
def test_a_label_that_is_none_is_refused(desk: Desk, page: Client, text: str) -> None:
    assert post(page, "answer", id=desk.ids[0], seen=1, text=text).status_code == 422
    assert labels(desk) == [None] * 4


def test_a_label_of_10_mb_is_refused(desk: Desk, page: Client) -> None:
    answer = post(page, "answer", id=desk.ids[0], seen=1, text="1" * 10_000_000)
    assert answer.status_code == 413
    assert len(answer.content) < MAX_BODY
    assert labels(desk) == [None] * 4


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"id": 1, "seen": "1", "text": []}'])
def test_what_is_no_answer_is_refused(desk: Desk, page: Client, body: bytes) -> None:
    sent = {"Origin": HERE, "Content-Type": "application/json"}
    assert page.ask("POST", f"{HERE}/{TOKEN}/answer", content=body, headers=sent).status_code == 422
    assert labels(desk) == [None] * 4


def test_a_script_in_a_file_name_stays_text(desk: Desk, page: Client) -> None:
    name = "<img src=x onerror=alert(1)>.png"
    data = cv2.imencode(".png", draw("5555"))[1].tobytes()
    desk.store.add(New(data, "png", source="here", original=name))
    for _ in TEXTS:
        post(page, "move", forward=True)
    answer = get(page, "state")
    assert answer.json()["sample"]["name"] == name
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "innerHTML" not in get(page, "page.js").text + get(page, "editor.js").text


@pytest.mark.parametrize("seen", ["NaN", "Infinity", "1e999", "1.5", '"1"', "[]", "9" * 3000])
def test_odd_numbers_in_a_request_are_refused(desk: Desk, page: Client, seen: str) -> None:
    body = f'{{"id": "{desk.ids[0]}", "seen": {seen}, "text": "1"}}'
    headers = {"Origin": HERE, "Content-Type": "application/json"}
    answer = page.ask("POST", f"{HERE}/{TOKEN}/answer", content=body, headers=headers)
    assert answer.status_code in {400, 409, 422}
    assert isinstance(answer.json(), dict)
    assert labels(desk) == [None] * len(TEXTS)


@pytest.mark.parametrize("body", [b"\xff\xfe", b"[" * 3000, b'{"id": "\\ud800", "seen": 1}', b""])
def test_odd_bodies_are_refused(page: Client, body: bytes) -> None:
    headers = {"Origin": HERE, "Content-Type": "application/json"}
    answer = page.ask("POST", f"{HERE}/{TOKEN}/answer", content=body, headers=headers)
    assert 400 <= answer.status_code < 500


ODD = ["%ff%fe", "image/%ff", "image/..%2f..%2fx", "image/" + "x" * 3000]


@pytest.mark.parametrize("name", ODD)
def test_odd_addresses_are_not_found(page: Client, name: str) -> None:
    assert get(page, name).status_code == 404


def test_a_name_that_is_not_utf8_is_shown(desk: Desk) -> None:
    image = cv2.imencode(".png", np.zeros((9, 9), np.uint8))[1].tobytes()
    new = New(image, "png", source="here", original="odd-\udcff\x1b.png")
    identifier = desk.store.add(new).record.id
    page = Client(create_app(desk.session, token=TOKEN, port=PORT))
    for _ in range(2 * len(desk.ids)):
        state = get(page, "state")
        assert state.status_code == 200
        sample = state.json()["sample"]
        if sample and sample["id"] == identifier:
            break
        post(page, "move", forward=True)
    assert sample["name"] == r"odd-\udcff\x1b.png"


def test_the_address_is_told_to_nobody(page: Client) -> None:
    assert get(page, "").headers["referrer-policy"] == "no-referrer"


def test_a_request_that_does_not_end_is_left(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("collector.label.app.LONGEST_REQUEST", 0.05)
    app = create_app(desk.session, token=TOKEN, port=PORT)
    sent: list[MutableMapping[str, Any]] = []

    async def receive() -> MutableMapping[str, Any]:
        await asyncio.sleep(0.02)
        return {"type": "http.request", "body": b"x", "more_body": True}

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    async def ask() -> None:
        headers = [(b"host", f"127.0.0.1:{PORT}".encode()), (b"origin", HERE.encode())]
        path = f"/{TOKEN}/answer"
        await app(
            {"type": "http", "method": "POST", "path": path, "headers": headers}, receive, send
        )

    asyncio.run(ask())
    assert sent[0]["status"] == 408
