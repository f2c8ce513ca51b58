"""Look at the built site in a real Chromium, as a visitor does: links, search, narrow, dark.

``DIGITSOLVER_SITE`` names the folder that ``make docs`` wrote; `.ci/run` sets it after that step.
"""

import json
import os
import shutil
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

webdriver = pytest.importorskip("selenium.webdriver")
from selenium.webdriver.chrome.service import Service  # noqa: E402
from selenium.webdriver.support.ui import WebDriverWait  # noqa: E402

SITE = os.environ.get("DIGITSOLVER_SITE")
CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
DRIVER = shutil.which("chromedriver")
PATIENCE = 60
NARROW = 400
PAGES = (
    "index.html",
    "start/quick-start.html",
    "how-it-works.html",
    "auto_examples/index.html",
    "reference/command-digitsolver.html",
    "reference/generated/digitsolver.Solver.html",
    "reference/generated/digitsolver.stages.locate_lines.html",
    "about/changelog.html",
)

pytestmark = [
    pytest.mark.skipif(not SITE, reason="needs a built site in DIGITSOLVER_SITE"),
    pytest.mark.skipif(
        not (CHROMIUM and DRIVER), reason="needs Debian's packages chromium and chromium-driver"
    ),
]


class Quiet(SimpleHTTPRequestHandler):
    """Serve the files of a folder without a word."""

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Serve the site as ``python -m http.server`` does; return its address."""
    folder = Path(SITE or "").resolve()
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def driver() -> Iterator[Any]:
    """Open a Chromium without a window, which notes what it asks the network for."""
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for word in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"):
        options.add_argument(word)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(DRIVER))
    yield driver
    driver.quit()


def requests(driver: Any) -> set[str]:
    """Return the addresses that pages asked for since the last call."""
    messages = (json.loads(one["message"])["message"] for one in driver.get_log("performance"))
    return {
        message["params"]["request"]["url"]
        for message in messages
        if message["method"] == "Network.requestWillBeSent"
    }


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_page_is_whole_and_asks_nobody_else(
    page: str, theme: str, address: str, driver: Any
) -> None:
    narrow = {"width": NARROW, "height": 800, "deviceScaleFactor": 1, "mobile": True}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", narrow)
    scheme = {"features": [{"name": "prefers-color-scheme", "value": theme}]}
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", scheme)
    requests(driver)
    driver.get(address + page)
    assert driver.execute_script("return document.documentElement.dataset.theme") == theme
    assert driver.execute_script("return document.documentElement.scrollWidth") <= NARROW
    broken = "return [...document.images].filter(one => one.complete && !one.naturalWidth).length"
    assert driver.execute_script(broken) == 0
    assert [one for one in driver.get_log("browser") if one["level"] == "SEVERE"] == []
    asked = requests(driver)
    assert address + page in asked
    assert [url for url in asked if not url.startswith((address, "data:"))] == []


@pytest.mark.parametrize(
    ("words", "found"),
    [("wilson interval", "glossary.html"), ("k_means", "digitsolver.stages.k_means.html")],
)
def test_the_search_finds_pages_without_a_server(
    words: str, found: str, address: str, driver: Any
) -> None:
    driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    driver.get(f"{address}search.html?q={words}")
    links = "return [...document.querySelectorAll('#search-results li a')].map(one => one.href)"

    def hit(driver: Any) -> Any:
        return next((url for url in driver.execute_script(links) if found in url), None)

    driver.get(WebDriverWait(driver, PATIENCE).until(hit))
    assert words[:6] in driver.find_element("tag name", "article").text.lower()
    outside = [url for url in requests(driver) if not url.startswith((address, "data:"))]
    assert outside == []


def test_the_search_opens_from_any_page(address: str, driver: Any) -> None:
    driver.get(address + "roads/learn.html")
    buttons = driver.find_elements("css selector", ".search-button-field, .search-button")
    next(button for button in buttons if button.is_displayed()).click()
    field = WebDriverWait(driver, PATIENCE).until(
        lambda driver: driver.execute_script("return document.querySelector('dialog[open] input')")
    )
    field.send_keys("segmenter\n")
    WebDriverWait(driver, PATIENCE).until(
        lambda driver: "search.html?q=segmenter" in driver.current_url
    )
