"""Dagster's own SQLite storage, with its databases kept open and events written many at a time.

Belongs here: how a process of ours connects to the databases under DAGSTER_HOME.
Does not belong here: what is stored in them (Dagster's), who uses them (dagster_home.py).

For every statement, thousands in a night, Dagster makes an engine, opens the file and closes it again: two fifths of
what a small night computes. An asset of many dates has as many events, each with five statements in two databases: more
than half of a first night. The files and all they hold stay Dagster's; the UI, the daemon and their runs read and write
them in their own way.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING

from dagster._core.events import ASSET_EVENTS
from dagster._core.storage.asset_check_execution_record import AssetCheckExecutionRecordStatus
from dagster._core.storage.event_log.schema import AssetCheckExecutionsTable, SqlEventLogStorageTable
from dagster._core.storage.event_log.sqlite.sqlite_event_log import SqliteEventLogStorage
from dagster._core.storage.runs.sqlite.sqlite_run_storage import SqliteRunStorage
from dagster._core.storage.sqlite import SQLITE_BUSY_TIMEOUT_SECONDS
from dagster._core.storage.sqlite_storage import DagsterSqliteStorage, _event_logs_directory, _runs_directory
from dagster._serdes import ConfigurableClassData, serialize_value
from sqlalchemy import Connection, Engine, create_engine, event

if TYPE_CHECKING:
    from dagster import EventLogEntry
    from dagster._core.storage.sqlite_storage import SqliteStorageConfig
    from sqlalchemy.engine.interfaces import DBAPIConnection


class Storage(DagsterSqliteStorage):
    """The storage of a DAGSTER_HOME at `base_dir`, like the one that Dagster makes by default."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        super().__init__(base_dir, inst_data)
        self._event_log_storage = EventLog(_event_logs_directory(base_dir))
        self._run_storage = Runs.from_local(_runs_directory(base_dir))

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData | None, config_value: SqliteStorageConfig
    ) -> Storage:
        """Make it as an instance's settings say."""
        return cls(inst_data=inst_data, **config_value)


class EventLog(SqliteEventLogStorage):
    """The log of events: one database per run, and one over all of them."""

    def __init__(self, base_dir: str) -> None:
        self._databases = _Databases()
        self._tables: set[str] = set()
        super().__init__(base_dir)

    def has_table(self, table_name: str) -> bool:
        """Say whether there is such a table; one that was there is not looked for again with every event."""
        if table_name not in self._tables and super().has_table(table_name):
            self._tables.add(table_name)
        return table_name in self._tables

    @contextmanager
    def _connect(self, shard: str) -> Iterator[Connection]:
        if shard not in self._initialized_dbs:
            with super()._connect(shard):
                pass
        with self._db_lock, self._databases.begin(self.conn_string_for_shard(shard)) as connection:
            yield connection
        # The UI follows a run by its file, which a database that stays open changes only now and then.
        os.utime(self.path_for_shard(shard))

    def store_event_batch(self, events: Sequence[EventLogEntry]) -> None:
        """Store what store_event would, one by one, in one transaction per database.

        The row of an asset says what happened to it last, so only the last event of each kind changes it.
        """
        of_assets = [entry for entry in events if entry.dagster_event_type in ASSET_EVENTS]
        for entry in events:
            if entry.dagster_event_type not in ASSET_EVENTS:
                self.store_event(entry)
        if not of_assets:
            return
        rows = [self._event_to_row(entry) for entry in of_assets]
        table = SqlEventLogStorageTable
        with self.run_connection(of_assets[0].run_id) as connection:
            connection.execute(table.insert(), rows)
        with self.index_transaction() as connection:
            inserted = table.insert().returning(table.c.id, sort_by_parameter_order=True)
            numbers = connection.execute(inserted, rows).scalars().all()
            self._store_asset_event_tags(connection, of_assets, numbers)
            last = {
                (entry.get_dagster_event().asset_key, entry.dagster_event_type): (entry, number)
                for entry, number in zip(of_assets, numbers, strict=True)
            }
            for entry, number in last.values():
                self._store_asset_event(connection, entry, number)

    def _store_asset_check_evaluation_planned(self, event: EventLogEntry, event_id: int | None) -> None:
        # A check of many dates has a row for each, and all of them hold the same event: it is written down once.
        planned = event.get_dagster_event().asset_check_planned_data
        row = {
            "asset_key": planned.asset_key.to_string(),
            "check_name": planned.check_name,
            "run_id": event.run_id,
            "execution_status": AssetCheckExecutionRecordStatus.PLANNED.value,
            "evaluation_event": serialize_value(event),
            "evaluation_event_timestamp": self._event_insert_timestamp(event),
            "evaluation_event_storage_id": event_id,
        }
        subset = planned.partitions_subset
        partitions = subset.get_partition_keys() if subset is not None else [None]
        rows = [{**row, "partition": partition} for partition in partitions]
        with self.index_connection() as connection:
            connection.execute(AssetCheckExecutionsTable.insert(), rows)

    def dispose(self) -> None:
        """Close the databases."""
        super().dispose()
        self._databases.close()


class Runs(SqliteRunStorage):
    """The list of runs."""

    def __init__(self, conn_string: str, inst_data: ConfigurableClassData | None = None) -> None:
        self._databases = _Databases()
        super().__init__(conn_string, inst_data)

    @contextmanager
    def connect(self) -> Iterator[Connection]:
        """Yield a connection whose transaction is committed at the end of the block."""
        with self._databases.begin(self._conn_string) as connection:
            yield connection

    def dispose(self) -> None:
        """Close the database."""
        self._databases.close()


class _Databases:
    """SQLite databases, opened when first asked for."""

    def __init__(self) -> None:
        self._engines: dict[str, Engine] = {}

    def begin(self, database: str) -> AbstractContextManager[Connection]:
        """Return a connection to be used in a `with` block, at the end of which its transaction is committed."""
        if database not in self._engines:
            engine = create_engine(database, connect_args={"timeout": SQLITE_BUSY_TIMEOUT_SECONDS})
            event.listen(engine, "connect", _settle_for_history)
            self._engines[database] = engine
        return self._engines[database].begin()

    def close(self) -> None:
        """Close them all; asking again opens again."""
        while self._engines:
            self._engines.popitem()[1].dispose()


def _settle_for_history(connection: DBAPIConnection, _record: object) -> None:
    # With a write-ahead log a power cut costs the last events at most, and no file.
    cursor = connection.cursor()
    cursor.execute("pragma synchronous = normal")
    cursor.close()
