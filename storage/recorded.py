"""Recorded: rows of decisions, one Parquet file per table and as_of_date, written once.

Belongs here: writing them, finding them again, and proving that they are what was written.
Does not belong here: what is decided, and who reads it.

Unlike everything restated, a decision is not computed again when a late row would change it: it is an input of the
days after. It becomes final when the night that took it is published; until then a repeated night replaces it, so that
what a failed night decided on rejected data is nobody's past.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from storage.durable import sync
from storage.home import Home
from storage.ledger import Ledger
from storage.records import AS_OF, RecordedDate


class RecordedRowsError(RuntimeError):
    """Recorded rows are missing or no longer what was written; nothing but a backup brings them back."""


def record(
    home: Home, ledger: Ledger, relation: str, rows: pa.Table, *, as_of_date: date, key: Sequence[str]
) -> RecordedDate:
    """Write the rows of `relation` (schema.table) as of a date, sorted by `key`, and return what stands.

    What is final stands as it was, whatever `rows` are. Raises ValueError when a row is of another date or a key
    appears twice.
    """
    known = {one.as_of_date: one for one in ledger.recorded_dates(relation)}.get(as_of_date)
    if known is not None and known.is_final:
        return known
    _refuse(relation, rows, as_of_date, key)
    ordered = rows.sort_by([(name, "ascending") for name in key]).replace_schema_metadata(None)
    partial = home.work / "recorded.part"
    pq.write_table(ordered, partial, compression="zstd")
    sync(partial)
    with partial.open("rb") as stream:
        sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
    written = RecordedDate(as_of_date, rows.num_rows, sha256, is_final=False)
    target = recorded_file(home, relation, written)
    target.parent.mkdir(parents=True, exist_ok=True)
    partial.replace(target)
    sync(target.parent)
    ledger.record_rows(relation, written)
    for other in target.parent.iterdir():
        if other != target:
            other.unlink()
    return written


def recorded_file(home: Home, relation: str, recorded: RecordedDate) -> Path:
    """Return where the rows of one date stand.

    The name is that of the content: whenever a process dies, the ledger's word and the file that it means agree.
    """
    return (
        home.recorded / relation / f"{AS_OF}={recorded.as_of_date.isoformat()}" / f"{recorded.sha256}.parquet"
    )


def verified_files(home: Home, ledger: Ledger, relation: str) -> list[Path]:
    """Return the files of every recorded date, oldest first; raises RecordedRowsError naming one that was changed."""
    files = []
    for one in ledger.recorded_dates(relation):
        file = recorded_file(home, relation, one)
        if not file.is_file():
            raise RecordedRowsError(f"{file} is missing: restore it from a backup, it cannot be made again")
        with file.open("rb") as stream:
            if hashlib.file_digest(stream, "sha256").hexdigest() != one.sha256:
                raise RecordedRowsError(f"{file} is not what was written: restore it from a backup")
        files.append(file)
    return files


def discard_drafts(home: Home, ledger: Ledger) -> dict[str, list[date]]:
    """Forget what is not final, the files with it, and return the dates by relation: a failed night decides nothing."""
    drafts: dict[str, list[date]] = {}
    for row in ledger.rows("select * from recorded where not is_final order by relation, as_of_date"):
        draft = RecordedDate.of(row)
        drafts.setdefault(row["relation"], []).append(draft.as_of_date)
        recorded_file(home, row["relation"], draft).unlink(missing_ok=True)
    ledger.forget_recorded_drafts()
    return drafts


def _refuse(relation: str, rows: pa.Table, as_of_date: date, key: Sequence[str]) -> None:
    strangers = sum(day != as_of_date for day in rows[AS_OF].to_pylist())
    if strangers:
        raise ValueError(f"{relation}: {strangers} rows are not as of {as_of_date}")
    repeated = rows.num_rows - rows.group_by(list(key)).aggregate([]).num_rows
    if repeated:
        raise ValueError(f"{relation}: {repeated} rows repeat the key {', '.join(key)}")
