"""Images that repeat are found, exactly and nearly; answers that repeat by chance are not."""

import shutil
from pathlib import Path

import cv2
import pytest

from digitsolver.audit.findings import find
from digitsolver.audit.images import look_at
from digitsolver.audit.records import Finding, Level
from digitsolver.datasets import Sample
from digitsolver.io.images import read_image
from tests.audit.making import uniform, write
from tests.templates import draw


def found(samples: list[Sample]) -> list[Finding]:
    return [one for one in find(look_at(samples).looks, 0) if one.identifier == "REPEAT-IMAGE"]


def test_five_per_cent_are_found_and_the_stock_is_estimated(tmp_path: Path) -> None:
    samples = write(tmp_path, uniform(190))
    for index, sample in enumerate(samples[:10]):
        path = tmp_path / f"{200 + index:05}-{sample.label}.png"
        shutil.copy(sample.path, path)
        samples.append(Sample(path, sample.label))
    findings = find(look_at(samples).looks, 0)
    (finding,) = findings
    assert finding.identifier == "REPEAT-IMAGE", "the answers that repeat with them are no finding"
    assert finding.risk is Level.HIGH
    assert "10 of 200" in finding.summary
    assert "1,990 images" in finding.summary
    assert finding.evidence[0].startswith("200 images, 190 different ones")


def test_another_encoding_of_the_same_pixels_is_the_same_image(tmp_path: Path) -> None:
    samples = write(tmp_path, uniform(30))
    path = tmp_path / f"99999-{samples[0].label}.bmp"
    cv2.imwrite(str(path), read_image(samples[0].path))
    (finding,) = found([*samples, Sample(path, samples[0].label)])
    assert "1 of 31" in finding.summary


def test_equal_images_with_different_labels_are_said(tmp_path: Path) -> None:
    samples = write(tmp_path, uniform(30))
    path = tmp_path / "99999-00000.png"
    shutil.copy(samples[0].path, path)
    (finding,) = found([*samples, Sample(path, "00000")])
    assert any("different labels" in line for line in finding.evidence)


@pytest.mark.parametrize(("length", "expected"), [(5, 1), (1, 0)])
def test_near_repeats_count_beyond_the_answers_that_repeat_by_chance(
    tmp_path: Path, length: int, expected: int
) -> None:
    """Images of one digit each: every second one is nearly another, as there are ten answers."""
    samples = []
    for index, label in enumerate(uniform(40, length)):
        for quality in (95, 60)[: 1 + (index < 8)]:
            path = tmp_path / f"{index:03}{quality}-{label}.jpg"
            image = draw(label)
            image[3:5, 5:35] = 60 + 3 * index
            cv2.imwrite(str(path), image, [cv2.IMWRITE_JPEG_QUALITY, quality])
            samples.append(Sample(path, label))
    assert len(found(samples)) == expected
