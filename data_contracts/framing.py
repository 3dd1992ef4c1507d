"""Framing: the bytes of a landed file, cut into records, before any engine sees them.

Belongs here: decompression with its checksum, encoding, line ends, line length, and JSON Lines.
Does not belong here: CSV quoting and Parquet (tabular.py), and what a value means (rules.py). A record that cannot
be framed is a `BadRecord`; a file that cannot be trusted at all is a `FileRejectedError`, and none of it counts.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
from isal import igzip, isal_zlib

CHUNK_BYTES = 64 << 20
LONGEST_LINE = 64 << 10
LARGEST_FILE = 64 << 30
LARGEST_RATIO = 200
_RATIO_COUNTS_FROM = 256 << 20
# DuckDB scans the batches of an Arrow table in parallel: small ones keep every thread busy.
ROWS_PER_BATCH = 4096
_EXCERPT_BYTES = 500

# The two columns of every Frame, named so that no source column is called the same.
LINE_NUMBER = "_line_number"
RECORD = "_record"


@dataclass(frozen=True)
class BadRecord:
    """A record that cannot be framed: 1-based line, rule, message for people, text as far as it can be shown."""

    line_number: int
    rule: str
    message: str
    raw_text: str


@dataclass(frozen=True)
class Frame:
    """Some records of a file: `line_number`, `record`, and for CSV and Parquet a text column per source column."""

    records: pa.Table
    bad: tuple[BadRecord, ...] = ()


@dataclass
class RecordCount:
    """Records counted on the decompressed bytes, before they are cut: the second, independent count."""

    records: int = 0
    byte_count: int = 0


class FileRejectedError(ValueError):
    """The file as a whole is set aside: `rule` names why, the message says it for people."""

    def __init__(self, rule: str, message: str) -> None:
        super().__init__(message)
        self.rule = rule


def format_of(name: str) -> tuple[str, bool]:
    """Return (format, is gzip) by a file's name; format is jsonl, csv, parquet, or '' when none fits."""
    lower = name.lower()
    is_gzip = lower.endswith(".gz")
    stem = lower.removesuffix(".gz")
    for suffix, kind in ((".jsonl", "jsonl"), (".ndjson", "jsonl"), (".csv", "csv"), (".parquet", "parquet")):
        if stem.endswith(suffix):
            return kind, is_gzip
    return "", is_gzip


def check_format(file: Path, *, name: str, formats: tuple[str, ...]) -> tuple[str, bool]:
    """Return (format, is gzip) when the name, the first bytes and the contract's `formats` agree.

    Raises FileRejectedError: wrong_format, or empty for a file of 0 bytes.
    """
    kind, is_gzip = format_of(name)
    if kind not in formats:
        found = kind or "an unknown ending"
        raise FileRejectedError("wrong_format", f"{name}: expected {' or '.join(formats)}, got {found}")
    with file.open("rb") as stream:
        magic = stream.read(4)
    if not magic:
        raise FileRejectedError("empty", f"{name}: the file has 0 bytes")
    said = "gzip" if is_gzip else "parquet" if kind == "parquet" else "text"
    found = "gzip" if magic[:2] == b"\x1f\x8b" else "parquet" if magic == b"PAR1" else "text"
    if found != said:
        raise FileRejectedError("wrong_format", f"{name}: its name says {said}, its first bytes say {found}")
    return kind, is_gzip


def text_chunks(
    file: Path, *, name: str, encoding: str, is_gzip: bool, count: RecordCount, keep_returns: bool
) -> Iterator[bytes]:
    """Yield the file's text as UTF-8 chunks without byte order mark, line ends as line feeds.

    `keep_returns` leaves carriage returns alone where they may be part of a quoted value. Reading to the end
    verifies the gzip checksum. Raises FileRejectedError: truncated_gzip, corrupt_gzip, too_large, wrong_encoding.
    """
    chunks = _as_utf8(_unpacked(file, name, count, is_gzip=is_gzip), name, encoding)
    for number, chunk in enumerate(chunks if keep_returns else _with_line_feeds(chunks)):
        yield chunk.removeprefix(codecs.BOM_UTF8) if number == 0 else chunk


def line_frames(chunks: Iterator[bytes], count: RecordCount) -> Iterator[Frame]:
    """Yield one Frame per chunk of lines; memory is bounded by the chunk, whatever the length of a line."""
    rest = b""
    lines = 0
    for chunk in chunks:
        count.records += chunk.count(b"\n")
        block = rest + chunk
        cut = block.rfind(b"\n") + 1
        # Of a line too long only the beginning is kept: enough to be refused when its end arrives.
        rest = block[cut : cut + LONGEST_LINE + 1]
        if cut:
            frame, found = _frame_of_lines(memoryview(block)[:cut], lines + 1)
            lines += found
            yield frame
    if rest:
        count.records += 1
        message = "the last line has no line end: it may be cut off"
        yield Frame(_no_lines(), (bad_line(lines + 1, "truncated_last_line", message, rest),))


