"""Whole files through the reader: JSON that is none, repeated keys and rows, control figures, drift, accounts."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest

from data_contracts import framing, judging, reader, unpacking
from data_contracts.compiled import json_source
from data_contracts.contract import load_contracts
from data_contracts.framing import Frame
from data_contracts.judging import AccountingError
from data_contracts.unpacking import FileRejectedError
from tests.unit.data_contracts.reading import (
    COLUMNS,
    NOON,
    OPEN_ORDERS,
    ORDERS,
    Counter,
    csv_row,
    json_line,
    lines,
    packed,
    raw_line,
)

# ---------------------------------------------------------------- JSON

BROKEN = [
    (
        '{"id":2,',
        "malformed JSON: Expecting property name enclosed in double quotes: line 1 column 9 (char 8)",
    ),
    ('{"order_id":"A9"', "malformed JSON: Expecting ',' delimiter: line 1 column 17 (char 16)"),
    ('{"order_id":"A9', "malformed JSON: Unterminated string starting at: line 1 column 13 (char 12)"),
    (json_line("A9") + "}", "malformed JSON: Extra data: line 1 column 47 (char 46)"),
    (json_line("A9") * 2, "malformed JSON: Extra data: line 1 column 47 (char 46)"),
    (raw_line('"customer":"x",', "A9"), "malformed JSON: Expecting property name enclosed in double quotes"),
    (
        raw_line('"customer":"x" ,\t', "A9"),
        "malformed JSON: Expecting property name enclosed in double quotes",
    ),
    (raw_line('"note":[1,2,]', "A9"), "malformed JSON: Expecting value"),
    (raw_line('"note":[1, ]', "A9"), "malformed JSON: Expecting value"),
    (raw_line("'customer':'x'", "A9"), "malformed JSON: Expecting property name enclosed in double quotes"),
    (raw_line('"quantity":01', "A9"), "malformed JSON: Expecting ',' delimiter"),
    (raw_line('"quantity":+1', "A9"), "malformed JSON: Expecting value"),
    (raw_line('"quantity":.5', "A9"), "malformed JSON: Expecting value"),
    (raw_line('"quantity":1.', "A9"), "malformed JSON: Expecting ',' delimiter"),
    (raw_line('"quantity":0x10', "A9"), "malformed JSON: Expecting ',' delimiter"),
    (raw_line('"rate":nan', "A9"), "malformed JSON: Expecting value"),
    (raw_line('"rate":-inf', "A9"), "malformed JSON: Expecting value"),
    (raw_line('"is_new":True', "A9"), "malformed JSON: Expecting value"),
    (raw_line('"customer":"a\tb"', "A9"), "malformed JSON: Invalid control character at"),
    (raw_line(r'"customer":"\x41"', "A9"), "malformed JSON: Invalid \\escape"),
    (raw_line('"customer" "x"', "A9"), "malformed JSON: Expecting ':' delimiter"),
    ("order_id=A9", "malformed JSON: Expecting value: line 1 column 1 (char 0)"),
]


@pytest.mark.parametrize(("broken", "message"), BROKEN, ids=[one[0] for one in BROKEN])
def test_a_broken_line_is_quarantined_and_its_neighbours_are_loaded(
    counter: Counter, broken: str, message: str
) -> None:
    found = counter.read(lines(json_line("A1"), broken, json_line("A3")), contract=OPEN_ORDERS)
    assert found.column("order_id") == ["A1", "A3"]
    ((line, rule, name, text),) = found.reasons
    assert (line, rule, name) == (2, "malformed_json", "")
    assert text.startswith(message)
    assert found.rejected[0]["raw_text"] == broken
    assert (found.outcome.rows_loaded, found.outcome.rows_quarantined) == (2, 1)


@pytest.mark.parametrize(
    ("record", "kind"),
    [
        ("[1,2]", "a list"),
        ("[]", "a list"),
        ("5", "a number"),
        ("-5.5e3", "a number"),
        ('"x"', "a text"),
        ("true", "true or false"),
        ("null", "null"),
    ],
)
def test_anything_but_an_object_is_refused(counter: Counter, record: str, kind: str) -> None:
    found = counter.read(lines(json_line("A1"), record))
    assert found.only_reason() == ("not_an_object", f"expected an object, got {kind}")


@pytest.mark.parametrize(
    ("record", "key"),
    [
        (raw_line('"customer":"x","customer":"x"'), "customer"),
        (raw_line('"order_id":"A2"'), "order_id"),
        (raw_line('"note":1,"note":2'), "note"),
        (raw_line(r'"customer":"x","c\u0075stomer":"y"'), "customer"),
        (raw_line('"properties":{},"properties":{"$os":"iOS"}'), "properties"),
        (raw_line('"properties":{"$os":"iOS","$ip":1,"$os":"iOS"}'), "properties.$os"),
        (raw_line('"properties":{"$ip":1,"$ip":1}'), "properties.$ip"),
        (raw_line(r'"identities":{"device":"d","\u0064evice":"e"}'), "identities.device"),
    ],
)
def test_a_key_that_stands_twice_where_the_contract_reads_is_refused(
    counter: Counter, record: str, key: str
) -> None:
    found = counter.read(lines(json_line("A1"), record, json_line("A3")))
    assert found.reasons == [(2, "duplicate_key", key, f"duplicate key {key}")]


def test_a_key_that_stands_twice_where_nothing_is_read_does_not_matter(counter: Counter) -> None:
    twice = '"note":{"a":1,"a":2}'
    suspicious = raw_line(f'{twice},"customer":",}}"', "A2")
    assert counter.read(lines(raw_line(twice), suspicious)).rejected == []


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("5", "a number"),
        ("[]", "a list"),
        ('[{"$os":"iOS"}]', "a list"),
        ('""', "a text"),
        ("false", "true or false"),
    ],
)
def test_something_else_where_an_object_belongs_is_refused(counter: Counter, value: str, kind: str) -> None:
    found = counter.read(lines(raw_line(f'"properties":{value}'), json_line("A2")))
    assert found.reasons == [(1, "wrong_type", "properties", f"properties: expected an object, got {kind}")]


def test_whitespace_around_and_inside_a_record_is_no_fault(counter: Counter) -> None:
    text = f' \t{{ "order_id" :\t"A1" , "placed_at":{NOON} , "labels" : [ "a" , "b" ] }} \t'
    assert counter.read(lines(text)).column("labels") == [["a", "b"]]


def test_what_only_looks_suspicious_is_loaded(counter: Counter) -> None:
    texts = [
        raw_line('"customer":",}"', "A1"),
        raw_line('"customer":",]"', "A2"),
        raw_line('"customer":", ]"', "A3"),
        raw_line('"amount":1.25,"customer":"1234567890.1234567"', "A4"),
        raw_line('"amount":1.25,"note":1234567890.1234567890', "A5"),
        " " + raw_line('"note":[{"a":[[[[]]]]}]', "A6"),
    ]
    found = counter.read(lines(*texts))
    assert found.rejected == []
    assert found.column("customer_id") == [",}", ",]", ", ]", "1234567890.1234567", None, None]


def test_many_broken_lines_cost_little(counter: Counter) -> None:
    texts = [json_line(f"A{number}") if number % 3 else "{" for number in range(3000)]
    found = counter.read(lines(*texts))
    assert found.outcome.rules == {"malformed_json": 1000}


@pytest.mark.parametrize("shift", range(3))
def test_a_broken_line_in_chinese_is_quarantined_like_any_other(counter: Counter, shift: int) -> None:
    for broken in ("{" + "x" * shift + "客户" * 100, raw_line(f'"note":"{"x" * shift}{"客户" * 100}')):
        found = counter.read(lines(json_line("A1"), broken))
        assert found.outcome.rules == {"malformed_json": 1}


def test_a_file_of_nothing_but_broken_lines_loads_nothing(counter: Counter) -> None:
    found = counter.read(lines(*["{"] * 10))
    assert (found.outcome.rows_quarantined, found.outcome.dates) == (10, {})


def test_a_path_cannot_be_a_value_and_an_object(counter: Counter) -> None:
    paths = [("properties",), ("properties", "$os")]
    for order in (paths, paths[::-1]):
        with pytest.raises(ValueError, match="is read both as a value and as an object"):
            json_source(order, decimals=[], as_text=False)


def test_keys_of_any_spelling_are_read(counter: Counter) -> None:
    fields = tuple(
        replace(one, path=("a/b", "c~d 'e' \"f\"")) if one.name == "os" else one for one in OPEN_ORDERS.fields
    )
    found = counter.read(lines(raw_line(r""""a/b":{"c~d 'e' \"f\"":"iOS"}""")), fields=fields)
    assert found.column("os") == ["iOS"]


# ---------------------------------------------------------------- repeated rows


def test_exact_duplicates_are_counted_and_kept_once(counter: Counter) -> None:
    found = counter.read(lines(json_line("A1"), json_line("A1"), json_line("A2"), json_line("A1")))
    assert found.outcome.rows_loaded == 4
    assert found.outcome.rows_duplicate == 2
    assert found.column("order_id") == ["A1", "A2"]


def test_of_equal_keys_the_smallest_values_stay_in_whatever_order_they_come(counter: Counter) -> None:
    texts = [
        json_line("A1", customer="b", quantity=1),
        json_line("A1", customer="a", quantity=2),
        json_line("A1", quantity=3),
        json_line("A2", customer="c"),
    ]
    for order in itertools.permutations(texts):
        found = counter.read(lines(*order))
        assert found.outcome.rows_duplicate == 2
        assert [(row["order_id"], row["customer_id"]) for row in found.rows] == [("A1", "a"), ("A2", "c")]


def test_a_rejected_row_takes_no_place_from_a_good_one(counter: Counter) -> None:
    found = counter.read(lines(json_line("A1", customer="a", side="x"), json_line("A1", customer="b")))
    assert found.column("customer_id") == ["b"]
    assert found.outcome.rows_duplicate == 0


def test_keys_with_null_in_them_are_compared_too(counter: Counter) -> None:
    found = counter.read(
        lines(json_line("A1"), json_line("A1", customer="c"), json_line("A1")),
        key=("customer_id", "order_id"),
    )
    assert found.outcome.rows_duplicate == 1
    assert found.column("customer_id") == ["c", None]


def test_rows_are_sorted_by_key_in_files_by_day_with_the_same_bytes(counter: Counter) -> None:
    texts = [json_line(f"A{number}", placed_at=NOON - number % 3 * 86_400_000) for number in range(300)]
    counter.read(lines(*texts))
    into = counter.folder / "into"
    first = {file.name: file.read_bytes() for file in into.iterdir()}
    assert sorted(first) == ["2026-01-03.parquet", "2026-01-04.parquet", "2026-01-05.parquet"]
    found = counter.read(lines(*reversed(texts)))
    assert {file.name: file.read_bytes() for file in into.iterdir()} == first
    for day in ("2026-01-03", "2026-01-04", "2026-01-05"):
        keys = [row["order_id"] for row in found.rows if str(row["business_date"]) == day]
        assert keys == sorted(keys)


# ---------------------------------------------------------------- control figures


def test_control_figures_that_agree_let_the_file_in(counter: Counter) -> None:
    texts = (json_line("A1", amount=10.25), json_line("A2", amount=0.5), json_line("A3"), "broken")
    found = counter.read(lines(*texts), expected_rows=4, expected_totals={"amount_cny": Decimal("10.75")})
    assert found.outcome.rows_loaded == 3


def test_a_missing_row_rejects_the_file(counter: Counter) -> None:
    content = lines(*(json_line(f"A{number}") for number in range(9998)))
    with pytest.raises(FileRejectedError, match=r"^orders\.jsonl: control total 10000 <> 9998") as raised:
        counter.read(content, expected_rows=10_000)
    assert raised.value.rule == "control_mismatch"
    assert counter.read(content, expected_rows=9_998).outcome.rows_loaded == 9_998


def test_another_amount_rejects_the_file(counter: Counter) -> None:
    content = lines(COLUMNS, csv_row("A1", amount="1.10"), csv_row("A2", amount="2.005"))
    with pytest.raises(FileRejectedError, match=r"control total of amount_cny 3\.10 <> 3\.1050") as raised:
        counter.read(content, name="o.csv", expected_totals={"amount_cny": Decimal("3.10")})
    assert raised.value.rule == "control_mismatch"
    totals = {"amount_cny": Decimal("3.105"), "quantity_shares": Decimal(6)}
    found = counter.read(content, name="o.csv", expected_totals=totals)
    assert (found.outcome.rows_loaded, found.outcome.rules) == (1, {"scale": 1})


@pytest.mark.parametrize("name", ["amount", "customer_id"])
def test_a_control_total_of_no_amount_rejects_the_file(counter: Counter, name: str) -> None:
    message = f"control total of {name}, which is no amount of shop.orders"
    with pytest.raises(FileRejectedError, match=message):
        counter.read(lines(json_line()), expected_totals={name: Decimal(0)})


# ---------------------------------------------------------------- drift


def test_a_type_that_changes_in_mid_file_is_quarantined_from_there_on(counter: Counter) -> None:
    texts = [json_line(f"A{n}", quantity=n if n < 25_000 else str(n)) for n in range(25_100)]
    found = counter.read(lines(*texts), contract=OPEN_ORDERS)
    assert (found.outcome.rows_loaded, found.outcome.rules) == (25_000, {"wrong_type": 100})
    assert found.reasons[0] == (
        25_001,
        "wrong_type",
        "quantity_shares",
        'quantity_shares: expected BIGINT, got "25000"',
    )


def test_keys_that_the_contract_neither_reads_nor_ignores_are_reported(counter: Counter) -> None:
    texts = (
        raw_line('"note":1,"properties":{"$os":"iOS","$ip":"1","$brand":"x"}'),
        raw_line('"Customer":1,"identities":{"phone":1}', "A2"),
        raw_line('"extra":{"deep":1}', "A3"),
        "{",
    )
    found = counter.read(lines(*texts))
    assert found.outcome.unknown_paths == ("Customer", "extra", "identities.phone", "properties.$brand")


def test_a_renamed_key_is_a_missing_one_and_a_new_one(counter: Counter) -> None:
    found = counter.read(lines(f'{{"Order_ID":"A1","placed_at":{NOON}}}'))
    assert found.only_reason() == ("missing", "missing order_id")
    assert found.outcome.unknown_paths == ("Order_ID",)


# ---------------------------------------------------------------- accounts


def test_a_rejected_record_says_where_it_stood_and_why(counter: Counter) -> None:
    (rejected,) = counter.read(lines(json_line("A1"), json_line("A2", side="x"))).rejected
    assert rejected == {
        "source": "shop",
        "table_name": "orders",
        "landed_as": "shop/orders/2026-01-06/orders.jsonl",
        "sha256": "5" * 64,
        "delivery_date": date(2026, 1, 6),
        "line_number": 2,
        "rule": "not_allowed",
        "field": "side_type",
        "message": 'side_type: not one of buy, sell: "x"',
        "raw_text": json_line("A2", side="x"),
    }


def test_a_good_file_has_no_quarantine_file(counter: Counter) -> None:
    counter.read(lines(json_line()))
    assert [file.name for file in (counter.folder / "into").iterdir()] == ["2026-01-05.parquet"]


def test_a_dry_run_counts_and_writes_nothing(counter: Counter) -> None:
    file = counter.folder / "orders.jsonl"
    file.write_bytes(lines(json_line(), "{"))
    strict = reader.StrictReader(ORDERS, token_key=b"k", connection=counter.connection)
    landed = reader.LandedFile(
        file, "shop/orders/2026-01-06/orders.jsonl", "0" * 64, judging.Delivery(date(2026, 1, 6))
    )
    outcome = strict.read(landed, into=None)
    assert (outcome.rows_read, outcome.rows_loaded, outcome.rules) == (2, 1, {"malformed_json": 1})
    assert list(counter.folder.iterdir()) == [file]


def test_a_reader_reads_one_file_after_another(counter: Counter) -> None:
    assert counter.read(lines(json_line("A1"), "{")).outcome.rows_quarantined == 1
    assert counter.read(lines(COLUMNS, csv_row("A2")), name="o.csv").column("order_id") == ["A2"]
    assert counter.read(packed(lines(json_line("A3"))), name="o.jsonl.gz").column("order_id") == ["A3"]


def test_a_record_that_goes_missing_inside_the_reader_stops_it(
    counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forgetful(*given: object, **options: object) -> Iterator[Frame]:
        for frame in framing.line_frames(*given, **options):  # type: ignore[arg-type]
            yield Frame(frame.records.slice(1), frame.bad)

    monkeypatch.setattr(reader, "line_frames", forgetful)
    with pytest.raises(AccountingError, match=r"^orders\.jsonl: 3 records in the file, 2 judged"):
        counter.read(lines(*(json_line(f"A{number}") for number in range(3))))


def test_a_fault_in_judging_ends_the_framing_thread(
    counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(framing, "FRAME_BYTES", 100)
    monkeypatch.setattr(unpacking, "CHUNK_BYTES", 100)

    def broken(*_: object) -> None:
        raise duckdb.OutOfMemoryException("no room")

    monkeypatch.setattr(judging.Judgement, "judge", broken)
    with pytest.raises(duckdb.OutOfMemoryException, match="no room"):
        counter.read(lines(*(json_line(f"A{number}") for number in range(100))))
    assert not [thread for thread in threading.enumerate() if thread.name == "framing"]


@pytest.mark.parametrize("address", sorted(load_contracts()))
def test_the_rules_of_every_contract_compile(counter: Counter, address: str) -> None:
    contract = load_contracts()[address]
    for name in ("o.jsonl", "o.csv"):
        if name.endswith(contract.formats):
            header = ",".join(".".join(one.path) for one in contract.fields)
            content = lines("{}") if name == "o.jsonl" else lines(header, "," * (len(contract.fields) - 1))
            found = counter.read(content, name=name, contract=contract)
            assert found.outcome.rules == {"missing": 1}


def test_an_event_of_the_app_is_read(counter: Counter) -> None:
    event = (
        '{"type":"track","distinct_id":"d1","event":"Search","time":1767585600000,"_track_id":7,'
        '"identities":{"$identity_mobile":"13800001111"},"properties":{"$os":"iOS","keyword":"基金"}}'
    )
    found = counter.read(lines(event), contract=load_contracts()["app.events"])
    (row,) = found.rows
    assert (row["distinct_id"], row["event"], row["os"]) == ("d1", "Search", "iOS")
    assert row["identity_mobile"].startswith("tk_")
    names = pq.read_schema(next(Path(counter.folder / "into").iterdir())).names
    assert names[-2:] == ["business_date", "delivery_date"]
