"""Drive the page and the lab of a running service in a real Chromium, wide and narrow."""

import base64
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from itertools import groupby, pairwise
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from click.testing import CliRunner

from digitsolver.bundle import DEFAULT
from digitsolver.cli import main
from digitsolver.io.images import decode_image, read_image
from digitsolver.pipeline.style import load_style
from digitsolver.serve.page import SAMPLES, read_samples
from tests.templates import draw, make_bundle

webdriver = pytest.importorskip("selenium.webdriver")
from selenium.common.exceptions import WebDriverException  # noqa: E402
from selenium.webdriver.chrome.service import Service  # noqa: E402
from selenium.webdriver.common.keys import Keys  # noqa: E402
from selenium.webdriver.support.ui import WebDriverWait  # noqa: E402

ROOT = Path(__file__).parents[3]
CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
DRIVER = shutil.which("chromedriver")
AXE = ROOT / "build" / "npm" / "node_modules" / "axe-core" / "axe.min.js"
PATIENCE = 120
KEY = "the-key-of-this-test"
CODE = "from digitsolver.cli import main; main()"
WIDE = {"width": 1280, "height": 900, "deviceScaleFactor": 1, "mobile": False}
NARROW = {"width": 400, "height": 800, "deviceScaleFactor": 2, "mobile": True}

pytestmark = [
    pytest.mark.skipif(
        not (CHROMIUM and DRIVER), reason="needs Debian's packages chromium and chromium-driver"
    ),
    pytest.mark.timeout(900),
]


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Run the command, with a key, the default model and one that reads crops."""
    model = make_bundle(tmp_path_factory.mktemp("models") / "crops")
    words = ["serve", "--port", "0", "--model", str(DEFAULT), "--model", str(model)]
    with subprocess.Popen(
        [sys.executable, "-c", CODE, *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=ROOT,
        env={**os.environ, "DIGITSOLVER_API_KEY": KEY},
    ) as process:
        assert process.stdout
        try:
            for line in process.stdout:
                if found := re.search(r"http://127\.0\.0\.1:\d+", line):
                    yield found.group()
                    break
        finally:
            process.kill()


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Open a Chromium without a window, which saves what is downloaded."""
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for word in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"):
        options.add_argument(word)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    opened = webdriver.Chrome(options=options, service=Service(DRIVER))
    try:
        yield opened
    finally:
        with suppress(WebDriverException):
            opened.quit()


class Person:
    """Look at the page, and use it."""

    def __init__(self, driver: Any, address: str) -> None:
        self.driver = driver
        self.address = address

    def open(self, screen: Mapping[str, object] = WIDE) -> "Person":
        """Open the page anew, give the key, and wait for the first sample."""
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
        self.driver.get(f"{self.address}/")
        self.until(lambda: self.driver.find_element("id", "key").is_displayed())
        self.driver.find_element("id", "key").send_keys(KEY, Keys.ENTER)
        self.until(lambda: self.traced)
        return self

    @property
    def traced(self) -> int:
        """How often the stages were shown."""
        return int(self.run("return Number(document.querySelector('#lab')?.dataset.shown ?? 0)"))

    def run(self, code: str, *arguments: object) -> Any:
        return self.driver.execute_script(code, *arguments)

    def until(self, done: Callable[[], object]) -> None:
        WebDriverWait(self.driver, PATIENCE, 0.05).until(lambda _: done())

    def text(self, identifier: str) -> str:
        return str(self.run("return document.getElementById(arguments[0]).textContent", identifier))

    def find(self, selector: str) -> Any:
        return self.driver.find_element("css selector", selector)

    def count(self, selector: str) -> int:
        return len(self.driver.find_elements("css selector", selector))

    def traces(self, change: Callable[[], object]) -> None:
        """Do something, and wait until the stages are shown again."""
        before = self.traced
        change()
        self.until(lambda: self.traced > before)

    def images(self, step: str, side: str = "now") -> list[bytes]:
        """Return the PNG files that a step shows."""
        code = "return [...document.querySelectorAll(arguments[0])].map((image) => image.src)"
        urls = self.run(code, f"[data-step='{step}'] .{side} img")
        return [base64.b64decode(url.partition(",")[2]) for url in urls]


@pytest.fixture
def person(driver: Any, address: str) -> Person:
    return Person(driver, address).open()


@pytest.fixture
def ticket(tmp_path: Path) -> Path:
    path = tmp_path / "ticket.png"
    path.write_bytes(cv2.imencode(".png", draw("4711"))[1].tobytes())
    return path


