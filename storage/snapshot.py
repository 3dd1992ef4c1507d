"""Snapshot: the files of one version, written from the build file.

Belongs here: Parquet per table and date with repeatable bytes, links to unchanged files, lifecycle.duckdb.
Does not belong here: version numbers, the served link and the ledger (published.py).
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import duckdb

from data_contracts.casting import literal, quoted
from data_contracts.side_by_side import side_by_side
from storage.durable import sync
from storage.engine import EngineSettings, connect
from storage.fingerprints import UNDATED, Relation, columns_of
from storage.manifest import Content, Manifest, TableContent, file_sha256

DATABASE = "lifecycle.duckdb"
# The oldest storage format that every reader since DuckDB 1.0 opens, and version 2 too.
STORAGE_VERSION = "v1.0.0"
RECENT_DAYS = 90
ROWS_PER_GROUP = 122_880
READ_ONLY = 0o444


class SnapshotError(RuntimeError):
    """A table of the build file cannot be published as it is."""


@dataclass(frozen=True)
class Previous:
    """The newest version: what is unchanged is linked from it, except its `damaged` files."""

    folder: Path
    manifest: Manifest
    damaged: frozenset[str]


def write_table(
    connection: duckdb.DuckDBPyConnection,
    relation: Relation,
    *,
    folder: Path,
    previous: Previous | None,
    sealed: Mapping[str, tuple[int, str]],
) -> TableContent:
    """Write the Parquet files of one table below `folder` and return what they hold.

    `sealed`: fingerprints (row count, hash) of dates that this night did not write. A date with the
    fingerprint of the previous version is linked unread; a file that comes out with the same bytes is linked
    as well. Raises SnapshotError for a table that is missing, has rows without a date, or whose files do not
    hold the rows of the build.
    """
    columns = tuple(columns_of(connection, relation).items())
    if not columns:
        raise SnapshotError(f"{relation.address} is not in the build file")
    kept = _Kept.of(relation, columns, previous)
    counts = dict(_row_counts(connection, relation))

    def put(cursor: duckdb.DuckDBPyConnection, day: str) -> tuple[str, str]:
        path = file_path(relation, day)
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        if kept.holds(path, sealed.get(day), counts[day], day):
            return path, kept.link(path, target)
        write_parquet(cursor, relation, day, target)
        return path, kept.link_if_same(path, target)

    files = dict(side_by_side(connection, put, counts))
    _verify_rows(connection, relation, folder, {file_path(relation, day): n for day, n in counts.items()})
    return TableContent(
        date_column=relation.date_column,
        is_thinned=relation.is_thinned,
        columns=columns,
        rows=sum(counts.values()),
        files=dict(sorted(files.items())),
    )


def view_query(connection: duckdb.DuckDBPyConnection, view: Relation) -> str:
    """Return the statement that makes a view of the build file; raises SnapshotError when there is none."""
    found = connection.execute(
        "select sql from duckdb_views() where schema_name = ? and view_name = ?", [view.schema, view.name]
    ).fetchone()
    if found is None:
        raise SnapshotError(f"{view.address} is no view of the build file")
    return str(found[0])


def file_path(relation: Relation, day: str) -> str:
    """Return the path of one date's rows below a version, `day` being `''` for a relation without dates."""
    parts = ["parquet", relation.schema, relation.name]
    if day != UNDATED:
        parts.append(f"{relation.date_column}={day}")
    return "/".join([*parts, "rows.parquet"])


def write_database(folder: Path, content: Content, *, settings: EngineSettings, scratch: Path) -> str:
    """Write lifecycle.duckdb from the Parquet files of `content` and return its SHA-256.

    Dated tables hold the last 90 days up to as_of_date, thinned ones the newest alone: what a row per person and day
    would take to write again grows with history. Read-only, checkpointed, without a log beside it.
    """
    path = folder / DATABASE
    with closing(connect(settings=settings, scratch=scratch)) as connection:
        connection.execute(f"attach {literal(str(path))} as lifecycle (storage_version '{STORAGE_VERSION}')")
        for address, table in content.tables.items():
            schema, name = address.split(".", 1)
            target = f"lifecycle.{quoted(schema)}.{quoted(name)}"
            connection.execute(f"create schema if not exists lifecycle.{quoted(schema)}")
            columns = ", ".join(f"{quoted(column)} {kind}" for column, kind in table.columns)
            connection.execute(f"create table {target} ({columns})")
            files = [folder / file for file in _recent_files(table, content.as_of_date)]
            if files:
                connection.execute(f"insert into {target} select * from {_parquet(files)}")
        connection.execute("use lifecycle")
        for query in content.views.values():
            connection.execute(query)
        connection.execute("use memory")
        connection.execute("checkpoint lifecycle")
        connection.execute("detach lifecycle")
    path.chmod(READ_ONLY)
    sync(path)
    return file_sha256(path)


