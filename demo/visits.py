"""Visits: when people open the app, on which phone, as whom, and what they come for.

Belongs here: the starts of visits, logging in, registering, clicks on messages.
Does not belong here: the opening flow's steps (opening.py), money (money.py), what is merely looked at (browsing.py).
"""

from __future__ import annotations

from datetime import timedelta

import numpy as np

from demo.crowd import CLICK, LOGIN, LOTTERY, NOBODY, REGISTER, SUBMITTED, Crowd, Frame, Lived, filled, places
from demo.draws import Flags, Integers, Shares
from demo.opening import sit_down
from demo.people import NEVER
from demo.shanghai import DAY_MS, HOUR_MS, MINUTE_MS, TradingCalendar

# One weight an hour, with the peaks of the exchange's hours.
TRADING_DAY_HOURS = (2, 1, 1, 1, 1, 2, 4, 8, 14, 40, 34, 20, 8, 26, 34, 18, 9, 8, 9, 12, 14, 13, 9, 4)
FREE_DAY_HOURS = (2, 1, 1, 1, 1, 1, 3, 6, 10, 13, 13, 11, 9, 9, 11, 11, 10, 10, 12, 15, 17, 16, 11, 5)
LAST_START_MS = 23 * HOUR_MS + 30 * MINUTE_MS
SHORTEST_PAUSE_MS = 20 * MINUTE_MS
MOST_OWN_VISITS = 3
ANSWERS_AT_MS = 9 * HOUR_MS + 50 * MINUTE_MS
OPENS_AT_MS = 19 * HOUR_MS
FREE_DAY_PACE, WATCHES_AS_KEENLY, COMES_BACK_TO_CLOSED = 0.55, 0.35, 0.002
STAYS_LOGGED_IN = 0.92


def visit(crowd: Crowd, lived: Lived, calendar: TradingCalendar, *, day: int) -> None:
    """Let people open the app on a day, and do there what does not concern money."""
    is_open = calendar.is_open(crowd.world.first_day + timedelta(days=day))
    starts = _starts(crowd, lived, is_open=is_open, day=day)
    person = starts["person"]
    ordinal = np.arange(len(person)) - np.searchsorted(person, person)
    for turn in range(int(ordinal.max(initial=-1)) + 1):
        rows = places(ordinal == turn)
        _one_visit(
            crowd,
            lived,
            calendar,
            {name: values[rows] for name, values in starts.items()},
            turn=turn,
            day=day,
        )
    crowd.last_visit[person] = day


def odds_of_activity(crowd: Crowd, *, is_open: bool, day: int) -> Shares:
    """Return how likely each opens the app on a day of their own accord."""
    people, truths = crowd.people, crowd.world.truths
    pace = 1.0 if is_open else FREE_DAY_PACE
    tenure = np.where(people.is_known, 400, day - people.arrives)
    keen = np.where(people.only_watches, np.maximum(WATCHES_AS_KEENLY, people.keenness), people.keenness)
    as_customer = np.minimum(0.97, 0.04 + 0.75 * keen + 0.3 * 0.88**tenure)
    as_visitor = 0.01 + (0.15 + 0.5 * people.keenness) * 0.82**tenure
    odds = pace * np.where(crowd.is_customer, as_customer, as_visitor)
    if (crowd.world.first_day + timedelta(days=day)).isoweekday() == truths.lottery.weekday:
        odds = np.where(crowd.is_customer, np.minimum(0.97, odds + truths.lottery.launches), odds)
    odds = np.where(crowd.is_tired(day), odds * truths.tiring.tired_pace, odds)
    odds = np.where(crowd.closed_ms < NEVER, COMES_BACK_TO_CLOSED, odds)
    odds[crowd.is_gone(day) | people.is_fraud | (people.arrives > day)] = 0.0
    odds[people.arrives == day] = 1.0
    return odds


