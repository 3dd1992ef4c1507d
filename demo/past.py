"""The past: what existing customers had done before the first day, and the accounts they begin with.

Belongs here: those draws. Does not belong here: the days of the simulation (money.py).
"""

from __future__ import annotations

import numpy as np

from demo.accounts import LOT, choose_security, hold_more
from demo.crowd import (
    HOLDINGS,
    NOBODY,
    Crowd,
    Past,
)
from demo.draws import Draws, Flags, Integers
from demo.people import FIRST_BIRTH, NEVER
from demo.shanghai import HOUR_MS, midnight_ms
from demo.wealth import choose, hold

UNFUNDED, INVESTED, HOLDS_SHARES, HOLDS_FUNDS = 0.18, 0.8, 0.85, 0.25
OLDEST_ACCOUNT_DAYS, ADULT_DAYS = 12 * 365, 18 * 366


def imagine_past(crowd: Crowd, who: Integers) -> Past:
    """Give the existing customers `who` their accounts as of the evening before the first day; return their history."""
    people, draw = crowd.people, crowd.world.draws("past")
    counter, first_day = people.index[who], crowd.world.first_day
    budget = people.wealth_cny[who] * 100
    age = (np.datetime64(first_day) - FIRST_BIRTH).astype(int) - people.born[who] - ADULT_DAYS
    oldest = np.maximum(31, np.minimum(OLDEST_ACCOUNT_DAYS, age))
    opened = -(30 + (draw.shares(counter, 0) * (oldest - 30)).astype(np.int64))
    hour = 9 * HOUR_MS + (draw.shares(counter, 1) * 8 * HOUR_MS).astype(np.int64)
    crowd.opened_ms[who] = midnight_ms(first_day) + opened * 24 * HOUR_MS + hour
    crowd.bound_ms[who] = crowd.opened_ms[who]
    funded = draw.happens(1 - UNFUNDED, counter, 2)
    funded_on = opened + (draw.shares(counter, 3) * np.minimum(30, -opened)).astype(np.int64)
    cash = (budget * (0.03 + 0.47 * draw.shares(counter, 4))).astype(np.int64)
    invested = funded & ~people.only_watches[who] & draw.happens(INVESTED, counter, 5)
    invested_on = funded_on + (draw.shares(counter, 6) * np.minimum(20, -funded_on)).astype(np.int64)
    traded_on = np.maximum(invested_on, -1 - draw.waits(60.0, counter, 7).astype(np.int64))
    crowd.cash[who] = np.where(funded, cash, 0)
    fund_share = 0.05 + 0.25 * draw.shares(counter, 9)
    has_funds = invested & draw.happens(HOLDS_FUNDS, counter, 8)
    fund_budget = np.where(has_funds, (budget * fund_share).astype(np.int64), 0)
    product = choose(crowd, draw, who, fund_budget, 60)
    holds = product != NOBODY
    hold(crowd, who[holds], product[holds], fund_budget[holds], day=-1)
    _stock_up(crowd, draw, who, budget, invested & draw.happens(HOLDS_SHARES, counter, 10))
    crowd.total_before[who] = crowd.cash[who] + crowd.products[who].sum(axis=1) + crowd.share_value(-1, who)
    crowd.net_before[who] = crowd.total_before[who]
    crowd.has_been_funded[who] = funded
    crowd.last_visit[who] = -1 - draw.waits(5.0, counter, 11).astype(np.int64)
    peak = (crowd.total_before[who] * (1 + 1.5 * draw.shares(counter, 12))).astype(np.int64)
    whole: dict[str, Integers] = {}
    for name, values, has in (
        ("first_funded", funded_on, funded),
        ("first_invested", invested_on, invested),
        ("last_traded", traded_on, invested),
        ("peak", peak, funded),
    ):
        whole[name] = np.full(len(people), NEVER)
        whole[name][who] = np.where(has, values, 0 if name == "peak" else NEVER)
    is_customer = np.zeros(len(people), np.bool_)
    is_customer[who] = True
    return Past(is_customer=is_customer, **whole)


def _stock_up(crowd: Crowd, draw: Draws, who: Integers, budget: Integers, holds: Flags) -> None:
    """Fill accounts with shares for about `budget` fen, free of cash."""
    counter = crowd.people.index[who]
    count = draw.whole(1, HOLDINGS - 1, counter, 20)
    for nth in range(HOLDINGS - 2):
        security = choose_security(crowd, draw, who, 30 + 4 * nth)
        lots = budget // 4 // (crowd.market.closes[0, security] * LOT // 10)
        buys = holds & (nth < count) & (lots > 0)
        hold_more(crowd, who[buys], security[buys], lots[buys] * LOT)
