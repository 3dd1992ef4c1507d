"""Accounts: what a home holds, counted without the product's own sums, and in what two homes differ.

Belongs here: rows per file, rows and bytes per lake date, bytes of what is published, the equations between them.
Does not belong here: running or killing nights.

Everything is read as a stranger would: SQLite, Parquet, JSON and SHA-256; only the keys come from the contracts.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections import Counter
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq

from data_contracts.contract import load_contracts
from storage.home import Home

_SHOWN = 5


@dataclass(frozen=True)
class Account:
    """What a home holds; paths are relative to it.

    `files`: per landed file its bytes' SHA-256, status and rows read, loaded, repeated, quarantined.
    `promised`: rows per landed file as its control file states. `lake`, `quarantine`: rows and SHA-256 per file.
    `published`: SHA-256 per Parquet file of the served version.
    """

    files: Mapping[str, tuple[str, str, int, int, int, int]]
    promised: Mapping[str, int]
    lake: Mapping[str, tuple[int, str]]
    quarantine: Mapping[str, tuple[int, str]]
    published: Mapping[str, str]
    content_sha256: str
    waiting: tuple[str, ...]

    @property
    def rows_read(self) -> int:
        """Rows of all files."""
        return sum(read for _, _, read, *_ in self.files.values())


def account(home: Home) -> Account:
    """Return what a home holds that nothing runs in."""
    served = (home.published / "current").resolve()
    return Account(
        files=_files(home),
        promised=_promised(home),
        lake=_parquet(home.lake),
        quarantine=_parquet(home.quarantine),
        published={
            path.relative_to(served).as_posix(): sha256(path)
            for path in sorted(served.glob("parquet/**/*.parquet"))
        },
        content_sha256=json.loads((served / "manifest.json").read_text(encoding="utf-8"))["content_sha256"],
        waiting=_waiting(home),
    )


def differences(found: Account, expected: Account) -> list[str]:
    """Return in what two homes differ that took in the same deliveries; empty when in nothing."""
    problems: list[str] = []
    for field in fields(Account):
        ours, theirs = getattr(found, field.name), getattr(expected, field.name)
        if ours == theirs:
            continue
        if not isinstance(ours, Mapping):
            problems.append(f"{field.name}: {ours} instead of {theirs}")
            continue
        names = [name for name in sorted({*ours, *theirs}) if ours.get(name) != theirs.get(name)]
        problems += [
            f"{field.name}: {name}: {ours.get(name)} instead of {theirs.get(name)}" for name in names[:_SHOWN]
        ]
        if len(names) > _SHOWN:
            problems.append(f"{field.name}: and {len(names) - _SHOWN} more")
    return problems


def warehouse_differences(found: Home, expected: Home) -> list[str]:
    """Return in which tables two homes' warehouses differ, every row of every date compared; control tables aside."""
    with closing(duckdb.connect()) as connection:
        for name, home in (("found", found), ("expected", expected)):
            connection.execute(f"attach '{home.warehouse}' as {name} (read_only)")
        ours, theirs = (warehouse_tables(connection, name) for name in ("found", "expected"))
        problems = [f"{address} is in one of the two alone" for address in sorted({*ours} ^ {*theirs})]
        for address in sorted({*ours} & {*theirs}):
            count = connection.execute(
                f"select (select count(*) from (from found.{address} except all from expected.{address})),"
                f" (select count(*) from (from expected.{address} except all from found.{address}))"
            ).fetchone()
            if count != (0, 0):
                problems.append(f"{address}: (rows too many, rows missing) {count}")
    return problems


def warehouse_tables(connection: duckdb.DuckDBPyConnection, database: str) -> dict[str, tuple[str, ...]]:
    """Return the dates' columns of every table that a night builds in an attached warehouse, by address."""
    found = connection.execute(
        "select table_schema || '.' || table_name,"
        " list(column_name order by column_name)"
        "   filter (where column_name in ('business_date', 'as_of_date'))"
        " from information_schema.columns join information_schema.tables"
        "   using (table_catalog, table_schema, table_name)"
        " where table_catalog = ? and table_type = 'BASE TABLE' and table_schema <> 'control'"
        " group by all order by 1",
        [database],
    ).fetchall()
    return {address: tuple(dates or ()) for address, dates in found}


