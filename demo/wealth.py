"""Products: customers buy funds and other products, see them confirmed and mature, and give them back.

Belongs here: what that does to an account.
Does not belong here: when and how much (money.py), the shelf (catalogue.py).

An order is submitted on one trading day and confirmed on the next; money leaves and comes when it is submitted. A
customer orders a product at most once a day, and not again before it is confirmed.
"""

from __future__ import annotations

from datetime import timedelta

import numpy as np

from demo.accounts import show_in_app
from demo.catalogue import PRODUCTS
from demo.crowd import FEE, NOBODY, PURCHASE, Crowd, Lived, filled
from demo.draws import Draws, Flags, Integers
from demo.people import NEVER
from demo.shanghai import HOUR_MS, midnight_ms

ACTIONS = ("purchase", "redeem", "mature")
BUY, REDEEM, MATURE = range(3)
CONFIRMED_AT_MS = 8 * HOUR_MS + 50 * 60_000
MATURES_AT_MS = 9 * HOUR_MS
RISKS = ("R1", "R2", "R3", "R4", "R5")
_RISK = np.asarray([RISKS.index(one.risk_level) for one in PRODUCTS])
_MINIMUM_FEN = np.asarray([one.minimum_cny * 100 for one in PRODUCTS])
_FEE = np.asarray([one.fee_millionths for one in PRODUCTS])
_TERM = np.asarray([one.term_days or NEVER for one in PRODUCTS])
IS_FUND = np.asarray([one.category == "mutual_fund" for one in PRODUCTS])


def settle(crowd: Crowd, lived: Lived, *, day: int) -> None:
    """Confirm the orders of the trading day before, and pay out what has matured."""
    midnight = midnight_ms(crowd.world.first_day + timedelta(days=day))
    who, product = np.nonzero(crowd.ordered_ms < NEVER)
    amount = crowd.ordered_amount[who, product]
    lived.add(
        "product_orders", person=who, product=product, action=np.where(amount > 0, BUY, REDEEM),
        submitted=crowd.ordered_ms[who, product], confirmed=filled(who, midnight + CONFIRMED_AT_MS),
        amount=np.abs(amount),
    )  # fmt: skip
    crowd.ordered_ms[who, product] = NEVER
    who, product = np.nonzero((crowd.matures_on <= day) & crowd.has_account[:, None])
    give_back(crowd, lived, who, product, filled(who, midnight + MATURES_AT_MS), action=MATURE)


def choose(crowd: Crowd, draw: Draws, who: Integers, budget: Integers, which: int) -> Integers:
    """Draw a product for each that suits their risk level and that so much buys; -1 when there is none."""
    loves = crowd.people.fund_love[who] > 0
    weight = np.where(loves[:, None] & IS_FUND, crowd.world.truths.money.loves_fund, 1.0)
    fits = (_RISK[None, :] <= crowd.people.risk_level[who, None]) & (_MINIMUM_FEN[None, :] <= budget[:, None])
    fits &= crowd.ordered_ms[who] == NEVER
    # The first of several exponential clocks rings by its rate: a weighted draw without a table per person.
    clocks = draw.waits(
        1.0 / weight, crowd.people.counter[who][:, None], which + np.arange(len(PRODUCTS))[None, :]
    )
    clocks[~fits] = np.inf
    return np.where(fits.any(axis=1), clocks.argmin(axis=1), NOBODY)


def hold(crowd: Crowd, who: Integers, product: Integers, amount: Integers, *, day: int) -> None:
    """Let so much be held of a product, at what it cost."""
    crowd.products[who, product] += amount
    crowd.product_costs[who, product] += amount
    crowd.matures_on[who, product] = np.minimum(day + _TERM[product], NEVER)


def buy(
    crowd: Crowd, lived: Lived, who: Integers, product: Integers, at: Integers, amount: Integers, visit: Integers,
    *, day: int,
) -> None:  # fmt: skip
    """Buy products for cash, the fee of the purchase included."""
    midnight = midnight_ms(crowd.world.first_day + timedelta(days=day))
    fee = amount * _FEE[product] // 1_000_000
    crowd.cash[who] -= amount
    crowd.earned[who, FEE] += fee
    hold(crowd, who, product, amount - fee, day=day)
    _submit(crowd, lived, who, product, midnight + at, amount, action=BUY)
    show_in_app(lived, who, visit, at, PURCHASE, product)


def give_back(
    crowd: Crowd, lived: Lived, who: Integers, product: Integers, at_ms: Integers, *, action: int = REDEEM
) -> None:
    """Turn all that is held of products into cash."""
    amount = crowd.products[who, product]
    np.add.at(crowd.cash, who, amount)
    crowd.products[who, product] = 0
    crowd.product_costs[who, product] = 0
    crowd.matures_on[who, product] = NEVER
    _submit(crowd, lived, who, product, at_ms, amount, action=action)


def redeemable(crowd: Crowd, who: Integers) -> Flags:
    """Say of each of `who` and product whether it can be given back today: held, without a term, no order under way."""
    return (crowd.products[who] > 0) & (_TERM == NEVER) & (crowd.ordered_ms[who] == NEVER)


def redeem_one(crowd: Crowd, lived: Lived, who: Integers, at: Integers, *, day: int) -> None:
    """Give back the first product of each of `who` that can be."""
    can = redeemable(crowd, who)
    has = can.any(axis=1)
    midnight = midnight_ms(crowd.world.first_day + timedelta(days=day))
    give_back(crowd, lived, who[has], can[has].argmax(axis=1), midnight + at[has])


def redeem_all(crowd: Crowd, lived: Lived, who: Integers, at: Integers, *, day: int) -> None:
    """Give back everything that can be."""
    rows, product = np.nonzero(redeemable(crowd, who))
    midnight = midnight_ms(crowd.world.first_day + timedelta(days=day))
    give_back(crowd, lived, who[rows], product, midnight + at[rows])


def grow(crowd: Crowd, who: Integers, *, day: int) -> None:
    """Let what is held earn what the products earn on a trading day."""
    crowd.products[who] += crowd.products[who] * crowd.market.growth[day] // 1_000_000


def _submit(
    crowd: Crowd,
    lived: Lived,
    who: Integers,
    product: Integers,
    at_ms: Integers,
    amount: Integers,
    *,
    action: int,
) -> None:
    is_over = action == MATURE
    lived.add(
        "product_orders", person=who, product=product, action=filled(who, action), submitted=at_ms,
        confirmed=at_ms if is_over else filled(who, NEVER), amount=amount,
    )  # fmt: skip
    if not is_over:
        crowd.ordered_ms[who, product] = at_ms
        crowd.ordered_amount[who, product] = amount if action == BUY else -amount
