"""Read folders of labelled images, split them by captcha, and draw from them."""

from digitsolver.datasets.captchas import read_captchas
from digitsolver.datasets.digits_folder import (
    DigitsFolder,
    foreign_in_digits,
    is_digits_folder,
    read_digits,
    write_digit,
)
from digitsolver.datasets.folder_labels import (
    FolderLabels,
    LabelsFrom,
    label_of,
    name_labels,
    read_folder_labels,
)
from digitsolver.datasets.names import AUTO, NameLabels, check_labels_from, find_labels
from digitsolver.datasets.samples import (
    DIGITS,
    Problem,
    Sample,
    as_name,
    check_labels,
    common_length,
    has_one_case,
    to_case,
    unique_ids,
)
from digitsolver.datasets.split import draw, fill_parts, held_out_rows, part_size, split
from digitsolver.io.class_folders import character_of, folder_of
from digitsolver.io.inputs import image_paths

__all__ = [
    "AUTO",
    "DIGITS",
    "DigitsFolder",
    "FolderLabels",
    "LabelsFrom",
    "NameLabels",
    "Problem",
    "Sample",
    "as_name",
    "character_of",
    "check_labels",
    "check_labels_from",
    "common_length",
    "draw",
    "fill_parts",
    "find_labels",
    "folder_of",
    "foreign_in_digits",
    "has_one_case",
    "held_out_rows",
    "image_paths",
    "is_digits_folder",
    "label_of",
    "name_labels",
    "part_size",
    "read_captchas",
    "read_digits",
    "read_folder_labels",
    "split",
    "to_case",
    "unique_ids",
    "write_digit",
]
