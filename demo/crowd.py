"""The crowd: where many people stand between two days, and what a day of theirs left behind.

Belongs here: the arrays that change from day to day, a place per person; the tables of a day.
Does not belong here: how they change (visits.py, opening.py, touching.py, tiring.py, money.py).

Days are numbers after the first day, moments of a day milliseconds after midnight, moments of an attempt or an account
milliseconds since 1970 UTC, money fen. What has not come is NEVER.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from demo.catalogue import PRODUCTS
from demo.draws import Flags, Integers, Shares
from demo.market import Market
from demo.people import NEVER, People
from demo.world import World

HOLDINGS = 6
"""Different securities that an account can hold at most."""
EARNINGS = 3
COMMISSION, INTEREST, FEE = range(EARNINGS)
"""What the broker earns of somebody, in fen."""
NO_ATTEMPT, IN_PROGRESS, SUBMITTED = 0, 1, 2
NOTHING_HELD = -1
NOBODY = -1
"""In the place of a row: none."""
# What is done in a visit that matters beyond it; some point into another table of the day: CLICK to touches, STEP to
# tries, ORDER to trades; the row of a PURCHASE is the product's place.
LOGIN, REGISTER, CLICK, STEP, ORDER, TRANSFER_IN, TRANSFER_OUT, LOTTERY, PURCHASE, MARGIN, SHARE = range(11)
Frame = dict[str, NDArray[Any]]
"""Columns of equal length; `person` is a place in the crowd."""

# The tables of a day. `row` columns point into another table of the same day, -1 for none.
TABLES: dict[str, tuple[str, ...]] = {
    "visits": ("person", "start", "phone", "login_at", "is_first", "touch_row"),
    "actions": ("person", "visit_row", "at", "kind", "row"),
    "attempts": (
        "person", "updated", "number", "phone", "version", "started", "submitted", "audited", "result", "reason",
    ),
    "tries": (
        "person", "attempt", "step", "number", "entered", "left", "result", "reason", "phone", "version",
    ),
    "consents": ("person", "at", "scope", "is_granted"),
    "touches": (
        "person", "number", "plan", "contact", "channel", "is_control", "prepared", "sent", "delivered", "opened",
        "clicked", "failure", "abort",
    ),
    "flows": ("person", "number", "at", "kind", "amount"),
    "trades": (
        "person", "number", "at", "security", "is_sale", "price", "quantity", "amount", "commission", "stamp_duty",
        "terminal", "is_margin",
    ),
    "product_orders": ("person", "product", "action", "submitted", "confirmed", "amount"),
    "margin_steps": ("person", "applied", "decided", "result"),
    "invitations": ("person", "inviter", "is_friend", "stage", "at", "failure"),
    "valuations": (
        "person", "cash", "shares", "funds", "wealth", "other", "total", "debt", "interest", "net", "flow", "profit",
    ),
    "complaints": ("person", "at"),
    "unbindings": ("person", "at"),
}  # fmt: skip


@dataclass
class Lived:
    """What a day of a crowd left behind, table by table."""

    day: int
    parts: dict[str, list[Frame]] = field(default_factory=lambda: defaultdict(list))

    def add(self, table: str, **columns: NDArray[Any]) -> None:
        """Add rows; every column of the table must be given, of one length."""
        if tuple(columns) != TABLES[table]:
            raise KeyError(f"{table} has the columns {TABLES[table]}, not {tuple(columns)}")
        if len(columns["person"]):
            self.parts[table].append(columns)

    def rows(self, table: str) -> int:
        """Return how many rows a table has so far."""
        return sum(len(part["person"]) for part in self.parts[table])

    def frame(self, table: str) -> Frame:
        """Return a table as one."""
        parts = self.parts[table]
        if not parts:
            return {name: np.zeros(0, dtype=np.int64) for name in TABLES[table]}
        if len(parts) > 1:
            whole = {name: np.concatenate([part[name] for part in parts]) for name in TABLES[table]}
            self.parts[table] = parts = [whole]
        return parts[0]


@dataclass(frozen=True)
class Past:
    """What customers had done before the first day; `is_customer` says of whom there is something to say."""

    is_customer: Flags
    first_funded: Integers
    first_invested: Integers
    last_traded: Integers
    peak: Integers


@dataclass
class Crowd:
    """People with everything that changes about them."""

    world: World
    people: People
    market: Market
    registered_on: Integers = field(init=False)
    opened_ms: Integers = field(init=False)
    closed_ms: Integers = field(init=False)
    bound_ms: Integers = field(init=False)
    unbound_ms: Integers = field(init=False)
    greeted: Integers = field(init=False)
    last_visit: Integers = field(init=False)
    consents: Flags = field(init=False)
    agreed: Flags = field(init=False)
    attempts_made: Integers = field(init=False)
    attempt_state: Integers = field(init=False)
    attempt_phone: Integers = field(init=False)
    attempt_version: Integers = field(init=False)
    attempt_started: Integers = field(init=False)
    attempt_submitted: Integers = field(init=False)
    attempt_touched: Integers = field(init=False)
    attempt_step: Integers = field(init=False)
    attempt_tries: Integers = field(init=False)
    attempt_decides: Integers = field(init=False)
    has_been_funded: Flags = field(init=False)
    cash: Integers = field(init=False)
    products: Integers = field(init=False)
    product_costs: Integers = field(init=False)
    matures_on: Integers = field(init=False)
    ordered_amount: Integers = field(init=False)
    ordered_ms: Integers = field(init=False)
    margin_state: Integers = field(init=False)
    margin_asked_ms: Integers = field(init=False)
    margin_opened_ms: Integers = field(init=False)
    margin_debt: Integers = field(init=False)
    margin_interest: Integers = field(init=False)
    borrows_today: Flags = field(init=False)
    earned: Integers = field(init=False)
    earned_last_month: Integers = field(init=False)
    securities: Integers = field(init=False)
    pieces: Integers = field(init=False)
    costs: Integers = field(init=False)
    total_before: Integers = field(init=False)
    net_before: Integers = field(init=False)
    flow_today: Integers = field(init=False)
    flows_today: Integers = field(init=False)
    trades_today: Integers = field(init=False)
    touches_today: Integers = field(init=False)
    pushed: Integers = field(init=False)
    texted: Integers = field(init=False)
    opens_from: Integers = field(init=False)
    orders_from: Integers = field(init=False)
    tired_from: Integers = field(init=False)
    gone_from: Integers = field(init=False)
    back_from: Integers = field(init=False)
    outflow_memory: Shares = field(init=False)
    complaint_memory: Shares = field(init=False)
    past: Past = field(init=False)

    def __post_init__(self) -> None:
        """Stand on the evening before the first day, knowing nobody yet."""
        count = len(self.people)
        for name in (
            "registered_on", "opened_ms", "closed_ms", "bound_ms", "unbound_ms", "attempt_submitted",
            "attempt_decides", "opens_from", "orders_from", "tired_from", "gone_from", "back_from", "margin_asked_ms",
            "margin_opened_ms",
        ):  # fmt: skip
            setattr(self, name, np.full(count, NEVER, dtype=np.int64))
        for name in (
            "greeted", "last_visit", "attempts_made", "attempt_state", "attempt_phone", "attempt_version",
            "attempt_started", "attempt_touched", "attempt_step", "attempt_tries", "cash", "total_before",
            "net_before", "margin_state", "margin_debt", "margin_interest", "flow_today", "flows_today",
            "trades_today", "touches_today", "pushed", "texted",
        ):  # fmt: skip
            setattr(self, name, np.zeros(count, dtype=np.int64))
        self.consents, self.agreed = np.zeros(
            (2, count, len(self.world.truths.consents.granted)), dtype=np.bool_
        )
        self.has_been_funded, self.borrows_today = np.zeros((2, count), dtype=np.bool_)
        self.products, self.product_costs, self.ordered_amount = np.zeros(
            (3, count, len(PRODUCTS)), dtype=np.int64
        )
        self.matures_on, self.ordered_ms = np.full((2, count, len(PRODUCTS)), NEVER, dtype=np.int64)
        self.earned, self.earned_last_month = np.zeros((2, count, EARNINGS), dtype=np.int64)
        self.outflow_memory, self.complaint_memory = np.zeros(count), np.zeros(count)
        self.securities = np.full((count, HOLDINGS), NOTHING_HELD, dtype=np.int64)
        self.pieces, self.costs = np.zeros((2, count, HOLDINGS), dtype=np.int64)

    @property
    def is_registered(self) -> Flags:
        """Say of each whether the app knows them by a login."""
        return self.registered_on < NEVER

    @property
    def is_customer(self) -> Flags:
        """Say of each whether the broker has, or had, an account of theirs."""
        return self.opened_ms < NEVER

    @property
    def has_account(self) -> Flags:
        """Say of each whether there is an account."""
        return self.is_customer & (self.closed_ms == NEVER)

    def share_value(self, day: int, who: Integers) -> Integers:
        """Return what the shares of `who` are worth at the close of `day` (-1: before the first day), in fen."""
        prices = np.append(self.market.closes[day + 1], 0)
        # Lots of a hundred make a thousandth of a yuan times a quantity a whole number of fen.
        return (prices[self.securities[who]] * self.pieces[who]).sum(axis=1) // 10

    def is_tired(self, day: int) -> Flags:
        """Say of each whether they have begun to leave."""
        return (self.tired_from <= day) & (day < self.gone_from)

    def is_gone(self, day: int) -> Flags:
        """Say of each whether they stay away."""
        return (self.gone_from <= day) & (day < self.back_from)

    def forget_today(self) -> None:
        """Begin a new day."""
        for counter in (self.flow_today, self.flows_today, self.trades_today, self.touches_today):
            counter[:] = 0
        self.borrows_today[:] = False


def places(flags: Flags) -> Integers:
    """Return where something is true."""
    return np.flatnonzero(flags)


def filled(like: Integers, value: int) -> Integers:
    """Return as many times a value."""
    return np.full(len(like), value, dtype=np.int64)


def weights_of(mapping: dict[str, float]) -> Sequence[float]:
    """Return the weights of a planted choice, in the file's order."""
    return tuple(mapping.values())