def imbalances(home: Home, held: Account) -> list[str]:
    """Return where rows are lost or doubled inside one home: equations that hold whatever was delivered."""
    problems = [
        f"{name}: {read} rows read, {loaded} loaded and {quarantined} quarantined"
        for name, (_, _, read, loaded, _, quarantined) in held.files.items()
        if read != loaded + quarantined
    ]
    problems += [
        f"{name}: {rows} rows promised, {held.files[name][2] if name in held.files else 'never'} read"
        for name, rows in held.promised.items()
        if name not in held.files or (held.files[name][1] == "loaded" and held.files[name][2] != rows)
    ]
    quarantined = sum(row[5] for row in held.files.values())
    if quarantined != sum(rows for rows, _ in held.quarantine.values()):
        problems.append(f"{quarantined} rows are said to be in quarantine and others are")
    return problems + _lost_between_files(home, held) + _repeated_keys(home) + _left_behind(home)


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _files(home: Home) -> dict[str, tuple[str, str, int, int, int, int]]:
    found = _ask(
        home,
        "select landed_as, sha256, status, rows_read, rows_loaded, rows_duplicate, rows_quarantined from files",
    )
    return {row[0]: row[1:] for row in found}


def _promised(home: Home) -> dict[str, int]:
    known = {tuple(address.split(".")) for address in load_contracts()}
    return {
        (control.parent / file["name"]).relative_to(home.landing).as_posix(): file["rows"]
        for control in home.landing.rglob("_control.json")
        # A table without a contract is named by the night, and left.
        if control.relative_to(home.landing).parts[:2] in known
        for file in json.loads(control.read_text(encoding="utf-8"))["files"]
    }


def _parquet(folder: Path) -> dict[str, tuple[int, str]]:
    return {
        path.relative_to(folder).as_posix(): (pq.read_metadata(path).num_rows, sha256(path))
        for path in sorted(folder.rglob("*.parquet"))
    }


def _waiting(home: Home) -> tuple[str, ...]:
    found = _ask(home, "select source, table_name, business_date from marks order by 1, 2, 3")
    return tuple(f"{source}.{table} {day}" for source, table, day in found)


def _lost_between_files(home: Home, held: Account) -> list[str]:
    """Compare the rows of each table's files with those of its lake, which are the same but for repeated ones.

    The deliveries of these homes are never issued twice, so that every loaded file counts.
    """
    loaded: Counter[str] = Counter()
    for name, (_, status, _, rows, repeated, _) in held.files.items():
        if status == "loaded":
            loaded["/".join(name.split("/")[:2])] += rows - repeated
    in_lake: Counter[str] = Counter()
    for name, (rows, _) in held.lake.items():
        in_lake["/".join(name.split("/")[:2])] += rows
    for source, table, repeated in _ask(
        home, "select source, table_name, sum(duplicate_count) from lake_dates group by 1, 2"
    ):
        in_lake[f"{source}/{table}"] += repeated
    return [
        f"{table}: {loaded[table]} rows loaded, {in_lake[table]} in the lake or repeated"
        for table in sorted({*loaded, *in_lake})
        if loaded[table] != in_lake[table]
    ]


def _repeated_keys(home: Home) -> list[str]:
    problems = []
    with closing(duckdb.connect()) as connection:
        for contract in load_contracts().values():
            files = [str(path) for path in (home.lake / contract.source / contract.table).rglob("*.parquet")]
            if not files:
                continue
            key = ", ".join(f'"{name}"' for name in {*contract.key, "business_date"})
            found = connection.execute(
                f"select count(*) - count(distinct ({key})) from read_parquet(?, hive_partitioning = false)",
                [files],
            ).fetchone()
            if found != (0,):
                problems.append(f"{contract.address}: {found} rows have the key of another")
    return problems


def _left_behind(home: Home) -> list[str]:
    """Return what a finished night must not leave: unfinished versions, versions that the ledger does not know."""
    problems = [f"{path.name} is left in published" for path in home.published.glob(".*")]
    recorded = {str(row[0]) for row in _ask(home, "select sequence from versions")}
    kept = {path.name for path in home.published.iterdir() if path.name.isdigit()}
    problems += [f"version {name} is not in the ledger" for name in sorted(kept - recorded)]
    return problems


def _ask(home: Home, query: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(f"file:{home.ledger}?mode=ro", uri=True)) as connection:
        return connection.execute(query).fetchall()
