"""Judging: the frames of one file through the compiled rules, good rows here, bad ones there with their reason.

Belongs here: the table of accepted rows, the exact second look, control figures, accounting, writing as Parquet.
Does not belong here: cutting bytes into frames (framing.py, tabular.py), which files to read (storage).

Records are judged by DuckDB functions over Arrow text, never by DuckDB's file readers, which lose rows and change
values without a word. What those functions are too lenient for gets an exact second look (json_records.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import partial
from pathlib import Path

import duckdb
import pyarrow as pa

from data_contracts.canonical import in_order, repeated_rows, write_parquet
from data_contracts.casting import literal, quoted
from data_contracts.compiled import FRAME, IS_GOOD, IS_MEANT, REASON, total_column
from data_contracts.contract import Contract
from data_contracts.framing import LINE_NUMBER, RECORD, Frame, frame_of
from data_contracts.mapping import SourceMapping
from data_contracts.masking import masking_for
from data_contracts.rejected import TABLE as REJECTED
from data_contracts.rejected import Rejected
from data_contracts.rules import Delivery, compile_contract
from data_contracts.second_look import SecondLook, unknown_columns
from data_contracts.side_by_side import side_by_side
from data_contracts.unpacking import FileRejectedError, RecordCount

# In a database of its own: temporary tables of one connection are unknown to its cursors.
_ACCEPTED = "judging.accepted"
_IS_NOT_REJECTED = f"{LINE_NUMBER} not in (select line_number from {REJECTED})"
_ROWS_AT_A_TIME = 10_000


class AccountingError(RuntimeError):
    """Records went missing or were doubled inside the reader: a fault of the reader, never of the file."""


@dataclass(frozen=True)
class LandedFile:
    """One file to read: where its bytes are, the path it landed under, and what is known of its delivery."""

    path: Path
    landed_as: str
    sha256: str
    delivery: Delivery
    expected_rows: int | None = None
    expected_totals: Mapping[str, Decimal] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The file's own name, without folders."""
        return self.landed_as.rsplit("/", 1)[-1]

    @property
    def is_said_to_be_empty(self) -> bool:
        """Whether its control file promises no row, and no total that would need one."""
        return self.expected_rows == 0 and not any(self.expected_totals.values())


@dataclass(frozen=True)
class ReadOutcome:
    """Counts of one read file; `dates` gives the accepted rows per business date, each key once.

    `rows_counted` comes from the bytes, `rows_read` from what was judged: they are equal. `rows_passed_over` are
    those that the mapping does not mean for this table.
    """

    rows_read: int
    rows_counted: int
    rows_loaded: int
    rows_duplicate: int
    rows_quarantined: int
    rows_passed_over: int
    dates: Mapping[date, int]
    rules: Mapping[str, int]
    unknown_paths: tuple[str, ...]


NOTHING_READ = ReadOutcome(
    rows_read=0,
    rows_counted=0,
    rows_loaded=0,
    rows_duplicate=0,
    rows_quarantined=0,
    rows_passed_over=0,
    dates={},
    rules={},
    unknown_paths=(),
)


