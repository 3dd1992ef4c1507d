"""Outcomes: what is true of people and cannot be seen, found by living their days again.

Belongs here: the chance to be lost given where somebody stands, and what happens with and without messages.
Does not belong here: what a pipeline finds, files (truth_files.py).

Two lives with the same draws differ by what is changed between them and by nothing else; another `future` has other
draws from a day on. Nothing here depends on what was delivered or written.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from copy import copy
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np

from demo.accounts import BANK_IN, BANK_OUT
from demo.answers import Contact
from demo.crowd import Crowd, Frame, Lived, places
from demo.draws import Flags, Integers, Shares
from demo.lives import begin, live, nobody
from demo.market import Market
from demo.people import NEVER
from demo.shanghai import TradingCalendar, trading_calendar
from demo.touching import Contacts
from demo.world import World

FUTURE_SHIFT = 40
"""A person's draws in another future are those of somebody beyond all indexes."""
COUNTED_DAYS_LONGER = 2
"""An answer on the last day that it may come on is decided on, or booked, a little later."""


@dataclass(frozen=True)
class ChurnTruth:
    """For some people, places in `crowd`: how likely each way of being lost is, and any of the two that count."""

    crowd: Crowd
    who: Integers
    falls_silent: Shares
    loses_assets: Shares
    closes: Shares
    withdraws: Shares
    is_lost: Shares


def churn_truth(world: World, *, as_of: date, futures: int | None = None) -> ChurnTruth:
    """Return the true chances of a sample of the customers with assets on a day.

    Raises ValueError when the exchange's calendar ends before the horizon does.
    """
    planted, calendar = world.truths.churn, trading_calendar(world.first_day)
    day, copies = world.number_of(as_of), planted.futures if futures is None else futures
    counted, last = _horizon(world, calendar, day)
    people = next(iter(world.shards()))
    market = Market.of(world, calendar, days=last + 1)
    crowd = begin(world, market, people)
    totals: list[Integers] = []
    for number in range(day + 1):
        live(crowd, calendar, nobody(), day=number)
        if calendar.is_open(world.first_day + timedelta(days=number)):
            totals.append(crowd.total_before.copy())
    mean = np.mean(totals[-planted.mean_assets_td :], axis=0)
    who = places(crowd.has_account & (crowd.total_before > 0))
    who = who[np.argsort(world.draws("sample").shares(people[who]), kind="stable")][: planted.sample]
    inflow, is_seen, has_closed = _live_futures(
        _copies(crowd, who, copies), calendar, day=day, last=last, counted=counted
    )
    shape = (len(who), copies)
    inflow, silent, has_closed = inflow.reshape(shape), ~is_seen.reshape(shape), has_closed.reshape(shape)
    total = crowd.total_before[who][:, None]
    loses = total + inflow < planted.kept_assets * mean[who][:, None]
    return ChurnTruth(
        crowd=crowd,
        who=who,
        falls_silent=silent.mean(axis=1),
        loses_assets=loses.mean(axis=1),
        closes=has_closed.mean(axis=1),
        withdraws=(-inflow >= planted.outflow * total).mean(axis=1),
        is_lost=(loses | silent).mean(axis=1),
    )


def _horizon(world: World, calendar: TradingCalendar, day: int) -> tuple[int, int]:
    """Return the numbers of the first day on which being seen counts, and of the last."""
    planted, opened, number = world.truths.churn, 0, day
    first = None
    while opened < planted.gap_td + planted.horizon_td:
        number += 1
        date_ = world.first_day + timedelta(days=number)
        if date_ > calendar.last_day:
            raise ValueError(f"the exchange's calendar ends on {calendar.last_day}, before the horizon does")
        opened += calendar.is_open(date_)
        if first is None and opened == planted.gap_td + 1:
            first = number
    return first or number, number


def _copies(crowd: Crowd, who: Integers, copies: int) -> Crowd:
    """Return so many of each of `who`, all standing where they stand, each with a future of its own."""
    rows = np.repeat(who, copies)
    count = len(crowd.people)

    def taken(values: object) -> object:
        if isinstance(values, np.ndarray) and len(values) == count:
            return values[rows]
        return values

    people = copy(crowd.people)
    phones = replace(people.phones, **{name: taken(values) for name, values in vars(people.phones).items()})
    fields = {name: taken(values) for name, values in vars(people).items()}
    future = np.tile(np.arange(1, copies + 1), len(who))
    counter = people.index[rows] + (future << FUTURE_SHIFT)
    crowd = copy(crowd)
    for name, values in vars(crowd).items():
        setattr(crowd, name, taken(values))
    crowd.people = replace(people, **{**fields, "phones": phones, "counter": counter})
    return crowd


def _live_futures(
    crowd: Crowd, calendar: TradingCalendar, *, day: int, last: int, counted: int
) -> tuple[Integers, Flags, Flags]:
    """Return the money that came less what went, who was seen in the time that counts, and who closed the account."""
    inflow = np.zeros(len(crowd.people), dtype=np.int64)
    is_seen = np.zeros(len(crowd.people), dtype=np.bool_)
    for number in range(day + 1, last + 1):
        lived = live(crowd, calendar, nobody(), day=number)
        flows = lived.frame("flows")
        sign = np.where(flows["kind"] == BANK_IN, 1, np.where(flows["kind"] == BANK_OUT, -1, 0))
        np.add.at(inflow, flows["person"], sign * flows["amount"])
        if number >= counted:
            is_seen[lived.frame("visits")["person"]] = True
            is_seen[lived.frame("trades")["person"]] = True
    return inflow, is_seen, crowd.closed_ms < NEVER


