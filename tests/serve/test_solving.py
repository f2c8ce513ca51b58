"""What the API reads, and what it says of images that cannot be read."""

import json
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

import digitsolver
from digitsolver import bundle
from digitsolver.measure.guarantee import Guarantee, ReadingOptions
from digitsolver.results import answer_to_json
from digitsolver.solver import Solver
from tests.serve.serving import Asking, png, service_over
from tests.templates import make_bundle, make_line_bundle

FORMATS = ("PNG", "JPEG", "GIF", "BMP", "WEBP", "TIFF")


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = make_bundle(tmp_path_factory.mktemp("models") / "tickets")
    bundle.add_guarantee(folder, Guarantee(0.05, 0.95, 1.0, 600, 600, 0, ReadingOptions(4)))
    return folder


@pytest.fixture(scope="module")
def solver(model: Path) -> Solver:
    return digitsolver.load(model)


@pytest.fixture(scope="module")
def ask(model: Path) -> Asking:
    marks = make_line_bundle(model.parent / "marks", length=2, by_position=True)
    return service_over(model, marks, max_images=8, max_pixels=200_000)


def encoded(text: str, kind: str) -> bytes:
    stream = BytesIO()
    Image.open(BytesIO(png(text))).convert("RGB").save(stream, kind)
    return stream.getvalue()


@pytest.mark.parametrize("kind", FORMATS)
def test_a_body_is_answered_as_solve_json_prints_it(ask: Asking, solver: Solver, kind: str) -> None:
    whole = encoded("4711", kind)
    for data in (whole, whole[:100], b"", b"no image"):
        (expected,) = map(answer_to_json, solver.solve_many([data]))
        found = ask("POST", "/v1/solve", content=data)
        assert found.json() == expected
        assert found.status_code == (422 if "error" in expected else 200)
        assert found.headers["content-type"] == "application/json"
    assert ask("POST", "/v1/solve", content=whole).json()["text"] == "4711"


def test_files_of_a_form_are_answered_in_order_failures_beside_readings(ask: Asking) -> None:
    files = [
        ("image", ("a.png", png("0123"))),
        ("image", ("two\nlines.png", b"no image")),
        ("other", ("../c.png", png("4567"))),
    ]
    first, second, third = ask("POST", "/v1/solve", files=files).json()
    assert (first["path"], first["text"]) == ("a.png", "0123")
    assert second["path"] == "two\nlines.png" or second["path"] == "two%0Alines.png"
    assert second["error"].startswith("expected an image (PNG, ")
    assert (third["path"], third["text"]) == ("../c.png", "4567")
    (one,) = ask("POST", "/v1/solve", files={"image": ("a.png", png("0123"))}).json()
    assert one["text"] == "0123"


def test_requests_that_wait_together_are_read_in_one_batch(ask: Asking) -> None:
    texts = [f"{number:04}" for number in range(0, 4000, 333)]
    found = ask.all(*(("POST", "/v1/solve", {"content": png(text)}) for text in texts))
    assert [one.json()["text"] for one in found] == texts
    counts = ask("GET", "/metrics").text
    batches = float(counts.partition("digitsolver_batch_images_count ")[2].split()[0])
    images = float(counts.partition("digitsolver_batch_images_sum ")[2].split()[0])
    assert images - batches >= len(texts) - 3  # the first goes alone


def unclear() -> bytes:
    """Return a captcha whose last digit is half an 8 and half a 3."""
    stream = BytesIO()
    first, second = (Image.open(BytesIO(png(text))) for text in ("1238", "1233"))
    Image.blend(first, second, 0.5).save(stream, "PNG")
    return stream.getvalue()


def test_below_a_confidence_there_is_no_text(ask: Asking, solver: Solver) -> None:
    confidence = solver.solve(unclear()).confidence
    for limit, answered in ((confidence / 2, True), ((confidence + 1) / 2, False)):
        path = f"/v1/solve?min_confidence={limit}"
        found = ask("POST", path, content=unclear()).json()
        assert (found["text"] is not None) == answered
    path = "/v1/solve?max_wrong=0.05&length=4"
    found = ask("POST", path, content=unclear()).json()
    assert found["text"] is None
    assert "confidence_given_length" in found


def test_a_guarantee_holds_for_its_own_options_only(ask: Asking) -> None:
    for options in ("max_wrong=0.05", "max_wrong=0.04&length=4"):
        found = ask("POST", f"/v1/solve?{options}", content=png("0123"))
        assert found.status_code == 422
        assert "found guarantees: 0.05 with --length 4" in found.json()["error"]


