"""What customers do with money: deposits, withdrawals, orders, leaving; and what they had done before.

Belongs here: when and how much; each decision is a draw from the person's own stream.
Does not belong here: bookkeeping (accounts.py), the rest of a person's day (lives.py).
"""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum
from random import Random

from demo.accounts import Account, Flow, place_order, sell_out, stock_up
from demo.interest import TIRED_ACTS, TIRED_SELLS, TIRED_WITHDRAWS
from demo.market import Market
from demo.people import Person
from demo.records import Action, PersonDay, Session
from demo.shanghai import midnight_ms
from demo.touching import HOUR_MS, MINUTE_MS

BANK_HOURS = ((9 * HOUR_MS, 15 * HOUR_MS + 50 * MINUTE_MS),)
# The exchange's hours, less the minutes that a sitting with several orders needs.
ORDER_HOURS = (
    (9 * HOUR_MS + 30 * MINUTE_MS, 11 * HOUR_MS + 18 * MINUTE_MS),
    (13 * HOUR_MS, 14 * HOUR_MS + 48 * MINUTE_MS),
)
OTHER_TERMINALS = ("pc", "pc", "pc", "phone", "counter")
DIVIDEND_FEN_PER_SHARE = 5
DIVIDENDS_AT_MS = 16 * HOUR_MS
LEAVES_AT_MS = 15 * HOUR_MS + 30 * MINUTE_MS
ODDS_OF_LEAVING = 0.001
LOOKS_BEFORE_ORDERING = 12


class Intent(Enum):
    """What a customer means to do with money on a day."""

    AS_USUAL = "as usual"
    WATCHES = "watches"
    ORDERS = "orders"
    LEAVES = "leaves"
    NOTHING = "nothing"


@dataclass(frozen=True)
class Past:
    """What a customer had done before the first day of the world; money in fen."""

    opened_ms: int
    first_funded_on: date | None
    first_invested_on: date | None
    last_traded_on: date | None
    peak: int


def imagine_past(
    stream: Random, person: Person, *, first_day: date, only_watches: bool
) -> tuple[Past, Account]:
    """Return the history and the account, as of the evening before `first_day`, of an existing customer."""
    oldest = min(12 * 365, (first_day - person.born_on).days - 18 * 366)
    days_ago = stream.randrange(30, max(31, oldest))
    opened_on, account, budget = first_day - timedelta(days=days_ago), Account(), person.wealth_cny * 100
    opened_ms = midnight_ms(opened_on) + stream.randrange(9 * HOUR_MS, 17 * HOUR_MS)
    if stream.random() < 0.18:
        return Past(opened_ms, None, None, None, 0), account
    funded_on = opened_on + timedelta(days=stream.randrange(0, min(30, days_ago)))
    account.cash = int(budget * stream.uniform(0.03, 0.5))
    invested_on = traded_on = None
    if not only_watches and stream.random() < 0.8:
        span = (first_day - funded_on).days
        invested_on = funded_on + timedelta(days=stream.randrange(0, min(20, span)))
        traded_on = max(invested_on, first_day - timedelta(days=1 + int(stream.expovariate(1 / 60))))
        if stream.random() < 0.85:
            stock_up(stream, account, budget=budget, tastes=person.tastes)
        if stream.random() < 0.25:
            account.funds = int(budget * stream.uniform(0.05, 0.3))
    account.total_before = account.cash + account.funds + account.first_value()
    peak = int(account.total_before * stream.uniform(1.0, 2.5))
    return Past(opened_ms, funded_on, invested_on, traded_on, peak), account


def use_money(
    stream: Random,
    person: Person,
    account: Account,
    today: PersonDay,
    market: Market,
    *,
    funded: bool,
    intent: Intent,
) -> int | None:
    """Do a customer's business of one trading day; return the moment the account is given up, else None."""
    visit = _visit_within(today, BANK_HOURS)
    if visit is not None and intent is not Intent.LEAVES:
        _move_cash(stream, person, account, today, visit, funded=funded)
    if intent is Intent.LEAVES:
        _leave(stream, account, today, market)
    elif intent is Intent.ORDERS or (
        intent is Intent.AS_USUAL and stream.random() < 0.1 + 0.75 * person.trade_appetite
    ):
        # Whoever has made up their mind looks until something can be paid for.
        for _ in range(LOOKS_BEFORE_ORDERING if intent is Intent.ORDERS else 1):
            if not today.trades:
                _trade(stream, person, account, today, market)
    _receive_dividends(account, today, market)
    if not account.shares and not account.funds and not today.flows and stream.random() < ODDS_OF_LEAVING:
        if account.cash:
            _book(account, today, Flow(len(today.flows), LEAVES_AT_MS, "bank_out", account.cash))
        return LEAVES_AT_MS + MINUTE_MS
    return None


