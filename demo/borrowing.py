"""Borrowing: customers apply to buy on credit, borrow, pay interest, and repay.

Belongs here: what that does to an account. Does not belong here: orders (money.py), the odds (truths.yaml).
"""

from __future__ import annotations

from datetime import timedelta

import numpy as np

from demo.accounts import show_in_app
from demo.crowd import INTEREST, MARGIN, Crowd, Lived, filled, places
from demo.draws import Draws, Integers
from demo.people import NEVER
from demo.shanghai import HOUR_MS, midnight_ms

CLOSED, ASKED, REFUSED, OPEN = range(4)
STATES = ("none", "submitted", "rejected", "approved")
DECIDED_AT_MS = 10 * HOUR_MS
HUNDRED_YUAN = 100 * 100


def decide(crowd: Crowd, lived: Lived, draw: Draws, *, day: int) -> None:
    """Answer the applications of earlier days."""
    midnight = midnight_ms(crowd.world.first_day + timedelta(days=day))
    who = places((crowd.margin_state == ASKED) & crowd.has_account)
    grants = draw.happens(crowd.world.truths.margin.approved, crowd.people.counter[who], 40)
    crowd.margin_state[who] = np.where(grants, OPEN, REFUSED)
    crowd.margin_opened_ms[who[grants]] = midnight + DECIDED_AT_MS
    lived.add(
        "margin_steps", person=who, applied=crowd.margin_asked_ms[who], decided=filled(who, midnight + DECIDED_AT_MS),
        result=crowd.margin_state[who],
    )  # fmt: skip


def apply_for_margin(
    crowd: Crowd, lived: Lived, draw: Draws, who: Integers, visit_of: Integers, *, day: int
) -> None:
    """Let some of `who`, all in the app, apply for it."""
    planted, people = crowd.world.truths.margin, crowd.people
    may = (crowd.margin_state[who] == CLOSED) & (crowd.total_before[who] >= planted.from_assets)
    may &= people.appetite[who] >= planted.from_appetite
    applies = who[may & draw.happens(planted.applies, people.counter[who], 41)]
    at = lived.frame("visits")["start"][visit_of[applies]] + 45_000
    asked = midnight_ms(crowd.world.first_day + timedelta(days=day)) + at
    crowd.margin_state[applies] = ASKED
    crowd.margin_asked_ms[applies] = asked
    lived.add(
        "margin_steps",
        person=applies,
        applied=asked,
        decided=filled(applies, NEVER),
        result=filled(applies, ASKED),
    )
    show_in_app(lived, applies, visit_of[applies], at, MARGIN)


def credit_line(crowd: Crowd, who: Integers) -> Integers:
    """Return how much is lent to each of `who` at most, by what they had at the last close."""
    line = np.maximum(0, crowd.net_before[who]) * crowd.world.truths.margin.line
    return np.where(crowd.margin_state[who] == OPEN, line.astype(np.int64), 0)


def borrow(crowd: Crowd, draw: Draws, who: Integers) -> None:
    """Lend some of `who`, who are about to place orders, a part of what they may still borrow."""
    room = credit_line(crowd, who) - crowd.margin_debt[who]
    takes = draw.happens(crowd.world.truths.margin.borrows, crowd.people.counter[who], 42)
    share = 0.2 + 0.6 * draw.shares(crowd.people.counter[who], 43)
    amount = (np.maximum(0, room) * share).astype(np.int64) // HUNDRED_YUAN * HUNDRED_YUAN
    takes &= amount > 0
    crowd.cash[who[takes]] += amount[takes]
    crowd.margin_debt[who[takes]] += amount[takes]
    crowd.borrows_today[who[takes]] = True


def repay(crowd: Crowd, who: Integers) -> None:
    """Pay interest and debt of each of `who` as far as the cash goes, interest first."""
    interest = np.minimum(crowd.cash[who], crowd.margin_interest[who])
    crowd.cash[who] -= interest
    crowd.margin_interest[who] -= interest
    debt = np.minimum(crowd.cash[who], crowd.margin_debt[who])
    crowd.cash[who] -= debt
    crowd.margin_debt[who] -= debt


def some_repay(crowd: Crowd, draw: Draws, who: Integers) -> None:
    """Let some of `who` repay."""
    owes = who[(crowd.margin_debt[who] + crowd.margin_interest[who]) > 0]
    repay(crowd, owes[draw.happens(crowd.world.truths.margin.repays, crowd.people.counter[owes], 44)])


def own_cash(crowd: Crowd, who: Integers) -> Integers:
    """Return the cash of each that is not owed."""
    return np.maximum(0, crowd.cash[who] - crowd.margin_debt[who] - crowd.margin_interest[who])


def accrue(crowd: Crowd, who: Integers) -> None:
    """Add a calendar day's interest."""
    interest = crowd.margin_debt[who] * crowd.world.truths.margin.rate_per_million // 1_000_000
    crowd.margin_interest[who] += interest
    crowd.earned[who, INTEREST] += interest
