"""Messages to people: who is written to on a day, and how far each message gets.

Belongs here: the marketing department's own plans, the contacts that delivery files ask for, delivery and clicking.
Does not belong here: what people do in the app after a click (visits.py).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from demo.answers import Contact
from demo.crowd import IN_PROGRESS, Crowd, Frame, Lived, filled, places
from demo.draws import Draws, Flags, Integers
from demo.people import NEVER
from demo.shanghai import DAY_MS, HOUR_MS, MINUTE_MS, midnight_ms
from demo.truths import Truths

PUSH, SMS = 0, 1
CHANNELS = ("push", "sms")
ABORTS = ("no_consent", "frequency_capped", "holdout")
NO_CONSENT, CAPPED, HELD_OUT = range(3)
LAST_OPENED_MS = 22 * HOUR_MS
WEEK_BITS = 0x7F
_BITS = np.asarray([value.bit_count() for value in range(WEEK_BITS + 1)])
NEWS_EVERY_WEEKS, NEWS_WEEKDAY = 4, 3


@dataclass(frozen=True)
class Contacts:
    """What delivery files ask for, of some people: a row per contact."""

    rows: tuple[Contact, ...]
    person: Integers
    day: Integers
    key: Integers

    @classmethod
    def of(cls, rows: Iterable[Contact], *, first_day: date, first: int, beyond: int) -> Contacts:
        """Return the contacts of the people from `first` to before `beyond`, by places counted from `first`."""
        kept = sorted(
            (row for row in rows if first <= row.person < beyond),
            key=lambda row: (row.contact_on, row.person, row.touch_id),
        )
        return cls(
            rows=tuple(kept),
            person=np.asarray([row.person - first for row in kept], dtype=np.int64),
            day=np.asarray([(row.contact_on - first_day).days for row in kept], dtype=np.int64),
            key=np.asarray([row.key for row in kept], dtype=np.int64),
        )


def is_silenced(crowd: Crowd, day: int) -> Flags:
    """Say of each whether they have asked not to be contacted."""
    people = crowd.people
    return (people.silenced_after < day) & (day <= people.lifted_after)


def be_written_to(crowd: Crowd, lived: Lived, contacts: Contacts, *, day: int) -> None:
    """Send the messages of a day."""
    truths, people = crowd.world.truths, crowd.people
    crowd.pushed, crowd.texted = (crowd.pushed << 1) & WEEK_BITS, (crowd.texted << 1) & WEEK_BITS
    plan = _plans(crowd, day)
    who = places(
        (plan >= 0) & (people.arrives <= day) & (crowd.closed_ms == NEVER) & ~is_silenced(crowd, day)
    )
    _follow_plans(crowd, lived, who, plan[who], day=day)
    rows = places(contacts.day == day)
    if len(rows):
        _be_contacted(crowd, lived, contacts, rows, truths=truths, day=day)


def _plans(crowd: Crowd, day: int) -> Integers:
    """Return the place of the plan that is due for each on a day, -1 for none."""
    number = {plan: place for place, plan in enumerate(crowd.world.truths.plans)}
    date_ = crowd.world.first_day + timedelta(days=day)
    age = (midnight_ms(date_) + DAY_MS - 1 - crowd.opened_ms) // DAY_MS
    is_customer, unfunded = crowd.is_customer, ~crowd.has_been_funded
    is_news_week = (date_.toordinal() // 7 + crowd.people.index) % NEWS_EVERY_WEEKS == 0
    is_news_day = date_.isoweekday() == NEWS_WEEKDAY
    idle = day - crowd.attempt_touched
    registered = day - crowd.registered_on
    pursues = ~is_customer & (crowd.attempt_state == IN_PROGRESS)
    waits = ~is_customer & crowd.is_registered & (crowd.attempts_made == 0)
    return np.select(
        [
            is_customer & (age == 1),
            is_customer & unfunded & ((age == 2) | (age == 4)),
            is_customer & unfunded & (age == 8),
            is_customer & (age > 1) & is_news_week & is_news_day,
            pursues & ((idle == 1) | (idle == 3)),
            waits & ((registered == 1) | (registered == 9)),
        ],
        [
            number["S1_approved"], number["J3_not_funded"], number["J3_still_not_funded"],
            number["J6_sector_news"], number["J2_interrupted"], number["J1_not_opened"],
        ],
        default=-1,
    )  # fmt: skip


def _follow_plans(crowd: Crowd, lived: Lived, who: Integers, plan: Integers, *, day: int) -> None:
    truths = crowd.world.truths
    kinds = tuple(truths.plans.values())
    channel = np.asarray([CHANNELS.index(kind.channel) for kind in kinds])[plan]
    is_marketing = np.asarray([kind.purpose == "marketing" for kind in kinds])[plan]
    counter, draw = crowd.people.counter[who], crowd.world.draws("message", day)
    scopes = list(truths.consents.granted)
    agrees = np.where(
        channel == PUSH,
        crowd.consents[who, scopes.index("marketing_push")],
        crowd.consents[who, scopes.index("marketing_sms")],
    )
    cap = np.asarray([truths.messages.weekly_cap[name] for name in CHANNELS])[channel]
    is_full = _BITS[np.where(channel == PUSH, crowd.pushed[who], crowd.texted[who])] >= cap
    # The arms are drawn among those who may be written to: they differ in the message alone.
    is_control = draw.happens(truths.messages.control, counter, 0)
    abort = np.select(
        [is_marketing & ~agrees, is_marketing & is_full, is_marketing & is_control],
        [NO_CONSENT, CAPPED, HELD_OUT],
        default=-1,
    )
    is_sent = abort < 0
    crowd.pushed[who[is_sent & (channel == PUSH)]] |= 1
    crowd.texted[who[is_sent & (channel == SMS)]] |= 1
    prepared = ((9.5 + 8 * draw.shares(counter, 1)) * HOUR_MS).astype(np.int64)
    moments = _way_of(crowd, draw, who, counter * 0, channel, prepared, is_sent=is_sent, day=day)
    number = crowd.touches_today[who].copy()
    crowd.touches_today[who] += 1
    lived.add(
        "touches", person=who, number=number, plan=plan, contact=filled(who, -1), channel=channel,
        is_control=abort == HELD_OUT, prepared=prepared, **moments, abort=abort,
    )  # fmt: skip
    effect = np.asarray([kind.effect for kind in kinds])[plan]
    within = np.asarray([kind.within_days for kind in kinds])[plan]
    responds = is_sent & draw.happens(effect * crowd.people.responds[who], counter, 2)
    due = day + 1 + (draw.shares(counter, 3) * within).astype(np.int64)
    for cause, field in (("opening", crowd.opens_from), ("trading", crowd.orders_from)):
        of_cause = np.asarray([kind.causes == cause for kind in kinds])[plan]
        chosen = responds & of_cause
        field[who[chosen]] = due[chosen]


def _be_contacted(
    crowd: Crowd, lived: Lived, contacts: Contacts, rows: Integers, *, truths: Truths, day: int
) -> None:
    # Drawn by the contact's own name: a day differs from one without it in what the contact caused, no more.
    who, key = contacts.person[rows], contacts.key[rows]
    counter, draw = crowd.people.counter[who], crowd.world.draws("contact")
    channel = np.asarray([CHANNELS.index(contacts.rows[row].channel) for row in rows])
    prepared = ((9.5 + 8 * draw.shares(counter, key)) * HOUR_MS).astype(np.int64)
    moments = _way_of(crowd, draw, who, key, channel, prepared, is_sent=np.ones(len(who), np.bool_), day=day)
    order = np.arange(len(who)) - np.searchsorted(who, who)
    lived.add(
        "touches", person=who, number=crowd.touches_today[who] + order, plan=filled(who, -1), contact=rows,
        channel=channel, is_control=np.zeros(len(who), np.bool_), prepared=prepared, **moments,
        abort=filled(who, -1),
    )  # fmt: skip
    np.add.at(crowd.touches_today, who, 1)
    hidden = crowd.world.draws("interest")
    odds = truths.contacts.answers * crowd.people.responds[who]
    answers = hidden.happens(odds, counter, 0) & (moments["delivered"] < NEVER)
    answers &= crowd.people.only_watches[who] & crowd.has_account[who]
    after = hidden.whole(0, truths.contacts.within_days, counter, 1)
    crowd.orders_from[who[answers]] = (day + after)[answers]


def _way_of(
    crowd: Crowd,
    draw: Draws,
    who: Integers,
    key: Integers,
    channel: Integers,
    prepared: Integers,
    *,
    is_sent: Flags,
    day: int,
) -> Frame:
    """Return how far messages get, moments in order that end before 22:00; who is gone opens nothing."""
    planted, counter = crowd.world.truths.messages, crowd.people.counter[who]

    def odds(by_channel: dict[str, float]) -> np.ndarray:
        return np.asarray([by_channel[name] for name in CHANNELS])[channel]

    def share(number: int) -> np.ndarray:
        return draw.shares(counter, key + number)

    sent = prepared + 1_000 + (share(4) * 5 * MINUTE_MS).astype(np.int64)
    is_delivered = is_sent & (share(5) < odds(planted.delivered))
    delivered = sent + 1_000 + (share(6) * 3 * MINUTE_MS).astype(np.int64)
    keener = np.clip(1 + planted.opened_more_when_keen * (crowd.people.keenness[who] - 0.3), 0.1, 3.0)
    is_opened = is_delivered & (share(7) < odds(planted.opened) * keener) & ~crowd.is_gone(day)[who]
    read_after = 5_000 - np.log1p(-share(8)) * 40 * MINUTE_MS
    opened = np.minimum(LAST_OPENED_MS, delivered + read_after.astype(np.int64))
    is_clicked = is_opened & (share(9) < odds(planted.clicked))
    clicked = opened + 1_000 + (share(10) * MINUTE_MS).astype(np.int64)
    failure = (share(11) * 2).astype(np.int64)
    return {
        "sent": np.where(is_sent, sent, NEVER),
        "delivered": np.where(is_delivered, delivered, NEVER),
        "opened": np.where(is_opened, opened, NEVER),
        "clicked": np.where(is_clicked, clicked, NEVER),
        "failure": np.where(is_sent & ~is_delivered, failure, -1),
    }
