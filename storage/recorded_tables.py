"""Recorded tables: in the build file, what was decided before, where models and the next night read it.

Belongs here: making the tables, filling them from the recorded files, adding a date.
Does not belong here: the files and what of them is final (recorded.py), what is decided.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import duckdb

from data_contracts.casting import quoted
from storage.fingerprints import Relation, columns_of
from storage.home import Home
from storage.ledger import Ledger
from storage.recorded import discard_drafts, record, recorded_file, verified_files
from storage.records import AS_OF, RecordedDate


@dataclass(frozen=True)
class RecordedTable:
    """One table of decisions: names and types of its columns in order, AS_OF among them and in the key."""

    schema: str
    name: str
    columns: Mapping[str, str]
    key: tuple[str, ...]
    is_thinned: bool
    description: str

    @property
    def relation(self) -> Relation:
        """The table in the build file."""
        return Relation(self.schema, self.name, AS_OF, looks_back_days=1, is_thinned=self.is_thinned)


def restore_tables(
    connection: duckdb.DuckDBPyConnection, home: Home, ledger: Ledger, tables: Sequence[RecordedTable]
) -> None:
    """Make the tables that are not there, filled from what was recorded; what no published night decided is forgotten.

    Raises recorded.RecordedRowsError when a file that is read is not what was written.
    """
    drafts = discard_drafts(home, ledger)
    for table in tables:
        relation = table.relation
        if columns_of(connection, relation):
            connection.execute(
                f"delete from {relation.quoted} where {AS_OF} in (select unnest(cast(? as date[])))",
                [drafts.get(relation.address, [])],
            )
            continue
        columns = ", ".join(f"{quoted(name)} {kind}" for name, kind in table.columns.items())
        connection.execute(f"create schema if not exists {quoted(table.schema)}")
        connection.execute(f"create table {relation.quoted} ({columns})")
        for file in verified_files(home, ledger, relation.address):
            _insert(connection, table, str(file))


def keep(
    connection: duckdb.DuckDBPyConnection,
    home: Home,
    ledger: Ledger,
    table: RecordedTable,
    rows: duckdb.DuckDBPyRelation,
    *,
    as_of_date: date,
) -> RecordedDate:
    """Record `rows` as of a date and put what stands into the table; returns what stands, which may be older.

    `rows` has the columns of the table but AS_OF. Raises ValueError when others are missing or a key repeats, and
    duckdb.ConversionException when a value is not of the column's type.
    """
    missing = [name for name in table.columns if name != AS_OF and name not in rows.columns]
    if missing:
        raise ValueError(f"{table.relation.address}: no columns {', '.join(missing)}")
    given = {name: quoted(name) for name in table.columns} | {AS_OF: f"date '{as_of_date.isoformat()}'"}
    typed = ", ".join(
        f"cast({given[name]} as {kind}) as {quoted(name)}" for name, kind in table.columns.items()
    )
    address = table.relation.address
    stands = record(
        home, ledger, address, rows.project(typed).to_arrow_table(), as_of_date=as_of_date, key=table.key
    )
    connection.execute(f"delete from {table.relation.quoted} where {AS_OF} = ?", [as_of_date])
    _insert(connection, table, str(recorded_file(home, address, stands)))
    return stands


def is_final(ledger: Ledger, table: RecordedTable, as_of_date: date) -> bool:
    """Say whether what was decided as of a date stands for good."""
    known = ledger.recorded_dates(table.relation.address)
    return any(one.as_of_date == as_of_date and one.is_final for one in known)


def _insert(connection: duckdb.DuckDBPyConnection, table: RecordedTable, file: str) -> None:
    columns = ", ".join(quoted(name) for name in table.columns)
    connection.execute(
        f"insert into {table.relation.quoted} ({columns})"
        f" select {columns} from read_parquet(?, hive_partitioning = false)",
        [file],
    )