def bad_line(line_number: int, rule: str, message: str, raw: bytes) -> BadRecord:
    """Return a BadRecord whose text shows undecodable bytes as hexadecimal escapes, cut to a readable length."""
    shown = raw[:_EXCERPT_BYTES].decode("utf-8", errors="backslashreplace")
    return BadRecord(line_number, rule, message, shown.rstrip("\r\n").replace("\0", "\\x00"))


def _unpacked(file: Path, name: str, count: RecordCount, *, is_gzip: bool) -> Iterator[bytes]:
    packed = file.stat().st_size
    try:
        with igzip.open(file, "rb") if is_gzip else file.open("rb") as stream:
            while chunk := stream.read(CHUNK_BYTES):
                count.byte_count += len(chunk)
                is_bomb = is_gzip and count.byte_count > max(_RATIO_COUNTS_FROM, packed * LARGEST_RATIO)
                if is_bomb or count.byte_count > LARGEST_FILE:
                    message = f"{name}: unpacks to more than {count.byte_count} bytes from {packed}"
                    raise FileRejectedError("too_large", message)
                yield chunk
    except EOFError as error:
        raise FileRejectedError("truncated_gzip", f"{name}: the gzip stream ends too early") from error
    except (igzip.BadGzipFile, isal_zlib.error) as error:
        raise FileRejectedError("corrupt_gzip", f"{name}: the gzip stream is damaged: {error}") from error
    if count.byte_count == 0:
        raise FileRejectedError("empty", f"{name}: the file holds no text")


def _as_utf8(chunks: Iterator[bytes], name: str, encoding: str) -> Iterator[bytes]:
    if codecs.lookup(encoding).name == "utf-8":
        for number, chunk in enumerate(chunks):
            if number == 0 and _looks_like_gb18030(chunk):
                raise FileRejectedError("wrong_encoding", f"{name}: declared utf-8, looks like gb18030")
            yield chunk
        return
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        for chunk in chunks:
            yield decoder.decode(chunk).encode()
        yield decoder.decode(b"", final=True).encode()
    except UnicodeDecodeError as error:
        message = (
            f"{name}: declared {encoding}, but byte {error.object[error.start]:#04x} is not ({error.reason})"
        )
        raise FileRejectedError("wrong_encoding", message) from error


def _looks_like_gb18030(chunk: bytes) -> bool:
    """Return whether most lines with non-ASCII text are invalid UTF-8 and valid GB18030."""
    lines = [line for line in chunk[: 1 << 20].splitlines()[:2000] if not line.isascii()]
    foreign = [line for line in lines if not _decodes(line, "utf-8")]
    return (
        len(foreign) >= 3
        and len(foreign) * 2 > len(lines)
        and all(_decodes(line, "gb18030") for line in foreign[:50])
    )


def _decodes(line: bytes, encoding: str) -> bool:
    try:
        line.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _with_line_feeds(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Turn CRLF and CR into LF; a CR that ends a chunk waits for what follows it."""
    held = b""
    for chunk in chunks:
        block = held + chunk
        held = b""
        if b"\r" in block:
            if block.endswith(b"\r"):
                block, held = block[:-1], b"\r"
            block = block.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        if block:
            yield block
    if held:
        yield b"\n"


def _frame_of_lines(block: memoryview, first_line: int) -> tuple[Frame, int]:
    ends = np.flatnonzero(np.frombuffer(block, dtype=np.uint8) == 10).astype(np.int32) + 1
    offsets = np.concatenate(([np.int32(0)], ends))
    lines = pa.StringArray.from_buffers(len(ends), pa.py_buffer(offsets), pa.py_buffer(block))
    numbers = np.arange(first_line, first_line + len(ends), dtype=np.int64)
    is_bad = np.diff(offsets) > LONGEST_LINE + 1
    bad = [
        bad_line(
            int(numbers[index]),
            "line_too_long",
            f"longer than {LONGEST_LINE} bytes",
            bytes(block[offsets[index] : offsets[index] + _EXCERPT_BYTES]),
        )
        for index in np.flatnonzero(is_bad)
    ]
    if not _is_valid(lines):
        for index in range(len(ends)):
            line = bytes(block[offsets[index] : offsets[index + 1]])
            if not is_bad[index] and not _decodes(line, "utf-8"):
                is_bad[index] = True
                bad.append(bad_line(int(numbers[index]), "encoding", "not valid utf-8", line))
    records = pa.table({LINE_NUMBER: pa.array(numbers), RECORD: lines})
    if bad:
        # Selecting copies only the valid lines, so that invalid bytes never reach the engine.
        records = records.filter(pa.array(~is_bad))
    return Frame(in_batches(records), tuple(bad)), len(ends)


def _is_valid(lines: pa.StringArray) -> bool:
    try:
        lines.validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True


def in_batches(records: pa.Table) -> pa.Table:
    """Return the same rows in batches small enough for parallel scans."""
    return pa.Table.from_batches(records.to_batches(max_chunksize=ROWS_PER_BATCH), schema=records.schema)


def _no_lines() -> pa.Table:
    return pa.table({LINE_NUMBER: pa.array([], pa.int64()), RECORD: pa.array([], pa.string())})
