"""Columns of the reference lists: securities, sectors, products and the trading calendar.

Belongs here: one function per list. Does not belong here: anything that changes by the day.
"""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pyarrow as pa

from demo.catalogue import PRODUCTS
from demo.market import SECTORS, SECURITIES
from demo.people import NEVER
from demo.rendering import Columns
from demo.shanghai import TradingCalendar

SECTORS_SINCE = date(2020, 1, 1)
FIRST_LISTING = date(2004, 3, 1)


def since_1970(day: date) -> int:
    """Return a day as feeds hold it: counted from 1970-01-01."""
    return (day - date(1970, 1, 1)).days


def securities() -> Columns:
    """Return every listed security."""
    return {
        "security_code": pa.array([one.code for one in SECURITIES]),
        "name": pa.array([one.name for one in SECURITIES]),
        "type": pa.array([one.kind for one in SECURITIES]),
        "market": pa.array([one.market for one in SECURITIES]),
        "listed_on": since_1970(FIRST_LISTING) + np.arange(len(SECURITIES)) * 89,
    }


def security_sectors() -> Columns:
    """Return every membership of a security in a sector."""
    known = {sector.code: sector for sector in SECTORS}
    pairs = [(security.code, known[code]) for security in SECURITIES for code in security.sectors]
    return {
        "security_code": pa.array([security for security, _ in pairs]),
        "sector_code": pa.array([sector.code for _, sector in pairs]),
        "sector_name": pa.array([sector.name for _, sector in pairs]),
        "scheme": pa.array([sector.scheme for _, sector in pairs]),
        "valid_from": np.full(len(pairs), since_1970(SECTORS_SINCE)),
        "valid_to": np.full(len(pairs), NEVER),
    }


def products() -> Columns:
    """Return the product shelf."""
    return {
        "product_id": pa.array([one.product_id for one in PRODUCTS]),
        "name": pa.array([one.name for one in PRODUCTS]),
        "category": pa.array([one.category for one in PRODUCTS]),
        "fund_type": pa.array([one.fund_type for one in PRODUCTS], pa.string()),
        "risk_level": pa.array([one.risk_level for one in PRODUCTS]),
        "term_days": pa.array([one.term_days for one in PRODUCTS], pa.int64()),
        "min_amount": np.asarray([one.minimum_cny * 100 for one in PRODUCTS]),
        "fee_rate": np.asarray([one.fee_millionths for one in PRODUCTS]),
        "status": pa.array(["open"] * len(PRODUCTS)),
    }


def trading_days(calendar: TradingCalendar) -> Columns:
    """Return every calendar day, closed ones included."""
    days = [
        calendar.first_day + timedelta(days=number)
        for number in range((calendar.last_day - calendar.first_day).days + 1)
    ]
    return {
        "day": np.asarray([since_1970(day) for day in days]),
        "is_trading_day": np.asarray([calendar.is_open(day) for day in days]),
    }
