"""The materialization of tables that are kept by date, in a project of a few models of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb
import pytest

from storage.engine import connect

PROJECT = Path(__file__).resolve().parents[2] / "dbt_project"
FIRST, SECOND, THIRD = (date(2026, 1, day) for day in (5, 6, 7))

SETTINGS = """
name: by_date
profile: lifecycle
model-paths: [models]
macro-paths: [macros]
models:
  +materialized: rebuilt_by_date
  +meta: {layer: as_of, date_column: as_of_date}
vars:
  rows_at_once: 2
"""
# Each row says how many dates the query that wrote it was asked for.
COUNTED = """
select facts.as_of_date, cast(asked.dates_count as bigint) as dates_count
from control.facts as facts
inner join (
    select business_date, count(*) over () as dates_count
    from {{ ref('stg_control__build_dates') }}
    where layer = 'as_of'
) as asked on facts.as_of_date = asked.business_date
"""
MODELS = {
    "stg_control__build_dates": "{{ config(materialized='view') }} select * from control.build_dates",
    "few_dates": COUNTED,
    "all_dates": COUNTED,
    "broken_contract": COUNTED,
    "blind_to_dates": "select as_of_date, cast(1 as bigint) as dates_count from control.facts",
}
TWIN = """
models:
  - name: {name}
    config:
      meta: {{dates_at_once: {dates_at_once}}}
      contract: {{enforced: {is_enforced}}}
    columns:
      - {{name: as_of_date, data_type: date}}
      - {{name: dates_count, data_type: {data_type}}}
"""


@dataclass(frozen=True)
class Built:
    """A build file and what dbt said when it was built last."""

    warehouse: Path
    said: str

    def rows(self, model: str) -> list[tuple[date, int]]:
        with closing(connect(self.warehouse, read_only=True)) as connection:
            return connection.sql(f"select as_of_date, dates_count from main.{model} order by 1").fetchall()

    def has(self, model: str) -> bool:
        with closing(connect(self.warehouse, read_only=True)) as connection:
            return bool(
                connection.execute("select 1 from duckdb_tables() where table_name = ?", [model]).fetchall()
            )


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with our macros and models of two columns, and a first build of three dates."""
    folder = tmp_path_factory.mktemp("by_date")
    (folder / "models").mkdir()
    shutil.copytree(PROJECT / "macros", folder / "macros")
    (folder / "dbt_project.yml").write_text(SETTINGS, encoding="utf-8")
    for name, query in MODELS.items():
        (folder / "models" / f"{name}.sql").write_text(query, encoding="utf-8")
        if query.startswith("{{"):
            continue
        twin = TWIN.format(
            name=name,
            dates_at_once="all" if name == "all_dates" else "few",
            is_enforced=str(name == "broken_contract").lower(),
            data_type="varchar" if name == "broken_contract" else "bigint",
        )
        (folder / "models" / f"{name}.yml").write_text(twin, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def first(project: Path) -> Built:
    """What three dates make of a table that is not there yet."""
    return build(project, facts=[FIRST, SECOND, THIRD], dates=[FIRST, SECOND, THIRD])


def build(project: Path, *, facts: list[date], dates: list[date]) -> Built:
    warehouse = project / "lifecycle.duckdb"
    with closing(duckdb.connect(warehouse)) as connection:
        connection.execute("create schema if not exists control")
        connection.execute("create or replace table control.facts (as_of_date date)")
        connection.execute("create or replace table control.build_dates (layer varchar, business_date date)")
        connection.execute("insert into control.facts select unnest(cast(? as date[]))", [facts])
        connection.execute(
            "insert into control.build_dates select 'as_of', unnest(cast(? as date[]))", [dates]
        )
    command = [sys.executable, "-m", "orchestration.dbt_process", "run", "--profiles-dir", str(PROJECT)]
    ran = subprocess.run(
        [*command, "--project-dir", str(project), "--target-path", str(project / "target")],
        env=os.environ | {"LIFECYCLE_WAREHOUSE": str(warehouse), "LIFECYCLE_SCRATCH": str(project)},
        capture_output=True,
        text=True,
        check=False,
    )
    return Built(warehouse, " ".join(ran.stdout.split()))


def test_a_model_is_asked_for_as_many_dates_as_hold_so_many_rows_or_for_all(first: Built) -> None:
    assert first.rows("few_dates") == [(FIRST, 2), (SECOND, 2), (THIRD, 1)]
    assert first.rows("all_dates") == [(FIRST, 3), (SECOND, 3), (THIRD, 3)]


def test_columns_that_differ_from_an_enforced_contract_stop_the_model(first: Built) -> None:
    assert "This model has an enforced contract that failed" in first.said
    assert "| dates_count | BIGINT | VARCHAR | data type mismatch |" in first.said
    assert not first.has("broken_contract")


def test_a_model_that_does_not_read_its_dates_is_refused(first: Built) -> None:
    assert 'unable to infer all dependencies for the model "blind_to_dates"' in first.said
    assert "-- depends_on: {{ ref('stg_control__build_dates') }}" in first.said
    assert not first.has("blind_to_dates")


def test_a_date_that_lost_its_rows_becomes_empty_and_the_others_stay(project: Path, first: Built) -> None:
    assert first.rows("few_dates")
    second = build(project, facts=[THIRD], dates=[SECOND, THIRD])
    assert second.rows("few_dates") == [(FIRST, 2), (THIRD, 1)]
    assert second.rows("all_dates") == [(FIRST, 3), (THIRD, 2)]
    third = build(project, facts=[], dates=[])
    assert third.rows("few_dates") == second.rows("few_dates")
