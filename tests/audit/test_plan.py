from pathlib import Path

import cv2
import numpy as np
import pytest

from digitsolver.audit.images import look_at
from digitsolver.audit.plan import make_plan, usable
from digitsolver.datasets import Sample, read_captchas
from digitsolver.errors import FolderError
from digitsolver.io.images import read_image, write_png
from tests.audit.acting import samples_in, write_captchas


def names(samples: object) -> list[str]:
    assert isinstance(samples, list)
    return [sample.path.name for sample in samples]


def test_what_is_read_is_not_learned_from(tmp_path: Path) -> None:
    samples = write_captchas(tmp_path, 160)
    plan = make_plan(samples, [0, 10, 50], seed=3)
    learned = {*plan.drawn(10, 3).names, *plan.drawn(50, 3).names, *plan.drawn(50, 4).names}
    assert len(plan.test) == 110
    assert learned.isdisjoint(sample.path.name for sample in plan.test)


def test_more_labels_hold_those_of_fewer(tmp_path: Path) -> None:
    plan = make_plan(write_captchas(tmp_path, 200), [0, 10, 50, 100], seed=0)
    ten, fifty, hundred = ({*plan.drawn(count, 1).names} for count in (10, 50, 100))
    assert ten < fifty < hundred
    assert ten != {*plan.drawn(10, 2).names}


def test_what_is_drawn_has_its_labels(tmp_path: Path) -> None:
    plan = make_plan(write_captchas(tmp_path, 120), [10], seed=0)
    drawn = plan.drawn(10, 0)
    samples, problems = read_captchas(tmp_path, labels_from=drawn)
    assert problems == []
    assert [sample.label for sample in samples] == [sample.path.stem[-3:] for sample in samples]
    assert len(samples) == 10


def test_the_same_seed_gives_the_same_plan_in_any_order(tmp_path: Path) -> None:
    samples = write_captchas(tmp_path, 130)
    one, other = make_plan(samples, [0, 20], 5), make_plan(samples[::-1], [20, 0], 5)
    assert one.test == other.test
    assert one.drawn(20, 5).names == other.drawn(20, 5).names
    assert one.test != make_plan(samples, [0, 20], 6).test


@pytest.mark.parametrize(
    ("captchas", "labels", "test", "counts", "left_out"),
    [
        (1000, [0, 10, 500], 400, (0, 10, 500), []),  # no more are read than tell 1 %
        (550, [0, 10, 500], 100, (0, 10, 450), ["500 labels"]),
        (200, [0, 10, 200], 100, (0, 10, 100), ["200 labels"]),
        (60, [0, 10, 50], 30, (0, 10, 30), ["50 labels"]),
        (90, [0, 10], 80, (0, 10), []),
        (5, [0, 10], 5, (0,), ["10 labels"]),
        (1, [0], 1, (0,), []),
    ],
)
def test_as_many_labels_as_the_folder_allows(
    captchas: int, labels: list[int], test: int, counts: tuple[int, ...], left_out: list[str]
) -> None:
    samples = [Sample(Path(f"{number}.png"), f"{number}") for number in range(captchas)]
    plan = make_plan(samples, labels, seed=0)
    assert (len(plan.test), plan.counts) == (test, counts)
    assert [one.what for one in plan.left_out] == left_out


def test_what_is_left_out_says_why(tmp_path: Path) -> None:
    (line,) = make_plan(write_captchas(tmp_path, 5), [0, 10], seed=0).left_out
    assert line.reason == "expected 10 captchas beside the 5 that are read, found 0"


def test_the_length_is_known_where_all_labels_have_it() -> None:
    same = [Sample(Path(f"{number}.png"), f"{number}") for number in range(100, 110)]
    assert make_plan(same, [0], 0).length == 3
    assert make_plan([*same, Sample(Path("7.png"), "7")], [0], 0).length is None


def test_equal_images_count_once(tmp_path: Path) -> None:
    samples = write_captchas(tmp_path, 3)
    first = samples[0].path
    (tmp_path / "copy-000.png").write_bytes(first.read_bytes())
    pixels = cv2.cvtColor(read_image(first), cv2.COLOR_GRAY2RGB)
    cv2.imwrite(str(tmp_path / "other-000.bmp"), pixels)
    write_png(tmp_path / "packed-000.png", read_image(first))
    kept, problems, repeated = usable(look_at(samples_in(tmp_path)))
    assert len(kept) == 3
    assert (problems, repeated) == ([], 3)


def test_equal_images_with_two_labels_are_not_used(tmp_path: Path) -> None:
    samples = write_captchas(tmp_path, 3)
    (tmp_path / "again-777.png").write_bytes(samples[0].path.read_bytes())
    kept, problems, _ = usable(look_at(samples_in(tmp_path)))
    assert names(kept) == ["1-617.png", "2-234.png"]
    reasons = {problem.path.name: problem.reason for problem in problems}
    assert reasons["again-777.png"] == (
        "expected one label for equal images, found '777' here and '000' for 0-000.png"
    )


def test_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    write_captchas(tmp_path, 2)
    (tmp_path / "broken-123.png").write_bytes(b"")
    kept, (problem,), _ = usable(look_at(samples_in(tmp_path)))
    assert len(kept) == 2
    assert problem.path.name == "broken-123.png"
    (tmp_path / "0-000.png").unlink()
    (tmp_path / "1-617.png").unlink()
    with pytest.raises(FolderError, match="expected images that can be read, found none"):
        usable(look_at(samples_in(tmp_path)))


def test_grey_and_colour_of_other_values_differ(tmp_path: Path) -> None:
    write_png(tmp_path / "a-1.png", np.zeros((4, 4), np.uint8))
    write_png(tmp_path / "b-1.png", np.zeros((2, 8), np.uint8))
    assert len(usable(look_at(samples_in(tmp_path)))[0]) == 2
