"""Dagster's own SQLite storage, with the database engine of a file made once.

Belongs here: how a process of ours connects to the databases under DAGSTER_HOME.
Does not belong here: what is stored in them (Dagster's), which run uses them (dagster_home.py).

Dagster makes an engine for every statement, thousands in a night, and an engine that is new asks SQLite about itself
first: a tenth of what a small night computes. The files and all they hold stay Dagster's, so that the UI, the daemon
and their runs read and write them in their own way.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from dagster._core.storage.event_log.sqlite.sqlite_event_log import SqliteEventLogStorage
from dagster._core.storage.runs.sqlite.sqlite_run_storage import SqliteRunStorage
from dagster._core.storage.sqlite import SQLITE_BUSY_TIMEOUT_SECONDS
from dagster._core.storage.sqlite_storage import DagsterSqliteStorage, _event_logs_directory, _runs_directory
from dagster._serdes import ConfigurableClassData
from sqlalchemy import Connection, Engine, NullPool, create_engine


class Storage(DagsterSqliteStorage):
    """The storage of a DAGSTER_HOME at `base_dir`, like the one that Dagster makes by default."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        super().__init__(base_dir, inst_data)
        self._event_log_storage = EventLog(_event_logs_directory(base_dir))
        self._run_storage = Runs.from_local(_runs_directory(base_dir))


class EventLog(SqliteEventLogStorage):
    """The log of events: one database per run, and one over all of them."""

    @contextmanager
    def _connect(self, shard: str) -> Iterator[Connection]:
        if shard not in self._initialized_dbs:
            with super()._connect(shard):
                pass
        with self._db_lock, _engine(self.conn_string_for_shard(shard)).begin() as connection:
            yield connection


class Runs(SqliteRunStorage):
    """The list of runs."""

    @contextmanager
    def connect(self) -> Iterator[Connection]:
        """Yield a connection whose transaction is committed at the end of the block."""
        with _engine(self._conn_string).begin() as connection:
            yield connection


@cache
def _engine(database: str) -> Engine:
    # Nothing is kept open: the UI learns of an event from the file that closing writes.
    return create_engine(database, poolclass=NullPool, connect_args={"timeout": SQLITE_BUSY_TIMEOUT_SECONDS})
