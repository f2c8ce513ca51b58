"""Where a line network starts: what it takes over from the default model."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from digitsolver import bundle
from digitsolver.errors import BundleError
from digitsolver.pipeline.style import Style, write_style
from digitsolver.readers.line.learner import build
from digitsolver.readers.line.pretrained import Pretrained, load_pretrained, start_network
from digitsolver.readers.line.settings import LineSettings
from tests.templates import facts


def test_other_alphabet_takes_over_what_it_shares(pretrained: Pretrained) -> None:
    settings = LineSettings(alphabet="a53")
    made = start_network(settings, pretrained, 128, 4).get_weights()
    assert all((a == b).all() for a, b in zip(made[:-2], pretrained.weights[:-2], strict=True))
    assert (made[-2][:, 1:] == pretrained.weights[-2][:, [5, 3, 10]]).all()
    assert not (made[-2][:, 0] == pretrained.weights[-2][:, 0]).any()
    nothing = start_network(settings, None, 128, 4).get_weights()
    assert not (nothing[0] == made[0]).all()


def test_an_alphabet_of_one_case_starts_from_what_images_show(pretrained: Pretrained) -> None:
    known = replace(pretrained, alphabet="0123456aAb")
    fresh = build("5ab", 2).get_weights()[-2:]
    columns = known.weights[-2]
    as_it_is, _ = known.last_layer("5ab", fresh)
    np.testing.assert_array_equal(as_it_is, columns[:, [5, 7, 9, 10]])
    upper, _ = known.last_layer("5ab", fresh, shown="5AB")
    np.testing.assert_array_equal(upper, columns[:, [5, 8, 9, 10]])
    either, bias = known.last_layer("5ab", fresh, shown="5abAB")
    np.testing.assert_allclose(either[:, 1], (columns[:, 7] + columns[:, 8]) / 2)
    assert bias.shape == (4,)


def test_default_model_is_loaded_and_checked(tmp_path: Path) -> None:
    folder = tmp_path / "default"
    folder.mkdir()
    model = build("0123456789", 3)
    model.save(folder / bundle.KERAS)
    (folder / bundle.ONNX).write_bytes(b"-")
    write_style(Style(), folder / bundle.STYLE)
    bundle.seal(folder, facts(reader="digits"))
    with pytest.raises(BundleError, match=r"expected a line network .* found cnn"):
        load_pretrained(folder)
    bundle.seal(folder, starting_facts())
    loaded = load_pretrained(folder)
    assert (loaded.alphabet, loaded.temperature) == ("0123456789", 0.5)
    pairs = zip(loaded.weights, model.get_weights(), strict=True)
    assert all((a == b).all() for a, b in pairs)
    assert bundle.DEFAULT.name == "default"


def starting_facts() -> bundle.Facts:
    """Return the facts of a bundle with a line network."""
    return replace(facts(reader="line"), architecture="line")
