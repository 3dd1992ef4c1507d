"""The lake: canonical rows, one Parquet file per table and business date.

Belongs here: merging the accepted parts of all active files of a date into that date's file.
Does not belong here: reading landed files (intake.py), and what the rows mean.

A date is a pure function of the set of active files: whichever order they arrived in, of equal keys the row with
the smallest delivery date, then the smallest values, stays, and rows are sorted by key.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from pathlib import Path

import duckdb
import pyarrow.parquet as pq

from data_contracts.canonical import in_order, repeated_rows, write_parquet
from data_contracts.casting import literal
from data_contracts.contract import Contract
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
    changed = []
    for business_date in sorted(set(dates)):
        files = ledger.active_files(contract.source, contract.table, business_date)
        parts = [part_of(record, business_date) for record in files]
        inputs = hashlib.sha256("\n".join(str(part.parent.name) for part in parts).encode()).hexdigest()
        target = lake_file(home, contract.source, contract.table, business_date)
        known = ledger.lake_date(contract.source, contract.table, business_date)
        if known is not None and known.inputs == inputs and target.exists() == (known.row_count > 0):
            continue
        if not parts:
            target.unlink(missing_ok=True)
            written = LakeDate(business_date, inputs, row_count=0, duplicate_count=0, sha256="")
        else:
            written = _merge(home, contract, business_date, parts, target, inputs, connection)
        ledger.record_lake_date(contract.source, contract.table, written)
        changed.append(business_date)
    return changed


def _merge(
    home: Home,
    contract: Contract,
    business_date: date,
    parts: Sequence[Path],
    target: Path,
    inputs: str,
    connection: duckdb.DuckDBPyConnection,
) -> LakeDate:
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = home.work / "lake.part"
    partial.unlink(missing_ok=True)
    rows_in = sum(pq.read_metadata(part).num_rows for part in parts)
    if len(parts) == 1:
        partial.hardlink_to(parts[0])
    else:
        files = ", ".join(literal(str(part)) for part in parts)
        connection.execute(
            "create or replace temp table merging as select * from"
            f" read_parquet([{files}], union_by_name = true, hive_partitioning = false)"
        )
        columns = [name for name, *_ in connection.execute("describe merging").fetchall()]
        repeated = repeated_rows("merging", key=contract.key, columns=columns)
        connection.execute(f"delete from merging where rowid in ({repeated})")
        write_parquet(connection, f"select * from merging order by {in_order(contract.key)}", partial)
        connection.execute("drop table merging")
        sync(partial)
    row_count = pq.read_metadata(partial).num_rows
    with partial.open("rb") as stream:
        sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
    partial.replace(target)
    sync(target.parent)
    return LakeDate(
        business_date, inputs, row_count=row_count, duplicate_count=rows_in - row_count, sha256=sha256
    )
