"""The build file between nights: sealed, checked against the ledger, made anew when in doubt."""

from __future__ import annotations

import json
import logging
import random
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import duckdb
import pytest

from storage.build import built_range, plan_rebuild
from storage.engine import connect
from storage.fingerprints import Relation, take_fingerprints
from tests.unit.storage.nights import (
    DAYS,
    MODELS,
    RELATIONS,
    SETTINGS,
    SNAPSHOTS,
    TOTALS,
    Nights,
    day,
    days,
    plan,
)


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


@pytest.mark.parametrize(("number", "is_doubted"), [(119, True), (66, False)])
def test_rows_are_compared_as_far_back_as_a_night_reads_them(
    after: Nights, number: int, *, is_doubted: bool
) -> None:
    after.ledger.clear_marks(after.ledger.marks())
    after.land(120, seed=9)
    after.execute(
        f"update marts.fct_snapshots set events_count = events_count + 1 where as_of_date = '{day(number)}'"
    )
    assert after.prepare(plan(after, 121)).is_full is is_doubted


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


def test_of_old_snapshots_the_month_ends_are_kept(nights: Nights) -> None:
    for number in range(1, 71):
        nights.land(number)
    nights.build(70)
    nights.ledger.clear_marks(nights.ledger.marks())
    nights.land(71)
    nights.build(71)
    kept = (day(31), *days(37, 71))
    assert nights.ask("select distinct as_of_date from marts.fct_snapshots order by all") == [
        (at,) for at in kept
    ]
    assert sorted(nights.ledger.fingerprints(SNAPSHOTS.address)) == [at.isoformat() for at in kept]
    assert nights.ask("select count(distinct business_date) from marts.fct_days") == [(71,)]


def test_a_seal_killed_after_thinning_is_done_again(nights: Nights) -> None:
    for number in range(1, 72):
        nights.land(number)
    nights.build(71)
    nights.ledger.clear_marks(nights.ledger.marks())
    # The night of day 72 drops day 37, and a killed one has; day 38 it would keep.
    nights.execute(f"delete from marts.fct_snapshots where as_of_date = '{day(37)}'")
    assert not nights.prepare(plan(nights, 72)).is_full
    nights.execute(f"delete from marts.fct_snapshots where as_of_date = '{day(38)}'")
    assert (
        nights.prepare(plan(nights, 72)).reason == "marts.fct_snapshots on 2026-02-07 has 0 rows instead of 3"
    )


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
