"""Whichever order the days come in, with nights for later dates first: the same bytes in the end."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from demo.world import World
from storage.home import Home
from tests.reliability.accounts import account, differences, imbalances, warehouse_differences
from tests.reliability.homes import FIRST_DAY
from tests.reliability.ordering import Steps, processed, written

# Few people and four days: enough for rows that come one, two and three days late. Five orders, a night after each of
# ten days, are a figure of tests/acceptance.
WORLD = World(seed=13, people=60, first_day=FIRST_DAY, days=4)
DAYS = WORLD.dates
# Deliveries fall before and between those of nights that have published.
LAST_FIRST: Steps = [DAYS[3:], DAYS[1:3], DAYS[:1]]


@pytest.fixture(scope="module")
def landing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("orders") / "landing", WORLD)


@pytest.fixture(scope="module")
def in_order(landing: Path) -> Home:
    """Return the home that took in all days at once, in order."""
    return processed(landing.parent / "in_order", landing=landing, steps=[DAYS])


@pytest.mark.timeout(900)
def test_days_that_come_in_another_order_publish_the_same_bytes(
    landing: Path, in_order: Home, tmp_path: Path
) -> None:
    home = processed(tmp_path / "home", landing=landing, steps=LAST_FIRST)
    held = account(home)
    assert [*imbalances(home, held), *differences(held, account(in_order))] == []
    assert warehouse_differences(home, in_order) == []


def test_these_days_hold_rows_of_one_two_and_three_days_before(in_order: Home) -> None:
    with closing(sqlite3.connect(f"file:{in_order.ledger}?mode=ro", uri=True)) as ledger:
        lateness = ledger.execute(
            "select julianday(delivery_date) - julianday(business_date), sum(row_count)"
            " from files join file_dates using (file_id) where table_name = 'events' group by 1 order by 1"
        ).fetchall()
    assert {int(days) for days, _ in lateness} >= {0, 1, 2, 3}, lateness
