"""Audit a folder of one's own labelled captchas: measure, conclude, and write the report."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from digitsolver import __version__
from digitsolver.audit import report
from digitsolver.audit.costs import Prices, cost_of, read_prices
from digitsolver.audit.curve import needed, points
from digitsolver.audit.defences import match_defences
from digitsolver.audit.findings import examine
from digitsolver.audit.images import Looked, look_at
from digitsolver.audit.log import LOG, RunsLog
from digitsolver.audit.measure import Measurement, Options, Readers, about_audit, measure
from digitsolver.audit.pace import seconds_a_label, unreadable
from digitsolver.audit.plan import Plan, make_plan, usable
from digitsolver.audit.records import Audit, Scope
from digitsolver.audit.texts import percent
from digitsolver.audit.verdict import decide, reading_finding
from digitsolver.datasets import AUTO, LabelsFrom, Problem, Sample, check_labels, read_captchas
from digitsolver.datasets.tables import JOURNAL
from digitsolver.errors import FolderError, MissingExtraError, printable
from digitsolver.io import files
from digitsolver.io.files import StrPath
from digitsolver.measure.statistics import wilson
from digitsolver.parallel.progress import Announce, Progress

PRICES_COPY = "prices.toml"
"""The prices that a report was computed from, beside it."""
OURS = frozenset((LOG, PRICES_COPY, "report.html", "report.json", "report.md"))
"""What the folder of a report holds."""


def audit(
    source: StrPath,
    out: StrPath,
    options: Options | None = None,
    *,
    labels_from: LabelsFrom = AUTO,
    prices: StrPath | None = None,
    resume: bool = False,
    force: bool = False,
    readers: Readers | None = None,
    progress: Progress | None = None,
    announce: Announce | None = None,
) -> Audit:
    """Measure how weak labelled captchas are, and write the report to the folder `out`.

    Each finished run is kept in ``runs.jsonl`` of that folder at once.

    Parameters
    ----------
    source
        A folder of labelled captchas.
    out
        The folder of the report, new or empty.
    options
        What is measured, by default what ``Options`` has.
    labels_from
        Where the labels are; see `digitsolver.datasets.read_captchas`.
    prices
        A file of prices, by default the one that comes with the package.
    resume
        Go on with an audit of the same captchas and options that is in `out`; its runs are kept.
    force
        Replace the audit that is in `out`.
    readers
        Who reads and learns in the place of the default model and of ``digitsolver train``.
    progress
        Is called after each image or round of a run.
    announce
        Is called with a line for people whenever a run begins, and for what goes wrong.

    Raises
    ------
    FolderError
        `source` has no labelled captchas that can be read; `out` has other things in it, or an
        audit of other captchas or options.
    UnclearLabelsError
        The names of `source` may have labels in two places, or none.
    PricesError
        The file of prices is wrong.
    ValueError
        The length of the options is that of no label.
    """
    source, out = Path(source), Path(out)
    options = options or Options()
    if isinstance(labels_from, str) and labels_from != AUTO:
        options = replace(options, labels_from=labels_from)
    costs = _with_pace(read_prices(prices) if prices else read_prices(), source)
    samples, problems = _read(source, options, labels_from)
    looked = look_at(samples)
    kept, unusable, repeated = usable(looked)
    plan = make_plan(kept, options.labels, options.seed)
    _check_length(options, kept)
    _prepare(out, resume=resume, force=force)
    log = RunsLog(out / LOG, about_audit(plan, options), resume=resume)
    measured = measure(plan, options, log, readers=readers, progress=progress, announce=announce)
    scope = _scope(source, options, plan, [*problems, *unusable])
    found = _conclude(looked, scope, options, measured, costs)
    limits = [*_limits(plan, options, repeated), *_people(source), *measured.notes]
    found = replace(found, limits=tuple(limits))
    _write(found, out, samples, costs, announce)
    return found


def _read(
    source: Path, options: Options, labels_from: LabelsFrom
) -> tuple[list[Sample], list[Problem]]:
    """Return the captchas with a label of the alphabet, and what is wrong with others."""
    found, problems = read_captchas(source, labels_from=labels_from, alphabet=options.alphabet)
    samples, foreign = check_labels(found, options.alphabet)
    if not samples:
        raise FolderError(f"expected labels, found none that fits; {foreign[0]}", source)
    return samples, [*problems, *foreign]


def _check_length(options: Options, samples: Sequence[Sample]) -> None:
    """Raise ``ValueError`` where no label has the length that is asked for."""
    lengths = sorted({len(sample.label or "") for sample in samples})
    if options.length is not None and options.length not in lengths:
        expected = ", ".join(map(str, lengths))
        raise ValueError(
            f"length: expected one that labels have ({expected}), found {options.length}"
        )


def _prepare(out: Path, *, resume: bool, force: bool) -> None:
    """Make the folder of the report, or check the one that is there."""
    if out.exists() and not out.is_dir():
        raise FolderError("expected a folder or nothing, found a file", out)
    try:
        out.mkdir(parents=True, exist_ok=True)
        names = sorted(path.name for path in out.iterdir())
    except OSError as error:
        raise FolderError(f"cannot be written: {error.strerror}", out) from None
    names = [name for name in names if not name.startswith(".")]  # of a write that was killed
    foreign = next((name for name in names if name not in OURS), None)
    if foreign is not None:
        raise FolderError(
            f"expected a new or empty folder, or an earlier audit, found {printable(foreign)!r}",
            out,
        )
    if names and not resume and not force:
        raise FolderError(
            "expected a new or empty folder, found an audit; --resume goes on with it, "
            "--force replaces it",
            out,
        )


def _with_pace(prices: Prices, source: Path) -> Prices:
    """Replace the stated duration of a label by what labels of this folder took, where known."""
    pace = seconds_a_label(source)
    if pace is None:
        return prices
    seconds, count = pace
    measured = replace(
        prices.label_seconds,
        value=round(seconds, 2),
        date=datetime.now(UTC).date().isoformat(),
        source=f"measured: the median of {count} labels typed for these captchas ({JOURNAL})",
    )
    return replace(prices, label_seconds=measured)


def _scope(source: Path, options: Options, plan: Plan, unusable: Sequence[Problem]) -> Scope:
    labels = [sample.label or "" for sample in (*plan.test, *plan.rest)]
    lengths = Counter(map(len, labels))
    return Scope(
        source=printable(source),
        owner=options.owner,
        captchas=len(labels),
        test=len(plan.test),
        alphabet="".join(sorted({*"".join(labels)})),
        lengths={str(length): lengths[length] for length in sorted(lengths)},
        unusable=tuple(map(str, unusable)),
    )


def _conclude(
    looked: Looked,
    scope: Scope,
    options: Options,
    measured: Measurement,
    prices: Prices,
) -> Audit:
    """Return the audit that follows from what was measured."""
    runs = tuple(one.run for one in measured.runs)
    curve = points(measured.runs)
    examined = examine(looked.looks, options.seed)
    verdict = decide(curve, scope, examined.findings, runs)
    return Audit(
        version=__version__,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        seed=options.seed,
        options=options.as_given(),
        scope=scope,
        runs=runs,
        points=curve,
        needed=needed(curve),
        left_out=tuple(measured.left_out),
        costs=cost_of(curve, runs, prices),
        findings=(reading_finding(curve, scope, runs), *examined.findings),
        defences=match_defences(looked, verdict.labels or 0),
        verdict=verdict,
        limits=(),
        answers=examined.answers,
    )


def _limits(plan: Plan, options: Options, repeated: int) -> list[str]:
    """Say what the figures depend on."""
    lines = []
    length = options.length or plan.length
    if length is not None:
        lines.append(f"The readers of digitsolver were given the length of texts, {length}.")
    if repeated:
        lines.append(f"{repeated} images that are equal to another one were left out of the rates.")
    if options.programs:
        lines.append(
            "A program is started for each image, so its times and costs include its start."
        )
    return lines


def _people(source: Path) -> list[str]:
    """Say how many of the captchas people found to be unreadable, where that was recorded."""
    found = unreadable(source)
    if found is None:
        return []
    count, looked = found
    low, high = wilson(count, looked)
    line = (
        f"People marked {count} of {looked} captchas as unreadable while they labelled them: "
        f"{percent(count / looked)} ({percent(low)} to {percent(high)}, 95 % interval). What they "
        "misread is not in this figure."
    )
    return [line]


def _write(
    found: Audit, out: Path, samples: Sequence[Sample], prices: Prices, announce: Announce | None
) -> None:
    """Write the report, and the prices that it was computed from."""
    files.write_text(out / PRICES_COPY, prices.as_toml())
    try:
        report.write(found, out, samples)
    except MissingExtraError as error:
        if announce:
            announce(str(error))