@dataclass(frozen=True)
class Effect:
    """What messages of a plan, or contacts of a campaign, truly do to those whom they are sent to.

    Of each of `who`, indexes of people, the segment they are of, a place among the channels that brought them (-1: none
    did), whether they do it when written to, and whether they do it when not.
    """

    name: str
    outcome: str
    who: Integers
    segment: Integers
    with_messages: Flags
    without: Flags

    @property
    def people(self) -> int:
        """How many were written to."""
        return len(self.who)

    @property
    def difference(self) -> float:
        """The share that does it because of the messages."""
        return (int(self.with_messages.sum()) - int(self.without.sum())) / max(1, self.people)

    def by_segment(self) -> Iterator[tuple[int, Effect]]:
        """Yield the effect on those of each segment that somebody is of."""
        for segment in np.unique(self.segment):
            of = self.segment == segment
            yield (
                int(segment),
                replace(
                    self,
                    who=self.who[of],
                    segment=self.segment[of],
                    with_messages=self.with_messages[of],
                    without=self.without[of],
                ),
            )


def plan_effects(world: World, *, through: date) -> list[Effect]:
    """Return the effects of the plans that have one, had everybody been written to who may be."""
    truths = world.truths
    everybody = truths.messages.model_copy(update={"control": 0.0})
    silent = {name: plan.model_copy(update={"effect": 0.0}) for name, plan in truths.plans.items()}
    plans = {name: plan for name, plan in truths.plans.items() if plan.effect}
    lives = [
        _days(
            replace(world, truths=truths.model_copy(update={"messages": everybody, "plans": chosen})), through
        )
        for chosen in (truths.plans, silent)
    ]
    return [
        Effect(name, plan.causes, *_compared(*lives, plan=list(truths.plans).index(name), causes=plan.causes,
                                             within=plan.within_days + COUNTED_DAYS_LONGER))
        for name, plan in plans.items()
    ]  # fmt: skip


def contact_effects(world: World, contacts: Iterable[Contact], *, through: date) -> list[Effect]:
    """Return the effects of contacts that delivery files asked for, campaign by campaign, among those contacted.

    Those whose day is yet to come are left aside.
    """
    asked = tuple(contact for contact in contacts if contact.contact_on <= through)
    people = next(iter(world.shards()))
    known = Contacts.of(asked, first_day=world.first_day, first=0, beyond=int(people[-1]) + 1)
    lives = [_days(world, through, contacts=given) for given in (known, nobody())]
    effects = []
    for campaign in sorted({row.campaign for row in asked}):
        of = np.asarray([row.campaign == campaign for row in known.rows], dtype=np.bool_)
        who, since = known.person[of], known.day[of]
        beyond = since + world.truths.contacts.within_days + COUNTED_DAYS_LONGER + 1
        # Who is contacted in the morning may answer in the afternoon.
        done = [_did(days, "trading", who, since, beyond) for days in lives]
        effects.append(Effect(campaign, "trading", people[who], lives[0].channel[who], *done))
    return effects


@dataclass(frozen=True)
class Days:
    """What effects are counted on: who came by which channel, who opened and traded on which day, the messages."""

    channel: Integers
    done: Mapping[str, Flags]
    messages: tuple[tuple[int, Frame], ...]


def _days(world: World, through: date, *, contacts: Contacts | None = None) -> Days:
    calendar, last = trading_calendar(world.first_day), world.number_of(through)
    people = next(iter(world.shards()))
    crowd = begin(world, Market.of(world, calendar, days=last + 1), people)
    done = {cause: np.zeros((last + 1, len(people)), dtype=np.bool_) for cause in ("opening", "trading")}
    messages = []
    for number in range(last + 1):
        was_customer = crowd.is_customer
        lived = live(crowd, calendar, nobody() if contacts is None else contacts, day=number)
        done["opening"][number] = crowd.is_customer & ~was_customer
        done["trading"][number, lived.frame("trades")["person"]] = True
        messages.append((number, _sent(lived)))
    return Days(crowd.people.channel, done, tuple(messages))


def _sent(lived: Lived) -> Frame:
    touches = lived.frame("touches")
    sent = touches["sent"] < NEVER
    return {name: touches[name][sent] for name in ("person", "plan")}


def _compared(
    with_messages: Days, without: Days, *, plan: int, causes: str, within: int
) -> tuple[Integers, Integers, Flags, Flags]:
    """Return who was written to, their segments, and whether they did it, in both lives, after the first message."""
    who = np.concatenate([sent["person"][sent["plan"] == plan] for _, sent in with_messages.messages])
    since = np.concatenate(
        [np.full(int((sent["plan"] == plan).sum()), number) for number, sent in with_messages.messages]
    )
    _, first = np.unique(who, return_index=True)
    who, since = who[first], since[first]
    done = [_did(days, causes, who, since + 1, since + within + 1) for days in (with_messages, without)]
    # The people of the first shard: a place among them is their index.
    return who, without.channel[who], done[0], done[1]


def _did(days: Days, cause: str, who: Integers, first: Integers, beyond: Integers) -> Flags:
    """Say of each whether they did it on a day of [first, beyond) that is lived."""
    before = np.pad(np.cumsum(days.done[cause], axis=0), ((1, 0), (0, 0)))
    last = len(before) - 1
    return before[np.minimum(beyond, last), who] > before[np.minimum(first, last), who]
