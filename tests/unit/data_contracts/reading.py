"""Orders: one contract with every type of field, files of it, and a reading that balances its accounts."""

from __future__ import annotations

import gzip
import json
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq

from data_contracts.contract import Contract, Field, RowRule
from data_contracts.mapping import SourceMapping
from data_contracts.reader import LandedFile, ReadOutcome, StrictReader
from data_contracts.rules import Delivery

DELIVERED = date(2026, 1, 6)
NOON = 1_767_585_600_000  # 2026-01-05 12:00 in Shanghai, in milliseconds
TOKEN_KEY = b"a key of the tests, 32 bytes long"
COLUMNS = (
    "order_id,placed_at,customer,side,quantity,amount,rate,is_new,opened_on,confirmed_at,printed_at,code,mobile,"
    "name,labels"
)
CSV_ROW = "A1,1767585600000,C1,buy,3,12.50,0.5,true,2026-01-04,2026-01-05T12:00:01+08:00,2026-01-05 12:00:02,000001,,,"


def field(name: str, kind: str, path: str = "", **rules: Any) -> Field:  # noqa: ANN401 - any rule of a Field
    given = {"required": False, "classification": "C1", "description": name, **rules}
    return Field(name=name, path=tuple((path or name).split(".")), type=kind, **given)


ORDERS = Contract(
    source="shop",
    table="orders",
    version="1.0.0",
    status="active",
    description="One row per order.",
    fields=(
        field("order_id", "VARCHAR", required=True, min_length=1, max_length=8),
        field("placed_at", "TIMESTAMP", time_format="epoch_ms", minimum="2000-01-01 00:00:00"),
        field("customer_id", "VARCHAR", "customer"),
        field("side_type", "VARCHAR", "side", enum=("buy", "sell")),
        field("quantity_shares", "BIGINT", "quantity", minimum="-9223372036854775808"),
        field("amount_cny", "DECIMAL(18,2)", "amount", minimum="0", maximum="1000000000000"),
        field("rate", "DOUBLE", "rate", maximum="100"),
        field("is_new", "BOOLEAN"),
        field("opened_on", "DATE", minimum="1990-01-01"),
        field("confirmed_at", "TIMESTAMP", time_format="iso8601"),
        field("printed_at", "TIMESTAMP", time_format="local"),
        field("security_code", "VARCHAR", "code", pattern="^[0-9]{6}$"),
        field("mobile", "VARCHAR", classification="C2", pattern=r"^(\+86|0086)?[ -]?1[0-9 -]{10,14}$"),
        field("full_name", "VARCHAR", "name", classification="C3"),
        field("labels", "VARCHAR[]"),
        field("os", "VARCHAR", "properties.$os"),
        field("price_cny", "DECIMAL(20,4)", "properties.price"),
        field("device_id", "VARCHAR", "identities.device"),
    ),
    key=("order_id",),
    business_date="placed_at",
    zone="Asia/Shanghai",
    lateness_days=7,
    formats=("jsonl", "csv", "parquet"),
    encoding="utf-8",
    delimiter=",",
    row_rules=(RowRule("confirmed_later", "confirmed_at >= placed_at", "confirmed before it was placed"),),
    rows_per_day_minimum=None,
    rows_per_day_maximum=None,
    ignored=("properties.$ip", "note"),
    path=Path("shop.orders.yaml"),
    fingerprint="0" * 12,
    delivered_every_days=None,
)


# Orders without classified fields, whose rejected records are shown as they are.
OPEN_ORDERS = replace(ORDERS, fields=tuple(one for one in ORDERS.fields if one.classification == "C1"))


def order(order_id: str = "A1", **values: object) -> dict[str, object]:
    """Return a good record; a value of None stands as null."""
    return {"order_id": order_id, "placed_at": NOON, **values}


