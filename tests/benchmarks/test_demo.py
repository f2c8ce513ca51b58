"""The comparison of the demo with Python counts what is the same and what is near."""

from benchmarks.demo import Image, Row, report, row_of
from benchmarks.parts.demo_page import Read
from collector.draw import draw_one, encode
from digitsolver import load


def row(demo: str, confidence: float, ms: float, *, again: bool = False) -> Row:
    return Row("generated", "one", None, "47", demo, 0.9, confidence, again, ms)


def test_texts_that_differ_and_confidences_that_are_apart_are_counted() -> None:
    rows = [row("47", 0.9, 10), row("47", 0.91, 20), row("41", 0.8, 90, again=True)]
    line = report(rows).splitlines()[2]
    assert "| generated | unknown | 3 | 66.7% |" in line
    assert line.endswith("| 66.7% | 0.10 | 15 | 20 | 90 |")


def test_an_image_without_a_reading_is_the_same_on_both_sides() -> None:
    solver = load(threads=1)
    captcha = draw_one("plain", 1, 0)
    image = Image("one", encode(captcha)[0], captcha.label)
    found = Read(captcha.label, 0.99, False, [], 12.0)
    assert row_of("generated", image, None, found, solver).python == captcha.label
    broken = Image("none", b"GIF89a", "1")
    lost = row_of("generated", broken, 1, Read(None, 0.0, True, [], 0.0, "no image"), solver)
    assert (lost.python, lost.demo, lost.apart) == (None, None, 0.0)