def _visit_within(today: PersonDay, hours: tuple[tuple[int, int], ...]) -> Session | None:
    for session in today.sessions:
        known = session.login_id is not None or any(action.event == "Login" for action in session.actions)
        if known and any(start <= session.start_ms < end for start, end in hours):
            return session
    return None


def _book(account: Account, today: PersonDay, flow: Flow) -> None:
    account.move_cash(flow)
    today.flows.append(flow)


def _move_cash(
    stream: Random, person: Person, account: Account, today: PersonDay, visit: Session, *, funded: bool
) -> None:
    at, draw = visit.start_ms + stream.randrange(16_000, 40_000), stream.random()
    if draw < (0.05 if funded else 0.28):
        share = stream.uniform(0.01, 0.08) if funded else stream.uniform(0.04, 0.3)
        amount = max(10_000, int(person.wealth_cny * share) // 100 * 10_000)
        _book(account, today, Flow(len(today.flows), at, "bank_in", amount))
        visit.actions.append(Action(at, "TransferInSubmit"))
    elif draw > 0.975 and account.cash > 100_000:
        amount = int(account.cash * stream.uniform(0.2, 1.0)) // 10_000 * 10_000
        if amount:
            _book(account, today, Flow(len(today.flows), at, "bank_out", amount))
            visit.actions.append(Action(at, "TransferOutSubmit"))
    elif draw > 0.96 and account.cash > 200_000:
        account.move_to_funds(int(account.cash * stream.uniform(0.2, 0.6)))


def _leave(stream: Random, account: Account, today: PersonDay, market: Market) -> None:
    """Let a tired customer sell something and take most of the cash out, in the app when there."""
    if stream.random() >= TIRED_ACTS:
        return
    visit = _visit_within(today, ORDER_HOURS)
    terminal, at = (
        ("pc", stream.randrange(*ORDER_HOURS[0])) if visit is None else ("app", visit.start_ms + 60_000)
    )
    account.cash, account.funds = account.cash + account.funds, 0
    for code in sorted(account.shares)[:TIRED_SELLS]:
        trade = sell_out(
            account,
            code,
            number=len(today.trades),
            at_ms=at,
            terminal=terminal,
            market=market,
            progress=stream.random(),
        )
        account.book(trade)
        today.trades.append(trade)
        at += stream.randrange(15_000, 90_000)
        if visit is not None:
            visit.actions.append(Action(at - 1_500, "OrderSubmit", trade=trade))
    amount = int(account.cash * stream.uniform(*TIRED_WITHDRAWS)) // 10_000 * 10_000
    if amount > 0:
        at += stream.randrange(20_000, 60_000)
        _book(account, today, Flow(len(today.flows), at, "bank_out", amount))
        if visit is not None:
            visit.actions.append(Action(at, "TransferOutSubmit"))


def _trade(stream: Random, person: Person, account: Account, today: PersonDay, market: Market) -> None:
    visit, terminal = _visit_within(today, ORDER_HOURS), "app"
    if visit is not None:
        at = visit.start_ms + stream.randrange(50_000, 120_000)
    elif stream.random() < 0.1:
        terminal, at = stream.choice(OTHER_TERMINALS), stream.randrange(*stream.choice(ORDER_HOURS))
    else:
        return
    held = dict(account.shares)
    for _ in range(1 + int(stream.expovariate(1.3))):
        trade = place_order(
            stream,
            account,
            held=held,
            number=len(today.trades),
            at_ms=at,
            terminal=terminal,
            tastes=person.tastes,
            market=market,
        )
        if trade is None or len(today.trades) == 5:
            return
        account.book(trade)
        today.trades.append(trade)
        if visit is not None:
            visit.actions.append(Action(at - 1_500, "OrderSubmit", trade=trade))
        at += stream.randrange(15_000, 90_000)


def _receive_dividends(account: Account, today: PersonDay, market: Market) -> None:
    for code in market.dividends:
        quantity = account.shares.get(code, 0)
        if quantity:
            amount = quantity * DIVIDEND_FEN_PER_SHARE
            _book(account, today, Flow(len(today.flows), DIVIDENDS_AT_MS, "dividend", amount))
