"""Read folders of labelled images, split them by captcha, and draw from them."""

from digitsolver.datasets.captchas import (
    DIGITS,
    Problem,
    Sample,
    check_labels,
    common_length,
    label_of,
    read_captchas,
    unique_ids,
)
from digitsolver.datasets.digits_folder import (
    DigitsFolder,
    foreign_in_digits,
    is_digits_folder,
    read_digits,
    write_digit,
)
from digitsolver.datasets.split import draw, fill_parts, held_out_rows, part_size, split
from digitsolver.io.class_folders import character_of, folder_of
from digitsolver.io.inputs import image_paths

__all__ = [
    "DIGITS",
    "DigitsFolder",
    "Problem",
    "Sample",
    "character_of",
    "check_labels",
    "common_length",
    "draw",
    "fill_parts",
    "folder_of",
    "foreign_in_digits",
    "held_out_rows",
    "image_paths",
    "is_digits_folder",
    "label_of",
    "part_size",
    "read_captchas",
    "read_digits",
    "split",
    "unique_ids",
    "write_digit",
]
