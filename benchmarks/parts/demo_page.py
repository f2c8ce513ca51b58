"""The demo of `tools/build_demo.py` in a real Chromium, served from a folder below the root."""

import base64
import json
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
DRIVER = shutil.which("chromedriver")
FOLDER = "some/where"
"""Where the demo lies on the server: it works in any folder."""
PATIENCE = 60
READ = """
const [data, length, done] = arguments;
const bytes = Uint8Array.from(atob(data), (character) => character.charCodeAt(0));
(async () => {
  const { decodeImage } = await import("./image.js");
  const { Reader } = await import("./reader.js");
  window.reader ??= await Reader.open();
  await window.reader.openExact();
  const start = performance.now();
  const { text, confidence, digits, again } = await window.reader.read(
    await decodeImage(new Blob([bytes])), length);
  return { text, confidence, again, boxes: digits.map((digit) => digit.box),
           ms: performance.now() - start };
})().then(done, (error) => done({ text: null, confidence: 0, again: true, boxes: [], ms: 0,
                                  error: String(error.message ?? error) }));
"""


@dataclass(frozen=True)
class Read:
    """What the demo reads in one image, and how long that takes; `text` is ``None`` for nothing."""

    text: str | None
    confidence: float
    again: bool
    boxes: list[list[int]]
    ms: float
    error: str = ""


class _Quiet(SimpleHTTPRequestHandler):
    """Serve files below `FOLDER`, without a log."""

    def translate_path(self, path: str) -> str:
        prefix = f"/{FOLDER}/"
        inside = path.removeprefix(prefix) if path.startswith(prefix) else "missing"
        return super().translate_path(f"/{inside}")

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """Serve the demo in `folder`; give its address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/{FOLDER}/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def chromium(*words: str) -> Iterator["Chrome"]:
    """Open a new Chromium without a window, which logs what it asks the network for."""
    from selenium.common.exceptions import WebDriverException
    from selenium.webdriver import Chrome, ChromeOptions
    from selenium.webdriver.chrome.service import Service

    options = ChromeOptions()
    options.binary_location = CHROMIUM or ""
    for word in (
        "--headless=new",
        "--no-sandbox",
        "--disable-dev-shm-usage",
        "--disable-gpu",
        *words,
    ):
        options.add_argument(word)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = Chrome(options=options, service=Service(DRIVER))
    driver.set_script_timeout(PATIENCE)
    try:
        yield driver
    finally:
        with suppress(WebDriverException):
            driver.quit()


def read(driver: "Chrome", data: bytes, length: int | None = None) -> Read:
    """Return what the modules of the page that is open read in the bytes of an image."""
    found = driver.execute_async_script(READ, base64.b64encode(data).decode(), length)
    return Read(**found)


def asked(driver: "Chrome") -> list[str]:
    """Return the addresses that the browser asked for since the last call."""
    log = driver.get_log("performance")  # type: ignore[no-untyped-call]
    messages = [json.loads(entry["message"])["message"] for entry in log]
    return [
        message["params"]["request"]["url"]
        for message in messages
        if message["method"] == "Network.requestWillBeSent"
    ]
