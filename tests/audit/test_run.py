import json
import shlex
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from digitsolver.audit.attackers import Program
from digitsolver.audit.costs import PRICES, read_prices
from digitsolver.audit.log import LOG
from digitsolver.audit.measure import Options, Readers
from digitsolver.audit.report import command_of
from digitsolver.audit.run import audit
from digitsolver.errors import DigitSolverError, FolderError, PricesError
from tests.audit.acting import NAMES, Knowing, Learning, program, write_captchas

SCHEMA = Path(__file__).parents[2] / "docs" / "report.schema.json"
FEW = Options(labels=(0, 10, 50), seeds=2, owner="Example Ltd")
TIMES = {"seconds", "cpu_seconds", "training_seconds", "training_cpu_seconds"}
COSTS = {"seconds", "preparation", "thousand"}


@pytest.fixture(name="captchas")
def _captchas(tmp_path: Path) -> Path:
    write_captchas(tmp_path / "captchas", 160)
    return tmp_path / "captchas"


def run(captchas: Path, out: Path, options: Options = FEW, **more: Any) -> dict[str, Any]:
    """Audit with readers that take no time, and return ``report.json``."""
    readers = more.pop("readers", None) or Readers(Knowing(0.5), Learning())
    audit(captchas, out, options, labels_from=NAMES, readers=readers, **more)
    found: dict[str, Any] = json.loads((out / "report.json").read_text(encoding="utf-8"))
    return found


def timeless(found: dict[str, Any]) -> dict[str, Any]:
    """Return a report without times and what is computed from them."""
    runs = [{key: one[key] for key in one if key not in TIMES} for one in found["runs"]]
    costs = [
        {key: one[key] for key in one if key not in COSTS} for one in found["costs"]["attackers"]
    ]
    rest = {key: found[key] for key in found if key not in {"created", "runs", "costs"}}
    return {**rest, "runs": runs, "costs": costs}


def test_the_report_has_all_that_was_measured(captchas: Path, tmp_path: Path) -> None:
    found = run(captchas, tmp_path / "out")
    assert found["scope"]["captchas"] == 160
    assert found["scope"]["test"] == 110
    assert found["scope"]["owner"] == "Example Ltd"
    assert found["scope"]["lengths"] == {"3": 160}
    assert [(one["attacker"], one["labels"], one["runs"]) for one in found["points"]] == [
        ("default model", 0, 1),
        ("fitted reader", 10, 2),
        ("fitted reader", 50, 2),
    ]
    assert len(found["runs"]) == 5
    assert [one["labels"] for one in found["needed"]] == [0.0, 17.3, None]
    assert found["verdict"]["risk"] == "high"
    assert found["findings"][0]["identifier"] == "CAPTCHA-READ"
    assert "were given the length of texts, 3" in found["limits"][0]
    assert {path.name for path in (tmp_path / "out").iterdir()} >= {LOG, "prices.toml"}


def test_the_report_keeps_to_its_schema(captchas: Path, tmp_path: Path) -> None:
    programs = (program("a", "print(1)"),)
    found = run(captchas, tmp_path / "out", Options(labels=(0, 500), seeds=1, programs=programs))
    assert (
        list(Draft202012Validator(json.loads(SCHEMA.read_text("utf-8"))).iter_errors(found)) == []
    )


def test_the_same_seed_gives_the_same_report(captchas: Path, tmp_path: Path) -> None:
    one, other = run(captchas, tmp_path / "one"), run(captchas, tmp_path / "other")
    assert timeless(one) == timeless(other)
    third = run(captchas, tmp_path / "third", Options(labels=(0, 10, 50), seeds=2, seed=1))
    assert [run["seed"] for run in third["runs"]] == [1, 1, 1, 2, 2]
    assert timeless(third) != timeless(one)


