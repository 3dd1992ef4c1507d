"""Columns of service: complaints, managers' calls, what customers say of them, and the leads that came of them.

Belongs here: one function per table; whom managers ring, which changes nothing for anybody.
Does not belong here: who complains and what comes of it (tiring.py), file formats.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from demo import names
from demo.back_office import manager_of
from demo.cards import Cards, chosen
from demo.crowd import NOBODY, Crowd, Lived, filled, places, weights_of
from demo.draws import Draws, Integers
from demo.marketing import today
from demo.people import NEVER
from demo.rendering import Columns
from demo.shanghai import HOUR_MS, MINUTE_MS, midnight_ms

FIRST_CALL_MS, CALLS_FOR_MS = 9 * HOUR_MS + 30 * MINUTE_MS, 7 * HOUR_MS
ASSIGNED_AT_MS, DECIDED_AT_MS = 8 * HOUR_MS + 40 * MINUTE_MS, 17 * HOUR_MS
SEVERITIES, SEVERITY_WEIGHTS = ("low", "medium", "high"), (6, 3, 1)
LOST_REASONS = ("not_interested", "other_broker", "no_money")
COMMENTS = ("manager", "app", "products", "fees")
SURVEY = "SURVEY-CALLS"
LARGEST_LEAD_FEN = 20_000_000


@dataclass(frozen=True)
class Calls:
    """The calls of a day: whom, by whom, when, with which outcome."""

    who: Integers
    manager: Integers
    at: Integers
    outcome: Integers
    draw: Draws
    counter: Integers

    @classmethod
    def of(cls, crowd: Crowd, lived: Lived, *, is_open: bool) -> Calls:
        """Return the calls of a day, none when the exchange is closed."""
        planted, draw = crowd.world.truths.calls, crowd.world.draws("calls", lived.day)
        manager = manager_of(crowd, np.arange(len(crowd.people)), day=lived.day)
        rings = (manager >= 0) & crowd.has_account & is_open
        who = places(rings & draw.happens(planted.odds, crowd.people.counter))
        counter = crowd.people.counter[who]
        at = FIRST_CALL_MS + (draw.shares(counter, 1) * CALLS_FOR_MS).astype(np.int64)
        return cls(
            who, manager[who], at, draw.chosen(weights_of(planted.outcomes), counter, 2), draw, counter
        )


def complaints(crowd: Crowd, cards: Cards, lived: Lived) -> Columns:
    """Return a row per complaint."""
    told, day = lived.frame("complaints"), today(crowd.world, lived)
    person = told["person"]
    draw, counter = crowd.world.draws("complaints", lived.day), crowd.people.counter[person]
    planted = crowd.world.truths.complaints
    return {
        "complaint_id": names.dated("Q", day, crowd.people.index[person], filled(person, 0), width=1),
        "client_id": cards.customer.take(pa.array(person)),
        "at": midnight_ms(day) + told["at"],
        "category": chosen(list(planted), draw.chosen(weights_of(planted), counter, 0)),
        "severity": chosen(SEVERITIES, draw.chosen(SEVERITY_WEIGHTS, counter, 1)),
    }


def calls(crowd: Crowd, cards: Cards, lived: Lived, made: Calls) -> Columns:
    """Return a row per call."""
    day, outcomes = today(crowd.world, lived), list(crowd.world.truths.calls.outcomes)
    is_connected = made.outcome == outcomes.index("connected")
    seconds = 20 + made.draw.waits(140.0, made.counter, 3).astype(np.int64)
    return {
        "call_id": _numbered("H", crowd, lived, made.who),
        "rm_id": _managers(made),
        "client_id": cards.customer.take(pa.array(made.who)),
        "at": midnight_ms(day) + made.at,
        "duration_s": np.where(is_connected, seconds, 0),
        "outcome": chosen(outcomes, made.outcome),
        "lead_id": _numbered("L", crowd, lived, made.who),
    }


def leads(crowd: Crowd, cards: Cards, lived: Lived, made: Calls) -> Columns:
    """Return a row per change of a lead's state: assigned, contacted, and what the manager made of it."""
    planted, midnight = crowd.world.truths.calls, midnight_ms(today(crowd.world, lived))
    states = ("assigned", "contacted", *planted.leads)
    is_connected = made.outcome == list(planted.outcomes).index("connected")
    ends = 2 + made.draw.chosen(weights_of(planted.leads), made.counter, 4)
    row, step = np.nonzero(np.stack([np.ones(len(made.who), np.bool_), is_connected, is_connected], axis=1))
    state = np.select([step == 0, step == 1], [0, 1], default=ends[row])
    at = np.select([step == 0, step == 1], [filled(row, ASSIGNED_AT_MS), made.at[row]], default=DECIDED_AT_MS)
    is_lost, is_won = (state == states.index(name) for name in ("lost", "won"))
    reason = made.draw.whole(0, len(LOST_REASONS), made.counter, 5)[row]
    amount = (made.draw.shares(made.counter, 6) * LARGEST_LEAD_FEN).astype(np.int64)[row]
    return {
        "lead_id": _numbered("L", crowd, lived, made.who[row]),
        "client_id": cards.customer.take(pa.array(made.who[row])),
        "rm_id": _managers(made).take(pa.array(row)),
        "status": chosen(states, state),
        "status_at": midnight + at,
        "lost_reason": chosen(LOST_REASONS, np.where(is_lost, reason, NOBODY)),
        "amount": np.where(is_won, amount, NEVER),
    }


def feedback(crowd: Crowd, cards: Cards, lived: Lived, made: Calls) -> Columns:
    """Return what those said who were reached and answered the survey."""
    planted, day = crowd.world.truths.calls, today(crowd.world, lived)
    is_connected = made.outcome == list(planted.outcomes).index("connected")
    rows = places(is_connected & made.draw.happens(planted.answers_survey, made.counter, 7))
    who, counter = made.who[rows], made.counter[rows]
    score = np.clip(np.rint(7.5 + 2 * made.draw.normal(counter, 8)), 0, 10).astype(np.int64)
    return {
        "feedback_id": _numbered("S", crowd, lived, who),
        "campaign_id": chosen((SURVEY,), filled(who, 0)),
        "client_id": cards.customer.take(pa.array(who)),
        "at": midnight_ms(day) + made.at[rows] + HOUR_MS,
        "nps": score,
        "csat": np.maximum(1, score // 2),
        "comment_category": chosen(COMMENTS, made.draw.whole(0, len(COMMENTS), counter, 9)),
    }


def _numbered(letter: str, crowd: Crowd, lived: Lived, who: Integers) -> pa.Array:
    return names.dated(letter, today(crowd.world, lived), crowd.people.index[who], filled(who, 0), width=1)


def _managers(made: Calls) -> pa.Array:
    return names.joined("RM", names.padded(made.manager, 3))