def write_other(target: Path, content: bytes) -> str:
    """Write a durable, read-only file beside the tables and return its SHA-256."""
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content)
    target.chmod(READ_ONLY)
    sync(target)
    return file_sha256(target)


@dataclass(frozen=True)
class _Kept:
    """What of one table may be linked from the previous version."""

    folder: Path
    files: Mapping[str, str]
    fingerprints: Mapping[str, tuple[int, str]]

    @staticmethod
    def of(relation: Relation, columns: tuple[tuple[str, str], ...], previous: Previous | None) -> _Kept:
        table = previous.manifest.content.tables.get(relation.address) if previous else None
        if previous is None or table is None:
            return _Kept(Path(), {}, {})
        files = {path: sha for path, sha in table.files.items() if path not in previous.damaged}
        is_same_table = table.columns == columns and table.date_column == relation.date_column
        fingerprints = previous.manifest.run.fingerprints.get(relation.address, {}) if is_same_table else {}
        return _Kept(previous.folder, files, fingerprints)

    def holds(self, path: str, sealed: tuple[int, str] | None, row_count: int, day: str) -> bool:
        """Whether the previous file was written from these very rows."""
        before = self.fingerprints.get(day)
        return sealed is not None and sealed == before and sealed[0] == row_count and path in self.files

    def link(self, path: str, target: Path) -> str:
        """Make `target` the previous file and return its SHA-256."""
        os.link(self.folder / path, target)
        return self.files[path]

    def link_if_same(self, path: str, target: Path) -> str:
        """Return the SHA-256 of a file just written, the equal previous one having taken its place."""
        sha256 = file_sha256(target)
        if self.files.get(path) == sha256:
            target.unlink()
            os.link(self.folder / path, target)
        return sha256


def _row_counts(connection: duckdb.DuckDBPyConnection, relation: Relation) -> Iterator[tuple[str, int]]:
    found = connection.execute(
        f"select {relation.date_text} as day, count(*) from {relation.quoted} group by day order by day"
    ).fetchall()
    if relation.date_column is None:
        # An empty table is published too: its file says which columns it has.
        found = found or [(UNDATED, 0)]
    elif found and found[0][0] == UNDATED:
        raise SnapshotError(f"{relation.address} has {found[0][1]} rows without {relation.date_column}")
    yield from found


def write_parquet(connection: duckdb.DuckDBPyConnection, relation: Relation, day: str, target: Path) -> None:
    """Write the rows of one date (`''`: of the whole relation) as a durable, read-only Parquet file."""
    condition = f"{quoted(str(relation.date_column))} = date '{day}'" if day != UNDATED else "true"
    # The order over all columns leaves no ties that could differ: the bytes do not depend on the threads.
    connection.execute(
        f"copy (select * from {relation.quoted} where {condition} order by all nulls last)"
        f" to {literal(str(target))} (format parquet, compression zstd, row_group_size {ROWS_PER_GROUP})"
    )
    target.chmod(READ_ONLY)
    sync(target)


def _verify_rows(
    connection: duckdb.DuckDBPyConnection, relation: Relation, folder: Path, expected: Mapping[str, int]
) -> None:
    if not expected:
        return
    files = {str(folder / path): path for path in expected}
    found = connection.execute(
        "select file_name, num_rows from parquet_file_metadata(?)", [list(files)]
    ).fetchall()
    written = {files[name]: row_count for name, row_count in found}
    for path, row_count in expected.items():
        if written.get(path) != row_count:
            raise SnapshotError(
                f"{path} holds {written.get(path)} rows and {relation.address} has {row_count} for it"
            )


def _recent_files(table: TableContent, as_of_date: date) -> list[str]:
    if table.date_column is None:
        return list(table.files)
    first = as_of_date - timedelta(days=0 if table.is_thinned else RECENT_DAYS - 1)
    days = {path: path.split("/")[-2].removeprefix(f"{table.date_column}=") for path in table.files}
    return [path for path in table.files if first <= date.fromisoformat(days[path]) <= as_of_date]


def _parquet(files: list[Path]) -> str:
    paths = ", ".join(literal(str(file)) for file in files)
    return f"read_parquet([{paths}], hive_partitioning = false)"
