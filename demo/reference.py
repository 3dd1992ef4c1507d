"""Columns of the reference lists: the market, the shelf and its sale, the broker's branches and managers.

Belongs here: one function per list, and what the market as a whole did on a day.
Does not belong here: anything that is told of a person.
"""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pyarrow as pa

from demo import names
from demo.catalogue import PRODUCTS
from demo.draws import Draws
from demo.market import BY_SECTOR, PLACES, SECTORS, SECURITIES, Market
from demo.names import BRANCHES, MANAGERS
from demo.people import CITIES, NEVER, SURNAMES
from demo.rendering import Columns
from demo.shanghai import TradingCalendar

SECTORS_SINCE = date(2020, 1, 1)
FIRST_LISTING = date(2004, 3, 1)
DAILY_CAPACITY = 20
REGIONS = ("华东", "华南", "华北", "中西部")
EXCHANGES = ("SH", "SZ")
TURNOVER_FEN = 40_000_000_000_000
SALE_TARGET_FEN, SALE_DAYS, SALE_STARTS_AFTER = 5_000_000_000, 20, 30
SALE, SOLD = "SALE-001", ("P0005", "P0007")


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


def branches() -> Columns:
    """Return the broker's branches."""
    numbers = np.arange(1, BRANCHES + 1)
    places = [CITIES[number % len(CITIES)] for number in numbers.tolist()]
    return {
        "branch_id": names.joined("B", names.padded(numbers, 3)),
        "name": pa.array(
            [f"{city}第{number}营业部" for number, (_, city) in zip(numbers.tolist(), places, strict=True)]
        ),
        "region": pa.array([REGIONS[number % len(REGIONS)] for number in numbers.tolist()]),
        "province": pa.array([province for province, _ in places]),
        "city": pa.array([city for _, city in places]),
    }


def managers() -> Columns:
    """Return the managers, two a branch."""
    numbers = np.arange(MANAGERS)
    return {
        "rm_id": names.joined("RM", names.padded(numbers, 3)),
        "name_masked": pa.array([f"{SURNAMES[number % len(SURNAMES)]}**" for number in numbers.tolist()]),
        "branch_id": names.branch_id(numbers),
        "region": pa.array([REGIONS[(number % BRANCHES + 1) % len(REGIONS)] for number in numbers.tolist()]),
        "daily_capacity": np.full(MANAGERS, DAILY_CAPACITY),
        "active": np.ones(MANAGERS, dtype=np.bool_),
    }


def market_stats(market: Market, day: int, first_day: date, draw: Draws) -> Columns:
    """Return what each exchange did on a day that it was open."""
    count = 0 if np.isnan(market.whole[day]) else len(EXCHANGES)
    places = np.arange(count)
    return {
        "ds": np.full(count, since_1970(first_day) + day),
        "market": pa.array(EXCHANGES[:count], pa.string()),
        "turnover": (TURNOVER_FEN * (0.8 + 0.4 * draw.shares(places))).astype(np.int64),
        "new_accounts": draw.whole(40_000, 120_000, places, 1),
        "index_return": np.full(count, 0 if not count else round(float(market.whole[day]) * 1_000_000)),
    }


def sector_returns(market: Market, day: int, first_day: date, draw: Draws) -> Columns:
    """Return how the securities of each sector moved on an open day, each counting alike."""
    known = (
        {} if np.isnan(market.whole[day]) else {sector: codes for sector, codes in BY_SECTOR.items() if codes}
    )
    before, after = market.closes[day], market.closes[day + 1]
    moves = [
        np.mean([after[PLACES[code]] / before[PLACES[code]] - 1 for code in codes])
        for codes in known.values()
    ]
    places = np.arange(len(known))
    return {
        "ds": np.full(len(known), since_1970(first_day) + day),
        "sector_code": pa.array(list(known), pa.string()),
        "ret": np.rint(np.asarray(moves) * 1_000_000).astype(np.int64),
        "turnover": (TURNOVER_FEN // 20 * (0.5 + draw.shares(places))).astype(np.int64),
    }


def sales_campaigns(first_day: date) -> Columns:
    """Return the only sale of the simulated time."""
    start = since_1970(first_day) + SALE_STARTS_AFTER
    return {
        "campaign_id": pa.array([SALE]),
        "product_ids": pa.array([list(SOLD)]),
        "goal_metric": pa.array(["amount"]),
        "target_amount": np.asarray([SALE_TARGET_FEN]),
        "start": np.asarray([start]),
        "end": np.asarray([start + SALE_DAYS]),
        "extended_end": np.asarray([NEVER]),
        "settle_days": np.asarray([2]),
        "owner": pa.array(["wealth"]),
        "parent_campaign_id": pa.nulls(1, pa.string()),
        "holdout_pct": np.asarray([100_000]),
    }


def sales_targets() -> Columns:
    """Return what the whole and each branch are to sell; the branches' targets sum to the whole."""
    each = SALE_TARGET_FEN // BRANCHES
    ids = names.joined("B", names.padded(np.arange(1, BRANCHES + 1), 3)).to_pylist()
    return {
        "campaign_id": pa.array([SALE] * (BRANCHES + 1)),
        "org_level": pa.array(["total"] + ["branch"] * BRANCHES),
        "org_id": pa.array(["all", *ids]),
        "target_amount": np.asarray([each * BRANCHES] + [each] * BRANCHES),
    }
