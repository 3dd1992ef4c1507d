"""Which dates a night rebuilds, and whether the file it builds in can be trusted."""

from __future__ import annotations

import json
import logging
import random
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import date
from pathlib import Path

import duckdb
import pytest

from storage.build import BuildPlan, built_range, plan_build, plan_rebuild
from storage.engine import connect
from storage.fingerprints import Relation, take_fingerprints
from storage.lake import lake_file
from tests.unit.storage.nights import DAYS, MODELS, RELATIONS, SETTINGS, SNAPSHOTS, TOTALS, Nights, day


def days(first: int, last: int) -> tuple[date, ...]:
    return tuple(day(number) for number in range(first, last + 1))


def plan(nights: Nights, number: int, **options: int | date) -> BuildPlan:
    return plan_build(nights.ledger, as_of_date=day(number), **options)  # type: ignore[arg-type]


def touch(nights: Nights, *numbers: int) -> None:
    nights.ledger.mark("app", "events", [day(number) for number in numbers])


def built(nights: Nights, first: int, last: int) -> None:
    nights.ledger.record_fact("oldest_as_of_date", day(first).isoformat())
    nights.ledger.record_fact("newest_as_of_date", day(last).isoformat())


# Which dates.


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


def test_snapshots_before_the_limit_stay_as_published(nights: Nights) -> None:
    built(nights, 1, 60)
    touch(nights, 20, 61)
    found = plan(nights, 61)
    assert found.facts == (day(20), day(61))
    assert found.as_of == days(54, 61)
    assert plan(nights, 61, restate_days=2).as_of == days(59, 61)


def test_missed_nights_restate_what_they_would_have_one_by_one(nights: Nights) -> None:
    built(nights, 1, 60)
    touch(nights, 54, *range(61, 66))
    assert plan(nights, 65).as_of == days(54, 65)


def test_history_before_the_first_snapshot_adds_the_ones_never_built(nights: Nights) -> None:
    built(nights, 31, 60)
    touch(nights, 21, 22)
    found = plan(nights, 60)
    assert found.facts == days(21, 22)
    assert found.as_of == days(21, 30) + days(53, 60)


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


