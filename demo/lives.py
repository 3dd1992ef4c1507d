"""How the days of many people go: what happens in which order on a day.

Belongs here: that order, and the people as the first day finds them.
Does not belong here: the parts of a day (touching.py, opening.py, visits.py, tiring.py, money.py), files.
"""

from __future__ import annotations

from datetime import timedelta

import numpy as np

from demo.crowd import Crowd, Lived, places
from demo.draws import Integers
from demo.inviting import invite
from demo.market import Market
from demo.money import use_money
from demo.opening import hear_from_the_office
from demo.past import imagine_past
from demo.people import meet
from demo.shanghai import HOUR_MS, TradingCalendar, midnight_ms
from demo.tiring import change_moods
from demo.touching import Contacts, be_written_to
from demo.visits import agree, change_mind, visit
from demo.world import World

KNOWN_BEFORE = -1
CUSTOMERS_AT_START = 0.93


def begin(world: World, market: Market, index: Integers, *, future: int = 0) -> Crowd:
    """Return the people of these indexes on the evening before the first day."""
    people = meet(world, index, future=future)
    crowd = Crowd(world, people, market)
    known = places(people.is_known)
    crowd.registered_on[known] = KNOWN_BEFORE
    crowd.greeted[known] = 1
    is_customer = world.draws("begin").happens(CUSTOMERS_AT_START, people.index[known])
    is_customer |= people.index[known] == world.truths.identities.unbound_person
    crowd.past = imagine_past(crowd, known[is_customer])
    return crowd


def live(crowd: Crowd, calendar: TradingCalendar, contacts: Contacts, *, day: int) -> Lived:
    """Let a crowd live a day and return what it left behind; ask for consecutive days."""
    lived, date_ = Lived(day), crowd.world.first_day + timedelta(days=day)
    crowd.forget_today()
    was_funded = crowd.has_been_funded.copy()
    if date_.day == 1:
        crowd.earned_last_month, crowd.earned = crowd.earned, np.zeros_like(crowd.earned)
    if day == 0:
        known = places(crowd.people.is_known)
        at = crowd.world.draws("agreement").whole(0, HOUR_MS, crowd.people.index[known])
        agree(crowd, lived, known, at, day=day)
    hear_from_the_office(crowd, lived, day=day)
    be_written_to(crowd, lived, contacts, day=day)
    change_moods(crowd, lived, day=day)
    visit(crowd, lived, calendar, day=day)
    change_mind(crowd, lived, day=day)
    use_money(crowd, lived, is_open=calendar.is_open(date_), day=day)
    invite(crowd, lived, was_funded=was_funded, day=day)
    unbound = lived.frame("unbindings")
    crowd.unbound_ms[unbound["person"]] = midnight_ms(date_) + unbound["at"]
    return lived


def nobody() -> Contacts:
    """Return no contacts."""
    none = np.zeros(0, dtype=np.int64)
    return Contacts(rows=(), person=none, day=none, key=none)
