"""What one intake of a table did: files, dates touched, and rows counted over all files.

Belongs here: the value and its sums. Does not belong here: doing it (intake.py), turning counts into checks.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from storage.ledger import FileRecord


@dataclass(frozen=True)
class IntakeReport:
    """What one intake of one table did; `dates` are the business dates touched."""

    files: tuple[FileRecord, ...]
    dates: tuple[date, ...]
    unknown_paths: tuple[str, ...]
    problems: tuple[str, ...]

    @property
    def rows_read(self) -> int:
        """Rows of all files, judged one by one."""
        return sum(record.rows_read for record in self.files)

    @property
    def rows_loaded(self) -> int:
        """Rows that passed every rule, repeated ones included."""
        return sum(record.rows_loaded for record in self.files)

    @property
    def rows_quarantined(self) -> int:
        """Rows set aside with a reason."""
        return sum(record.rows_quarantined for record in self.files)

    @property
    def rows_passed_over(self) -> int:
        """Rows that a mapping does not mean for this table."""
        return sum(record.rows_passed_over for record in self.files)

    @property
    def rows_duplicate(self) -> int:
        """Rows repeated inside their file."""
        return sum(record.rows_duplicate for record in self.files)
