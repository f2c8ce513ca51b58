"""Every defence can be seen in what is generated, and rows are kept."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks.defences import (
    DATA,
    PAGE,
    TABLE,
    Row,
    Task,
    generate,
    in_order,
    measure,
    plot,
    read_rows,
    report,
)
from benchmarks.parts.defences import DEFENCES
from benchmarks.parts.tables import as_csv
from collector.draw import draw
from digitsolver.io.images import read_image


def test_every_defence_has_three_strengths_beside_the_look_without_one() -> None:
    names = [defence.name for defence in DEFENCES]
    assert names[0] == "none"
    assert names.count("none") == 1
    others = set(names) - {"none"}
    assert len(others) >= 10
    assert {names.count(name) for name in others} == {3}
    assert len({(one.name, one.strength) for one in DEFENCES}) == len(DEFENCES)


@pytest.mark.parametrize("defence", DEFENCES[1:], ids=lambda one: f"{one.name}-{one.strength}")
def test_a_defence_changes_the_image(defence: object) -> None:
    plain = draw(DEFENCES[0].look, np.random.default_rng(3)).image
    changed = draw(defence.look, np.random.default_rng(3)).image  # type: ignore[attr-defined]
    assert plain.shape != changed.shape or (plain != changed).mean() > 0.005


def test_the_plain_look_is_read_and_its_row_is_kept() -> None:
    row = measure(Task(DEFENCES[0]), 12)
    assert (row.defence, row.labels, row.images) == ("none", 0, 12)
    assert row.correct >= 11
    assert read_rows(as_csv(Row, [row])) == [row]
    assert "| none | - |" in report([row])
    assert report([row]).endswith("Not measured yet: 50 labels: 1 of 1; 200 labels: 1 of 1.")


def test_the_page_shows_what_the_package_has_and_what_it_lacks() -> None:
    rows = read_rows(DATA.read_text("utf-8"))
    assert rows == in_order(rows[::-1])
    found = TABLE.search(PAGE.read_text("utf-8"))
    assert found
    assert found.group() == report(rows) + "\n"


def test_the_same_seed_gives_the_same_captchas(tmp_path: Path) -> None:
    first = generate(DEFENCES[1], tmp_path / "a", 5, 3)
    second = generate(DEFENCES[1], tmp_path / "b", 5, 3)
    assert [one.label for one in first] == [one.label for one in second]
    assert [one.path.read_bytes() for one in first] == [one.path.read_bytes() for one in second]


def test_the_plot_shows_what_was_measured(tmp_path: Path) -> None:
    rows = read_rows(DATA.read_text("utf-8"))[:4]
    plot(rows, tmp_path / "plot.png")
    assert read_image(tmp_path / "plot.png").shape[1] == 8 * 160