def _starts(crowd: Crowd, lived: Lived, *, is_open: bool, day: int) -> Frame:
    """Return the visits of a day by person and time: own ones, and those that something calls for."""
    draw, people = crowd.world.draws("visits", day), crowd.people
    odds = odds_of_activity(crowd, is_open=is_open, day=day)
    who = places(draw.happens(odds, people.counter, 0))
    counter = people.counter[who]
    count = 1 + draw.happens(0.4, counter, 1) + draw.happens(people.keenness[who], counter, 2)
    own, nth = np.repeat(who, count), np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    hours = draw.hours(TRADING_DAY_HOURS if is_open else FREE_DAY_HOURS, people.counter[own], 3 + nth)
    touches = lived.frame("touches")
    clicked = places(touches["clicked"] < NEVER)
    answers = places((crowd.orders_from <= day) & crowd.has_account & ~crowd.is_gone(day) & is_open)
    opens = places((crowd.opens_from <= day) & crowd.is_registered & ~crowd.is_customer)
    crowd.opens_from[crowd.opens_from <= day] = NEVER
    parts = (
        _part(own, np.minimum(LAST_START_MS, (hours * HOUR_MS).astype(np.int64)), is_called=False),
        _part(touches["person"][clicked], touches["clicked"][clicked], touch=clicked),
        _part(answers, filled(answers, ANSWERS_AT_MS)),
        _part(opens, filled(opens, OPENS_AT_MS), opens=True),
    )
    whole = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    order = np.lexsort((whole["touch"], whole["start"], whole["person"]))
    whole = {name: values[order] for name, values in whole.items()}
    is_other = np.diff(whole["person"], prepend=NOBODY) != 0
    is_apart = np.diff(whole["start"], prepend=-DAY_MS) > SHORTEST_PAUSE_MS
    kept = whole["is_called"] | is_other | is_apart
    return {name: values[kept] for name, values in whole.items()}


def _part(
    who: Integers,
    start: Integers,
    *,
    touch: Integers | None = None,
    opens: bool = False,
    is_called: bool = True,
) -> Frame:
    return {
        "person": who,
        "start": start,
        "touch": filled(who, NOBODY) if touch is None else touch,
        "opens": np.full(len(who), opens),
        "is_called": np.full(len(who), is_called),
    }


def _one_visit(
    crowd: Crowd,
    lived: Lived,
    calendar: TradingCalendar,
    starts: Frame,
    *,
    turn: int,
    day: int,
) -> None:
    """Let people begin the visits of this number in their day."""
    who, start, touch, opens = (starts[name] for name in ("person", "start", "touch", "opens"))
    draw, people = crowd.world.draws("visit", day, turn), crowd.people
    counter = people.counter[who]
    phone = (draw.shares(counter, 0) * people.phones.count[who]).astype(np.int64)
    is_first, bit = crowd.greeted[who] == 0, 1 << phone
    knows_phone = (crowd.greeted[who] & bit) != 0
    crowd.greeted[who] |= bit
    is_shared = people.phones.first_is_shared[who] & (phone == 0)
    stays = knows_phone & ~is_shared & draw.happens(STAYS_LOGGED_IN, counter, 1)
    login_at = start + 3_000 + (draw.shares(counter, 2) * 12_000).astype(np.int64)
    registered = crowd.is_registered[who]
    logs_in = registered & ~stays
    begins = start + 20_000 + (draw.shares(counter, 3) * 70_000).astype(np.int64)
    registers = (
        ~registered & ~people.is_fraud[who] & _wants_to_register(crowd, who, draw.shares(counter, 4), day)
    )
    crowd.registered_on[who[registers]] = day
    logged = np.where(registered & stays, 0, np.where(logs_in, login_at, np.where(registers, begins, NEVER)))
    rows = lived.rows("visits") + np.arange(len(who))
    lived.add(
        "visits", person=who, start=start, phone=phone, login_at=logged, is_first=is_first, touch_row=touch
    )
    clicks = touch != NOBODY
    for kind, chosen, at, row in (
        (LOGIN, logs_in, login_at, filled(who, NOBODY)),
        (REGISTER, registers, begins, filled(who, NOBODY)),
        (CLICK, clicks, start + 200, touch),
    ):
        lived.add(
            "actions", person=who[chosen], visit_row=rows[chosen], at=at[chosen],
            kind=np.full(int(chosen.sum()), kind, dtype=np.int64), row=row[chosen],
        )  # fmt: skip
    agree(crowd, lived, who[registers], begins[registers] + 300, day=day)
    _draw_in_lottery(crowd, lived, who, start, rows, turn=turn, day=day)
    can_open = crowd.is_registered[who] & ~crowd.is_customer[who] & (crowd.attempt_state[who] != SUBMITTED)
    is_drawn = (crowd.registered_on[who] == day) | clicks | logs_in | (crowd.attempt_state[who] > 0)
    planted = crowd.world.truths.opening.begins
    odds = np.where(is_drawn, planted.on_arrival + planted.keenness * people.keenness[who], planted.later)
    sits = can_open & (opens | draw.happens(odds, counter, 5))
    at = begins + np.where(registers, 5_000 + (draw.shares(counter, 6) * 35_000).astype(np.int64), 0)
    sit_down(
        crowd, lived, calendar, who[sits], at[sits], phone[sits], visit=rows[sits], is_helped=opens[sits],
        sitting=turn, day=day,
    )  # fmt: skip


