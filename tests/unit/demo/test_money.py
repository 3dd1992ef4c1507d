"""Accounts add up to the fen, nobody is overdrawn, prices keep the exchange's rules."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np
import pytest

from demo.accounts import BANK_OUT
from demo.crowd import NOTHING_HELD, Crowd, Lived
from demo.lives import begin, live, nobody
from demo.market import SECURITIES, TICKS, Market
from demo.shanghai import TradingCalendar, trading_calendar
from demo.world import World


@dataclass
class Day:
    """A lived day, with shares, products, debts and what people owned as they were before it."""

    crowd: Crowd
    lived: Lived
    is_open: bool
    shares: list[dict[int, int]]
    products: np.ndarray
    nets: np.ndarray


def days(world: World) -> Iterator[Day]:
    calendar = trading_calendar(world.first_day)
    (people,) = world.shards()
    crowd = begin(world, Market.of(world, calendar, days=len(world.dates)), people)
    for number, date_ in enumerate(world.dates):
        shares = [held(crowd, who) for who in range(len(people))]
        products, nets = crowd.products.copy(), crowd.net_before.copy()
        lived = live(crowd, calendar, nobody(), day=number)
        yield Day(crowd, lived, calendar.is_open(date_), shares, products, nets)


def held(crowd: Crowd, who: int) -> dict[int, int]:
    pairs = zip(crowd.securities[who].tolist(), crowd.pieces[who].tolist(), strict=True)
    return {security: pieces for security, pieces in pairs if security != NOTHING_HELD}


def test_what_flows_do_not_explain_is_what_the_market_and_the_fees_did(world: World) -> None:
    traded = 0
    for day in days(world):
        lived, market = day.lived, day.crowd.market
        flows: dict[int, int] = defaultdict(int)
        for row in rows(lived, "flows"):
            flows[row["person"]] += -row["amount"] if row["kind"] == BANK_OUT else row["amount"]
        planted, ordered = world.truths.margin, set(lived.frame("product_orders")["person"].tolist())
        trades = defaultdict(list)
        for row in rows(lived, "trades"):
            trades[row["person"]].append(row)
        for value in rows(lived, "valuations"):
            who = value["person"]
            parts = ("cash", "shares", "funds", "wealth", "other")
            assert value["total"] == sum(value[part] for part in parts)
            assert value["net"] == value["total"] - value["debt"] - value["interest"]
            assert value["net"] == day.nets[who] + value["flow"] + value["profit"]
            assert value["flow"] == flows[who]
            interest = value["debt"] * planted.rate_per_million // 1_000_000
            if not day.is_open:
                assert value["profit"] == -interest
                continue
            if who in ordered:
                # Fees of purchases and what was held for a part of the day are looked at by no one else.
                continue
            growth = (day.products[who] * market.growth[lived.day] // 1_000_000).sum()
            opened, closed = market.closes[lived.day], market.closes[lived.day + 1]
            expected = market_result(trades[who], day.shares[who], opened, closed)
            assert value["profit"] == expected + growth - interest
            traded += bool(trades[who])
    assert traded


def rows(lived: Lived, table: str) -> Iterator[dict[str, int]]:
    frame = lived.frame(table)
    for values in zip(*(column.tolist() for column in frame.values()), strict=True):
        yield dict(zip(frame, values, strict=True))


def market_result(
    trades: list[dict[str, int]], shares: dict[int, int], opened: np.ndarray, closed: np.ndarray
) -> int:
    """Profit by position: what was held moves from close to close, what was traded from or to its price."""
    profit, kept = 0, defaultdict(int, shares)
    for trade in trades:
        security, quantity = trade["security"], trade["quantity"]
        profit -= trade["commission"] + trade["stamp_duty"]
        if trade["is_sale"]:
            kept[security] -= quantity
            profit += int(trade["price"] - opened[security]) * quantity // 10
        else:
            profit += int(closed[security] - trade["price"]) * quantity // 10
    return profit + sum(
        int(closed[security] - opened[security]) * quantity // 10 for security, quantity in kept.items()
    )


def test_no_account_is_overdrawn_or_short_and_nobody_sells_what_was_bought_today(world: World) -> None:
    sold = 0
    for day in days(world):
        assert (day.crowd.cash >= 0).all()
        assert (day.crowd.pieces >= 0).all()
        assert ((day.crowd.pieces > 0) == (day.crowd.securities != NOTHING_HELD)).all()
        left = [dict(shares) for shares in day.shares]
        for trade in rows(day.lived, "trades"):
            if trade["is_sale"]:
                left[trade["person"]][trade["security"]] -= trade["quantity"]
                assert left[trade["person"]][trade["security"]] >= 0
                sold += 1
    assert sold


@pytest.fixture(scope="module")
def calendar(world: World) -> TradingCalendar:
    return trading_calendar(world.first_day)


def test_prices_stay_within_the_daily_limit_and_move_on_trading_days_alone(
    world: World, calendar: TradingCalendar
) -> None:
    market = Market.of(world, calendar, days=90)
    before, after = market.closes[:-1], market.closes[1:]
    assert (np.abs(after - before) <= before * 0.1 + TICKS).all()
    assert (market.closes % TICKS == 0).all()
    is_open = np.asarray([calendar.is_open(one) for one in days_from(world.first_day, 90)])
    assert (before[~is_open] == after[~is_open]).all()
    assert (before[is_open] != after[is_open]).any(axis=1).all()


def test_the_market_falls_by_what_is_planted(world: World, calendar: TradingCalendar) -> None:
    fall = world.truths.market.fall
    market = Market.of(world, calendar, days=120)
    opens = [
        number
        for number, one in enumerate(days_from(world.first_day, 120))
        if calendar.is_open(one) and number >= fall.after_days
    ][: fall.trading_days]
    change = market.closes[opens[-1] + 1] / market.closes[opens[0]] - 1
    # Sectors and shares go their own ways around the whole, whose sum is exact.
    assert np.mean(change) == pytest.approx(fall.return_, abs=0.03)
    assert len(SECURITIES) == len(change)


def days_from(first: date, count: int) -> list[date]:
    return [date.fromordinal(first.toordinal() + number) for number in range(count)]
