"""Clean and spoiled lake rows, of a contract that has every kind of field and of our own contracts."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa

from data_contracts.contract import Contract, Field
from data_contracts.expectations import validate_batch

DAY = date(2026, 1, 5)
FIRST_MOMENT = datetime.fromisoformat("2026-01-05 01:00:00")
CARD_TOKEN = "k1:4d1f0c22"
ARROW = {
    "VARCHAR": pa.string(),
    "VARCHAR[]": pa.list_(pa.string()),
    "BIGINT": pa.int64(),
    "UBIGINT": pa.uint64(),
    "DOUBLE": pa.float64(),
    "BOOLEAN": pa.bool_(),
    "DATE": pa.date32(),
    "TIMESTAMP": pa.timestamp("us"),
}
PATTERNS: dict[str | None, Callable[[int], str]] = {
    r"[0-9]{6}\.(SH|SZ)": lambda row: f"{600_000 + row}.SZ",
    r"^[0-9]{5,8}\.(SH|SZ|BJ|HK)$": lambda row: f"{600_000 + row}.SH",
    r"^[a-zA-Z_$][a-zA-Z0-9_$]{0,99}$": lambda row: "$AppStart",
    None: lambda row: f"text {row}",
}


def field(
    name: str,
    kind: str,
    *,
    required: bool = False,
    classification: str = "C1",
    **limits: Any,  # noqa: ANN401
) -> Field:
    return Field(name, (name,), kind, required, classification, f"The {name}.", **limits)


ORDERS = Contract(
    source="shop",
    table="orders",
    version="1.0.0",
    status="active",
    description="Orders.",
    fields=(
        field("order_id", "VARCHAR", required=True, min_length=2, max_length=12),
        field("line_no", "BIGINT", required=True, minimum="1", maximum="99"),
        field("ordered_at", "TIMESTAMP", required=True, minimum="2020-01-01 00:00:00"),
        field("shipped_on", "DATE", minimum="2020-01-01", maximum="9999-12-31"),
        field("status", "VARCHAR", required=True, enum=("open", "paid")),
        field("security_code", "VARCHAR", pattern=r"[0-9]{6}\.(SH|SZ)"),
        field("amount_cny", "DECIMAL(18,2)", minimum="0.01", maximum="999999999999.99", null_ratio_max=0.3),
        field("discount_ratio", "DOUBLE", minimum="0", maximum="1"),
        field("card", "VARCHAR", classification="C2", pattern="[0-9]{16}", null_ratio_max=0.5),
        field("full_name", "VARCHAR", required=True, classification="C3"),
        field("labels", "VARCHAR[]"),
    ),
    key=("order_id", "line_no"),
    business_date="ordered_at",
    zone="Asia/Shanghai",
    lateness_days=7,
    formats=("csv",),
    encoding="utf-8",
    delimiter=",",
    row_rules=(),
    rows_per_day_minimum=5,
    rows_per_day_maximum=1000,
    ignored=(),
    path=Path("shop.orders.yaml"),
    fingerprint="0" * 12,
)


def arrow_type(kind: str) -> pa.DataType:
    if kind.startswith("DECIMAL"):
        precision, scale = kind.removeprefix("DECIMAL(").rstrip(")").split(",")
        return pa.decimal128(int(precision), int(scale))
    return ARROW[kind]


def plausible(promised: Field, row: int) -> object:
    """Return a value that the field allows; distinct by row where it can be."""
    if promised.classification == "C2":
        return CARD_TOKEN
    if promised.enum:
        return promised.enum[row % len(promised.enum)]
    return {
        "VARCHAR": lambda: PATTERNS[promised.pattern](row),
        "VARCHAR[]": lambda: ["a", "b"],
        "BIGINT": lambda: int(promised.minimum or 0) + row % min(int(promised.maximum or 90), 90),
        "DOUBLE": lambda: row / 1_000_000,
        "BOOLEAN": lambda: row % 2 == 0,
        "DATE": lambda: DAY + timedelta(days=row),
        "TIMESTAMP": lambda: FIRST_MOMENT + timedelta(seconds=row),
        "DECIMAL": lambda: Decimal(promised.minimum or 0),
    }[promised.type.split("(")[0]]()


def batch(contract: Contract = ORDERS, rows: int = 40, **changed: list[Any]) -> pa.Table:
    """Return clean lake rows of a contract, with the given columns in place of its own."""
    stored = [promised for promised in contract.fields if promised.classification != "C3"]
    columns = {
        promised.name: pa.array(
            changed.get(promised.name, [plausible(promised, row) for row in range(rows)]),
            arrow_type(promised.type),
        )
        for promised in stored
    }
    columns.setdefault("business_date", pa.array([DAY] * rows, pa.date32()))
    columns["delivery_date"] = pa.array([DAY] * rows, pa.date32())
    return pa.table(columns)


def with_value(column: str, value: object, *, row: int = 3, rows: int = 40) -> pa.Table:
    values = batch(rows=rows)[column].to_pylist()
    values[row] = value
    return batch(rows=rows, **{column: values})


def failures(
    rows: pa.Table, contract: Contract = ORDERS, per_day: dict[date, int] | None = None
) -> tuple[str, ...]:
    verdict = validate_batch(
        contract, rows, per_day if per_day is not None else {DAY: rows.num_rows}, docs=None
    )
    assert verdict.passed == (not verdict.failures)
    return verdict.failures
