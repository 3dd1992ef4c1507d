"""Judging: the frames of one file through the compiled rules, good rows here, bad ones there with their reason.

Belongs here: the table of accepted rows, the exact second look, control figures, accounting, writing as Parquet.
Does not belong here: cutting bytes into frames (framing.py, tabular.py), which files to read (storage).

Records are judged by DuckDB functions over Arrow text, never by DuckDB's file readers, which lose rows and change
values without a word. What those functions are too lenient for gets an exact second look (json_records.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import partial
from pathlib import Path

import duckdb

from data_contracts.canonical import in_order, repeated_rows, write_parquet
from data_contracts.casting import literal, quoted
from data_contracts.compiled import FRAME, IS_GOOD, IS_SUSPICIOUS, total_column
from data_contracts.contract import Contract
from data_contracts.framing import LINE_NUMBER, Frame, frame_of
from data_contracts.mapping import SourceMapping
from data_contracts.masking import masking_for
from data_contracts.rejected import TABLE as REJECTED
from data_contracts.rejected import Rejected
from data_contracts.rules import Delivery, compile_contract
from data_contracts.second_look import SecondLook, unknown_columns
from data_contracts.unpacking import FileRejectedError, RecordCount


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


@dataclass(frozen=True)
class ReadOutcome:
    """Counts of one read file; `dates` gives the accepted rows per business date, each key once.

    `rows_counted` comes from the bytes, `rows_read` from what was judged: they are equal.
    """

    rows_read: int
    rows_counted: int
    rows_loaded: int
    rows_duplicate: int
    rows_quarantined: int
    dates: Mapping[date, int]
    rules: Mapping[str, int]
    unknown_paths: tuple[str, ...]


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
        connection.register(FRAME, frame_of([], [], columns).records)
        connection.execute(f"create or replace temp table accepted as {self._compiled.judged()}")

    def judge(self, frame: Frame) -> None:
        """Add one frame: good records to `accepted`, bad ones to `rejected` with their reason."""
        self._rejected.add(frame.bad)
        connection = self._connection
        connection.register(FRAME, frame.records)
        odd: set[int] = set()
        if self._second_look is not None:
            frame, odd, unreadable = self._second_look.sort_out(frame)
            self._rejected.add(unreadable)
            connection.register(FRAME, frame.records)
        connection.execute(f"insert into accepted {self._compiled.judged()}")
        bad, suspicious = self._flagged(frame)
        if self._second_look is not None:
            found = self._second_look.findings(frame, bad | suspicious | odd)
            self._rejected.add(found)
            bad -= {one.line_number for one in found}
        if bad:
            self._rejected.explain(frame.lines(bad), self._compiled)
        connection.unregister(FRAME)

    def finish(self, count: RecordCount, into: Path | None) -> ReadOutcome:
        """Check control figures and accounting, take out rejected and repeated rows, write, return the counts."""
        totals = self._totals()
        loaded, quarantined = self._settle()
        if loaded + quarantined != count.records:
            message = f"{self._file.name}: {count.records} records in the file, {loaded + quarantined} judged"
            raise AccountingError(message)
        self._check_control(count.records, totals)
        duplicates = self._drop_repeated()
        dates = self._rows_per_date()
        if into is not None:
            self._write(into, list(dates))
        return ReadOutcome(
            rows_read=loaded + quarantined,
            rows_counted=count.records,
            rows_loaded=loaded,
            rows_duplicate=duplicates,
            rows_quarantined=quarantined,
            dates=dates,
            rules=self._rejected.rules(),
            unknown_paths=tuple(sorted(self._unknown_paths())),
        )

    def _flagged(self, frame: Frame) -> tuple[set[int], set[int]]:
        """Return the lines of the frame that break a rule, and those that deserve a second look."""
        if frame.records.num_rows == 0:
            return set(), set()
        numbers = frame.records[LINE_NUMBER]
        flagged = self._connection.execute(
            f"select {LINE_NUMBER}, {IS_GOOD} from accepted where {LINE_NUMBER} between $1 and $2"
            f" and (not {IS_GOOD} or {IS_SUSPICIOUS})",
            [numbers[0].as_py(), numbers[-1].as_py()],
        ).fetchall()
        return {line for line, is_good in flagged if not is_good}, {
            line for line, is_good in flagged if is_good
        }

    def _unknown_paths(self) -> set[str]:
        return self._second_look.unknown if self._second_look is not None else self._unknown_columns

    def _totals(self) -> dict[str, Decimal]:
        """Return the sum of each field with a control total, over all records, good and bad."""
        sums = {}
        for name in self._file.expected_totals:
            row = self._connection.execute(f"select sum({total_column(name)}) from accepted").fetchone()
            sums[name] = row[0] if row and row[0] is not None else Decimal(0)
        return sums

    def _settle(self) -> tuple[int, int]:
        """Take the rejected records out of `accepted`; return how many stay and how many are set aside."""
        connection = self._connection
        quarantined = self._rejected.count()
        if quarantined:
            connection.execute(
                f"delete from accepted where {LINE_NUMBER} in (select line_number from {REJECTED})"
            )
        unexplained = _number(connection, f"select count(*) from accepted where not {IS_GOOD}")
        if unexplained:
            raise AccountingError(f"{self._file.name}: {unexplained} bad records without a reason")
        return _number(connection, "select count(*) from accepted"), quarantined

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
        repeated = repeated_rows("accepted", key=self._contract.key, columns=columns)
        return _number(self._connection, f"delete from accepted where rowid in ({repeated})")

    def _rows_per_date(self) -> dict[date, int]:
        counts = "select business_date, count(*) from accepted group by business_date order by business_date"
        return dict(self._connection.execute(counts).fetchall())

    def _write(self, into: Path, dates: Sequence[date]) -> None:
        columns = ", ".join(quoted(name) for name, _ in self._compiled.outputs)
        order = in_order(self._contract.key)
        for day in dates:
            rows = f"select {columns} from accepted where business_date = date '{day}' order by {order}"
            write_parquet(self._connection, rows, into / f"{day}.parquet")
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
