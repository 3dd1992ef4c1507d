"""Spark build: the models that Spark knows, over the lake of a home, for those who outgrow one machine's DuckDB.

Run by the Spark environment: `.venv-spark/bin/python -m orchestration.spark_build --home var`.
Belongs here: the command, and the order plan, inputs, dbt, memory.
Does not belong here: SQL, which models are meant (dbt_project/selectors.yml), Dagster, DuckDB, publishing.
"""

from __future__ import annotations

import hashlib
import shutil
import sys
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path

import click
import yaml
from dbt.cli.main import dbtRunner

from orchestration.project_files import models_digest
from orchestration.spark_session import SparkSettings, open_session
from storage.home import Home
from storage.ledger import Ledger
from storage.spark_inputs import SourceTable, write_spark_inputs
from storage.spark_plan import plan_spark_build, read_lake, read_memory, read_recorded, remember
from storage.writer import undisturbed

DBT_PROJECT = Path(__file__).resolve().parents[1] / "dbt_project"
SOURCES = tuple(DBT_PROJECT / "models" / "staging" / name for name in ("_sources.yml", "_recorded.yml"))
CHOICE = ("--selector", "critical_path")
MEMORY = "built.json"


@click.command()
@click.option("--home", "root", type=click.Path(path_type=Path, exists=True, file_okay=False), required=True)
@click.option(
    "--as-of", type=click.DateTime(["%Y-%m-%d"]), help="The night; the newest date of the lake if not said."
)
@click.option(
    "--select", multiple=True, help="What to build, as dbt writes it, instead of the critical path."
)
@click.option("--rebuild", is_flag=True, help="Forget the Spark warehouse and make it from the lake.")
@click.option(
    "--tests/--no-tests", default=True, show_default=True, help="Run the data tests of what is built."
)
@click.option("--master", default=SparkSettings.master, show_default=True, help="Where Spark computes.")
@click.option("--memory", default=SparkSettings.memory, show_default=True, help="The memory of the driver.")
@click.option(
    "--partitions", default=SparkSettings.partitions, show_default=True, help="The parts of a shuffle."
)
@click.option("--set", "more", multiple=True, metavar="NAME=VALUE", help="One more setting of Spark.")
@click.option("--wait", default=0.0, show_default=True, help="Seconds to wait for a night that is writing.")
def main(
    root: Path, as_of: datetime | None, select: tuple[str, ...], *, rebuild: bool, tests: bool,
    master: str, memory: str, partitions: int, more: tuple[str, ...], wait: float,
) -> None:  # fmt: skip
    """Build the critical path with Spark, incrementally, in warehouse/spark of a home."""
    home = Home(root.absolute())
    if not home.ledger.is_file():
        raise click.ClickException(f"{home.root} is not a home yet: run `lifecycle init`")
    settings = SparkSettings(master, memory, partitions, dict(_pair(text) for text in more))
    choice = ("--select", *select) if select else CHOICE
    # Of two builds the later one waits, as a night would: the lake stays as it is while Spark reads it.
    with undisturbed(home, holder="spark build", wait_seconds=wait):
        _build(home, as_of.date() if as_of else None, choice, settings, is_new=rebuild, with_tests=tests)


def _build(
    home: Home,
    as_of: date | None,
    choice: Sequence[str],
    settings: SparkSettings,
    *,
    is_new: bool,
    with_tests: bool,
) -> None:
    ledger = Ledger(home.ledger, now=_no_clock)
    try:
        lake, recorded = read_lake(ledger), read_recorded(ledger)
    finally:
        ledger.close()
    newest = max((day for known in lake.values() for day in known), default=None)
    if newest is None:
        raise click.ClickException("nothing has landed in this home")
    warehouse = home.spark_warehouse
    models = hashlib.sha256(f"{models_digest(DBT_PROJECT)} {' '.join(choice)}".encode()).hexdigest()
    memory = None if is_new else read_memory(warehouse / MEMORY)
    plan = plan_spark_build(lake, memory, models=models, night=as_of or date.fromisoformat(newest))
    if not plan.as_of:
        click.echo("Nothing to do: the lake is as it was when Spark last built.")
        return
    click.echo(
        f"Spark builds {len(plan.facts)} business dates and {len(plan.as_of)} snapshots"
        f" up to {plan.night}: {plan.reason}"
    )
    if plan.is_full:
        shutil.rmtree(warehouse, ignore_errors=True)
    warehouse.mkdir(parents=True, exist_ok=True)
    with open_session(warehouse, settings) as session:
        sources = [source for file in SOURCES for source in read_sources(file)]
        write_spark_inputs(session, home, sources, plan, lake, recorded)
        _run_dbt(warehouse / "dbt", choice, with_tests=with_tests)
    remember(warehouse / MEMORY, plan, lake, models=models)
    click.echo(f"Spark has built up to {plan.night}: the tables are in {warehouse / 'tables'}")


def read_sources(path: Path) -> list[SourceTable]:
    """Return the tables that a file of dbt sources names; raises ClickException when it was not made."""
    if not path.is_file():
        raise click.ClickException(f"{path} is missing: run `lifecycle prepare`")
    document: Mapping[str, list[dict[str, object]]] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return [
        SourceTable(
            source=str(source["name"]),
            table=str(table["name"]),
            schema=str(source["schema"]),
            relation=str(table.get("identifier", table["name"])),
            columns={column["name"]: column["data_type"] for column in table["columns"]},
            is_recorded="identifier" not in table,
        )
        for source in document["sources"]
        for table in _tables(source)
    ]


def _tables(source: Mapping[str, object]) -> list[dict[str, list[dict[str, str]]]]:
    tables = source["tables"]
    assert isinstance(tables, list)  # noqa: S101
    return tables


def _run_dbt(work: Path, choice: Sequence[str], *, with_tests: bool) -> None:
    left_out = ["unit_test"] if with_tests else ["unit_test", "test"]
    ended = dbtRunner().invoke(
        [
            "--no-use-colors", "--log-path", str(work), "build", *choice, "--target", "spark",
            *(word for kind in left_out for word in ("--exclude-resource-type", kind)),
            "--indirect-selection", "cautious", "--target-path", str(work),
            "--project-dir", str(DBT_PROJECT), "--profiles-dir", str(DBT_PROJECT),
        ]
    )  # fmt: skip
    if not ended.success:
        if ended.exception is not None:
            raise ended.exception
        sys.exit(1)


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise click.BadParameter(f"{text!r} is not NAME=VALUE", param_hint="--set")
    return name, value


def _no_clock() -> datetime:
    raise RuntimeError("a build that reads the ledger has no time to record")


if __name__ == "__main__":
    main()
