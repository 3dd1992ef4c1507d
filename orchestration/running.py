"""Running: one night or one training, executed in this process on the same Dagster instance that the UI shows.

Belongs here: starting the job, telling its progress, and finding out what went wrong.
Does not belong here: deciding that a night is due (nights.py), the words of the summary (summary.py).
"""

from __future__ import annotations

import contextlib
import logging
import secrets
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import dagster as dg

from orchestration.automation import JOB, TRAINING_JOB
from orchestration.dagster_home import initialise, open_instance, reap
from orchestration.nights import Night
from orchestration.partitions import range_tags
from orchestration.processes import process_tags
from orchestration.reporting import REPORTED, post_failure
from orchestration.resources import Settings, exported, now

if TYPE_CHECKING:
    from dagster._utils.error import SerializableErrorInfo

Say = Callable[[str], None]

_SECONDS_BETWEEN_LINES = 5.0
_EVENTS_AT_ONCE = {"DAGSTER_EVENT_BATCH_SIZE": "1000"}
"""Dagster hands over the events of an asset's dates together, not one by one."""


@dataclass(frozen=True)
class Problem:
    """Why a run failed: the class of the error and one line for people."""

    kind: str
    message: str


@dataclass
class NightLog:
    """What a run has told so far: the figures of each asset it wrote, and its problems."""

    run_id: str
    is_success: bool = False
    figures: dict[str, dict[str, object]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


def run_night(settings: Settings, night: Night, *, wait_seconds: float, say: Say) -> NightLog:
    """Run one night and return what it told; `say` gets a line per finished asset.

    Another writer is waited for up to `wait_seconds`. Raises ValueError when the night is outside the calendar.
    """
    tags = range_tags(night.first_date, night.as_of_date)
    return _run(settings, JOB, tags, wait_seconds=wait_seconds, say=say)


def run_training(settings: Settings, *, wait_seconds: float, say: Say) -> NightLog:
    """Train every model on what is built, and return what the run told; as run_night does."""
    return _run(settings, TRAINING_JOB, {}, wait_seconds=wait_seconds, say=say)


def _run(settings: Settings, job: str, tags: Mapping[str, str], *, wait_seconds: float, say: Say) -> NightLog:
    initialise(settings.home)
    # Dagster names a run by any UUID; it must be known before the run to be listened to.
    log = NightLog(run_id=str(uuid.UUID(bytes=secrets.token_bytes(16), version=4)))
    with (
        exported(_EVENTS_AT_ONCE),
        open_instance(settings.home) as instance,
        _quiet(settings),
        _progress(say),
    ):
        reap(instance, now=now())
        instance.add_event_listener(log.run_id, lambda entry: _listen(entry, log, say))
        # Loaded only now: a command that finds nothing to do never pays for it.
        from orchestration.definitions import definitions

        result = definitions.resolve_job_def(job).execute_in_process(
            instance=instance,
            run_id=log.run_id,
            # The command's exit code is the answer; the daemon must not start it again.
            tags={**tags, **process_tags(), REPORTED: "true", "dagster/max_retries": "0"},
            run_config={
                "resources": {"writer": {"config": {"wait_seconds": wait_seconds}}},
                "loggers": {"console": {"config": {"log_level": "CRITICAL"}}},
            },
            raise_on_error=False,
        )
    log.is_success = result.success
    if not log.is_success:
        if not log.problems:
            log.problems.append(Problem("Unknown", "the run failed and did not say why"))
        post_failure(settings, run_id=log.run_id, reason="; ".join(one.message for one in log.problems))
    return log


class _Progress(logging.Handler):
    """Says what storage logs: every warning, and of the rest a line every few seconds."""

    def __init__(self, say: Say) -> None:
        super().__init__(logging.INFO)
        self._say = say
        self._said_at = time.monotonic()

    def emit(self, record: logging.LogRecord) -> None:
        """Say the record when it is a warning or when nothing was said for a while."""
        if record.levelno < logging.WARNING and time.monotonic() - self._said_at < _SECONDS_BETWEEN_LINES:
            return
        self._said_at = time.monotonic()
        self._say(record.getMessage())


@contextlib.contextmanager
def _progress(say: Say) -> Iterator[None]:
    """Show that long work goes on: the first load of a large home reads files for minutes."""
    logger, handler = logging.getLogger("storage"), _Progress(say)
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)


@contextlib.contextmanager
def _quiet(settings: Settings) -> Iterator[None]:
    """Send what dbt prints to a file: the terminal gets one line per asset instead."""
    log = settings.home.dagster / "nightly.log"
    with log.open("w", encoding="utf-8") as stream, contextlib.redirect_stdout(stream):
        yield


def _listen(entry: dg.EventLogEntry, log: NightLog, say: Say) -> None:
    if not entry.is_dagster_event:
        return
    event = entry.get_dagster_event()
    if event.event_type is dg.DagsterEventType.ASSET_MATERIALIZATION:
        _note_materialisation(event, log, say)
    elif event.event_type is dg.DagsterEventType.ASSET_CHECK_EVALUATION:
        _note_check(event, log, say)
    elif event.event_type is dg.DagsterEventType.STEP_FAILURE:
        _note_error(event.step_failure_data.error, log)
    elif event.event_type is dg.DagsterEventType.RUN_FAILURE and not log.problems:
        _note_error(event.job_failure_data.error, log)


def _note_materialisation(event: dg.DagsterEvent, log: NightLog, say: Say) -> None:
    materialisation = event.step_materialization_data.materialization
    name = materialisation.asset_key.to_user_string()
    # A range of nights gives one event per night; they say the same.
    if name in log.figures:
        return
    figures: dict[str, object] = {label: value.value for label, value in materialisation.metadata.items()}
    log.figures[name] = figures
    rows = figures.get("dagster/row_count")
    say(f"{name}: {rows:,} rows" if isinstance(rows, int) else name)


def _note_check(event: dg.DagsterEvent, log: NightLog, say: Say) -> None:
    check = event.asset_check_evaluation_data
    if check.passed:
        return
    message = f"{check.asset_key.to_user_string()}: {check.check_name}: {check.description or 'failed'}"
    if check.severity is dg.AssetCheckSeverity.ERROR:
        log.problems.append(Problem("CheckFailed", message))
    else:
        say(f"warning: {message}")


def _note_error(error: SerializableErrorInfo | None, log: NightLog) -> None:
    while error is not None and error.cause is not None:
        error = error.cause
    if error is None or error.cls_name == "DagsterAssetCheckFailedError":
        return
    message = " ".join(error.message.partition(": ")[2].split()) or error.message.strip()
    log.problems.append(Problem(error.cls_name or "Unknown", message))
