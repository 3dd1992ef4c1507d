"""Engine: the only place that opens a DuckDB connection.

Belongs here: the settings every connection must have.
Does not belong here: queries, and choosing memory or threads (orchestration/resources.py chooses).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb


@dataclass(frozen=True)
class EngineSettings:
    """How much of the machine one connection may use; `memory_limit` as DuckDB writes it, e.g. `2GB`."""

    threads: int = 2
    memory_limit: str = "2GB"


def connect(
    database: Path | None = None,
    *,
    settings: EngineSettings | None = None,
    read_only: bool = False,
    scratch: Path | None = None,
) -> duckdb.DuckDBPyConnection:
    """Open `database` (in memory when None) with UTC time, no extension downloads and bounded memory.

    Raises duckdb.IOException when another process holds the file.
    """
    chosen = settings or EngineSettings()
    options: dict[str, str | bool | int | float | list[str]] = {
        "threads": chosen.threads,
        "memory_limit": chosen.memory_limit,
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        "allow_community_extensions": False,
        # A Python variable must never be mistaken for a table: frames are registered by name.
        "python_enable_replacements": False,
    }
    if scratch is not None:
        options["temp_directory"] = str(scratch)
    connection = duckdb.connect(
        str(database) if database else ":memory:", read_only=read_only, config=options
    )
    # Of the whole database, so that its cursors have it too.
    connection.execute("set global TimeZone = 'UTC'")
    return connection
