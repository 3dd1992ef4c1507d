"""DAGSTER_HOME survives a crowd at its first start, and dead runs are cleared away."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg

from orchestration.dagster_home import initialise, open_instance, reap
from orchestration.processes import BOOT, process_tags
from storage.home import Home

NOW = datetime(2026, 1, 5, tzinfo=UTC) + timedelta(days=3650)
INITIALISE = (
    "import sys; from pathlib import Path; from orchestration.dagster_home import initialise;"
    " from storage.home import Home; initialise(Home(Path(sys.argv[1])))"
)
DEAD = {**process_tags(), BOOT: "before the power cut"}


@dg.op(pool="writer")
def work() -> None:
    """Do nothing."""


@dg.job
def toil() -> None:
    """Do nothing, as a job."""
    work()


def start(instance: dg.DagsterInstance, tags: dict[str, str]) -> dg.DagsterRun:
    return instance.create_run_for_job(toil, status=dg.DagsterRunStatus.STARTED, tags=tags)


def test_three_first_starts_at_once_make_one_sound_home(tmp_path: Path) -> None:
    crowd = [
        subprocess.Popen([sys.executable, "-W", "ignore", "-c", INITIALISE, str(tmp_path)]) for _ in range(3)
    ]
    assert [one.wait() for one in crowd] == [0, 0, 0]
    with open_instance(Home(tmp_path)) as instance:
        assert toil.execute_in_process(instance=instance).success


def test_a_run_whose_process_is_gone_fails_and_frees_its_slot(tmp_path: Path) -> None:
    home = Home(tmp_path)
    initialise(home)
    with open_instance(home) as instance:
        dead = start(instance, DEAD)
        instance.event_log_storage.initialize_concurrency_limit_to_default("writer")
        claim = instance.event_log_storage.claim_concurrency_slot("writer", dead.run_id, "work")
        assert claim.is_claimed
        assert reap(instance, now=NOW) == [dead.run_id]
        found = instance.get_run_by_id(dead.run_id)
        assert found is not None
        assert found.status is dg.DagsterRunStatus.FAILURE
        assert instance.event_log_storage.get_concurrency_info("writer").active_slot_count == 0


def test_a_living_run_and_one_that_has_not_started_are_left_alone(tmp_path: Path) -> None:
    home = Home(tmp_path)
    initialise(home)
    with open_instance(home) as instance:
        living = start(instance, process_tags())
        waiting = instance.create_run_for_job(toil, status=dg.DagsterRunStatus.NOT_STARTED, tags=DEAD)
        assert reap(instance, now=NOW) == []
        for run in (living, waiting):
            found = instance.get_run_by_id(run.run_id)
            assert found is not None
            assert not found.is_finished


def test_a_run_that_never_said_which_process_it_is_fails_after_two_minutes(tmp_path: Path) -> None:
    home = Home(tmp_path)
    initialise(home)
    with open_instance(home) as instance:
        run = start(instance, {})
        created = instance.get_run_records()[0].create_timestamp
        assert reap(instance, now=created + timedelta(seconds=100)) == []
        assert reap(instance, now=created + timedelta(seconds=130)) == [run.run_id]
