"""Automation: when anything runs.

Belongs here: the jobs, their schedules, the landing sensor, the report of failures.
Does not belong here: which nights are due (nights.py) and what a run does.
"""

import hashlib
from collections.abc import Mapping
from datetime import date
from zoneinfo import ZoneInfo

import dagster as dg

from data_contracts.contract import Contract
from orchestration.dagster_home import reap
from orchestration.nights import Night, latest_delivery, next_night
from orchestration.partitions import ZONE, range_tags
from orchestration.prepare import models_digest
from orchestration.reporting import REPORTED, report_failure
from orchestration.resources import House, now, open_house, read_settings
from storage.intake import pending_deliveries
from storage.landing import CONTROL_FILE

JOB, TRAINING_JOB = "nightly", "train"
EVERY_NIGHT = "30 2 * * *"
EVERY_WEEK = "30 5 * * 0"
LOOK_FOR_FILES_SECONDS = 60
_UNFINISHED = (
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
)

_MODELS = dg.AssetSelection.assets(["ml", "churn_model"], ["ml", "lookalike_model"])

# Only a simulated world has truths to compare with.
_RECOVERY = dg.AssetSelection.assets(["recovery", "rpt_recovery"])

nightly = dg.define_asset_job(
    JOB,
    selection=dg.AssetSelection.all() - _MODELS - _RECOVERY,
    executor_def=dg.in_process_executor,
    description="From landing to the published snapshot, for a range of nights.",
    # What one step leaves for a later one is gone with the process: a retry starts from the first step.
    tags={"dagster/retry_strategy": "ALL_STEPS"},
)


train = dg.define_asset_job(
    TRAINING_JOB,
    selection=_MODELS,
    executor_def=dg.in_process_executor,
    description="Trains the models on what is built; one that is good enough serves from the next day on.",
)


@dg.schedule(
    job=nightly,
    cron_schedule=EVERY_NIGHT,
    execution_timezone=ZONE,
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Every night, whatever has landed by then; nights that were missed are made up in the same run.",
)
def every_night(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
    """Run up to the newest delivery that is not younger than the night itself."""
    tick = context.scheduled_execution_time.astimezone(ZoneInfo(ZONE)).date()
    with open_house(read_settings()) as house:
        newest = latest_delivery(house)
        if newest is None:
            return dg.SkipReason("Nothing has landed yet.")
        night = next_night(house, as_of_date=min(newest, tick), models=models_digest())
    if night is None:
        return dg.SkipReason(f"Nothing is waiting; the newest delivery is that of {newest}.")
    return _request(night, key=None)


every_week = dg.ScheduleDefinition(
    name="every_week",
    job=train,
    cron_schedule=EVERY_WEEK,
    execution_timezone=ZONE,
    default_status=dg.DefaultScheduleStatus.RUNNING,
)


@dg.sensor(
    job=nightly,
    minimum_interval_seconds=LOOK_FOR_FILES_SECONDS,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Starts a night as soon as every table that delivers daily has a complete delivery for it.",
)
def all_delivered(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
    """Run up to the newest date for which everything that must arrive has arrived."""
    reap(context.instance, now=now())
    filter_unfinished = dg.RunsFilter(job_name=JOB, statuses=list(_UNFINISHED))
    if context.instance.get_runs_count(filter_unfinished):
        return dg.SkipReason("A night is running.")
    with open_house(read_settings()) as house:
        waiting = pending_deliveries(house.doors)
        complete = [day for day in sorted({one[2] for one in waiting}) if is_complete(house, day)]
        if not complete:
            return dg.SkipReason("No night has all of its deliveries yet.")
        night = next_night(house, as_of_date=complete[-1], models=models_digest())
        key = _fingerprint(house, waiting)
    if night is None:
        return dg.SkipReason("Nothing is waiting.")
    return _request(night, key=key)


@dg.run_failure_sensor(
    name="report_failures",
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Tells people that a run failed: in the log, and at LIFECYCLE_WEBHOOK when that is set.",
)
def report_failures(context: dg.RunFailureSensorContext) -> None:
    """Report a failed run, unless the command that ran it already has."""
    if REPORTED not in context.dagster_run.tags:
        report_failure(
            read_settings(),
            run_id=context.dagster_run.run_id,
            reason=context.failure_event.message or "unknown",
        )


def is_complete(house: House, delivery_date: date) -> bool:
    """Return whether every table that delivers daily has a delivery, with its control file, for that date."""
    return all(
        _has_control(house, contract, delivery_date)
        for contract in house.contracts.values()
        if contract.delivered_every_days == 1
    )


def _has_control(house: House, contract: Contract, delivery_date: date) -> bool:
    mapped = [
        (one.source, one.table) for one in house.doors.mappings.values() if one.contract == contract.address
    ]
    return any(
        (house.home.landing / source / table / delivery_date.isoformat() / CONTROL_FILE).is_file()
        for source, table in [(contract.source, contract.table), *mapped]
    )


def _fingerprint(house: House, waiting: list[tuple[str, str, date]]) -> str:
    """Return a key of what waits: a run that failed on it is not started again until something new arrives."""
    digest = hashlib.sha256()
    for source, table, delivery_date in waiting:
        folder = house.home.landing / source / table / delivery_date.isoformat()
        for path in sorted(folder.iterdir()):
            digest.update(f"{path}\n{path.stat().st_size}\n{path.stat().st_mtime_ns}\n".encode())
    return digest.hexdigest()


def _request(night: Night, *, key: str | None) -> dg.RunRequest:
    tags: Mapping[str, str] = range_tags(night.first_date, night.as_of_date)
    return dg.RunRequest(run_key=key, tags={**tags, "lifecycle/reason": "; ".join(night.reasons)})
