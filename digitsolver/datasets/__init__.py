"""Read folders of labelled images, split them by captcha, and draw from them."""

from digitsolver.datasets.captchas import (
    DIGITS,
    Problem,
    Sample,
    check_labels,
    image_paths,
    label_of,
    read_captchas,
    reason,
    unique_ids,
)
from digitsolver.datasets.class_folders import character_of, folder_of
from digitsolver.datasets.digits_folder import (
    DigitsFolder,
    foreign_in_digits,
    is_digits_folder,
    read_digits,
    write_digit,
)
from digitsolver.datasets.split import draw, split

__all__ = [
    "DIGITS",
    "DigitsFolder",
    "Problem",
    "Sample",
    "character_of",
    "check_labels",
    "draw",
    "folder_of",
    "foreign_in_digits",
    "image_paths",
    "is_digits_folder",
    "label_of",
    "read_captchas",
    "read_digits",
    "reason",
    "split",
    "unique_ids",
    "write_digit",
]
