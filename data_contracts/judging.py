"""Judging: the frames of one file through the compiled rules, good rows here, bad ones there with their reason.

Belongs here: the two tables of a file being read, the exact second look, control figures, writing both as Parquet.
Does not belong here: cutting bytes into frames (framing.py, tabular.py), which files to read (storage).

Records are judged by DuckDB functions over Arrow text, never by DuckDB's file readers, which lose rows and change
values without a word. What those functions are too lenient for gets an exact second look (json_records.py).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import pyarrow as pa

from data_contracts.canonical import in_order, repeated_rows, write_parquet
from data_contracts.casting import literal, quoted
from data_contracts.compiled import FRAME, Compiled
from data_contracts.contract import Contract
from data_contracts.framing import LINE_NUMBER, RECORD, BadRecord, FileRejectedError, Frame, RecordCount
from data_contracts.json_records import RecordPaths, finding, unknown_keys
from data_contracts.mapping import SourceMapping
from data_contracts.rules import Delivery, compile_contract

_LONG_DIGITS = re.compile(r"\d{7,}")
REJECTED_SCHEMA = pa.schema(
    [
        ("line_number", pa.int64()),
        ("rule", pa.string()),
        ("field", pa.string()),
        ("message", pa.string()),
        ("raw_text", pa.string()),
    ]
)


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

    `rows_counted` comes from the bytes, `rows_read` from what was judged: they must agree.
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
    """The state of reading one file: accepted rows and rejected records, as tables of the connection."""

    def __init__(
        self,
        contract: Contract,
        mapping: SourceMapping | None,
        connection: duckdb.DuckDBPyConnection,
        file: LandedFile,
    ) -> None:
        self._contract = contract
        self._mapping = mapping
        self._connection = connection
        self._file = file
        self._compiled: Compiled | None = None
        self._unknown: set[str] = set()
        self._totals = dict.fromkeys(file.expected_totals, Decimal(0))
        self._paths = _record_paths(contract, mapping)
        connection.execute("drop table if exists accepted")
        connection.register("no_rejects", REJECTED_SCHEMA.empty_table())
        connection.execute("create or replace temp table rejected as select * from no_rejects")

    def judge(self, frame: Frame, *, is_json: bool) -> None:
        """Add one frame: good records to `accepted`, bad ones to `rejected` with their reason."""
        connection = self._connection
        self._reject(frame.bad)
        connection.register(FRAME, frame.records)
        source_columns = [name for name in frame.records.column_names if name not in (LINE_NUMBER, RECORD)]
        if self._compiled is None:
            self._compiled = compile_contract(
                self._contract,
                mapping=self._mapping,
                is_json=is_json,
                columns=source_columns,
                delivery=self._file.delivery,
            )
            connection.execute(f"create or replace temp table accepted as {self._compiled.judged()} limit 0")
            self._note_unknown(source_columns)
        connection.execute(f"insert into accepted {self._compiled.judged()}")
        for name in self._totals:
            row = connection.execute(self._compiled.total(name)).fetchone()
            self._totals[name] += row[0] if row and row[0] is not None else 0
        flagged, bad = self._flagged(frame)
        if is_json:
            looked_at = self._look_again(flagged | self._odd_shapes())
            bad -= looked_at
        self._explain(bad, self._compiled)
        connection.unregister(FRAME)

    def finish(self, count: RecordCount, into: Path | None) -> ReadOutcome:
        """Take out rejected and repeated rows, check control figures, write what is left, return the counts."""
        connection = self._connection
        if self._compiled is None:
            raise FileRejectedError("empty", f"{self._file.name}: holds no record")
        connection.execute(f"delete from accepted where {LINE_NUMBER} in (select line_number from rejected)")
        unexplained = _one(connection, "select count(*) from accepted where not is_good")
        if unexplained:
            raise AssertionError(f"{self._file.name}: {unexplained} bad records without a reason")
        loaded = _one(connection, "select count(*) from accepted")
        quarantined = _one(connection, "select count(*) from rejected")
        rules = dict(
            connection.execute("select rule, count(*) from rejected group by rule order by rule").fetchall()
        )
        self._check_control(loaded + quarantined)
        duplicates = self._drop_repeated()
        per_date = (
            "select business_date, count(*) from accepted group by business_date order by business_date"
        )
        dates = dict(connection.execute(per_date).fetchall())
        if into is not None:
            self._write(into, list(dates))
        return ReadOutcome(
            rows_read=loaded + quarantined,
            rows_counted=count.records,
            rows_loaded=loaded,
            rows_duplicate=duplicates,
            rows_quarantined=quarantined,
            dates=dates,
            rules=rules,
            unknown_paths=tuple(sorted(self._unknown)),
        )

    def _flagged(self, frame: Frame) -> tuple[set[int], set[int]]:
        """Return the lines of the frame that deserve a second look, and among them those judged bad."""
        if frame.records.num_rows == 0:
            return set(), set()
        first, last = frame.records[LINE_NUMBER][0].as_py(), frame.records[LINE_NUMBER][-1].as_py()
        found = self._connection.execute(
            f"select {LINE_NUMBER}, is_good from accepted"
            f" where {LINE_NUMBER} between {first} and {last} and (not is_good or coalesce(is_suspicious, true))"
        ).fetchall()
        return {line for line, _ in found}, {line for line, is_good in found if not is_good}

    def _odd_shapes(self) -> set[int]:
        """Return lines with repeated keys, or with something else where an object belongs; note unknown keys.

        Records come in few shapes, so that keys are compared once per shape, not once per record.
        """
        places = ((), *self._paths.objects)
        names = [literal("$" + "".join(f'."{key}"' for key in place)) for place in places]
        keys = f"try(json_keys({RECORD}, [{', '.join(names)}]))"
        known = [one.path for one in self._contract.fields] + [
            tuple(path.split(".")) for path in self._contract.ignored
        ]
        is_odd = False
        shapes = (
            f"select arg_min(shape, {LINE_NUMBER}) from (select {LINE_NUMBER}, {keys} as shape from {FRAME})"
            f" group by hash(shape)"
        )
        for (shape,) in self._connection.execute(shapes).fetchall():
            for place, found in zip(places, shape or [], strict=False):
                is_odd |= len(set(found or [])) < len(found or ["not an object"])
                if self._mapping is None:
                    self._unknown |= unknown_keys(found or [], under=place, known=known)
        if not is_odd:
            return set()
        odd = " or ".join(
            f"coalesce(len(shape[{index}]) <> len(list_distinct(shape[{index}])) or len(shape[{index}]) = 0, true)"
            for index in range(1, len(places) + 1)
        )
        lines = f"select {LINE_NUMBER} from (select {LINE_NUMBER}, {keys} as shape from {FRAME}) where {odd}"
        return {line for (line,) in self._connection.execute(lines).fetchall()}

    def _look_again(self, lines: set[int]) -> set[int]:
        """Reject the records among `lines` that are not strict JSON, and return their lines."""
        if not lines:
            return set()
        self._register_lines(lines)
        records = self._connection.execute(
            f"select {LINE_NUMBER}, {RECORD} from {FRAME} where {LINE_NUMBER} in (select line_number from lines)"
        ).fetchall()
        found = [(line, record, finding(record, self._paths)) for line, record in records]
        bad = [
            BadRecord(line, what.rule, what.message, record.rstrip("\n"))
            for line, record, what in found
            if what is not None
        ]
        self._reject(bad)
        return {one.line_number for one in bad}

    def _explain(self, lines: set[int], compiled: Compiled) -> None:
        if lines:
            self._register_lines(lines)
            self._connection.execute(f"insert into rejected {compiled.explained('lines')}")

    def _register_lines(self, lines: set[int]) -> None:
        self._connection.register("lines", pa.table({"line_number": pa.array(sorted(lines), pa.int64())}))

    def _reject(self, bad: Sequence[BadRecord]) -> None:
        if not bad:
            return
        has_secrets = any(one.classification != "C1" for one in self._contract.fields)
        table = pa.table(
            {
                "line_number": [one.line_number for one in bad],
                "rule": [one.rule for one in bad],
                "field": [""] * len(bad),
                "message": [one.message for one in bad],
                # What cannot be parsed cannot be masked by field: every long run of digits goes.
                "raw_text": [
                    _LONG_DIGITS.sub("***", one.raw_text) if has_secrets else one.raw_text for one in bad
                ],
            },
            schema=REJECTED_SCHEMA,
        )
        self._connection.register("newly_rejected", table)
        self._connection.execute("insert into rejected select * from newly_rejected")

    def _note_unknown(self, columns: Sequence[str]) -> None:
        if self._mapping is None:
            known = {".".join(one.path) for one in self._contract.fields} | set(self._contract.ignored)
            self._unknown |= set(columns) - known

    def _check_control(self, rows: int) -> None:
        """Raise FileRejectedError when the control file promised other figures than the file holds."""
        expected = self._file.expected_rows
        if expected is not None and expected != rows:
            raise FileRejectedError(
                "control_mismatch", f"{self._file.name}: control total {expected} <> {rows} rows"
            )
        for name, total in self._file.expected_totals.items():
            if total != self._totals[name]:
                message = f"{self._file.name}: control total of {name} {total} <> {self._totals[name]}"
                raise FileRejectedError("control_mismatch", message)

    def _drop_repeated(self) -> int:
        """Keep one row per key and return how many were dropped."""
        assert self._compiled is not None
        columns = [name for name, _ in self._compiled.outputs]
        repeated = repeated_rows("accepted", key=self._contract.key, columns=columns)
        return _one(self._connection, f"delete from accepted where rowid in ({repeated})")

    def _write(self, into: Path, dates: Sequence[date]) -> None:
        assert self._compiled is not None
        columns = ", ".join(quoted(name) for name, _ in self._compiled.outputs)
        order = in_order(self._contract.key)
        for day in dates:
            rows = f"select {columns} from accepted where business_date = date '{day}' order by {order}"
            write_parquet(self._connection, rows, into / f"{day}.parquet")
        if _one(self._connection, "select count(*) from rejected"):
            given = ", ".join(
                f"{literal(value)} as {name}"
                for name, value in (
                    ("source", self._contract.source),
                    ("table_name", self._contract.table),
                    ("landed_as", self._file.landed_as),
                    ("sha256", self._file.sha256),
                )
            )
            delivered = f"date '{self._file.delivery.delivery_date}' as delivery_date"
            rows = f"select {given}, {delivered}, * from rejected order by line_number, rule"
            write_parquet(self._connection, rows, into / "quarantine.parquet")


def _record_paths(contract: Contract, mapping: SourceMapping | None) -> RecordPaths:
    paths = [one.path for one in contract.fields]
    if mapping is not None:
        paths = [tuple(column.split(".")) for column in mapping.columns]
    objects = {path[:depth] for path in paths for depth in range(1, len(path))}
    numbers = [one.path for one in contract.fields if one.type == "DOUBLE" or one.type.startswith("DECIMAL")]
    return RecordPaths(objects=tuple(sorted(objects)), numbers=() if mapping is not None else tuple(numbers))


def _one(connection: duckdb.DuckDBPyConnection, query: str) -> int:
    row = connection.execute(query).fetchone()
    return int(row[0]) if row and row[0] is not None else 0
