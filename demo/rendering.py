"""Rendering: columns of a feed as the bytes of a file.

Belongs here: JSON Lines, CSV, Parquet and gzip, the same bytes for the same rows.
Does not belong here: which rows, where the file goes.
"""

from __future__ import annotations

import io
from collections.abc import Mapping

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
from isal import igzip
from numpy.typing import NDArray

from demo.draws import Integers
from demo.feeds import Feed, Kind
from demo.names import compute
from demo.people import NEVER

GZIP_LEVEL = 2
Columns = Mapping[str, pa.Array | NDArray[np.int64] | NDArray[np.bool_]]
"""Of each column of a feed its values: texts and lists as Arrow arrays, others as `Kind` says, NEVER for none."""

# Money and the like are whole numbers of such a part, and so many decimals are written as text.
DECIMALS: dict[Kind, int] = {"money": 2, "ratio": 6, "price": 3, "quantity": 0}
DECIMAL_TYPES: dict[Kind, pa.DataType] = {
    "money": pa.decimal128(18, 2),
    "ratio": pa.decimal128(18, 6),
    "price": pa.decimal128(18, 4),
    "quantity": pa.decimal128(20, 4),
}
SHANGHAI_OFFSET_MS = 8 * 60 * 60 * 1000


def table_of(feed: Feed, columns: Columns) -> pa.Table:
    """Return columns as an Arrow table in the feed's order; raises KeyError when they are not the feed's."""
    if tuple(columns) != feed.names:
        raise KeyError(f"{feed.source}.{feed.table} has the columns {feed.names}, not {tuple(columns)}")
    return pa.table({column.name: _typed(column.kind, columns[column.name]) for column in feed.columns})


def render(feed: Feed, table: pa.Table) -> bytes:
    """Return the rows as one file in the feed's format."""
    match feed.file_format:
        case "csv":
            return _csv(feed, table)
        case "csv.gz":
            return compressed(_csv(feed, table))
        case "jsonl":
            return _json_lines(feed, table)
        case "jsonl.gz":
            return compressed(_json_lines(feed, table))
        case "parquet":
            return _parquet(table)


def compressed(content: bytes | pa.Buffer) -> bytes:
    """Return the content as gzip, without a time in its header."""
    return igzip.compress(content, GZIP_LEVEL, mtime=0)


def iso_texts(moments: pa.Array) -> pa.Array:
    """Write moments (milliseconds since 1970 UTC) as ISO 8601 with the Shanghai offset, to the second."""
    local = compute.add(moments.cast(pa.int64()), SHANGHAI_OFFSET_MS)
    seconds = compute.divide(local, 1000).cast(pa.timestamp("s"))
    return compute.binary_join_element_wise(compute.strftime(seconds, "%Y-%m-%dT%H:%M:%S"), "+08:00", "")


def total(table: pa.Table, column: str) -> str:
    """Return the sum of a column of money as text, `0.00` without rows."""
    whole = compute.sum(table[column]).as_py()
    return "0.00" if whole is None else str(whole)


def _typed(kind: Kind, values: pa.Array | Integers) -> pa.Array:
    if isinstance(values, pa.Array):
        return values
    none = values == NEVER
    mask = none if none.any() else None
    match kind:
        case "yesno":
            return pa.array(values.astype(np.bool_))
        case "day":
            return pa.array(values.astype(np.int32), mask=mask).cast(pa.date32())
        case "moment":
            return pa.array(values, mask=mask).cast(pa.timestamp("ms", tz="UTC"))
        case "integer":
            return pa.array(values, mask=mask)
        case _:
            return decimals_of(kind, values, mask)


def decimals_of(kind: Kind, values: Integers, mask: NDArray[np.bool_] | None = None) -> pa.Array:
    """Return whole numbers of a kind as decimals."""
    wanted = DECIMAL_TYPES[kind]
    whole = pa.array(values, mask=mask).cast(pa.decimal128(38, 0))
    # The same digits with the point elsewhere.
    shifted = pa.Array.from_buffers(pa.decimal128(38, DECIMALS[kind]), len(whole), whole.buffers())
    return shifted.cast(wanted)


def _csv(feed: Feed, table: pa.Table) -> bytes:
    texts = {
        column.name: _as_text(column.kind, table[column.name].combine_chunks()) for column in feed.columns
    }
    sink = io.BytesIO()
    options = pyarrow.csv.WriteOptions(quoting_style="needed", quoting_header="needed")
    pyarrow.csv.write_csv(pa.table(texts), sink, options)
    return sink.getvalue()


def _as_text(kind: Kind, values: pa.Array) -> pa.Array:
    if kind == "moment":
        return iso_texts(values)
    if kind in DECIMALS:
        return values.cast(pa.decimal128(38, DECIMALS[kind])).cast(pa.string())
    return values


def _json_lines(feed: Feed, table: pa.Table) -> bytes:
    whole = pa.table({column.name: _as_json(column.kind, table[column.name]) for column in feed.columns})
    lines = [
        orjson.dumps({name: value for name, value in row.items() if value is not None}) + b"\n"
        for row in whole.to_pylist()
    ]
    return b"".join(lines)


def _as_json(kind: Kind, values: pa.ChunkedArray) -> pa.Array:
    if kind == "moment":
        return iso_texts(values.combine_chunks())
    # The shortest text of the nearest double is the decimal itself for amounts of this size.
    return values.cast(pa.float64()) if kind in DECIMALS else values


def _parquet(table: pa.Table) -> bytes:
    sink = io.BytesIO()
    pq.write_table(table, sink, compression="zstd")
    return sink.getvalue()
