"""Take the images of the labelling page for the documents, in a real Chromium.

    python tools/label_images.py

Draws captchas, opens them with `collector label`, answers some by keyboard, and writes
docs/images/label-light.png and label-dark.png. Needs the packages chromium and chromium-driver.
"""

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

from collector.dataset.generate import generate
from collector.dataset.store import New, open_store
from digitsolver.datasets import image_paths

OUT = Path(__file__).parents[1] / "docs/images"
LOOK, COUNT, SEED, ANSWERS = "lines", 60, 5, 1
WIDTH, HEIGHT = 1000, 640
PATIENCE = 300
CODE = "from collector.cli import main; main()"


def main() -> None:
    """Draw, label some, and write an image in light and one in dark."""
    with tempfile.TemporaryDirectory() as scratch:
        store = Path(scratch, "captchas")
        _fill(store, Path(scratch, "generated"))
        words = [sys.executable, "-c", CODE, "label", str(store), "--no-browser"]
        with subprocess.Popen(words, stderr=subprocess.PIPE, text=True) as process:
            try:
                _take(_address(process))
            finally:
                process.terminate()


def _address(process: "subprocess.Popen[str]") -> str:
    """Return the address that the command prints."""
    line = process.stderr.readline() if process.stderr else ""
    found = re.search(r"http://\S+", line)
    if found is None:
        raise SystemExit(f"expected the address of the page, found {line!r}")
    return found.group()


def _fill(place: Path, generated: Path) -> None:
    """Add generated captchas without their labels."""
    for _ in generate(LOOK, COUNT, generated, SEED):
        pass
    with open_store(place) as store:
        for path in image_paths(generated):
            end = path.suffix[1:]
            name = f"{path.name.partition('-')[0]}.{end}"
            store.add(New(path.read_bytes(), end, source="generated", original=name))


def _take(address: str) -> None:
    options = webdriver.ChromeOptions()
    for word in ("--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"):
        options.add_argument(word)
    driver = webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))
    size = {"width": WIDTH, "height": HEIGHT, "deviceScaleFactor": 1, "mobile": False}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    try:
        driver.get(address)
        _until(driver, lambda: _sample(driver) and "reading" not in _footer(driver))
        for _ in range(ANSWERS):
            before = _sample(driver)
            driver.switch_to.active_element.send_keys(Keys.ENTER)
            _until(driver, lambda before=before: _sample(driver) != before)
        for look in ("light", "dark"):
            features = [{"name": "prefers-color-scheme", "value": look}]
            driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
            driver.save_screenshot(str(OUT / f"label-{look}.png"))
    finally:
        driver.quit()


def _sample(driver: Any) -> str:
    return str(driver.execute_script("return document.body?.dataset.sample ?? ''"))


def _footer(driver: Any) -> str:
    return str(driver.execute_script("return document.getElementById('model').textContent"))


def _until(driver: Any, done: Any) -> None:
    WebDriverWait(driver, PATIENCE, 0.1).until(lambda _: done())


if __name__ == "__main__":
    main()
