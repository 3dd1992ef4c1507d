"""Rows of the reference lists: securities, sectors, products and the trading calendar.

Belongs here: one function per list, in the feed's column order.
Does not belong here: anything that changes by the day.
"""

from collections.abc import Iterator
from datetime import date, timedelta

from demo.catalogue import PRODUCTS
from demo.market import SECTORS, SECURITIES
from demo.rendering import Row
from demo.shanghai import TradingCalendar

SECTORS_SINCE = date(2020, 1, 1)
FIRST_LISTING = date(2004, 3, 1)


def securities() -> Iterator[Row]:
    """Yield every listed security."""
    for place, security in enumerate(SECURITIES):
        listed_on = FIRST_LISTING + timedelta(days=place * 89)
        yield security.code, security.name, security.kind, security.market, listed_on


def security_sectors() -> Iterator[Row]:
    """Yield every membership of a security in a sector."""
    known = {sector.code: sector for sector in SECTORS}
    for security in SECURITIES:
        for code in security.sectors:
            yield security.code, code, known[code].name, known[code].scheme, SECTORS_SINCE, None


def products() -> Iterator[Row]:
    """Yield the product shelf."""
    for product in PRODUCTS:
        yield (
            product.product_id, product.name, product.category, product.fund_type, product.risk_level,
            product.term_days, product.minimum_cny * 100, product.fee_millionths, "open",
        )  # fmt: skip


def trading_days(calendar: TradingCalendar) -> Iterator[Row]:
    """Yield every calendar day, closed ones included."""
    for number in range((calendar.last_day - calendar.first_day).days + 1):
        day = calendar.first_day + timedelta(days=number)
        yield day, calendar.is_open(day)
