"""The lake: canonical rows, one Parquet file per table and business date.

Belongs here: merging the accepted parts of all active files of a date into that date's file.
Does not belong here: reading landed files (intake.py), and what the rows mean.

A date is a pure function of the set of active files: whichever order they arrived in, of equal keys the row with
the smallest delivery date, then the smallest values, stays, and rows are sorted by key.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path

import duckdb
import pyarrow.parquet as pq

from data_contracts.canonical import in_order, repeated_rows, write_parquet
from data_contracts.casting import literal
from data_contracts.contract import Contract
from data_contracts.side_by_side import side_by_side
from storage.durable import sync
from storage.home import Home
from storage.ledger import FileRecord, LakeDate, Ledger

PartOf = Callable[[FileRecord, date], Path]


def lake_file(home: Home, source: str, table: str, business_date: date) -> Path:
    """Return where the rows of one date stand; the file is absent when the date has none."""
    return home.lake / source / table / f"business_date={business_date.isoformat()}" / "rows.parquet"


def merge_dates(
    home: Home,
    ledger: Ledger,
    contract: Contract,
    dates: Iterable[date],
    *,
    part_of: PartOf,
    connection: duckdb.DuckDBPyConnection,
) -> list[date]:
    """Bring the lake up to date for `dates` and return those whose file was written or removed.

    `part_of` gives the accepted rows of one file on one date.
    """
    due = []
    for business_date in sorted(set(dates)):
        files = ledger.active_files(contract.source, contract.table, business_date)
        parts = [part_of(record, business_date) for record in files]
        inputs = hashlib.sha256("\n".join(str(part.parent.name) for part in parts).encode()).hexdigest()
        target = lake_file(home, contract.source, contract.table, business_date)
        known = ledger.lake_date(contract.source, contract.table, business_date)
        if known is None or known.inputs != inputs or target.exists() != (known.row_count > 0):
            due.append(_Due(business_date, tuple(parts), target, inputs))
    merged = partial(_merged, home, contract)
    for written in side_by_side(connection, merged, due):
        ledger.record_lake_date(contract.source, contract.table, written)
    return [one.business_date for one in due]


@dataclass(frozen=True)
class _Due:
    """A date whose file is not what its parts make; `inputs` tells the parts apart."""

    business_date: date
    parts: tuple[Path, ...]
    target: Path
    inputs: str


def _merged(home: Home, contract: Contract, connection: duckdb.DuckDBPyConnection, due: _Due) -> LakeDate:
    """Put the file of a date in place, or away when nothing is left of the date, and return its figures."""
    if not due.parts:
        due.target.unlink(missing_ok=True)
        return LakeDate(due.business_date, due.inputs, row_count=0, duplicate_count=0, sha256="")
    due.target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = home.work / f"lake-{due.business_date}.part"
    unfinished.unlink(missing_ok=True)
    rows_in = sum(pq.read_metadata(part).num_rows for part in due.parts)
    if len(due.parts) == 1:
        unfinished.hardlink_to(due.parts[0])
    else:
        files = ", ".join(literal(str(part)) for part in due.parts)
        connection.execute(
            "create or replace temp table merging as select * from"
            f" read_parquet([{files}], union_by_name = true, hive_partitioning = false)"
        )
        columns = [name for name, *_ in connection.execute("describe merging").fetchall()]
        repeated = repeated_rows("merging", key=contract.key, columns=columns)
        connection.execute(f"delete from merging where rowid in ({repeated})")
        write_parquet(connection, f"select * from merging order by {in_order(contract.key)}", unfinished)
        connection.execute("drop table merging")
        sync(unfinished)
    row_count = pq.read_metadata(unfinished).num_rows
    with unfinished.open("rb") as stream:
        sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
    unfinished.replace(due.target)
    sync(due.target.parent)
    return LakeDate(
        due.business_date,
        due.inputs,
        row_count=row_count,
        duplicate_count=rows_in - row_count,
        sha256=sha256,
    )
