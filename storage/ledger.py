"""The ledger: what was read, what is waiting to be rebuilt, who wrote, what was decided and published.

Belongs here: one method per fact over the tables of ledger.sql. The ledger says what *should* be on disk.
Does not belong here: file contents, engine queries, and the clock: times arrive through `now`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path

from storage.records import FileRecord, LakeDate, Mark, RecordedDate, Version

__all__ = ["FileRecord", "LakeDate", "Ledger", "Mark", "RecordedDate", "Version"]

_SCHEMA = Path(__file__).with_suffix(".sql")


class Ledger:
    """The SQLite ledger of one home; durable on return from every method (WAL, synchronous=FULL)."""

    def __init__(self, path: Path, *, now: Callable[[], datetime]) -> None:
        """Open or create the ledger at `path`; `now` supplies the times that it records."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self._now = now
        self._connection = sqlite3.connect(path, timeout=60, isolation_level=None, check_same_thread=False)
        self._connection.row_factory = sqlite3.Row
        self._connection.execute("pragma journal_mode = wal")
        self._connection.execute("pragma synchronous = full")
        self._connection.execute("pragma foreign_keys = on")
        self._connection.executescript(_SCHEMA.read_text(encoding="utf-8"))
        self._add_missing_columns()

    def _add_missing_columns(self) -> None:
        """Give the tables of an older ledger what has been added to them since."""
        columns = {row["name"] for row in self.rows("select name from pragma_table_info('files')")}
        if "rows_passed_over" not in columns:
            self._connection.execute(
                "alter table files add column rows_passed_over integer not null default 0"
            )

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Make the calls inside one transaction: all of them or none."""
        self._connection.execute("begin immediate")
        try:
            yield
        except BaseException:
            self._connection.execute("rollback")
            raise
        self._connection.execute("commit")

    def now(self) -> datetime:
        """Return the time that the ledger would record."""
        return self._now()

    def rows(self, query: str, parameters: Iterable[object] = ()) -> list[sqlite3.Row]:
        """Return the rows of a read-only `query`, for reports and checks."""
        return self._connection.execute(query, tuple(parameters)).fetchall()

    # Files and the dates they touch.

    def has_landed(self, landed_as: str, issue: str, byte_count: int, modified_ns: int) -> bool:
        """Return whether the file at this path, of this issue and looking like this, was taken in."""
        found = self.rows(
            "select 1 from landed where landed_as = ? and issue = ? and byte_count = ? and modified_ns = ?",
            (landed_as, issue, byte_count, modified_ns),
        )
        return bool(found)

    def record_landed(self, landed_as: str, issue: str, byte_count: int, modified_ns: int) -> None:
        """Remember how a file in landing looked when it was taken in."""
        self._connection.execute(
            "insert or replace into landed values (?, ?, ?, ?)", (landed_as, issue, byte_count, modified_ns)
        )

    def record_file(self, record: FileRecord, *, dates: Mapping[date, int]) -> int:
        """Write one file with its rows per business date and return its id; a known file is replaced."""
        self._connection.execute(
            "delete from file_dates where file_id in (select file_id from files where source = ?"
            " and table_name = ? and delivery_date = ? and issue = ? and landed_as = ? and sha256 = ?)",
            self._identity(record),
        )
        cursor = self._connection.execute(
            "insert into files (source, table_name, delivery_date, issue, landed_as, sha256, byte_count,"
            " is_history, released, contract_fingerprint, status, rule, message, rows_read, rows_counted,"
            " rows_loaded, rows_duplicate, rows_quarantined, rows_erased,"
            " rows_passed_over, taken_in_at)"
            " values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
            " on conflict (source, table_name, delivery_date, issue, landed_as, sha256) do update set"
            " is_history = excluded.is_history, released = excluded.released,"
            " contract_fingerprint = excluded.contract_fingerprint, status = excluded.status,"
            " rule = excluded.rule, message = excluded.message, rows_read = excluded.rows_read,"
            " rows_counted = excluded.rows_counted, rows_loaded = excluded.rows_loaded,"
            " rows_duplicate = excluded.rows_duplicate, rows_quarantined = excluded.rows_quarantined,"
            " rows_erased = excluded.rows_erased, rows_passed_over = excluded.rows_passed_over"
            " returning file_id",
            (
                *self._identity(record),
                record.byte_count,
                int(record.is_history),
                ",".join(record.released),
                record.contract_fingerprint,
                record.status,
                record.rule,
                record.message,
                record.rows_read,
                record.rows_counted,
                record.rows_loaded,
                record.rows_duplicate,
                record.rows_quarantined,
                record.rows_erased,
                record.rows_passed_over,
                self._now().isoformat(),
            ),
        )
        file_id = int(cursor.fetchone()[0])
        self._connection.executemany(
            "insert into file_dates (file_id, business_date, row_count) values (?, ?, ?)",
            [(file_id, day.isoformat(), count) for day, count in sorted(dates.items())],
        )
        return file_id

    @staticmethod
    def _identity(record: FileRecord) -> tuple[str, str, str, str, str, str]:
        return (
            record.source,
            record.table,
            record.delivery_date.isoformat(),
            record.issue,
            record.landed_as,
            record.sha256,
        )

    def files(self, source: str | None = None, table: str | None = None) -> list[FileRecord]:
        """Return every file taken in, oldest delivery first, of one table when named."""
        found = self.rows(
            "select * from files where (? is null or source = ?) and (? is null or table_name = ?)"
            " order by source, table_name, delivery_date, issue, landed_as, sha256",
            (source, source, table, table),
        )
        return [FileRecord.of(row) for row in found]

    def active_files(self, source: str, table: str, business_date: date | None = None) -> list[FileRecord]:
        """Return the loaded files of each delivery's newest issue, with rows on `business_date` when given.

        An older issue of the same delivery date is superseded as a whole, whatever the order of arrival.
        """
        day = business_date.isoformat() if business_date else None
        found = self.rows(
            "select * from files where source = ? and table_name = ? and status = 'loaded'"
            " and issue = (select max(issue) from files as other where other.source = files.source"
            "   and other.table_name = files.table_name and other.delivery_date = files.delivery_date"
            "   and other.status = 'loaded')"
            " and (? is null or exists (select 1 from file_dates where file_dates.file_id = files.file_id"
            "   and file_dates.business_date = ?))"
            " order by delivery_date, landed_as, sha256",
            (source, table, day, day),
        )
        return [FileRecord.of(row) for row in found]

    def dates_of_delivery(self, source: str, table: str, delivery_date: date) -> list[date]:
        """Return the business dates that any issue of this delivery has rows on."""
        found = self.rows(
            "select distinct business_date from file_dates join files using (file_id)"
            " where source = ? and table_name = ? and delivery_date = ? order by business_date",
            (source, table, delivery_date.isoformat()),
        )
        return [date.fromisoformat(row[0]) for row in found]

    # The lake.

    def lake_date(self, source: str, table: str, business_date: date) -> LakeDate | None:
        """Return what the lake should hold for one date, or None when it was never written."""
        dates = self.lake_dates(source, table, business_date)
        return dates[0] if dates else None

    def lake_dates(self, source: str, table: str, business_date: date | None = None) -> list[LakeDate]:
        """Return the dates of a table in the lake, oldest first; a date with no rows stands with 0."""
        day = business_date.isoformat() if business_date else None
        found = self.rows(
            "select * from lake_dates where source = ? and table_name = ?"
            " and (? is null or business_date = ?) order by business_date",
            (source, table, day, day),
        )
        return [
            LakeDate(
                business_date=date.fromisoformat(row["business_date"]),
                inputs=row["inputs"],
                row_count=row["row_count"],
                duplicate_count=row["duplicate_count"],
                sha256=row["sha256"],
            )
            for row in found
        ]

    def record_lake_date(self, source: str, table: str, lake_date: LakeDate) -> None:
        """Write what the lake now holds for one date."""
        self._connection.execute(
            "insert or replace into lake_dates values (?, ?, ?, ?, ?, ?, ?)",
            (
                source,
                table,
                lake_date.business_date.isoformat(),
                lake_date.inputs,
                lake_date.row_count,
                lake_date.duplicate_count,
                lake_date.sha256,
            ),
        )

    # Marks: dates to rebuild.

    def mark(self, source: str, table: str, dates: Iterable[date]) -> None:
        """Mark dates as touched; marking again gives a newer mark."""
        self._connection.executemany(
            "insert or replace into marks select ?, ?, ?, coalesce((select max(mark) from marks), 0) + 1",
            [(source, table, day.isoformat()) for day in sorted(set(dates))],
        )

    def marks(self) -> list[Mark]:
        """Return the dates that were touched and not yet published."""
        found = self.rows("select * from marks order by business_date, source, table_name")
        return [
            Mark(row["source"], row["table_name"], date.fromisoformat(row["business_date"]), row["mark"])
            for row in found
        ]

    def clear_marks(self, marks: Iterable[Mark]) -> None:
        """Clear exactly these marks; one that was touched again meanwhile stays."""
        self._connection.executemany(
            "delete from marks where source = ? and table_name = ? and business_date = ? and mark = ?",
            [(mark.source, mark.table, mark.business_date.isoformat(), mark.mark) for mark in marks],
        )

    # Writers, fingerprints, named facts, versions, decisions.

    def start_writer(self, holder: str) -> int:
        """Record a new writer and return its fencing number, greater than any before."""
        cursor = self._connection.execute(
            "insert into writers (holder, started_at) values (?, ?) returning fence",
            (holder, self._now().isoformat()),
        )
        return int(cursor.fetchone()[0])

    def newest_fence(self) -> int:
        """Return the fencing number of the newest writer, 0 before the first."""
        return int(self.rows("select coalesce(max(fence), 0) from writers")[0][0])

    def fingerprints(self, relation: str) -> dict[str, tuple[int, str]]:
        """Return row count and order-free hash per business date ('' for a relation without dates)."""
        found = self.rows("select * from fingerprints where relation = ?", (relation,))
        return {row["business_date"]: (row["row_count"], row["row_hash"]) for row in found}

    def record_fingerprints(self, relation: str, fingerprints: Mapping[str, tuple[int, str]]) -> None:
        """Write fingerprints of some dates of a relation; other dates keep theirs."""
        self._connection.executemany(
            "insert or replace into fingerprints values (?, ?, ?, ?)",
            [(relation, day, count, row_hash) for day, (count, row_hash) in sorted(fingerprints.items())],
        )

    def forget_fingerprints(self, relation: str | None = None, dates: Iterable[str] | None = None) -> None:
        """Drop all fingerprints, those of one relation, or those of some of its dates."""
        if relation is None:
            self._connection.execute("delete from fingerprints")
        elif dates is None:
            self._connection.execute("delete from fingerprints where relation = ?", (relation,))
        else:
            self._connection.executemany(
                "delete from fingerprints where relation = ? and business_date = ?",
                [(relation, day) for day in dates],
            )

    def fact(self, name: str) -> str | None:
        """Return a named fact, or None."""
        found = self.rows("select value from facts where name = ?", (name,))
        return found[0][0] if found else None

    def record_fact(self, name: str, value: str) -> None:
        """Write a named fact over any earlier value."""
        self._connection.execute("insert or replace into facts values (?, ?)", (name, value))

    def versions(self) -> list[Version]:
        """Return every published version, oldest first."""
        return [
            Version(
                sequence=row["sequence"],
                fence=row["fence"],
                as_of_date=date.fromisoformat(row["as_of_date"]),
                content_sha256=row["content_sha256"],
                published_at=row["published_at"],
            )
            for row in self.rows("select * from versions order by sequence")
        ]

    def record_version(self, *, sequence: int, fence: int, as_of_date: date, content_sha256: str) -> None:
        """Write one published version."""
        self._connection.execute(
            "insert or replace into versions values (?, ?, ?, ?, ?)",
            (sequence, fence, as_of_date.isoformat(), content_sha256, self._now().isoformat()),
        )

    def recorded_dates(self, relation: str) -> list[RecordedDate]:
        """Return the dates as of which rows of a decision were recorded, oldest first."""
        found = self.rows("select * from recorded where relation = ? order by as_of_date", (relation,))
        return [RecordedDate.of(row) for row in found]

    def record_rows(self, relation: str, recorded: RecordedDate) -> None:
        """Write what was recorded as of a date over what was not final."""
        self._connection.execute(
            "insert into recorded values (?, ?, ?, ?, ?) on conflict (relation, as_of_date) do update set"
            " row_count = excluded.row_count, sha256 = excluded.sha256, is_final = excluded.is_final"
            " where not recorded.is_final",
            (
                relation,
                recorded.as_of_date.isoformat(),
                recorded.row_count,
                recorded.sha256,
                recorded.is_final,
            ),
        )

    def forget_recorded_drafts(self) -> None:
        """Forget what is recorded and not final."""
        self._connection.execute("delete from recorded where not is_final")

    def finalise_recorded(self) -> None:
        """Make all that is recorded final."""
        self._connection.execute("update recorded set is_final = 1 where not is_final")

    def record_decision(self, kind: str, detail: str) -> None:
        """Write a decision of a person or a model: a release, a rollback, a promotion."""
        self._connection.execute(
            "insert into decisions (kind, detail, decided_at) values (?, ?, ?)",
            (kind, detail, self._now().isoformat()),
        )

    def decisions(self, kind: str) -> list[sqlite3.Row]:
        """Return the decisions of one kind, oldest first."""
        return self.rows("select * from decisions where kind = ? order by decision_id", (kind,))
