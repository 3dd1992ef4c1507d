"""Lives: random people of a broker, each with logins, trades, money and silences over the same days.

Belongs here: drawing a life, and the canonical rows that it leaves in the lake.
Does not belong here: what should be measured of it (oracle.py), the warehouse (scratch.py).

People share nothing, so that many small worlds are built in one run and a wrong one is found by its number. Days are
counted from the first day of the history. Money is held in fen.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

FIRST_DAY = date(2026, 1, 5)
# On both sides of every limit that a stage knows.
LEVELS = (
    0,
    500_00,
    999_99,
    1_000_00,
    4_000_00,
    9_999_99,
    10_000_00,
    30_000_00,
    499_999_99,
    500_000_00,
    900_000_00,
)
EVENTS = ("$AppStart", "$AppStart", "StockDetailView", "TransferInView", "$AppViewScreen", "PushReceive")

Row = dict[str, object]


@dataclass(frozen=True)
class Event:
    """Something the app sent on a day, with the login or before it."""

    day: int
    name: str
    has_login: bool


@dataclass(frozen=True)
class Flow:
    """Money or securities moved on a day."""

    day: int
    kind: str
    fen: int


@dataclass(frozen=True)
class Trade:
    """A trade of a day."""

    day: int
    fen: int
    commission_fen: int


@dataclass(frozen=True)
class Profile:
    """What the customer file says from a day on."""

    day: int
    opened_on: date
    closed_on: date | None


@dataclass(frozen=True)
class Opening:
    """What came before the first day."""

    has_funded: bool
    has_invested: bool
    first_funded_on: date | None
    first_invested_on: date | None
    last_traded_on: date | None
    peak_fen: int | None


@dataclass
class Life:
    """One person: everything that any source says of them. `linked_on`: the day the login became a customer's."""

    number: int
    events: list[Event] = field(default_factory=list)
    flows: list[Flow] = field(default_factory=list)
    trades: list[Trade] = field(default_factory=list)
    assets: dict[int, tuple[int, int]] = field(default_factory=dict)
    profiles: list[Profile] = field(default_factory=list)
    opening: Opening | None = None
    linked_on: int | None = None

    @property
    def device(self) -> str:
        """The id of the person's device."""
        return f"D{self.number:04d}"

    @property
    def login(self) -> str:
        """The id of the person's login."""
        return f"L{self.number:04d}"

    @property
    def customer(self) -> str:
        """The person's customer number."""
        return f"C{self.number:04d}"

    @property
    def nodes(self) -> tuple[str, ...]:
        """The ids under which the warehouse may know the person, the best first."""
        return (f"customer:{self.customer}", f"login:{self.login}", f"device:{self.device}")


def day_of(number: int) -> date:
    """Return the date of a day of the history."""
    return FIRST_DAY + timedelta(days=number)


