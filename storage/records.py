"""Records: the facts that the ledger holds, as values.

Belongs here: frozen dataclasses of landed files, marks, lake dates, recorded dates and versions.
Does not belong here: how they are stored (ledger.py, ledger.sql).
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class FileRecord:
    """One landed file as the ledger knows it; counts are rows."""

    source: str
    table: str
    delivery_date: date
    issue: str
    landed_as: str
    sha256: str
    byte_count: int
    is_history: bool
    contract_fingerprint: str
    status: str
    rule: str | None = None
    message: str | None = None
    rows_read: int = 0
    rows_counted: int = 0
    rows_loaded: int = 0
    rows_duplicate: int = 0
    rows_quarantined: int = 0
    rows_erased: int = 0
    rows_passed_over: int = 0
    released: tuple[str, ...] = ()
    file_id: int | None = None

    @property
    def is_accounted(self) -> bool:
        """True when every row read is loaded, quarantined, erased or not meant, and both counts agree."""
        placed = self.rows_loaded + self.rows_quarantined + self.rows_erased + self.rows_passed_over
        return self.rows_read == self.rows_counted == placed

    @classmethod
    def of(cls, row: sqlite3.Row) -> FileRecord:
        """Return the file that a row of the ledger's table `files` is about."""
        return cls(
            source=row["source"],
            table=row["table_name"],
            delivery_date=date.fromisoformat(row["delivery_date"]),
            issue=row["issue"],
            landed_as=row["landed_as"],
            sha256=row["sha256"],
            byte_count=row["byte_count"],
            is_history=bool(row["is_history"]),
            contract_fingerprint=row["contract_fingerprint"],
            status=row["status"],
            rule=row["rule"],
            message=row["message"],
            rows_read=row["rows_read"],
            rows_counted=row["rows_counted"],
            rows_loaded=row["rows_loaded"],
            rows_duplicate=row["rows_duplicate"],
            rows_quarantined=row["rows_quarantined"],
            rows_erased=row["rows_erased"],
            rows_passed_over=row["rows_passed_over"],
            released=tuple(rule for rule in row["released"].split(",") if rule),
            file_id=row["file_id"],
        )


@dataclass(frozen=True, order=True)
class Mark:
    """A business date of one table that was touched and is not yet published."""

    source: str
    table: str
    business_date: date
    mark: int


@dataclass(frozen=True)
class LakeDate:
    """One business date of one table in the lake."""

    business_date: date
    inputs: str
    row_count: int
    duplicate_count: int
    sha256: str


AS_OF = "as_of_date"
"""The column of the date as of which something was decided."""


@dataclass(frozen=True)
class RecordedDate:
    """What was decided as of one date; once it is final nothing changes it."""

    as_of_date: date
    row_count: int
    sha256: str
    is_final: bool

    @classmethod
    def of(cls, row: sqlite3.Row) -> RecordedDate:
        """Return the date that a row of the ledger's table `recorded` is about."""
        return cls(
            as_of_date=date.fromisoformat(row["as_of_date"]),
            row_count=row["row_count"],
            sha256=row["sha256"],
            is_final=bool(row["is_final"]),
        )


@dataclass(frozen=True)
class Version:
    """One published version."""

    sequence: int
    fence: int
    as_of_date: date
    content_sha256: str
    published_at: str
