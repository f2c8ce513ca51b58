"""Time from a move of a slider of the lab to the stages redrawn, in a real Chromium.

Prints Markdown: for each sample of the page the median and the 95th percentile, and what of it the
stages and their images take. Needs Debian's packages chromium and chromium-driver.

    python benchmarks/lab.py
"""

import argparse
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.support.ui import WebDriverWait

from digitsolver.pipeline.style import style_of
from digitsolver.serve.app import create_app
from digitsolver.serve.lab import trace_answer
from digitsolver.serve.page import SAMPLES, read_samples
from digitsolver.serve.server import address, listen, make_server
from digitsolver.serve.settings import ServeSettings

WORDS = ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu")
SHOWN = "return document.querySelector('#lab')?.dataset.shown"
MOVE = """
const [value, done] = arguments;
const lab = document.getElementById("lab"), slider = document.getElementById("setting-stroke");
const before = lab.dataset.shown, began = performance.now();
const wait = () => {
  if (lab.dataset.shown === before) return requestAnimationFrame(wait);
  Promise.all([...lab.querySelectorAll("img")].map((image) => image.decode())).then(
    () => requestAnimationFrame(() => done(performance.now() - began)));
};
slider.value = value;
slider.dispatchEvent(new Event("input"));
wait();
"""


def main() -> None:
    """Move a slider on every sample."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--moves", type=int, default=40)
    parser.add_argument("--short", action="store_true", help="three moves")
    options = parser.parse_args()
    moves = 3 if options.short else options.moves
    print("| sample | slider to redrawn, median | 95th percentile | of it the stages, median |")
    print("| --- | --: | --: | --: |")
    with serving() as page, browser() as driver:
        driver.get(page)
        WebDriverWait(driver, 60).until(lambda _: driver.execute_script(SHOWN))
        for sample in read_samples():
            click_and_wait(driver, f"[data-file='{sample['file']}']")
            values = [1 + 0.1 * (move % 80) for move in range(1, moves + 1)]
            laps = [driver.execute_async_script(MOVE, value) for value in values]
            stages = [stages_alone(sample["file"], sample["style"], value) for value in values]
            median, late = np.percentile(laps, (50, 95))
            name = sample["style"]["name"]
            print(f"| {name} | {median:.0f} ms | {late:.0f} ms | {np.median(stages):.0f} ms |")


def click_and_wait(driver: webdriver.Chrome, selector: str) -> None:
    """Click, and wait until the stages are shown again."""
    before = driver.execute_script(SHOWN)
    driver.find_element("css selector", selector).click()
    WebDriverWait(driver, 60).until(lambda _: driver.execute_script(SHOWN) != before)


def stages_alone(file: str, table: dict[str, object], stroke: float) -> float:
    """Return the milliseconds that the answer takes without a network and a browser."""
    style = style_of({**table, "stroke": round(stroke, 1)})
    data = (SAMPLES / file).read_bytes()
    began = time.perf_counter()
    trace_answer(data, style).model_dump_json(exclude_unset=True)
    return 1000 * (time.perf_counter() - began)


@contextmanager
def serving() -> Iterator[str]:
    """Serve the page on a free port of 127.0.0.1, in a thread."""
    settings = ServeSettings(port=0)
    server = make_server(create_app(settings))
    listening = listen(settings)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    try:
        yield address(listening)
    finally:
        server.should_exit = True
        thread.join(30)


@contextmanager
def browser() -> Iterator[webdriver.Chrome]:
    """Open a Chromium without a window."""
    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium") or ""
    for word in WORDS:
        options.add_argument(word)
    driver = webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))
    try:
        yield driver
    finally:
        driver.quit()


if __name__ == "__main__":
    main()
