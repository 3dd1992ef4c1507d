"""Homes that hold one real data set and nothing else: landing its files, taking them in, running the night.

Belongs here: how the files get in, and what ledger, lake, quarantine and published version say afterwards.
Does not belong here: the figures of a data set, which its own test module explains.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb

from data_contracts.contract import load_contracts
from data_contracts.mapping import load_mappings
from storage.engine import EngineSettings
from storage.home import Home
from storage.intake import Doors, take_in
from storage.ledger import Ledger
from tests.reliability.homes import new_home, succeeded

_NIGHT_ENDS_WITHIN = 900


@dataclass(frozen=True)
class Account:
    """The ledger's counts of the files of one landing address."""

    read: int
    loaded: int
    repeated: int
    quarantined: int


def take_in_files(root: Path, files: Mapping[str, Path], *, delivered: date) -> Home:
    """Return a home into which `files`, by landing address, were taken in, and no night was run."""
    home = Home(root)
    home.create()
    _land(home, files, delivered)
    contracts = load_contracts()
    mappings = load_mappings(contracts=contracts)
    with closing(Ledger(home.ledger, now=lambda: datetime(2026, 1, 1, tzinfo=UTC))) as ledger:
        doors = Doors(
            home=home,
            ledger=ledger,
            contracts=contracts,
            mappings=mappings,
            token_key=b"a key of the tests, 32 bytes long",
            settings=EngineSettings(threads=2, memory_limit="2GB"),
        )
        for contract in {mappings[address].contract for address in files}:
            take_in(doors, contracts[contract], through=delivered)
    return home


def run_night(root: Path, files: Mapping[str, Path], *, delivered: date) -> Home:
    """Return a home in which the night of `delivered` took in `files`, by landing address, and published."""
    home = new_home(root)
    _land(home, files, delivered)
    ended = succeeded(home, "nightly", within=_NIGHT_ENDS_WITHIN)
    assert "published version 1." in ended.output
    succeeded(home, "verify")
    return home


def account(home: Home, address: str) -> Account:
    """Return the counts of all files that landed at `address`, each of which must be accounted for."""
    with closing(sqlite3.connect(f"file:{home.ledger}?mode=ro", uri=True)) as ledger:
        files = ledger.execute(
            "select rows_read, rows_counted, rows_loaded, rows_duplicate, rows_quarantined, status from files"
            " where landed_as like ? || '/%'",
            (address.replace(".", "/"),),
        ).fetchall()
    assert files
    for read, counted, loaded, _, quarantined, status in files:
        assert (read, read, status) == (counted, loaded + quarantined, "loaded")
    read, _, loaded, repeated, quarantined = (sum(one[column] for one in files) for column in range(5))
    return Account(read, loaded, repeated, quarantined)


def refused(home: Home, address: str) -> dict[tuple[str, str], int]:
    """Return how many rows of `address` are in quarantine under each rule and field."""
    found = in_quarantine(home, address, "select rule, field, count(*) from held group by rule, field")
    return {(rule, field): count for rule, field, count in found}


def in_quarantine(home: Home, address: str, query: str) -> list[tuple[Any, ...]]:
    """Return what `query` finds in `held`, the quarantined rows that landed at `address`."""
    place = address.replace(".", "/")
    held = f"from read_parquet('{home.quarantine}/*/*/*.parquet') where landed_as like '{place}/%'"
    return _ask(f"create view held as {held}", query)


def in_lake(home: Home, table: str, query: str) -> list[tuple[Any, ...]]:
    """Return what `query` finds in `lake`, the rows of one table in the lake."""
    source, name = table.split(".")
    files = f"{home.lake}/{source}/{name}/*/rows.parquet"
    return _ask(f"create view lake as from read_parquet('{files}', hive_partitioning = false)", query)


def published(home: Home, query: str) -> list[tuple[Any, ...]]:
    """Return what `query` finds in the version that is served."""
    with duckdb.connect(home.published / "current" / "lifecycle.duckdb", read_only=True) as reader:
        return reader.execute(query).fetchall()


def published_days(home: Home, table: str, query: str) -> list[tuple[Any, ...]]:
    """Return what `query` finds in `days`: the published rows of a table on every day, not the newest alone."""
    files = f"{home.published}/current/parquet/{table.replace('.', '/')}/*/rows.parquet"
    return _ask(f"create view days as from read_parquet('{files}', hive_partitioning = false)", query)


def _land(home: Home, files: Mapping[str, Path], delivered: date) -> None:
    for address, file in files.items():
        folder = home.landing / address.replace(".", "/") / delivered.isoformat()
        folder.mkdir(parents=True)
        shutil.copyfile(file, folder / file.name)


def _ask(view: str, query: str) -> list[tuple[Any, ...]]:
    with duckdb.connect() as reader:
        reader.execute(view)
        return reader.execute(query).fetchall()
