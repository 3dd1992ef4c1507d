"""What customers do with money on a day: deposits, withdrawals, orders, products, leaving.

Belongs here: when and how much. Does not belong here: the bookkeeping (accounts.py, wealth.py, borrowing.py,
closing.py), the odds (truths.yaml), who comes to the app (visits.py).
"""

from __future__ import annotations

from datetime import timedelta

import numpy as np

from demo.accounts import (
    BANK_IN,
    BANK_OUT,
    LOT,
    book,
    choose_security,
    commission_on,
    execute,
    place_for,
    receive_dividends,
    show_in_app,
)
from demo.borrowing import apply_for_margin, borrow, decide, own_cash, repay, some_repay
from demo.closing import value_accounts
from demo.crowd import (
    HOLDINGS,
    NOBODY,
    NOTHING_HELD,
    TRANSFER_IN,
    TRANSFER_OUT,
    Crowd,
    Lived,
    filled,
    places,
)
from demo.draws import Draws, Flags, Integers
from demo.people import NEVER
from demo.shanghai import HOUR_MS, MINUTE_MS, midnight_ms
from demo.wealth import buy, choose, redeem_all, redeem_one, settle

BANK_HOURS = ((9 * HOUR_MS, 15 * HOUR_MS + 50 * MINUTE_MS),)
# The exchange's hours, less the minutes that a sitting with several orders needs.
ORDER_HOURS = (
    (9 * HOUR_MS + 30 * MINUTE_MS, 11 * HOUR_MS + 18 * MINUTE_MS),
    (13 * HOUR_MS, 14 * HOUR_MS + 48 * MINUTE_MS),
)
TERMINALS = ("app", "pc", "phone", "counter")
ELSEWHERE = (0.0, 0.6, 0.2, 0.2)
LARGEST_ORDER, MOST_ORDERS = 50_000, 5
LOOKS_BEFORE_ORDERING = 12
LEAVES_AT_MS = 15 * HOUR_MS + 30 * MINUTE_MS
FEN_PER_STEP = 10_000
HUNDRED_YUAN = 100 * 100
SMALLEST_WITHDRAWAL_FEN, SMALLEST_FUND_FEN = 100_000, 200_000


def use_money(crowd: Crowd, lived: Lived, *, is_open: bool, day: int) -> None:
    """Do the customers' business of a day and value their accounts at its close."""
    midnight = midnight_ms(crowd.world.first_day + timedelta(days=day))
    settled = crowd.has_account & (crowd.opened_ms < midnight)
    draw = crowd.world.draws("money", day)
    leaving = np.zeros(0, np.int64)
    if is_open:
        settle(crowd, lived, day=day)
        decide(crowd, lived, draw, day=day)
        tired, gone = crowd.is_tired(day), crowd.is_gone(day)
        bank_visit = _first_visit(crowd, lived, BANK_HOURS)
        order_visit = _first_visit(crowd, lived, ORDER_HOURS)
        content = settled & ~tired & ~gone
        _move_cash(crowd, lived, draw, places(content & (bank_visit >= 0)), bank_visit, day=day)
        apply_for_margin(crowd, lived, draw, places(content & (bank_visit >= 0)), bank_visit, day=day)
        _leave(crowd, lived, draw, places(settled & tired), order_visit, day=day)
        _trade(crowd, lived, draw, content, order_visit, day=day)
        some_repay(crowd, draw, places(content))
        receive_dividends(crowd, lived, places(settled), day=day)
        leaving = _close_accounts(crowd, lived, draw, places(settled & ~gone))
    value_accounts(crowd, lived, is_open=is_open, day=day)
    crowd.closed_ms[leaving] = midnight + LEAVES_AT_MS + MINUTE_MS


def _first_visit(crowd: Crowd, lived: Lived, hours: tuple[tuple[int, int], ...]) -> Integers:
    """Return each person's first visit within the hours of which the app knows whose it is, -1 for none."""
    visits = lived.frame("visits")
    start = visits["start"]
    within = np.zeros(len(start), np.bool_)
    for opens, closes in hours:
        within |= (opens <= start) & (start < closes)
    rows = places(within & (visits["login_at"] < NEVER))
    # Of several, the earliest: rows are by turn of the visit, and turns are in order of time.
    found = np.full(len(crowd.people), NOBODY)
    found[visits["person"][rows[::-1]]] = rows[::-1]
    return found


