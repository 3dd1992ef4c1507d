"""Opening an account: how the tries of the twelve steps end, and what the back office decides.

Belongs here: sittings, attempts and their decision.
Does not belong here: the odds (truths.yaml), the app's other pages.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from demo.crowd import IN_PROGRESS, NO_ATTEMPT, STEP, SUBMITTED, Crowd, Lived, filled, places, weights_of
from demo.draws import Flags, Integers, Shares
from demo.people import APP_VERSIONS, HANDSETS, NEVER
from demo.shanghai import HOUR_MS, TradingCalendar, midnight_ms
from demo.truths import OpeningTruths

OK, FAIL, ABANDON = range(3)
RESULTS = ("ok", "fail", "abandon")
STATES = ("in_progress", "submitted", "approved", "rejected", "abandoned")
BEGUN, SENT_IN, APPROVED, REJECTED, GIVEN_UP = range(5)
OFFICE_CLOSES_MS = (23 * 60 + 49) * 60 * 1000
"""The opening flow shuts shortly before the day's files are made."""
DECIDED_THE_SAME_DAY = (9 * HOUR_MS, int(14.5 * HOUR_MS))
STEPS = 12
_MOST_TRIES = 60
_DRAWS = 8


@dataclass(frozen=True)
class Odds:
    """The steps as arrays: chances to pass, seconds, and the weights of reasons, usual and under the fault."""

    passes: Shares
    seconds: Shares
    reasons: Shares
    fault_step: int
    fault_passes: float
    fault_reasons: Shares
    is_faulty: Flags


def odds_of(planted: OpeningTruths) -> Odds:
    """Return the planted odds as arrays; `is_faulty` by handset and version."""
    widest = max(len(step.reasons) for step in planted.steps)

    def bounds(weights: dict[str, float]) -> np.ndarray:
        whole = np.cumsum([*weights_of(weights), *[0.0] * (widest - len(weights))])
        return whole / (whole[-1] or 1.0)

    codes = [step.code for step in planted.steps]
    fault = planted.fault
    return Odds(
        passes=np.asarray([step.passes for step in planted.steps]),
        seconds=np.asarray([step.seconds for step in planted.steps], dtype=np.float64),
        reasons=np.stack([bounds(step.reasons) for step in planted.steps]),
        fault_step=codes.index(fault.step),
        fault_passes=fault.passes,
        fault_reasons=bounds(fault.reasons),
        is_faulty=np.asarray(
            [
                [handset[0] == fault.os and version.startswith(fault.app_version) for version in APP_VERSIONS]
                for handset in HANDSETS
            ]
        ),
    )


def reason_names(planted: OpeningTruths) -> list[tuple[str, ...]]:
    """Return the names of the reasons of each step, in the order that tries number them."""
    return [tuple(step.reasons) for step in planted.steps]


def hear_from_the_office(crowd: Crowd, lived: Lived, *, day: int) -> None:
    """Decide on what was sent in before, and give up what nobody went on with."""
    planted, draw = crowd.world.truths.opening, crowd.world.draws("office", day)
    due = places((crowd.attempt_state == SUBMITTED) & (crowd.attempt_decides == day))
    midnight = midnight_ms(crowd.world.first_day + timedelta(days=day))
    hours = 9.5 + 2 * draw.shares(crowd.people.counter[due], 0)
    _decide(crowd, lived, due, midnight + (hours * HOUR_MS).astype(np.int64), day=day)
    idle = (crowd.attempt_state == IN_PROGRESS) & (day - crowd.attempt_touched > planted.idle_days)
    given_up = places(idle)
    crowd.attempt_state[given_up] = NO_ATTEMPT
    _tell(crowd, lived, given_up, updated=filled(given_up, midnight + 2 * HOUR_MS), result=GIVEN_UP)


def sit_down(
    crowd: Crowd,
    lived: Lived,
    calendar: TradingCalendar,
    who: Integers,
    at: Integers,
    phone: Integers,
    *,
    visit: Integers,
    is_helped: Flags,
    sitting: int,
    day: int,
) -> None:
    """Let `who` sit down to the opening flow at `at`; whoever is helped passes every step.

    `sitting` is the number of the visit in the day, so that draws of two sittings differ.
    """
    first_day = crowd.world.first_day
    midnight = midnight_ms(first_day + timedelta(days=day))
    every = crowd.world.truths.people.app_update_every_days
    version = crowd.people.app_version(who, day, every=every)
    is_new = crowd.attempt_state[who] == NO_ATTEMPT
    begins = who[is_new]
    crowd.attempts_made[begins] += 1
    crowd.attempt_state[begins] = IN_PROGRESS
    crowd.attempt_phone[begins], crowd.attempt_version[begins] = phone[is_new], version[is_new]
    crowd.attempt_started[begins], crowd.attempt_submitted[begins] = midnight + at[is_new], NEVER
    crowd.attempt_step[begins], crowd.attempt_tries[begins] = 1, 0
    crowd.attempt_touched[begins] = day
    _tell(crowd, lived, begins, updated=midnight + at[is_new], result=BEGUN)
    finished_at = _try_steps(
        crowd, lived, who, at, phone, version, visit=visit, is_helped=is_helped, sitting=sitting, day=day
    )
    done = finished_at >= 0
    _submit(crowd, lived, calendar, who[done], finished_at[done], day=day)


