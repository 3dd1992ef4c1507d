"""Scratch: a warehouse built by the product's own models from canonical rows, without files, reader and night.

Belongs here: putting rows where the models look for them, running dbt on all dates, asking the result.
Does not belong here: what the rows say (lives.py).
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from data_contracts.contract import load_contracts
from orchestration.dbt_models import load_manifest, recorded_tables
from orchestration.prepare import MANIFEST
from orchestration.resources import DBT_PROJECT
from storage.build_inputs import write_inputs
from storage.engine import connect
from storage.home import Home
from storage.ledger import Ledger
from storage.recorded_tables import restore_tables

Row = dict[str, object]
_BUILT_WITHIN = 400


def build(
    root: Path, rows: Mapping[str, Sequence[Row]], *, dates: Sequence[date], select: Sequence[str]
) -> Path:
    """Return the build file in which `select` was built on `dates`; rows are by contract, columns left out are null."""
    home = Home(root)
    home.create()
    with (
        closing(Ledger(home.ledger, now=lambda: datetime(2026, 1, 1, tzinfo=UTC))) as ledger,
        closing(connect(home.warehouse)) as connection,
    ):
        write_inputs(
            connection,
            home,
            ledger,
            load_contracts(),
            as_of_date=dates[-1],
            history_starts_on=dates[0],
            build_dates={"facts": dates, "as_of": dates},
        )
        restore_tables(connection, home, ledger, list(recorded_tables(load_manifest(MANIFEST)).values()))
        for address, content in rows.items():
            _put(connection, address.replace(".", "__"), content)
    _run_dbt(home, select)
    return home.warehouse


def ask(warehouse: Path, query: str) -> list[tuple[Any, ...]]:
    """Return what `query` finds in a build file."""
    with closing(connect(warehouse, read_only=True)) as connection:
        return connection.execute(query).fetchall()


def _put(connection: duckdb.DuckDBPyConnection, name: str, content: Sequence[Row]) -> None:
    """Let the view of a lake table show `content`."""
    connection.execute("create schema if not exists scratch")
    # The view over no file has the columns and types of the contract.
    connection.execute(f"create table scratch.{name} as select * from lake.{name}")
    if content:
        connection.register("content", pa.Table.from_pylist(list(content)))
        connection.execute(f"insert into scratch.{name} by name select * from content")
        connection.unregister("content")
    connection.execute(f"create or replace view lake.{name} as select * from scratch.{name}")


def _run_dbt(home: Home, select: Sequence[str]) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LIFECYCLE_")}
    built = subprocess.run(
        [Path(sys.executable).with_name("lifecycle-dbt"), "build", "--select", *select,
         "--exclude-resource-type", "unit_test", "--exclude-resource-type", "test",
         "--project-dir", DBT_PROJECT, "--profiles-dir", DBT_PROJECT, "--target-path", home.work / "target",
         "--log-path", home.work / "logs"],
        env={**environment, "LIFECYCLE_WAREHOUSE": str(home.warehouse), "LIFECYCLE_SCRATCH": str(home.work)},
        cwd=home.root, capture_output=True, text=True, check=False, timeout=_BUILT_WITHIN,
    )  # fmt: skip
    assert built.returncode == 0, built.stdout
