"""Partitions: one per night, for every asset.

Belongs here: the calendar of nights, how a range of them is run, and reading the range of a run.
Does not belong here: which nights are due (nights.py).
"""

from __future__ import annotations

from datetime import date

import dagster as dg

ZONE = "Asia/Shanghai"
# From the first date that a contract can hold, so that history has nights of its own.
# A delivery of today may land before midnight: its night is today's.
NIGHTS = dg.DailyPartitionsDefinition(start_date="2000-01-01", timezone=ZONE, end_offset=1)
ONE_RUN = dg.BackfillPolicy.single_run()
WRITER_POOL = "writer"
OWNERS = ["team:data"]
# How the graph tells decisions, which are written once, from what follows from the accepted rows.
RECORDED = {"lifecycle/past": "recorded"}

RANGE_START = "dagster/asset_partition_range_start"
RANGE_END = "dagster/asset_partition_range_end"
BACKFILL = "dagster/backfill"


def first_date(context: dg.AssetExecutionContext) -> date:
    """Return the first business date of the run's range."""
    return date.fromisoformat(context.partition_key_range.start)


def as_of_date(context: dg.AssetExecutionContext) -> date:
    """Return the last business date of the run's range: the night it brings everything up to."""
    return date.fromisoformat(context.partition_key_range.end)


def range_tags(first: date, last: date) -> dict[str, str]:
    """Return the run tags that make one run cover the nights from `first` to `last`, within the calendar.

    Raises ValueError when `last` is not a night of the calendar.
    """
    earliest, latest = NIGHTS.get_first_partition_key(), NIGHTS.get_last_partition_key()
    if earliest is None or latest is None or not earliest <= last.isoformat() <= latest:
        raise ValueError(f"{last} is not a night that can be run: nights go from {earliest} to {latest}")
    return {RANGE_START: max(first.isoformat(), earliest), RANGE_END: last.isoformat()}