@pytest.fixture(scope="module")
def loaded_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home after a first load of 120 days whose marks are cleared; day 121 is to come."""
    nights = Nights.at(tmp_path_factory.mktemp("loaded") / "home")
    for number in (1, 60, 119, 120):
        nights.land(number)
    nights.build(120)
    nights.ledger.clear_marks(nights.ledger.marks())
    nights.land(121)
    nights.ledger.close()
    return nights.home.root


@pytest.fixture
def after(loaded_home: Path, tmp_path: Path) -> Iterator[Nights]:
    """A copy of that home."""
    shutil.copytree(loaded_home, tmp_path / "home")
    nights = Nights.at(tmp_path / "home")
    yield nights
    nights.ledger.close()


def test_a_file_as_it_was_sealed_is_extended(after: Nights, caplog: pytest.LogCaptureFixture) -> None:
    found = after.prepare(plan(after, 121))
    assert (found.is_full, found.as_of) == (False, (day(121),))
    assert caplog.records == []


DOUBTS: dict[str, tuple[str, str]] = {
    "a row changed": (
        "update marts.fct_days set amount_cny = amount_cny + 1 where business_date = '2026-04-29'",
        "marts.fct_days on 2026-04-29 has other rows than were sealed",
    ),
    "a row doubled": (
        "insert into marts.fct_days from marts.fct_days where business_date = '2026-04-29' limit 1",
        "marts.fct_days on 2026-04-29 has 4 rows instead of 3",
    ),
    "a row lost long ago": (
        "delete from marts.fct_days where business_date = '2026-01-01' and login_id = 'login-0'",
        "marts.fct_days on 2026-01-01 has 2 rows instead of 3",
    ),
    "a date appeared": (
        "insert into marts.fct_days select '2025-01-01', login_id, 1, tags from marts.fct_days limit 1",
        "marts.fct_days on 2025-01-01 has 1 rows instead of 0",
    ),
    "a table is gone": ("drop table marts.rpt_totals", "marts.rpt_totals is missing"),
    "a date column is gone": (
        "create or replace table marts.fct_days as select login_id from marts.fct_days",
        "marts.fct_days has no column business_date",
    ),
}


@pytest.mark.parametrize(("sql", "reason"), DOUBTS.values(), ids=DOUBTS)
def test_a_file_that_differs_from_the_ledger_is_made_anew(
    after: Nights, sql: str, reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    after.execute(sql)
    found = after.prepare(plan(after, 121))
    assert (found.is_full, found.reason) == (True, reason)
    assert (found.facts, found.as_of) == ((day(1), day(60), day(119), day(120), day(121)), days(1, 121))
    assert after.ask("select count(*) from duckdb_tables() where schema_name = 'marts'") == [(0,)]
    assert reason in caplog.text


def test_an_undated_table_is_compared_when_nothing_rewrites_it(after: Nights) -> None:
    after.ledger.clear_marks(after.ledger.marks())
    after.execute("update marts.rpt_totals set amount_cny = 0")
    assert after.prepare(plan(after, 120)).reason == "marts.rpt_totals has other rows than were sealed"


def test_an_undated_table_that_the_night_rewrites_may_differ(after: Nights) -> None:
    after.execute("update marts.rpt_totals set amount_cny = 0")
    assert not after.prepare(plan(after, 121)).is_full


def truncate_log(nights: Nights) -> None:
    """Leave the file as a copy without its log would be: it opens cleanly and lacks the last commits."""
    source = nights.home.warehouse
    code = (
        "import duckdb, os, shutil, sys\n"
        "c = duckdb.connect(sys.argv[1])\n"
        "c.execute(\"set checkpoint_threshold = '1TB'\")\n"
        "c.execute(\"delete from marts.fct_days where business_date = '2026-04-29'\")\n"
        "os._exit(0)\n"
    )
    subprocess.run([sys.executable, "-c", code, str(source)], check=True)
    assert source.with_name(f"{source.name}.wal").stat().st_size > 0


def test_commits_lost_with_the_log_are_noticed(after: Nights) -> None:
    home = after.home
    early = home.root / "early.duckdb"
    shutil.copy(home.warehouse, early)
    found = after.prepare(plan(after, 121))
    after.execute(MODELS)
    after.seal(found)
    after.ledger.clear_marks(after.ledger.marks())
    shutil.copy(early, home.warehouse)
    found = after.prepare(plan(after, 122))
    assert (found.is_full, found.reason) == (True, "marts.fct_days on 2026-05-01 has 0 rows instead of 3")


def test_a_log_left_by_something_else_is_replayed_and_noticed(after: Nights) -> None:
    truncate_log(after)
    found = after.prepare(plan(after, 121))
    assert (found.is_full, found.reason) == (True, "marts.fct_days on 2026-04-29 has 0 rows instead of 3")
    assert not after.home.warehouse.with_name("lifecycle.duckdb.wal").exists()


def lose_file(path: Path) -> None:
    path.unlink()


def empty_file(path: Path) -> None:
    path.write_bytes(b"")


def halve_file(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def overwrite_file(path: Path) -> None:
    path.write_bytes(b"this is no database")


def flip_bits(path: Path) -> None:
    content = bytearray(path.read_bytes())
    for position in range(8192, len(content), 4096):
        content[position + 100] ^= 0xFF
    path.write_bytes(content)


@pytest.mark.parametrize("damage", [lose_file, empty_file, halve_file, overwrite_file, flip_bits])
def test_an_unreadable_file_is_made_anew(after: Nights, damage: Callable[[Path], None]) -> None:
    expected = after.ask("from marts.fct_snapshots where as_of_date <= '2026-04-30' order by all")
    damage(after.home.warehouse)
    found = after.build(121)
    assert found.is_full
    assert after.ask("from marts.fct_snapshots where as_of_date <= '2026-04-30' order by all") == expected


def test_a_file_of_another_engine_is_made_anew(after: Nights) -> None:
    seal = json.loads(after.ledger.fact("build_seal") or "")
    after.ledger.record_fact("build_seal", json.dumps({**seal, "engine": "v1.2.0"}))
    found = after.prepare(plan(after, 121))
    assert found.is_full
    assert found.reason.startswith("it was made by DuckDB v1.2.0 and this is v")


def test_what_a_killed_run_left_on_its_own_dates_is_accepted(after: Nights) -> None:
    after.prepare(plan(after, 121))
    after.execute(MODELS)
    after.execute("delete from marts.fct_snapshots where as_of_date = '2026-05-01' and login_id = 'login-0'")
    found = after.build(121)
    assert not found.is_full
    assert after.ask("select count(*) from marts.fct_snapshots where as_of_date = '2026-05-01'") == [(3,)]


def test_a_killed_rebuild_is_begun_again(after: Nights) -> None:
    after.ledger.clear_marks(after.ledger.marks())
    after.prepare(plan_rebuild(after.ledger, as_of_date=day(120), reason="asked for"))
    after.execute(MODELS)
    found = after.prepare(plan(after, 120))
    assert (found.is_full, found.reason) == (True, "no build was finished")
    assert found.as_of == days(1, 120)


def test_a_file_held_by_another_process_is_left_alone(after: Nights) -> None:
    code = (
        "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('held', flush=True); sys.stdin.readline()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(after.home.warehouse)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        with pytest.raises(duckdb.IOException, match=rf"PID {holder.pid}\b"):
            after.prepare(plan(after, 121))
    assert not after.prepare(plan(after, 121)).is_full


def test_a_first_build_says_so_and_warns_of_nothing(nights: Nights, caplog: pytest.LogCaptureFixture) -> None:
    nights.land(1)
    with caplog.at_level(logging.WARNING):
        found = nights.prepare(plan(nights, 1))
    assert (found.is_full, found.reason, caplog.text) == (True, "nothing was built before", "")


# Sealing.


def sealed(nights: Nights) -> dict[str, dict[str, tuple[int, str]]]:
    return {relation.address: nights.ledger.fingerprints(relation.address) for relation in RELATIONS}


def test_a_night_leaves_the_fingerprints_that_a_rebuild_leaves(after: Nights) -> None:
    after.land(119, count=5, seed=3)
    after.land(120, count=0)
    after.build(121)
    found = sealed(after)
    assert "2026-04-30" not in found[DAYS.address]
    assert after.build(121, rebuild=True).is_full
    assert sealed(after) == found


def test_a_table_in_another_order_has_the_same_fingerprint_and_a_doubled_row_another(after: Nights) -> None:
    with closing(connect(after.home.warehouse, settings=SETTINGS)) as connection:
        before = take_fingerprints(connection, DAYS)
        connection.execute("create table marts.again as from marts.fct_days order by hash(login_id)")
        again = Relation("marts", "again", "business_date")
        assert take_fingerprints(connection, again) == before
        connection.execute("insert into marts.again from marts.fct_days limit 1")
        assert take_fingerprints(connection, again) != before


def test_rows_without_a_date_are_counted_as_such(after: Nights) -> None:
    after.execute("insert into marts.fct_days values (null, 'login-9', 1, [])")
    with closing(connect(after.home.warehouse, settings=SETTINGS)) as connection:
        assert take_fingerprints(connection, DAYS, dates=())[""][0] == 1


def test_the_seal_leaves_no_log_and_remembers_the_range(after: Nights) -> None:
    after.build(121)
    assert not after.home.warehouse.with_name("lifecycle.duckdb.wal").exists()
    assert built_range(after.ledger) == (day(1), day(121))


def test_a_relation_that_is_new_is_sealed_whole_and_one_that_is_gone_is_forgotten(after: Nights) -> None:
    found = after.prepare(plan(after, 121))
    after.execute(f"{MODELS}; create table marts.fct_new as from marts.fct_days")
    new = Relation("marts", "fct_new", "business_date")
    after.seal(found, relations=(SNAPSHOTS, TOTALS, new))
    assert len(after.ledger.fingerprints(new.address)) == 5
    assert after.ledger.fingerprints(DAYS.address) == {}


def test_a_view_is_passed_over_and_a_missing_relation_refused(after: Nights) -> None:
    found = after.prepare(plan(after, 121))
    after.execute(f"{MODELS}; create view marts.stg as from lake.app__events")
    after.seal(found, relations=(*RELATIONS, Relation("marts", "stg", "business_date")))
    with pytest.raises(ValueError, match=r"marts.fct_missing is not in the build file"):
        after.seal(found, relations=(Relation("marts", "fct_missing", None),))
    with pytest.raises(ValueError, match=r"marts.fct_days has no column login_id of type DATE"):
        after.seal(found, relations=(Relation("marts", "fct_days", "login_id"),))


def test_a_seal_that_fails_half_way_leaves_the_old_one(
    after: Nights, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = sealed(after)
    found = after.prepare(plan(after, 121))
    after.execute(MODELS)

    def fail(name: str, value: str) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(after.ledger, "record_fact", fail)
    with pytest.raises(OSError, match="no space left"):
        after.seal(found)
    assert sealed(after) == before
    assert built_range(after.ledger) == (day(1), day(120))


@pytest.mark.parametrize("seed", [1, 2])
def test_a_range_of_nights_leaves_what_the_nights_leave_one_by_one(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    deliveries = {
        number: {number: chance.randint(0, 6), number - chance.randint(1, 7): chance.randint(1, 6)}
        for number in range(1, 15)
    }
    cut = chance.randint(2, 12)
    one_by_one, in_ranges = Nights.at(tmp_path / "one"), Nights.at(tmp_path / "ranges")
    for number, landed in deliveries.items():
        for home in (one_by_one, in_ranges):
            for business_day, count in landed.items():
                home.land(business_day, count=count, seed=number)
        for home in [one_by_one] + [in_ranges] * (number in (cut, 14)):
            home.build(number)
            home.ledger.clear_marks(home.ledger.marks())
    assert sealed(in_ranges) == sealed(one_by_one)
    assert built_range(in_ranges.ledger) == built_range(one_by_one.ledger)
    one_by_one.build(14, rebuild=True)
    assert sealed(in_ranges) == sealed(one_by_one)
