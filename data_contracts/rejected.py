"""Rejected records: the table of what is set aside from one file, each with its reason and its masked text.

Belongs here: collecting, explaining and writing them.
Does not belong here: finding them (judging.py), what must not be shown (masking.py).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import duckdb
import pyarrow as pa

from data_contracts.canonical import write_parquet
from data_contracts.framing import BadRecord

TABLE = "judging.rejected"
_SCHEMA = pa.schema(
    [
        ("line_number", pa.int64()),
        ("rule", pa.string()),
        ("field", pa.string()),
        ("message", pa.string()),
        ("raw_text", pa.string()),
    ]
)


class Rejected:
    """The rejected records of one file, in a table of the connection."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        *,
        mask: Callable[[str], str],
        mask_fragment: Callable[[str], str],
    ) -> None:
        """`mask` hides what is classified in a whole record, `mask_fragment` in text that may be anything.

        The records are set aside through a cursor of `connection`, so that another thread may do it.
        """
        self._connection = connection.cursor()
        self._mask = mask
        self._mask_fragment = mask_fragment
        self._insert(_SCHEMA.empty_table(), f"create or replace table {TABLE} as")

    def add(self, bad: Sequence[BadRecord]) -> None:
        """Set aside records whose reason is known."""
        if not bad:
            return
        columns = (
            [one.line_number for one in bad],
            [one.rule for one in bad],
            # A key or a message may quote what stands in the record.
            [self._mask_fragment(one.field) for one in bad],
            [self._mask_fragment(one.message) for one in bad],
            [self._mask_fragment(one.raw_text) for one in bad],
        )
        self._insert(pa.table(dict(zip(_SCHEMA.names, columns, strict=True)), schema=_SCHEMA))

    def add_explained(self, bad: pa.RecordBatch) -> None:
        """Set aside records with the columns of this table, whose reason is the contract's and hides what it must."""
        masked = [self._mask(text) for text in bad["raw_text"].to_pylist()]
        self._insert(pa.table([*bad.columns[:-1], pa.array(masked, pa.string())], schema=_SCHEMA))

    def count(self) -> int:
        """Return how many records are set aside."""
        return sum(self.rules().values())

    def rules(self) -> Mapping[str, int]:
        """Return the number of records per broken rule."""
        counts = f"select rule, count(*) from {TABLE} group by rule order by rule"
        return dict(self._connection.execute(counts).fetchall())

    def write(self, target: Path, *, given: Mapping[str, str]) -> None:
        """Write the records to `target` with the SQL values of `given` in front, unless there are none."""
        if self.count():
            columns = ", ".join(f"{value} as {name}" for name, value in given.items())
            write_parquet(
                self._connection, f"select {columns}, * from {TABLE} order by line_number, rule", target
            )

    def _insert(self, rows: pa.Table, into: str = f"insert into {TABLE}") -> None:
        self._connection.register("newly_rejected", rows)
        self._connection.execute(f"{into} select * from newly_rejected")
        self._connection.unregister("newly_rejected")
