"""The strict reader: one landed file against its contract, every record accounted for.

Belongs here: choosing how a file is cut into frames, and running framing and judging side by side.
Does not belong here: judging (judging.py), deciding which files to read, the ledger, merging files (storage).
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Generator, Iterator
from contextlib import closing
from itertools import chain
from pathlib import Path

import duckdb

from data_contracts.contract import Contract
from data_contracts.framing import Frame, line_frames
from data_contracts.judging import NOTHING_READ, AccountingError, Judgement, LandedFile, ReadOutcome
from data_contracts.mapping import SourceMapping
from data_contracts.tabular import csv_frames, parquet_frames
from data_contracts.tokens import install_key
from data_contracts.unpacking import FileRejectedError, RecordCount, check_format, text_chunks

__all__ = ["AccountingError", "FileRejectedError", "LandedFile", "ReadOutcome", "StrictReader"]


class StrictReader:
    """Reads files of one contract with one DuckDB connection, which must be its own."""

    def __init__(
        self,
        contract: Contract,
        *,
        mapping: SourceMapping | None = None,
        token_key: bytes,
        connection: duckdb.DuckDBPyConnection,
    ) -> None:
        """Prepare to read files of `contract`, brought in by `mapping` when they do not look like it."""
        self._contract = contract
        self._mapping = mapping
        self._connection = connection
        install_key(connection, token_key)
        if mapping is not None:
            # It lifts what two expressions share out of their try(), and there it fails the whole file.
            connection.execute("set disabled_optimizers = 'common_subexpressions'")

    def read(self, file: LandedFile, *, into: Path | None) -> ReadOutcome:
        """Judge every record of `file`; write `<business date>.parquet` and `quarantine.parquet` below `into`.

        With `into` None nothing is written. A file without a record is refused, unless its control file says that it
        has none: a day can be empty. Raises FileRejectedError when the file as a whole cannot be trusted.
        """
        try:
            return self._read(file, into)
        except FileRejectedError as error:
            if error.rule == "empty" and file.is_said_to_be_empty:
                return NOTHING_READ
            raise

    def _read(self, file: LandedFile, into: Path | None) -> ReadOutcome:
        count = RecordCount()
        laid_out = self._mapping or self._contract
        kind, is_gzip = check_format(file.path, name=file.name, formats=laid_out.formats)
        frames = self._frames(file, kind, is_gzip=is_gzip, count=count)
        first = next(frames, None)
        if first is None:
            raise FileRejectedError("empty", f"{file.name}: holds no record")
        run = Judgement(
            self._contract, self._mapping, self._connection, file, kind=kind, columns=first.columns
        )
        with closing(_prefetched(run.vetted(chain([first], frames)))) as vetted:
            run.judge(vetted)
        return run.finish(count, into)

    def _frames(self, file: LandedFile, kind: str, *, is_gzip: bool, count: RecordCount) -> Iterator[Frame]:
        laid_out = self._mapping or self._contract
        if kind == "parquet":
            return parquet_frames(file.path, name=file.name, required=self._required_columns(), count=count)
        chunks = text_chunks(
            file.path,
            name=file.name,
            encoding=laid_out.encoding,
            is_gzip=is_gzip,
            count=count,
            keep_returns=kind == "csv",
        )
        if kind == "jsonl":
            return line_frames(chunks, count, encoding=laid_out.encoding)
        return csv_frames(
            chunks,
            name=file.name,
            required=self._required_columns(),
            delimiter=laid_out.delimiter,
            encoding=laid_out.encoding,
            count=count,
        )

    def _required_columns(self) -> tuple[str, ...]:
        if self._mapping is not None:
            return self._mapping.columns
        return tuple(".".join(one.path) for one in self._contract.fields if one.required)


def _prefetched(frames: Iterator[Frame]) -> Generator[Frame, None, None]:
    """Yield the same frames, made in a thread one ahead, so that unpacking and judging overlap."""
    ready: queue.Queue[Frame | BaseException | None] = queue.Queue(maxsize=1)
    stop = threading.Event()

    def offer(item: Frame | BaseException | None) -> bool:
        while not stop.is_set():
            try:
                ready.put(item, timeout=0.1)
            except queue.Full:
                continue
            return True
        return False

    def work() -> None:
        try:
            for frame in frames:
                if not offer(frame):
                    return
            offer(None)
        except BaseException as error:  # noqa: BLE001 - handed to the reading thread, which raises it
            offer(error)

    worker = threading.Thread(target=work, name="framing", daemon=True)
    worker.start()
    try:
        while (item := ready.get()) is not None:
            if isinstance(item, BaseException):
                raise item
            yield item
    finally:
        stop.set()
        worker.join()
