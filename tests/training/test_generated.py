"""Generated captchas: where they come from, and folders of them."""

from importlib.metadata import EntryPoint

import pytest

from digitsolver.datasets import read_captchas
from digitsolver.errors import MissingExtraError
from digitsolver.training import generated


def test_no_drawer_is_a_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def none(group: str) -> tuple[EntryPoint, ...]:
        return ()

    monkeypatch.setattr(generated, "entry_points", none)
    with pytest.raises(MissingExtraError, match=r"entry point digitsolver\.drawers, found none"):
        generated.drawer()


def test_unknown_look_or_alphabet_is_refused() -> None:
    generated.check_look("plain", "0123456789")
    with pytest.raises(ValueError, match="generate: unknown look 'nice', expected one of"):
        generated.check_look("nice", "0123456789")
    with pytest.raises(ValueError, match="generate: "):
        generated.check_look("plain", "☃☄")


def test_generated_folder_is_there_for_as_long_as_it_is_lent() -> None:
    with generated.generated_folder("plain", 3, 4, "0123456789") as folder:
        samples, problems = read_captchas(folder)
        assert (len(samples), problems) == (4, [])
        first = samples[0].path.read_bytes()
    assert not folder.exists()
    with generated.generated_folder("plain", 3, 1, "0123456789") as folder:
        assert next(folder.iterdir()).read_bytes() == first


def test_what_can_be_generated_of_an_alphabet() -> None:
    assert generated.drawable("plain", "0123456789aB") == "0123456789aB"
    assert generated.drawable("plain", "01+-=۳é") == "01"
    assert generated.drawable("plain", "۰۱۲") == ""
