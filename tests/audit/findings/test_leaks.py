"""Answers in names, metadata and tables are found, in every form; what is no leak is not."""

import base64
import hashlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from digitsolver.audit.findings import find
from digitsolver.audit.images import look_at
from digitsolver.audit.records import Finding, Level
from digitsolver.datasets import Sample
from tests.audit.making import uniform, write, write_table

LABELS = uniform(40)


def digest(name: str, label: str) -> str:
    return hashlib.new(name, label.encode(), usedforsecurity=False).hexdigest()


def found(samples: list[Sample]) -> list[Finding]:
    return [one for one in find(look_at(samples).looks, 0) if one.identifier.startswith("LEAK")]


@pytest.mark.parametrize("table", [True, False])
def test_the_label_in_its_own_place_is_no_leak(tmp_path: Path, table: bool) -> None:
    samples = write(tmp_path, LABELS)
    if table:
        write_table(samples)
    assert found(samples) == []


@pytest.mark.parametrize(
    "write_label",
    [
        pytest.param(str, id="plain"),
        pytest.param(lambda label: label[::-1], id="backwards"),
        pytest.param(lambda label: base64.urlsafe_b64encode(label.encode()).decode(), id="base64"),
        pytest.param(lambda label: label.encode().hex().upper(), id="hexadecimal"),
        pytest.param(lambda label: digest("md5", label), id="md5"),
        pytest.param(lambda label: digest("sha1", label), id="sha1"),
        pytest.param(lambda label: digest("sha256", label), id="sha256"),
    ],
)
def test_a_label_in_the_name_is_found_where_a_table_has_it(
    tmp_path: Path, write_label: Callable[[str], str]
) -> None:
    samples = []
    for index, label in enumerate(LABELS):
        name = f"captcha_{write_label(label)}_{index}"
        samples += write(tmp_path / "one", [label], name)
    write_table(samples)
    (finding,) = found(samples)
    assert finding.identifier == "LEAK-NAME"
    assert finding.risk is Level.HIGH
    assert "40 of 40" in finding.summary
    assert samples[0].path.name in finding.evidence[0]
    assert finding.evidence[-1] == "and 37 more"


@pytest.mark.parametrize("name", ["{label}", "captcha-{label}", "{label}_{index}"])
def test_names_without_an_id_are_no_place_of_labels_beside_a_table(
    tmp_path: Path, name: str
) -> None:
    samples = write(tmp_path, LABELS, name)
    assert found(samples) == []
    write_table(samples)
    assert [one.identifier for one in found(samples)] == ["LEAK-NAME"]


def test_a_checksum_of_the_label_is_found_before_the_label(tmp_path: Path) -> None:
    samples = []
    for label in LABELS:
        name = f"{digest('md5', label)}-{label}"
        samples += write(tmp_path, [label], name)
    (finding,) = found(samples)
    assert "MD5" in finding.summary


def test_digits_that_occur_by_chance_are_no_leak(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    labels = uniform(60, length=2)
    samples = []
    for index, label in enumerate(labels):
        time = 1571458417 + 60 * index + int(rng.integers(50))
        samples += write(tmp_path, [label], f"{time}{int(rng.integers(10**6)):06}_{index}")
    write_table(samples, seen=[f"{int(rng.integers(10**9)):09}" for _ in labels])
    assert sum(one.label in one.path.stem for one in samples if one.label) > 3
    assert found(samples) == []


def test_answers_in_exif_are_found_in_a_part_of_the_images(tmp_path: Path) -> None:
    samples = write(tmp_path, LABELS)
    exif = Image.Exif()
    for sample in samples[:6]:
        exif[0x010E] = f"code {sample.label}"
        Image.open(sample.path).save(sample.path, exif=exif)
    (finding,) = found(samples)
    assert finding.identifier == "LEAK-METADATA"
    assert "Exif ImageDescription" in finding.summary
    assert "6 of 40" in finding.summary
    assert f"'code {LABELS[0]}'" in finding.evidence[0]


def test_a_hostile_text_is_shown_as_harmless_characters(tmp_path: Path) -> None:
    samples = write(tmp_path, LABELS)
    for sample in samples:
        chunks = PngImagePlugin.PngInfo()
        chunks.add_itxt("Ti\x85tle", f"\u202e<script>\n{sample.label}")
        Image.open(sample.path).save(sample.path, pnginfo=chunks)
    (finding,) = found(samples)
    assert all(line.isprintable() for line in [*finding.evidence, finding.summary])


@pytest.mark.parametrize(("column", "risk"), [("alt_text", Level.HIGH), ("note", Level.MEDIUM)])
def test_another_column_of_the_table_is_found(tmp_path: Path, column: str, risk: Level) -> None:
    samples = write(tmp_path, LABELS)
    write_table(samples, **{column: [f"Image of {label}" for label in LABELS]})
    (finding,) = found(samples)
    assert finding.identifier == "LEAK-TABLE"
    assert column in finding.summary
    assert finding.risk is risk


def test_a_second_column_of_labels_is_no_leak(tmp_path: Path) -> None:
    samples = write(tmp_path, LABELS)
    write_table(samples, Label=LABELS)
    assert found(samples) == []
