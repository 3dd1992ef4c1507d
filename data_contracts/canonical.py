"""Canonical rows: one row per key, in one order, as Parquet.

Belongs here: the SQL by which every table of rows becomes the same bytes whatever the order it was read in.
Does not belong here: judging rows, and where files stand.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import duckdb

from data_contracts.casting import literal, quoted


def in_order(columns: Sequence[str]) -> str:
    """Return an ORDER BY list of `columns` that leaves no choice to the engine."""
    return ", ".join(f"{quoted(name)} nulls last" for name in columns)


def repeated_rows(relation: str, *, key: Sequence[str], columns: Sequence[str]) -> str:
    """Return SQL for the rowids of `relation` that repeat a key.

    Of equal keys the row with the smallest delivery date stays, then the one with the smallest values: a choice
    that does not depend on the order in which files or lines arrived.
    """
    keys = ", ".join(quoted(name) for name in key)
    choice = in_order(["delivery_date", *(name for name in columns if name != "delivery_date")])
    # Most keys stand once: by the hash, only the few others are sorted.
    twice = f"select hash({keys}) from {relation} group by all having count(*) > 1"
    ranked = f"row_number() over (partition by {keys} order by {choice}, rowid) as rank"
    return (
        f"select row from (select rowid as row, {ranked} from {relation} where hash({keys}) in ({twice}))"
        f" where rank > 1"
    )


def write_parquet(connection: duckdb.DuckDBPyConnection, rows: str, target: Path) -> None:
    """Write the rows of the SELECT `rows` to `target` as zstd Parquet; the SELECT gives the order."""
    connection.execute(f"copy ({rows}) to {literal(str(target))} (format parquet, compression zstd)")
