"""A made-up but realistic audit, and a hostile one."""

from dataclasses import replace

from digitsolver.audit.records import (
    Answers,
    Audit,
    Cost,
    Costs,
    DefenceMatch,
    Kind,
    LeftOut,
    Level,
    Needed,
    Point,
    Price,
    Run,
    Scope,
    Significance,
)
from digitsolver.audit.texts import new_finding
from digitsolver.audit.verdict import decide, reading_finding
from digitsolver.measure.statistics import wilson

HOSTILE = "<script>document.title='run'</script>](javascript:alert(1))|`\u202e\x07\n# x &amp; ![](http://x.example/)"
"""A text that does something wherever it is not escaped."""
TEST = 150
READ = {
    ("default model", 0): (31,),
    ("fitted reader", 10): (42, 35, 39),
    ("fitted reader", 50): (101, 96, 105),
    ("fitted reader", 200): (139, 142, 137),
    ("tesseract", 0): (2,),
    ("ddddocr", 0): (57,),
}


def made_scope() -> Scope:
    return Scope(
        source="captchas/tickets",
        owner="Example Tickets Ltd, security team",
        captchas=400,
        test=TEST,
        alphabet="0123456789",
        lengths={"5": 398, "4": 2},
        unusable=("captchas/tickets/00017.png: expected a label, found none",),
    )


def made_runs() -> list[Run]:
    kinds = {"default model": Kind.DEFAULT, "fitted reader": Kind.FITTED}
    return [
        Run(
            attacker=attacker,
            kind=kinds.get(attacker, Kind.OUTSIDE),
            labels=labels,
            seed=seed,
            images=TEST,
            right=right,
            unread=4 if attacker == "tesseract" else 0,
            seconds=3.1 if attacker != "tesseract" else 21.5,
            cpu_seconds=5.9,
            training_seconds=0.9 * labels,
        )
        for (attacker, labels), rights in READ.items()
        for seed, right in enumerate(rights)
    ]


def made_points() -> list[Point]:
    runs = made_runs()
    points = []
    for (attacker, labels), rights in READ.items():
        kind = next(run.kind for run in runs if run.attacker == attacker)
        rate = sum(rights) / len(rights) / TEST
        points.append(
            Point(attacker, kind, labels, len(rights), rate, wilson(round(rate * TEST), TEST))
        )
    return points


def made_audit() -> Audit:
    """Return an audit of a captcha that is read, and whose answers leak in Exif data."""
    scope, runs, points = made_scope(), made_runs(), made_points()
    leak = new_finding(
        *("LEAK-METADATA", Level.HIGH, Level.HIGH),
        ["00001-09197.jpg: 'code 09197' has the answer '09197'", "and 399 more"],
        count=400,
        total=400,
        place="Exif ImageDescription",
        form="as it is",
    )
    uneven = new_finding(
        *("ANSWER-UNEVEN", Level.LOW, Level.HIGH),
        ["characters at position 1: '4' in 62 of 400 places (15.5%), uniform would be 10.0%"],
        guess="80,000",
        uniform="100,000",
    )
    findings = (reading_finding(points, scope, runs), leak, uneven)
    return Audit(
        version="0.9.0",
        created="2026-11-30T12:00:00+00:00",
        seed=0,
        options={"labels": "0,10,50,200", "seeds": 3, "minutes": 15.0},
        scope=scope,
        runs=tuple(runs),
        points=tuple(points),
        needed=(Needed(0.01, 0.0), Needed(0.5, 36.4), Needed(0.9, 187.0), Needed(0.99, None)),
        left_out=(
            LeftOut("fitted reader with 500 labels", "only 250 captchas are left to learn from"),
        ),
        costs=made_costs(),
        findings=findings,
        defences=(
            DefenceMatch("speckle noise", "medium", 50, 0.93, 0.88, 0.71, 0.43),
            DefenceMatch("thin lines", "-", 50, 0.99, 0.97),
            DefenceMatch("overlap", "strong", 0, 0.71, None, 0.5),
        ),
        verdict=decide(points, scope, findings, runs),
        limits=("The server was not asked: attempts, expiry and reuse are for a person to check.",),
        answers=Answers(
            images=400,
            distinct=400,
            length=None,
            characters="0123456789",
            bits=16.61,
            bits_estimated=16.4,
            bits_seen=13.9,
            level=0.001,
            tests=(
                Significance("characters at position 1", 0.00002, 0.0002),
                Significance("serial correlation", 0.41, 1.0),
            ),
            notes=("Labels at the end of file names are taken for your way of labelling.",),
        ),
    )


def made_costs() -> Costs:
    return Costs(
        currency="USD",
        attackers=(
            Cost("default model", 0, 4.8, 0.1, 0.0, 0.002),
            Cost("fitted reader", 200, 1.08, 0.02, 3.4, 0.0006),
            Cost("tesseract", 0, None, None, 0.0, None),
        ),
        services=(Cost("human solving service", 0, 1.1, 14.0, 0.0, 1.1),),
        prices=(
            Price("labelling", 15.0, "USD an hour", "2026-11-01", "an assumption"),
            Price("cpu", 0.05, "USD a core-hour", "2026-11-01", "https://cloud.example/prices"),
        ),
    )


def hostile_audit() -> Audit:
    """Return an audit whose texts come from somebody who wants the report to run something."""
    audit = made_audit()
    point = replace(audit.points[-1], attacker=HOSTILE)
    return replace(
        audit,
        scope=replace(audit.scope, source=HOSTILE, owner=HOSTILE, unusable=(HOSTILE,)),
        options={"attacker": HOSTILE},
        runs=(*audit.runs, replace(audit.runs[-1], attacker=HOSTILE)),
        points=(*audit.points, point),
        left_out=(LeftOut(HOSTILE, HOSTILE),),
        costs=replace(
            audit.costs,
            attackers=(replace(audit.costs.attackers[0], attacker=HOSTILE),),
            prices=(Price(HOSTILE, 1.0, HOSTILE, HOSTILE, HOSTILE),),
        ),
        findings=(
            *audit.findings,
            replace(
                audit.findings[1],
                summary=HOSTILE,
                evidence=(HOSTILE,),
                references=(f"{HOSTILE} javascript:alert(1)", f"{HOSTILE} https://x.example/'\""),
            ),
        ),
        verdict=replace(audit.verdict, best=HOSTILE, summary=(HOSTILE,)),
        limits=(HOSTILE,),
    )
