"""Online Retail II, 2009–2010: half a million lines of invoices come in as trades, and none gets lost on the way."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from storage.home import Home
from tests.realdata.nights import (
    Account,
    account,
    in_lake,
    in_quarantine,
    published_days,
    refused,
    run_night,
    take_in_files,
)

ADDRESS = "online_retail.invoice_lines"
ROWS = 525_461
LAST_DAY = date(2010, 12, 9)
# A night walks every day since the first; the first month is enough to see the set go all the way.
FIRST_DAYS_END = date(2009, 12, 5)


@pytest.fixture(scope="module")
def invoices(realdata: Path) -> Path:
    return realdata / "online_retail_2009_2010" / "online_retail_II_2009_2010.parquet"


@pytest.fixture(scope="module")
def home(invoices: Path, tmp_path_factory: pytest.TempPathFactory) -> Home:
    return take_in_files(tmp_path_factory.mktemp("retail") / "home", {ADDRESS: invoices}, delivered=LAST_DAY)


def in_file(invoices: Path, query: str) -> list[tuple[Any, ...]]:
    """Return what `query` finds in `lines`, the rows of the file, each with its `line`."""
    with duckdb.connect() as reader:
        reader.execute(
            "create view lines as select *, file_row_number + 1 as line,"
            " \"Customer ID\" is null as is_nobodys, Invoice like 'C%' as is_cancelled"
            f" from read_parquet('{invoices}', file_row_number = true)"
        )
        return reader.execute(query).fetchall()


REPEATED = """
    select count(*) from (
        select row_number() over (
            partition by Invoice, StockCode, Description, Quantity, InvoiceDate, Price, "Customer ID", Country
            order by line
        ) as occurrence, line, is_nobodys
        from lines
    ) where occurrence > 1
"""


def test_the_file_is_the_one_that_the_figures_are_about(invoices: Path) -> None:
    counts = """
        select count(*), count(*) filter (Quantity < 0), count(*) filter (is_cancelled),
            count(*) filter (is_nobodys)
        from lines
    """
    assert in_file(invoices, counts) == [(ROWS, 12_326, 10_206, 107_927)]
    assert in_file(invoices, REPEATED) == [(6_865,)]


def test_every_line_is_loaded_or_refused(home: Home) -> None:
    assert account(home, ADDRESS) == Account(
        read=ROWS, loaded=417_489, repeated=6_771, quarantined=107_927 + 31 + 14
    )


def test_every_refused_line_names_one_rule(home: Home) -> None:
    assert refused(home, ADDRESS) == {
        # Nobody's purchases, among them all that were written off: a trade has a customer.
        ("missing", "customer_id"): 107_927,
        # Given away: a trade has a price.
        ("out_of_range", "unit_price"): 31,
        # Tenths of a penny, which come to no penny: a trade moves at least 0.01.
        ("out_of_range", "gross_amount_cny"): 14,
    }


def test_repeated_lines_are_counted_where_they_went(home: Home, invoices: Path) -> None:
    """6,865 lines repeat another one in every column: 6,771 of a customer, counted, and 94 of nobody, refused."""
    assert in_file(invoices, f"{REPEATED} and not is_nobodys") == [(6_771,)]
    assert in_file(invoices, f"{REPEATED} and is_nobodys") == [(94,)]
    assert 6_771 + 94 == 6_865
    # None of the 45 lines refused for their price or amount repeats another one.
    assert account(home, ADDRESS).repeated == 6_771


def test_lines_without_a_price_are_refused_for_their_first_fault(invoices: Path) -> None:
    """Of 3,687 lines that cost nothing and 3 that cost less, 31 are a customer's: a missing customer comes first."""
    prices = "select sign(Price), count(*), count(*) filter (not is_nobodys) from lines where Price <= 0 group by all"
    assert sorted(in_file(invoices, prices)) == [(-1, 3, 0), (0, 3_687, 31)]


def test_lines_that_differ_anywhere_stay_apart(home: Home) -> None:
    assert in_lake(home, "broker.trades", "select count(*), count(distinct trade_id) from lake") == [
        (417_489 - 6_771, 410_718)
    ]


def test_negative_quantities_are_sold_when_cancelled_and_refused_otherwise(
    home: Home, invoices: Path
) -> None:
    """12,326 = 10,205 cancelled lines and 2,121 others, which are nobody's and cost nothing."""
    negative = """
        select is_cancelled, is_nobodys, Price = 0, count(*) from lines where Quantity < 0 group by all order by all
    """
    assert in_file(invoices, negative) == [
        (False, True, True, 2_121),
        (True, False, False, 9_839),
        (True, True, False, 366),
    ]
    positive = "select count(*), count(*) filter (is_nobodys) from lines where is_cancelled and Quantity > 0"
    assert in_file(invoices, positive) == [(1, 1)]
    assert 9_839 + 366 + 1 == 10_206
    lines = [line for (line,) in in_quarantine(home, ADDRESS, "select line_number from held")]
    assert len(lines) == len(set(lines)) == 107_972
    (sold,) = in_lake(
        home, "broker.trades", "select count(*), min(quantity_shares) from lake where side = 'S'"
    )
    # 23 of the 9,839 repeat another one, and none is refused.
    assert sold == (9_839 - 23, 1)


def test_amounts_and_dates_are_those_of_the_invoices(home: Home, invoices: Path) -> None:
    of_invoices = """
        select distinct Invoice, StockCode, Description, Quantity, InvoiceDate, Price, "Customer ID", Country,
            cast(InvoiceDate as date) as day,
            cast(abs(Quantity) * cast(Price as decimal(18, 4)) as decimal(18, 2)) as amount
        from lines where not is_nobodys
    """
    by_day = (
        f"select day, count(*), sum(amount) from ({of_invoices}) where amount > 0 group by day order by day"
    )
    expected = in_file(invoices, by_day)
    assert len(expected) == 307
    assert expected == in_lake(
        home,
        "broker.trades",
        "select business_date, count(*), sum(gross_amount_cny) from lake group by all order by all",
    )


def test_no_two_goods_share_a_security_code(home: Home, invoices: Path) -> None:
    goods = """
        select count(distinct upper(trim(StockCode))) from lines
        where not is_nobodys and round(abs(Quantity) * Price, 2) >= 0.01
    """
    assert in_lake(home, "broker.trades", "select count(distinct security_code) from lake") == in_file(
        invoices, goods
    )


def test_customers_keep_their_number(home: Home) -> None:
    assert in_lake(
        home,
        "broker.trades",
        "select count(distinct customer_id), min(customer_id), max(customer_id) from lake",
    ) == [(4_381, "12346", "18287")]


@pytest.mark.timeout(900)
def test_a_night_makes_each_customer_a_person_who_traded(invoices: Path, tmp_path: Path) -> None:
    days = tmp_path / "first_days.parquet"
    with duckdb.connect() as writer:
        writer.execute(
            f"copy (from '{invoices}' where InvoiceDate < '2009-12-06') to '{days}' (format parquet)"
        )
    home = run_night(tmp_path / "home", {ADDRESS: days}, delivered=FIRST_DAYS_END)
    assert account(home, ADDRESS).read == 12_463
    (expected,) = in_lake(
        home,
        "broker.trades",
        "select count(distinct customer_id), count(distinct customer_id) filter (business_date = '2009-12-01')"
        " from lake",
    )
    stages = "select count(distinct person_id) from days where as_of_date = "
    found = [
        published_days(home, "marts.fct_person_stages", f"{stages} '{day}'")[0][0]
        for day in (FIRST_DAYS_END, date(2009, 12, 1))
    ]
    assert tuple(found) == expected
