"""Records: the facts that the ledger holds, as values.

Belongs here: frozen dataclasses of landed files, marks, lake dates and versions.
Does not belong here: how they are stored (ledger.py, ledger.sql).
"""

from __future__ import annotations

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


@dataclass(frozen=True)
class Version:
    """One published version."""

    sequence: int
    fence: int
    as_of_date: date
    content_sha256: str
    published_at: str
