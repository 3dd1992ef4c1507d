"""Tabular framing: CSV and Parquet files, cut into records of text columns.

Belongs here: CSV headers, quoting and field counts, Parquet columns as exact text.
Does not belong here: bytes and encodings (unpacking.py), and what a value means (rules.py).
"""

from __future__ import annotations

import csv
import json
from collections import deque
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from data_contracts.framing import (
    LINE_NUMBER,
    LONGEST_LINE,
    RECORD,
    BadRecord,
    Frame,
    bad_line,
    frame_of,
    is_utf8,
    too_long,
    truncated,
)
from data_contracts.unpacking import LARGEST_FILE, FileRejectedError, RecordCount

RECORDS_PER_FRAME = 65536
# The engine scans batches in parallel: small ones keep every thread busy.
_RECORDS_PER_BATCH = 4096


def csv_frames(
    chunks: Iterator[bytes],
    *,
    name: str,
    required: Sequence[str],
    delimiter: str,
    encoding: str,
    count: RecordCount,
) -> Iterator[Frame]:
    """Yield Frames of CSV records; fields are text, an empty field is NULL.

    A quote that is never closed costs its own line only: framing starts anew on the next one.
    """
    found = _records(_physical_lines(chunks, count), delimiter, encoding, count)
    _, _, header = next(found, (0, b"", None))
    if header is None:
        raise FileRejectedError("empty", f"{name}: not even a header")
    if isinstance(header, BadRecord):
        raise FileRejectedError("header", f"{name}: the header cannot be read: {header.message}")
    _check_header(header, required, name)
    count.records -= 1
    records: list[tuple[int, bytes, list[str]]] = []
    bad: list[BadRecord] = []
    for line_number, raw, parsed in found:
        if isinstance(parsed, BadRecord):
            bad.append(parsed)
        else:
            records.append((line_number, raw, parsed))
        if len(records) + len(bad) >= RECORDS_PER_FRAME:
            yield _csv_frame(records, header, bad)
            records, bad = [], []
    yield _csv_frame(records, header, bad)


def parquet_frames(file: Path, *, name: str, required: Sequence[str], count: RecordCount) -> Iterator[Frame]:
    """Yield Frames of a Parquet file with every column as exact text; `record` is NULL, there is no raw line."""
    try:
        source = pq.ParquetFile(file, page_checksum_verification=True)
        header = source.schema_arrow.names
        _check_header(header, required, name)
        groups = [source.metadata.row_group(index) for index in range(source.metadata.num_row_groups)]
        if sum(group.total_byte_size for group in groups) > LARGEST_FILE:
            raise FileRejectedError("too_large", f"{name}: unpacks to more than {LARGEST_FILE} bytes")
        count.records += source.metadata.num_rows
        count.byte_count += file.stat().st_size
        row_number = 1
        for batch in source.iter_batches(RECORDS_PER_FRAME):
            yield _parquet_frame(batch, row_number, name)
            row_number += batch.num_rows
        if row_number == 1:
            yield _parquet_frame(pa.RecordBatch.from_pylist([], schema=source.schema_arrow), 1, name)
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise FileRejectedError(
            "wrong_format", f"{name}: the Parquet file cannot be read: {error}"
        ) from error


def _check_header(header: Sequence[str], required: Sequence[str], name: str) -> None:
    """Raise FileRejectedError(header) when a column is repeated or a required one is missing."""
    seen = {LINE_NUMBER, RECORD}
    for column in header:
        # The engine does not tell upper from lower case in column names.
        if column.lower() in seen:
            raise FileRejectedError("header", f"{name}: column {column} stands more than once")
        seen.add(column.lower())
    missing = [column for column in required if column not in header]
    if missing:
        message = (
            f"the header does not match the contract: {', '.join(missing)} missing, got {', '.join(header)}"
        )
        raise FileRejectedError("header", f"{name}: {message}")


def _physical_lines(chunks: Iterator[bytes], count: RecordCount) -> Iterator[tuple[int, bytes]]:
    """Yield line number and line with its end, which may be LF, CRLF or CR."""
    rest = b""
    line_number = 1
    for chunk in chunks:
        is_split = rest.endswith(b"\r") and chunk.startswith(b"\n")
        count.records += chunk.count(b"\n") + chunk.count(b"\r") - chunk.count(b"\r\n") - is_split
        lines = (rest + chunk).splitlines(keepends=True)
        # A CR at the end may be the first half of a CRLF.
        rest = lines.pop() if lines and not lines[-1].endswith(b"\n") else b""
        if len(rest) > LONGEST_LINE + 2:
            # Enough to be refused when the end of the line arrives, which may already have begun.
            rest = rest[: LONGEST_LINE + 1] + rest[-1:]
        for line in lines:
            yield line_number, line
            line_number += 1
    if rest:
        count.records += not rest.endswith(b"\r")
        yield line_number, rest


