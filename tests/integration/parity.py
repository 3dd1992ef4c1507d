"""Parity: what a table of one engine must have in common with the same table of the other.

Belongs here: reading the build file of DuckDB and the files that Spark wrote, and telling how they differ.
Does not belong here: building either (test_parity.py).

Keys, integers, decimals, dates, strings and lists are the same; a DOUBLE may differ by 1e-9 of itself.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

Row = tuple[object, ...]
RELATIVE = 1e-9
_INTEGERS = {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT"}


@dataclass(frozen=True)
class Table:
    """Column types as DuckDB names them, integers of any width alike, and the rows in any order."""

    columns: Mapping[str, str]
    rows: Sequence[Row]


def of_duckdb(build_file: Path) -> dict[str, Table]:
    """Return the tables of a build file, by `schema.name`."""
    with duckdb.connect(str(build_file), read_only=True) as connection:
        names = connection.execute("select schema_name || '.' || table_name from duckdb_tables()").fetchall()
        return {name: _read(connection, f"select * from {name}") for (name,) in names}


def of_spark(tables: Path) -> dict[str, Table]:
    """Return the tables whose files stand in a warehouse folder of Spark, by `schema.name`."""
    with duckdb.connect() as connection:
        return {
            f"{folder.parent.name.removesuffix('.db')}.{folder.name}": _read_files(connection, folder)
            for folder in sorted(tables.glob("*.db/*"))
        }


def differences(ours: Mapping[str, Table], theirs: Mapping[str, Table]) -> list[str]:
    """Return one sentence per table that is not the same in both."""
    found = [f"{name}: only one engine has it" for name in sorted({*ours} ^ {*theirs})]
    for name in sorted({*ours} & {*theirs}):
        found.extend(f"{name}: {difference}" for difference in _differences(ours[name], theirs[name]))
    return found


def _differences(ours: Table, theirs: Table) -> list[str]:
    if not theirs.columns and not theirs.rows:
        # A table of which Spark keeps no partition has no file that would name its columns.
        return [f"{len(ours.rows)} rows of DuckDB, none of Spark"] if ours.rows else []
    if dict(ours.columns) != dict(theirs.columns):
        unlike = {*ours.columns.items()} ^ {*theirs.columns.items()}
        return [f"columns and types differ: {sorted(unlike)}"]
    ordered = sorted(theirs.columns)
    mine, others = _keyed(ours, ordered), _keyed(theirs, ordered)
    found = []
    for exact in sorted({*mine, *others}, key=repr):
        left, right = sorted(mine.get(exact, []), key=repr), sorted(others.get(exact, []), key=repr)
        if len(left) != len(right):
            found.append(f"{len(left)} rows of DuckDB and {len(right)} of Spark are {exact}")
        elif not all(_close(one, other) for one, other in zip(left, right, strict=True)):
            found.append(f"doubles {left} of DuckDB are {right} of Spark where the rest is {exact}")
    return found[:3]


def _keyed(table: Table, ordered: Sequence[str]) -> dict[Row, list[Row]]:
    """Return the doubles of each row by everything else that it says."""
    positions = [list(table.columns).index(name) for name in ordered]
    is_double = [table.columns[name] == "DOUBLE" for name in ordered]
    keyed: dict[Row, list[Row]] = defaultdict(list)
    for row in table.rows:
        cells = [row[position] for position in positions]
        exact = tuple(_hashable(cell) for cell, double in zip(cells, is_double, strict=True) if not double)
        keyed[exact].append(tuple(cell for cell, double in zip(cells, is_double, strict=True) if double))
    return keyed


def _hashable(cell: object) -> object:
    return tuple(cell) if isinstance(cell, list) else cell


def _close(ours: Row, theirs: Row) -> bool:
    return all(
        one == other
        or (
            isinstance(one, float)
            and isinstance(other, float)
            and math.isclose(one, other, rel_tol=RELATIVE, abs_tol=0.0)
        )
        for one, other in zip(ours, theirs, strict=True)
    )


def _read_files(connection: duckdb.DuckDBPyConnection, folder: Path) -> Table:
    files = [str(file) for file in sorted(folder.rglob("*.parquet"))]
    if not files:
        return Table({}, [])
    return _read(connection, f"select * from read_parquet({files!r}, hive_partitioning = true)")


def _read(connection: duckdb.DuckDBPyConnection, query: str) -> Table:
    described = connection.execute(f"describe {query}").fetchall()
    columns = {name: "INTEGER" if kind in _INTEGERS else kind for name, kind, *_ in described}
    return Table(columns, connection.execute(query).fetchall())
