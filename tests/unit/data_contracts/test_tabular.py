"""CSV and Parquet: headers, quotes, widths and types, and what each fault costs."""

from __future__ import annotations

import contextlib
import io
import random
from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from data_contracts import tabular, unpacking
from data_contracts.unpacking import FileRejectedError
from tests.unit.data_contracts.reading import (
    COLUMNS,
    CSV_ROW,
    NOON,
    OPEN_ORDERS,
    Counter,
    csv_row,
    field,
    lines,
    stored,
)


def rejection(counter: Counter, content: bytes, name: str, **changes: object) -> tuple[str, str]:
    with pytest.raises(FileRejectedError) as raised:
        counter.read(content, name=name, **changes)
    return raised.value.rule, str(raised.value)


def read_csv(counter: Counter, *texts: str, **changes: object) -> list[str]:
    """Return the customers of good rows; every row and header names only order, time and customer."""
    content = lines("order_id,placed_at,customer", *texts)
    return counter.read(content, name="o.csv", contract=OPEN_ORDERS, **changes).column("customer_id")


# ---------------------------------------------------------------- headers


def test_columns_are_found_by_name_in_any_order(counter: Counter) -> None:
    found = counter.read(lines("placed_at,customer,order_id", f"{NOON},C1,A1"), name="o.csv")
    assert (found.column("order_id"), found.column("customer_id")) == (["A1"], ["C1"])


def test_a_missing_required_column_rejects_the_file(counter: Counter) -> None:
    assert rejection(counter, lines("placed_at,customer", f"{NOON},C1"), "o.csv") == (
        "header",
        "o.csv: the header does not match the contract: order_id missing, got placed_at, customer",
    )


def test_a_column_in_other_letters_is_another_column(counter: Counter) -> None:
    rule, message = rejection(counter, lines("ORDER_ID,placed_at", f"A1,{NOON}"), "o.csv")
    assert rule == "header"
    assert message.endswith("order_id missing, got ORDER_ID, placed_at")
    found = counter.read(lines("order_id,placed_at,CUSTOMER", f"A1,{NOON},C1"), name="o.csv")
    assert found.column("customer_id") == [None]
    assert found.outcome.unknown_paths == ("CUSTOMER",)


def test_a_missing_optional_column_is_null_and_a_new_one_is_reported(counter: Counter) -> None:
    found = counter.read(lines("order_id,placed_at,colour,note", f"A1,{NOON},red,x"), name="o.csv")
    assert found.column("customer_id") == [None]
    assert found.outcome.unknown_paths == ("colour",)


@pytest.mark.parametrize("second", ["customer", "Customer"])
def test_a_column_twice_rejects_the_file(counter: Counter, second: str) -> None:
    content = lines(f"order_id,placed_at,customer,{second}", f"A1,{NOON},C1,C2")
    expected = ("header", f"o.csv: column {second} stands more than once")
    assert rejection(counter, content, "o.csv") == expected


def test_another_delimiter_than_promised_rejects_the_file(counter: Counter) -> None:
    rule, message = rejection(counter, lines(COLUMNS, CSV_ROW).replace(b",", b";"), "o.csv")
    assert rule == "header"
    assert message.startswith(
        "o.csv: the header does not match the contract: order_id missing, got order_id;placed"
    )


def test_the_promised_delimiter_is_used(counter: Counter) -> None:
    content = lines("order_id\tplaced_at\tcustomer", f"A1\t{NOON}\ta,b", "\t\t", "")
    found = counter.read(content, name="o.csv", delimiter="\t")
    assert found.column("customer_id") == ["a,b"]
    assert [(line, rule) for line, rule, _, _ in found.reasons] == [(3, "missing"), (4, "blank_line")]


@pytest.mark.parametrize(
    ("header", "message"),
    [
        (
            b'"order_id,placed_at\n',
            "o.csv: the header cannot be read: quoting is broken: unexpected end of data",
        ),
        (
            b"order_id,placed_at",
            "o.csv: the header cannot be read: the last line has no line end: it may be cut off",
        ),
        (b"\n", "o.csv: the header cannot be read: the line is blank"),
        (b"order_id,\xff\n", "o.csv: the header cannot be read: not valid utf-8"),
    ],
)
def test_a_header_that_cannot_be_read_rejects_the_file(counter: Counter, header: bytes, message: str) -> None:
    assert rejection(counter, header, "o.csv") == ("header", message)


