"""Read folders of labelled pictures, split them by captcha, and draw from them."""

from digitsolver.samples.captchas import (
    DIGITS,
    Problem,
    Sample,
    check_labels,
    label_of,
    picture_paths,
    read_captchas,
    reason,
    unique_ids,
)
from digitsolver.samples.classes import character_of, folder_of
from digitsolver.samples.digits import (
    DigitsFolder,
    foreign_in_digits,
    is_digits_folder,
    read_digits,
    write_digit,
)
from digitsolver.samples.split import draw, split

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
    "is_digits_folder",
    "label_of",
    "picture_paths",
    "read_captchas",
    "read_digits",
    "reason",
    "split",
    "unique_ids",
    "write_digit",
]
