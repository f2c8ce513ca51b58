"""What the documentation site does to names, types and help texts."""

import pytest

pytest.importorskip("sphinx.application")
from tools.site_extension import drop_front_matter, exists, shorten, show_examples


def test_only_names_that_exist_exist() -> None:
    assert exists("digitsolver.io.in_memory.as_source")
    assert exists("collector.draw.look")
    assert not exists("digitsolver.io.in_memory.as_sauce")
    assert not exists("digitsolver.oven")


def test_types_are_as_short_as_in_the_source() -> None:
    long = "list[ndarray[tuple[Any, ...], dtype[float64]] | None]"
    assert shorten(long) == "list[NDArray[float64] | None]"
    image = "str | PathLike[str] | bytes | ndarray[tuple[Any, ...], dtype[uint8]]"
    assert shorten(f"{image} | Failure") == "ImageSource | Failure"
    assert shorten("dict[str, int]") == "dict[str, int]"


def test_the_example_of_a_command_becomes_code() -> None:
    lines = ["Read images.", "", "| Example:", "|   digitsolver solve a.png", ""]
    show_examples(None, None, lines)
    assert lines == [
        "Read images.",
        "",
        ".. code-block:: sh",
        "",
        "   digitsolver solve a.png",
        "",
    ]


def test_help_without_an_example_stays() -> None:
    lines = ["Read images."]
    show_examples(None, None, lines)
    assert lines == ["Read images."]


def test_the_front_matter_of_a_card_is_left_out() -> None:
    page = ["---\nlicense: mit\n---\n# A card\n\n---\n"]
    drop_front_matter(None, None, page)
    assert page == ["# A card\n\n---\n"]