def test_a_header_without_rows_is_a_quiet_day(counter: Counter) -> None:
    found = counter.read(lines(COLUMNS), name="o.csv")
    assert (found.outcome.rows_read, found.outcome.dates, found.rejected) == (0, {}, [])


# ---------------------------------------------------------------- quotes and widths


def test_quotes_keep_delimiters_quotes_and_line_ends(counter: Counter) -> None:
    rows = [f'A1,{NOON},"a,b"', f'A2,{NOON},"say ""hi"""', f'A3,{NOON},"two\nlines"', f'A4,{NOON},"cr\r\nlf"']
    assert read_csv(counter, *rows) == ["a,b", 'say "hi"', "two\nlines", "cr\r\nlf"]


def test_an_empty_field_is_null_quoted_or_not(counter: Counter) -> None:
    assert read_csv(counter, f"A1,{NOON},", f'A2,{NOON},""', f"A3,{NOON}, ") == [None, None, " "]


def test_a_quote_that_is_never_closed_costs_its_own_line_only(counter: Counter) -> None:
    rows = [f"A{number},{NOON},C{number}" for number in range(1000)]
    rows[500] = f'A500,{NOON},"C500'
    found = counter.read(lines("order_id,placed_at,customer", *rows), name="o.csv", contract=OPEN_ORDERS)
    assert found.reasons == [(502, "malformed_csv", "", "a quote is never closed")]
    assert found.rejected[0]["raw_text"] == f'A500,{NOON},"C500'
    assert len(found.rows) == 999


def test_a_stray_quote_before_quoted_rows_costs_its_own_line_only(counter: Counter) -> None:
    rows = [f'A{number},{NOON},"C,{number}"' for number in range(100)]
    rows[50] = f'A50,{NOON},5" screen'
    rows[99] = f'A99,{NOON},"C99'
    found = counter.read(lines("order_id,placed_at,customer", *rows), name="o.csv")
    assert [(line, rule) for line, rule, _, _ in found.reasons] == [
        (52, "malformed_csv"),
        (101, "malformed_csv"),
    ]


def test_text_behind_a_closing_quote_quarantines_the_row(counter: Counter) -> None:
    found = counter.read(lines("order_id,placed_at,customer", f'A1,{NOON},"a"b'), name="o.csv")
    assert found.only_reason() == ("malformed_csv", "quoting is broken: ',' expected after '\"'")


def test_one_wider_row_of_30_000_costs_itself_only(counter: Counter) -> None:
    rows = [f"A{number},{NOON},C" for number in range(30_000)]
    rows[1000] += ",and more"
    rows[2000] = f"A2000,{NOON}"
    found = counter.read(lines("order_id,placed_at,customer", *rows), name="o.csv", contract=OPEN_ORDERS)
    assert found.outcome.rows_loaded == 29_998
    assert found.reasons == [
        (1002, "field_count", "", "4 fields, the header has 3"),
        (2002, "field_count", "", "2 fields, the header has 3"),
    ]
    assert found.rejected[0]["raw_text"] == f"A1000,{NOON},C,and more"


def test_a_nul_byte_or_broken_text_costs_its_row(counter: Counter) -> None:
    content = lines("order_id,placed_at,customer", f"A1,{NOON},X", f"A2,{NOON},Y", f"A3,{NOON},Z")
    found = counter.read(
        content.replace(b"X", b"\0").replace(b"Y", b"\xff"), name="o.csv", contract=OPEN_ORDERS
    )
    assert found.reasons == [
        (2, "encoding", "", "contains a NUL character"),
        (3, "encoding", "", "not valid utf-8"),
    ]
    assert [one["raw_text"][-4:] for one in found.rejected] == ["\\x00", "\\xff"]


def test_leading_zeros_and_formulas_are_text_and_stay_as_they_are(counter: Counter) -> None:
    found = counter.read(
        lines(COLUMNS, csv_row("007", code="000001", customer="=cmd|' /C calc'!A0")), name="o.csv"
    )
    assert found.column("order_id") == ["007"]
    assert found.column("security_code") == ["000001"]
    assert found.column("customer_id") == ["=cmd|' /C calc'!A0"]