def trading_days(days: int, *, seed: int) -> list[bool]:
    """Return for each day whether exchanges trade: not on Sundays, not in one week of holidays, not on a few days.

    They trade on Saturdays, so that the longest window of trading days ends within fewer days.
    """
    stream = random.Random(f"calendar {seed}")
    closed = {*range(42, 50), *stream.sample(range(days), days // 50)}
    return [day_of(number).isoweekday() < 7 and number not in closed for number in range(days)]


def draw(number: int, *, calendar: Sequence[bool], seed: int) -> Life:
    """Return the life of one person."""
    stream = random.Random(f"life {seed} {number}")
    life, days = Life(number), len(calendar)
    first = 0 if stream.random() < 0.4 else stream.randrange(days * 2 // 3)
    kind = stream.choices(("visitor", "registered", "customer"), weights=(10, 10, 80))[0]
    # A customer without the app, one who had it before, one who is known from the same day on.
    logs_in = first + stream.choice((0, 0, 3, 20)) if kind != "visitor" else days
    if kind == "customer":
        is_old = first == 0 and stream.random() < 0.7
        logs_in = first if is_old else logs_in
        opened = first if is_old else min(days - 1, logs_in + stream.choice((0, 0, 1, 5, 30)))
        has_app = stream.random() < 0.9
        _become_customer(life, stream, opened, is_linked=has_app, days=days)
        _move_money(life, stream, opened, calendar)
        if not has_app:
            _live(life, stream, opened, days, logs_in=None)
            return life
    _live(life, stream, first, days, logs_in=logs_in)
    return life


def _become_customer(life: Life, stream: random.Random, opened: int, *, is_linked: bool, days: int) -> None:
    opened_on = day_of(opened)
    if opened == 0 and stream.random() < 0.7:
        opened_on -= timedelta(days=stream.choice((0, 1, 60, 89, 90, 91, 400)))
    life.linked_on = opened if is_linked else None
    if stream.random() < 0.9:
        life.profiles.append(Profile(opened, opened_on, None))
        if stream.random() < 0.12:
            closed = stream.randrange(opened, days)
            life.profiles.append(Profile(closed, opened_on, day_of(closed)))
            if stream.random() < 0.5 and closed + 40 < days:
                life.profiles.append(Profile(closed + stream.randrange(1, 40), opened_on, None))
    if opened == 0 and stream.random() < 0.6:
        life.opening = _before(stream)


def _before(stream: random.Random) -> Opening:
    has_funded = stream.random() < 0.7
    has_invested = has_funded and stream.random() < 0.7
    before = [FIRST_DAY - timedelta(days=stream.randrange(1, 500)) for _ in range(3)]
    is_dated = stream.random() < 0.7
    return Opening(
        has_funded=has_funded,
        has_invested=has_invested,
        first_funded_on=min(before) if has_funded and is_dated else None,
        first_invested_on=min(before[1:]) if has_invested and is_dated else None,
        last_traded_on=max(before[1:]) if has_invested and is_dated else None,
        peak_fen=stream.choice(LEVELS) if has_funded else None,
    )


def _move_money(life: Life, stream: random.Random, opened: int, calendar: Sequence[bool]) -> None:
    """Draw what the books say each evening and what came and went, in stretches of one level each."""
    if stream.random() < 0.15:
        return
    level, until = 0, opened
    # Some are rich once and never again, so that their peak leaves the longest window.
    later_levels = LEVELS[:6] if stream.random() < 0.3 else LEVELS
    has_position = stream.random() < 0.6
    for day in range(opened, len(calendar)):
        if day >= until:
            before, level = level, stream.choice(LEVELS if day == opened else later_levels)
            until = day + stream.choice((1, 5, 20, 21, 60, 100))
            has_position = stream.random() < 0.6
            if level != before and stream.random() < 0.7:
                kinds = (
                    ("bank_in", "transfer_security_in")
                    if level > before
                    else ("bank_out", "transfer_security_out")
                )
                life.flows.append(Flow(day, stream.choices(kinds, weights=(4, 1))[0], abs(level - before)))
        if stream.random() < 0.01:
            kind = stream.choice(("bank_in", "bank_out", "interest"))
            life.flows.append(Flow(day, kind, stream.choice((1, 10_000_00, 50_000_00))))
        # The books close on trading days, sometimes on others, and now and then a row is missing.
        if stream.random() < (0.97 if calendar[day] else 0.02):
            life.assets[day] = (level if not has_position else stream.randrange(level + 1), level)


def _live(life: Life, stream: random.Random, first: int, days: int, *, logs_in: int | None) -> None:
    """Draw visits and trades in stretches, some of them silent; without `logs_in` there is no app."""
    day, is_silent = first, False
    trades = bool(life.profiles or life.linked_on is not None) and stream.random() < 0.75
    opened = life.profiles[0].day if life.profiles else life.linked_on
    if logs_in is not None:
        # Known from the first day on, logged in from the day of the login on.
        life.events.append(Event(first, "$AppStart", has_login=first >= logs_in))
        if first < logs_in < days:
            life.events.append(Event(logs_in, "$AppStart", has_login=True))
    while day < days:
        length = stream.choice((30, 61, 95, 130)) if is_silent else stream.choice((1, 8, 30, 60))
        often = 0.0 if is_silent else stream.choice((0.05, 0.3, 0.8))
        for today in range(day, min(day + length, days)):
            if stream.random() >= often:
                continue
            if logs_in is not None:
                name = stream.choice(EVENTS)
                # Before the login there is none; after it some records come without, from the same device.
                life.events.append(Event(today, name, has_login=today >= logs_in and stream.random() < 0.8))
            if trades and opened is not None and today >= opened and stream.random() < 0.3:
                fen = stream.randrange(1, 5_000_000)
                life.trades.append(Trade(today, fen, fen // 2_500))
        day, is_silent = day + length, not is_silent


def rows(lives: Sequence[Life], calendar: Sequence[bool]) -> dict[str, list[Row]]:
    """Return the canonical rows of all tables, by address; columns left out are empty."""
    return {
        "app.events": [row for life in lives for row in _events(life)],
        "broker.cash_flows": [row for life in lives for row in _flows(life)],
        "broker.trades": [row for life in lives for row in _trades(life)],
        "broker.daily_assets": [row for life in lives for row in _assets(life)],
        "broker.customers": [row for life in lives for row in _customers(life)],
        "broker.login_links": [row for life in lives for row in _links(life)],
        "broker.opening_states": [row for life in lives for row in _openings(life)],
        "market.trading_days": [
            {"day": day_of(number), "is_trading_day": is_open, **_dated(0)}
            for number, is_open in enumerate(calendar)
        ],
    }


def _dated(day: int) -> Row:
    return {"business_date": day_of(day), "delivery_date": day_of(day)}


def _at(day: date, minute: int = 12 * 60) -> datetime:
    """Return a minute of a day in Shanghai as UTC, without a zone as the lake holds it."""
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return (midnight + timedelta(minutes=minute - 8 * 60)).replace(tzinfo=None)


def _yuan(fen: int) -> Decimal:
    return Decimal(fen).scaleb(-2)


def _events(life: Life) -> Iterator[Row]:
    for place, event in enumerate(life.events):
        yield {
            "record_type": "track",
            "distinct_id": life.login if event.has_login else life.device,
            "login_id": life.login if event.has_login else None,
            "anonymous_id": life.device,
            "event": event.name,
            # From the first minute of the day to its last one, where the days of UTC and Shanghai differ.
            "occurred_at": _at(day_of(event.day), place * 7 % 1440),
            "track_id": place,
            "os": "iOS",
            **_dated(event.day),
        }


def _flows(life: Life) -> Iterator[Row]:
    for place, flow in enumerate(life.flows):
        yield {
            "cash_flow_id": f"{life.customer}-{place}",
            "customer_id": life.customer,
            "occurred_at": _at(day_of(flow.day)),
            "flow_type": flow.kind,
            "amount_cny": _yuan(flow.fen),
            **_dated(flow.day),
        }


def _trades(life: Life) -> Iterator[Row]:
    for place, trade in enumerate(life.trades):
        yield {
            "trade_id": f"{life.customer}-{place}",
            "customer_id": life.customer,
            "traded_at": _at(day_of(trade.day)),
            "security_code": "000001.SZ",
            "asset_class": "stock",
            "side": "B",
            "unit_price": Decimal(10),
            "quantity_shares": Decimal(100),
            "gross_amount_cny": _yuan(trade.fen),
            "commission_cny": _yuan(trade.commission_fen),
            "net_commission_cny": _yuan(trade.commission_fen),
            "is_margin": False,
            **_dated(trade.day),
        }


def _assets(life: Life) -> Iterator[Row]:
    for day, (cash, total) in life.assets.items():
        yield {
            "snapshot_on": day_of(day),
            "customer_id": life.customer,
            "cash_cny": _yuan(cash),
            "total_assets_cny": _yuan(total),
            "net_assets_cny": _yuan(total),
            **_dated(day),
        }


def _customers(life: Life) -> Iterator[Row]:
    # Of two profiles of one day the newer one is the day's.
    for profile in {profile.day: profile for profile in life.profiles}.values():
        yield {
            "snapshot_on": day_of(profile.day),
            "customer_id": life.customer,
            "opened_at": _at(profile.opened_on, 30),
            "closed_at": _at(profile.closed_on, 1410) if profile.closed_on else None,
            "status": "closed" if profile.closed_on else "normal",
            "investor_type": "ordinary",
            "is_employee": False,
            **_dated(profile.day),
        }


def _links(life: Life) -> Iterator[Row]:
    if life.linked_on is not None:
        yield {
            "login_id": life.login,
            "customer_id": life.customer,
            "bound_at": _at(day_of(life.linked_on)),
            **_dated(life.linked_on),
        }


def _openings(life: Life) -> Iterator[Row]:
    if life.opening is not None:
        yield {
            "snapshot_on": FIRST_DAY,
            "customer_id": life.customer,
            "has_funded": life.opening.has_funded,
            "has_invested": life.opening.has_invested,
            "first_funded_on": life.opening.first_funded_on,
            "first_invested_on": life.opening.first_invested_on,
            "last_traded_on": life.opening.last_traded_on,
            "peak_assets_cny": None if life.opening.peak_fen is None else _yuan(life.opening.peak_fen),
            **_dated(0),
        }
