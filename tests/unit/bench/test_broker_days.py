"""The broker of the benchmark: its files pass the contracts, and what is late comes from the days before."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb
import pytest

from bench.broker_days import LATE, Broker, land_days

BROKER = Broker(people=2_000, first_day=date(2026, 1, 1))


@pytest.fixture(scope="module")
def landing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("landing")
    land_days(BROKER, BROKER.days(5), landing=folder)
    return folder


def ask(query: str) -> list[tuple]:
    with duckdb.connect() as connection:
        return connection.execute(query).fetchall()


def test_a_day_on_its_own_has_the_rows_that_it_has_in_a_range(landing: Path, tmp_path: Path) -> None:
    last = BROKER.days(5)[-1:]
    land_days(BROKER, last, landing=tmp_path)
    for file in sorted(tmp_path.rglob("*.*")):
        other = landing / file.relative_to(tmp_path)
        read = "read_json" if file.suffix == ".gz" else "read_parquet"
        assert ask(f"from {read}('{file}') order by all") == ask(f"from {read}('{other}') order by all")
    assert not list(tmp_path.glob("broker/login_links/*"))


def test_everybody_opens_the_app_on_the_first_day(landing: Path) -> None:
    devices = f"select count(distinct anonymous_id) from read_json('{landing}/app/events/2026-01-01/*')"
    assert ask(devices) == [(2_000 - not_on_time(landing),)]


def not_on_time(landing: Path) -> int:
    """Count those whose every event of the first day is delivered later."""
    first = ask(f"select distinct anonymous_id from read_json('{landing}/app/events/2026-01-01/*')")
    every = ask(f"select distinct anonymous_id from read_json('{landing}/app/events/*/*')")
    assert len(every) == 2_000
    return len(every) - len(first)


def test_three_rows_in_a_hundred_are_late_by_up_to_three_days(landing: Path) -> None:
    lags = dict(
        ask(
            f"select date '2026-01-05' - cast(to_timestamp(time / 1000 + 28800) as date), count(*)"
            f" from read_json('{landing}/app/events/2026-01-05/*') group by all"
        )
    )
    assert sorted(lags) == [0, 1, 2, 3]
    late = sum(count for lag, count in lags.items() if lag)
    assert 0.5 * LATE <= late / sum(lags.values()) <= 2.5 * LATE