def _move_cash(
    crowd: Crowd, lived: Lived, draw: Draws, who: Integers, visit_of: Integers, *, day: int
) -> None:
    planted, people = crowd.world.truths.money, crowd.people
    counter, start = people.counter[who], lived.frame("visits")["start"][visit_of[who]]
    at = start + 16_000 + (draw.shares(counter, 1) * 24_000).astype(np.int64)
    funded, share = crowd.has_been_funded[who], draw.shares(counter, 2)
    amount_share = draw.shares(counter, 3)
    comes = share < np.where(funded, planted.another_deposit, planted.first_deposit)
    part = np.where(funded, 0.01 + 0.07 * amount_share, 0.04 + 0.26 * amount_share)
    deposit = np.maximum(FEN_PER_STEP, (people.wealth_cny[who] * part).astype(np.int64) // 100 * HUNDRED_YUAN)
    book(crowd, lived, who[comes], at[comes], BANK_IN, deposit[comes])
    show_in_app(lived, who[comes], visit_of[who[comes]], at[comes], TRANSFER_IN)
    crowd.has_been_funded[who[comes]] = True
    cash = own_cash(crowd, who)
    amount = (cash * (0.2 + 0.8 * amount_share)).astype(np.int64) // FEN_PER_STEP * FEN_PER_STEP
    goes = ~comes & (share > 1 - planted.withdraws) & (cash > SMALLEST_WITHDRAWAL_FEN) & (amount > 0)
    book(crowd, lived, who[goes], at[goes], BANK_OUT, amount[goes])
    show_in_app(lived, who[goes], visit_of[who[goes]], at[goes], TRANSFER_OUT)
    love = np.exp(planted.buys_product_for_love * np.clip(people.fund_love[who], -2, 2))
    buys = ~comes & ~goes & draw.happens(np.minimum(0.9, planted.buys_product * love), counter, 4)
    buys &= cash > SMALLEST_FUND_FEN
    budget = (cash * (0.2 + 0.4 * amount_share)).astype(np.int64)
    product = choose(crowd, draw, who, budget, 50)
    buys &= product != NOBODY
    buyer = who[buys]
    buy(crowd, lived, buyer, product[buys], at[buys], budget[buys], visit_of[buyer], day=day)
    redeems = ~comes & ~goes & ~buys & draw.happens(planted.redeems, counter, 5)
    redeem_one(crowd, lived, who[redeems], at[redeems], day=day)


def _leave(crowd: Crowd, lived: Lived, draw: Draws, tired: Integers, visit_of: Integers, *, day: int) -> None:
    """Let the tired sell something and take most of the cash out, in the app when there."""
    planted, people = crowd.world.truths.tiring, crowd.people
    who = tired[draw.happens(planted.tired_acts, people.counter[tired], 10)]
    counter, visit = people.counter[who], visit_of[who]
    opens, closes = ORDER_HOURS[0]
    by_phone = opens + (draw.shares(counter, 11) * (closes - opens)).astype(np.int64)
    starts = np.append(lived.frame("visits")["start"], 0)
    at = np.where(visit >= 0, starts[visit] + 60_000, by_phone)
    redeem_all(crowd, lived, who, at, day=day)
    terminal = np.where(visit >= 0, 0, 1)
    for nth in range(planted.tired_sells):
        place = (crowd.pieces[who] > 0).argmax(axis=1)
        sells = crowd.pieces[who, place] > 0
        chosen = who[sells]
        execute(
            crowd, lived, draw, chosen, at[sells], crowd.securities[chosen, place[sells]],
            np.ones(len(chosen), np.bool_), crowd.pieces[chosen, place[sells]], place[sells], visit[sells],
            terminal[sells], progress=12 + 2 * nth, day=day,
        )  # fmt: skip
        at = at + np.where(sells, 15_000 + (draw.shares(counter, 13 + 2 * nth) * 75_000).astype(np.int64), 0)
    repay(crowd, who)
    low, high = planted.tired_withdraws
    share = low + (high - low) * draw.shares(counter, 18)
    amount = (own_cash(crowd, who) * share).astype(np.int64) // FEN_PER_STEP * FEN_PER_STEP
    goes = amount > 0
    at = at + 20_000 + (draw.shares(counter, 19) * 40_000).astype(np.int64)
    book(crowd, lived, who[goes], at[goes], BANK_OUT, amount[goes])
    show_in_app(lived, who[goes], visit[goes], at[goes], TRANSFER_OUT)


def _trade(crowd: Crowd, lived: Lived, draw: Draws, may: Flags, visit_of: Integers, *, day: int) -> None:
    planted, people = crowd.world.truths.money, crowd.people
    called = may & (crowd.orders_from <= day)
    crowd.orders_from[called] = NEVER
    usual = may & ~people.only_watches & ~called
    odds = planted.trades + planted.trades_with_appetite * people.appetite
    who = places(called | (usual & draw.happens(odds, people.counter, 20)))
    elsewhere = draw.happens(planted.trades_elsewhere, people.counter[who], 21)
    who = who[(visit_of[who] >= 0) | elsewhere]
    borrow(crowd, draw, who)
    counter, visit = people.counter[who], visit_of[who]
    opens, closes = np.asarray(ORDER_HOURS).T[:, draw.whole(0, len(ORDER_HOURS), counter, 22)]
    by_phone = opens + (draw.shares(counter, 23) * (closes - opens)).astype(np.int64)
    starts = np.append(lived.frame("visits")["start"], 0)
    in_app = starts[visit] + 50_000 + (draw.shares(counter, 23) * 70_000).astype(np.int64)
    at = np.where(visit >= 0, in_app, by_phone)
    terminal = np.where(visit >= 0, 0, draw.chosen(ELSEWHERE, counter, 24))
    count = np.minimum(MOST_ORDERS, 1 + draw.waits(1 / 1.3, counter, 25).astype(np.int64))
    # Only what was held since yesterday may be sold.
    sellable = np.where(crowd.pieces[who] > 0, crowd.securities[who], NOTHING_HELD)
    looks = np.where(called[who], LOOKS_BEFORE_ORDERING, 1)
    going = np.arange(len(who))
    for turn in range(LOOKS_BEFORE_ORDERING + MOST_ORDERS):
        if not len(going):
            break
        done = _one_order(
            crowd, lived, draw, who[going], at[going], sellable, going, visit[going], terminal[going],
            which=100 + 20 * turn, day=day,
        )  # fmt: skip
        at[going] += 15_000 + (draw.shares(counter[going], 101 + 20 * turn) * 75_000).astype(np.int64)
        made = crowd.trades_today[who[going]]
        # Whoever has made up their mind looks until something can be paid for.
        goes_on = np.where(done, made < count[going], (made == 0) & (turn + 1 < looks[going]))
        going = going[goes_on]


def _one_order(
    crowd: Crowd,
    lived: Lived,
    draw: Draws,
    who: Integers,
    at: Integers,
    sellable: Integers,
    going: Integers,
    visit: Integers,
    terminal: Integers,
    *,
    which: int,
    day: int,
) -> Flags:
    """Place an order for each of `who` if the account can pay for it; say who did."""
    counter = crowd.people.counter[who]
    may_sell = (sellable[going] != NOTHING_HELD) & (crowd.pieces[who] > 0)
    sells = may_sell.any(axis=1) & draw.happens(crowd.world.truths.money.sells, counter, which + 2)
    preference = draw.shares(counter[:, None], which + 3 + np.arange(HOLDINGS)[None, :])
    to_sell = np.where(may_sell, preference, -1.0).argmax(axis=1)
    bought = choose_security(crowd, draw, who, which + 10)
    security = np.where(sells, crowd.securities[who, to_sell], bought)
    place = np.where(sells, to_sell, place_for(crowd, who, bought))
    pieces = crowd.pieces[who, to_sell]
    half = pieces // (2 * LOT) * LOT
    takes_half = (half > 0) & draw.happens(0.5, counter, which + 14)
    price = crowd.market.price_within(day, security, draw.shares(counter, which + 15))
    budget = (crowd.cash[who] * (0.1 + 0.4 * draw.shares(counter, which + 16))).astype(np.int64)
    lots = budget // (price * LOT // 10)
    quantity = np.where(sells, np.where(takes_half, half, pieces), np.minimum(LARGEST_ORDER, lots * LOT))
    amount = price * quantity // 10
    affordable = sells | (amount + commission_on(amount) <= crowd.cash[who])
    done = (quantity > 0) & affordable & (place >= 0)
    execute(
        crowd, lived, draw, who[done], at[done], security[done], sells[done], quantity[done], place[done],
        visit[done], terminal[done], progress=which + 15, day=day,
    )  # fmt: skip
    sold = done & sells
    sellable[going[sold], to_sell[sold]] = np.where(
        crowd.pieces[who[sold], to_sell[sold]] > 0, security[sold], NOTHING_HELD
    )
    return done


def _close_accounts(crowd: Crowd, lived: Lived, draw: Draws, who: Integers) -> Integers:
    """Let some of those who hold nothing but cash give up their account; return who."""
    empty = ~crowd.pieces[who].any(axis=1) & ~crowd.products[who].any(axis=1) & (crowd.flows_today[who] == 0)
    empty &= (crowd.margin_debt[who] + crowd.margin_interest[who] == 0) & (
        crowd.ordered_ms[who] == NEVER
    ).all(axis=1)
    odds = crowd.world.truths.money.leaves_empty_account
    leaving = who[empty & draw.happens(odds, crowd.people.counter[who], 30)]
    paid = leaving[crowd.cash[leaving] > 0]
    book(crowd, lived, paid, filled(paid, LEAVES_AT_MS), BANK_OUT, crowd.cash[paid].copy())
    return leaving
