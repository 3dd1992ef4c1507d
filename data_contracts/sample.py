"""The first records of a file whose contract is yet to be written, column by column.

Belongs here: finding out format, encoding and delimiter of a sample, and reading its values as they stand.
Does not belong here: what the values mean (infer.py); strict reading of deliveries (reader.py).
"""

import csv
import gzip
import io
import json
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import IO, Any, cast

import pyarrow as pa
import pyarrow.parquet as pq

from data_contracts.document import ContractError

RECORDS_READ = 100_000
_DELIMITERS = (",", "\t", "|", ";")
_ENCODINGS = ("utf-8", "gb18030")
_ENCODING_SAMPLE_BYTES = 1 << 20


@dataclass(frozen=True)
class Sample:
    """The values of each column of a sample, in file order, None where a value is absent.

    A column is named by its path: the keys that lead to the value. CSV values are text; JSON and Parquet
    values keep their kind, with numbers as int or Decimal. `declared` holds the column types of Parquet.
    """

    format: str
    encoding: str
    delimiter: str
    rows: int
    columns: Mapping[tuple[str, ...], list[Any]]
    declared: Mapping[tuple[str, ...], pa.DataType]
    unnameable: tuple[str, ...] = ()


def read_sample(file: Path) -> Sample:
    """Read up to 100,000 records of JSON Lines, CSV (both also gzip) or Parquet; raises ContractError."""
    sample = _without_dots(_read(file))
    if not sample.rows or not sample.columns:
        raise ContractError(file, 1, "the sample has no records to learn from")
    return sample


def _read(file: Path) -> Sample:
    with file.open("rb") as stream:
        magic = stream.read(4)
    if not magic:
        raise ContractError(file, 1, "the sample is empty")
    if magic == b"PAR1":
        return _parquet(file)
    is_gzip = magic[:2] == b"\x1f\x8b"
    try:
        encoding = _encoding(file, is_gzip=is_gzip)
        codec = "utf-8-sig" if encoding == "utf-8" else encoding
        with gzip.open(file, "rb") if is_gzip else file.open("rb") as stream:
            text = io.TextIOWrapper(cast(IO[bytes], stream), encoding=codec, newline="")
            first = text.readline()
            text.seek(0)
            return (
                _jsonl(file, text, encoding) if first.lstrip().startswith("{") else _csv(file, text, encoding)
            )
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise ContractError(file, 1, f"the gzip file is broken: {error}") from error
    except UnicodeDecodeError as error:
        raise ContractError(file, 1, f"not {error.encoding}: {error.reason}") from error


def _encoding(file: Path, *, is_gzip: bool) -> str:
    with gzip.open(file, "rb") if is_gzip else file.open("rb") as stream:
        start = stream.read(_ENCODING_SAMPLE_BYTES)
    # The sample may end within a character; whole lines do not.
    start = start[: start.rfind(b"\n") + 1] or start
    for encoding in _ENCODINGS:
        try:
            start.decode(encoding)
        except UnicodeDecodeError:
            continue
        return encoding
    raise ContractError(file, 1, f"neither {' nor '.join(_ENCODINGS)}")


def _jsonl(file: Path, text: io.TextIOWrapper, encoding: str) -> Sample:
    columns: dict[tuple[str, ...], list[Any]] = {}
    rows = 0
    for line_number, line in enumerate(islice(text, RECORDS_READ), start=1):
        try:
            record = json.loads(line, parse_float=Decimal)
        except json.JSONDecodeError as error:
            raise ContractError(file, line_number, f"not valid JSON: {error.msg}") from error
        if not isinstance(record, dict):
            raise ContractError(file, line_number, "the line is JSON but not an object")
        for path, value in _leaves(record, ()):
            values = columns.setdefault(path, [])
            values.extend([None] * (rows - len(values)))
            values.append(value)
        rows += 1
    for values in columns.values():
        values.extend([None] * (rows - len(values)))
    return Sample("jsonl", encoding, ",", rows, columns, {})


def _leaves(record: dict[str, Any], above: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    for key, value in record.items():
        if isinstance(value, dict) and value:
            yield from _leaves(value, (*above, key))
        else:
            yield (*above, key), None if value == {} else value


def _csv(file: Path, text: io.TextIOWrapper, encoding: str) -> Sample:
    header = text.readline()
    text.seek(0)
    delimiter = max(_DELIMITERS, key=header.count)
    reader = csv.reader(text, delimiter=delimiter, strict=True)
    try:
        names = next(reader)
        if len(set(names)) != len(names) or not all(names):
            raise ContractError(file, 1, "the header has an empty name, or one that stands twice")
        columns: dict[tuple[str, ...], list[Any]] = {(name,): [] for name in names}
        rows = 0
        for values in islice(reader, RECORDS_READ):
            if len(values) != len(names):
                reason = f"{len(values)} values under {len(names)} names"
                raise ContractError(file, reader.line_num, reason)
            for column, value in zip(columns.values(), values, strict=True):
                column.append(value or None)
            rows += 1
    except csv.Error as error:
        raise ContractError(file, reader.line_num, f"not valid CSV: {error}") from error
    return Sample("csv", encoding, delimiter, rows, columns, {})


def _parquet(file: Path) -> Sample:
    try:
        parquet = pq.ParquetFile(file)
        batch = next(parquet.iter_batches(batch_size=RECORDS_READ), None)
    except pa.ArrowException as error:
        raise ContractError(file, 1, f"not valid Parquet: {error}") from error
    if batch is None:
        raise ContractError(file, 1, "the Parquet file has no rows")
    columns = {(name,): batch.column(name).to_pylist() for name in batch.schema.names}
    declared = {(field.name,): field.type for field in batch.schema}
    return Sample("parquet", "utf-8", ",", batch.num_rows, columns, declared)


def _without_dots(sample: Sample) -> Sample:
    """Dots separate the parts of a physicalName, so a column with a dot of its own cannot be named."""
    kept = {
        path: values
        for path, values in sample.columns.items()
        if all(part and "." not in part for part in path)
    }
    lost = tuple("/".join(path) for path in sample.columns if path not in kept)
    return replace(sample, columns=kept, unnameable=lost)
