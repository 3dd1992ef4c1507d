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
from storage.spark_plan import Lake, SparkPlan

DATE_COLUMN = "business_date"


class Session(Protocol):
    """As much of a Spark session as is needed here."""

    def sql(self, sqlQuery: str) -> object:  # noqa: N803 - Spark's own name
        """Run one statement."""
        ...


@dataclass(frozen=True)
class SourceTable:
    """A source of the models: the relation that they read, and the types of its columns as DuckDB names them."""

    source: str
    table: str
    relation: str
    columns: Mapping[str, str]


def write_spark_inputs(
    session: Session, home: Home, sources: Iterable[SourceTable], plan: SparkPlan, lake: Lake
) -> None:
    """Write `control.build_dates` and `lake.<source>__<table>`, which shows the rows of the plan's facts alone.

    Raises FileNotFoundError when the lake lacks a file that the ledger knows.
    """
    for schema in ("control", "lake"):
        session.sql(f"create schema if not exists {schema}")
    session.sql(f"create or replace view control.build_dates as {_build_dates(plan)}")
    for source in sources:
        known = lake.get(f"{source.source}.{source.table}", {})
        wanted = [day for day in plan.facts if known.get(day.isoformat())]
        for statement in _source_statements(home, source, wanted):
            session.sql(statement)


def _build_dates(plan: SparkPlan) -> str:
    rows = [
        f"('{layer}', date '{day.isoformat()}')"
        for layer, dates in (("facts", plan.facts), ("as_of", plan.as_of))
        for day in dates
    ]
    return f"select * from values {', '.join(rows)} as build_dates (layer, business_date)"


def _source_statements(home: Home, source: SourceTable, dates: Sequence[date]) -> list[str]:
    """Return the statements that show `dates` of a table of the lake, each date a partition at its own folder.

    The date stands in the folder's name as in every row; the folder's is the one that Spark shows. Dropping such a
    table drops no file.
    """
    folder = home.lake / source.source / source.table
    for day in dates:
        file = _date_folder(folder, day) / "rows.parquet"
        if not file.is_file():
            raise FileNotFoundError(
                f"{file} is in the ledger and not in the lake: replay {source.source}.{source.table}"
            )
    columns = ", ".join(f"`{name}` {spark_type(kind)}" for name, kind in source.columns.items())
    # Spark makes the folder of a table; the lake is not its to write.
    location = folder if dates else home.spark_warehouse / "no_files" / source.relation
    relation = f"lake.`{source.relation}`"
    kept = f"using parquet partitioned by ({DATE_COLUMN}) location {_literal(location)}"
    statements = [f"drop table if exists {relation}", f"create table {relation} ({columns}) {kept}"]
    if dates:
        partitions = " ".join(
            f"partition ({DATE_COLUMN} = date '{day.isoformat()}') location {_literal(_date_folder(folder, day))}"
            for day in dates
        )
        statements.append(f"alter table {relation} add {partitions}")
    return statements


def spark_type(kind: str) -> str:
    """Return Spark's name of a type that a contract names as DuckDB does."""
    lowered = kind.lower()
    if lowered.endswith("[]"):
        return f"array<{spark_type(lowered.removesuffix('[]'))}>"
    return "string" if lowered == "varchar" else lowered


def _date_folder(folder: Path, day: date) -> Path:
    return folder / f"{DATE_COLUMN}={day.isoformat()}"


def _literal(path: Path) -> str:
    escaped = str(path).replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
