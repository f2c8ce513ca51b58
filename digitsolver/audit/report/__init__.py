"""The report of an audit: one page of HTML, Markdown for issue trackers, and JSON.

Every figure is in the `Audit` record, which ``report.json`` is; the templates only lay it out.
"""

import importlib.util
import json
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from digitsolver.audit.records import Audit
from digitsolver.audit.report import tables
from digitsolver.audit.report.chart import chart_of
from digitsolver.audit.report.escape import (
    Raw,
    address_of,
    markdown,
    markdown_code,
    markdown_link,
    visible,
)
from digitsolver.audit.report.examples import Example, examples
from digitsolver.audit.texts import (
    attackers_explained,
    general_limits,
    percent,
    recommendations,
    server_checks,
)
from digitsolver.audit.thresholds import BROKEN
from digitsolver.datasets import Sample
from digitsolver.errors import FolderError, MissingExtraError
from digitsolver.io.files import StrPath, write_text

HTML, MARKDOWN, JSON = "report.html", "report.md", "report.json"
TEMPLATES: Final = Path(__file__).with_name("templates")


def write(audit: Audit, out: StrPath, samples: Sequence[Sample] = ()) -> None:
    """Write ``report.json``, ``report.html`` and ``report.md`` into a folder.

    Parameters
    ----------
    audit
        What was measured and found.
    out
        The folder, made where missing; files of an earlier report are replaced.
    samples
        Captchas of which the page shows the first few.

    Raises
    ------
    FolderError
        The folder cannot be made, or a file not written.
    MissingExtraError
        jinja2 is not installed; ``report.json`` is written all the same.
    """
    folder = Path(out)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FolderError(f"expected a folder to write to: {error.strerror}", folder) from None
    text = json.dumps(audit.to_json(), indent=1, allow_nan=False)
    write_text(folder / JSON, text + "\n")
    if importlib.util.find_spec("jinja2") is None:
        raise MissingExtraError(
            f"{HTML} and {MARKDOWN}: expected the package jinja2, found none; {JSON} was written; "
            "install it with: pip install 'digitsolver[web]'"
        )
    write_text(folder / HTML, render_html(audit, examples(samples)))
    write_text(folder / MARKDOWN, render_markdown(audit))


def render_html(audit: Audit, shown: Sequence[Example] = ()) -> str:
    """Return the page: whole by itself, without a script, and with nothing from the network."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=visible,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("report.html.j2").render(
        **_context(audit), chart=chart_of(audit.points), examples=shown, address_of=address_of
    )


def render_markdown(audit: Audit) -> str:
    """Return the report as GitHub-flavoured Markdown."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=False,  # noqa: S701 - `markdown` escapes every value
        undefined=StrictUndefined,
        finalize=markdown,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    template = environment.get_template("report.md.j2")
    return template.render(**_context(audit), link=markdown_link, code=markdown_code, raw=Raw)


def _context(audit: Audit) -> dict[str, object]:
    """Return what the templates show, and how they write figures."""
    return {
        "audit": audit,
        "tables": tables,
        "command": command_of(audit),
        "recommendations": recommendations(),
        "checks": server_checks(),
        "limits": general_limits(),
        "explained": attackers_explained({point.kind for point in audit.points}),
        "percent": percent,
        "number": tables.number,
        "money": tables.money,
        "broken": BROKEN,
    }


def command_of(audit: Audit) -> str:
    """Return the command line that makes this report again."""
    words = ["digitsolver", "audit", audit.scope.source, "--out", "REPORT"]
    for name, value in {**audit.options, "seed": audit.seed}.items():
        several = value if isinstance(value, tuple) else (value,)
        for one in several:
            if one is not None:
                words += [f"--{name.replace('_', '-')}", f"{one}"]
    return shlex.join(words)
