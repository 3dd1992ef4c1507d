"""A source whose files look different: brought in by a mapping, judged by the contract."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from data_contracts.mapping import load_mapping
from storage.intake import take_in
from storage.lake import lake_file
from storage.quarantine import rejected_rows
from tests.unit.storage.landed import LAST, Cashier

MAPPING = """
contract: broker.cash_flows
formats: [csv]
delimiter: ";"
encoding: gb18030
timeZone: Asia/Shanghai
history: true
columns: [流水号, CLIENT, DEAL_TIME, DIRECTION, CENTS]
fields:
  cash_flow_id: {from: 流水号}
  customer_id: {from: CLIENT}
  occurred_at: {expression: "replace(\\"DEAL_TIME\\", ' ', 'T') || '+08:00'"}
  flow_type: {expression: "case \\"DIRECTION\\" when '入' then 'bank_in' when '出' then 'bank_out' end"}
  amount_cny: {expression: "cast(cast(\\"CENTS\\" as decimal(18, 0)) / 100 as decimal(18, 2))"}
  bank_code: {constant: ICBC}
"""

FILE = """流水号;CLIENT;DEAL_TIME;DIRECTION;CENTS
A1;C1;2020-03-05 00:30:00;入;12345
A2;C2;2020-03-05 23:59:59;出;1
A3;C3;2020-03-05 10:00:00;退;500
A4;C4;2020-03-05 10:00:00;入;five
"""


@pytest.fixture
def foreign(cashier: Cashier, tmp_path: Path) -> Cashier:
    return _foreign(cashier, tmp_path, MAPPING)


def _foreign(cashier: Cashier, tmp_path: Path, text: str) -> Cashier:
    file = tmp_path / "oldbank.movements.mapping.yaml"
    file.write_text(text, encoding="utf-8")
    mapping = load_mapping(file, contracts=cashier.doors.contracts)
    folder = cashier.doors.home.landing / "oldbank" / "movements" / "2026-01-05"
    folder.mkdir(parents=True)
    (folder / "movements.csv").write_bytes(FILE.encode("gb18030"))
    return replace(cashier, doors=replace(cashier.doors, mappings={mapping.address: mapping}))


def test_foreign_files_land_in_the_table_of_the_contract_they_are_mapped_to(foreign: Cashier) -> None:
    report = take_in(foreign.doors, foreign.contract, through=LAST)
    assert (report.rows_read, report.rows_loaded, report.rows_quarantined) == (4, 2, 2)
    assert all(record.is_accounted for record in report.files)
    rows = pq.read_table(lake_file(foreign.doors.home, "broker", "cash_flows", date(2020, 3, 5))).to_pylist()
    assert [
        (row["cash_flow_id"], row["flow_type"], row["amount_cny"], row["bank_code"], str(row["occurred_at"]))
        for row in rows
    ] == [
        ("A1", "bank_in", Decimal("123.45"), "ICBC", "2020-03-04 16:30:00"),
        ("A2", "bank_out", Decimal("0.01"), "ICBC", "2020-03-05 15:59:59"),
    ]


def test_a_mapping_cannot_let_in_what_the_contract_refuses(foreign: Cashier) -> None:
    (record,) = take_in(foreign.doors, foreign.contract, through=LAST).files
    found = [
        (row["line_number"], row["rule"], row["field"], row["raw_text"])
        for row in rejected_rows(foreign.doors, record).to_pylist()
    ]
    assert found == [
        (4, "missing", "flow_type", "A3;C3;2020-03-05 10:00:00;退;500"),
        (5, "mapping_failed", "amount_cny", "A4;C4;2020-03-05 10:00:00;入;five"),
    ]


def test_rows_that_the_mapping_does_not_mean_are_counted_and_neither_loaded_nor_quarantined(
    cashier: Cashier, tmp_path: Path
) -> None:
    # The amount of A4 is no number, and nobody asks.
    selective = _foreign(cashier, tmp_path, f"where: CLIENT in ('C1', 'C3'){MAPPING}")
    report = take_in(selective.doors, selective.contract, through=LAST)
    (record,) = report.files
    assert (record.rows_read, record.rows_loaded, record.rows_quarantined) == (4, 1, 1)
    assert record.rows_passed_over == report.rows_passed_over == 2
    assert record.is_accounted
    assert selective.doors.ledger.files() == [replace(record, file_id=1)]
    assert set(selective.flows(date(2020, 3, 5))) == {"A1"}


def test_a_row_of_which_the_mapping_cannot_say_whether_it_is_meant_is_quarantined(
    cashier: Cashier, tmp_path: Path
) -> None:
    selective = _foreign(cashier, tmp_path, f"where: cast(CENTS as integer) < 1000{MAPPING}")
    (record,) = take_in(selective.doors, selective.contract, through=LAST).files
    found = [
        (row["line_number"], row["rule"], row["message"])
        for row in rejected_rows(selective.doors, record).to_pylist()
    ]
    doubt = "the mapping cannot say whether the row is meant: cast(CENTS as integer) < 1000"
    assert (record.rows_loaded, record.rows_passed_over) == (1, 1)
    assert found == [(4, "missing", "missing flow_type"), (5, "mapping_failed", doubt)]


def test_a_foreign_file_without_a_declared_column_is_turned_away(foreign: Cashier) -> None:
    path = next(foreign.doors.home.landing.rglob("movements.csv"))
    path.write_bytes(FILE.replace("CLIENT", "CUSTOMER").encode("gb18030"))
    (record,) = take_in(foreign.doors, foreign.contract, through=LAST).files
    assert (record.status, record.rule) == ("rejected", "header")
    assert record.message is not None
    assert "CLIENT missing" in record.message


def test_own_and_foreign_files_of_one_date_make_one_lake_date(foreign: Cashier) -> None:
    foreign.land(
        date(2026, 1, 5),
        ["B1,C9,2020-03-05T12:00:00+08:00,fee,2.00,,,"],
        control={"history": True},
    )
    take_in(foreign.doors, foreign.contract, through=LAST)
    assert set(foreign.flows(date(2020, 3, 5))) == {"A1", "A2", "B1"}
