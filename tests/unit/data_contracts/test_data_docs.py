"""Data docs: a person finds each table, its batches and what failed, from a disk without a network."""

import socket
from datetime import date, timedelta
from pathlib import Path

import pyarrow as pa
import pytest

from data_contracts.data_docs import PAGES_KEPT, build_docs
from data_contracts.expectations import validate_batch, validate_published
from tests.unit.data_contracts.order_batches import DAY, ORDERS, with_value

PERSONS = pa.table({"person_id": ["a", "b"], "churn_score": [0.1, 0.2]})


def test_the_data_docs_show_each_table_and_what_failed_and_ask_nothing_of_the_network(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("the network was asked")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    validate_batch(ORDERS, with_value("status", "<Paid $x>"), {DAY: 40, date(2026, 1, 3): 9}, docs=tmp_path)
    validate_published(
        "marts.dim_persons",
        [PERSONS],
        schema=PERSONS.schema,
        key=("person_id",),
        as_of_date=DAY,
        docs=tmp_path,
    )
    index = build_docs(tmp_path).read_text()
    page = (tmp_path / "shop.orders" / "2026-01-05_from_2026-01-03_2_days.html").read_text()
    assert "shop.orders" in index
    assert "marts.dim_persons/2026-01-05.html" in index
    assert (
        "column status: has known values, observed 1 of 40 against it (&#x27;&lt;Paid $x&gt;&#x27;)" in index
    )
    assert "column status: has known values, allowed open, paid" in page
    assert "&lt;Paid $x&gt;" in page
    assert "shop.orders" in page
    for text in (index, page):
        assert "<script" not in text
        assert "http" not in text
        assert "<Paid" not in text


def test_the_same_batch_judged_again_replaces_its_page_byte_for_byte(tmp_path: Path) -> None:
    rows = with_value("status", "Paid")
    contents = []
    for _ in range(2):
        validate_batch(ORDERS, rows, {DAY: 40}, docs=tmp_path)
        build_docs(tmp_path)
        contents.append({path: path.read_bytes() for path in tmp_path.rglob("*.[hj]*")})
    assert contents[0] == contents[1]
    assert len(contents[0]) == 3


def test_the_data_docs_keep_the_last_batches_of_a_table(tmp_path: Path) -> None:
    folder = tmp_path / "shop.orders"
    folder.mkdir()
    names = [f"{DAY + timedelta(days=day)}" for day in range(PAGES_KEPT + 2)]
    for name in names:
        (folder / f"{name}.json").write_text('{"passed": true, "evaluated": 3, "failures": []}')
        (folder / f"{name}.html").write_text("page")
    index = build_docs(tmp_path).read_text()
    assert sorted(path.stem for path in folder.glob("*.html")) == names[2:]
    assert index.count("passed</td>") == PAGES_KEPT
