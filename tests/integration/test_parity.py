"""Both engines make the same tables of the same lake, at first and after a day that came late."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from demo.brokerage import write_days
from demo.world import World
from storage.home import Home
from tests.architecture.rules_engines import models_of_both_engines
from tests.architecture.tree import PROJECT
from tests.integration.parity import Table, differences, of_duckdb, of_spark
from tests.integration.trained import keep_model
from tests.reliability.homes import land, new_home, succeeded

# With a month end, of which a table of its own is kept.
WORLD = World(seed=5, people=60, first_day=date(2026, 1, 29), days=5)
LATE = date(2026, 1, 30)
# The night, a day of which one movement of money is all that was delivered, until it is taken back.
EMPTIED = date(2026, 2, 3)
MOVEMENTS = Path("broker", "cash_flows", str(EMPTIED))
ONE_MOVEMENT = """flow_id,client_id,at,type,amount,bank_code,bank_card
F1,88000006,2026-02-03T11:01:24+08:00,bank_in,1300.00,ABC,6299990000000000020
"""
SPARK = PROJECT / ".venv-spark" / "bin" / "python"
WITHIN_SECONDS = 540
# Few rows in many small statements: what pays off over millions of them only costs here.
SMALL = {
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.driver.extraJavaOptions":
        "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Dderby.system.durability=test",
}  # fmt: skip

pytestmark = pytest.mark.timeout(1200)


@dataclass(frozen=True)
class Built:
    """What both engines made of the lake, as it was when both had built, and what Spark printed."""

    ours: dict[str, Table]
    theirs: dict[str, Table]
    output: str

    def dates(self, table: str, column: str) -> set[object]:
        """Return the dates of a table of Spark."""
        found = self.theirs[table]
        return {row[list(found.columns).index(column)] for row in found.rows}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    if shutil.which("java") is None:
        pytest.skip("java is not installed on this machine")
    if not SPARK.is_file():
        pytest.skip("Spark is not installed in this checkout: `make test` and `make spark` install it")
    home = new_home(tmp_path_factory.mktemp("parity") / "home")
    # Scores are made once, in Python: both engines read them.
    keep_model(home, serves_from=WORLD.first_day)
    return home


@pytest.fixture(scope="module")
def landing(home: Home) -> Path:
    landing = home.root.parent / "landing"
    write_days(landing, world=WORLD, days=WORLD.dates)
    deliver(landing / MOVEMENTS, ONE_MOVEMENT, version=1)
    return landing


@pytest.fixture(scope="module")
def first(home: Home, landing: Path) -> Built:
    land(landing, home, [day for day in (*WORLD.dates, EMPTIED) if day != LATE])
    return build(home)


@pytest.fixture(scope="module")
def late(home: Home, landing: Path, first: Built) -> Built:
    land(landing, home, [LATE])
    deliver(home.landing / MOVEMENTS, ONE_MOVEMENT.splitlines(keepends=True)[0], version=2)
    return build(home)


def build(home: Home) -> Built:
    """Run the night on DuckDB, then the same dates on Spark."""
    succeeded(home, "nightly", "--as-of", str(EMPTIED), within=WITHIN_SECONDS)
    settings = [word for name, value in SMALL.items() for word in ("--set", f"{name}={value}")]
    ended = subprocess.run(
        [
            SPARK, "-m", "orchestration.spark_build", "--home", home.root, "--as-of", str(EMPTIED),
            "--no-tests", "--partitions", "1", "--memory", "768m", *settings,
        ],
        cwd=PROJECT, env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"}, capture_output=True, text=True,
        check=False, timeout=WITHIN_SECONDS,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stdout + ended.stderr
    theirs = of_spark(home.spark_warehouse / "tables")
    ours = {name: table for name, table in of_duckdb(home.warehouse).items() if name in expected()}
    return Built(ours, theirs, ended.stdout)


def deliver(delivery: Path, text: str, *, version: int) -> None:
    """Write a delivery of movements of money; a later version stands for the earlier one."""
    delivery.mkdir(parents=True, exist_ok=True)
    (delivery / "cash_flows.csv").write_text(text, encoding="utf-8")
    files = [{"name": "cash_flows.csv", "rows": text.count("\n") - 1}]
    control = {"produced_at": f"{EMPTIED}T23:50:00+08:00", "version": version, "files": files}
    (delivery / "_control.json").write_text(json.dumps(control), encoding="utf-8")


def expected() -> set[str]:
    """Return every table of the critical path: its models that are kept, and the seeds that they read."""
    models = [
        path
        for path in models_of_both_engines(PROJECT)
        if path.parent.name != "staging"
        and "materialized: view" not in path.with_suffix(".yml").read_text("utf-8")
    ]
    layers = {"as_of": "intermediate"}
    kept = {f"{layers.get(path.parent.name, path.parent.name)}.{path.stem}" for path in models}
    texts = "\n".join(path.read_text(encoding="utf-8") for path in models_of_both_engines(PROJECT))
    seeds = (PROJECT / "dbt_project" / "seeds").glob("*.csv")
    return kept | {f"seeds.{seed.stem}" for seed in seeds if f"ref('{seed.stem}')" in texts}


def test_both_engines_make_the_same_tables_of_the_same_lake(first: Built) -> None:
    assert set(first.theirs) == expected()
    assert differences(first.ours, first.theirs) == []


def test_the_world_has_something_to_compare_in_every_table(first: Built) -> None:
    assert {name: len(table.rows) for name, table in first.ours.items() if len(table.rows) < 1} == {}


def test_after_a_late_day_and_an_emptied_one_both_engines_agree_again(first: Built, late: Built) -> None:
    assert "nothing was built before" in first.output
    assert "nothing was built before" not in late.output
    assert set(late.theirs) == expected()
    assert differences(late.ours, late.theirs) == []


def test_a_late_day_changes_what_is_kept_and_an_emptied_day_keeps_no_rows(first: Built, late: Built) -> None:
    assert differences(first.theirs, late.theirs) != []
    assert EMPTIED in first.dates("intermediate.int_customer_days__rolled_up", "business_date")
    assert EMPTIED not in late.dates("intermediate.int_customer_days__rolled_up", "business_date")


COLUMNS = {"person_id": "VARCHAR", "amount_cny": "DECIMAL(18,2)", "times": "DOUBLE", "tags": "VARCHAR[]"}
ROWS = [("a", Decimal("1.00"), 0.1, ["x", "y"]), ("b", None, None, None)]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([("a", Decimal("1.01"), 0.1, ["x", "y"]), ROWS[1]], "rows of DuckDB"),
        ([("a", Decimal("1.00"), 0.1 + 1e-9, ["x", "y"]), ROWS[1]], "doubles"),
        ([("a", Decimal("1.00"), None, ["x", "y"]), ROWS[1]], "doubles"),
        ([("a", Decimal("1.00"), 0.1, ["y", "x"]), ROWS[1]], "rows of DuckDB"),
        ([ROWS[0], ("b", Decimal("0.00"), None, None)], "rows of DuckDB"),
        ([*ROWS, ROWS[1]], "1 rows of DuckDB and 2 of Spark"),
        ([ROWS[0]], "1 rows of DuckDB and 0 of Spark"),
    ],
)
def test_a_planted_difference_between_rows_is_reported(rows: Sequence[tuple[object, ...]], said: str) -> None:
    found = differences(
        {"marts.rpt_people": Table(COLUMNS, ROWS)}, {"marts.rpt_people": Table(COLUMNS, rows)}
    )
    assert found
    assert all(line.startswith("marts.rpt_people: ") and said in line for line in found)


def test_the_last_digits_of_a_double_and_the_order_of_rows_are_no_difference() -> None:
    noisy = [ROWS[1], ("a", Decimal("1.00"), 0.1 + 1e-12, ["x", "y"])]
    assert (
        differences({"marts.rpt_people": Table(COLUMNS, ROWS)}, {"marts.rpt_people": Table(COLUMNS, noisy)})
        == []
    )


def test_a_planted_type_and_a_missing_table_are_reported() -> None:
    ours = {"marts.a": Table({"times": "DOUBLE"}, [(0.5,)]), "marts.b": Table({}, [])}
    assert differences(ours, {"marts.a": Table({"times": "DECIMAL(2,1)"}, [(Decimal("0.5"),)])}) == [
        "marts.b: only one engine has it",
        "marts.a: columns and types differ: [('times', 'DECIMAL(2,1)'), ('times', 'DOUBLE')]",
    ]


def test_a_difference_planted_in_the_files_is_read_and_reported(tmp_path: Path) -> None:
    build_file, tables = tmp_path / "build.duckdb", tmp_path / "tables"
    with duckdb.connect(str(build_file)) as connection:
        connection.execute("create schema marts")
        connection.execute("create table marts.rpt_days (people_count bigint, as_of_date date)")
        connection.execute("insert into marts.rpt_days values (1, date '2026-01-05'), (2, date '2026-01-06')")
        for day, count in (("2026-01-05", 1), ("2026-01-06", 2)):
            folder = tables / "marts.db" / "rpt_days" / f"as_of_date={day}"
            folder.mkdir(parents=True)
            connection.execute(f"copy (select {count} as people_count) to '{folder}/rows.parquet'")
    assert differences(of_duckdb(build_file), of_spark(tables)) == []
    with duckdb.connect(str(build_file)) as connection:
        connection.execute("update marts.rpt_days set people_count = 3 where as_of_date = date '2026-01-06'")
    found = differences(of_duckdb(build_file), of_spark(tables))
    assert len(found) == 2
    assert all("2026, 1, 6" in line for line in found)
