"""Values against the rules of a contract: what is loaded as it is, and what is refused with which message."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from data_contracts.casting import literal, quoted
from data_contracts.contract import RowRule
from data_contracts.mapping import FieldSource, SourceMapping
from data_contracts.rules import Delivery
from data_contracts.tokens import token
from tests.unit.data_contracts.reading import (
    COLUMNS,
    DELIVERED,
    NOON,
    ORDERS,
    TOKEN_KEY,
    Counter,
    csv_row,
    field,
    json_line,
    lines,
    order,
    raw_line,
    stored,
)

# Member of a JSON record, field, rule, message behind the name of the field.
REFUSED_JSON = [
    ('"customer":1', "customer_id", "wrong_type", "expected VARCHAR, got 1"),
    ('"customer":true', "customer_id", "wrong_type", "expected VARCHAR, got true"),
    ('"customer":["x"]', "customer_id", "wrong_type", 'expected VARCHAR, got ["x"]'),
    ('"customer":{"x":1}', "customer_id", "wrong_type", 'expected VARCHAR, got {"x":1}'),
    ('"quantity":"1"', "quantity_shares", "wrong_type", 'expected BIGINT, got "1"'),
    ('"quantity":2.9', "quantity_shares", "wrong_type", "expected BIGINT, got 2.9"),
    ('"quantity":3.0', "quantity_shares", "wrong_type", "expected BIGINT, got 3.0"),
    ('"quantity":1e2', "quantity_shares", "wrong_type", "expected BIGINT, got 100.0"),
    ('"quantity":true', "quantity_shares", "wrong_type", "expected BIGINT, got true"),
    (
        '"quantity":9223372036854775808',
        "quantity_shares",
        "wrong_type",
        "expected BIGINT, got 9223372036854775808",
    ),
    (
        '"quantity":-9223372036854775809',
        "quantity_shares",
        "wrong_type",
        "expected BIGINT, got -9223372036854775809",
    ),
    ('"quantity":NaN', "quantity_shares", "wrong_type", "expected BIGINT, got NaN"),
    ('"is_new":1', "is_new", "wrong_type", "expected BOOLEAN, got 1"),
    ('"is_new":"true"', "is_new", "wrong_type", 'expected BOOLEAN, got "true"'),
    ('"rate":"0.5"', "rate", "wrong_type", 'expected a number, got "0.5"'),
    ('"rate":NaN', "rate", "not_finite", "not a finite number: NaN"),
    ('"rate":Infinity', "rate", "not_finite", "not a finite number: Infinity"),
    ('"rate":-Infinity', "rate", "not_finite", "not a finite number: -Infinity"),
    ('"rate":1e400', "rate", "not_finite", "not a finite number: 1e400"),
    ('"rate":100.1', "rate", "out_of_range", "above 100: 100.1"),
    ('"amount":NaN', "amount_cny", "not_finite", "not a finite number: NaN"),
    ('"amount":1e400', "amount_cny", "not_finite", "not a finite number: 1e400"),
    ('"amount":"12.50"', "amount_cny", "wrong_type", 'expected a number, got "12.50"'),
    ('"amount":12.345', "amount_cny", "scale", "has more digits than DECIMAL(18,2) holds: 12.345"),
    ('"amount":0.1234567890123456789', "amount_cny", "scale", "has more digits than can be read exactly"),
    ('"amount":12345678901.0000001', "amount_cny", "scale", "has more digits than can be read exactly"),
    ('"amount":1000000000000000001e-6', "amount_cny", "scale", "has more digits than can be read exactly"),
    ('"amount":1e-400', "amount_cny", "scale", "has more digits than can be read exactly"),
    ('"amount":1e-2000000000000000000', "amount_cny", "scale", "has more digits than can be read exactly"),
    (
        '"amount":10000000000000000',
        "amount_cny",
        "scale",
        "has more digits than DECIMAL(18,2) holds: 1" + "0" * 16,
    ),
    ('"amount":1000000000000.01', "amount_cny", "out_of_range", "above 1000000000000: 1000000000000.01"),
    ('"amount":-0.01', "amount_cny", "out_of_range", "below 0: -0.01"),
    ('"side":"BUY"', "side_type", "not_allowed", 'not one of buy, sell: "BUY"'),
    ('"side":"\uff42\uff55\uff59"', "side_type", "not_allowed", 'not one of buy, sell: "\uff42\uff55\uff59"'),
    ('"side":"hold"', "side_type", "not_allowed", 'not one of buy, sell: "hold"'),
    ('"side":""', "side_type", "not_allowed", 'not one of buy, sell: ""'),
    ('"code":"1"', "security_code", "pattern", 'does not match ^[0-9]{6}$: "1"'),
    (
        '"code":"\uff10\uff10\uff10\uff10\uff10\uff11"',
        "security_code",
        "pattern",
        'does not match ^[0-9]{6}$: "\uff10\uff10\uff10\uff10\uff10\uff11"',
    ),
    ('"labels":"a"', "labels", "wrong_type", 'expected a list of texts as JSON, got "a"'),
    ('"labels":["a",1]', "labels", "wrong_type", 'expected a list of texts as JSON, got ["a",1]'),
    ('"labels":[null]', "labels", "wrong_type", "expected a list of texts as JSON, got [null]"),
    ('"labels":[["a"]]', "labels", "wrong_type", 'expected a list of texts as JSON, got [["a"]]'),
    (
        '"opened_on":"2026-02-29"',
        "opened_on",
        "wrong_type",
        'expected a date as YYYY-MM-DD, got "2026-02-29"',
    ),
    ('"opened_on":"20260105"', "opened_on", "wrong_type", 'expected a date as YYYY-MM-DD, got "20260105"'),
    ('"opened_on":"infinity"', "opened_on", "wrong_type", 'expected a date as YYYY-MM-DD, got "infinity"'),
    ('"opened_on":20260105', "opened_on", "wrong_type", "expected a date as YYYY-MM-DD, got 20260105"),
    ('"opened_on":"1889-12-31"', "opened_on", "out_of_range", 'below 1990-01-01: "1889-12-31"'),
    ('"mobile":"123"', "mobile", "pattern", None),
    ('"mobile":13800001111', "mobile", "wrong_type", None),
    ('"name":5', "full_name", "wrong_type", None),
]


@pytest.mark.parametrize(
    ("member", "name", "rule", "message"), REFUSED_JSON, ids=[one[0] for one in REFUSED_JSON]
)
def test_a_json_value_that_would_have_to_be_bent_is_refused(
    counter: Counter, member: str, name: str, rule: str, message: str | None
) -> None:
    found = counter.read(lines(json_line("A0"), raw_line(member), json_line("A2")))
    assert found.column("order_id") == ["A0", "A2"]
    ((line, found_rule, found_field, found_message),) = found.reasons
    assert (line, found_rule, found_field) == (2, rule, name)
    if message is None:
        assert found_message.endswith("a value that is not shown")
    else:
        assert found_message == f"{name}: {message}"


REFUSED_TEXT = [
    ("quantity", "1_000", "quantity_shares", "wrong_type", "expected BIGINT, got 1_000"),
    ("quantity", " 5 ", "quantity_shares", "wrong_type", "expected BIGINT, got  5 "),
    ("quantity", "007", "quantity_shares", "wrong_type", "expected BIGINT, got 007"),
    ("quantity", "2.9", "quantity_shares", "wrong_type", "expected BIGINT, got 2.9"),
    ("quantity", "+5", "quantity_shares", "wrong_type", "expected BIGINT, got +5"),
    (
        "quantity",
        "9223372036854775808",
        "quantity_shares",
        "wrong_type",
        "expected BIGINT, got 9223372036854775808",
    ),
    ("amount", "12.345", "amount_cny", "scale", "has more digits than DECIMAL(18,2) holds: 12.345"),
    ("amount", "1_000", "amount_cny", "wrong_type", "expected a number, got 1_000"),
    ("amount", '"1,000"', "amount_cny", "wrong_type", "expected a number, got 1,000"),
    ("amount", " 5 ", "amount_cny", "wrong_type", "expected a number, got  5 "),
    ("amount", "￥5", "amount_cny", "wrong_type", "expected a number, got ￥5"),
    ("amount", "1000000000000.01", "amount_cny", "out_of_range", "above 1000000000000: 1000000000000.01"),
    ("amount", "-1", "amount_cny", "out_of_range", "below 0: -1"),
    ("amount", "inf", "amount_cny", "not_finite", "not a finite number: inf"),
    ("amount", "1e2", "amount_cny", "scale", "has more digits than DECIMAL(18,2) holds: 1e2"),
    ("rate", "NaN", "rate", "not_finite", "not a finite number: NaN"),
    ("rate", "1e400", "rate", "not_finite", "not a finite number: 1e400"),
    ("rate", ".5", "rate", "wrong_type", "expected a number, got .5"),
    ("is_new", "yes", "is_new", "wrong_type", "expected BOOLEAN, got yes"),
    ("side", "Buy", "side_type", "not_allowed", "not one of buy, sell: Buy"),
    ("opened_on", "2026/01/05", "opened_on", "wrong_type", "expected a date as YYYY-MM-DD, got 2026/01/05"),
]


@pytest.mark.parametrize(("column", "value", "name", "rule", "message"), REFUSED_TEXT)
def test_a_csv_value_that_would_have_to_be_bent_is_refused(
    counter: Counter, column: str, value: str, name: str, rule: str, message: str
) -> None:
    found = counter.read(lines(COLUMNS, csv_row("A0"), csv_row("A1", **{column: value})), name="o.csv")
    assert found.column("order_id") == ["A0"]
    assert found.reasons == [(3, rule, name, f"{name}: {message}")]


LOADED_JSON = [
    ('"quantity":9007199254740993', "quantity_shares", 2**53 + 1),
    ('"quantity":9223372036854775807', "quantity_shares", 2**63 - 1),
    ('"quantity":-9223372036854775808', "quantity_shares", -(2**63)),
    ('"quantity":110101199003071234', "quantity_shares", 110101199003071234),
    ('"quantity":-0', "quantity_shares", 0),
    ('"amount":12.5', "amount_cny", Decimal("12.50")),
    ('"amount":12.500', "amount_cny", Decimal("12.50")),
    ('"amount":1.5000000000000000000', "amount_cny", Decimal("1.50")),
    ('"amount":0.29', "amount_cny", Decimal("0.29")),
    ('"amount":1E+2', "amount_cny", Decimal("100.00")),
    ('"amount":999999999999.99', "amount_cny", Decimal("999999999999.99")),
    ('"amount":-0', "amount_cny", Decimal("0.00")),
    ('"amount":-0.0', "amount_cny", Decimal("0.00")),
    ('"properties":{"price":1234567890123456}', "price_cny", Decimal("1234567890123456.0000")),
    ('"properties":{"price":12345678901.2345}', "price_cny", Decimal("12345678901.2345")),
    ('"rate":0.30000000000000004', "rate", 0.1 + 0.2),
    ('"rate":1.0e-7', "rate", 1e-7),
    ('"rate":-3', "rate", -3.0),
    ('"customer":"a\\"b\\\\c\\/d\\n\\u5f20"', "customer_id", 'a"b\\c/d\n张'),
    ('"customer":" \\ud83d\\ude00 "', "customer_id", " 😀 "),
    ('"customer":"1"', "customer_id", "1"),
    ('"customer":""', "customer_id", ""),
    ('"customer":"null"', "customer_id", "null"),
    ('"customer":"=cmd|calc"', "customer_id", "=cmd|calc"),
    ('"customer":null', "customer_id", None),
    ('"code":"000001"', "security_code", "000001"),
    ('"labels":["a","","b\\"c"]', "labels", ["a", "", 'b"c']),
    ('"labels":[]', "labels", []),
    ('"is_new":false', "is_new", False),
    ('"opened_on":"2024-02-29"', "opened_on", date(2024, 2, 29)),
    ('"properties":{"$os":"iOS"}', "os", "iOS"),
    ('"properties":{}', "os", None),
    ('"properties":null', "os", None),
    ('"note":NaN', "customer_id", None),
]


@pytest.mark.parametrize(("member", "name", "value"), LOADED_JSON, ids=[one[0] for one in LOADED_JSON])
def test_a_json_value_is_loaded_exactly(counter: Counter, member: str, name: str, value: object) -> None:
    found = counter.read(lines(raw_line(member)))
    assert found.reasons == []
    assert found.column(name) == [value]


def test_minus_zero_is_stored_as_zero(counter: Counter) -> None:
    found = counter.read(lines(raw_line('"rate":-0.0'), raw_line('"rate":-0', "A2")))
    assert [str(value) for value in found.column("rate")] == ["0.0", "0.0"]


def test_csv_text_is_loaded_exactly(counter: Counter) -> None:
    row = csv_row("A1", quantity="110101199003071234", amount="0012.50", is_new="0", rate="1e-3")
    found = counter.read(lines(COLUMNS, row), name="o.csv")
    assert [found.rows[0][name] for name in ("quantity_shares", "amount_cny", "is_new", "rate")] == [
        110101199003071234,
        Decimal("12.50"),
        False,
        0.001,
    ]


def test_a_limit_outside_the_type_does_no_harm(counter: Counter) -> None:
    wide = field("amount_cny", "DECIMAL(38,2)", "amount", minimum="-5", maximum="1E+12")
    found = counter.read(
        lines(raw_line('"amount":9999999999999999999999999999999999'), raw_line('"amount":7', "A2")),
        fields=(*ORDERS.fields[:2], wide),
        row_rules=(),
    )
    assert found.only_reason()[0] == "out_of_range"
    assert found.column("amount_cny") == [Decimal("7.00")]


def test_a_decimal_may_have_no_place_before_or_behind_the_point(counter: Counter) -> None:
    fields = (*ORDERS.fields[:2], field("share_ratio", "DECIMAL(2,2)"), field("lots", "DECIMAL(3,0)"))
    good = raw_line('"share_ratio":0.25,"lots":120')
    bad = (raw_line('"share_ratio":1.0', "A2"), raw_line('"lots":1200', "A3"), raw_line('"lots":1.5', "A4"))
    found = counter.read(lines(good, *bad), fields=fields, row_rules=())
    assert (found.column("share_ratio"), found.column("lots")) == ([Decimal("0.25")], [Decimal(120)])
    assert found.outcome.rules == {"scale": 3}


# ---------------------------------------------------------------- presence


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ({"placed_at": NOON}, "missing order_id"),
        ({"order_id": None, "placed_at": NOON}, "missing order_id"),
        # Not required by name, but the row would belong to no day.
        ({"order_id": "A1"}, "missing placed_at"),
        ({"order_id": "A1", "placed_at": None}, "missing placed_at"),
    ],
)
def test_a_required_value_that_is_absent_or_null_is_missing(
    counter: Counter, line: dict[str, object], message: str
) -> None:
    found = counter.read(lines(json_line("A0"), json.dumps(line)))
    assert found.only_reason() == ("missing", message)


def test_an_empty_required_field_of_csv_is_missing(counter: Counter) -> None:
    found = counter.read(lines(COLUMNS, csv_row(""), csv_row("A2", placed_at="")), name="o.csv")
    assert [message for *_, message in found.reasons] == ["missing order_id", "missing placed_at"]


def test_length_is_counted_in_characters(counter: Counter) -> None:
    texts = (json_line("", note=1), json_line("客" * 8), json_line("x" * 9))
    found = counter.read(lines(*texts))
    assert found.column("order_id") == ["客" * 8]
    assert [(rule, message) for _, rule, _, message in found.reasons] == [
        ("length", 'order_id: under 1 characters: ""'),
        ("length", 'order_id: over 8 characters: "xxxxxxxxx"'),
    ]


def test_the_first_broken_rule_is_the_reason(counter: Counter) -> None:
    found = counter.read(lines(json_line("A1", side="x", code="y", quantity="z")))
    assert found.only_reason() == ("not_allowed", 'side_type: not one of buy, sell: "x"')


# ---------------------------------------------------------------- row rules


def test_a_rule_across_fields_refuses_a_row_and_null_is_good(counter: Counter) -> None:
    early, late = "2026-01-05T11:59:59+08:00", "2026-01-05T12:00:00+08:00"
    found = counter.read(
        lines(json_line("A1", confirmed_at=early), json_line("A2", confirmed_at=late), json_line("A3"))
    )
    assert found.reasons == [(1, "row_rule:confirmed_later", "", "confirmed before it was placed")]
    assert found.column("order_id") == ["A2", "A3"]


def test_a_rule_that_fails_with_an_error_on_a_row_refuses_that_row_only(counter: Counter) -> None:
    rule = RowRule("customer_counts", "cast(customer_id as bigint) > 0", "customer is no number above 0")
    found = counter.read(
        lines(json_line("A1", customer="7"), json_line("A2", customer="x"), json_line("A3", customer="0")),
        row_rules=(rule,),
    )
    assert found.column("order_id") == ["A1"]
    assert {message for *_, message in found.reasons} == {"customer is no number above 0"}


# ---------------------------------------------------------------- times


@pytest.mark.parametrize(
    ("value", "moment"),
    [
        ("2026-01-05T12:00:01+08:00", stored(2026, 1, 5, 4, 0, 1)),
        ("2026-01-05T04:00:01Z", stored(2026, 1, 5, 4, 0, 1)),
        ("2026-01-05 04:00:01.5Z", stored(2026, 1, 5, 4, 0, 1, 500_000)),
        ("2026-01-05T04:00:01.123456+0000", stored(2026, 1, 5, 4, 0, 1, 123_456)),
        ("2026-01-04T23:00:01-05", stored(2026, 1, 5, 4, 0, 1)),
    ],
)
def test_a_moment_with_any_offset_is_one_instant(counter: Counter, value: str, moment: datetime) -> None:
    assert counter.read(lines(json_line(confirmed_at=value))).column("confirmed_at") == [moment]


@pytest.mark.parametrize(
    "value",
    [
        "2026-01-05T12:00:01",
        "2026-01-05 12:00:01",
        "2026-01-05T12:00+08:00",
        "2026-01-05T24:00:00Z",
        "2026-01-05T23:59:60Z",
        "2026-02-30T00:00:00Z",
        "0000-01-01T00:00:00Z",
        "2026-01-05T12:00:01+99:00",
        "2026-01-05T12:00:01 Asia/Shanghai",
        "2026-01-05T12:00:01.1234567Z",
        "infinity",
        "epoch",
        "290309-12-22 (BC)",
        "",
    ],
)
def test_a_moment_without_offset_or_of_another_shape_is_refused(counter: Counter, value: str) -> None:
    found = counter.read(lines(json_line(confirmed_at=value)))
    expected = "confirmed_at: expected a moment as YYYY-MM-DDTHH:MM:SS+08:00 with its offset, got "
    assert found.only_reason() == ("wrong_type", f'{expected}"{value}"')


@pytest.mark.parametrize(
    "value", ["2026-01-05T12:00:01+08:00", "2026-01-05T12:00:01Z", "290309-12-22 (BC)", "now"]
)
def test_a_local_time_with_an_offset_or_of_another_shape_is_refused(counter: Counter, value: str) -> None:
    found = counter.read(lines(json_line(printed_at=value)))
    expected = "printed_at: expected a local time (Asia/Shanghai) as YYYY-MM-DD HH:MM:SS, got "
    assert found.only_reason() == ("wrong_type", f'{expected}"{value}"')


def test_seconds_and_milliseconds_are_told_apart_by_their_digits(counter: Counter) -> None:
    found = counter.read(lines(json_line("A1", placed_at=NOON // 1000), json_line("A2", placed_at=NOON + 1)))
    assert found.column("placed_at") == [stored(2026, 1, 5, 4), stored(2026, 1, 5, 4, 0, 0, 1000)]


@pytest.mark.parametrize(
    "value",
    [
        "1767585600000000",
        "176758560000",
        "9000000000e09",
        "-1767585600000",
        "1767585600000.5",
        '"1767585600000"',
        "0",
    ],
)
def test_a_time_of_another_number_of_digits_is_ambiguous_and_refused(counter: Counter, value: str) -> None:
    found = counter.read(lines(f'{{"order_id":"A1","placed_at":{value}}}'))
    rule, message = found.only_reason()
    assert rule == "wrong_type"
    assert message.startswith("placed_at: expected milliseconds (13 digits) or seconds (10 digits), got ")


@pytest.mark.parametrize("session_zone", ["UTC", "America/New_York", "Asia/Shanghai"])
def test_midnight_in_shanghai_separates_business_days_whatever_the_session_thinks(
    counter: Counter, session_zone: str
) -> None:
    before = 1_767_628_799_999  # 2026-01-05 23:59:59.999 in Shanghai
    counter.connection.execute(f"set TimeZone = '{session_zone}'")
    try:
        found = counter.read(
            lines(
                json_line("A1", placed_at=before, printed_at="2026-01-05 12:00:02"),
                json_line("A2", placed_at=before + 1, confirmed_at="2026-01-06T00:00:01+08:00"),
            )
        )
    finally:
        counter.connection.execute("set TimeZone = 'UTC'")
    assert found.column("business_date") == [date(2026, 1, 5), date(2026, 1, 6)]
    assert found.column("placed_at")[0] == stored(2026, 1, 5, 15, 59, 59, 999_000)
    assert found.column("printed_at")[0] == stored(2026, 1, 5, 4, 0, 2)
    assert found.column("confirmed_at")[1] == stored(2026, 1, 5, 16, 0, 1)


def test_summer_time_of_1988_moves_the_business_day(counter: Counter) -> None:
    found = counter.read(
        lines("order_id,placed_at", "A1,1988-07-01 00:30:00"),
        name="o.csv",
        delivery=Delivery(DELIVERED, is_history=True),
        fields=(ORDERS.fields[0], field("placed_at", "TIMESTAMP", time_format="local")),
        row_rules=(),
    )
    assert found.column("placed_at") == [stored(1988, 6, 30, 15, 30)]
    assert found.column("business_date") == [date(1988, 7, 1)]


def test_a_zone_with_summer_time_finds_the_right_day(counter: Counter) -> None:
    moments = ["2026-03-08T04:59:59Z", "2026-03-08T05:00:00Z", "2026-03-09T03:59:59Z", "2026-03-09T04:00:00Z"]
    found = counter.read(
        lines(*(json_line(f"A{number}", placed_at=moment) for number, moment in enumerate(moments))),
        delivery=Delivery(date(2026, 3, 9)),
        zone="America/New_York",
        fields=(ORDERS.fields[0], field("placed_at", "TIMESTAMP", time_format="iso8601")),
        row_rules=(),
    )
    assert found.column("business_date") == [date(2026, 3, day) for day in (7, 8, 8, 9)]


def _at(day: str) -> int:
    return int(datetime.fromisoformat(f"{day}T12:00:00+08:00").timestamp() * 1000)


def test_a_row_is_in_time_up_to_the_limit_and_too_late_beyond_it(counter: Counter) -> None:
    found = counter.read(
        lines(json_line("A1", placed_at=_at("2025-12-30")), json_line("A2", placed_at=_at("2025-12-29")))
    )
    assert found.column("business_date") == [date(2025, 12, 30)]
    message = "placed_at: of 2025-12-29, delivered on 2026-01-06, more than 7 days"
    assert found.reasons == [(2, "too_late", "placed_at", message)]


@pytest.mark.parametrize(
    "delivery", [Delivery(DELIVERED, is_history=True), Delivery(DELIVERED, released=("too_late",))]
)
def test_history_and_a_release_let_late_rows_in(counter: Counter, delivery: Delivery) -> None:
    found = counter.read(lines(json_line(placed_at=_at("2024-01-01"))), delivery=delivery)
    assert found.column("business_date") == [date(2024, 1, 1)]


def test_a_row_of_tomorrow_is_read_and_one_of_the_day_after_lies_in_the_future(counter: Counter) -> None:
    found = counter.read(
        lines(json_line("A1", placed_at=_at("2026-01-07")), json_line("A2", placed_at=_at("2026-01-08")))
    )
    assert found.column("business_date") == [date(2026, 1, 7)]
    message = "placed_at: lies in the future, 2026-01-08, delivered on 2026-01-06"
    assert found.reasons == [(2, "in_the_future", "placed_at", message)]
    released = Delivery(DELIVERED, released=("in_the_future",))
    assert counter.read(lines(json_line(placed_at=_at("2030-01-01"))), delivery=released).rejected == []


def test_1970_and_9999_are_no_business_days(counter: Counter) -> None:
    moment = field("placed_at", "TIMESTAMP", time_format="iso8601", minimum="2000-01-01 00:00:00")
    texts = ("1970-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "9999-12-31T23:59:59-12:00")
    content = lines(*(json_line(f"A{number}", placed_at=text) for number, text in enumerate(texts)))
    fields = (ORDERS.fields[0], moment)
    for released in ((), ("in_the_future", "too_late")):
        found = counter.read(
            content, delivery=Delivery(DELIVERED, released=released), fields=fields, row_rules=()
        )
        assert [(line, rule) for line, rule, *_ in found.reasons] == [
            (1, "out_of_range"),
            (2, "in_the_future"),
            (3, "in_the_future"),
        ]
    message = 'placed_at: below 2000-01-01 00:00:00: "1970-01-01T00:00:00Z"'
    assert found.rejected[0]["message"] == message


def test_without_a_business_date_the_delivery_date_is_the_day(counter: Counter) -> None:
    found = counter.read(lines(json_line(placed_at=_at("2020-01-01"))), business_date=None)
    assert found.column("business_date") == [DELIVERED]


def test_a_date_is_the_business_date_as_it_stands(counter: Counter) -> None:
    found = counter.read(lines(json_line(opened_on="2026-01-05")), business_date="opened_on")
    assert found.column("business_date") == [date(2026, 1, 5)]


# ---------------------------------------------------------------- mappings

DEALS = SourceMapping(
    source="oldbank",
    table="deals",
    contract="shop.orders",
    formats=("csv", "jsonl"),
    encoding="gb18030",
    delimiter="|",
    zone="America/New_York",
    history=False,
    where=None,
    fields={
        "order_id": FieldSource("from", "流水号"),
        "placed_at": FieldSource("expression", """cast(epoch_ms(cast("WHEN" as timestamp)) as varchar)"""),
        "printed_at": FieldSource("from", "WHEN"),
        "side_type": FieldSource("constant", "buy"),
        "amount_cny": FieldSource("expression", "cast(cast(CENTS as bigint) / 100 as decimal(18, 2))"),
        "quantity_shares": FieldSource("expression", "cast(cast(CENTS as bigint) + 1 as varchar)"),
        "full_name": FieldSource("from", "NAME"),
        "mobile": FieldSource("expression", """nullif("MOBILE", '-')"""),
    },
    columns=("流水号", "WHEN", "CENTS", "NAME", "MOBILE"),
    path=Path("oldbank.deals.mapping.yaml"),
    fingerprint="1" * 12,
)
DEAL_ROWS = [
    "流水号|WHEN|CENTS|NAME|MOBILE",
    "甲1|2026-01-05 04:00:00|1250|张三|13800001111",
    "甲2|2026-01-05 04:00:00|x||-",
]


def test_a_mapping_renames_computes_and_reads_times_in_its_own_zone(counter: Counter) -> None:
    content = "".join(f"{row}\n" for row in DEAL_ROWS).encode("gb18030")
    found = counter.read(content, name="deals.csv", mapping=DEALS, row_rules=())
    (row,) = found.rows
    assert (row["order_id"], row["placed_at"], row["side_type"]) == ("甲1", stored(2026, 1, 5, 4), "buy")
    assert (row["printed_at"], row["amount_cny"]) == (stored(2026, 1, 5, 9), Decimal("12.50"))
    assert row["quantity_shares"] == 1251
    assert found.outcome.unknown_paths == ()


def test_a_mapping_that_fails_on_a_row_refuses_that_row_only(counter: Counter) -> None:
    content = "".join(f"{row}\n" for row in DEAL_ROWS).encode("gb18030")
    found = counter.read(content, name="deals.csv", mapping=DEALS, row_rules=())
    expression = "cast(cast(CENTS as bigint) + 1 as varchar)"
    message = f"quantity_shares: the mapping fails with an error: {expression}"
    assert found.reasons == [(3, "mapping_failed", "quantity_shares", message)]
    assert found.rejected[0]["raw_text"] == "甲2|2026-01-05 04:00:00|x||***"


def test_a_mapping_reads_json_values_as_text(counter: Counter) -> None:
    record = {"流水号": "A1", "WHEN": "2026-01-05 04:00:00", "CENTS": 1250, "NAME": 'Li "x"', "MOBILE": "-"}
    broken = json.dumps(record | {"流水号": None, "NAME": "王五"}, ensure_ascii=True)
    mapping = replace(DEALS, encoding="utf-8")
    found = counter.read(lines(json.dumps(record), broken), name="deals.jsonl", mapping=mapping, row_rules=())
    assert found.column("amount_cny") == [Decimal("12.50")]
    assert found.only_reason() == ("missing", "missing order_id")
    assert '"NAME": "***"' in found.rejected[0]["raw_text"]
    assert "\\u738b" not in found.rejected[0]["raw_text"]


# ---------------------------------------------------------------- classified fields


def test_c2_becomes_the_keyed_token_and_c3_is_not_stored(counter: Counter) -> None:
    found = counter.read(lines(json_line(mobile="+86 138-0000-1111", name="张三")))
    (row,) = found.rows
    assert row["mobile"] == token("13800001111", key=TOKEN_KEY)
    assert "full_name" not in row


def test_a_key_may_be_classified(counter: Counter) -> None:
    texts = (json_line("A1", mobile="13800001111"), json_line("A2", mobile="+8613800001111"), json_line("A3"))
    found = counter.read(lines(*texts), key=("mobile",))
    assert found.outcome.rows_duplicate == 1
    assert sorted(row["order_id"] for row in found.rows) == ["A1", "A3"]


SECRETS = ("13800001111", "张三", "\\u5f20")


@pytest.mark.parametrize(
    "line",
    [
        json_line(mobile="13800001111", name="张三", side="x"),
        json.dumps(order(mobile="13800001111", name="张三", side="x"), ensure_ascii=True),
        raw_line('"mobile" : 13800001111 , "name":["张三"]'),
        raw_line('"mobile":{"number":"13800001111"},"name":"张三"'),
        raw_line(
            '"mobile":"\\u0031\\u0033\\u0038\\u0030\\u0030\\u0030\\u0030\\u0031\\u0031\\u0031\\u0031","name":5'
        ),
        raw_line('"name":"张三","name":"张三","mobile":"13800001111"'),
        raw_line('"name":"张三","mobile":"13800001111"')[:-1],
        raw_line('"mobile":"138-0000-1111","name":"张三'),
        '{"name":"张三","mobile":"138 0000 1111","name":"\\u5f20\\u4e09',
        '["张三","13800001111"]',
        "13800001111",
        '"张三 13800001111"',
        "张三,13800001111",
    ],
)
def test_classified_values_are_masked_in_the_raw_text_of_json(counter: Counter, line: str) -> None:
    (rejected,) = counter.read(lines(line)).rejected
    shown = "".join(str(rejected[name]) for name in ("message", "raw_text", "field"))
    assert not [
        secret for secret in (*SECRETS, "138-0000-1111", "138 0000 1111", "\\u0033") if secret in shown
    ]
    assert "***" in rejected["raw_text"]


def test_everything_else_in_the_raw_text_stays_as_it_stands(counter: Counter) -> None:
    line = '{ "order_id" : "A1",  "placed_at":1767585600000, "mobile": "13800001111", "side":"\\u4e0d", "x":[1, 2] }'
    (rejected,) = counter.read(lines(line)).rejected
    assert rejected["raw_text"] == line.replace('"13800001111"', '"***"')


@pytest.mark.parametrize(
    "row",
    [
        csv_row(mobile="13800001111", name="张三", side="x"),
        csv_row(mobile="13800001111", name='"张""三"', side="x"),
        csv_row(mobile="13800001111", name="张三") + ",1",
        csv_row(mobile="13800001111", name='"张三'),
        csv_row(mobile='"138 0000 1111"', name="张三", order_id="")[1:],
    ],
)
def test_classified_values_are_masked_in_the_raw_text_of_csv(counter: Counter, row: str) -> None:
    (rejected,) = counter.read(lines(COLUMNS, row), name="o.csv").rejected
    shown = rejected["raw_text"] + rejected["message"]
    assert not [secret for secret in ("13800001111", "138 0000 1111", "张", "三") if secret in shown]


def test_a_record_without_classified_fields_is_shown_as_it_is(counter: Counter) -> None:
    fields = tuple(one for one in ORDERS.fields if one.classification == "C1")
    line = '{"order_id":"A1","placed_at":1767585600000,"name":"张三","x":13800001111'
    assert counter.read(lines(line), fields=fields).rejected[0]["raw_text"] == line


def test_names_and_texts_are_quoted_for_sql(engine: duckdb.DuckDBPyConnection) -> None:
    name, text = 'a "b" c', "it's 'x'"
    found = engine.execute(f"select {literal(text)} as {quoted(name)}")
    assert found.fetchall() == [(text,)]
    assert found.description[0][0] == name
