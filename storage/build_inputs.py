"""Build inputs: what the SQL models find in the build file before they run.

Belongs here: the control tables (which dates, which night) and one view per contract over the lake.
Does not belong here: deciding the dates (build.py), and the files of the lake (lake.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

import duckdb

from data_contracts.casting import literal, quoted
from data_contracts.contract import Contract
from storage.home import Home
from storage.lake import lake_file
from storage.ledger import Ledger


def write_inputs(
    connection: duckdb.DuckDBPyConnection,
    home: Home,
    ledger: Ledger,
    contracts: Mapping[str, Contract],
    *,
    as_of_date: date,
    history_starts_on: date,
    build_dates: Mapping[str, Sequence[date]],
) -> None:
    """Write `control.night`, `control.build_dates(layer, business_date)` and `lake.<source>__<table>`, all or
    none.

    A view shows the rows of the `facts` dates alone. A contract without files on them gives an empty relation
    with the same columns and types. Raises FileNotFoundError when the lake lacks a file that the ledger
    knows.
    """
    views = {
        f"{contract.source}__{contract.table}": _view(home, ledger, contract, build_dates["facts"])
        for contract in contracts.values()
    }
    connection.execute("begin")
    connection.execute("create schema if not exists control")
    connection.execute("create schema if not exists lake")
    connection.execute("create or replace table control.night (as_of_date date, history_starts_on date)")
    connection.execute("insert into control.night values (?, ?)", [as_of_date, history_starts_on])
    connection.execute("create or replace table control.build_dates (layer varchar, business_date date)")
    for layer, dates in build_dates.items():
        connection.execute(
            "insert into control.build_dates select ?, unnest(cast(? as date[]))", [layer, list(dates)]
        )
    _drop_other_views(connection, views)
    for name, query in views.items():
        connection.execute(f"create or replace view lake.{quoted(name)} as {query}")
    connection.execute("commit")


def _view(home: Home, ledger: Ledger, contract: Contract, dates: Iterable[date]) -> str:
    wanted = set(dates)
    files = [
        lake_file(home, contract.source, contract.table, lake_date.business_date)
        for lake_date in ledger.lake_dates(contract.source, contract.table)
        if lake_date.row_count and lake_date.business_date in wanted
    ]
    for file in files:
        if not file.is_file():
            raise FileNotFoundError(f"{file} is in the ledger and not in the lake: replay {contract.address}")
    columns = _lake_columns(contract)
    if not files:
        empty = ", ".join(f"cast(null as {kind}) as {quoted(name)}" for name, kind in columns)
        return f"select {empty} where false"
    typed = ", ".join(f"cast({quoted(name)} as {kind}) as {quoted(name)}" for name, kind in columns)
    paths = ", ".join(literal(str(file)) for file in files)
    # The date stands in the folder's name and in the file; only the file has its type.
    return f"select {typed} from read_parquet([{paths}], hive_partitioning = false)"


def _lake_columns(contract: Contract) -> list[tuple[str, str]]:
    columns = {field.name: field.type for field in contract.fields if field.classification != "C3"}
    added = {"business_date": "DATE", "delivery_date": "DATE"}
    return list((columns | {name: kind for name, kind in added.items() if name not in columns}).items())


def _drop_other_views(connection: duckdb.DuckDBPyConnection, wanted: Iterable[str]) -> None:
    found = connection.execute("select view_name from duckdb_views() where schema_name = 'lake'").fetchall()
    for (name,) in found:
        if name not in set(wanted):
            connection.execute(f"drop view lake.{quoted(name)}")