class Judgement:
    """The state of reading one file of format `kind`: accepted rows and rejected records, as tables."""

    def __init__(
        self,
        contract: Contract,
        mapping: SourceMapping | None,
        connection: duckdb.DuckDBPyConnection,
        file: LandedFile,
        *,
        kind: str,
        columns: Sequence[str],
    ) -> None:
        _check_totals(contract, file)
        masking = masking_for(contract, mapping)
        laid_out = mapping or contract
        connection.execute("attach if not exists ':memory:' as judging")
        masks = {
            "jsonl": (masking.json, masking.json),
            "csv": (partial(masking.csv, header=columns, delimiter=laid_out.delimiter), masking.fragment),
            "parquet": (str, masking.fragment),
        }
        self._contract = contract
        self._connection = connection
        self._file = file
        self._unknown_columns = unknown_columns(contract, columns) if mapping is None else set[str]()
        mask, mask_fragment = masks[kind]
        self._rejected = Rejected(connection, mask=mask, mask_fragment=mask_fragment)
        self._second_look = SecondLook(connection, contract, mapping) if kind == "jsonl" else None
        self._compiled = compile_contract(
            contract,
            mapping=mapping,
            masking=masking,
            is_json=kind == "jsonl",
            columns=columns,
            delivery=file.delivery,
            totals=tuple(file.expected_totals),
        )
        self._columns = columns

    def vetted(self, frames: Iterable[Frame]) -> Iterator[Frame]:
        """Yield what the engine can read of `frames`, and set the rest aside; may run in another thread."""
        for frame in frames:
            self._rejected.add(frame.bad)
            if self._second_look is None:
                yield frame
            else:
                readable, bad = self._second_look.sort_out(frame)
                self._rejected.add(bad)
                yield readable

    def judge(self, frames: Iterable[Frame]) -> None:
        """Put the records of all frames into `accepted`, the bad ones with their reason, in one statement.

        Raises what `frames` raises.
        """
        failures: list[Exception] = []

        def batches() -> Iterator[pa.RecordBatch]:
            try:
                for frame in frames:
                    yield from frame.records.to_batches()
            except Exception as error:
                failures.append(error)  # the engine makes another one of it
                raise

        schema = frame_of([], [], self._columns).records.schema
        self._connection.register(FRAME, pa.RecordBatchReader.from_batches(schema, batches()))
        try:
            self._connection.execute(f"create or replace table {_ACCEPTED} as {self._compiled.judged()}")
        except duckdb.Error:
            if failures:
                raise failures[0] from None
            raise
        finally:
            self._connection.unregister(FRAME)

    def finish(self, count: RecordCount, into: Path | None) -> ReadOutcome:
        """Check control figures and accounting, take out rejected and repeated rows, write, return the counts."""
        totals = self._totals()
        loaded, quarantined, passed_over = self._settle()
        judged = loaded + quarantined + passed_over
        if judged != count.records:
            raise AccountingError(f"{self._file.name}: {count.records} records in the file, {judged} judged")
        self._check_control(count.records, totals)
        duplicates = self._drop_repeated()
        dates = self._rows_per_date()
        if into is not None:
            self._write(into, list(dates))
        return ReadOutcome(
            rows_read=judged,
            rows_counted=count.records,
            rows_loaded=loaded,
            rows_duplicate=duplicates,
            rows_quarantined=quarantined,
            rows_passed_over=passed_over,
            dates=dates,
            rules=self._rejected.rules(),
            unknown_paths=tuple(sorted(self._unknown_paths())),
        )

    def _unknown_paths(self) -> set[str]:
        return self._second_look.unknown if self._second_look is not None else self._unknown_columns

    def _totals(self) -> dict[str, Decimal]:
        """Return the sum of each field with a control total, over all records, good and bad."""
        sums = {}
        for name in self._file.expected_totals:
            row = self._connection.execute(f"select sum({total_column(name)}) from {_ACCEPTED}").fetchone()
            sums[name] = row[0] if row and row[0] is not None else Decimal(0)
        return sums

    def _settle(self) -> tuple[int, int, int]:
        """Take the records out of `accepted` that do not stay; return how many stay, are rejected, are not meant."""
        connection = self._connection
        if self._second_look is not None:
            flagged = connection.execute(
                f"select {LINE_NUMBER}, {RECORD} from {_ACCEPTED} where {RECORD} is not null and {_IS_NOT_REJECTED}"
            )
            while records := flagged.fetchmany(_ROWS_AT_A_TIME):
                self._rejected.add(self._second_look.findings(records))
        explained = connection.execute(
            f"select {LINE_NUMBER} as line_number, {REASON}.rule as rule, {REASON}.field as field,"
            f" {REASON}.message as message, {RECORD} as raw_text from {_ACCEPTED}"
            f" where {IS_MEANT} and {REASON} is not null and {_IS_NOT_REJECTED}"
        )
        for batch in explained.to_arrow_reader(_ROWS_AT_A_TIME):
            self._rejected.add_explained(batch)
        quarantined = self._rejected.count()
        if quarantined:
            connection.execute(f"delete from {_ACCEPTED} where not ({_IS_NOT_REJECTED})")
        passed_over = _number(connection, f"delete from {_ACCEPTED} where not {IS_MEANT}")
        unexplained = _number(connection, f"select count(*) from {_ACCEPTED} where not {IS_GOOD}")
        if unexplained:
            raise AccountingError(f"{self._file.name}: {unexplained} bad records without a reason")
        loaded = _number(connection, f"select count(*) from {_ACCEPTED}")
        return loaded, quarantined, passed_over

    def _check_control(self, rows: int, totals: Mapping[str, Decimal]) -> None:
        """Raise FileRejectedError when the control file promised other figures than the file holds."""
        file = self._file
        if file.expected_rows is not None and file.expected_rows != rows:
            message = f"{file.name}: control total {file.expected_rows} <> {rows} rows"
            raise FileRejectedError("control_mismatch", message)
        for name, expected in file.expected_totals.items():
            if expected != totals[name]:
                message = f"{file.name}: control total of {name} {expected} <> {totals[name]}"
                raise FileRejectedError("control_mismatch", message)

    def _drop_repeated(self) -> int:
        """Keep one row per key and return how many were dropped."""
        columns = [name for name, _ in self._compiled.outputs]
        repeated = repeated_rows(_ACCEPTED, key=self._contract.key, columns=columns)
        return _number(self._connection, f"delete from {_ACCEPTED} where rowid in ({repeated})")

    def _rows_per_date(self) -> dict[date, int]:
        counts = (
            f"select business_date, count(*) from {_ACCEPTED} group by business_date order by business_date"
        )
        return dict(self._connection.execute(counts).fetchall())

    def _write(self, into: Path, dates: Sequence[date]) -> None:
        columns = ", ".join(quoted(name) for name, _ in self._compiled.outputs)
        order = in_order(self._contract.key)

        def write(connection: duckdb.DuckDBPyConnection, day: date) -> None:
            rows = f"select {columns} from {_ACCEPTED} where business_date = date '{day}' order by {order}"
            write_parquet(connection, rows, into / f"{day}.parquet")

        for _ in side_by_side(self._connection, write, dates):
            pass
        self._rejected.write(
            into / "quarantine.parquet",
            given={
                "source": literal(self._contract.source),
                "table_name": literal(self._contract.table),
                "landed_as": literal(self._file.landed_as),
                "sha256": literal(self._file.sha256),
                "delivery_date": f"date '{self._file.delivery.delivery_date}'",
            },
        )


def _check_totals(contract: Contract, file: LandedFile) -> None:
    """Raise FileRejectedError when a control total names no amount of the contract."""
    amounts = {field.name for field in contract.fields if field.type.startswith(("DECIMAL", "BIGINT"))}
    for name in file.expected_totals:
        if name not in amounts:
            message = f"{file.name}: control total of {name}, which is no amount of {contract.address}"
            raise FileRejectedError("control_mismatch", message)


def _number(connection: duckdb.DuckDBPyConnection, statement: str) -> int:
    row = connection.execute(statement).fetchone()
    return int(row[0]) if row else 0
