"""Framing: text cut into records, before any engine sees them; the cutting of JSON Lines.

Belongs here: frames, records that cannot be framed, line length, valid text, nesting.
Does not belong here: bytes of files (unpacking.py), CSV and Parquet (tabular.py), what a value means (rules.py).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from data_contracts.json_records import DEEPEST, depth
from data_contracts.unpacking import FileRejectedError, RecordCount

__all__ = ["BadRecord", "FileRejectedError", "Frame", "bad_line", "frame_of", "line_frames"]

LONGEST_LINE = 64 << 10
# Large enough for the few statements per frame to weigh little, small enough for several to be under way.
FRAME_BYTES = 16 << 20
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
    field: str = ""


@dataclass(frozen=True)
class Frame:
    """Some records of a file: `_line_number`, `_record`, and for CSV and Parquet a text column per source column.

    Many small batches make up the records, because the engine scans batches in parallel.
    """

    records: pa.Table
    bad: tuple[BadRecord, ...] = ()

    @property
    def columns(self) -> list[str]:
        """The source columns."""
        return self.records.column_names[len(_LINES) :]

    def lines(self, numbers: Collection[int]) -> pa.Table:
        """Return the records that begin on the lines `numbers`."""
        return self.records.filter(pa.array(self._stand_on(numbers)))

    def without(self, numbers: Collection[int]) -> Frame:
        """Return the frame without the records that begin on the lines `numbers`."""
        return Frame(self.records.filter(pa.array(~self._stand_on(numbers))), self.bad)

    def _stand_on(self, numbers: Collection[int]) -> npt.NDArray[np.bool_]:
        return np.isin(self.records[LINE_NUMBER].to_numpy(), list(numbers))


_LINES = pa.schema([(LINE_NUMBER, pa.int64()), (RECORD, pa.string())])


def line_frames(chunks: Iterator[bytes], count: RecordCount, *, encoding: str) -> Iterator[Frame]:
    """Yield Frames of JSON Lines, judged by nothing yet but length, encoding and nesting.

    Memory is bounded by FRAME_BYTES, whatever the length of a line; `encoding` is the one declared.
    """
    rest = b""
    line_number = 1
    framed_bytes = 0
    batches: list[pa.RecordBatch] = []
    bad: list[BadRecord] = []
    for chunk in chunks:
        count.records += chunk.count(b"\n")
        block = rest + chunk
        cut = block.rfind(b"\n") + 1
        # Of a line too long only the beginning is kept: enough to be refused when its end arrives.
        rest = block[cut : cut + LONGEST_LINE + 1]
        if cut:
            lines = _lines_of(block, cut)
            batch, refused = _checked(lines, line_number, encoding)
            batches.append(batch)
            bad.extend(refused)
            line_number += len(lines)
            framed_bytes += cut
        if framed_bytes >= FRAME_BYTES:
            yield frame_of(batches, bad)
            batches, bad, framed_bytes = [], [], 0
    if rest:
        count.records += 1
        bad.append(truncated(line_number, rest))
    if batches or bad:
        yield frame_of(batches, bad)


def bad_line(line_number: int, rule: str, message: str, raw: bytes) -> BadRecord:
    """Return a BadRecord whose text shows undecodable bytes as hexadecimal escapes, cut to a readable length."""
    shown = raw[:_EXCERPT_BYTES].decode("utf-8", errors="backslashreplace")
    return BadRecord(line_number, rule, message, shown.rstrip("\r\n").replace("\0", "\\x00"))


def truncated(line_number: int, raw: bytes) -> BadRecord:
    """Return the BadRecord for a last line without an end, of which nobody knows whether it is whole."""
    return bad_line(
        line_number, "truncated_last_line", "the last line has no line end: it may be cut off", raw
    )


def too_long(line_number: int, raw: bytes) -> BadRecord:
    """Return the BadRecord for a line longer than LONGEST_LINE."""
    return bad_line(line_number, "line_too_long", f"longer than {LONGEST_LINE} bytes", raw)


def frame_of(
    batches: Sequence[pa.RecordBatch], bad: Sequence[BadRecord], columns: Sequence[str] = ()
) -> Frame:
    """Return a Frame of batches whose schema is that of records with the source columns `columns`."""
    schema = pa.schema([*_LINES, *((column, pa.string()) for column in columns)])
    return Frame(pa.Table.from_batches(batches, schema=schema), tuple(bad))


def _lines_of(block: bytes, length: int) -> pa.StringArray:
    """Return the lines in the first `length` bytes of `block`, line feeds included, without copying them."""
    ends = np.flatnonzero(_bytes_of(block, length) == ord("\n")).astype(np.int32) + 1
    offsets = np.concatenate((np.zeros(1, np.int32), ends))
    return pa.StringArray.from_buffers(len(ends), pa.py_buffer(offsets), pa.py_buffer(block))


def _checked(lines: pa.StringArray, first_line: int, encoding: str) -> tuple[pa.RecordBatch, list[BadRecord]]:
    """Return the batch of `lines` that an engine may see, and the others with their reason."""
    _, offset_buffer, text_buffer = lines.buffers()
    offsets = np.frombuffer(offset_buffer, np.int32, len(lines) + 1)
    bad: dict[int, BadRecord] = {}

    def raw(index: int) -> bytes:
        return text_buffer[int(offsets[index]) : int(offsets[index + 1])].to_pybytes()

    for index in np.flatnonzero(np.diff(offsets) > LONGEST_LINE + 1).tolist():
        bad[index] = too_long(first_line + index, raw(index))
    if not _is_valid(lines):
        for index in range(len(lines)):
            line = raw(index)
            if index not in bad and not is_utf8(line):
                bad[index] = bad_line(first_line + index, "encoding", f"not valid {encoding}", line)
    for index in _many_brackets(text_buffer, offsets):
        line = raw(index)
        if index not in bad and depth(line) > DEEPEST:
            message = f"nested deeper than {DEEPEST} levels"
            bad[index] = bad_line(first_line + index, "too_deep", message, line)
    numbers = pa.array(np.arange(first_line, first_line + len(lines), dtype=np.int64))
    batch = pa.record_batch([numbers, lines], schema=_LINES)
    if bad:
        # Selecting copies only the other lines, so that invalid bytes never reach the engine.
        is_good = np.ones(len(lines), dtype=np.bool_)
        is_good[list(bad)] = False
        batch = batch.filter(pa.array(is_good))
    return batch, [bad[index] for index in sorted(bad)]


def _many_brackets(text: pa.Buffer, offsets: npt.NDArray[np.int32]) -> list[int]:
    """Return the indexes of lines with so many opening brackets that they may be nested too deeply."""
    characters = _bytes_of(text, int(offsets[-1]))
    opened = np.flatnonzero((characters == ord("{")) | (characters == ord("[")))
    return np.flatnonzero(np.diff(np.searchsorted(opened, offsets)) > DEEPEST).tolist()


def _bytes_of(text: bytes | pa.Buffer, length: int) -> npt.NDArray[np.uint8]:
    return np.frombuffer(text, np.uint8, length)


def _is_valid(lines: pa.StringArray) -> bool:
    try:
        lines.validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True


def is_utf8(line: bytes) -> bool:
    """Return whether `line` is valid UTF-8."""
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True
