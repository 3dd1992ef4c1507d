"""DAGSTER_HOME: creating it once, and clearing away runs whose process is gone.

Belongs here: dagster.yaml, the first creation of Dagster's own storage, the reaper.
Does not belong here: our ledger. Dagster's storage is history for people; losing it loses no data.

Three processes starting on a fresh DAGSTER_HOME at once break it for good, and after a power cut a run stays
STARTED for ever and keeps its slot: Dagster sees to neither.
"""

from __future__ import annotations

import fcntl
import json
from datetime import datetime, timedelta
from importlib.metadata import version
from typing import TYPE_CHECKING

from orchestration.processes import is_alive
from storage.home import Home

if TYPE_CHECKING:
    import dagster as dg

# A run without the tags of its process is in the moments before it gets them, or died in them.
UNTAGGED_RUNS_LIVE = timedelta(minutes=2)

SETTINGS = """\
# Written by `lifecycle init`; changes are overwritten.
concurrency:
  pools: {default_limit: 1, granularity: op}
  runs: {max_concurrent_runs: 2}
# Only a process that died is tried again; an error in data or code would fail in the same way.
run_retries: {enabled: true, max_retries: 1, retry_on_asset_or_op_failure: false}
run_monitoring: {enabled: true, start_timeout_seconds: 180, max_runtime_seconds: 43200}
retention:
  schedule: {purge_after_days: 30}
  sensor: {purge_after_days: {skipped: 7, failure: 30, success: 30}}
telemetry: {enabled: false}
nux: {enabled: false}
"""


def initialise(home: Home) -> None:
    """Create DAGSTER_HOME and its storage, once, whoever starts first; quick when it is there."""
    home.dagster.mkdir(parents=True, exist_ok=True)
    stamp = home.dagster / "initialised.txt"
    wanted = f"{version('dagster')}\n{SETTINGS}"
    with (home.dagster / "initialise.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if stamp.is_file() and stamp.read_text(encoding="utf-8") == wanted:
            return
        settings = home.dagster / "dagster.yaml"
        partial = settings.with_suffix(".part")
        partial.write_text(SETTINGS, encoding="utf-8")
        partial.replace(settings)
        with open_instance(home) as instance:
            # Each of the three makes its tables when it is first asked for something.
            instance.get_runs_count()
            instance.all_asset_keys()
            instance.all_instigator_state()
        stamp.write_text(wanted, encoding="utf-8")


def open_instance(home: Home) -> dg.DagsterInstance:
    """Return the Dagster instance of a home, to be used in a `with` block."""
    import dagster as dg
    from dagster._core.instance.ref import InstanceRef
    from dagster._serdes import ConfigurableClassData

    storage = ConfigurableClassData(
        "orchestration.dagster_storage", "Storage", json.dumps({"base_dir": str(home.dagster)})
    )
    return dg.DagsterInstance.from_ref(InstanceRef.from_dir(str(home.dagster))._replace(storage_data=storage))


def reap(instance: dg.DagsterInstance, *, now: datetime) -> list[str]:
    """Fail the runs whose process is gone and free what they hold; returns their ids.

    Left alone are runs whose process lives, runs of other machines, and for two minutes those that have not said
    which process they are.
    """
    import dagster as dg

    unfinished = [dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.CANCELING]
    reaped = []
    for record in instance.get_run_records(dg.RunsFilter(statuses=unfinished)):
        run = record.dagster_run
        living = is_alive(run.tags)
        if living or (living is None and now - record.create_timestamp < UNTAGGED_RUNS_LIVE):
            continue
        instance.report_run_failed(run, "The process of this run is gone; the next night makes up for it.")
        instance.event_log_storage.free_concurrency_slots_for_run(run.run_id)
        reaped.append(run.run_id)
    return reaped
