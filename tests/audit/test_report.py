"""The report: every figure from the record, readable everywhere, and nothing in it runs."""

import importlib.util
import json
import re
import shlex
import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import fields, is_dataclass, replace
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any

import cv2
import pytest
from jsonschema import Draft202012Validator

from digitsolver.audit import records
from digitsolver.audit.records import FORMAT, Audit
from digitsolver.audit.report import (
    HTML,
    JSON,
    MARKDOWN,
    command_of,
    render_html,
    render_markdown,
    write,
)
from digitsolver.audit.report.chart import chart_of
from digitsolver.datasets import Sample
from digitsolver.errors import FolderError, MissingExtraError
from tests.audit.made import HOSTILE, hostile_audit, made_audit
from tests.templates import draw

SCHEMA = Path(__file__).parents[2] / "docs" / "report.schema.json"
CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
EMPTY = replace(
    made_audit(),
    runs=(),
    points=(),
    needed=(),
    findings=(),
    defences=(),
    answers=None,
    verdict=records.Verdict(records.Level.LOW, None, None, None, None, 1.0, ("Nothing.",)),
    costs=records.Costs("USD", (), (), ()),
)


class Page(HTMLParser):
    """What a page is made of: its tags with their attributes, in order, and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, name: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.tags if tag == name]


def test_a_report_is_three_files(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "1-4711.png"), draw("4711"))
    samples = [Sample(tmp_path / "missing-1.png", "1"), Sample(tmp_path / "1-4711.png", "4711")]
    write(made_audit(), tmp_path / "out" / "report", samples)
    out = tmp_path / "out" / "report"
    assert sorted(path.name for path in out.iterdir()) == [HTML, JSON, MARKDOWN]
    (image,) = Page((out / HTML).read_text(encoding="utf-8")).all("img")
    assert image["alt"] == "Captcha with the label 4711"
    assert str(image["src"]).startswith("data:image/png;base64,")
    with pytest.raises(FolderError, match="expected a folder to write to"):
        write(made_audit(), out / HTML)


def test_a_hostile_name_and_label_of_an_image_do_nothing(tmp_path: Path) -> None:
    path = tmp_path / '"><img src=x onerror=alert(1)>\u202e\n.png'
    cv2.imwrite(str(tmp_path / "1.png"), draw("4711"))
    (tmp_path / "1.png").rename(path)
    write(made_audit(), tmp_path / "report", [Sample(path, '" onload="alert(1)')])
    page = Page((tmp_path / "report" / HTML).read_text(encoding="utf-8"))
    (image,) = page.all("img")
    assert image["alt"] == 'Captcha with the label " onload="alert(1)'
    assert set(image) == {"src", "alt"}
    assert "<img src=x onerror=alert(1)>\\u202e\\n.png" in page.text


@pytest.mark.parametrize("audit", [made_audit(), hostile_audit(), EMPTY])
def test_the_json_is_what_its_schema_says(audit: Audit, tmp_path: Path) -> None:
    write(audit, tmp_path)
    found = json.loads((tmp_path / JSON).read_text(encoding="utf-8"))
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    assert list(Draft202012Validator(schema).iter_errors(found)) == []
    assert schema["properties"]["format"]["const"] == FORMAT == found["format"]
    found["findings"] = [{"identifier": "X"}]
    assert list(Draft202012Validator(schema).iter_errors(found))


def test_the_schema_names_every_field_of_the_records() -> None:
    text = SCHEMA.read_text(encoding="utf-8")
    classes = [one for one in vars(records).values() if isinstance(one, type) and is_dataclass(one)]
    assert len(classes) > 10
    missing = [
        f"{one.__name__}.{field.name}"
        for one in classes
        for field in fields(one)
        if f'"{field.name}"' not in text
    ]
    assert not missing


def test_without_jinja2_the_json_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=r"digitsolver\[web\]"):
        write(made_audit(), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [JSON]


def test_the_page_is_whole_and_asks_nobody() -> None:
    page = Page(render_html(made_audit()))
    assert not page.all("script") + page.all("link") + page.all("iframe") + page.all("object")
    policy = next(one for one in page.all("meta") if "http-equiv" in one)["content"]
    assert str(policy).startswith("default-src 'none'; img-src data:; style-src 'unsafe-inline'")
    for name in ("src", "srcset", "data", "action", "xlink:href", "style"):
        assert [one for _, one in page.tags if name in one] == []
    links = [str(one["href"]) for one in page.all("a")]
    assert all(link.startswith(("#", "https://")) for link in links)
    assert "url(" not in render_html(made_audit())


def test_the_page_can_be_read_aloud() -> None:
    page = Page(render_html(made_audit()))
    assert page.all("html") == [{"lang": "en"}]
    for landmark in ("header", "main", "nav", "footer", "h1"):
        assert len(page.all(landmark)) == 1
    levels = [int(tag[1]) for tag, _ in page.tags if re.fullmatch("h[1-6]", tag)]
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert all("scope" in one for one in page.all("th"))
    assert len(page.all("caption")) == len(page.all("table"))
    identifiers = [one["id"] for _, one in page.tags if "id" in one]
    assert len(identifiers) == len(set(identifiers))
    targets = [str(one["href"])[1:] for one in page.all("a") if str(one["href"]).startswith("#")]
    assert set(targets) <= set(map(str, identifiers))
    assert "fitted reader, 200 labels: 92.9% (87.3% to 95.9%), 3 runs" in page.text


def test_the_parts_of_a_test_report_are_there() -> None:
    page = Page(render_html(made_audit())).text
    text = render_markdown(made_audit())
    for part in ("Executive summary", "Scope and limits", "Findings", "Attackers side by side"):
        assert part in page
        assert f"## {part}\n" in text
    for words in ("Recommendations", "To check on the server", "How to make this report again"):
        assert words in page
        assert words in text
    for words in ("Evidence", "How to reproduce", "Remedy", "References", "Likelihood", "Impact"):
        assert words.lower() in page.lower()
        assert words.lower() in text.lower()
    for words in ("only 250 captchas are left", "not reached", "human solving service", "92.9%"):
        assert words in page
        assert words in text


def test_an_audit_that_measured_nothing_has_a_report() -> None:
    assert chart_of(()) is None
    page = Page(render_html(EMPTY)).text
    assert page.count("No attacker was measured.") == 2
    assert "That is no proof that there is nothing." in page
    assert "The answers" not in page
    assert "That is no proof that there is nothing." in render_markdown(EMPTY)


def test_the_command_makes_the_report_again() -> None:
    words = shlex.split(command_of(made_audit()))
    assert words[:5] == ["digitsolver", "audit", "captchas/tickets", "--out", "REPORT"]
    assert words[-2:] == ["--seed", "0"]
    assert shlex.split(command_of(hostile_audit()))[2] == HOSTILE


def test_hostile_texts_are_shown_in_the_page_and_do_nothing() -> None:
    made, hostile = (Page(render_html(one)) for one in (made_audit(), hostile_audit()))
    assert {tag for tag, _ in hostile.tags} == {tag for tag, _ in made.tags}
    names = {name for _, one in hostile.tags for name in one}
    assert not [name for name in names if name.startswith("on")]
    links = [str(one["href"]) for one in hostile.all("a")]
    assert all(link.startswith(("#", "https://")) for link in links)
    assert not [link for link in links if "example" in link]
    assert "<script>document.title='run'</script>" in hostile.text
    assert all(one.isprintable() or one == "\n" for one in hostile.text)


def test_hostile_texts_do_nothing_in_markdown() -> None:
    text = render_markdown(hostile_audit())
    assert all(one.isprintable() or one == "\n" for one in text)
    body, _, command = text.rpartition("\n    ")
    assert command.startswith("digitsolver audit ")
    assert "\n" not in command.rstrip("\n")
    assert "<" not in body
    assert not re.search(r"(?<!\\)\]\((?!https://[\w./#%?=&+-]+\))", body)
    assert not re.search(r"(?<!\\)`|(?<!&#33;)!\[", body)
    assert "x.example" not in re.sub(r"http&#58;//x\.example|https&#58;//x\.example", "", body)
    rows = [line for line in body.splitlines() if line.startswith("| ")]
    columns = {len(re.findall(r"(?<!\\)\|", row)) for row in rows}
    assert columns <= {3, 5, 6, 7, 8, 9}


@pytest.fixture
def driver() -> Iterator[Any]:
    webdriver = pytest.importorskip("selenium.webdriver")
    exceptions = pytest.importorskip("selenium.common.exceptions")
    service = pytest.importorskip("selenium.webdriver.chrome.service")
    found = shutil.which("chromedriver")
    if not (CHROMIUM and found):
        pytest.skip("needs Debian's packages chromium and chromium-driver")
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for word in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"):
        options.add_argument(word)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=service.Service(found))
    yield driver
    with suppress(exceptions.WebDriverException):
        driver.quit()


@pytest.mark.parametrize("audit", [made_audit(), hostile_audit()])
def test_a_real_browser_shows_it_wide_and_narrow(driver: Any, audit: Audit, tmp_path: Path) -> None:
    write(audit, tmp_path)
    for width in (1200, 400):
        size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
        driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        driver.get((tmp_path / HTML).as_uri())
        assert driver.title.startswith("Captcha audit")
        wide = driver.execute_script(
            "return [document.documentElement, ...document.querySelectorAll('.scroll')]"
            ".map(one => one.scrollWidth - one.clientWidth)"
        )
        assert max(wide) <= 0
    assert driver.get_log("browser") == []
