"""Rebuilding: forgetting everything that can be made again from raw and the ledger.

Belongs here: what is dropped, and marking what must be made again. Does not belong here: making it, which is a
night like any other.
"""

from __future__ import annotations

import shutil
from datetime import date

from orchestration.resources import House
from storage.writer import writer


def forget_derived(house: House, *, wait_seconds: float) -> int:
    """Drop accepted rows, lake and build file, every business date marked first; return how many dates are marked.

    What is published stays served. A kill half way heals in the next night: the marks are there before anything
    is dropped. Raises WriterBusy.
    """
    with writer(house.home, house.ledger, holder="rebuild", wait_seconds=wait_seconds):
        marked: dict[tuple[str, str], set[date]] = {}
        known = house.ledger.rows(
            "select source, table_name, business_date from file_dates join files using (file_id)"
            " union select source, table_name, business_date from lake_dates"
        )
        for row in known:
            marked.setdefault((row["source"], row["table_name"]), set()).add(
                date.fromisoformat(row["business_date"])
            )
        with house.ledger.transaction():
            for (source, table), dates in marked.items():
                house.ledger.mark(source, table, dates)
        for folder in (house.home.accepted, house.home.lake):
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
        house.home.warehouse.unlink(missing_ok=True)
        house.home.warehouse.with_name(f"{house.home.warehouse.name}.wal").unlink(missing_ok=True)
        return len(set().union(*marked.values()))
