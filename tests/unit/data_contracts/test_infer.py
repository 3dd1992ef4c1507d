"""Drafted contracts: they load, and every guess errs on the safe side."""

import gzip
import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from data_contracts.contract import Contract, ContractError, load_contract
from data_contracts.infer import infer_contract


def _drafted(folder: Path, sample: Path) -> Contract:
    file = folder / "shop.orders.yaml"
    file.write_text(infer_contract(sample, source="shop", table="orders"), encoding="utf-8")
    return load_contract(file)


def _csv(folder: Path, header: str, rows: list[str], encoding: str = "utf-8") -> Path:
    sample = folder / "sample.csv"
    sample.write_bytes("".join(f"{line}\n" for line in [header, *rows]).encode(encoding))
    return sample


def _jsonl(folder: Path, records: list[dict[str, Any]]) -> Path:
    sample = folder / "sample.jsonl"
    sample.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    return sample


def test_the_draft_of_a_csv_file_loads_and_says_what_it_saw(tmp_path: Path) -> None:
    rows = [f"A{n:03},2026-01-05,{n}.50,{'true' if n % 2 else 'false'},{n}" for n in range(30)]
    contract = _drafted(tmp_path, _csv(tmp_path, "OrderId,orderDate,Amount,Paid,Pieces", rows))
    types = {field.name: field.type for field in contract.fields}
    assert types == {
        "order_id": "VARCHAR",
        "order_date": "DATE",
        "amount": "DECIMAL(18,2)",
        "paid": "BOOLEAN",
        "pieces": "BIGINT",
    }
    assert contract.fields[0].path == ("OrderId",)
    assert (contract.status, contract.key, contract.business_date) == ("draft", ("order_id",), "order_date")
    assert (contract.formats, contract.delimiter, contract.encoding) == (("csv",), ",", "utf-8")


def test_numbers_with_leading_zeros_and_long_ids_stay_text(tmp_path: Path) -> None:
    rows = [f"00000{n},11010119900307{n:04},{n}" for n in range(9)]
    contract = _drafted(tmp_path, _csv(tmp_path, "security,long_one,customer_no", rows))
    assert [field.type for field in contract.fields] == ["VARCHAR", "VARCHAR", "VARCHAR"]


def test_one_leading_zero_among_many_numbers_makes_the_column_text(tmp_path: Path) -> None:
    rows = [f"{n}" for n in range(1, 30)] + ["007"]
    assert _drafted(tmp_path, _csv(tmp_path, "value", rows)).field("value").type == "VARCHAR"


def test_dates_and_moments_are_told_apart_by_their_offset(tmp_path: Path) -> None:
    record = {
        "id": "a",
        "on": "2026-01-05",
        "zoned": "2026-01-05T18:00:00+08:00",
        "local": "2026-01-05 18:00:00",
        "time": 1767607200000,
        "not_a_date": "2026-13-45",
    }
    contract = _drafted(tmp_path, _jsonl(tmp_path, [record]))
    found = {field.name: (field.type, field.time_format) for field in contract.fields}
    assert found["on"] == ("DATE", None)
    assert found["zoned"] == ("TIMESTAMP", "iso8601")
    assert found["local"] == ("TIMESTAMP", "local")
    assert found["time"] == ("TIMESTAMP", "epoch_ms")
    assert found["not_a_date"] == ("VARCHAR", None)


def test_a_mixture_of_moments_with_and_without_offset_stays_text(tmp_path: Path) -> None:
    moments = ["2026-01-05T18:00:00Z", "2026-01-05T18:00:00"]
    contract = _drafted(tmp_path, _jsonl(tmp_path, [{"id": n, "at": at} for n, at in enumerate(moments)]))
    assert contract.field("at").type == "VARCHAR"


def test_json_text_that_looks_like_a_number_stays_text(tmp_path: Path) -> None:
    contract = _drafted(tmp_path, _jsonl(tmp_path, [{"id": n, "count": str(n)} for n in range(5)]))
    assert (contract.field("id").type, contract.field("count").type) == ("BIGINT", "VARCHAR")


def test_nested_values_are_read_by_their_path_and_named_by_its_end(tmp_path: Path) -> None:
    records = [
        {"id": n, "properties": {"$os": "iOS", "id": "x", "labels": ["a"], "parts": [{"b": 1}]}}
        for n in range(3)
    ]
    contract = _drafted(tmp_path, _jsonl(tmp_path, records))
    assert contract.field("os").path == ("properties", "$os")
    assert contract.field("properties_id").path == ("properties", "id")
    assert contract.field("labels").type == "VARCHAR[]"
    assert contract.ignored == ("properties.parts",)


def test_a_value_absent_in_some_records_is_not_required(tmp_path: Path) -> None:
    contract = _drafted(
        tmp_path, _jsonl(tmp_path, [{"id": 1, "note": "x"}, {"id": 2}, {"id": 3, "note": None}])
    )
    assert (contract.field("id").required, contract.field("note").required) == (True, False)


def test_private_values_are_found_by_name_and_by_pattern(tmp_path: Path) -> None:
    rows = [
        f"{n},138001380{n:02},11010119900307{n:04},622202100000000{n:04},x,Li Lei,10.0.0.{n},13900139{n:03},y"
        for n in range(50)
    ]
    header = "id,contact,doc,account,phone_hash,real_name,ip,mobile,word"
    contract = _drafted(tmp_path, _csv(tmp_path, header, rows))
    found = {field.name: field.classification for field in contract.fields}
    assert found == {
        "id": "C1",
        "contact": "C2",
        "doc": "C2",
        "account": "C2",
        "phone_hash": "C2",
        "real_name": "C3",
        "ip": "C3",
        "mobile": "C2",
        "word": "C1",
    }
    assert all("the owner must confirm" in field.description for field in contract.fields)


