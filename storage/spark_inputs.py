"""Spark inputs: what the SQL models find in the Spark warehouse before they run.

Belongs here: the control tables and one table per source over the files of the lake, as build_inputs.py makes them for
the embedded engine. Does not belong here: opening the session, deciding the dates (spark_plan.py), dbt.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Protocol

from storage.home import Home
from storage.records import AS_OF
from storage.spark_plan import Lake, Recorded, SparkPlan

DATE_COLUMN = "business_date"


class Session(Protocol):
    """As much of a Spark session as is needed here."""

    def sql(self, sqlQuery: str) -> object:  # noqa: N803 - Spark's own name
        """Run one statement."""
        ...


@dataclass(frozen=True)
class SourceTable:
    """A source of the models: the relation that they read, and the types of its columns as DuckDB names them.

    `is_recorded`: its rows are decisions of past nights, not of the lake.
    """

    source: str
    table: str
    schema: str
    relation: str
    columns: Mapping[str, str]
    is_recorded: bool = False


def write_spark_inputs(
    session: Session,
    home: Home,
    sources: Iterable[SourceTable],
    plan: SparkPlan,
    lake: Lake,
    recorded: Recorded,
) -> None:
    """Write `control.build_dates`, `lake.<source>__<table>` with the rows of the plan's facts alone, and decisions.

    Raises FileNotFoundError when the lake lacks a file that the ledger knows.
    """
    session.sql("create schema if not exists control")
    session.sql(f"create or replace view control.build_dates as {_build_dates(plan)}")
    for source in sources:
        session.sql(f"create schema if not exists {source.schema}")
        address = f"{source.source}.{source.table}"
        if source.is_recorded:
            folders = [
                home.recorded / address / f"{AS_OF}={day.isoformat()}" for day in recorded.get(address, ())
            ]
        else:
            known = lake.get(address, {})
            folders = _lake_folders(home, source, [day for day in plan.facts if known.get(day.isoformat())])
        for statement in _source_statements(home, source, folders):
            session.sql(statement)


def _build_dates(plan: SparkPlan) -> str:
    rows = [
        f"('{layer}', date '{day.isoformat()}')"
        for layer, dates in (("facts", plan.facts), ("as_of", plan.as_of))
        for day in dates
    ]
    return f"select * from values {', '.join(rows)} as build_dates (layer, business_date)"


def _lake_folders(home: Home, source: SourceTable, dates: Sequence[date]) -> list[Path]:
    folders = [home.lake / source.source / source.table / f"{DATE_COLUMN}={day.isoformat()}" for day in dates]
    for folder in folders:
        if not (folder / "rows.parquet").is_file():
            raise FileNotFoundError(
                f"{folder / 'rows.parquet'} is in the ledger and not in the lake:"
                f" replay {source.source}.{source.table}"
            )
    return folders


def _source_statements(home: Home, source: SourceTable, folders: Sequence[Path]) -> list[str]:
    """Return the statements that show a table, each of its dates a partition at its own folder.

    The date stands in the folder's name as in every row; the folder's is the one that Spark shows. Dropping such a
    table drops no file.
    """
    date_column = AS_OF if source.is_recorded else DATE_COLUMN
    columns = ", ".join(f"`{name}` {spark_type(kind)}" for name, kind in source.columns.items())
    # Spark makes the folder of a table; those of the lake and of decisions are not its to write.
    location = folders[0].parent if folders else home.spark_warehouse / "no_files" / source.relation
    relation = f"{source.schema}.`{source.relation}`"
    kept = f"using parquet partitioned by ({date_column}) location {_literal(location)}"
    statements = [f"drop table if exists {relation}", f"create table {relation} ({columns}) {kept}"]
    if folders:
        partitions = " ".join(
            f"partition ({date_column} = date '{folder.name.partition('=')[2]}') location {_literal(folder)}"
            for folder in folders
        )
        statements.append(f"alter table {relation} add {partitions}")
    return statements


def spark_type(kind: str) -> str:
    """Return Spark's name of a type that a contract names as DuckDB does."""
    lowered = kind.lower()
    if lowered.endswith("[]"):
        return f"array<{spark_type(lowered.removesuffix('[]'))}>"
    return "string" if lowered == "varchar" else lowered


def _literal(path: Path) -> str:
    escaped = str(path).replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
