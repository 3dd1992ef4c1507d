"""Holding: a reader in another process who keeps a published database open in the midst of a transaction.

Belongs here: that process and what it says. Does not belong here: the nights that go on meanwhile.

`python -m tests.reliability.holding DATABASE TABLE` begins a transaction, counts and half reads the table, says how
many rows it counted, and waits for a line; then it reads the rest, counts again in the same transaction, and says so.
"""

from __future__ import annotations

import subprocess
import sys
from contextlib import closing
from pathlib import Path
from types import TracebackType

import duckdb

from tests.reliability.homes import CHECKOUT


class Holder:
    """A process that holds a database open, for a `with` block."""

    def __init__(self, database: Path, table: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.reliability.holding", str(database), table],
            cwd=CHECKOUT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Holder:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.communicate()

    def counted(self) -> int:
        """Return how many rows it saw when it began; waits until it has begun."""
        assert self._process.stdout is not None
        return int(self._process.stdout.readline())

    def finish(self) -> tuple[int, int]:
        """Let it go on and return how many rows it had read and how many it counts at the end."""
        output, _ = self._process.communicate("go on\n", timeout=60)
        assert self._process.returncode == 0
        read, counted = output.split()
        return int(read), int(counted)


def main() -> None:
    """Hold the database that is named on the command line until a line comes in."""
    database, table = sys.argv[1:]
    with closing(duckdb.connect(database, read_only=True)) as connection:
        connection.execute("begin transaction")
        cursor = connection.cursor().execute(f"select * from {table}")
        read = len(cursor.fetchmany(1))
        _say(_count(connection, table))
        sys.stdin.readline()
        read += len(cursor.fetchall())
        _say(read, _count(connection, table))


def _count(connection: duckdb.DuckDBPyConnection, table: str) -> int:
    return len(connection.execute(f"select * from {table}").fetchall())


def _say(*numbers: int) -> None:
    sys.stdout.write(" ".join(map(str, numbers)) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