def _records(
    lines: Iterator[tuple[int, bytes]], delimiter: str, encoding: str, count: RecordCount
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
        parsed = _parsed(first_line, raw, delimiter, encoding)
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


def _parsed(line_number: int, raw: bytes, delimiter: str, encoding: str) -> list[str] | BadRecord:
    if len(raw.rstrip(b"\r\n")) > LONGEST_LINE:
        return too_long(line_number, raw)
    if not raw.endswith((b"\n", b"\r")):
        return truncated(line_number, raw)
    if b"\0" in raw:
        return bad_line(line_number, "encoding", "contains a NUL character", raw)
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        return bad_line(line_number, "encoding", f"not valid {encoding}", raw)
    if not text.strip() and delimiter not in text:
        return bad_line(line_number, "blank_line", "the line is blank", raw)
    if b'"' not in raw:
        # What a reader makes of it too, which takes eight times as long to be made for one line.
        return _without_end(text).split(delimiter)
    try:
        return next(csv.reader([_without_end(text)], delimiter=delimiter, strict=True))
    except csv.Error as error:
        return bad_line(line_number, "malformed_csv", f"quoting is broken: {error}", raw)


def _without_end(line: str) -> str:
    return line.removesuffix("\n").removesuffix("\r")


def _csv_frame(records: list[tuple[int, bytes, list[str]]], header: list[str], bad: list[BadRecord]) -> Frame:
    numbers = pa.array([number for number, _, _ in records], pa.int64())
    lines = pa.array([_without_end(raw.decode()) for _, raw, _ in records], pa.string())
    texts = [
        pa.array([fields[index] or None for _, _, fields in records], pa.string())
        for index in range(len(header))
    ]
    return _tabular_frame([numbers, lines, *texts], header, bad)


def _parquet_frame(batch: pa.RecordBatch, first_row: int, name: str) -> Frame:
    header = batch.schema.names
    texts = [_as_text(batch.column(index), name, column) for index, column in enumerate(header)]
    bad: dict[int, BadRecord] = {}
    for column, text in zip(header, texts, strict=True):
        for rule, message, indexes in _unfit(text):
            for index in indexes:
                bad.setdefault(index, BadRecord(first_row + index, rule, f"{column}: {message}", "", column))
    numbers = pa.array(np.arange(first_row, first_row + batch.num_rows, dtype=np.int64))
    arrays = [numbers, pa.nulls(batch.num_rows, pa.string()), *texts]
    if bad:
        is_good = np.ones(batch.num_rows, dtype=np.bool_)
        is_good[list(bad)] = False
        arrays = [array.filter(pa.array(is_good)) for array in arrays]
    return _tabular_frame(arrays, header, [bad[index] for index in sorted(bad)])


def _tabular_frame(arrays: list[pa.Array], header: Sequence[str], bad: Sequence[BadRecord]) -> Frame:
    whole = pa.Table.from_arrays(arrays, names=[LINE_NUMBER, RECORD, *header])
    return frame_of(whole.to_batches(max_chunksize=_RECORDS_PER_BATCH), bad, header)


def _unfit(texts: pa.StringArray) -> Iterator[tuple[str, str, list[int]]]:
    """Yield (rule, message, indexes) of texts that no line of a text file could hold either."""
    lengths = pc.call_function("binary_length", [texts]).fill_null(0)
    yield (
        "line_too_long",
        f"longer than {LONGEST_LINE} bytes",
        np.flatnonzero(lengths.to_numpy() > LONGEST_LINE).tolist(),
    )
    try:
        texts.validate(full=True)
    except pa.ArrowInvalid:
        are_texts = [one is None or is_utf8(one) for one in texts.cast(pa.binary()).to_pylist()]
        yield "encoding", "not valid utf-8", [index for index, is_text in enumerate(are_texts) if not is_text]
    else:
        has_nul = pc.call_function("match_substring", [texts], pc.MatchSubstringOptions("\0"))
        yield (
            "encoding",
            "contains a NUL character",
            np.flatnonzero(has_nul.fill_null(fill_value=False)).tolist(),
        )


def _as_text(values: pa.Array, name: str, column: str) -> pa.StringArray:
    kind = values.type
    if pa.types.is_dictionary(kind):
        values = values.dictionary_decode()
        kind = values.type
    if pa.types.is_timestamp(kind) and kind.unit == "ns":
        values = values.cast(pa.timestamp("us", tz=kind.tz))
    if pa.types.is_list(kind) and (
        pa.types.is_string(kind.value_type) or pa.types.is_large_string(kind.value_type)
    ):
        texts = [None if one is None else json.dumps(one, ensure_ascii=False) for one in values.to_pylist()]
        return pa.array(texts, pa.string())
    if pa.types.is_nested(kind):
        raise FileRejectedError("header", f"{name}: column {column} has type {kind}, which is not tabular")
    # Bytes that are not UTF-8 cost their row, not the file.
    return pc.cast(values, pa.string(), safe=not pa.types.is_binary(kind))
