"""Accounts: bookkeeping of cash, funds and shares of many customers, to the fen.

Belongs here: what a movement of cash, an execution and a dividend do to an account, fees included.
Does not belong here: when and how much (money.py), a day's close (closing.py), the odds (truths.yaml).
"""

from __future__ import annotations

import numpy as np

from demo.crowd import (
    COMMISSION,
    NOBODY,
    NOTHING_HELD,
    ORDER,
    Crowd,
    Lived,
    filled,
    places,
)
from demo.draws import Draws, Flags, Integers
from demo.market import IS_STOCK, LIKED_PLACES, SECURITIES
from demo.shanghai import HOUR_MS

FLOWS = ("bank_in", "bank_out", "dividend")
BANK_IN, BANK_OUT, DIVIDEND = range(3)
LOT = 100
COMMISSION_PER_MILLION, COMMISSION_MINIMUM_FEN, STAMP_DUTY_PER_MILLION = 250, 500, 500
DIVIDEND_FEN_PER_SHARE, DIVIDENDS_AT_MS = 5, 16 * HOUR_MS


def place_for(crowd: Crowd, who: Integers, security: Integers) -> Integers:
    """Return where an account holds, or could hold, a security; -1 when it is full of others."""
    held = crowd.securities[who]
    same, free = held == security[:, None], held == NOTHING_HELD
    return np.where(
        same.any(axis=1), same.argmax(axis=1), np.where(free.any(axis=1), free.argmax(axis=1), -1)
    )


def hold_more(crowd: Crowd, who: Integers, security: Integers, pieces: Integers) -> None:
    """Put shares into accounts that have room for them."""
    place = place_for(crowd, who, security)
    fits = place >= 0
    who, place = who[fits], place[fits]
    crowd.securities[who, place] = security[fits]
    crowd.pieces[who, place] += pieces[fits]
    crowd.costs[who, place] += crowd.market.closes[0, security[fits]] * pieces[fits] // 10


def book(crowd: Crowd, lived: Lived, who: Integers, at: Integers, kind: int, amount: Integers) -> None:
    """Book movements of cash, at most one per person at a time."""
    signed = -amount if kind == BANK_OUT else amount
    number = crowd.flows_today[who].copy()
    crowd.flows_today[who] += 1
    if kind == BANK_OUT:
        total = np.maximum(1, crowd.total_before[who])
        crowd.outflow_memory[who] += np.minimum(1.0, amount / total)
    crowd.cash[who] += signed
    crowd.flow_today[who] += signed
    lived.add("flows", person=who, number=number, at=at, kind=filled(who, kind), amount=amount)


def show_in_app(
    lived: Lived, who: Integers, visit: Integers, at: Integers, kind: int, row: Integers | None = None
) -> None:
    """Let the app see what was done in a visit; nothing for those without one."""
    seen = visit >= 0
    rows = filled(who, NOBODY) if row is None else row
    lived.add(
        "actions", person=who[seen], visit_row=visit[seen], at=at[seen],
        kind=np.full(int(seen.sum()), kind, dtype=np.int64), row=rows[seen],
    )  # fmt: skip


def choose_security(crowd: Crowd, draw: Draws, who: Integers, which: int) -> Integers:
    """Draw a security for each, mostly from the sectors that the person likes."""
    counter = crowd.people.counter[who]
    taste = crowd.people.tastes[who, draw.whole(0, 2, counter, which)]
    liked = LIKED_PLACES[taste, draw.whole(0, LIKED_PLACES.shape[1], counter, which + 1)]
    anything = draw.whole(0, len(SECURITIES), counter, which + 2)
    return np.where(draw.happens(crowd.world.truths.money.liked_sector, counter, which + 3), liked, anything)


def commission_on(amount: Integers) -> Integers:
    """Return what is charged for executions of this amount, in fen."""
    return np.maximum(COMMISSION_MINIMUM_FEN, amount * COMMISSION_PER_MILLION // 1_000_000)


def execute(
    crowd: Crowd,
    lived: Lived,
    draw: Draws,
    who: Integers,
    at: Integers,
    security: Integers,
    is_sale: Flags,
    quantity: Integers,
    place: Integers,
    visit: Integers,
    terminal: Integers,
    *,
    progress: int,
    day: int,
) -> None:
    """Book executions with their fees; the price is as far between the closes as the draw `progress` says."""
    price = crowd.market.price_within(day, security, draw.shares(crowd.people.counter[who], progress))
    amount = price * quantity // 10
    commission = commission_on(amount)
    duty = np.where(is_sale & IS_STOCK[security], amount * STAMP_DUTY_PER_MILLION // 1_000_000, 0)
    crowd.cash[who] += np.where(is_sale, amount, -amount) - commission - duty
    crowd.earned[who, COMMISSION] += commission
    held = np.maximum(1, crowd.pieces[who, place])
    cost_of_sold = crowd.costs[who, place] * quantity // held
    crowd.costs[who, place] += np.where(is_sale, -cost_of_sold, amount + commission)
    crowd.pieces[who, place] += np.where(is_sale, -quantity, quantity)
    crowd.securities[who, place] = np.where(crowd.pieces[who, place] > 0, security, NOTHING_HELD)
    number = crowd.trades_today[who].copy()
    crowd.trades_today[who] += 1
    rows = lived.rows("trades") + np.arange(len(who))
    lived.add(
        "trades", person=who, number=number, at=at, security=security, is_sale=is_sale, price=price,
        quantity=quantity, amount=amount, commission=commission, stamp_duty=duty, terminal=terminal,
        is_margin=crowd.borrows_today[who] & ~is_sale,
    )  # fmt: skip
    show_in_app(lived, who, visit, at - 1_500, ORDER, rows)


def receive_dividends(crowd: Crowd, lived: Lived, who: Integers, *, day: int) -> None:
    """Pay the dividends of a day."""
    for security in places(crowd.market.dividends[day]):
        pieces = np.where(crowd.securities[who] == security, crowd.pieces[who], 0).sum(axis=1)
        gets = pieces > 0
        at = filled(who[gets], DIVIDENDS_AT_MS)
        book(crowd, lived, who[gets], at, DIVIDEND, pieces[gets] * DIVIDEND_FEN_PER_SHARE)
