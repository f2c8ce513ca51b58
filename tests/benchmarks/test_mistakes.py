from pathlib import Path

from benchmarks import mistakes
from collector.check import Suspect
from digitsolver.datasets import read_captchas


def test_as_many_labels_as_asked_get_one_wrong_digit(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    for number in range(20):
        (source / f"a{number:02}-{number:04}.png").write_bytes(b"%d" % number)
    samples, _ = read_captchas(source)
    wrong = mistakes.plant(samples, tmp_path / "out", 0.1, seed=1)
    planted = {s.path.name: s.label or "" for s in read_captchas(tmp_path / "out")[0]}
    labels = {s.path.name: s.label or "" for s in samples}
    assert {name for name in labels if labels[name] != planted[name]} == wrong
    assert len(wrong) == 2
    for name in wrong:
        assert sum(a != b for a, b in zip(labels[name], planted[name], strict=True)) == 1
    assert mistakes.plant(samples, tmp_path / "again", 0.1, seed=1) == wrong


def test_only_the_first_suspects_count() -> None:
    suspects = [Suspect(name, "1", "2", 1.0) for name in "abcd"]
    assert mistakes.found_early(suspects, {"a", "d"}, samples=40) == 0.5
    assert mistakes.found_early(suspects, {"a", "d"}, samples=80) == 1.0
    assert mistakes.found_early([], {"a"}, samples=40) == 0.0