def test_models_are_chosen_by_name(ask: Asking, solver: Solver) -> None:
    listed = ask("GET", "/v1/models").json()["models"]
    assert [(one["name"], one["default"]) for one in listed] == [
        ("tickets", True),
        ("marks", False),
    ]
    assert listed[0]["alphabet"] == "0123456789"
    assert listed[0]["length"] == 4
    assert listed[0]["sha256"] == solver.digest
    assert listed[0]["guarantees"][0]["max_wrong"] == 0.05
    named = ask("POST", "/v1/solve?model=tickets", content=png("0123"))
    assert named.json()["text"] == "0123"
    assert set(ask("POST", "/v1/solve?model=marks", content=png("0123")).json()["text"]) <= {*"01"}
    unknown = ask("POST", "/v1/solve?model=nobody", content=png("0123"))
    assert unknown.status_code == 422
    assert unknown.json()["error"] == (
        "expected a model of this service (tickets, marks), found 'nobody'"
    )


def test_a_length_that_the_network_does_not_have_is_refused_without_a_path(ask: Asking) -> None:
    found = ask("POST", "/v1/solve?model=marks&length=3", content=png("0123"))
    assert found.status_code == 422
    assert found.json()["error"].startswith("expected the length 2")
    assert "/" not in found.json()["error"]


@pytest.mark.parametrize(
    ("options", "named"),
    [("length=0", "length: "), ("length=x", "length: "), ("min_confidence=2", "min_confidence: ")],
)
def test_wrong_options_are_named(ask: Asking, options: str, named: str) -> None:
    found = ask("POST", f"/v1/solve?{options}", content=png("0123"))
    assert found.status_code == 422
    assert found.json()["error"].startswith(named)


def test_forms_are_held_to_their_limits(ask: Asking) -> None:
    image = png("0123")
    many = [("image", ("a.png", image))] * 9
    assert ask("POST", "/v1/solve", files=many).status_code == 400
    fields = ask("POST", "/v1/solve", files=many[:1], data={"length": "4"})
    assert fields.status_code == 422
    assert "options go into the address" in fields.json()["error"]
    empty = {"Content-Type": "multipart/form-data; boundary=x"}
    nothing = ask("POST", "/v1/solve", content=b"--x--\r\n", headers=empty)
    assert (nothing.status_code, nothing.json()["error"]) == (
        422,
        "expected images, found an empty form",
    )
    for body in (b"broken", b"--x\r\nbroken\r\n\r\n\r\n--x--", b"--x\r\n" * 1000):
        assert ask("POST", "/v1/solve", content=body, headers=empty).status_code in {400, 422}
    lacking = {"Content-Type": "multipart/form-data"}
    assert ask("POST", "/v1/solve", content=image, headers=lacking).status_code == 400


def test_the_pixels_of_a_request_are_limited_image_by_image(ask: Asking) -> None:
    large = BytesIO()
    Image.new("1", (400, 300)).save(large, "PNG")
    files = [("image", (name, large.getvalue())) for name in ("a", "b")]
    files += [("image", ("c", b"no image"))]
    first, second, third = ask("POST", "/v1/solve", files=files).json()
    assert "pixels" not in json.dumps(first)
    assert second == {
        "path": "b",
        "error": "expected at most 200,000 pixels in one request, found 240,000 up to here",
    }
    assert third["error"].startswith("expected an image (")


def test_a_large_form_never_touches_the_disk(
    model: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "nowhere"))
    image = png("0123") + bytes(3_000_000)
    (found,) = service_over(model)("POST", "/v1/solve", files={"image": ("a.png", image)}).json()
    assert found["path"] == "a.png"


def test_the_metrics_tell_answered_abstained_and_failed_apart(model: Path) -> None:
    ask = service_over(model)
    ask("POST", "/v1/solve", content=png("0123"))
    ask("POST", "/v1/solve?min_confidence=1", content=unclear())
    ask("POST", "/v1/solve", content=b"no image")
    counts = ask("GET", "/metrics")
    assert counts.headers["content-type"].startswith("text/plain")
    lines = counts.text.splitlines()
    for outcome in ("abstained", "answered", "failed"):
        assert f'digitsolver_images_total{{model="tickets",outcome="{outcome}"}} 1.0' in lines
    assert "digitsolver_queue_depth 0.0" in lines
    assert 'digitsolver_confidence_count{model="tickets"} 2.0' in lines
    assert any(line.startswith("http_requests_total{") for line in lines)
