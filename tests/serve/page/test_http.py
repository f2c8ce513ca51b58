"""The page and the stages over HTTP: what is served, and what is refused."""

import pytest

from digitsolver.serve.page import SAMPLES, STATIC, read_samples, render_page
from tests.serve.serving import KEY, Asking, png, service_over
from tests.templates import make_bundle

PASS = {"Authorization": f"Bearer {KEY}"}


@pytest.fixture(scope="module")
def ask(tmp_path_factory: pytest.TempPathFactory) -> Asking:
    model = make_bundle(tmp_path_factory.mktemp("models") / "tickets")
    return service_over(model, api_key=KEY)


def test_the_page_and_its_parts_need_no_key_and_hold_none(ask: Asking) -> None:
    page = ask("GET", "/")
    assert page.status_code == 200
    assert KEY not in page.text
    assert 'data-needs-key="yes"' in page.text
    for path in sorted(STATIC.glob("*.*")):
        part = ask("GET", f"/static/{path.name}")
        assert part.content == path.read_bytes()
        kind = "text/css" if path.suffix == ".css" else "text/javascript"
        assert part.headers["content-type"].startswith(kind)
    for sample in read_samples():
        assert ask("GET", f"/samples/{sample['file']}").status_code == 200


def test_the_page_has_no_script_or_style_of_its_own() -> None:
    page = render_page(needs_key=False)
    assert " style=" not in page
    assert "<style" not in page
    assert page.count("<script") == page.count('<script type="module" src=')
    assert "http:" not in page.replace("http://www.w3.org", "")
    assert "https:" not in page


@pytest.mark.parametrize(
    "path",
    ["nothing.js", "..%2Fpage.py", "%2e%2e/page.py", "..%5Cpage.py", "samples", "%00", "page.js/"],
)
@pytest.mark.parametrize("folder", ["static", "samples"])
def test_no_other_file_is_served(ask: Asking, folder: str, path: str) -> None:
    answer = ask("GET", f"/{folder}/{path}")
    assert answer.status_code == 404
    assert set(answer.json()) == {"error"}
    assert str(SAMPLES) not in answer.text


@pytest.mark.parametrize("path", ["trace", "explain"])
def test_stages_need_the_key(ask: Asking, path: str) -> None:
    assert ask("POST", f"/v1/{path}", content=png("4711")).status_code == 401


def test_styles_need_the_key(ask: Asking) -> None:
    assert ask("GET", "/v1/styles").status_code == 401
    said = ask("GET", "/v1/styles", headers=PASS).json()
    assert set(said) == {"settings", "styles"}


def test_the_stages_for_a_style(ask: Asking) -> None:
    asked = {"style": '{"cleaners": ["specks"]}', "length": 4, "strip": True}
    answer = ask("POST", "/v1/trace", params=asked, content=png("4711"), headers=PASS)
    assert answer.status_code == 200
    said = answer.json()
    assert said["style"]["cleaners"] == ["specks"]
    assert len(said["stages"][-1]["images"]) == 4
    assert said["strip"].startswith("data:image/png;base64,")


def test_what_a_model_saw(ask: Asking) -> None:
    answer = ask("POST", "/v1/explain", content=png("4711"), headers=PASS)
    assert answer.json()["reading"]["text"] == "4711"
    assert answer.json()["model"] == "tickets"


@pytest.mark.parametrize(
    ("path", "asked", "content", "message"),
    [
        ("trace", {"style": "/etc/hostname"}, png("1"), "expected a style as TOML"),
        ("trace", {"style": "a" * 5000}, png("1"), "style: "),
        ("trace", {"length": 0}, png("1"), "length: "),
        ("trace", {}, b"no image", "expected an image"),
        ("explain", {}, b"", "expected an image"),
        ("explain", {"model": "other"}, png("1"), "expected a model of this service"),
    ],
)
def test_what_is_refused(
    ask: Asking, path: str, asked: dict[str, str], content: bytes, message: str
) -> None:
    answer = ask("POST", f"/v1/{path}", params=asked, content=content, headers=PASS)
    assert answer.status_code == 422
    assert message in answer.json()["error"]
    assert list(answer.json()) == ["error"]
