"""Generated images, prepared for the line network."""

import numpy as np

from digitsolver.datasets import DIGITS
from digitsolver.readers.line.generated import (
    Mixture,
    crop_to_digits,
    generate_batches,
    generate_prepared,
)


def test_generated_images_are_prepared_and_the_same_each_time() -> None:
    some, labels = generate_prepared("mixed", 5, 0, 6, "0123456789")
    rest, others = generate_prepared("mixed", 5, 3, 3, "0123456789")
    assert labels[3:] == others
    assert all((one == other).all() for one, other in zip(some[3:], rest, strict=True))
    assert {one.shape[0] for one in some} == {48}


def test_some_images_show_letters_and_others_can_only_be_digits() -> None:
    mixture = Mixture(look="plain", letter_share=0.25)
    fresh, changed = generate_batches(mixture, 3, 0, 40, 5)
    for made in (fresh, changed):
        assert sum(len(batch) for batch in made if batch.choices is None) == 10
        assert sum(len(batch) for batch in made if batch.choices == len(DIGITS)) == 30
        assert all(batch.classes.max() < 10 for batch in made if batch.choices)
        assert max(batch.classes.max() for batch in made) >= 10


def test_every_case_of_letters_has_images_of_its_own() -> None:
    lower, upper, both = Mixture().alphabets()
    assert lower == "0123456789abcdefghijklmnopqrstuvwxyz"
    assert upper == lower.upper()
    assert both == Mixture().characters
    assert Mixture(letters="ab").alphabets() == ("0123456789ab", "0123456789ab")


def test_a_crop_holds_all_digits_and_stays_readable() -> None:
    image = np.zeros((100, 300), np.uint8)
    boxes = np.array([[120, 40, 10, 20], [140, 44, 10, 20]])
    image[40:60, 120:130] = 255
    image[44:64, 140:150] = 255
    for seed in range(20):
        cropped = crop_to_digits(image, boxes, np.random.default_rng(seed))
        assert (cropped == 255).sum() == 400
        assert cropped.shape[0] < 60
    thin = np.array([[0, 40, 290, 2]])
    assert crop_to_digits(image, thin, np.random.default_rng(0)).shape == image.shape
