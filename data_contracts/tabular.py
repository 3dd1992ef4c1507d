"""Tabular framing: CSV and Parquet files, cut into records of text columns.

Belongs here: CSV headers, quoting and field counts, Parquet columns as text.
Does not belong here: bytes and encodings (framing.py), and what a value means (rules.py).
"""

from __future__ import annotations

import csv
import json
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from data_contracts.framing import (
    LINE_NUMBER,
    LONGEST_LINE,
    RECORD,
    BadRecord,
    FileRejectedError,
    Frame,
    RecordCount,
    bad_line,
    in_batches,
)

_RECORDS_PER_FRAME = 65536


@dataclass(frozen=True)
class Columns:
    """The source columns that a contract or mapping knows, and those that it cannot do without."""

    known: tuple[str, ...]
    required: tuple[str, ...]

    def check(self, header: Sequence[str], name: str) -> None:
        """Raise FileRejectedError(header) when a column is repeated or a required one is missing."""
        repeated = sorted(
            {column for column in header if header.count(column) > 1 or column in (LINE_NUMBER, RECORD)}
        )
        if repeated:
            raise FileRejectedError("header", f"{name}: column {', '.join(repeated)} stands more than once")
        missing = [column for column in self.required if column not in header]
        if missing:
            raise FileRejectedError(
                "header",
                f"{name}: the header does not match the contract: {', '.join(missing)} missing, got {list(header)}",
            )


def csv_frames(
    chunks: Iterator[bytes], *, name: str, columns: Columns, delimiter: str, count: RecordCount
) -> Iterator[Frame]:
    """Yield Frames of CSV records; fields are text, an empty field is NULL.

    A quote that is never closed costs its own line only: framing starts anew on the next one.
    """
    header: list[str] | None = None
    records: list[tuple[int, str, list[str]]] = []
    bad: list[BadRecord] = []
    for line_number, raw, parsed in _csv_records(_physical_lines(chunks, count), delimiter, count):
        if header is None:
            if isinstance(parsed, BadRecord):
                raise FileRejectedError("header", f"{name}: the header cannot be read: {parsed.message}")
            header = parsed
            columns.check(header, name)
            count.records -= 1
        elif isinstance(parsed, BadRecord):
            bad.append(parsed)
        else:
            records.append((line_number, raw.decode().rstrip("\r\n"), parsed))
        if header is not None and len(records) + len(bad) >= _RECORDS_PER_FRAME:
            yield _frame(records, header, bad)
            records, bad = [], []
    if header is None:
        raise FileRejectedError("empty", f"{name}: not even a header")
    yield _frame(records, header, bad)


def parquet_frames(file: Path, *, name: str, columns: Columns, count: RecordCount) -> Iterator[Frame]:
    """Yield Frames of a Parquet file with every column as exact text; `record` is NULL, there is no raw line."""
    try:
        source = pq.ParquetFile(file)
        header = source.schema_arrow.names
        columns.check(header, name)
        count.records += source.metadata.num_rows
        count.byte_count += file.stat().st_size
        line_number = 1
        for batch in source.iter_batches(_RECORDS_PER_FRAME):
            texts = {column: _as_text(batch.column(column), name, column) for column in header}
            numbers = pa.array(range(line_number, line_number + batch.num_rows), pa.int64())
            nothing = pa.nulls(batch.num_rows, pa.string())
            yield Frame(in_batches(pa.table({LINE_NUMBER: numbers, RECORD: nothing, **texts})))
            line_number += batch.num_rows
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, OSError) as error:
        raise FileRejectedError(
            "wrong_format", f"{name}: the Parquet file cannot be read: {error}"
        ) from error