def test_a_killed_audit_goes_on_to_the_same_report(captchas: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    with pytest.raises(KeyboardInterrupt):
        run(captchas, out, readers=Readers(Knowing(0.5), Learning(stop_after=3)))
    assert not (out / "report.json").exists()
    (out / ".report.json.tmp").write_text("{")
    learning = Learning()
    resumed = run(captchas, out, resume=True, readers=Readers(None, learning))
    assert len(learning.fitted) == 1
    assert timeless(resumed) == timeless(run(captchas, tmp_path / "whole"))


def test_other_prices_need_no_new_runs(captchas: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    before = run(captchas, out)
    text = (out / "prices.toml").read_text(encoding="utf-8")
    mine = tmp_path / "mine.toml"
    mine.write_text(text.replace("value = 7.25", "value = 14.5"), encoding="utf-8")
    learning = Learning()
    after = run(captchas, out, prices=mine, resume=True, readers=Readers(None, learning))
    assert learning.fitted == []
    dear, cheap = (one["costs"]["attackers"][1]["preparation"] for one in (after, before))
    assert dear == pytest.approx(2 * cheap, rel=1e-3)
    assert read_prices(out / "prices.toml").wage_hour.value == 14.5


def test_the_report_names_the_command_that_makes_it_again(tmp_path: Path) -> None:
    captchas = tmp_path / "captchas"
    write_captchas(captchas, 10)
    programs = (program("a", "print(1)"), program("b", "print(2)"))
    options = Options(labels=(0,), seeds=1, programs=programs, length=3)
    readers = Readers(Knowing())
    found = audit(captchas, tmp_path / "out", options, readers=readers, labels_from=NAMES)
    words = shlex.split(command_of(found))
    given = [words[at + 1] for at, word in enumerate(words) if word == "--attacker"]
    assert [Program.parse(one).words for one in given] == [one.words for one in programs]
    assert words[words.index("--length") + 1] == "3"
    assert "--alphabet" not in words


def test_what_cannot_be_used_is_named(captchas: Path, tmp_path: Path) -> None:
    first, second = sorted(captchas.iterdir())[:2]
    (captchas / "9999-12x.png").write_bytes(first.read_bytes())
    (captchas / f"8888-{second.stem[-3:]}.png").write_bytes(second.read_bytes())
    (captchas / "7777-123.png").write_bytes(b"")
    found = run(captchas, tmp_path / "out", Options(labels=(0,)))
    assert found["scope"]["captchas"] == 160
    lines = found["scope"]["unusable"]
    assert len(lines) == 2
    assert "label '12x' has 'x': expected only 0123456789" in lines[0]
    assert "7777-123.png: expected an image" in lines[1]
    assert "1 images that are equal to another one" in found["limits"][1]


def test_five_labels_are_read_and_not_learned_from(tmp_path: Path) -> None:
    write_captchas(tmp_path / "captchas", 5)
    found = run(tmp_path / "captchas", tmp_path / "out")
    assert [(one["kind"], one["images"]) for one in found["runs"]] == [("default model", 5)]
    assert [one["what"] for one in found["left_out"]] == ["10 labels", "50 labels"]
    assert "found 0" in found["left_out"][0]["reason"]


def test_no_label_is_one_line(tmp_path: Path) -> None:
    write_captchas(tmp_path / "captchas", 3)
    for path in list((tmp_path / "captchas").iterdir()):
        path.rename(path.with_name(f"{path.stem.partition('-')[0]}x.png"))
    with pytest.raises(FolderError, match="expected images with labels, found none among 3"):
        run(tmp_path / "captchas", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_labels_of_several_lengths(tmp_path: Path) -> None:
    folder = tmp_path / "captchas"
    for sample in write_captchas(folder, 40)[:20]:
        sample.path.rename(sample.path.with_name(f"{sample.path.stem}7.png"))
    knowing = Knowing()
    found = run(folder, tmp_path / "out", Options(labels=(0,)), readers=Readers(knowing))
    assert knowing.lengths == [None]
    assert found["scope"]["lengths"] == {"3": 20, "4": 20}
    run(folder, tmp_path / "three", Options(labels=(0,), length=3), readers=Readers(knowing))
    assert knowing.lengths == [None, 3]
    with pytest.raises(
        ValueError, match=r"length: expected one that labels have \(3, 4\), found 5"
    ):
        run(folder, tmp_path / "five", Options(labels=(0,), length=5))


def test_what_is_there_is_not_replaced_unasked(captchas: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    run(captchas, out, Options(labels=(0,)))
    with pytest.raises(FolderError, match="--resume goes on with it, --force replaces it"):
        run(captchas, out, Options(labels=(0,)))
    run(captchas, out, Options(labels=(0,), seed=3), force=True)
    (out / "mine.txt").write_text("mine")
    for more in ({}, {"force": True}, {"resume": True}):
        with pytest.raises(FolderError, match=r"or an earlier audit, found 'mine\.txt'"):
            run(captchas, out, Options(labels=(0,), seed=3), **more)
    with pytest.raises(FolderError, match="expected a folder or nothing, found a file"):
        run(captchas, out / "mine.txt", Options(labels=(0,)))


def test_wrong_prices_stop_before_anything_is_measured(captchas: Path, tmp_path: Path) -> None:
    prices = tmp_path / "mine.toml"
    prices.write_text(PRICES.read_text(encoding="utf-8").replace("7.25", "'low'"))
    with pytest.raises(PricesError, match=r"mine\.toml: wage_hour\.value: expected a number"):
        run(captchas, tmp_path / "out", prices=prices)
    assert not (tmp_path / "out").exists()


def test_no_attacker_at_all_still_gives_a_report(captchas: Path, tmp_path: Path) -> None:
    class Broken(Knowing):
        def solve_many(self, images: object, *, length: int | None) -> Any:
            raise DigitSolverError("expected a network, found none")

    found = run(captchas, tmp_path / "out", Options(labels=(0,)), readers=Readers(Broken()))
    assert found["points"] == []
    assert found["verdict"]["best"] is None
    assert [one["what"] for one in found["left_out"]] == ["default model"]
