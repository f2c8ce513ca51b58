"""The look of a folder of captchas is found again among all that can be generated."""

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from collector.cli import main
from collector.cli.imitate import as_table
from collector.draw import LOOKS, Look, draw, draw_one, encode
from collector.draw.look import Page, fixed
from collector.draw.look_file import format_look, parse_look
from collector.imitate import Observed, imitate, observe
from collector.imitate.describe import describe
from collector.imitate.distance import distances, scale_of, total
from collector.imitate.observed import page_of
from collector.imitate.search import Imitation
from collector.imitate.space import BASES, cross, graft, perturb, sample, whole
from digitsolver.errors import FolderError
from digitsolver.io.images import ImageArray, decode_image, encode_png

LIKE = Look("like", "", (4, 4), Page(fixed(40), fixed(120)))


@pytest.fixture(autouse=True)
def one_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Start no processes for the few candidates of a test, and generate few images of each."""
    monkeypatch.setattr("collector.imitate.search.usable_cores", lambda: 1)
    monkeypatch.setattr("collector.imitate.search.FEW", 2)


def images_of(look: str, count: int, first: int = 0) -> list[ImageArray]:
    return [draw_one(look, 5, first + index).image for index in range(count)]


def write(folder: Path, look: str, count: int) -> Path:
    folder.mkdir()
    for index in range(count):
        captcha = draw_one(look, 5, index)
        data, extension = encode(captcha)
        (folder / f"{index:05}-{captcha.label}.{extension}").write_bytes(data)
    return folder


def search(observed: Observed, candidates: int, seed: int = 0) -> Imitation:
    return imitate(observed, "found", candidates=candidates, seed=seed)


def run(*words: object) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


# --- distances ----------------------------------------------------------------------------


def test_the_energy_distance_is_the_one_worked_out_by_hand() -> None:
    one, other = {"a": np.array([[0.0], [2.0]])}, {"a": np.array([[3.0], [3.0]])}
    # Between: (3 + 3 + 1 + 1) / 4 = 2; within: 2 of two different images, 1 with themselves.
    assert distances(one, other)["a"] ** 2 == pytest.approx(2 * 2 - 2 - 0)
    assert distances(one, other, unbiased=False)["a"] ** 2 == pytest.approx(2 * 2 - 1 - 0)


def test_images_of_one_look_are_close_and_of_two_are_far() -> None:
    scale = scale_of(describe(images_of("mixed", 12)), describe(images_of("plain", 8)))
    plain, more, lines = (
        scale.apply(describe(images))
        for images in (images_of("plain", 8), images_of("plain", 8, 50), images_of("lines", 8))
    )
    assert total(distances(plain, more)) < 0.5 * total(distances(plain, lines))


def test_blank_images_are_described() -> None:
    blank: list[ImageArray] = [np.full((30, 90), 255, np.uint8), np.zeros((9, 9, 3), np.uint8)]
    assert all(np.isfinite(rows).all() and len(rows) == 2 for rows in describe(blank).values())


# --- what is read off ---------------------------------------------------------------------


def test_pages_of_one_width_and_of_any() -> None:
    same = page_of([np.zeros((40, 120), np.uint8)] * 3)
    assert (same.height, same.width) == (fixed(40), fixed(120))
    varied = page_of([np.zeros((20, width), np.uint8) for width in (30, 90, 150)])
    assert varied.width is None
    assert (varied.least, varied.most, varied.narrowest) == ((20, 30), (20, 150), 1.5)
    large = page_of([np.zeros((1000, 2000), np.uint8)] * 3)
    assert (large.height, large.width) == (fixed(400), fixed(800))


def test_lengths_come_from_labels_else_from_readings(tmp_path: Path) -> None:
    folder = write(tmp_path / "a", "plain", 12)
    assert observe(folder).lengths == observe(folder, labels_from="none").lengths == (4, 4)
    labels = ["1", "222", "222", *["55555"] * 9]
    (tmp_path / "b").mkdir()
    for index, label in enumerate(labels):
        path = tmp_path / "b" / f"{index:03}-{label}.png"
        path.write_bytes(encode_png(images_of("plain", 1, index)[0]))
    found = observe(tmp_path / "b")
    assert (found.lengths, found.weights) == ((1, 5), (1.0, 0.0, 2.0, 0.0, 9.0))


def test_few_images_are_refused(tmp_path: Path) -> None:
    with pytest.raises(FolderError, match="expected 10 images or more to imitate, found 3"):
        observe(write(tmp_path / "few", "plain", 3))


# --- the looks that are searched ------------------------------------------------------------


def test_every_candidate_is_a_look_that_its_file_holds() -> None:
    rng = np.random.default_rng(0)
    looks = [whole(base, LIKE) for base in BASES]
    looks += [sample(LIKE, rng) for _ in range(3 * len(BASES))]
    looks += [perturb(graft(looks[at], looks[at + 1], rng), 0.3, rng) for at in range(40)]
    for look in looks:
        assert parse_look(format_look(look)) == look
        assert (look.lengths, look.page.height, look.page.width) == ((4, 4), fixed(40), fixed(120))
    for look in looks[-9:]:
        draw(look, rng)


def test_a_cross_has_fields_of_both() -> None:
    one, other = LOOKS["plain"], LOOKS["seven-segment"]
    rng = np.random.default_rng(0)
    crossed = [cross(one, other, rng) for _ in range(20)]
    assert all(look.digits in (one.digits, other.digits) for look in crossed)
    assert len({look.digits for look in crossed}) == 2
    grafted = [graft(one, other, rng) for _ in range(40)]
    assert any(look.layers for look in grafted)
    assert all(look.digits == one.digits or look.colours == one.colours for look in grafted)
    assert any(look.digits not in (one.digits, other.digits) for look in grafted)


# --- the search ---------------------------------------------------------------------------


@pytest.mark.parametrize("look", ["speckle", "lines", "seven-segment"])
def test_a_planted_look_is_found_again(look: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("collector.imitate.search.FEW", 6)
    images = images_of(look, 60)
    observed = Observed(images, page_of(images), LOOKS[look].lengths, (), [])
    found = search(observed, 30)
    held_out = describe(images_of(look, 24, 500))
    scale = scale_of(describe(images_of("mixed", 24)), held_out)
    real = scale.apply(held_out)
    generated = scale.apply(describe(found.generated[:24]))
    mixed = scale.apply(describe(images_of("mixed", 24, 900)))
    assert total(distances(generated, real)) < 0.7 * total(distances(mixed, real))


def test_the_same_seed_finds_the_same_look(monkeypatch: pytest.MonkeyPatch) -> None:
    images = images_of("plain", 12)
    observed = Observed(images, page_of(images), (4, 4), (), [])
    found = search(observed, 16)
    monkeypatch.setattr("collector.imitate.search.usable_cores", lambda: 2)
    again = search(observed, 16)
    assert (again.look, again.after) == (found.look, found.after)
    assert search(observed, 16, seed=1).after != found.after


# --- the command --------------------------------------------------------------------------


def test_the_command_writes_a_look_and_a_board(tmp_path: Path) -> None:
    folder = write(tmp_path / "captchas", "plain", 12)
    out, board = tmp_path / "look.toml", tmp_path / "board.png"
    words = ("imitate", folder, "--out", out, "--board", board, "--candidates", 20)
    result = run(*words, "--json")
    assert result.exit_code == 0, result.stderr
    printed = json.loads(result.stdout)
    assert set(printed) == {"before", "after", "halves", "unmatched", "out"}
    assert printed["after"]["all"] < printed["before"]["all"]
    assert decode_image(board.read_bytes()).shape[1] == 900
    look = parse_look(out.read_text("utf-8"))
    assert (look.name, look.lengths) == ("look", (4, 4))
    again = run(*words)
    assert again.exit_code == 1
    assert "expected a new file" in again.stderr
    made = run("generate", "--style", out, "--count", 2, "--out", tmp_path / "generated")
    assert made.exit_code == 0
    assert (tmp_path / "generated" / "look.toml").exists()


def test_the_command_says_what_does_not_match(tmp_path: Path) -> None:
    far = {"all": 0.5, "ink": 0.5}
    found = Imitation(LOOKS["plain"], far, far, {"all": 0.1, "ink": 0.2}, [])
    assert as_table(found, tmp_path / "look.toml").splitlines() == [
        "distance   mixed    look  halves",
        "all        0.500   0.500   0.100",
        "ink        0.500   0.500   0.200",
        "not matched: all",
        f"look: {tmp_path / 'look.toml'}",
    ]


def test_another_suffix_is_refused(tmp_path: Path) -> None:
    result = run("imitate", tmp_path, "--out", tmp_path / "look.json")
    assert result.exit_code == 2
    assert "expected a name that ends in .toml, found 'look.json'" in result.stderr