def test_a_list_stands_in_csv_as_json(counter: Counter) -> None:
    rows = ['["a","b ""c"""]', "[]", "", "[1]", '["a",null]', "a", '{"a":1}', '["a"', r'["a\\u0000"]']
    texts = [csv_row(f"A{n}", labels=f'"{one.replace(chr(34), chr(34) * 2)}"') for n, one in enumerate(rows)]
    texts[0] = csv_row("A0", labels='"[""a"",""b \\""c\\""""]"')
    found = counter.read(lines(COLUMNS, *texts), name="o.csv")
    assert found.column("labels") == [["a", 'b "c"'], [], None]
    assert {(rule, message.rpartition(", got")[0]) for _, rule, _, message in found.reasons} == {
        ("wrong_type", "labels: expected a list of texts as JSON")
    }
    assert [line for line, *_ in found.reasons] == [5, 6, 7, 8, 9, 10]


@pytest.mark.parametrize("size", [1, 13, 200])
def test_csv_frames_and_chunks_of_any_size_give_the_same_rows(
    counter: Counter, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [csv_row(f"A{number}", customer='"x\ny"' if number % 3 else "z") for number in range(30)]
    rows[10:10] = ['A"', "a,b", ""]
    content = lines(COLUMNS, *rows)
    expected = counter.read(content, name="o.csv")
    monkeypatch.setattr(unpacking, "CHUNK_BYTES", size)
    monkeypatch.setattr(tabular, "RECORDS_PER_FRAME", 7)
    found = counter.read(content, name="o.csv")
    assert (found.rows, found.rejected) == (expected.rows, expected.rejected)


# ---------------------------------------------------------------- Parquet

MOMENT = datetime(2026, 1, 5, 4, 0, 1, 500_000, tzinfo=UTC)
PARQUET = {
    "order_id": pa.array(["A1", "A2"]),
    "placed_at": pa.array([NOON, NOON], pa.int64()),
    "customer": pa.array(["C1", None]).dictionary_encode(),
    "side": pa.array(["buy", "sell"], pa.large_string()),
    "quantity": pa.array([2**53 + 1, None], pa.int64()),
    "amount": pa.array([Decimal("12.50"), None], pa.decimal128(18, 2)),
    "rate": pa.array([0.1, None], pa.float64()),
    "is_new": pa.array([True, None]),
    "opened_on": pa.array([date(2026, 1, 4), None]),
    "confirmed_at": pa.array([MOMENT, None], pa.timestamp("us", tz="Asia/Shanghai")),
    "printed_at": pa.array([stored(2026, 1, 5, 12, 0, 2), None], pa.timestamp("ns")),
    "labels": pa.array([["a", 'b"'], None], pa.list_(pa.string())),
}


def parquet(columns: dict[str, pa.Array], **options: object) -> bytes:
    stream = io.BytesIO()
    pq.write_table(pa.table(columns), stream, **options)
    return stream.getvalue()


def test_parquet_types_arrive_as_the_types_of_the_contract(counter: Counter) -> None:
    found = counter.read(parquet(PARQUET), name="o.parquet")
    assert found.rejected == []
    first, second = found.rows
    assert first | {"labels": list(first["labels"])} == {
        "order_id": "A1",
        "placed_at": stored(2026, 1, 5, 4),
        "customer_id": "C1",
        "side_type": "buy",
        "quantity_shares": 2**53 + 1,
        "amount_cny": Decimal("12.50"),
        "rate": 0.1,
        "is_new": True,
        "opened_on": date(2026, 1, 4),
        "confirmed_at": MOMENT.replace(tzinfo=None),
        "printed_at": stored(2026, 1, 5, 4, 0, 2),
        "security_code": None,
        "mobile": None,
        "labels": ["a", 'b"'],
        "os": None,
        "price_cny": None,
        "device_id": None,
        "business_date": date(2026, 1, 5),
        "delivery_date": date(2026, 1, 6),
    }
    assert [second[name] for name in ("customer_id", "amount_cny", "labels", "confirmed_at")] == [None] * 4


def test_a_rejected_parquet_row_is_shown_by_column_without_classified_values(counter: Counter) -> None:
    columns = {
        "order_id": pa.array(["A1"]),
        "placed_at": pa.array([NOON]),
        "amount": pa.array([Decimal("1.005")]),
        "mobile": pa.array(["13800001111"]),
        "name": pa.array(["张三"]),
    }
    found = counter.read(parquet(columns), name="o.parquet")
    assert found.reasons == [
        (1, "scale", "amount_cny", "amount_cny: has more digits than DECIMAL(18,2) holds: 1.005")
    ]
    shown = f'{{"order_id":"A1","placed_at":"{NOON}","amount":"1.005","mobile":"***","name":"***"}}'
    assert found.rejected[0]["raw_text"] == shown


@pytest.mark.parametrize(
    ("column", "values", "rule", "message"),
    [
        ("quantity", pa.array([2.9]), "wrong_type", "quantity_shares: expected BIGINT, got 2.9"),
        ("quantity", pa.array([True]), "wrong_type", "quantity_shares: expected BIGINT, got true"),
        ("rate", pa.array([float("nan")]), "not_finite", "rate: not a finite number: nan"),
        ("rate", pa.array([float("-inf")]), "not_finite", "rate: not a finite number: -inf"),
        (
            "confirmed_at",
            pa.array([stored(2026, 1, 5, 12)], pa.timestamp("us")),
            "wrong_type",
            (
                "confirmed_at: expected a moment as YYYY-MM-DDTHH:MM:SS+08:00 with its offset,"
                " got 2026-01-05 12:00:00.000000"
            ),
        ),
        ("customer", pa.array(["a\0b"]), "encoding", "customer: contains a NUL character"),
        ("customer", pa.array([b"\xff"], pa.binary()), "encoding", "customer: not valid utf-8"),
        ("customer", pa.array(["x" * 65_537]), "line_too_long", "customer: longer than 65536 bytes"),
    ],
)
def test_a_parquet_value_that_does_not_fit_costs_its_row(
    counter: Counter, column: str, values: pa.Array, rule: str, message: str
) -> None:
    columns = {"order_id": pa.array(["A1"]), "placed_at": pa.array([NOON]), column: values}
    assert counter.read(parquet(columns), name="o.parquet").only_reason() == (rule, message)


def test_a_parquet_file_without_rows_is_a_quiet_day(counter: Counter) -> None:
    empty = {name: values.slice(0, 0) for name, values in PARQUET.items()}
    assert counter.read(parquet(empty), name="o.parquet").outcome.rows_read == 0


def test_parquet_columns_are_checked_like_a_header(counter: Counter) -> None:
    rule, message = rejection(counter, parquet({"placed_at": pa.array([NOON])}), "o.parquet")
    assert rule == "header"
    assert message.startswith("o.parquet: the header does not match the contract: order_id missing")
    nested = {"order_id": pa.array(["A1"]), "customer": pa.array([{"a": 1}])}
    assert rejection(counter, parquet(nested), "o.parquet") == (
        "header",
        "o.parquet: column customer has type struct<a: int64>, which is not tabular",
    )


def test_a_parquet_file_that_promises_too_much_is_rejected(
    counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tabular, "LARGEST_FILE", 100)
    rule, message = rejection(counter, parquet(PARQUET), "o.parquet")
    assert (rule, message) == ("too_large", "o.parquet: unpacks to more than 100 bytes")


@pytest.mark.parametrize("kept", [4, 8, 100, -1, -4, -8, -500])
def test_a_truncated_parquet_file_is_rejected(counter: Counter, kept: int) -> None:
    rule, message = rejection(counter, parquet(PARQUET)[:kept], "o.parquet")
    assert rule == "wrong_format"
    assert message.startswith("o.parquet: the Parquet file cannot be read: ")


def test_a_crafted_parquet_file_is_rejected_or_read_in_full(counter: Counter) -> None:
    content = parquet(PARQUET, write_page_checksum=True, compression="none")
    expected = counter.read(content, name="o.parquet").rows
    chance = random.Random(20260105)
    rejected = 0
    for _ in range(60):
        damaged = bytearray(content)
        for _ in range(chance.randrange(1, 4)):
            damaged[chance.randrange(4, len(content))] = chance.randrange(256)
        with contextlib.suppress(FileRejectedError):
            # Damage to names and statistics may pass, damage to values may not.
            found = counter.read(bytes(damaged), name="o.parquet")
            assert [row["order_id"] for row in found.rows] == [row["order_id"] for row in expected]
            continue
        rejected += 1
    assert rejected > 20


def test_a_contract_may_read_times_of_parquet_in_its_own_zone(counter: Counter) -> None:
    zone = ZoneInfo("America/New_York")
    placed = pa.array([datetime(2026, 1, 5, 23, 30, tzinfo=zone)], pa.timestamp("ms", tz="America/New_York"))
    columns = {"order_id": pa.array(["A1"]), "placed_at": placed}
    moment = field("placed_at", "TIMESTAMP", time_format="iso8601")
    fields = (OPEN_ORDERS.fields[0], moment)
    found = counter.read(parquet(columns), name="o.parquet", fields=fields, row_rules=())
    assert found.rows[0]["placed_at"] == stored(2026, 1, 6, 4, 30)
    assert found.rows[0]["business_date"] == date(2026, 1, 6)