def _wants_to_register(crowd: Crowd, who: Integers, share: Shares, day: int) -> Flags:
    planted, people = crowd.world.truths.opening.registers, crowd.people
    on_arrival = planted.on_arrival + planted.keenness * people.keenness[who]
    return share < np.where(people.arrives[who] == day, on_arrival, planted.later)


def _draw_in_lottery(
    crowd: Crowd, lived: Lived, who: Integers, start: Integers, rows: Integers, *, turn: int, day: int
) -> None:
    planted = crowd.world.truths.lottery
    if turn or (crowd.world.first_day + timedelta(days=day)).isoweekday() != planted.weekday:
        return
    draw = crowd.world.draws("lottery", day)
    draws = crowd.is_customer[who] & draw.happens(2 * planted.launches, crowd.people.counter[who])
    lived.add(
        "actions", person=who[draws], visit_row=rows[draws], at=start[draws] + 45_000,
        kind=np.full(int(draws.sum()), LOTTERY, dtype=np.int64), row=filled(who[draws], NOBODY),
    )  # fmt: skip


def agree(crowd: Crowd, lived: Lived, who: Integers, at: Integers, *, day: int) -> None:
    """Let `who` say of every scope whether they consent."""
    draw, counter = crowd.world.draws("consent", day), crowd.people.counter[who]
    for scope, odds in enumerate(crowd.world.truths.consents.granted.values()):
        granted = draw.happens(odds, counter, scope)
        crowd.consents[who, scope] = crowd.agreed[who, scope] = granted
        lived.add("consents", person=who, at=at, scope=filled(who, scope), is_granted=granted)


def change_mind(crowd: Crowd, lived: Lived, *, day: int) -> None:
    """Let people withdraw their consent to marketing, and take the planted login off its number."""
    planted, people = crowd.world.truths, crowd.people
    scopes = list(planted.consents.granted)
    for name, after in (
        ("marketing_push", people.withdraws_consent_after),
        ("marketing_sms", people.withdraws_consent_after),
        ("profiling", people.withdraws_profiling_after),
    ):
        scope = scopes.index(name)
        who = places((after == day) & (people.arrives <= day) & crowd.consents[:, scope])
        crowd.consents[who, scope] = False
        lived.add(
            "consents", person=who, at=20 * HOUR_MS + people.index[who] % HOUR_MS, scope=filled(who, scope),
            is_granted=np.zeros(len(who), np.bool_),
        )  # fmt: skip
    if day == planted.identities.unbound_after_days:
        who = places(people.index == planted.identities.unbound_person)
        moment = filled(who, 16 * HOUR_MS)
        lived.add("unbindings", person=who, at=moment)
