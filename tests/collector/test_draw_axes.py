"""The axes of the mixture: each is generated, at its share, and its digits can be read off."""

from collections import Counter
from pathlib import Path

import cv2
import numpy as np
import pytest

from collector.draw import LOOKS, GeneratedCaptcha, draw, draw_one, encode
from collector.draw.axes import AXES
from collector.draw.base import BASE
from collector.draw.look import Look

ROOT = Path(__file__).parents[2]
LOOK = {look.name: look for look, _ in AXES}
NAMES = sorted(LOOK)
COUNT = 600


@pytest.fixture(scope="module")
def mixed() -> list[GeneratedCaptcha]:
    return [draw_one("mixed", 4, index) for index in range(COUNT)]


def test_the_base_of_the_mixture_has_the_largest_share() -> None:
    shares = [share for _, share in AXES]
    assert min(shares) >= 0.04
    assert 2 * max(shares) < 1 - sum(shares) <= 0.6


def test_each_axis_is_generated_at_its_share(mixed: list[GeneratedCaptcha]) -> None:
    found = Counter(captcha.axis for captcha in mixed)
    assert set(found) == {"mixed", *NAMES}
    for axis, share in AXES:
        deviation = (share * (1 - share) / COUNT) ** 0.5
        assert abs(found[axis.name] / COUNT - share) < 4 * deviation


def test_one_and_two_digits_are_as_usual_as_six(mixed: list[GeneratedCaptcha]) -> None:
    chances = np.zeros(16)
    for look, share in (*AXES, (BASE, 1 - sum(share for _, share in AXES))):
        weights = np.array(look.length_weights)
        chances += share * weights / weights.sum()
    assert min(chances[:2]) >= 0.95 * chances[5]
    found = Counter(len(captcha.label) for captcha in mixed)
    assert min(found[1], found[2]) > 0.6 * found[6]
    assert max(found) == 16


def test_images_are_narrow_and_wide(mixed: list[GeneratedCaptcha]) -> None:
    shapes = np.array([captcha.image.shape[:2] for captcha in mixed])
    aspects = shapes[:, 1] / shapes[:, 0]
    assert aspects.min() < 0.6
    assert aspects.max() > 12


@pytest.mark.parametrize("name", NAMES)
def test_an_axis_gives_the_same_bytes_again(name: str) -> None:
    made = [
        [encode(draw(LOOK[name], np.random.default_rng([2, index])))[0] for index in range(4)]
        for _ in range(2)
    ]
    assert made[0] == made[1]
    assert len(set(made[0])) == 4


@pytest.mark.parametrize("name", NAMES)
def test_each_digit_of_an_axis_has_a_box_in_the_image(name: str) -> None:
    for index in range(12):
        captcha = draw(LOOK[name], np.random.default_rng([5, index]))
        height, width = captcha.image.shape[:2]
        assert captcha.boxes.shape == (len(captcha.label), 4)
        assert captcha.boxes.min() >= 0
        assert np.all(captcha.boxes[:, 2:] > 0)
        assert np.all(captcha.boxes[:, 0] + captcha.boxes[:, 2] <= width)
        assert np.all(captcha.boxes[:, 1] + captcha.boxes[:, 3] <= height)
        assert np.all(np.diff(captcha.boxes[:, 0] + captcha.boxes[:, 2] / 2) > 0)


@pytest.mark.parametrize("name", NAMES)
def test_labels_have_the_characters_of_the_alphabet_alone(name: str) -> None:
    """Commas, units and words beside the digits are background."""
    label = draw(LOOK[name], np.random.default_rng(3), length=9, alphabet="12").label
    assert len(label) == 9
    assert set(label) <= {"1", "2"}


@pytest.mark.parametrize("name", ["seven-segment", "handwritten"])
def test_a_look_of_digits_alone_refuses_letters(name: str) -> None:
    with pytest.raises(ValueError, match=f"look '{name}' has digits only, got the alphabet 'abc'"):
        draw_one(name, 0, 0, alphabet="abc")


def test_the_mixture_takes_fonts_for_letters() -> None:
    made = [draw_one("mixed", 1, index, alphabet="abc7") for index in range(120)]
    assert {"seven-segment", "handwritten"} <= {captcha.axis for captcha in made}
    assert all(set(captcha.label) <= set("abc7") for captcha in made)


@pytest.mark.parametrize("name", ["meter", "seven-segment", "handwritten"])
def test_an_axis_that_people_may_want_is_a_named_look(name: str) -> None:
    look: Look = LOOKS[name]
    assert look is LOOK[name]
    grey = cv2.cvtColor(draw_one(name, 0, 1).image[:, :, :3], cv2.COLOR_RGB2GRAY)
    assert grey.std() > 2


def test_the_table_of_the_documents_has_each_axis_with_its_share() -> None:
    text = (ROOT / "docs" / "collecting.md").read_text(encoding="utf-8")
    base = 1 - sum(share for _, share in AXES)
    rows = [f"| base | {base:.0%} |"] + [f"| {axis.name} | {share:.0%} |" for axis, share in AXES]
    for row in (row.replace("%", " %") for row in rows):
        assert row in text


def test_an_axis_can_be_generated_alone_and_left_out() -> None:
    assert draw_one("field", 1, 2).axis == "field"
    without = {draw_one("mixed-without-field", 1, index).axis for index in range(150)}
    assert without == {"mixed", *NAMES} - {"field"}