def stored(*parts: int) -> datetime:
    """Return a moment as it is stored: UTC, without a zone."""
    return datetime(*parts, tzinfo=UTC).replace(tzinfo=None)  # type: ignore[arg-type, misc]


def json_line(order_id: str = "A1", **values: object) -> str:
    return json.dumps(order(order_id, **values), ensure_ascii=False)


def raw_line(member: str, order_id: str = "A1") -> str:
    """Return a good record with one more member, written as given."""
    return f'{{"order_id":"{order_id}","placed_at":{NOON},{member}}}'


def csv_row(order_id: str = "A1", **values: str) -> str:
    fields = dict(zip(COLUMNS.split(","), CSV_ROW.split(","), strict=True)) | {"order_id": order_id} | values
    return ",".join(fields.values())


def lines(*texts: str) -> bytes:
    return "".join(f"{text}\n" for text in texts).encode()


@dataclass(frozen=True)
class Read:
    """What became of a file."""

    outcome: ReadOutcome
    rows: list[dict[str, Any]]
    rejected: list[dict[str, Any]]

    @property
    def reasons(self) -> list[tuple[int, str, str, str]]:
        return [(one["line_number"], one["rule"], one["field"], one["message"]) for one in self.rejected]

    def column(self, name: str) -> list[Any]:
        return [row[name] for row in self.rows]

    def only_reason(self) -> tuple[str, str]:
        """Return rule and message of the one rejected record."""
        (one,) = self.rejected
        return one["rule"], one["message"]


@dataclass(frozen=True)
class Counter:
    """Reads files and asserts for each of them that no record is lost or doubled."""

    folder: Path
    connection: duckdb.DuckDBPyConnection

    def read(
        self,
        content: bytes | Path,
        *,
        name: str = "orders.jsonl",
        contract: Contract = ORDERS,
        mapping: SourceMapping | None = None,
        delivery: Delivery = Delivery(DELIVERED),  # noqa: B008 - frozen
        expected_rows: int | None = None,
        expected_totals: Mapping[str, Decimal] | None = None,
        **changes: object,
    ) -> Read:
        """Read `content` under `name` by `contract` with `changes` made to it."""
        file = content
        if isinstance(content, bytes):
            file = self.folder / "landed"
            file.write_bytes(content)
        into = self.folder / "into"
        shutil.rmtree(into, ignore_errors=True)
        into.mkdir()
        reader = StrictReader(
            replace(contract, **changes), mapping=mapping, token_key=TOKEN_KEY, connection=self.connection
        )
        landed = LandedFile(
            path=Path(str(file)),
            landed_as=f"shop/orders/{DELIVERED}/{name}",
            sha256="5" * 64,
            delivery=delivery,
            expected_rows=expected_rows,
            expected_totals=expected_totals or {},
        )
        outcome = reader.read(landed, into=into)
        found = Read(outcome, *_written(into))
        assert outcome.rows_read == outcome.rows_counted == outcome.rows_loaded + outcome.rows_quarantined
        assert len(found.rows) == outcome.rows_loaded - outcome.rows_duplicate == sum(outcome.dates.values())
        assert len(found.rejected) == outcome.rows_quarantined == sum(outcome.rules.values())
        assert all(one["message"] and one["sha256"] == "5" * 64 for one in found.rejected)
        return found


def _written(into: Path) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    rows: list[dict[str, Any]] = []
    for file in sorted(into.glob("[0-9]*.parquet")):
        day = pq.read_table(file).to_pylist()
        assert {row["business_date"].isoformat() for row in day} == {file.stem}
        rows.extend(day)
    quarantine = into / "quarantine.parquet"
    return rows, pq.read_table(quarantine).to_pylist() if quarantine.exists() else []


def packed(*members: Iterable[bytes] | bytes) -> bytes:
    """Return gzip members, one after the other, without a time in their headers."""
    return b"".join(gzip.compress(bytes(member), mtime=0) for member in members)  # type: ignore[arg-type]
