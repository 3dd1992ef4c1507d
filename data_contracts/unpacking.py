"""Unpacking: a landed file as text, chunk by chunk, or the reason why it cannot be trusted as a whole.

Belongs here: telling formats apart, decompression with its checksum and limits, encoding, line ends.
Does not belong here: cutting text into records (framing.py, tabular.py), and the raw store.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from isal import igzip, igzip_lib

# Chunks of this size are read into memory that is used again; larger ones are asked for anew every time.
CHUNK_BYTES = 1 << 20
LARGEST_FILE = 64 << 30
LARGEST_RATIO = 200
RATIO_COUNTS_FROM = 256 << 20

_SUFFIXES = {
    ".jsonl": ("jsonl", False), ".jsonl.gz": ("jsonl", True), ".ndjson": ("jsonl", False),
    ".ndjson.gz": ("jsonl", True), ".csv": ("csv", False), ".csv.gz": ("csv", True), ".parquet": ("parquet", False),
}  # fmt: skip
_SAMPLED_LINES = 2000
_STRANGE_LINES = 3  # fewer may be damaged, and are quarantined one by one
_CHINESE_ENCODINGS = ("gb18030", "gbk", "gb2312")
_CHINESE = re.compile("[\u4e00-\u9fff]")


class FileRejectedError(ValueError):
    """The file as a whole is set aside: `rule` names why, the message says it for people."""

    def __init__(self, rule: str, message: str) -> None:
        super().__init__(message)
        self.rule = rule


@dataclass
class RecordCount:
    """Records counted on the decompressed bytes, before they are cut: the second, independent count."""

    records: int = 0
    byte_count: int = 0


def format_of(name: str) -> tuple[str, bool]:
    """Return (format, is gzip) by a file's name; format is jsonl, csv, parquet, or '' when none fits."""
    lower = name.lower()
    suffix = next((suffix for suffix in _SUFFIXES if lower.endswith(suffix)), "")
    return _SUFFIXES.get(suffix, ("", False))


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

    `keep_returns` leaves carriage returns alone where they may be part of a quoted value. Bytes that the encoding
    does not know stay as they are, which is never valid UTF-8, so that only their line is lost. Reading to the
    end verifies the gzip checksum. Raises FileRejectedError: truncated_gzip, corrupt_gzip, too_large,
    wrong_encoding, empty.
    """
    chunks = _as_utf8(_unpacked(file, name, count, is_gzip=is_gzip), name, encoding)
    for number, chunk in enumerate(chunks if keep_returns else _with_line_feeds(chunks)):
        yield chunk.removeprefix(codecs.BOM_UTF8) if number == 0 else chunk


def _unpacked(file: Path, name: str, count: RecordCount, *, is_gzip: bool) -> Iterator[bytes]:
    packed = file.stat().st_size
    try:
        with igzip.IGzipFile(file, "rb") if is_gzip else file.open("rb") as stream:
            while chunk := stream.read(CHUNK_BYTES):
                count.byte_count += len(chunk)
                is_bomb = is_gzip and count.byte_count > max(RATIO_COUNTS_FROM, packed * LARGEST_RATIO)
                if is_bomb or count.byte_count > LARGEST_FILE:
                    message = f"{name}: unpacks to more than {count.byte_count} bytes from {packed}"
                    raise FileRejectedError("too_large", message)
                yield chunk
    except EOFError as error:
        raise FileRejectedError("truncated_gzip", f"{name}: the gzip stream ends too early") from error
    # The stub of isal takes the class IsalError for an instance.
    except (igzip.BadGzipFile, igzip_lib.IsalError) as error:  # pyright: ignore[reportGeneralTypeIssues]
        raise FileRejectedError("corrupt_gzip", f"{name}: the gzip stream is damaged: {error}") from error
    if count.byte_count == 0:
        raise FileRejectedError("empty", f"{name}: the file holds no text")


def _as_utf8(chunks: Iterator[bytes], name: str, encoding: str) -> Iterator[bytes]:
    declared = codecs.lookup(encoding).name
    decoder = codecs.getincrementaldecoder(encoding)("surrogateescape")
    number = -1
    for number, chunk in enumerate(chunks):
        if number == 0:
            _refuse_other_encoding(chunk, name, declared)
        yield chunk if declared == "utf-8" else _decoded(decoder, chunk, name, declared)
    if declared != "utf-8":
        yield _decoded(decoder, b"", name, declared)


def _decoded(decoder: codecs.IncrementalDecoder, chunk: bytes, name: str, declared: str) -> bytes:
    try:
        return decoder.decode(chunk, final=not chunk).encode(errors="surrogateescape")
    except UnicodeError as error:
        raise FileRejectedError("wrong_encoding", f"{name}: declared {declared}, but {error}") from error


def _refuse_other_encoding(chunk: bytes, name: str, declared: str) -> None:
    """Raise FileRejectedError when the text is declared to be one of UTF-8 and GB18030 and is the other."""
    *lines, _ = chunk.split(b"\n", _SAMPLED_LINES)
    foreign = [line for line in lines if not line.isascii()]
    as_utf8 = [text for text in (_decoded_or_none(line, "utf-8") for line in foreign) if text is not None]
    looks_like = declared
    if declared == "utf-8":
        strange = len(foreign) - len(as_utf8)
        if strange >= _STRANGE_LINES and strange * 2 > len(foreign):
            is_gb18030 = all(_decoded_or_none(line, "gb18030") is not None for line in foreign)
            looks_like = "gb18030" if is_gb18030 else declared
    elif declared in _CHINESE_ENCODINGS and len(foreign) >= _STRANGE_LINES and len(as_utf8) == len(foreign):
        # Text in UTF-8 is often valid GB18030 too, only nonsense; the reverse gives no Chinese characters.
        looks_like = "utf-8" if all(map(_CHINESE.search, as_utf8)) else declared
    if looks_like != declared:
        raise FileRejectedError("wrong_encoding", f"{name}: declared {declared}, looks like {looks_like}")


def _decoded_or_none(line: bytes, encoding: str) -> str | None:
    try:
        return line.decode(encoding)
    except UnicodeDecodeError:
        return None


def _with_line_feeds(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Turn CRLF and CR into LF; a CR that ends a chunk waits for what follows it."""
    held = b""
    for chunk in chunks:
        block = held + chunk if held else chunk
        held = b""
        if b"\r" in block:
            if block.endswith(b"\r"):
                block, held = block[:-1], b"\r"
            block = block.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        yield block
    if held:
        yield b"\n"
