"""Make docs/audit-example/, the report of an audit that docs/audit.md shows, and its part there.

Captchas of a defended look are generated, with faults planted that need no reading: each answer is
in the Exif data of its image, and one image in 20 is one of the others. They are audited as
`digitsolver audit` does. --render measures nothing: it lays out the report.json that is there.

    python tools/example_report.py
    python tools/example_report.py --minutes 60 --attacker 'NAME=COMMAND {path}'
    python tools/example_report.py --render
"""

import argparse
import contextlib
import re
import shutil
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from pydantic import TypeAdapter

from benchmarks.audit_findings import in_exif, repeated
from benchmarks.defences import generate
from benchmarks.parts.defences import DEFENCES
from benchmarks.parts.tables import as_markdown
from digitsolver.audit.attackers import Program
from digitsolver.audit.measure import Options
from digitsolver.audit.records import Audit
from digitsolver.audit.report import HTML, JSON, MARKDOWN, render_html, render_markdown, tables
from digitsolver.audit.report.examples import Example
from digitsolver.audit.report.tables import Table
from digitsolver.audit.run import audit
from digitsolver.io.files import write_text

ROOT: Final = Path(__file__).parents[1]
OUT: Final = ROOT / "docs/audit-example"
PAGE: Final = ROOT / "docs/audit.md"
PART: Final = re.compile(r"(?<=<!-- example -->\n).*(?=<!-- end -->)", re.DOTALL)
"""The place of the example in the page."""
IMAGE: Final = re.compile(
    r'<img src="([^"]*)" alt="[^"]*"><figcaption><code>(\w+)</code> in ([^<]*)</figcaption>'
)
LOOK: Final = ("all together", "medium")
"""Curves, noise, overlap, rotation and several faces: a look that was made to be hard."""
CAPTCHAS, SEED = 340, 17
SOURCE: Final = "captchas/tickets"
OWNER: Final = "Example Tickets Ltd, security team"


def main() -> None:
    """Audit generated captchas, or take the audit that is there, and lay it out."""
    options = _options()
    if options.render:
        found, shown = read_report()
    else:
        found, shown = _measured(options)
    for name, text in pages(found, shown).items():
        write_text(OUT / name, text)
    write_text(PAGE, PART.sub(lambda _: part(found), PAGE.read_text("utf-8")))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--render", action="store_true", help="measure nothing")
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--labels", type=int, nargs="+", default=[0, 10, 50, 200])
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--attacker", type=Program.parse, action="append", default=[])
    return parser.parse_args()


def _measured(options: argparse.Namespace) -> tuple[Audit, list[Example]]:
    """Return the audit of generated captchas, and the images that its page shows."""
    asked = Options(
        labels=tuple(options.labels),
        seeds=options.seeds,
        minutes=options.minutes,
        programs=tuple(options.attacker),
        owner=OWNER,
    )
    look = next(one for one in DEFENCES if (one.name, one.strength) == LOOK)
    with tempfile.TemporaryDirectory() as scratch, contextlib.chdir(scratch):
        source = Path(SOURCE)
        source.parent.mkdir()
        repeated(in_exif(generate(look, source, SEED, CAPTCHAS)))
        found = audit(
            source,
            "report",
            asked,
            labels_from="<id>-<label>",
            announce=lambda line: print(line, file=sys.stderr),
        )
        OUT.mkdir(exist_ok=True)
        shutil.copy(Path("report") / JSON, OUT / JSON)
        return found, _shown(Path("report", HTML).read_text("utf-8"))


def read_report() -> tuple[Audit, list[Example]]:
    """Return the audit that is there, and the images that its page shows."""
    found = TypeAdapter(Audit).validate_json((OUT / JSON).read_bytes())
    return found, _shown((OUT / HTML).read_text("utf-8"))


def _shown(page: str) -> list[Example]:
    return [Example(name, label, address) for address, label, name in IMAGE.findall(page)]


def pages(found: Audit, shown: Iterable[Example]) -> dict[str, str]:
    """Return the pages of the report by the names of their files."""
    return {HTML: render_html(found, list(shown)), MARKDOWN: render_markdown(found)}


def part(found: Audit) -> str:
    """Return what docs/audit.md shows of the report."""
    findings = [
        f"- `{one.identifier}`, {one.risk} risk: {one.title}. {one.summary}"
        for one in found.findings
    ]
    left_out = [f"- left out: {one.what}: {one.reason}" for one in found.left_out]
    shown = (tables.attackers(found), tables.needed(found), tables.costs(found))
    return "\n\n".join(
        [
            f"Risk: **{found.verdict.risk}**",
            "\n".join(findings),
            *map(_table, shown),
            *(["\n".join(left_out)] if left_out else []),
            _table(tables.defences(found)),
            "",
        ]
    )


def _table(table: Table) -> str:
    return f"**{table.caption}**\n\n{as_markdown(table.columns, table.rows)}"


if __name__ == "__main__":
    main()
