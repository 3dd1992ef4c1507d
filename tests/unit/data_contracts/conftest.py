"""What the tests of the strict reader share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from tests.unit.data_contracts.reading import Counter


@pytest.fixture(scope="session")
def engine() -> Iterator[duckdb.DuckDBPyConnection]:
    connection = duckdb.connect(config={"threads": 2, "memory_limit": "500MB"})
    connection.execute("set TimeZone = 'UTC'")
    yield connection
    connection.close()


@pytest.fixture
def counter(tmp_path: Path, engine: duckdb.DuckDBPyConnection) -> Counter:
    engine.execute("reset disabled_optimizers")
    return Counter(tmp_path, engine)
