"""Dagster's storage stays open in a process of ours, and everybody else's Dagster reads it as before."""

from __future__ import annotations

import sqlite3
import threading
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
