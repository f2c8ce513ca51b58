"""What breaking a captcha costs: labels, training and reading, beside services where people solve.

Every price is in ``prices.toml``, or in a file of the user's own.
"""

import datetime
import math
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import numpy as np

from digitsolver.audit.records import Cost, Costs, Point, Price, Run
from digitsolver.errors import PricesError, printable
from digitsolver.io.files import StrPath

PRICES = Path(__file__).with_name("prices.toml")
"""The prices that come with the package."""
THOUSAND = 1000
HOUR = 3600.0
SINGLE = ("cpu_hour", "label_seconds", "wage_hour")
SERVICES = "services"
LONGEST = 60
"""Characters that a message shows of a value."""


@dataclass(frozen=True, slots=True)
class Prices:
    """The prices and durations that costs are computed from."""

    currency: str
    cpu_hour: Price
    label_seconds: Price
    wage_hour: Price
    services: tuple[Price, ...]

    @property
    def all(self) -> tuple[Price, ...]:
        """Return each of them once."""
        return (self.cpu_hour, self.label_seconds, self.wage_hour, *self.services)

    def as_toml(self) -> str:
        """Return them as a file that `read_prices` reads."""
        import tomli_w

        single = {key: _as_table(getattr(self, key)) for key in SINGLE}
        services = [_as_table(one) for one in self.services]
        return tomli_w.dumps({"currency": self.currency, **single, SERVICES: services})


def _as_table(price: Price) -> dict[str, object]:
    return {**asdict(price), "date": datetime.date.fromisoformat(price.date)}


def read_prices(path: StrPath = PRICES) -> Prices:
    """Return the prices in a TOML file like the one that comes with the package.

    Raises
    ------
    PricesError
        The file cannot be read, is no TOML, or a price in it is wrong.

    Examples
    --------
    >>> read_prices().currency
    'USD'
    """
    path = Path(path)
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise PricesError(f"expected a file of prices, found {error.strerror}", path) from None
    except ValueError as error:
        raise PricesError(f"expected TOML in UTF-8, found {error}", path) from None
    return _Checked(path, table).prices()


@dataclass(frozen=True, slots=True)
class _Checked:
    """A table of prices that is checked while it is taken apart."""

    path: Path
    table: Mapping[str, object]

    def prices(self) -> Prices:
        """Return the prices; raises PricesError for what is wrong first."""
        currency = self.table.get("currency")
        if not isinstance(currency, str) or not (currency.isalpha() and currency.isupper()):
            raise self._error("currency", "a code such as USD", currency)
        self._check_keys("", self.table, ("currency", *SINGLE, SERVICES))
        services = self.table.get(SERVICES, [])
        if not isinstance(services, list):
            raise self._error(SERVICES, f"tables [[{SERVICES}]]", services)
        hour, answers = f"{currency} per hour", f"{currency} per 1,000 answers"
        return Prices(
            currency,
            cpu_hour=self._price("cpu_hour", self.table.get("cpu_hour"), hour),
            label_seconds=self._price("label_seconds", self.table.get("label_seconds"), "seconds"),
            wage_hour=self._price("wage_hour", self.table.get("wage_hour"), hour),
            services=tuple(
                self._price(f"{SERVICES}[{number}]", one, answers)
                for number, one in enumerate(services, 1)
            ),
        )

    def _price(self, key: str, table: object, unit: str) -> Price:
        """Return one price in `unit`."""
        if not isinstance(table, dict):
            raise self._error(key, "a table with name, value, unit, date and source", table)
        self._check_keys(f"{key}.", table, [field.name for field in fields(Price)])
        value, date = table.get("value"), table.get("date")
        if isinstance(value, bool) or not isinstance(value, int | float) or not _is_amount(value):
            raise self._error(f"{key}.value", "a number of 0 or more", value)
        if not isinstance(date, datetime.date) or isinstance(date, datetime.datetime):
            raise self._error(f"{key}.date", "a date such as 2026-11-30", date)
        if table.get("unit") != unit:
            raise self._error(f"{key}.unit", f'"{unit}"', table.get("unit"))
        texts = []
        for name in ("name", "source"):
            text = table.get(name)
            if not isinstance(text, str) or not text.strip():
                raise self._error(f"{key}.{name}", "a text", text)
            texts.append(text)
        return Price(texts[0], float(value), unit, date.isoformat(), texts[1])

    def _check_keys(self, start: str, table: Mapping[str, object], known: Sequence[str]) -> None:
        other = next((key for key in table if key not in known), None)
        if other is not None:
            raise self._error(
                f"{start}{other}", f"one of the keys {', '.join(known)}", table[other]
            )

    def _error(self, key: str, expected: str, found: object) -> PricesError:
        shown = "none" if found is None else repr(found)
        shown = shown if len(shown) <= LONGEST else f"{shown[:LONGEST]}…"
        return PricesError(f"{printable(key)}: expected {expected}, found {shown}", self.path)


def _is_amount(value: float) -> bool:
    return math.isfinite(value) and 0 <= value <= 1e9


def cost_of(points: Sequence[Point], runs: Sequence[Run], prices: Prices) -> Costs:
    """Return what each attacker pays at each point, and what services take.

    Parameters
    ----------
    points
        The rates.
    runs
        The runs behind them; times are the means of an attacker's runs with as many labels.
    prices
        What labels, people, processors and services cost.
    """
    attackers = []
    for point in points:
        same = [run for run in runs if (run.attacker, run.labels) == (point.attacker, point.labels)]
        attackers.append(_cost(point, same, prices))
    services = tuple(Cost(one.name, 0, None, None, 0.0, one.value) for one in prices.services)
    return Costs(prices.currency, tuple(attackers), services, prices.all)


def _cost(point: Point, runs: Sequence[Run], prices: Prices) -> Cost:
    """Return what an attacker pays for 1,000 correct answers."""
    processor = prices.cpu_hour.value / HOUR
    learning = float(np.mean([run.training_cpu_seconds for run in runs]))
    label = prices.label_seconds.value * prices.wage_hour.value / HOUR
    preparation = point.labels * label + learning * processor
    if not point.rate:
        return Cost(point.attacker, point.labels, None, None, preparation, None)
    attempts = 1 / point.rate
    image = float(np.mean([run.seconds / run.images for run in runs]))
    cpu = float(np.mean([run.cpu_seconds / run.images for run in runs]))
    return Cost(
        point.attacker,
        point.labels,
        attempts,
        attempts * image,
        preparation,
        THOUSAND * attempts * cpu * processor,
    )
