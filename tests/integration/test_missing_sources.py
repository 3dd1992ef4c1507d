"""A deployment that lacks sources: its night runs, what the others feed is there, the rest is empty and says so."""

from __future__ import annotations

import shutil
from contextlib import closing
from datetime import date
from pathlib import Path

import duckdb
import pytest

from demo.brokerage import write_days
from demo.world import World
from tests.reliability.homes import new_home, succeeded

WORLD = World(seed=5, people=120, first_day=date(2026, 1, 5), days=2)
EVENTS_ALONE = ("app/events",)
TRADES_ALONE = ("broker/trades", "broker/customers", "market/trading_days")


def night_of(tables: tuple[str, ...], folder: Path) -> tuple[str, duckdb.DuckDBPyConnection]:
    """Land nothing but `tables` of the demo, run the night, and return what it printed and what it serves."""
    write_days(folder / "landing", world=WORLD, days=WORLD.dates)
    home = new_home(folder / "home")
    for table in tables:
        shutil.copytree(folder / "landing" / table, home.landing / table)
    printed = succeeded(home, "nightly").output
    return printed, duckdb.connect(str(home.published / "current" / "lifecycle.duckdb"), read_only=True)


def counted(served: duckdb.DuckDBPyConnection, query: str) -> int:
    found = served.execute(f"select count(*) from {query}").fetchone()
    assert found is not None
    return int(found[0])


@pytest.mark.timeout(600)
def test_with_events_alone_people_are_visitors_and_registered_and_nobody_has_money(tmp_path: Path) -> None:
    printed, served = night_of(EVENTS_ALONE, tmp_path)
    with closing(served):
        stages = served.execute(
            "select distinct stage_type from marts.fct_person_stages order by all"
        ).fetchall()
        assert ("visitor",) in stages
        assert set(stages) <= {("visitor",), ("registered",)}
        assert counted(served, "marts.rpt_daily_active_people where active_people_count > 0") == 2
        assert counted(served, "tags.tags_assets") == counted(served, "tags.tags_activity") > 0
        assert counted(served, "tags.tags_assets where total_assets_cny is not null") == 0
        assert counted(served, "marts.rpt_opening_funnel") == 0
    assert "marts.rpt_opening_funnel is empty" in printed
    assert "raw/broker/customers: delivered: nothing was delivered from 2026-01-06" in printed


@pytest.mark.timeout(600)
def test_with_trades_alone_people_are_customers_and_nobody_is_active_in_the_app(tmp_path: Path) -> None:
    printed, served = night_of(TRADES_ALONE, tmp_path)
    with closing(served):
        assert counted(served, "marts.fct_person_stages where stage_type in ('visitor', 'registered')") == 0
        assert (
            counted(
                served, "marts.fct_person_stages where stage_type in ('active', 'core', 'newly_invested')"
            )
            > 0
        )
        assert counted(served, "marts.rpt_daily_active_people where active_people_count > 0") == 0
        assert counted(served, "tags.tags_activity") == counted(served, "tags.tags_account") > 0
    assert "raw/app/events: delivered: nothing was delivered from 2026-01-06" in printed
