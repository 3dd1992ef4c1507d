"""Rendering: rows of a feed as the bytes of a file.

Belongs here: JSON Lines, CSV, Parquet and gzip, the same bytes for the same rows.
Does not belong here: which rows, where the file goes.
"""

import csv
import gzip
import io
from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from demo.feeds import Feed, Kind
from demo.shanghai import iso

GZIP_LEVEL = 6
Row = Sequence[Any]

# How a value of each kind is written as text (CSV), as JSON, and into an Arrow column.
DECIMALS: dict[Kind, int] = {"money": 2, "ratio": 6, "price": 3, "quantity": 0}
ARROW_TYPES: dict[Kind, pa.DataType] = {
    "text": pa.string(),
    "money": pa.decimal128(18, 2),
    "ratio": pa.decimal128(18, 6),
    "price": pa.decimal128(18, 4),
    "quantity": pa.decimal128(20, 4),
    "integer": pa.int64(),
    "yesno": pa.bool_(),
    "day": pa.date32(),
    "moment": pa.timestamp("ms", tz="UTC"),
    "list": pa.list_(pa.string()),
}


def render(feed: Feed, rows: Sequence[Row]) -> bytes:
    """Return the rows as one file in the feed's format."""
    match feed.file_format:
        case "csv":
            return _csv(feed, rows)
        case "csv.gz":
            return compressed(_csv(feed, rows))
        case "jsonl":
            return _json_lines(feed, rows)
        case "jsonl.gz":
            return compressed(_json_lines(feed, rows))
        case "parquet":
            return _parquet(feed, rows)


def compressed(content: bytes) -> bytes:
    """Return the content as gzip, without a time in its header."""
    return gzip.compress(content, GZIP_LEVEL, mtime=0)


def scaled(value: int, decimals: int) -> str:
    """Write a whole number of 10^-decimals as a decimal: `scaled(-5, 2)` is `-0.05`."""
    if not decimals:
        return str(value)
    sign, digits = "-" if value < 0 else "", f"{abs(value):0{decimals + 1}d}"
    return f"{sign}{digits[:-decimals]}.{digits[-decimals:]}"


def _csv(feed: Feed, rows: Sequence[Row]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(feed.names)
    columns = []
    for place, column in enumerate(feed.columns):
        columns.append(_as_texts(column.kind, [row[place] for row in rows]))
    writer.writerows(zip(*columns, strict=True))
    return text.getvalue().encode()


def _as_texts(kind: Kind, values: Sequence[object]) -> list[str]:
    write = _text_writer(kind)
    return ["" if value is None else write(value) for value in values]


def _text_writer(kind: Kind) -> Callable[..., str]:
    match kind:
        case "text" | "integer":
            return str
        case "yesno":
            return _yes_or_no
        case "day":
            return date.isoformat
        case "moment":
            return iso
        case "list":
            return _json_text
        case _:
            decimals = DECIMALS[kind]
            return lambda value: scaled(value, decimals)


def _json_text(value: object) -> str:
    return orjson.dumps(value).decode()


def _yes_or_no(value: object) -> str:
    return "true" if value else "false"


def _json_lines(feed: Feed, rows: Sequence[Row]) -> bytes:
    lines = []
    for row in rows:
        content = {}
        for column, value in zip(feed.columns, row, strict=True):
            if value is not None:
                content[column.name] = _as_json(column.kind, value)
        lines.append(orjson.dumps(content) + b"\n")
    return b"".join(lines)


def _as_json(kind: Kind, value: object) -> object:
    if kind == "moment" and isinstance(value, int):
        return iso(value)
    if kind in DECIMALS and isinstance(value, int):
        # The shortest text of the nearest double is the decimal itself for amounts of this size.
        return value / 10 ** DECIMALS[kind]
    return value


def _parquet(feed: Feed, rows: Sequence[Row]) -> bytes:
    arrays = {}
    for place, column in enumerate(feed.columns):
        values = [row[place] for row in rows]
        if column.kind in DECIMALS:
            shift = -DECIMALS[column.kind]
            values = [None if value is None else Decimal(value).scaleb(shift) for value in values]
        arrays[column.name] = pa.array(values, ARROW_TYPES[column.kind])
    sink = io.BytesIO()
    pq.write_table(pa.table(arrays), sink, compression="zstd")
    return sink.getvalue()
