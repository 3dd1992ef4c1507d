"""Quarantine: rows that were set aside: shown, released, or read again under a mended contract.

Belongs here: what people do with rejected rows. Does not belong here: the rules that reject (data_contracts).

A release or a replay reads the whole raw file again: the quarantined text is masked and never a source of rows.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.parquet as pq

from storage.intake import Doors, quarantine_file, read_again, refresh_lake
from storage.records import FileRecord

RELEASABLE = ("too_late", "in_the_future")


class NotReleasableError(ValueError):
    """The rule says that a row cannot be understood: mend the contract or the source, then replay."""


@dataclass(frozen=True)
class Held:
    """Rows of one file held for one rule, or the whole file when `rows` is None."""

    record: FileRecord
    rule: str
    rows: int | None


@dataclass(frozen=True)
class ReadAgain:
    """Files as they were and as they are after being read again."""

    before: tuple[FileRecord, ...]
    after: tuple[FileRecord, ...]

    @property
    def rows_gained(self) -> int:
        """Rows that are loaded now and were not before."""
        return sum(one.rows_loaded for one in self.after) - sum(one.rows_loaded for one in self.before)


def held(doors: Doors, address: str | None = None) -> list[Held]:
    """Return what is held per file and rule, of one table when named; rejected files stand as a whole."""
    return held_of(doors, _records(doors, address))


def held_of(doors: Doors, records: Iterable[FileRecord]) -> list[Held]:
    """Return what is held of some files, per file and rule."""
    found = []
    for record in records:
        if record.status == "rejected":
            found.append(Held(record, record.rule or "", None))
        elif record.rows_quarantined:
            rules = Counter(rejected_rows(doors, record)["rule"].to_pylist())
            found.extend(Held(record, rule, count) for rule, count in sorted(rules.items()))
    return found


def rejected_rows(doors: Doors, record: FileRecord) -> pa.Table:
    """Return a file's rejected rows: delivery, path, sha256, line, rule, field, message, masked text."""
    return pq.read_table(quarantine_file(doors.home, record))


def release(doors: Doors, address: str, *, rule: str) -> ReadAgain:
    """Let in the rows of a table that only `rule` holds back, and bring its lake up to date.

    Recorded as a decision. Raises NotReleasableError for a rule that says a row cannot be understood.
    """
    if rule not in RELEASABLE:
        raise NotReleasableError(
            f"{rule} cannot be released, only {' and '.join(RELEASABLE)}: mend the contract, then replay"
        )
    waiting = [one.record for one in held(doors, address) if one.rule == rule]
    return _again(doors, address, "release", waiting, released=(rule,))


def replay(doors: Doors, address: str) -> ReadAgain:
    """Read the table's files with rejected rows, and its rejected files, again under today's contract.

    A file that does not hold what its control file promised stays out: no contract can mend that.
    """
    waiting = [
        one
        for one in _records(doors, address)
        if one.rows_quarantined or (one.status == "rejected" and one.rule != "control_mismatch")
    ]
    return _again(doors, address, "replay", waiting, released=())


def _records(doors: Doors, address: str | None) -> list[FileRecord]:
    source, _, table = (address or "").partition(".")
    return doors.ledger.files(source or None, table or None)


def _again(
    doors: Doors, address: str, kind: str, records: Iterable[FileRecord], *, released: tuple[str, ...]
) -> ReadAgain:
    before = tuple(records)
    contract = doors.contracts[address]
    doors.ledger.record_decision(
        kind,
        json.dumps(
            {"table": address, "rules": released, "files": [one.landed_as for one in before]}, sort_keys=True
        ),
    )
    after = tuple(read_again(doors, contract, record, released=released) for record in before)
    refresh_lake(doors, contract)
    return ReadAgain(before, after)
