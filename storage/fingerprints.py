"""Fingerprints: what a relation of the build file should hold, kept outside it.

Belongs here: a row count and an order-free hash per relation and date, taking them and comparing them.
Does not belong here: when they are taken or compared (build.py). A build file with a truncated log opens
cleanly and has lost commits: only a record outside the file can tell.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

import duckdb

from data_contracts.casting import quoted

# The date of rows without a date: those of an undated relation, and rows whose date is NULL.
UNDATED = ""
NOTHING = (0, "0")

Fingerprints = dict[str, tuple[int, str]]


@dataclass(frozen=True)
class Relation:
    """A table of the build file; rewritten by the DATE in `date_column`, or as a whole when that is None.

    `looks_back_days`: how far before the dates that a night rewrites anything of that night reads it.
    `is_thinned`: of old dates only month ends are kept (build.py).
    """

    schema: str
    name: str
    date_column: str | None
    looks_back_days: int = 90
    is_thinned: bool = False

    @property
    def address(self) -> str:
        """`schema.name`, as people and the ledger write it."""
        return f"{self.schema}.{self.name}"

    @property
    def quoted(self) -> str:
        """`schema.name` as SQL."""
        return f"{quoted(self.schema)}.{quoted(self.name)}"

    @property
    def date_text(self) -> str:
        """An SQL expression for a row's date as text, `''` without one."""
        if self.date_column is None:
            return f"'{UNDATED}'"
        return f"coalesce(cast({quoted(self.date_column)} as varchar), '{UNDATED}')"


def engine_version(connection: duckdb.DuckDBPyConnection) -> str:
    """Return the version of the engine, within which fingerprints are comparable."""
    return str(connection.execute("select version()").fetchall()[0][0])


def columns_of(connection: duckdb.DuckDBPyConnection, relation: Relation) -> dict[str, str]:
    """Return the columns of a table and their types, in order; empty when there is no such table."""
    exists = connection.execute(
        "select true from duckdb_tables()"
        " where database_name = current_database() and schema_name = ? and table_name = ?",
        [relation.schema, relation.name],
    )
    if exists.fetchone() is None:
        return {}
    # Not duckdb_columns(): it binds every view of the build file at each call.
    found = connection.execute("select name, type from pragma_table_info(?)", [relation.quoted])
    return dict(found.fetchall())


def dates_of(connection: duckdb.DuckDBPyConnection, relation: Relation) -> list[str]:
    """Return the dates that have rows, as text."""
    found = connection.execute(f"select distinct {relation.date_text} from {relation.quoted} order by all")
    return [day for (day,) in found.fetchall()]


def delete_dates(connection: duckdb.DuckDBPyConnection, relation: Relation, dates: Collection[date]) -> None:
    """Delete the rows of `dates` from a relation that has dates."""
    column = quoted(relation.date_column or UNDATED)
    connection.execute(
        f"delete from {relation.quoted} where {column} in (select unnest(cast(? as date[])))", [list(dates)]
    )


def take_fingerprints(
    connection: duckdb.DuckDBPyConnection, relation: Relation, *, dates: Collection[date] | None = None
) -> Fingerprints:
    """Return row count and hash per date that has rows: of all dates, or of `dates` and rows without a date.

    The hash is the sum of the 64-bit hashes of the rows, 128 bits wide: the order of rows does not matter, a
    repeated row does. It is comparable within one version of the engine only.
    """
    names = ", ".join(quoted(column) for column in columns_of(connection, relation))
    condition, bound = _date_condition(relation, dates)
    found = connection.execute(
        f"select {relation.date_text} as day, count(*), cast(sum(cast(hash({names}) as hugeint)) as varchar)"
        f" from {relation.quoted} where {condition} group by day",
        bound,
    )
    return {day: (row_count, row_hash) for day, row_count, row_hash in found.fetchall()}


def find_difference(
    connection: duckdb.DuckDBPyConnection,
    relation: Relation,
    expected: Mapping[str, tuple[int, str]],
    *,
    rewritten: Collection[date],
    hashed_from: date,
) -> str | None:
    """Return in words where a relation differs from what it should hold, None when it does not.

    Dates about to be `rewritten` may differ, and so may rows without a date unless nothing is rewritten. Of
    all other dates the row counts are compared, and the hashes of those from `hashed_from` on.
    """
    columns = columns_of(connection, relation)
    if not columns:
        return f"{relation.address} is missing"
    if relation.date_column is not None and relation.date_column not in columns:
        return f"{relation.address} has no column {relation.date_column}"
    excused = {day.isoformat() for day in rewritten} | ({UNDATED} if rewritten else set())
    counts = dict(
        connection.execute(
            f"select {relation.date_text} as day, count(*) from {relation.quoted} group by day"
        ).fetchall()
    )
    for day in sorted((set(counts) | set(expected)) - excused):
        row_count = expected.get(day, NOTHING)[0]
        if counts.get(day, 0) != row_count:
            return f"{_place(relation, day)} has {counts.get(day, 0)} rows instead of {row_count}"
    hashed = {
        day for day in set(expected) - excused if day == UNDATED or date.fromisoformat(day) >= hashed_from
    }
    days = [date.fromisoformat(day) for day in hashed - {UNDATED}]
    taken = take_fingerprints(connection, relation, dates=days)
    for day in sorted(hashed):
        if taken.get(day, NOTHING) != expected[day]:
            return f"{_place(relation, day)} has other rows than were sealed"
    return None


def _date_condition(relation: Relation, dates: Collection[date] | None) -> tuple[str, list[object]]:
    if dates is None or relation.date_column is None:
        return "true", []
    column = quoted(relation.date_column)
    if not dates:
        return f"{column} is null", []
    # The bounds let the engine skip blocks, which a list alone does not.
    return (
        f"({column} between ? and ? and {column} in (select unnest(cast(? as date[])))) or {column} is null",
        [min(dates), max(dates), sorted(dates)],
    )


def _place(relation: Relation, day: str) -> str:
    return f"{relation.address} on {day}" if day != UNDATED else relation.address