def _try_steps(
    crowd: Crowd,
    lived: Lived,
    who: Integers,
    at: Integers,
    phone: Integers,
    version: Integers,
    *,
    visit: Integers,
    is_helped: Flags,
    sitting: int,
    day: int,
) -> Integers:
    """Make tries until everybody is through, has given up or is too late; return when each was through, -1 if not."""
    planted = crowd.world.truths.opening
    odds, draw = odds_of(planted), crowd.world.draws("opening", day)
    finished_at, at = filled(who, -1), at.copy()
    going = np.arange(len(who))
    handset = crowd.people.phones.handset[who, phone]
    for turn in range(_MOST_TRIES):
        if not len(going):
            break
        people, counter = who[going], crowd.people.counter[who[going]]
        which = (sitting * _MOST_TRIES + turn) * _DRAWS
        step = crowd.attempt_step[people] - 1
        crowd.attempt_tries[people] += 1
        number = crowd.attempt_tries[people]
        seconds = odds.seconds[step] * np.exp(0.5 * draw.normal(counter, which))
        entered = at[going]
        left = entered + 1000 * np.maximum(2, seconds.astype(np.int64))
        faulty = odds.is_faulty[handset[going], version[going]] & (step == odds.fault_step)
        chance = np.where(faulty, odds.fault_passes, odds.passes[step])
        passes = draw.happens(chance, counter, which + 1) | is_helped[going]
        gives_up = np.asarray(planted.gives_up + planted.gives_up_more * number, dtype=np.float64)
        tires = draw.happens(gives_up, counter, which + 2)
        result = np.where(passes, OK, np.where(tires, ABANDON, FAIL))
        bounds = np.where(faulty[:, None], odds.fault_reasons, odds.reasons[step])
        reason = (draw.shares(counter, which + 3)[:, None] >= bounds[:, :-1]).sum(axis=1)
        in_time = left < OFFICE_CLOSES_MS
        crowd.attempt_tries[people[~in_time]] -= 1
        rows = lived.rows("tries") + np.arange(int(in_time.sum()))
        lived.add(
            "tries", person=people[in_time], attempt=crowd.attempts_made[people[in_time]],
            step=step[in_time] + 1, number=number[in_time], entered=entered[in_time], left=left[in_time],
            result=result[in_time], reason=np.where(passes, -1, reason)[in_time], phone=phone[going][in_time],
            version=version[going][in_time],
        )  # fmt: skip
        lived.add(
            "actions", person=people[in_time], visit_row=visit[going][in_time], at=left[in_time],
            kind=filled(rows, STEP), row=rows,
        )  # fmt: skip
        crowd.attempt_touched[people[in_time]] = day
        through = in_time & passes & (step + 1 == STEPS)
        finished_at[going[through]] = left[through]
        onward = in_time & passes & ~through
        crowd.attempt_step[people[onward]] += 1
        crowd.attempt_tries[people[onward]] = 0
        pause = np.where(
            passes,
            500 + 3_500 * draw.shares(counter, which + 4),
            1_000 + 8_000 * draw.shares(counter, which + 4),
        )
        at[going] = left + pause.astype(np.int64)
        going = going[in_time & (onward | (~passes & ~tires))]
    return finished_at


def _submit(
    crowd: Crowd, lived: Lived, calendar: TradingCalendar, who: Integers, at: Integers, *, day: int
) -> None:
    date_ = crowd.world.first_day + timedelta(days=day)
    midnight = midnight_ms(date_)
    crowd.attempt_state[who], crowd.attempt_submitted[who] = SUBMITTED, midnight + at
    _tell(crowd, lived, who, updated=midnight + at, result=SENT_IN)
    opens, closes = DECIDED_THE_SAME_DAY
    at_once = (opens < at) & (at < closes) if calendar.is_open(date_) else np.zeros(len(who), np.bool_)
    if not at_once.all():
        crowd.attempt_decides[who[~at_once]] = (calendar.next_session(date_) - crowd.world.first_day).days
    hours = 0.3 + 1.7 * crowd.world.draws("office", day).shares(crowd.people.counter[who], 1)
    moment = midnight + at + (hours * HOUR_MS).astype(np.int64)
    _decide(crowd, lived, who[at_once], moment[at_once], day=day)


def _decide(crowd: Crowd, lived: Lived, who: Integers, moment: Integers, *, day: int) -> None:
    planted, draw = crowd.world.truths.opening, crowd.world.draws("decision", day)
    counter = crowd.people.counter[who]
    approved = draw.happens(planted.approved, counter, 0)
    reason = draw.chosen(weights_of(planted.rejections), counter, 1)
    crowd.attempt_state[who] = NO_ATTEMPT
    opened = who[approved]
    crowd.opened_ms[opened], crowd.bound_ms[opened] = moment[approved], moment[approved]
    crowd.last_visit[opened] = day
    for result, chosen in ((APPROVED, approved), (REJECTED, ~approved)):
        _tell(
            crowd, lived, who[chosen], updated=moment[chosen], audited=moment[chosen], result=result,
            reason=reason[chosen] if result == REJECTED else None,
        )  # fmt: skip


def _tell(
    crowd: Crowd,
    lived: Lived,
    who: Integers,
    *,
    updated: Integers,
    result: int,
    audited: Integers | None = None,
    reason: Integers | None = None,
) -> None:
    """Hand the back office an attempt as it stands now."""
    lived.add(
        "attempts", person=who, updated=updated, number=crowd.attempts_made[who].copy(),
        phone=crowd.attempt_phone[who], version=crowd.attempt_version[who], started=crowd.attempt_started[who],
        submitted=crowd.attempt_submitted[who], audited=filled(who, NEVER) if audited is None else audited,
        result=filled(who, result), reason=filled(who, -1) if reason is None else reason,
    )  # fmt: skip