def test_a_private_column_offers_no_allowed_values(tmp_path: Path) -> None:
    contract = _drafted(tmp_path, _csv(tmp_path, "n,mobile", [f"{n},13800138000" for n in range(40)]))
    assert contract.field("mobile").enum == ()


def test_few_repeated_words_are_proposed_as_allowed_values(tmp_path: Path) -> None:
    rows = [f"{n},{'open' if n % 2 else 'paid'},word{n}" for n in range(40)]
    contract = _drafted(tmp_path, _csv(tmp_path, "n,state,word", rows))
    assert contract.field("state").enum == ("open", "paid")
    assert contract.field("word").enum == ()


def test_a_key_of_two_columns_is_found_when_none_alone_is_unique(tmp_path: Path) -> None:
    rows = [f"{a},{b},1.5" for a in "xyz" for b in "pqr"]
    assert _drafted(tmp_path, _csv(tmp_path, "first,second,size", rows)).key == ("first", "second")


def test_a_sample_without_a_key_says_so_and_still_loads(tmp_path: Path) -> None:
    sample = _csv(tmp_path, "a,b", ["1,2", "1,2"])
    assert "No key of up to three columns is unique" in infer_contract(sample, source="shop", table="orders")
    assert _drafted(tmp_path, sample).key == ("a", "b")


def test_a_gb18030_file_with_another_delimiter_is_recognised(tmp_path: Path) -> None:
    contract = _drafted(
        tmp_path, _csv(tmp_path, "编号|姓名|手机", ["001|李雷|13800138000"], encoding="gb18030")
    )
    assert (contract.encoding, contract.delimiter) == ("gb18030", "|")
    assert [field.name for field in contract.fields] == ["column_1", "column_2", "column_3"]
    assert [field.path[0] for field in contract.fields] == ["编号", "姓名", "手机"]
    assert [field.classification for field in contract.fields] == ["C1", "C3", "C2"]


def test_gzip_is_recognised_by_its_bytes(tmp_path: Path) -> None:
    sample = tmp_path / "sample.dat"
    sample.write_bytes(gzip.compress(b'{"id": 1}\n{"id": 2}\n'))
    assert _drafted(tmp_path, sample).formats == ("jsonl",)


def test_a_parquet_file_keeps_the_types_it_declares(tmp_path: Path) -> None:
    sample = tmp_path / "sample.parquet"
    moment = datetime(2026, 1, 5, 10, tzinfo=UTC)
    table = pa.table(
        {
            "id": pa.array([1, 2], pa.int32()),
            "amount": pa.array([Decimal("1.500"), Decimal("2.250")], pa.decimal128(20, 3)),
            "at": pa.array([moment, moment], pa.timestamp("us", tz="UTC")),
            "on": pa.array([date(2026, 1, 5)] * 2),
            "ratio": pa.array([0.5, 0.25]),
            "code": pa.array(["01", "02"]),
            "parts": pa.array([{"a": 1}, {"a": 2}]),
        }
    )
    pq.write_table(table, sample)
    contract = _drafted(tmp_path, sample)
    assert {field.name: field.type for field in contract.fields} == {
        "id": "BIGINT",
        "amount": "DECIMAL(20,3)",
        "at": "TIMESTAMP",
        "on": "DATE",
        "ratio": "DOUBLE",
        "code": "VARCHAR",
    }
    assert (contract.formats, contract.ignored) == (("parquet",), ("parts",))


def test_a_column_whose_name_holds_a_dot_is_left_out_and_named(tmp_path: Path) -> None:
    sample = _jsonl(tmp_path, [{"id": 1, "a.b": 2}])
    assert "Left out, since a path cannot hold a dot: a.b." in infer_contract(
        sample, source="shop", table="orders"
    )
    assert [field.name for field in _drafted(tmp_path, sample).fields] == ["id"]


@pytest.mark.parametrize(
    ("content", "line", "reason"),
    [
        (b"", 1, "the sample is empty"),
        (b"a,b\n", 1, "the sample has no records to learn from"),
        (b'{"id": 1}\n{"id": 2,\n', 2, "not valid JSON"),
        (b'{"id": 1}\n[1, 2]\n', 2, "the line is JSON but not an object"),
        (b"a,b\n1,2\n1,2,3\n", 3, "3 values under 2 names"),
        (b"a,a\n1,2\n", 1, "the header has an empty name, or one that stands twice"),
        (b"a\n\xff\xff\n", 1, "neither utf-8 nor gb18030"),
        (gzip.compress(b"a,b\n1,2\n", mtime=0)[:-6], 1, "the gzip file is broken"),
        (b"PAR1 and nothing more", 1, "not valid Parquet"),
    ],
)
def test_a_sample_that_cannot_be_read_says_where_and_why(
    tmp_path: Path, content: bytes, line: int, reason: str
) -> None:
    sample = tmp_path / "sample"
    sample.write_bytes(content)
    with pytest.raises(ContractError) as caught:
        infer_contract(sample, source="shop", table="orders")
    assert (caught.value.file, caught.value.line) == (sample, line)
    assert reason in caught.value.reason


def test_an_address_that_cannot_name_a_contract_is_refused(tmp_path: Path) -> None:
    sample = _csv(tmp_path, "a", ["1"])
    with pytest.raises(ContractError, match="'Shop' cannot name a contract"):
        infer_contract(sample, source="Shop", table="orders")
