"""Split file names into fields, and tell what a column of fields is over a whole folder.

A camera's number, a counter, a time and a checksum are no labels. One name seldom shows that; the
column that a field has in all names of a folder does.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import date
from enum import Enum

SEPARATORS = "-_"
"""What separates the fields of a name; in a name without them, a space or a dot does."""
NEVER = "-_ .()"
"""Characters that a label in a name has only where the alphabet names them."""
MOST = 0.9
"""Share of the values of a column from which it is said to be of one kind."""
LONGEST_LABEL = 64
"""Characters of the longest label that a name may give."""

_UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_DATE = r"(?:19|20)\d\d(?P<sep>[-_.])(?:0[1-9]|1[0-2])(?P=sep)(?:0[1-9]|[12]\d|3[01])"
_CLOCK = r"(?:[01]\d|2[0-3])[-_.:h][0-5]\d(?:[-_.:m][0-5]\d)?(?:[.,]\d+)?"
_CAMERA = (
    r"(?:IMG|VID|PXL|MVIMG|PANO|BURST|DSCN?|DSCF|SAM|CIMG|GOPR|WIN|Screenshot)"
    r"[-_ \0]?(?:\d{8}[-_ \0](?:WA)?\d{3,9}|\d{4,5}(?![-_ .]\d\d[-_ .]))"
)
_CLUMP = re.compile(
    rf"(?<![^-_ .])(?:(?P<uuid>(?i:{_UUID}))|(?P<camera>{_CAMERA})"
    rf"|(?P<time>{_DATE}(?:(?:[-_ T]|[ _-]at[ _-])*{_CLOCK}(?: ?[AP]M)?)?))(?![^-_ .])"
)
_COPY = re.compile(r"(?<=.) ?\(\d+\)$| - Copy(?: \(\d+\))?$")
PHOTO_WORDS = frozenset(
    re.split(r"\W", "capture dsc file frame image img page photo pic picture scan shot snapshot")
)
"""Words that programs put before a number which is no label."""
_JOIN = "\0"
"""Stands in a field for a separator that does not separate: in a date, a UUID."""


class Kind(Enum):
    """What the values of a column are."""

    LABEL = "label"
    CONSTANT = "constant"
    WORD = "word"
    COUNTER = "serial"
    TIME = "time"
    HASH = "hash"
    CAMERA = "camera"
    OTHER = "other"


def without_copy(stem: str) -> str:
    """Return a name without the mark that a file manager gives a second file of one name.

    >>> without_copy("4711 (2)"), without_copy("4711 - Copy"), without_copy("4711")
    ('4711', '4711', '4711')
    """
    return _COPY.sub("", stem)


def split_fields(stem: str, alphabet: str = "") -> list[str]:
    """Return the fields of a name; characters of the `alphabet` separate nothing.

    >>> split_fields("00017-4711"), split_fields("4711.2"), split_fields("000_3-1=", "0123-=")
    (['00017', '4711'], ['4711', '2'], ['000', '3-1='])
    """
    joined = _CLUMP.sub(lambda found: re.sub(r"[-_ .]", _JOIN, found.group()), stem)
    separators = "".join(sorted(set(SEPARATORS) - set(alphabet)))
    for characters in (separators, "".join(sorted(set(" .") - set(alphabet)))):
        if set(characters) & set(joined):
            return [field for field in re.split(f"[{re.escape(characters)}]+", joined) if field]
    first = next((one for one in SEPARATORS if one in joined.strip(SEPARATORS)), None)
    return list(filter(None, joined.split(first, 1))) if first and first in alphabet else [joined]


def is_label(value: str, alphabet: str = "") -> bool:
    """Tell whether a field can be a label: no spaces, dots, brackets unless in the `alphabet`.

    >>> is_label("0aB"), is_label("3+5="), is_label("3.5"), is_label("3.5", "0123456789.")
    (True, True, False, True)
    """
    fits = all(one in alphabet or not (one.isspace() or one in NEVER) for one in value)
    return fits and 0 < len(value) <= LONGEST_LABEL and value.isprintable()


def is_time(value: str) -> bool:
    """Tell whether a field is a date, or seconds, milliseconds or so since 1970.

    >>> is_time("1571458417"), is_time("20240117"), is_time("20240117102231"), is_time("08414852")
    (True, True, True, False)
    """
    if _JOIN in value:
        return bool(re.match(r"(?:19|20)\d\d\0\d\d\0", value))
    if not (value.isascii() and value.isdigit()):
        return bool(re.fullmatch(r"(?:19|20)\d{6}T\d{4,6}Z?", value)) and is_time(value[:8])
    if len(value) in (10, 13, 16, 19):
        return 946_684_800 <= int(value[:10]) < 2_050_000_000  # 2000 to 2034
    if len(value) in (8, 12, 14, 17):
        clock = len(value) == 8 or is_clock(value[8:14])
        return clock and _is_date(value[:8])
    return False


def is_clock(value: str) -> bool:
    """Tell whether a field is a time of the day, HHMM or HHMMSS with or without fractions."""
    return bool(re.fullmatch(r"(?:[01]\d|2[0-3])[0-5]\d(?:[0-5]\d\d{0,6})?", value))


def is_camera(value: str) -> bool:
    """Tell whether a field is a name that cameras give: a word and a number or a time.

    >>> is_camera("DSC_0042"), is_camera("IMG_20240117_10231"), is_camera("img_4711")
    (True, True, False)
    """
    return bool(re.fullmatch(_CAMERA, value))


def is_hash(value: str) -> bool:
    """Tell whether a field is a checksum or a UUID: hexadecimal, long, letters and digits.

    >>> is_hash("d41d8cd98f00b204e9800998ecf8427e"), is_hash("1f0c5a99be01"), is_hash("4711")
    (True, True, False)
    """
    plain = value.replace(_JOIN, "")
    if not re.fullmatch(r"[0-9a-f]{8,}|[0-9A-F]{8,}", plain):
        return False
    return len(plain) >= 32 or not (plain.isdigit() or plain.isalpha())


def kind_of(values: Sequence[str], alphabet: str = "") -> Kind:
    """Return what a column is: the values that it has in the names of a folder.

    >>> kind_of(["1571458413", "1571458414"]), kind_of(["08414852", "28038528"])
    (<Kind.TIME: 'time'>, <Kind.LABEL: 'label'>)
    """
    for kind, test in ((Kind.CAMERA, is_camera), (Kind.TIME, is_time), (Kind.HASH, is_hash)):
        if _most(values, test):
            return kind
    if len(values) > 1 and len(set(values)) == 1:
        return Kind.CONSTANT
    if not _most(values, lambda value: is_label(value, alphabet)):
        return Kind.OTHER
    if _most(values, str.isalpha) and len(set(values)) <= len(values) // 5:
        return Kind.WORD
    return Kind.COUNTER if counts(values) else Kind.LABEL


def counts(values: Sequence[str]) -> bool:
    """Tell whether the values are those of a counter: numbers, each once, few left out.

    Where many are left out, zeros before all of them tell it too.

    >>> counts(["1", "2", "3", "5", "6"]), counts(["0001", "4711", "0815"])
    (True, False)
    """
    numbers = [int(value) for value in values if value.isascii() and value.isdigit()]
    if len(numbers) < max(2, MOST * len(values)) or len(set(numbers)) < len(numbers):
        return False
    reach = max(numbers) - min(numbers) + 1
    if reach <= (1.25 if len(numbers) < 8 or reach <= 10 else 3) * len(numbers):
        return True
    padded = {len(value) for value in values} == {len(values[0])} and len(values[0]) > 2
    return padded and len(numbers) >= 8 and all(value.startswith("0") for value in values)


def counts_within(values: Sequence[str], others: Sequence[str]) -> bool:
    """Tell whether the values count the files that share the value of another column.

    >>> counts_within(["0", "1", "0", "0"], ["4711", "4711", "0815", "9021"])
    True
    """
    if not all(value.isascii() and value.isdigit() for value in values):
        return False
    groups: dict[str, list[int]] = defaultdict(list)
    for value, other in zip(values, others, strict=True):
        groups[other].append(int(value))
    return all(
        sorted(group) in (list(range(len(group))), list(range(1, len(group) + 1)))
        for group in groups.values()
    )


def _is_date(value: str) -> bool:
    try:
        return 1990 <= date.fromisoformat(value).year <= 2040
    except ValueError:
        return False


def _most(values: Sequence[str], test: Callable[[str], bool]) -> bool:
    return bool(values) and sum(map(test, values)) >= MOST * len(values)
