"""A check counts rightly, ranks planted mistakes first, and shows what it found safely."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner, Result

import digitsolver
from collector.check import check, folds
from collector.check.suspects import LEAST, Suspect, judge, ranked
from collector.cli import main
from collector.dataset.store import New, open_store
from digitsolver.datasets import Sample, read_captchas
from digitsolver.errors import FolderError
from digitsolver.io.images import encode_png, read_image
from digitsolver.solver import Solver
from tests.templates import make_bundle, write

DRAWN = Path(__file__).parents[2] / "captchas" / "plain"
KEYS = [
    *("samples", "labelled", "unreadable", "duplicates", "near_duplicates"),
    *("lengths", "digits", "suspects"),
]


@pytest.fixture(scope="module")
def solver() -> Solver:
    return digitsolver.load()


def some(folder: Path, count: int = 40) -> Path:
    """Copy drawn captchas."""
    folder.mkdir()
    for sample in read_captchas(DRAWN)[0][:count]:
        (folder / sample.path.name).write_bytes(sample.path.read_bytes())
    return folder


def run(*words: object) -> Result:
    return CliRunner().invoke(main, ["check", *map(str, words)])


def mislabel(folder: Path, names: list[str]) -> list[str]:
    """Change the last digit of some labels; return the names that the files have then."""
    renamed = []
    for name in names:
        stem, extension = name.split(".")
        wrong = f"{stem[:-1]}{(int(stem[-1]) + 5) % 10}.{extension}"
        (folder / name).rename(folder / wrong)
        renamed.append(wrong)
    return renamed


def test_planted_mistakes_come_first(tmp_path: Path) -> None:
    folder = some(tmp_path / "in")
    names = sorted(path.name for path in folder.iterdir())
    wrong = mislabel(folder, names[3:40:12])
    result = run(folder, "--json")
    assert result.exit_code == 1
    found = json.loads(result.stdout)
    assert list(found) == KEYS
    suspects = found["suspects"]
    assert sorted(one["file"] for one in suspects[: len(wrong)]) == wrong
    labels, last = result.stderr.splitlines()
    assert labels == "labels: from names, <serial>-<label> (40 of 40)"
    assert last == f"to look at: suspects {len(suspects)}"
    assert list(suspects[0]) == ["file", "label", "proposed", "score"]
    assert [one["score"] for one in suspects] == sorted(
        (s["score"] for s in suspects), reverse=True
    )
    right = {n.rpartition(".")[0][:-1] for n in names}
    for one in suspects[: len(wrong)]:
        stem = one["file"].partition("-")[0]
        assert f"{stem}-{one['proposed'][:-1]}" in right


def test_a_clean_set_needs_nobody(tmp_path: Path) -> None:
    result = run(some(tmp_path / "in", 20))
    assert result.exit_code == 0, result.output
    assert "samples           20\n" in result.stdout
    assert "suspects          0\n" in result.stdout
    assert result.stderr == "labels: from names, <serial>-<label> (20 of 20)\n"


def test_everything_is_counted(tmp_path: Path, solver: Solver) -> None:
    folder = some(tmp_path / "in", 12)
    first, second, third = sorted(folder.iterdir())[:3]
    (folder / f"copy-{first.stem.partition('-')[2]}{first.suffix}").write_bytes(first.read_bytes())
    (folder / "other-9999.png").write_bytes(second.read_bytes())
    jpeg = cv2.imencode(".jpg", read_image(third)[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 80])[1]
    (folder / f"again-{third.stem.partition('-')[2]}.jpg").write_bytes(jpeg.tobytes())
    (folder / "torn-12.png").write_bytes(first.read_bytes()[:60])
    (folder / "black-1234.png").write_bytes(encode_png(np.zeros((300, 300), np.uint8)))
    (folder / "scan.png").write_bytes(encode_png(np.full((60, 200), 255, np.uint8)))
    *_, found = check(folder, solver)
    assert (found.samples, found.looked, found.labelled, found.unlabelled) == (18, 18, 17, 1)
    assert [p.path.name for p in found.unreadable] == ["torn-12.png"]
    assert len(found.duplicates) == 2
    assert found.conflicts == [("other-9999.png", second.name)]
    again = f"again-{third.stem.partition('-')[2]}.jpg"
    assert {again, third.name} in [set(pair) for pair in found.near]
    assert found.lengths[2] == 1
    assert sum(found.digits.values()) == sum(n * count for n, count in found.lengths.items())
    assert "black-1234.png" in {one.file for one in found.outliers}
    some_of_each = {"unlabelled": 1, "no image": 1, "with two labels": 1}
    assert some_of_each.items() <= found.for_a_person.items()
    assert "duplicates" not in found.for_a_person
    assert sum(found.sizes.values()) == 17


def test_few_images_without_labels_are_told_shortly(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    for number, grey in enumerate((0, 90, 128, 160, 255)):
        pixels = np.full((20, 50), grey, np.uint8)
        (folder / f"{'abcde'[number]}.png").write_bytes(encode_png(pixels))
    result = run(folder)
    assert result.stdout.splitlines()[-1] == "formats           PNG grey: 5"
    assert "each digit" not in result.stdout
    assert result.stderr.endswith("\nto look at: unlabelled 5\n")  # of 5, none is unlike the others


def test_what_somebody_found_unreadable_is_no_work_left(tmp_path: Path, solver: Solver) -> None:
    path = min(DRAWN.glob("*.*"))
    with open_store(tmp_path / "in") as store:
        record = store.add(New(path.read_bytes(), path.suffix[1:])).record
        *_, found = check(tmp_path / "in", solver)
        assert (found.unlabelled, found.needs_a_person) == (1, True)
        store.mark_unreadable(record.id, by="ann")
    *_, found = check(tmp_path / "in", solver)
    assert (found.marked, found.unlabelled, found.needs_a_person) == (1, 0, False)
    assert found.note is None
    assert found.to_json()["unreadable"] == 1


def test_a_label_that_somebody_gave_twice_is_believed(tmp_path: Path, solver: Solver) -> None:
    path = min(DRAWN.glob("*.*"))
    with open_store(tmp_path / "in") as store:
        record = store.add(New(path.read_bytes(), path.suffix[1:], "99")).record
        *_, found = check(tmp_path / "in", solver)
        assert [one.label for one in found.suspects] == ["99"]
        store.set_label(record.id, "98", by="ann")
        assert not store.get(record.id).confirmed
        store.set_label(record.id, "98", by="ann")
    *_, found = check(tmp_path / "in", solver)
    assert (found.suspects, found.agreement, found.needs_a_person) == ([], 0.0, False)


def test_the_page_shows_images_and_runs_nothing(tmp_path: Path) -> None:
    folder = some(tmp_path / "in", 6)
    data = min(folder.iterdir()).read_bytes()
    (folder / "<script>alert(1)<&amp;>-77.png").write_bytes(data)
    result = run(folder, "--html", tmp_path / "page.html")
    assert f"{tmp_path / 'page.html'}: report with images\n" in result.stderr
    assert "labels that may be wrong, the most probable first" in result.stdout
    assert result.exit_code == 1
    page = (tmp_path / "page.html").read_text()
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)&lt;&amp;amp;&gt;-77.png" in page
    assert "default-src 'none'" in page
    assert 'src="data:image/' in page
    assert "http" not in page.replace("http-equiv", "")


def test_labels_of_other_characters_are_not_held_against_digits(
    tmp_path: Path, solver: Solver
) -> None:
    folder = some(tmp_path / "in", 4)
    for path in list(folder.iterdir()):
        path.rename(folder / f"{path.stem.partition('-')[0]}-abc{path.suffix}")
    *_, found = check(folder, solver, labels_from="names")
    assert found.suspects == []
    assert "other characters than it knows" in str(found.note)


def test_a_model_that_reads_little_is_not_to_be_trusted(tmp_path: Path, solver: Solver) -> None:
    folder = some(tmp_path / "in", 4)
    mislabel(folder, sorted(path.name for path in folder.iterdir())[:2])
    *_, found = check(folder, solver)
    assert found.agreement == 0.5
    assert "the model reads only 50% as they are labelled" in str(found.note)


def test_a_model_of_stages_judges_by_its_readings(tmp_path: Path) -> None:
    solver = digitsolver.load(make_bundle(tmp_path / "model"))
    write(tmp_path / "captchas", ["1234", "5678"])
    shown = [(f"{label}.png", label, read_image(path)) for path, label in _paths(tmp_path)]
    shown[0] = ("wrong.png", "9999", shown[0][2])
    (suspect,) = judge(solver, shown, None)
    assert (suspect.file, suspect.proposed) == ("wrong.png", "1234")
    assert suspect.score > 0


def _paths(tmp_path: Path) -> list[tuple[Path, str]]:
    samples, _ = read_captchas(tmp_path / "captchas")
    return [(sample.path, sample.label or "") for sample in samples]


def test_folds_judge_labels_that_their_models_have_not_seen(tmp_path: Path) -> None:
    folder = some(tmp_path / "in", 9)
    wrong = mislabel(folder, [sorted(path.name for path in folder.iterdir())[2]])
    samples = read_captchas(folder)[0]
    trained: list[set[str]] = []

    def fit(source: Path, bundle: Path) -> None:
        trained.append({sample.path.name for sample in read_captchas(source)[0]})
        bundle.symlink_to(digitsolver.solver.DEFAULT)

    found = list(folds.cross_validated(samples, 3, fit))
    assert [one.file for suspects in found for one in suspects] == wrong
    assert len(trained) == 3
    names = {sample.path.name for sample in samples}
    assert all(len(names) > len(some) for some in trained)
    assert [sum(name in one for one in trained) for name in sorted(names)] == [2] * 9
    with pytest.raises(ValueError, match="folds: expected 2 or more, found 1"):
        next(folds.cross_validated([Sample(folder, "1")], 1, fit))


def test_images_of_the_same_content_share_a_fold(tmp_path: Path) -> None:
    folder = some(tmp_path / "in", 3)
    for path in sorted(folder.iterdir()):
        (folder / f"copy-{path.name}").write_bytes(path.read_bytes())
    samples = read_captchas(folder)[0]
    trained: list[set[bytes]] = []

    def fit(source: Path, bundle: Path) -> None:
        trained.append({path.read_bytes() for path in source.glob("*.[jp]*")})
        bundle.symlink_to(digitsolver.solver.DEFAULT)

    assert len(list(folds.cross_validated(samples, 5, fit))) == 3  # as many as there are contents
    assert [len(contents) for contents in trained] == [2, 2, 2]
    same = [sample for sample in samples if sample.path.name.endswith(samples[0].path.name)]
    with pytest.raises(FolderError, match="folds: expected two different images or more, found"):
        next(folds.cross_validated(same[:1], 2, fit))


def test_a_image_unlike_all_looks_of_a_folder_is_named(tmp_path: Path, solver: Solver) -> None:
    rng = np.random.default_rng(0)
    folder = tmp_path / "in"
    folder.mkdir()
    for number in range(40):  # two looks, light and dark, and one that is between them
        level = 135 if number == 39 else (60, 210)[number % 2]
        pixels = rng.normal(level + rng.normal(0, 2), 15, (20, 50)).clip(0, 255).astype(np.uint8)
        (folder / f"{number:02}.png").write_bytes(encode_png(pixels))
    *_, found = check(folder, solver, labels_from="none")
    (outlier,) = found.outliers
    assert outlier.file == "39.png"
    assert outlier.why.startswith("brightness 13")


def test_suspects_are_ranked() -> None:
    one, two, three = (
        Suspect(name, "1", "2", score) for name, score in (("a", 5), ("b", 7), ("c", 7))
    )
    assert ranked([one, three, two]) == [two, three, one]


def test_a_reading_hardly_more_probable_than_the_label_is_no_suspect() -> None:
    hard = Suspect("a", "1", "2", round(LEAST - 0.1, 3))
    wrong = Suspect("b", "1", "2", round(LEAST + 0.1, 3))
    assert ranked([hard, wrong]) == [wrong]


def test_a_folder_without_images_is_refused(tmp_path: Path) -> None:
    result = run(tmp_path)
    assert result.exit_code == 1
    assert "expected images, found an empty folder" in result.stderr
