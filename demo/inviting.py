"""Inviting: customers ask friends to come, and how far the friends get.

Belongs here: invitations that fail, with the reason, and the way of those who came by the channel of referrals.
Does not belong here: who comes at all (people.py), the odds (truths.yaml).

A friend's inviter is one of those whom the broker knew before the first day, drawn by the friend.
"""

from __future__ import annotations

from datetime import timedelta

import numpy as np

from demo.accounts import BANK_IN
from demo.crowd import NOBODY, SHARE, Crowd, Lived, filled, places, weights_of
from demo.draws import Flags, Integers
from demo.shanghai import DAY_MS, MINUTE_MS, midnight_ms

STAGES = ("share", "open", "help", "register", "open_account", "deposit", "reward")
SHARED, OPENED, HELPED, REGISTERED, OPENED_ACCOUNT, DEPOSITED, REWARDED = range(len(STAGES))
LAST_MS = DAY_MS - 1


def invite(crowd: Crowd, lived: Lived, *, was_funded: Flags, day: int) -> None:
    """Write down the invitations of a day; those who visit the app may send one."""
    _invite_in_vain(crowd, lived, day=day)
    friends = places(_is_friend(crowd))
    inviter = crowd.world.draws("inviters").whole(0, crowd.world.people_at_start, crowd.people.index[friends])
    visits = lived.frame("visits")
    first = np.full(len(crowd.people), LAST_MS)
    np.minimum.at(first, visits["person"], visits["start"])
    midnight = midnight_ms(crowd.world.first_day + timedelta(days=day))
    opened_today = (midnight <= crowd.opened_ms) & (crowd.opened_ms < midnight + DAY_MS)
    flows = lived.frame("flows")
    is_first = (flows["kind"] == BANK_IN) & ~was_funded[flows["person"]]
    paid = np.full(len(crowd.people), LAST_MS)
    np.minimum.at(paid, flows["person"][is_first], flows["at"][is_first])
    arrived = crowd.people.arrives[friends] == day
    deposited = paid[friends] < LAST_MS
    for stage, happened, at in (
        (SHARED, arrived, np.maximum(0, first - 30 * MINUTE_MS)),
        (OPENED, arrived, np.maximum(0, first - MINUTE_MS)),
        (REGISTERED, crowd.registered_on[friends] == day, np.minimum(LAST_MS, first + 5 * MINUTE_MS)),
        (OPENED_ACCOUNT, opened_today[friends], np.clip(crowd.opened_ms - midnight, 0, LAST_MS)),
        (DEPOSITED, deposited, paid),
        (REWARDED, deposited, np.minimum(LAST_MS, paid + MINUTE_MS)),
    ):
        who = friends[happened]
        _add(lived, who, inviter[happened], at[who], stage, is_friend=True)


def _is_friend(crowd: Crowd) -> Flags:
    return crowd.people.channel == list(crowd.world.truths.channels).index("referral")


def _invite_in_vain(crowd: Crowd, lived: Lived, *, day: int) -> None:
    planted, draw = crowd.world.truths.referrals, crowd.world.draws("invitations", day)
    visits = lived.frame("visits")
    _, first = np.unique(visits["person"], return_index=True)
    row = first[crowd.has_account[visits["person"][first]]]
    row = row[draw.happens(planted.fails, crowd.people.counter[visits["person"][row]])]
    who, at = visits["person"][row], np.minimum(LAST_MS - 3 * MINUTE_MS, visits["start"][row] + MINUTE_MS)
    lived.add("actions", person=who, visit_row=row, at=at, kind=filled(who, SHARE), row=filled(who, NOBODY))
    failure = draw.chosen(weights_of(planted.failures), crowd.people.counter[who], 1)
    inviter = crowd.people.index[who]
    for stage in (SHARED, OPENED, HELPED):
        reason = failure if stage == HELPED else filled(who, NOBODY)
        _add(lived, who, inviter, at + stage * MINUTE_MS, stage, is_friend=False, failure=reason)


def _add(
    lived: Lived, who: Integers, inviter: Integers, at: Integers, stage: int, *, is_friend: bool,
    failure: Integers | None = None,
) -> None:  # fmt: skip
    lived.add(
        "invitations", person=who, inviter=inviter, is_friend=np.full(len(who), is_friend), stage=filled(who, stage),
        at=at, failure=filled(who, NOBODY) if failure is None else failure,
    )  # fmt: skip
