"""Status: the state of a home, as the ledger and the folders tell it.

Belongs here: gathering and wording it. Does not belong here: judging whether it is good, and changing it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from orchestration.nights import latest_delivery, next_night
from orchestration.prepare import models_digest
from orchestration.resources import House
from storage.intake import unread_tables
from storage.published import current_sequence


@dataclass(frozen=True)
class TableStatus:
    """What was taken in of one table; counts are rows of all its files, `lake_rows` what is left after merging."""

    files: int
    rejected_files: int
    rows_read: int
    rows_quarantined: int
    lake_rows: int
    newest_delivery: str | None


@dataclass(frozen=True)
class Status:
    """The state of a home."""

    home: str
    served_version: int | None
    served_as_of_date: str | None
    newest_delivery: str | None
    waiting: tuple[str, ...]
    tables: dict[str, TableStatus]
    unread: tuple[str, ...]


def read_status(house: House) -> Status:
    """Return the state of `house`."""
    sequence = current_sequence(house.home)
    served = next((one for one in house.ledger.versions() if one.sequence == sequence), None)
    newest = latest_delivery(house)
    night = next_night(house, as_of_date=newest, models=models_digest()) if newest else None
    return Status(
        home=str(house.home.root),
        served_version=sequence,
        served_as_of_date=served.as_of_date.isoformat() if served else None,
        newest_delivery=newest.isoformat() if newest else None,
        waiting=night.reasons if night else (),
        tables={address: _table(house, address) for address in sorted(house.contracts)},
        unread=tuple(unread_tables(house.home.landing, house.contracts, house.doors.mappings)),
    )


def told(status: Status) -> Iterator[str]:
    """Yield the state in lines for people."""
    yield f"home      {status.home}"
    if status.served_version is None:
        yield "serving   nothing yet"
    else:
        yield f"serving   version {status.served_version}, as of {status.served_as_of_date}"
    yield f"waiting   {'; '.join(status.waiting) or 'nothing'}"
    yield f"newest    {status.newest_delivery or 'nothing has landed'}"
    yield ""
    yield f"{'table':<32}{'files':>8}{'rejected':>10}{'read':>14}{'quarantined':>13}{'in the lake':>14}  delivered"
    for address, table in status.tables.items():
        yield (
            f"{address:<32}{table.files:>8,}{table.rejected_files:>10,}{table.rows_read:>14,}"
            f"{table.rows_quarantined:>13,}{table.lake_rows:>14,}  {table.newest_delivery or '-'}"
        )
    if status.unread:
        yield ""
        yield f"landed, and not read as no contract asks for them: {', '.join(status.unread)}"


def _table(house: House, address: str) -> TableStatus:
    source, table = address.split(".")
    files = house.ledger.files(source, table)
    return TableStatus(
        files=len(files),
        rejected_files=sum(record.status == "rejected" for record in files),
        rows_read=sum(record.rows_read for record in files),
        rows_quarantined=sum(record.rows_quarantined for record in files),
        lake_rows=sum(lake_date.row_count for lake_date in house.ledger.lake_dates(source, table)),
        newest_delivery=max((record.delivery_date.isoformat() for record in files), default=None),
    )
