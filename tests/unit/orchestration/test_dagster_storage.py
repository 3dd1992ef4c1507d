"""Dagster's storage stays open in a process of ours, and everybody else's Dagster reads it as before."""

from __future__ import annotations

import sqlite3
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import dagster as dg
import pytest

from orchestration.dagster_home import initialise, open_instance
from storage.home import Home


@dg.op
def work() -> None:
    """Do nothing."""


@dg.job
def toil() -> None:
    """Do nothing, twenty times."""
    for number in range(20):
        work.alias(f"work_{number}")()


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the names of the databases that are opened from now on."""
    names: list[str] = []
    connect = sqlite3.dbapi2.connect

    def counted(database: str, **options: object) -> sqlite3.Connection:
        names.append(Path(database).name)
        return connect(database, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(sqlite3.dbapi2, "connect", counted)
    return names


def test_a_database_is_opened_once_for_all_events(tmp_path: Path, opened: list[str]) -> None:
    home = Home(tmp_path)
    initialise(home)
    with open_instance(home) as instance:
        opened.clear()
        result = toil.execute_in_process(instance=instance)
        assert len(instance.all_logs(result.run_id)) > 60
    # Dagster makes the tables of a new database through connections of its own.
    assert sorted(set(opened)) == sorted(["index.db", "runs.db", f"{result.run_id}.db"])
    assert len(opened) <= 12


def test_many_materialisations_open_no_more_than_one(tmp_path: Path, opened: list[str]) -> None:
    home = Home(tmp_path)
    initialise(home)
    things = [dg.asset(name=f"thing_{number}")(lambda: None) for number in range(20)]
    counts = []
    with open_instance(home) as instance:
        for made in (things[:1], things):
            opened.clear()
            assert dg.materialize(made, instance=instance).success
            counts.append(len(opened))
    assert counts[1] <= counts[0]


def test_whoever_follows_a_run_hears_of_events_while_the_database_stays_open(tmp_path: Path) -> None:
    home = Home(tmp_path)
    initialise(home)
    heard = threading.Event()

    def hear(entry: dg.EventLogEntry, _cursor: str) -> None:
        if entry.message == "a word":
            heard.set()

    with open_instance(home) as ours, dg.DagsterInstance.from_config(str(home.dagster)) as theirs:
        run = ours.create_run_for_job(toil)
        ours.report_engine_event("the first word opens the database", run)
        theirs.watch_event_logs(run.run_id, None, hear)
        ours.report_engine_event("a word", run)
        assert heard.wait(timeout=20)
        theirs.end_watch_event_logs(run.run_id, hear)


def test_what_was_stored_is_there_for_dagster_itself(tmp_path: Path) -> None:
    home = Home(tmp_path)
    initialise(home)
    with open_instance(home) as ours:
        result = toil.execute_in_process(instance=ours)
        written = [entry.message for entry in ours.all_logs(result.run_id)]
        with dg.DagsterInstance.from_config(str(home.dagster)) as theirs:
            found = theirs.get_run_by_id(result.run_id)
            assert found is not None
            assert found.status is dg.DagsterRunStatus.SUCCESS
            assert [entry.message for entry in theirs.all_logs(result.run_id)] == written


@pytest.mark.filterwarnings("ignore::dagster.BetaWarning")
def test_events_handed_over_together_say_what_they_say_one_by_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A range of dates in one run, with checks and tags: what Dagster tells of it afterwards is the same."""
    days = dg.DailyPartitionsDefinition("2026-01-01", end_date="2026-01-31")

    own = [
        dg.AssetCheckSpec("is_small", asset="counted"),
        dg.AssetCheckSpec("is_never_told", asset="counted"),
    ]

    @dg.asset(partitions_def=days, backfill_policy=dg.BackfillPolicy.single_run(), check_specs=own)
    def counted() -> Iterator[dg.MaterializeResult[None]]:
        yield dg.MaterializeResult(
            metadata={"rows": 3}, check_results=[dg.AssetCheckResult(passed=False, check_name="is_small")]
        )
        raise RuntimeError("before the other check")

    @dg.asset_check(asset=counted)
    def is_counted() -> dg.AssetCheckResult:
        return dg.AssetCheckResult(passed=True)

    job = dg.Definitions([counted], asset_checks=[is_counted], jobs=[dg.define_asset_job("all_days")])
    dates = {
        "dagster/asset_partition_range_start": "2026-01-03",
        "dagster/asset_partition_range_end": "2026-01-20",
    }
    told = []
    for size, opened_by in (
        ("0", _by_dagster),
        ("0", open_instance),
        ("7", open_instance),
        ("1000", open_instance),
    ):
        monkeypatch.setenv("DAGSTER_EVENT_BATCH_SIZE", size)
        home = Home(tmp_path / str(len(told)))
        initialise(home)
        with opened_by(home) as instance:
            result = job.resolve_job_def("all_days").execute_in_process(
                instance=instance, tags=dates, raise_on_error=False
            )
        with _by_dagster(home) as theirs:
            told.append(
                _told(theirs, result.run_id, counted.key, ["is_small", "is_never_told", "is_counted"])
            )
    assert told[0] == told[1] == told[2] == told[3]
    assert len(told[0]["dates"]) == 18
    assert [len(planned) for planned in told[0]["checks"].values()] == [19, 18, 18]


def _by_dagster(home: Home) -> dg.DagsterInstance:
    return dg.DagsterInstance.from_config(str(home.dagster))


def _told(
    instance: dg.DagsterInstance, run_id: str, key: dg.AssetKey, checks: Sequence[str]
) -> dict[str, object]:
    (asset,) = instance.get_asset_records([key])
    last = asset.asset_entry.last_materialization_record
    assert last is not None
    events = [
        record.event_log_entry for record in instance.event_log_storage.get_records_for_run(run_id).records
    ]
    made = instance.fetch_materializations(key, limit=100).records
    planned = instance.get_latest_planned_materialization_info(key, "2026-01-05")
    numbers = [record.storage_id for record in made]
    history = instance.event_log_storage.get_asset_check_execution_history
    return {
        "events": Counter(event.dagster_event_type for event in events),
        "dates": [record.partition_key for record in made],
        "figures": [dict(one.metadata) for record in made if (one := record.asset_materialization)],
        "is planned": planned is not None and planned.run_id == run_id,
        "partitions": instance.get_materialized_partitions(key),
        "last": (last.partition_key, last.storage_id == max(numbers), len(set(numbers))),
        "checks": {
            name: Counter(
                (record.status, record.partition, record.run_id == run_id)
                for record in history(dg.AssetCheckKey(key, name), limit=100)
            )
            for name in checks
        },
        "is of the run": asset.asset_entry.last_run_id == run_id,
    }
