"""The records of an audit: what is measured and found, and what the report shows of it.

`Audit.to_json` is the content of ``report.json``. Each figure of a report comes from here.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum

from digitsolver.results import JsonObject

FORMAT = 1
"""Version of ``report.json``."""
Interval = tuple[float, float]
"""Ends of a 95 % interval."""


class Kind(StrEnum):
    """What reads the captchas."""

    DEFAULT = "default model"
    FITTED = "fitted reader"
    OUTSIDE = "outside program"


class Level(StrEnum):
    """How high a likelihood, an impact or a risk is."""

    NONE = "none"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


@dataclass(frozen=True, slots=True)
class Scope:
    """What was audited.

    ``captchas`` images have a usable label and ``unusable`` lines say what is wrong with others.
    Of these ``test`` are read, and never learned from. ``lengths`` counts the labels by length.
    """

    source: str
    owner: str | None
    captchas: int
    test: int
    alphabet: str
    lengths: Mapping[str, int]
    unusable: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Run:
    """One attacker's readings of all test captchas.

    ``labels`` captchas were learned from, chosen with ``seed``. ``unread`` images got no answer, or
    none in time. ``seconds`` is the time from the first image to the last answer and
    ``cpu_seconds`` the time of all cores; ``training_seconds`` and ``training_cpu_seconds`` what
    learning took before.
    """

    attacker: str
    kind: Kind
    labels: int
    seed: int
    images: int
    right: int
    unread: int
    seconds: float
    cpu_seconds: float
    training_seconds: float = 0.0
    training_cpu_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Point:
    """What an attacker reads with a number of labels: the mean over its runs.

    The interval covers chance in the test captchas, and in the labels where there are several runs.
    """

    attacker: str
    kind: Kind
    labels: int
    runs: int
    rate: float
    interval: Interval


@dataclass(frozen=True, slots=True)
class Needed:
    """How many labels an attacker needs for a rate: ``None`` where no point reaches it.

    Between two points the number is interpolated, along a line that never falls.
    """

    rate: float
    labels: float | None


@dataclass(frozen=True, slots=True)
class LeftOut:
    """What was not measured, and why."""

    what: str
    reason: str


@dataclass(frozen=True, slots=True)
class Price:
    """One price or duration that the costs are computed from."""

    name: str
    value: float
    unit: str
    date: str
    source: str


@dataclass(frozen=True, slots=True)
class Cost:
    """What an attacker pays for 1,000 correct answers.

    ``attempts`` is the mean number of captchas for one correct answer, and ``seconds`` the time
    that reading them takes. ``preparation`` is the price of labelling and training, paid once;
    ``thousand`` the price of 1,000 correct answers after that. ``None`` where nothing is read, or
    a service does not say it.
    """

    attacker: str
    labels: int
    attempts: float | None
    seconds: float | None
    preparation: float
    thousand: float | None


@dataclass(frozen=True, slots=True)
class Costs:
    """Costs of each attacker, those of human solving services, and the prices behind them."""

    currency: str
    attackers: tuple[Cost, ...]
    services: tuple[Cost, ...]
    prices: tuple[Price, ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """One weakness, in the shape of a report by the OWASP Web Security Testing Guide.

    ``evidence`` lines state what was observed, with figures; ``reproduce`` how to see it again.
    ``references`` are titles with addresses.
    """

    identifier: str
    title: str
    likelihood: Level
    impact: Level
    summary: str
    evidence: tuple[str, ...]
    reproduce: str
    remedy: str
    references: tuple[str, ...]

    @property
    def risk(self) -> Level:
        """Return the risk: the lower of likelihood and impact."""
        order = list(Level)
        return min(self.likelihood, self.impact, key=order.index)


@dataclass(frozen=True, slots=True)
class Significance:
    """A test whether answers are uniform and independent: its p-value, alone and after Holm."""

    name: str
    p: float
    corrected: float


@dataclass(frozen=True, slots=True)
class Answers:
    """What the answers of a set are like, whether or not that is a weakness.

    Of ``images`` labelled images, ``distinct`` differ in their pixels. ``length`` is None where the
    labels have several. ``bits`` is the entropy if all texts of ``characters`` were equally likely,
    ``bits_estimated`` what the frequency of each character at each position leaves of it (an
    estimate that takes positions as independent), and ``bits_seen`` the least collision entropy
    that so few answers can prove, at 95 %. A test counts below ``level`` after correction.
    """

    images: int
    distinct: int
    length: int | None
    characters: str
    bits: float
    bits_estimated: float
    bits_seen: float
    level: float
    tests: tuple[Significance, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DefenceMatch:
    """Where the audited look stands on one axis of the synthetic captchas, and what a change buys.

    ``strength`` is the nearest of the measured strengths; ``rate`` what an attacker with ``labels``
    of such captchas reads there, and ``stronger`` what it reads at the next strength, if there is
    one. ``legible`` and ``stronger_legible`` estimate how legible both are: what a reader of other
    people, trained on other things, reads of them; ``None`` where that was not measured.
    """

    defence: str
    strength: str
    labels: int
    rate: float
    stronger: float | None
    legible: float | None = None
    stronger_legible: float | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the audit concludes, decided by the lower bound of the best attacker's interval.

    ``hidden_rate`` is the largest rate that a sample of this size could still hide.
    """

    risk: Level
    best: str | None
    labels: int | None
    rate: float | None
    interval: Interval | None
    hidden_rate: float
    summary: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Audit:
    """All that an audit has measured and found.

    ``options`` are those of the command line by name, several of one name as a tuple.
    """

    version: str
    created: str
    seed: int
    options: Mapping[str, str | int | float | tuple[str, ...] | None]
    scope: Scope
    runs: tuple[Run, ...]
    points: tuple[Point, ...]
    needed: tuple[Needed, ...]
    left_out: tuple[LeftOut, ...]
    costs: Costs
    findings: tuple[Finding, ...]
    defences: tuple[DefenceMatch, ...]
    verdict: Verdict
    limits: tuple[str, ...]
    answers: Answers | None = None

    def to_json(self) -> JsonObject:
        """Return the content of ``report.json``."""
        findings = [{**asdict(one), "risk": one.risk} for one in self.findings]
        return {"format": FORMAT, **asdict(self), "findings": findings}
