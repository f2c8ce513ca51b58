"""Whom the service refuses, what its answers let a browser do, and what its log says."""

import logging
from pathlib import Path

import pytest

from digitsolver.serve.headers import HEADERS
from digitsolver.serve.settings import ServeSettings
from tests.serve.serving import BASE, KEY, Asking, png, service_over
from tests.templates import make_bundle

OPEN = ("/health/live", "/health/ready", "/docs", "/openapi.json")


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_bundle(tmp_path_factory.mktemp("models") / "tickets")


@pytest.fixture(scope="module")
def ask(model: Path) -> Asking:
    return service_over(model, max_bytes=10_000)


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "", "evil.example:8000"]
)
def test_on_loopback_another_host_is_refused(ask: Asking, host: str) -> None:
    found = ask("POST", "/v1/solve", content=png("0123"), headers={"Host": host})
    assert found.status_code == 421
    assert found.json() == {"error": "expected the address of this service as Host"}


@pytest.mark.parametrize(
    "host", ["127.0.0.1:1", "localhost", "LOCALHOST:8000", "[::1]:8000", "[::1]"]
)
def test_on_loopback_all_its_names_are_taken(ask: Asking, host: str) -> None:
    assert ask("GET", "/health/live", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "http://127.0.0.1:9000", "http://[", ""]
)
def test_pages_of_other_origins_may_not_ask(ask: Asking, origin: str) -> None:
    found = ask("POST", "/v1/solve", content=png("0123"), headers={"Origin": origin})
    assert found.status_code == 403
    assert "access-control-allow-origin" not in found.headers
    assert ask("GET", "/health/live", headers={"Origin": BASE}).status_code == 200


def test_an_origin_that_is_named_may_ask_with_the_key(model: Path) -> None:
    site = "https://site.example"
    ask = service_over(model, allowed_origins=(site,), api_key=KEY)
    wanted = {
        "Origin": site,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization",
    }
    assert ask("OPTIONS", "/v1/solve", headers=wanted).status_code == 200
    sent = {"Origin": site, "Authorization": f"Bearer {KEY}"}
    found = ask("POST", "/v1/solve", content=png("0123"), headers=sent)
    assert found.headers["access-control-allow-origin"] == site
    wanted["Origin"] = "https://evil.example"
    assert ask("OPTIONS", "/v1/solve", headers=wanted).status_code == 403


def test_names_of_a_proxy_are_taken_where_they_are_given(model: Path) -> None:
    ask = service_over(model, allowed_hosts=("Read.example",))
    assert ask("GET", "/health/live", headers={"Host": "read.example"}).status_code == 200
    assert ask("GET", "/health/live", headers={"Host": "127.0.0.1:8000"}).status_code == 200
    assert ask("GET", "/health/live", headers={"Host": "evil.example"}).status_code == 421


