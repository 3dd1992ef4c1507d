"""Which dates a night rebuilds, and whether the file it builds in can be trusted."""

from __future__ import annotations

import pytest

from storage.build import plan_build, plan_rebuild
from storage.lake import lake_file
from tests.unit.storage.nights import Nights, built, day, days, plan, touch


def test_a_first_load_of_sixty_days_is_sixty_snapshots(nights: Nights) -> None:
    touch(nights, *range(1, 61))
    found = plan(nights, 60)
    assert found.is_full
    assert found.facts == found.as_of == days(1, 60)
    assert len(found.marks) == 60


def test_one_night_is_a_range_of_one(nights: Nights) -> None:
    built(nights, 1, 60)
    touch(nights, 61)
    found = plan(nights, 61)
    assert not found.is_full
    assert found.facts == found.as_of == (day(61),)
    assert found.reason == "1 dates touched, 1 snapshots to build"


def test_a_night_without_a_file_still_has_its_snapshot(nights: Nights) -> None:
    built(nights, 1, 60)
    found = plan(nights, 61)
    assert (found.facts, found.as_of) == ((), (day(61),))


def test_a_missed_week_is_filled(nights: Nights) -> None:
    built(nights, 1, 60)
    touch(nights, *range(61, 68))
    found = plan(nights, 67)
    assert found.facts == found.as_of == days(61, 67)


def test_a_late_row_restates_the_snapshots_from_its_day_on(nights: Nights) -> None:
    built(nights, 1, 60)
    touch(nights, 57, 61)
    found = plan(nights, 61)
    assert found.facts == (day(57), day(61))
    assert found.as_of == days(57, 61)


def test_an_old_row_restates_from_the_first_snapshot_that_the_kept_ones_lead_to(nights: Nights) -> None:
    built(nights, 1, 90)
    touch(nights, 40, 91)
    found = plan(nights, 91)
    assert found.facts == (day(40), day(91))
    # Day 40 is 9 February: of January only the last day is kept.
    assert found.as_of == days(32, 91)
    touch(nights, 5)
    assert plan(nights, 91).as_of == days(1, 91)


def test_missed_nights_restate_what_they_would_have_one_by_one(nights: Nights) -> None:
    built(nights, 1, 60)
    touch(nights, 50, *range(61, 66))
    assert plan(nights, 65).as_of == days(50, 65)


def test_history_before_the_first_snapshot_adds_the_ones_never_built(nights: Nights) -> None:
    built(nights, 31, 60)
    touch(nights, 21, 22)
    found = plan(nights, 60)
    assert found.facts == days(21, 22)
    assert found.as_of == days(21, 60)


def test_what_lies_after_the_night_waits(nights: Nights) -> None:
    built(nights, 1, 60)
    touch(nights, 61, 62, 90)
    found = plan(nights, 61)
    assert found.facts == found.as_of == (day(61),)
    assert [mark.business_date for mark in found.marks] == [day(61)]


def test_nothing_touched_and_already_built_is_nothing_to_do(nights: Nights) -> None:
    built(nights, 1, 60)
    found = plan(nights, 60)
    assert (found.facts, found.as_of, found.marks, found.is_full) == ((), (), (), False)
    assert found.reason == "nothing to rebuild"


def test_nothing_landed_is_nothing_to_do(nights: Nights) -> None:
    found = plan(nights, 60)
    assert (found.facts, found.as_of, found.is_full, found.reason) == ((), (), False, "nothing has landed")


def test_an_earlier_night_brings_the_later_snapshots_up_to_date_too(nights: Nights) -> None:
    built(nights, 1, 60)
    touch(nights, 55)
    found = plan(nights, 56)
    assert found.as_of_date == day(60)
    assert found.as_of == days(55, 60)


def test_a_backfill_restates_from_the_date_it_names(nights: Nights) -> None:
    built(nights, 1, 60)
    assert plan(nights, 60, restate_from=day(31)).as_of == days(31, 60)
    assert plan(nights, 60, restate_from=day(-99)).as_of == days(1, 60)


def test_a_rebuild_is_every_date_of_the_lake_up_to_the_newest_night(nights: Nights) -> None:
    for number in (1, 2, 5):
        nights.land(number)
    built(nights, 1, 8)
    found = plan_rebuild(nights.ledger, as_of_date=day(4), reason="asked for")
    assert found.is_full
    assert found.facts == (day(1), day(2), day(5))
    assert found.as_of == days(1, 8)


# What the models find.


def test_the_views_show_the_dates_to_rebuild_and_no_others(nights: Nights) -> None:
    for number in (1, 2, 3):
        nights.land(number, count=number)
    nights.build(3)
    nights.ledger.clear_marks(nights.ledger.marks())
    nights.land(2, count=7)
    nights.land(4, count=4)
    nights.prepare(plan(nights, 4))
    assert nights.ask("select business_date, count(*) from lake.app__events group by all order by all") == [
        (day(2), 7),
        (day(4), 4),
    ]
    assert nights.ask("from control.build_dates order by all") == [
        ("as_of", day(2)),
        ("as_of", day(3)),
        ("as_of", day(4)),
        ("facts", day(2)),
        ("facts", day(4)),
    ]
    assert nights.ask("from control.night") == [(day(4), day(1))]


@pytest.mark.parametrize("has_rows", [True, False])
def test_a_view_has_the_columns_and_types_of_its_contract(nights: Nights, has_rows: bool) -> None:
    nights.land(1)
    found = plan(nights, 1) if has_rows else plan_build(nights.ledger, as_of_date=day(0))
    nights.prepare(found)
    assert nights.ask("select column_name, column_type from (describe lake.app__events)") == [
        ("event_id", "BIGINT"),
        ("login_id", "VARCHAR"),
        ("amount_cny", "DECIMAL(18,2)"),
        ("tag", "VARCHAR"),
        ("happened_at", "TIMESTAMP"),
        ("business_date", "DATE"),
        ("delivery_date", "DATE"),
    ]
    assert nights.ask("select count(*) from lake.app__events") == [(3 if has_rows else 0,)]


def test_a_source_without_files_is_an_empty_relation(nights: Nights) -> None:
    nights.land(1)
    nights.prepare(plan(nights, 1))
    assert nights.ask("from lake.broker__funds") == []
    assert ("units", "DECIMAL(20,4)") in nights.ask(
        "select column_name, column_type from (describe lake.broker__funds)"
    )


def test_a_contract_that_is_gone_leaves_no_view(nights: Nights) -> None:
    nights.land(1)
    nights.prepare(plan(nights, 1))
    nights.execute("create view lake.gone as select 1 as one")
    nights.seal(plan(nights, 1), relations=())
    nights.prepare(plan(nights, 2))
    names = nights.ask("select view_name from duckdb_views() where schema_name = 'lake' order by all")
    assert names == [("app__events",), ("broker__funds",)]


def test_a_date_without_rows_needs_no_file(nights: Nights) -> None:
    nights.land(1)
    nights.land(2, count=0)
    lake_file(nights.home, "app", "events", day(2)).unlink()
    nights.prepare(plan(nights, 2))
    assert nights.ask("select count(*) from lake.app__events") == [(3,)]


def test_a_lost_lake_file_stops_the_night_and_is_named(nights: Nights) -> None:
    nights.land(1)
    lost = lake_file(nights.home, "app", "events", day(1))
    lost.unlink()
    with pytest.raises(FileNotFoundError, match=f"{lost}.*replay app.events"):
        nights.prepare(plan(nights, 1))


# Whether the file is trusted.
