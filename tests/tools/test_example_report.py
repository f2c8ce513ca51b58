"""The example report is laid out as the code lays it out, from the figures that were measured."""

import json

from jsonschema import Draft202012Validator

from digitsolver.audit.report import JSON
from tools.example_report import OUT, PAGE, PART, ROOT, SOURCE, pages, part, read_report

REDO = "run `python tools/example_report.py --render`"


def test_the_example_fits_the_schema() -> None:
    schema = json.loads((ROOT / "docs/report.schema.json").read_text("utf-8"))
    found = json.loads((OUT / JSON).read_text("utf-8"))
    assert list(Draft202012Validator(schema).iter_errors(found)) == []
    assert json.loads(json.dumps(read_report()[0].to_json())) == found


def test_its_pages_are_what_the_templates_make_of_its_figures() -> None:
    found, shown = read_report()
    assert len(shown) == 6
    for name, text in pages(found, shown).items():
        assert (OUT / name).read_text("utf-8") == text, REDO
    inside = PART.search(PAGE.read_text("utf-8"))
    assert inside
    assert inside.group() == part(found), REDO


def test_it_shows_the_planted_faults_and_a_curve() -> None:
    found, _ = read_report()
    names = [finding.identifier for finding in found.findings]
    assert names == ["CAPTCHA-READ", "LEAK-METADATA", "REPEAT-IMAGE"]
    assert len(found.points) > 2
    assert found.scope.source == SOURCE
