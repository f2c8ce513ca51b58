"""Batches by their number: labelled, generated and pseudo-labelled images."""

import numpy as np

from digitsolver.readers.line.feed import Feed
from digitsolver.readers.line.lines import Lines
from digitsolver.readers.line.settings import LineSettings
from tests.readers.line.prepared import lines

SETTINGS = LineSettings(batch=2, generated_every=0, spliced=0.0, seed=4)


def test_feed_gives_each_batch_by_its_number() -> None:
    settings = LineSettings(batch=4, generated_every=2, seed=3)
    generated = lines(["77", "88", "99", "66"])
    feed = Feed(lines(), settings, generated)
    row = list(feed.batches(0, 5))
    assert [(one.lengths == 2).all() for one in row] == [False, True, False, True, False]
    again = feed.batch(3)
    assert (again.images == row[3].images).all()
    assert (again.classes == row[3].classes).all()
    assert Feed(lines(), settings, generated, 112).batch(1).images.shape == (4, 48, 112, 3)


def test_batches_hold_neighbours_in_width() -> None:
    many = Lines([np.zeros((48, 16 * w, 3), np.uint8) for w in range(6, 13)] * 8, ["12"] * 56)
    feed = Feed(many, LineSettings(batch=4, generated_every=0), None)
    assert len({feed.batch(number).images.shape[2] for number in range(30)}) > 3


def test_half_of_what_is_learned_from_has_labels() -> None:
    few, many = lines(["12", "34"]), lines(["56", "78", "90", "13", "24", "57"])
    feed = Feed(few, SETTINGS, None, pseudo_labelled=many)
    batches = [feed.batch(number).classes.tolist() for number in range(200)]
    labelled = sum(classes in ([1, 2], [3, 4]) for batch in batches for classes in batch)
    assert 140 < labelled < 260
    plain = Feed(few, SETTINGS, None)
    assert sorted(plain.batch(0).classes.tolist()) == [[1, 2], [3, 4]]