def test_the_page_asks_for_the_key_and_forgets_it(driver: Any, address: str) -> None:
    person = Person(driver, address)
    driver.get(f"{address}/")
    for wrong in ("not-the-key-at-all", KEY):
        person.until(lambda: driver.find_element("id", "key").is_displayed())
        driver.find_element("id", "key").send_keys(wrong, Keys.ENTER)
        if wrong.startswith("not"):
            person.until(lambda: "does not take that key" in person.text("key-note"))
    person.until(lambda: person.traced)
    kept = "return [localStorage.length, sessionStorage.length, document.cookie, location.href]"
    assert driver.execute_script(kept) == [0, 0, "", f"{address}/"]
    assert person.text("text") == read_samples()[0]["text"]
    driver.refresh()
    person.until(lambda: driver.find_element("id", "key").is_displayed())


def test_a_sample_is_read_and_explained(person: Person) -> None:
    sample = read_samples()[1]
    button = person.find(f"[data-file='{sample['file']}']")
    person.traces(button.click)
    person.until(lambda: person.text("text") == sample["text"])
    assert "sure" in person.text("confidence")
    assert "generated with these digits" in person.text("confidence")
    assert button.get_attribute("aria-pressed") == "true"
    assert person.count("#digits li") == person.count(".seen rect") == len(sample["text"])
    said = person.find(".frames").get_attribute("aria-label")
    slices = said.partition(": ")[2]
    assert "".join(one for one, _ in groupby(slices) if one.isdigit()) == sample["text"]
    for word in ("Graves", "Otsu", "Lloyd", "LeCun", "Kadane"):
        assert word in person.find("main").text
    steps = [
        one.get_attribute("data-step") for one in person.driver.find_elements("class name", "step")
    ]
    cleaners = sample["style"]["cleaners"]
    assert steps == ["original", "levels", *cleaners, "box", "segments", "crops"]
    used = person.run("return performance.getEntriesByType('resource').map((one) => one.name)")
    assert {address.partition(":")[0] for address in used} <= {"http", "data"}
    assert all(one.startswith((f"{person.address}/", "data:")) for one in used)
    errors = [one for one in person.driver.get_log("browser") if one["level"] == "SEVERE"]
    assert [one for one in errors if "401" not in one["message"]] == []


def test_a_file_is_read_by_a_model_of_crops(person: Person, ticket: Path) -> None:
    person.run("document.getElementById('model').value = 'crops'")
    person.traces(lambda: person.find("#file").send_keys(str(ticket)))
    assert person.text("text") == "4711"
    assert person.count("#digits img") == 4
    assert person.find("#start").get_attribute("value") == "model crops"  # its own style
    bad = ticket.with_name("bad.png")
    bad.write_bytes(b"no image")
    person.find("#file").send_keys(str(bad))
    person.until(lambda: "expected an image" in person.text("status"))
    assert not person.find("#reading").is_displayed()


@pytest.mark.parametrize("way", ["paste", "drop"])
def test_an_image_is_pasted_or_dropped(person: Person, ticket: Path, way: str) -> None:
    code = """
      const bytes = Uint8Array.from(atob(arguments[0]), (one) => one.charCodeAt(0));
      const data = new DataTransfer();
      data.items.add(new File([bytes], "ticket.png", { type: "image/png" }));
      const how = { bubbles: true, cancelable: true };
      document.dispatchEvent(arguments[1] === "paste"
        ? new ClipboardEvent("paste", { ...how, clipboardData: data })
        : new DragEvent("drop", { ...how, dataTransfer: data }));
    """
    content = base64.b64encode(ticket.read_bytes()).decode()
    person.traces(lambda: person.run(code, content, way))
    person.until(lambda: person.text("text") == "4711")


def test_a_slider_changes_the_stages_beside_the_saved_style(person: Person) -> None:
    """By keyboard: the arrow keys move it."""
    before = person.images("segments", "saved")
    assert not person.find("[data-step='segments'] .now").is_displayed()
    slider = person.find("#setting-length")
    person.traces(lambda: slider.send_keys(Keys.ARROW_RIGHT))
    assert person.text("lab-status") == "5 digits found."
    assert person.images("segments", "saved") == before
    assert person.images("segments") != before
    assert len(person.images("crops")) == 5
    person.traces(lambda: person.find("#reset").click())
    assert not person.find("[data-step='segments'] .now").is_displayed()
    person.traces(lambda: person.find("[data-cleaner=specks]").send_keys(Keys.SPACE))
    assert person.driver.switch_to.active_element.get_attribute("data-cleaner") == "specks"
    assert person.find("[data-step='specks']").is_displayed()
    person.traces(lambda: person.find("#save").click())
    assert person.count(".comparing") == 0