def _csv_records(
    lines: Iterator[tuple[int, bytes]], delimiter: str, count: RecordCount
) -> Iterator[tuple[int, bytes, list[str] | BadRecord]]:
    """Yield (first line, bytes, fields or what is wrong) of each record; lines join while a quote is open.

    When the joined lines make no record of the header's width, the quote is taken to be a stray one: its line
    alone is bad, and the lines behind it are read again.
    """
    width: int | None = None
    again: deque[tuple[int, bytes]] = deque()
    held: list[tuple[int, bytes]] = []
    is_open = False
    held_bytes = 0
    while True:
        line = again.popleft() if again else next(lines, None)
        if line is not None:
            held.append(line)
            held_bytes += len(line[1])
            is_open ^= line[1].count(b'"') % 2 == 1
            if is_open and held_bytes <= LONGEST_LINE:
                continue
        if not held:
            return
        first_line, first = held[0]
        raw = b"".join(text for _, text in held)
        parsed = _parsed(first_line, raw, delimiter)
        if isinstance(parsed, list) and width is not None and len(parsed) != width:
            message = f"{len(parsed)} fields, the header has {width}"
            parsed = bad_line(first_line, "field_count", message, raw)
        if isinstance(parsed, BadRecord) and len(held) > 1:
            again.extendleft(reversed(held[1:]))
            yield first_line, first, bad_line(first_line, "malformed_csv", "a quote is never closed", first)
        else:
            count.records -= len(held) - 1
            if width is None and isinstance(parsed, list):
                width = len(parsed)
            yield first_line, raw, parsed
        held, held_bytes, is_open = [], 0, False


def _physical_lines(chunks: Iterator[bytes], count: RecordCount) -> Iterator[tuple[int, bytes]]:
    rest = b""
    line_number = 0
    for chunk in chunks:
        count.records += chunk.count(b"\n")
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            line_number += 1
            yield line_number, line + b"\n"
    if rest:
        count.records += 1
        yield line_number + 1, rest


def _parsed(line_number: int, raw: bytes, delimiter: str) -> list[str] | BadRecord:
    if len(raw) > LONGEST_LINE:
        return bad_line(line_number, "line_too_long", f"longer than {LONGEST_LINE} bytes", raw)
    if not raw.endswith(b"\n"):
        message = "the last line has no line end: it may be cut off"
        return bad_line(line_number, "truncated_last_line", message, raw)
    if b"\0" in raw:
        return bad_line(line_number, "encoding", "contains a NUL byte", raw)
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        return bad_line(line_number, "encoding", "not valid utf-8", raw)
    if not text.strip():
        return bad_line(line_number, "blank_line", "the line is blank", raw)
    try:
        return next(csv.reader([text.rstrip("\r\n")], delimiter=delimiter, strict=True))
    except csv.Error as error:
        return bad_line(line_number, "malformed_csv", f"quoting is broken: {error}", raw)


def _frame(records: list[tuple[int, str, list[str]]], header: list[str], bad: list[BadRecord]) -> Frame:
    arrays: dict[str, pa.Array] = {
        LINE_NUMBER: pa.array([number for number, _, _ in records], pa.int64()),
        RECORD: pa.array([text for _, text, _ in records], pa.string()),
    }
    for index, column in enumerate(header):
        arrays[column] = pa.array([fields[index] or None for _, _, fields in records], pa.string())
    return Frame(in_batches(pa.table(arrays)), tuple(bad))


def _as_text(values: pa.Array, name: str, column: str) -> pa.Array:
    kind = values.type
    if pa.types.is_timestamp(kind) and kind.unit == "ns":
        values = values.cast(pa.timestamp("us", tz=kind.tz))
    if pa.types.is_dictionary(kind):
        values = values.dictionary_decode()
    if pa.types.is_list(kind) and (
        pa.types.is_string(kind.value_type) or pa.types.is_large_string(kind.value_type)
    ):
        texts = [None if one is None else json.dumps(one, ensure_ascii=False) for one in values.to_pylist()]
        return pa.array(texts, pa.string())
    if pa.types.is_nested(kind):
        raise FileRejectedError("header", f"{name}: column {column} has type {kind}, which is not tabular")
    return pc.cast(values, pa.string())
