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
from data_contracts.compiled import FRAME, Compiled
from data_contracts.framing import BadRecord

TABLE = "rejected"
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
        """`mask` hides what is classified in a whole record, `mask_fragment` in text that may be anything."""
        self._connection = connection
        self._mask = mask
        self._mask_fragment = mask_fragment
        self._insert(_SCHEMA.empty_table(), f"create or replace temp table {TABLE} as")

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

    def explain(self, records: pa.Table, compiled: Compiled) -> None:
        """Set aside those of `records` that break a rule of the contract, with the first one that each breaks."""
        self._connection.register(FRAME, records)
        explained = self._connection.execute(compiled.explained()).to_arrow_table()
        masked = [self._mask(text) for text in explained["raw_text"].to_pylist()]
        place = explained.column_names.index("raw_text")
        self._insert(explained.set_column(place, "raw_text", pa.array(masked, pa.string())))

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
