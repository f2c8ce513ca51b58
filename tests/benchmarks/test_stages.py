"""The table of the stages has a line a part, and the plot is written."""

from pathlib import Path

from benchmarks import stages

ROWS = [(stages.BASE, 47.0, 1.0), ("clean", 94.04, 2.0009)]


def test_table_has_a_line_a_part() -> None:
    assert stages.table(ROWS).splitlines() == [
        "| | µs a captcha | × decoding |",
        "|---|---|---|",
        "| decoding alone | 47.0 | 1.00 |",
        "| clean | 94.0 | 2.00 |",
    ]


def test_plot_is_written(tmp_path: Path) -> None:
    stages._plot(tmp_path / "stages.png", ROWS)
    assert (tmp_path / "stages.png").read_bytes().startswith(b"\x89PNG")
