"""Accounts add up to the fen."""

from collections import defaultdict

import pytest

from demo.accounts import Account, Flow
from demo.brokerage import Brokerage
from demo.market import SECURITY
from demo.records import PersonDay
from demo.world import World


def test_what_flows_do_not_explain_is_what_the_market_and_the_fees_did(world: World) -> None:
    brokerage = Brokerage(world)
    traded = 0
    for day in world.dates[:12]:
        before = {life.person.index: snapshot(life.account) for life in brokerage.lives if life.account}
        lived = brokerage.pass_day(day)
        is_open = brokerage.calendar.is_open(day)
        opened, closed = brokerage.market.previous_close, brokerage.market.close
        for today in lived.people:
            value = today.valuation
            if value is None:
                continue
            shares, funds, total = before.get(today.person.index, ({}, 0, 0))
            assert value.total == total + value.net_flow + value.profit
            assert value.net_flow == sum(flow.signed for flow in today.flows)
            # Cash put into funds, or taken out, leaves the total alone; here only growth is to be told from it.
            if is_open and 0 <= value.funds - funds <= funds // 1000:
                assert value.profit == market_result(today, shares, opened, closed) + value.funds - funds
                traded += bool(today.trades)
            if not is_open:
                assert value.profit == 0
    assert traded


def snapshot(account: Account) -> tuple[dict[str, int], int, int]:
    return dict(account.shares), account.funds, account.total_before


def market_result(
    today: PersonDay, shares: dict[str, int], opened: dict[str, int], closed: dict[str, int]
) -> int:
    """Profit by position: what was held moves from close to close, what was traded from or to its price."""
    profit, kept = 0, defaultdict(int, shares)
    for trade in today.trades:
        profit -= trade.commission + trade.stamp_duty
        if trade.side == "B":
            profit += (closed[trade.code] - trade.price) * trade.quantity // 10
        else:
            kept[trade.code] -= trade.quantity
            profit += (trade.price - opened[trade.code]) * trade.quantity // 10
    return profit + sum((closed[code] - opened[code]) * quantity // 10 for code, quantity in kept.items())


def test_no_account_is_overdrawn_or_short(world: World) -> None:
    brokerage = Brokerage(world)
    for day in world.dates:
        brokerage.pass_day(day)
        for life in brokerage.lives:
            if life.account is not None:
                assert life.account.cash >= 0
                assert all(quantity > 0 for quantity in life.account.shares.values())


def test_prices_stay_within_the_daily_limit(world: World) -> None:
    brokerage = Brokerage(world)
    for day in world.dates:
        brokerage.pass_day(day)
        for code, before in brokerage.market.previous_close.items():
            tick = SECURITY[code].tick
            assert abs(brokerage.market.close[code] - before) <= before * 0.1 + tick
            assert brokerage.market.close[code] % tick == 0


@pytest.mark.parametrize(("kind", "signed"), [("bank_in", 500), ("dividend", 500), ("bank_out", -500)])
def test_only_withdrawals_take_cash_away(kind: str, signed: int) -> None:
    account = Account(cash=1000)
    account.move_cash(Flow(0, 0, kind, 500))
    assert account.cash == 1000 + signed