@pytest.mark.parametrize(
    "sent", ["", "Bearer", "Bearer wrong", f"Basic {KEY}", f"Bearer {KEY}x", "Bearer käse"]
)
def test_the_key_opens_the_api_and_nothing_else_needs_it(model: Path, sent: str) -> None:
    ask = service_over(model, api_key=KEY, host="0.0.0.0")  # noqa: S104 - nothing listens
    headers = {"Authorization": sent.encode()} if sent else {}
    for method, path in (("POST", "/v1/solve"), ("GET", "/v1/models"), ("GET", "/metrics")):
        found = ask(method, path, headers=headers)
        assert found.status_code == 401
        assert found.headers["www-authenticate"] == "Bearer"
        assert KEY not in found.text
    right = ask(
        "POST", "/v1/solve", content=png("0123"), headers={"Authorization": f"Bearer {KEY}"}
    )
    assert right.json()["text"] == "0123"
    assert [ask("GET", path).status_code for path in OPEN] == [200] * 4


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"host": "0.0.0.0"}, "host 0.0.0.0: expected a key for a host that others reach"),  # noqa: S104
        ({"host": ""}, "host: expected an address"),
        ({"api_key": "short"}, "key: expected at least 16 characters, found 5"),
        ({"api_key": "sixteen and more letters"}, "key: expected printable ASCII"),
        ({"queue": 0}, "queue: expected at least 1, found 0"),
    ],
)
def test_unsafe_settings_are_refused(settings: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ServeSettings(**settings)  # type: ignore[arg-type]
    assert KEY not in repr(ServeSettings(api_key=KEY))
    assert ServeSettings(host="0.0.0.0", no_key=True).host == "0.0.0.0"  # noqa: S104


def test_long_bodies_are_refused_in_the_same_shape(ask: Asking) -> None:
    found = ask("POST", "/v1/solve", content=bytes(10_001))
    assert (found.status_code, found.json()) == (413, {"error": "expected at most 10,000 bytes"})
    assert ask("POST", "/v1/solve", content=bytes(10_000)).status_code == 422


@pytest.mark.parametrize("method", ["TRACE", "DELETE", "ODD"])
def test_other_methods_are_refused_before_they_are_counted(ask: Asking, method: str) -> None:
    found = ask(method, "/v1/solve")
    assert found.status_code == 405
    assert f'method="{method}"' not in ask("GET", "/metrics").text


@pytest.mark.parametrize(
    "path", ["/nobody", "/../etc/passwd", "/static/..%2f..%2fbundle.json", "/v1"]
)
def test_addresses_that_are_none_lead_nowhere(ask: Asking, path: str) -> None:
    found = ask("GET", path)
    assert (found.status_code, set(found.json())) == (404, {"error"})


def test_every_answer_has_the_security_headers(ask: Asking) -> None:
    answers = [ask("GET", path) for path in (*OPEN, "/nobody", "/metrics")]
    answers.append(ask("GET", "/health/live", headers={"Host": "evil.example"}))
    for answer in answers:
        assert {name: answer.headers[name] for name in HEADERS} == HEADERS
        assert len(answer.headers["x-request-id"]) == 16
    assert "http://" not in HEADERS["Content-Security-Policy"]


def test_the_page_of_the_api_asks_for_nothing_from_elsewhere(ask: Asking) -> None:
    page = ask("GET", "/docs").text
    assert "<script" not in page
    assert "style=" not in page
    assert {part.partition('"')[0] for part in page.split('href="')[1:]} <= {
        *("/static/page.css", "/", "/openapi.json", "#operations")
    }
    for path in ask("GET", "/openapi.json").json()["paths"]:
        assert f" {path}</code>" in page


def test_the_log_has_neither_image_nor_label_nor_key(
    model: Path, caplog: pytest.LogCaptureFixture
) -> None:
    ask = service_over(model, api_key=KEY)
    caplog.set_level(logging.DEBUG, "digitsolver")
    headers = {"Authorization": f"Bearer {KEY}"}
    files = {"image": ("secret-0123.png", png("0123"))}
    found = ask("POST", "/v1/solve?length=4", files=files, headers=headers)
    ask("GET", "/odd%0Aline" + "x" * 500)
    first, second = (record.getMessage() for record in caplog.records)
    assert first.startswith("POST /v1/solve 200 ")
    assert first.endswith(f" ms {found.headers['x-request-id']}")
    for kept in ("0123", "length", KEY, "secret"):
        assert kept not in first.removesuffix(found.headers["x-request-id"])
    assert second.startswith("GET /odd\\nlinexxx")
    assert len(second) < 300


def test_an_error_of_ours_says_nothing_of_what_is_inside(
    model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask = service_over(model)

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("/srv/models/secret")

    monkeypatch.setattr("digitsolver.solver.Solver.solve_many", fail)
    found = ask("POST", "/v1/solve", content=png("0123"))
    assert found.status_code == 500
    assert found.json() == {
        "error": "expected an answer, found an error of this service: see its log"
    }
    monkeypatch.undo()
    assert ask("POST", "/v1/solve", content=png("0123")).json()["text"] == "0123"