def test_a_slider_that_is_dragged_asks_for_one_answer_at_a_time(person: Person) -> None:
    code = """
      performance.clearResourceTimings();
      const slider = document.getElementById("setting-crop_width");
      for (let width = 10; width < 40; width += 1) {
        slider.value = width;
        slider.dispatchEvent(new Event("input"));
        await new Promise((go) => setTimeout(go, 10));
      }
    """
    person.traces(lambda: person.run(code))
    person.until(lambda: "39 ×" in person.find("[data-step='crops'] .now .note").text)
    times = person.run(
        "return performance.getEntriesByType('resource')"
        ".filter((one) => one.name.includes('/trace'))"
        ".map((one) => [one.startTime, one.responseEnd])"
    )
    assert 1 <= len(times) < 30
    assert all(end <= start for (_, end), (start, _) in pairwise(times))


def test_the_downloaded_style_gives_the_same_images(
    person: Person, ticket: Path, tmp_path: Path
) -> None:
    saved = tmp_path / "saved"
    where = {"behavior": "allow", "downloadPath": str(saved)}
    person.driver.execute_cdp_cmd("Browser.setDownloadBehavior", where)
    person.traces(lambda: person.find("#file").send_keys(str(ticket)))
    person.traces(lambda: person.find("#setting-stroke").send_keys(Keys.ARROW_RIGHT))
    person.traces(lambda: person.find("[data-cleaner=speckles]").click())
    person.run("document.getElementById('setting-name').value = ''")
    person.traces(lambda: person.find("#setting-name").send_keys("ours"))
    for button, name in (("download-style", "ours.toml"), ("download-strip", "ours.png")):
        person.find(f"#{button}").click()
        person.until((saved / name).is_file)
    words = ["visualize", str(ticket), "--out", str(tmp_path / "out")]
    run = CliRunner().invoke(main, [*words, "--style", str(saved / "ours.toml")])
    assert run.exit_code == 0, run.output
    assert (saved / "ours.png").read_bytes() == (tmp_path / "out" / "ticket.png").read_bytes()
    cleaned = tmp_path / "out" / "1-artifacts_removed" / "ticket.png"
    assert person.images("speckles")[-1] == cleaned.read_bytes()
    (segments,) = map(decode_image, person.images("segments"))
    assert np.array_equal(segments, read_image(tmp_path / "out" / "3-k_means" / "ticket.png"))
    style = load_style(saved / "ours.toml")
    assert "speckles" in style.cleaners
    person.traces(lambda: person.find("#open-style").send_keys(str(saved / "ours.toml")))
    assert person.find("#start").get_attribute("value") == "ours"


@pytest.mark.parametrize("screen", [WIDE, NARROW], ids=["wide", "narrow"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everybody_can_use_it(person: Person, screen: Mapping[str, object], scheme: str) -> None:
    """Nothing lies beyond the edge, and axe-core finds no serious fault."""
    media = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    person.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", media)
    person.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
    person.traces(lambda: person.find("#setting-crop_width").send_keys(Keys.ARROW_RIGHT))
    widths = person.run("return [document.documentElement.scrollWidth, innerWidth]")
    assert widths[0] <= widths[1] == screen["width"]
    fields = person.driver.find_elements("css selector", "#lab :is(input, button, select)")
    assert [one.get_attribute("id") for one in fields if not one.accessible_name] == []
    if not AXE.is_file():
        pytest.skip("needs axe-core: npm install axe-core in build/npm")
    person.run(AXE.read_text(encoding="utf-8"))
    found = person.driver.execute_async_script("axe.run().then(arguments[0])")
    faults = [
        (one["id"], one["impact"], [node["html"] for node in one["nodes"]][:3])
        for one in found["violations"]
    ]
    assert [fault for fault in faults if fault[1] in {"serious", "critical"}] == []
    assert len(found["passes"]) > 20


def test_the_samples_are_all_there() -> None:
    files = {path.name for path in SAMPLES.iterdir()}
    assert files == {"samples.json", *(sample["file"] for sample in read_samples())}
