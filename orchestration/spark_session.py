"""Spark session: one Spark in this process, its tables in one folder, nothing of it open to the network.

Belongs here: the settings on which equal results rest, and opening the session.
Does not belong here: statements, and anything that the Spark environment has not (Dagster, DuckDB).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from pyspark.sql import SparkSession  # pyright: ignore[reportMissingImports] - of .venv-spark, not of .venv

JAVA_OPTIONS = "spark.driver.extraJavaOptions"


@dataclass(frozen=True)
class SparkSettings:
    """How much of the machine Spark may use; `more` is passed on as it stands."""

    master: str = "local[2]"
    memory: str = "1g"
    partitions: int = 2
    more: Mapping[str, str] = field(default_factory=dict)


def spark_options(warehouse: Path, settings: SparkSettings) -> dict[str, str]:
    """Return every setting of a session whose tables and catalogue stand in `warehouse`."""
    fixed = {
        # What dates and moments mean, as in the embedded engine; and numbers that do not fit are errors.
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.timestampType": "TIMESTAMP_NTZ",
        "spark.sql.ansi.enabled": "true",
        # A date that is built again replaces its own partition and no other.
        "spark.sql.sources.partitionOverwriteMode": "dynamic",
        "spark.sql.warehouse.dir": str(warehouse / "tables"),
        "spark.hadoop.javax.jdo.option.ConnectionURL":
            f"jdbc:derby:;databaseName={warehouse / 'catalogue'};create=true",
        "spark.hadoop.datanucleus.schema.autoCreateTables": "true",
        "spark.hadoop.hive.metastore.schema.verification": "false",
        "spark.local.dir": str(warehouse / "scratch"),
        JAVA_OPTIONS: f"-Dderby.system.home={warehouse} -Duser.timezone=UTC {settings.more.get(JAVA_OPTIONS, '')}",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
    }  # fmt: skip
    chosen = {
        "spark.master": settings.master,
        "spark.driver.memory": settings.memory,
        "spark.sql.shuffle.partitions": str(settings.partitions),
    }
    return {**chosen, **settings.more, **fixed}


@contextmanager
def open_session(warehouse: Path, settings: SparkSettings) -> Iterator[SparkSession]:
    """Open the session that dbt finds in this process, and stop it."""
    builder = SparkSession.builder.appName("brokerage-lifecycle").enableHiveSupport()
    for name, value in spark_options(warehouse, settings).items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    try:
        yield session
    finally:
        session.stop()
