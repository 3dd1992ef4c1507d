"""The snapshot: the published version that a page reads.

Belongs here: finding the version that is served, and asking it. Does not belong here: which figures a page shows.
"""

from __future__ import annotations

import json
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pandas as pd

from storage.engine import connect


class NothingPublishedError(LookupError):
    """There is no published version to look at: a night has to end first."""


@dataclass(frozen=True)
class Snapshot:
    """One published version; whatever is published meanwhile, a page goes on reading this one."""

    folder: Path
    sequence: int
    as_of_date: date

    def ask(self, query: str) -> pd.DataFrame:
        """Return what a query finds; the file is opened read-only and closed again."""
        with closing(connect(self.folder / "lifecycle.duckdb", read_only=True)) as connection:
            return connection.execute(query).df()

    def tables(self) -> frozenset[str]:
        """Return the addresses of the tables and views of the version."""
        found = self.ask("select table_schema || '.' || table_name as address from information_schema.tables")
        return frozenset(found["address"])


def served(home: Path) -> Snapshot:
    """Return the version that is served now; raises NothingPublishedError saying what to run."""
    folder = (home / "published" / "current").resolve()
    manifest = folder / "manifest.json"
    if not manifest.is_file():
        raise NothingPublishedError(f"nothing is published in {home}: run `lifecycle nightly` first")
    document = json.loads(manifest.read_bytes())
    return Snapshot(
        folder,
        sequence=document["run"]["sequence"],
        as_of_date=date.fromisoformat(document["content"]["as_of_date"]),
    )
