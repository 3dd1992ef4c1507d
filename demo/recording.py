"""The app's recorder: turns visits into the records its SDK sends, in the Sensors format.

Belongs here: which records a visit leaves, as numbers, for everybody at once.
Does not belong here: what people do (visits.py, browsing.py), the records' text (lines.py), damage (dirt.py).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from demo.browsing import HOME_PAGE, LOOKS, looks_of
from demo.crowd import (
    CLICK,
    LOGIN,
    LOTTERY,
    MARGIN,
    ORDER,
    PURCHASE,
    REGISTER,
    SHARE,
    STEP,
    TRANSFER_IN,
    TRANSFER_OUT,
    Crowd,
    Lived,
    filled,
    places,
)
from demo.draws import Flags, Integers
from demo.shanghai import DAY_MS
from demo.touching import PUSH

LAST_MS = DAY_MS - 1
TRACKS_PER_DAY = 10_000
CRASHES = ("NullPointerException", "OutOfMemoryError", "SIGSEGV", "ANR")
CRASHED = 0.004
_LOOK_DRAWS = 8

# Kinds of records beyond the looks: event and type; those of the steps come after them.
OTHERS = (
    ("$AppInstall", "track"), ("$AppStart", "track"), ("$AppEnd", "track"), ("AppCrashed", "track"),
    ("$SignUp", "track_signup"), ("Login", "track"), ("Register", "track"), ("$AppPushClick", "track"),
    ("SmsClick", "track"), ("OrderSubmit", "track"), ("TransferInSubmit", "track"), ("TransferOutSubmit", "track"),
    ("LotteryDraw", "track"), ("$UnbindID", "track_id_unbind"), ("ProductBuyConfirmView", "track"),
    ("MarginApply", "track"), ("ShareClick", "track"),
)  # fmt: skip
FIRST_OTHER = len(LOOKS)
(
    INSTALL, START, END, CRASH, SIGN_UP, LOGGED_IN, REGISTERED, PUSH_CLICK, SMS_CLICK, ORDERED, PAID_IN, PAID_OUT,
    DREW, UNBOUND, PURCHASED, APPLIED, SHARED,
) = range(FIRST_OTHER, FIRST_OTHER + len(OTHERS))  # fmt: skip
FIRST_STEP = FIRST_OTHER + len(OTHERS)


@dataclass(frozen=True)
class Records:
    """The app's records of a day as numbers, in order of person and time.

    `at` in milliseconds after midnight; `visit` is a row of the day's visits; `what` an object of the kind, or a row of
    the table that the kind tells of; `stay` in tenths of a second, -1 for none.
    """

    person: Integers
    visit: Integers
    at: Integers
    kind: Integers
    what: Integers
    stay: Integers
    track: Integers
    is_known: Flags

    def __len__(self) -> int:
        """Return how many records these are."""
        return len(self.person)

    def at_rows(self, rows: Integers) -> Records:
        """Return some of the records."""
        return Records(**{name: values[rows] for name, values in vars(self).items()})


def record(crowd: Crowd, lived: Lived) -> Records:
    """Return what the app recorded on a day."""
    visits = lived.frame("visits")
    who, start = visits["person"], visits["start"]
    counter, draw = crowd.people.counter[who], crowd.world.draws("recording", lived.day)
    rows = np.arange(len(who))
    # Draws of several visits of a person differ by the visit's start, to the millisecond.
    key = start << 12
    count = 3 + draw.waits(crowd.world.truths.browsing.looks, counter, key).astype(np.int64)
    looked, nth = np.repeat(rows, count), np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    which = key[looked] + 16 + _LOOK_DRAWS * nth
    kinds, objects, stays = looks_of(crowd, draw, who[looked], which)
    is_home = nth == 0
    kinds, objects = np.where(is_home, HOME_PAGE[0], kinds), np.where(is_home, HOME_PAGE[1], objects)
    stays = np.where(is_home, -1, stays)
    gap = 700 + (1000 * np.exp(1.9 + 0.9 * draw.normal(counter[looked], which + 6))).astype(np.int64)
    gap[is_home] = 300 + (1200 * draw.shares(counter, key + 1)).astype(np.int64)
    so_far = np.cumsum(gap)
    first = np.cumsum(count) - count
    at = start[looked] + so_far - np.repeat(so_far[first] - gap[first], count)
    last = at[first + count - 1] if len(rows) else at
    actions = lived.frame("actions")
    end = np.maximum(last, start) + 2_000 + (6_000 * draw.shares(counter, key + 2)).astype(np.int64)
    np.maximum.at(end, actions["visit_row"], actions["at"] + 1_500)
    crashes = draw.happens(CRASHED, counter, key + 3)
    reason = (draw.shares(counter, key + 4) * len(CRASHES)).astype(np.int64)
    installs = places(visits["is_first"] & ~crowd.people.is_known[who])
    parts = [
        (looked, at, kinds, objects, stays),
        (rows, start, filled(rows, START), visits["is_first"].astype(np.int64), filled(rows, -1)),
        (
            rows, end, np.where(crashes, CRASH, END), np.where(crashes, reason, np.minimum(end, LAST_MS) - start),
            filled(rows, -1),
        ),
        (
            installs, start[installs] - 1, filled(installs, INSTALL), crowd.people.link[who[installs]],
            filled(installs, -1),
        ),
        *_of_actions(lived),
    ]  # fmt: skip
    visit, at, kind, what, stay = (np.concatenate(column) for column in zip(*parts, strict=True))
    person = who[visit] if len(who) else visit
    unbound = lived.frame("unbindings")
    if len(unbound["person"]):
        # There need not be a visit: the login is taken off at the counter.
        person = np.concatenate([person, unbound["person"]])
        visit, at = (
            np.concatenate([visit, filled(unbound["person"], -1)]),
            np.concatenate([at, unbound["at"]]),
        )
        kind = np.concatenate([kind, filled(unbound["person"], UNBOUND)])
        what, stay = (np.concatenate([column, filled(unbound["person"], -1)]) for column in (what, stay))
    # A look after midnight is not recorded; of what else comes so late, the last millisecond of the day is.
    kept = places((kind >= FIRST_OTHER) | (at <= LAST_MS))
    person, visit, at, kind, what, stay = (one[kept] for one in (person, visit, at, kind, what, stay))
    at = np.clip(at, 0, LAST_MS)
    order = np.lexsort((kind, visit, at, person))
    person, visit, at, kind, what, stay = (one[order] for one in (person, visit, at, kind, what, stay))
    number = np.arange(len(person)) - np.searchsorted(person, person)
    track = (crowd.people.index[person] * TRACKS_PER_DAY + lived.day) * TRACKS_PER_DAY + number
    login_at = np.append(visits["login_at"], 0)[visit]
    return Records(person, visit, at, kind, what, stay, track, is_known=(at >= login_at) & (kind != INSTALL))


def _of_actions(lived: Lived) -> list[tuple[Integers, ...]]:
    """Return the records of what was done: visit, moment, kind, what, stay."""
    actions, tries, touches = lived.frame("actions"), lived.frame("tries"), lived.frame("touches")
    kind, row = actions["kind"], actions["row"]
    recorded = np.select(
        [
            kind == LOGIN,
            kind == REGISTER,
            kind == ORDER,
            kind == TRANSFER_IN,
            kind == TRANSFER_OUT,
            kind == LOTTERY,
            kind == PURCHASE,
            kind == MARGIN,
            kind == SHARE,
        ],
        [SIGN_UP, SIGN_UP, ORDERED, PAID_IN, PAID_OUT, DREW, PURCHASED, APPLIED, SHARED],
        default=-1,
    )
    steps, clicks = kind == STEP, kind == CLICK
    recorded[steps] = FIRST_STEP + tries["step"][row[steps]] - 1
    recorded[clicks] = np.where(touches["channel"][row[clicks]] == PUSH, PUSH_CLICK, SMS_CLICK)
    none = filled(row, -1)
    parts = [(actions["visit_row"], actions["at"], recorded, row, none)]
    for of_kind, later, after in ((LOGIN, LOGGED_IN, 150), (REGISTER, REGISTERED, 300)):
        rows = places(kind == of_kind)
        parts.append(
            (
                actions["visit_row"][rows],
                actions["at"][rows] + after,
                filled(rows, later),
                none[rows],
                none[rows],
            )
        )
    return parts
