"""Where names have their labels: right labels, or a question, never a wrong label in silence."""

import hashlib
import uuid
from collections.abc import Callable, Iterable, Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digitsolver.datasets.names import NameLabels, check_labels_from, compile_pattern, find_labels
from digitsolver.errors import UnclearLabelsError

Name = Callable[[int, str], str]


def digest(number: int) -> str:
    return hashlib.sha256(str(number).encode()).hexdigest()


def clock(number: int) -> str:
    return f"{number * 7 % 24:02}{number * 11 % 60:02}{number * 13 % 60:02}"


LABELLED: dict[str, Name] = {
    "<number>-<label>": lambda i, label: f"{i:05}-{label}",
    "<n>_<label>": lambda i, label: f"{i}_{label}",
    "<label>": lambda _, label: label,
    "<label>_<seconds>": lambda i, label: f"{label}_{1_700_000_001 + 7 * i}",
    "<milliseconds>-<label>": lambda i, label: f"{1_700_000_001_123 + 7321 * i}-{label}",
    "<label>_<n>": lambda i, label: f"{label}_{i}",
    "<label>-<n>": lambda i, label: f"{label}-{i:04}",
    "<label>_<date>": lambda i, label: f"{label}_202401{i % 28 + 1:02}",
    "<label>_<date>_<time>": lambda i, label: f"{label}_20240117_{clock(i)}",
    "<date>_<time>_<label>": lambda i, label: f"20240117_{clock(i)}_{label}",
    "<date>-<label>": lambda i, label: f"2024-01-{i % 28 + 1:02}-{label}",
    "<label>.<n>": lambda i, label: f"{label}.{i}",
    "<label> (<n>)": lambda i, label: f"{label} ({i % 3 + 1})",
    "<md5>_<label>": lambda i, label: f"{digest(i)[:32]}_{label}",
    "<label>_<md5>": lambda i, label: f"{label}_{digest(i)[:32]}",
    "<id>-<label>": lambda i, label: f"{digest(i)[:12]}-{label}",
    "<uuid>_<label>": lambda i, label: f"{uuid.UUID(digest(i)[:32])}_{label}",
    "<label>-<uuid>": lambda i, label: f"{label}-{uuid.UUID(digest(i)[:32])}",
    "captcha_<n>_<label>": lambda i, label: f"captcha_{i}_{label}",
    "captcha_<label>_<n>": lambda i, label: f"captcha_{label}_{i}",
    "captcha_<label>": lambda _, label: f"captcha_{label}",
}

UNLABELLED: dict[str, Callable[[int], str]] = {
    "IMG_20240117_10231": lambda i: f"IMG_20240117_{10_000 + 31 * i}",
    "IMG_4711": lambda i: f"IMG_{4711 + i}",
    "DSC_0042": lambda i: f"DSC_{37 * i % 10_000:04}",
    "DSC00042": lambda i: f"DSC{i:05}",
    "Screenshot": lambda i: f"Screenshot 2024-01-17 at 10.22.{i % 60:02}",
    "WhatsApp": lambda i: f"WhatsApp Image 2024-01-17 at 10.22.{i % 60:02}",
    "scan_1": lambda i: f"scan_{i + 1}",
    "scan (1)": lambda i: f"scan ({i + 1})",
    "1 (1)": lambda i: f"1 ({i + 1})",
    "frame_4711": lambda i: f"frame_{i * 7919 % 10_000:04}",
    "captcha-007": lambda i: f"captcha-{i:03}",
    "1": lambda i: f"{i + 1}",
    "00001": lambda i: f"{i + 1:05}",
    "seconds": lambda i: f"{1_700_000_001 + 7 * i}",
    "md5": lambda i: digest(i)[:32],
    "uuid": lambda i: str(uuid.UUID(digest(i)[:32])),
    "md5_1": lambda i: f"{digest(0)[:32]}_{i}",
}

# The length of 7 is none of a time, and of a checksum that is all digits.
LABELS = st.integers(1, 7).flatmap(
    lambda length: st.lists(
        st.text("0123456789", min_size=length, max_size=length), min_size=8, max_size=60
    )
)
MIXED = st.lists(st.text("0123456789", min_size=1, max_size=7), min_size=8, max_size=60)


def found_or_asked(names: Iterable[str]) -> tuple[Mapping[str, str], str]:
    """Return the labels that are found and what is said, or none and the question."""
    try:
        found = find_labels(names)
    except UnclearLabelsError as error:
        return {}, error.reason
    return found.labels, str(found)


@pytest.mark.parametrize("convention", LABELLED)
@settings(max_examples=20)
@given(labels=LABELS | MIXED)
def test_a_labelled_folder_gives_the_right_labels_or_a_question(
    convention: str, labels: list[str]
) -> None:
    truth = {f"{LABELLED[convention](i, one)}.png": one for i, one in enumerate(labels)}
    found, said = found_or_asked(truth)
    assert found.items() <= truth.items()
    assert "\n" not in said


@pytest.mark.parametrize("convention", LABELLED)
@pytest.mark.parametrize("count", [6, 60, 600])
def test_labels_of_four_digits_are_found(convention: str, count: int) -> None:
    labels = [f"{number * 7919 % 10_007 % 10_000:04}" for number in range(1, count + 1)]
    truth = {f"{LABELLED[convention](i, one)}.png": one for i, one in enumerate(labels)}
    assert find_labels(truth).labels == truth


