import dataclasses
import tomllib
from pathlib import Path
from typing import Any

import pytest
import tomli_w

from digitsolver.audit.costs import PRICES, cost_of, read_prices
from digitsolver.audit.records import Kind, Point, Price, Run
from digitsolver.errors import PricesError


def changed(path: Path, key: str, value: object) -> Path:
    """Write the prices that come with the package, one value changed or, with None, left out."""
    table: dict[str, Any] = tomllib.loads(PRICES.read_text(encoding="utf-8"))
    place: Any = table
    *parts, last = key.split(".")
    for part in parts:
        place = place[int(part)] if part.isdigit() else place[part]
    if value is None:
        del place[last]
    else:
        place[last] = value
    path.write_text(tomli_w.dumps(table), encoding="utf-8")
    return path


def test_every_price_has_a_date_and_a_source() -> None:
    prices = read_prices()
    assert len(prices.services) >= 2
    for price in prices.all:
        assert price.value > 0
        assert len(price.date) == 10
        assert "http" in price.source or "assumption" in price.source


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        (
            "cpu_hour.value",
            "cheap",
            "cpu_hour.value: expected a number of 0 or more, found 'cheap'",
        ),
        ("cpu_hour.value", -1, "cpu_hour.value: expected a number of 0 or more, found -1"),
        (
            "cpu_hour.value",
            float("nan"),
            "cpu_hour.value: expected a number of 0 or more, found nan",
        ),
        ("cpu_hour.value", True, "cpu_hour.value: expected a number of 0 or more, found True"),
        ("wage_hour.unit", "USD per day", 'wage_hour.unit: expected "USD per hour", found'),
        ("wage_hour.date", "today", "wage_hour.date: expected a date such as 2026-11-30, found"),
        ("label_seconds.source", "", "label_seconds.source: expected a text, found ''"),
        ("label_seconds.name", None, "label_seconds.name: expected a text, found none"),
        ("label_seconds", None, "label_seconds: expected a table with name, value, unit, date"),
        ("label_seconds.prize", 3, "label_seconds.prize: expected one of the keys name, value"),
        ("services.0.value", None, "services[1].value: expected a number of 0 or more, found none"),
        ("services", 3, "services: expected tables [[services]], found 3"),
        ("currency", "dollars", "currency: expected a code such as USD, found 'dollars'"),
        ("wages", 3, "wages: expected one of the keys currency, cpu_hour"),
        ("wages", "x" * 500, "…"),
    ],
)
def test_a_wrong_price_is_named(tmp_path: Path, key: str, value: object, message: str) -> None:
    path = changed(tmp_path / "mine.toml", key, value)
    with pytest.raises(PricesError) as error:
        read_prices(path)
    assert str(error.value).startswith(f"{path}: ")
    assert message in str(error.value)
    assert len(error.value.reason) < 200


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"currency = ", "expected TOML in UTF-8"),
        (b"\xff\xfe", "expected TOML in UTF-8"),
        (None, "expected a file of prices, found No such file"),
    ],
)
def test_a_file_that_cannot_be_read(tmp_path: Path, content: bytes | None, message: str) -> None:
    path = tmp_path / "mine.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(PricesError, match=message):
        read_prices(path)


def test_another_currency_needs_its_units_everywhere(tmp_path: Path) -> None:
    text = PRICES.read_text(encoding="utf-8").replace('"USD', '"EUR')
    path = tmp_path / "euro.toml"
    path.write_text(text, encoding="utf-8")
    assert read_prices(path).currency == "EUR"
    path.write_text(text.replace('"EUR per 1,000 answers"', '"USD per 1,000 answers"', 1))
    with pytest.raises(PricesError, match=r'services\[1\].unit: expected "EUR per 1,000 answers"'):
        read_prices(path)


def test_costs_worked_out_by_hand() -> None:
    def price(value: float, unit: str) -> Price:
        return Price("", value, unit, "2026-11-30", "")

    prices = dataclasses.replace(
        read_prices(),
        cpu_hour=price(0.36, "USD per hour"),
        label_seconds=price(20, "seconds"),
        wage_hour=price(18, "USD per hour"),
        services=(price(2.0, "USD per 1,000 answers"),),
    )
    runs = [
        Run("a", Kind.FITTED, 50, seed, 100, 25, 0, 4.0 + 2 * seed, 10.0, 60.0, 1000.0)
        for seed in range(2)
    ]
    found = [
        Point("a", Kind.FITTED, 50, 2, 0.25, (0, 1)),
        Point("b", Kind.OUTSIDE, 0, 1, 0, (0, 1)),
    ]
    runs.append(Run("b", Kind.OUTSIDE, 0, 0, 100, 0, 100, 1.0, 1.0))
    costs = cost_of(found, runs, prices)
    one, other = costs.attackers
    assert one.attempts == 4
    assert one.seconds == pytest.approx(4 * 0.05)
    assert one.preparation == pytest.approx(50 * 0.1 + 0.1)  # 20 s at 18 an hour; 1000 s of a core
    assert one.thousand == pytest.approx(4000 * 0.1 * 0.0001)
    assert (other.attempts, other.seconds, other.preparation, other.thousand) == (
        None,
        None,
        0,
        None,
    )
    assert [service.thousand for service in costs.services] == [2.0]
    assert len(costs.prices) == 4


def test_no_price_is_hidden_in_code() -> None:
    """A price of zero makes all costs zero."""
    prices = read_prices()
    free = dataclasses.replace(
        prices,
        cpu_hour=dataclasses.replace(prices.cpu_hour, value=0.0),
        wage_hour=dataclasses.replace(prices.wage_hour, value=0.0),
    )
    runs = [Run("a", Kind.FITTED, 50, 0, 100, 25, 0, 4.0, 10.0, 60.0, 1000.0)]
    costs = cost_of([Point("a", Kind.FITTED, 50, 1, 0.25, (0, 1))], runs, free)
    assert (costs.attackers[0].preparation, costs.attackers[0].thousand) == (0, 0)
