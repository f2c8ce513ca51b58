"""Drive the real page in a real Chromium: by keyboard alone, and by touch on a narrow screen."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import cv2
import pytest

from collector.dataset.store import New, Record, open_store, read_records
from tests.templates import draw, make_bundle

webdriver = pytest.importorskip("selenium.webdriver")
from selenium.common.exceptions import WebDriverException  # noqa: E402
from selenium.webdriver.chrome.service import Service  # noqa: E402
from selenium.webdriver.common.keys import Keys  # noqa: E402
from selenium.webdriver.support.ui import WebDriverWait  # noqa: E402

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
DRIVER = shutil.which("chromedriver")
COUNT, PATIENCE = 22, 600
NAMES = {0: "<img src=x onerror=\"document.title='run'\">.jpg", 1: "<script>document.title='run'"}
CODE = "from collector.cli import main; main()"

pytestmark = [
    pytest.mark.skipif(
        not (CHROMIUM and DRIVER), reason="needs Debian's packages chromium and chromium-driver"
    ),
    pytest.mark.timeout(1800),
]


@contextmanager
def serving(folder: Path, model: Path) -> Iterator[tuple[str, "subprocess.Popen[str]"]]:
    """Run the command; give the address that it prints."""
    words = ["label", str(folder), "--model", str(model), "--no-browser", "--json"]
    with subprocess.Popen(
        [sys.executable, "-c", CODE, *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    ) as process:
        assert process.stderr
        try:
            line = process.stderr.readline()
            found = re.search(r"http://127\.0\.0\.1:\d+/[\w-]{20,}/", line)
            assert found, line
            yield found.group(), process
        finally:
            process.kill()


@contextmanager
def browser() -> Iterator[Any]:
    """Open a new Chromium without a window."""
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for word in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"):
        options.add_argument(word)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    options.page_load_strategy = "none"  # `Person` waits for what it needs
    driver = webdriver.Chrome(options=options, service=Service(DRIVER))
    try:
        yield driver
    finally:
        with suppress(WebDriverException):
            driver.quit()


class Person:
    """Look at the page and press keys."""

    def __init__(self, driver: Any, address: str, texts: dict[str, str]) -> None:
        self.driver = driver
        self.texts = texts
        driver.get(address)
        self.until(lambda: self.sample)

    @property
    def sample(self) -> str:
        return str(self.driver.execute_script("return document.body?.dataset.sample ?? ''"))

    @property
    def truth(self) -> str:
        return self.texts[self.sample]

    @property
    def typed(self) -> str:
        return str(self.driver.execute_script("return document.getElementById('text').value"))

    def read(self, identifier: str) -> str:
        code = "return document.getElementById(arguments[0]).textContent"
        return str(self.driver.execute_script(code, identifier))

    def until(self, done: Any) -> None:
        WebDriverWait(self.driver, PATIENCE, 0.05).until(lambda _: done())

    def press(self, *keys: str) -> None:
        self.driver.switch_to.active_element.send_keys(*keys)

    def press_and_wait(self, *keys: str) -> None:
        """Press keys that lead to another sample."""
        before = self.sample
        self.press(*keys)
        self.until(lambda: self.sample != before)


@pytest.fixture
def texts(tmp_path: Path) -> dict[str, str]:
    """Fill a store; return what the samples say, by id."""
    found = {}
    with open_store(tmp_path / "mine") as store:
        for number in range(COUNT):
            text = f"{(number * 1677 + 231) % 10000:04}"
            data = cv2.imencode(".png", draw(text))[1].tobytes()
            added = store.add(New(data, "png", source="here", original=NAMES.get(number, "x.jpg")))
            found[added.record.id] = text
    return found


def records(folder: Path) -> dict[str, Record]:
    return {record.id: record for record in read_records(folder)}


def test_a_person_labels_by_keyboard_and_nothing_is_lost(
    tmp_path: Path, texts: dict[str, str]
) -> None:
    folder, model = tmp_path / "mine", make_bundle(tmp_path / "model")
    with serving(folder, model) as (address, server):
        with browser() as driver:
            person = Person(driver, address, texts)
            look_at_the_page(person)
            first = label_some(person, folder)
            correct_undo_and_mark(person, folder)
            reload_in_the_middle(person, folder)
            errors = [one for one in driver.get_log("browser") if one["level"] == "SEVERE"]
            assert errors == []
        os.kill(server.pid, signal.SIGKILL)  # and the browser is closed
    kept = records(folder)
    with serving(folder, model) as (address, server), browser() as driver:
        person = Person(driver, address, texts)
        assert records(folder) == kept
        assert kept[first].label == texts[first]
        while person.sample:
            before = person.sample
            finish_one(person)
            person.until(lambda before=before: person.sample != before)
        assert driver.find_element("id", "empty").is_displayed()
        assert person.read("proposal") == ""
        assert driver.title == "Label images"  # names are shown, and not run
        server.send_signal(signal.SIGINT)
        assert server.stdout
        told = json.loads(server.stdout.readline())
        assert server.wait(PATIENCE) == 0
    check_the_end(records(folder), texts, told)


def test_a_person_labels_by_touch_on_a_narrow_screen(tmp_path: Path, texts: dict[str, str]) -> None:
    folder, model = tmp_path / "mine", make_bundle(tmp_path / "model")
    with serving(folder, model) as (address, _), browser() as driver:
        narrow = {"width": 360, "height": 740, "deviceScaleFactor": 2, "mobile": True}
        driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", narrow)
        driver.execute_cdp_cmd("Emulation.setTouchEmulationEnabled", {"enabled": True})
        person = Person(driver, address, texts)
        widths = "return [document.documentElement.scrollWidth, innerWidth]"
        assert driver.execute_script(widths) == [360, 360]

        def tap(selector: str) -> None:
            driver.find_element("css selector", selector).click()

        sample, truth = person.sample, person.truth
        tap(".cell:nth-child(3)")
        assert driver.execute_script("return document.getElementById('text').selectionStart") == 2
        tap("[data-edit=delete]")
        assert person.typed == truth[:2] + truth[3]
        tap("[data-edit=gap]")
        person.press(truth[2])
        assert person.typed == truth
        tap("[data-command=Enter]")
        person.until(lambda: person.sample != sample)
        assert records(folder)[sample].label == truth
        marked = person.sample
        tap("[data-command=x]")
        person.until(lambda: person.sample != marked)
        assert records(folder)[marked].unreadable
        tap("[data-command=u]")
        person.until(lambda: person.sample == marked)
        tap("[data-command='?']")
        person.until(lambda: driver.find_element("id", "help").is_displayed())
        assert driver.execute_script(widths) == [360, 360]


def look_at_the_page(person: Person) -> None:
    """See that a screen reader has what it needs, and that help opens and closes."""
    active = person.driver.switch_to.active_element
    assert active.get_attribute("id") == "text"
    assert active.accessible_name == "Label"
    assert person.typed in person.read("proposal")
    assert "% sure" in person.read("proposal")
    assert person.driver.find_element("id", "note").get_attribute("aria-live") == "polite"
    person.press("?")
    person.until(lambda: person.driver.find_element("id", "help").is_displayed())
    person.press(Keys.ESCAPE)
    person.until(lambda: person.driver.switch_to.active_element.get_attribute("id") == "text")


def label_some(person: Person, folder: Path) -> str:
    """Accept ten proposals; return the first sample."""
    first = person.sample
    for _ in range(10):
        assert person.typed == person.truth
        sample = person.sample
        person.press_and_wait(Keys.ENTER)
        assert records(folder)[sample].label == person.texts[sample]
    assert "10 of 22 labelled" in person.read("counts")
    return first


def correct_undo_and_mark(person: Person, folder: Path) -> None:
    """Type over with the arrow keys, take it back, answer again, and mark one unreadable."""
    sample, truth = person.sample, person.truth
    wrong = truth[:2] + str((int(truth[2]) + 1) % 10) + truth[3]
    person.press(Keys.HOME, Keys.ARROW_RIGHT, Keys.ARROW_RIGHT, wrong[2])
    assert person.typed == wrong
    person.press_and_wait(Keys.ENTER)
    assert records(folder)[sample].label == wrong
    person.press_and_wait("u")
    assert person.sample == sample
    assert records(folder)[sample].label is None
    assert "taken back" in person.read("note")
    person.press(Keys.HOME, "0000", Keys.HOME, truth, "5", Keys.BACKSPACE)
    assert person.typed == truth
    person.press(Keys.HOME, Keys.SPACE)
    assert person.typed == f"_{truth}"
    person.press(Keys.ENTER)
    person.until(lambda: "Fill the gap" in person.read("note"))
    person.press(Keys.DELETE)
    person.press_and_wait(Keys.ENTER)
    history = records(folder)[sample].history
    actions = [change.action for change in history]
    assert actions == ["added", "labelled", "undone", "labelled"]
    assert history[1].by.startswith("person: corrected ")
    marked = person.sample
    person.press_and_wait("x")
    assert records(folder)[marked].unreadable


def reload_in_the_middle(person: Person, folder: Path) -> None:
    """Reload with half a label typed: the same sample again, and every answer still there."""
    before, sample = records(folder), person.sample
    person.press(Keys.HOME, "99")
    person.press("v")
    person.until(lambda: "contradicts no label" in person.read("note"))
    assert person.typed.startswith("99")  # a command takes nothing away
    person.driver.refresh()
    person.until(lambda: person.sample)
    assert (person.sample, records(folder)) == (sample, before)
    assert person.typed == person.truth
    person.press_and_wait(Keys.ARROW_DOWN)
    person.press_and_wait(Keys.ARROW_UP)
    assert person.sample == sample


def finish_one(person: Person) -> None:
    """Type a whole label, or accept the one that is proposed, in turn."""
    if int(person.sample, 16) % 2:
        person.press(Keys.HOME, person.truth)
    person.press(Keys.ENTER)


def check_the_end(kept: dict[str, Record], texts: dict[str, str], told: dict[str, int]) -> None:
    """See that the store has every label, one unreadable, and who said so."""
    unreadable = [one.id for one in kept.values() if one.unreadable]
    assert len(unreadable) == 1
    labels = {one.id: one.label for one in kept.values() if one.label}
    assert labels == {one: text for one, text in texts.items() if one not in unreadable}
    accepted = [one for one in kept.values() if one.by.startswith("person: accepted ")]
    assert len(accepted) >= 10
    assert all(one.confidence is not None for one in accepted)
    assert (told["samples"], told["labelled"], told["unreadable"], told["open"]) == (22, 21, 1, 0)