@pytest.mark.parametrize("convention", UNLABELLED)
@pytest.mark.parametrize("count", [3, 6, 60, 600])
def test_an_unlabelled_folder_gives_no_label_or_a_question(convention: str, count: int) -> None:
    found, said = found_or_asked(f"{UNLABELLED[convention](i)}.png" for i in range(count))
    assert found == {}
    assert f"none in {count} names" in said or f"found {count} such as" in said


@pytest.mark.parametrize("start", [1, 500])
def test_two_numbers_of_which_either_may_be_the_label_are_asked_about(start: int) -> None:
    names = [f"{i * 7919 % 10_007}_{i * 6007 % 9973}.png" for i in range(start, start + 60)]
    with pytest.raises(UnclearLabelsError, match="fields of equal right") as caught:
        find_labels(names)
    assert caught.value.choices == ("<label>_<serial>", "<id>_<label>")
    for pattern in caught.value.choices:
        assert len(find_labels(names, pattern).labels) == 60
    assert find_labels(names, "names").labels == find_labels(names, "<id>-<label>").labels


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("00017-042.png", "042"),
        ("tickets/2024/00017_042.png", "042"),
        ("042.png", "042"),
        ("-042.png", "042"),
        ("scan-7_b-0042.tif", "0042"),
        ("1-aB3.png", "aB3"),
        ("08414852_1571458417.png", "08414852"),
        ("4711_d41d8cd98f00b204e9800998ecf8427e.png", "4711"),
        ("00017-042 (1).png", "042"),
        ("1571458417.png", None),
        ("DSC_0042.jpg", None),
        ("IMG_20240117_10231.jpg", None),
        ("cat.png", None),
    ],
)
def test_one_name(name: str, label: str | None) -> None:
    assert find_labels([name]).labels.get(name) == label


def test_more_images_of_a_label_are_numbered() -> None:
    names = ["4711.png", "0815.png", *(f"{i * 7919 % 10_000:04}.png" for i in range(30))]
    found = find_labels([*names, "4711_1.png", "0815 (2).png"])
    assert found.labels["4711_1.png"] == "4711"
    assert found.labels["0815 (2).png"] == "0815"


def test_a_stray_time_among_labels_is_no_label() -> None:
    names = [f"{i:04}-{i * 7919 % 10_000:04}.png" for i in range(30)]
    found = find_labels([*names, "0815_1571458417.png", "cat.png"])
    assert set(found.labels) == set(names)
    assert str(found) == "from names, <serial>-<label> (30 of 32)"


def test_letters_with_digits_are_labels() -> None:
    labels = ["c4tt", "zp9y", "rnp2", "4rcp", "x77x", "ab12", "9kkq", "m3n4"]
    assert find_labels(f"{one}.png" for one in labels).pattern == "<label>"
    with pytest.raises(UnclearLabelsError, match="labels or words"):
        find_labels(f"{one}.png" for one in ["ctta", "zpny", "rnpz", "rrcp", "xyzx", "abcd"] * 2)


def test_signs_of_the_alphabet_belong_to_the_label() -> None:
    names = ["000_3-1=.png", "001_-12.5.png"]
    assert list(find_labels(names, alphabet="0123456789-=.").labels.values()) == ["3-1=", "-12.5"]
    assert find_labels(["000-۹۴۵.png", "001-۱۲۳.png"]).labels["000-۹۴۵.png"] == "۹۴۵"


def test_names_that_macos_took_apart_are_composed() -> None:
    assert find_labels(["1-Ae\u0301.png"]).labels == {"1-Ae\u0301.png": "A\u00e9"}


@pytest.mark.parametrize(
    ("labels_from", "labels"),
    [
        ("none", {}),
        ("table", {}),
        ("<label>_<serial>", {"4711_1.png": "4711", "0815_2.png": "0815"}),
        ("<id>-<label>", {"4711_1.png": "1", "0815_2.png": "2"}),
        ("names", {"4711_1.png": "4711", "0815_2.png": "0815"}),
        ("4711_<label>", {"4711_1.png": "1"}),
    ],
)
def test_where_labels_are_can_be_said(labels_from: str, labels: dict[str, str]) -> None:
    assert find_labels(["4711_1.png", "0815_2.png"], labels_from).labels == labels


@pytest.mark.parametrize("wrong", ["", "label", "<id>_<id>", "<label>_<label>", "name"])
def test_what_says_no_place_of_labels(wrong: str) -> None:
    with pytest.raises(ValueError, match="expected names, table, none, or a pattern of names"):
        check_labels_from(wrong)


def test_no_names() -> None:
    assert find_labels([]) == NameLabels("", {}, 0)


@given(st.text(), st.text("0123456789", min_size=1))
def test_any_pattern_is_text(text: str, label: str) -> None:
    text = text.translate(dict.fromkeys(map(ord, "<>-_")))
    match = compile_pattern(f"{text}_<label>").fullmatch(f"{text}-{label}")
    assert match is not None
    assert match["label"] == label
