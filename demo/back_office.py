"""Columns of the broker's own systems: openings, customers, who looks after them, what they agree to.

Belongs here: one function per table, from a day of the simulation to the feed's columns.
Does not belong here: orders and money (custody.py), decisions about people, file formats.
"""

from __future__ import annotations

import hashlib

import numpy as np
import pyarrow as pa

from demo import names
from demo.cards import Cards, chosen
from demo.crowd import Crowd, Lived, filled, places
from demo.draws import Integers
from demo.marketing import only, today
from demo.names import MANAGERS
from demo.opening import APPROVED as APPROVED_STATE
from demo.opening import REJECTED as REJECTED_STATE
from demo.opening import RESULTS, STATES, reason_names
from demo.people import APP_VERSIONS, FIRST_BIRTH, HANDSETS, NEVER
from demo.reference import since_1970
from demo.rendering import Columns
from demo.shanghai import DAY_MS, HOUR_MS, midnight_ms

PROFESSIONAL_FROM_CNY = 3_000_000
MANAGED_FROM_CNY = 150_000
REASSIGNED_AFTER_DAYS, REASSIGNED_EVERY = 20, 20
SLEEPS_AFTER_DAYS = 3 * 365
ASSESSED_FOR_DAYS = 730
EMPLOYEE_EVERY = 199
VIDEO_MODES = ("one_way", "ai", "two_way")
SHANGHAI_OFFSET_MS = 8 * HOUR_MS
PERMISSIONS = {"chinext": 0.35, "star": 0.15, "bse": 0.08, "hk": 0.12, "option": 0.03, "otc_fund": 0.5}
PERMITTED_WITHIN_DAYS = 200
THIRD_PARTY_TAGS = ("P0101", "P0102", "P0201", "P0301")
TAGGED_FOR_DAYS, MANUAL_TAGS_ON_DAY = 90, 10
ASKED_AT_MS = 11 * HOUR_MS


def attempts(crowd: Crowd, cards: Cards, lived: Lived) -> Columns:
    """Return a row per change of an attempt's state."""
    told = lived.frame("attempts")
    person = told["person"]
    who, result = pa.array(person), told["result"]
    rejections = list(crowd.world.truths.opening.rejections)
    return {
        "attempt_id": names.attempt_id(crowd.people.index[person], told["number"]),
        "updated_at": told["updated"],
        "login_id": cards.login.take(who),
        "started_at": told["started"],
        "submitted_at": told["submitted"],
        "audited_at": told["audited"],
        "result": chosen(STATES, result),
        "reject_code": chosen(rejections, np.where(result == REJECTED_STATE, told["reason"], -1)),
        "client_id": only(cards.customer.take(who), result == APPROVED_STATE),
        "channel_id": cards.channel.take(who),
        **_device(crowd, person, told["phone"], told["version"], version_first=True),
        "branch_id": cards.branch.take(who),
        "video_mode": chosen(VIDEO_MODES, crowd.people.index[person] % len(VIDEO_MODES)),
    }


def _device(
    crowd: Crowd, person: Integers, phone: Integers, version: Integers, *, version_first: bool = False
) -> dict[str, pa.Array]:
    handset = crowd.people.phones.handset[person, phone]
    os, model = chosen([one[0] for one in HANDSETS], handset), chosen([one[2] for one in HANDSETS], handset)
    app = chosen(APP_VERSIONS, version)
    if version_first:
        return {"app_version": app, "os": os, "model": model}
    return {"os": os, "model": model, "app_version": app}


def step_reasons(crowd: Crowd, step: Integers, reason: Integers) -> pa.Array:
    """Name why tries failed, null for those that passed."""
    by_step = reason_names(crowd.world.truths.opening)
    first = np.cumsum([0, *map(len, by_step)])[step - 1]
    return chosen([name for reasons in by_step for name in reasons], np.where(reason < 0, -1, first + reason))


def steps(crowd: Crowd, lived: Lived) -> Columns:
    """Return a row per try of a step."""
    told, midnight = lived.frame("tries"), midnight_ms(today(crowd.world, lived))
    person = told["person"]
    codes = [step.code for step in crowd.world.truths.opening.steps]
    return {
        "attempt_id": names.attempt_id(crowd.people.index[person], told["attempt"]),
        "step_no": told["step"],
        "step_code": chosen(codes, told["step"] - 1),
        "try_no": told["number"],
        "entered_at": midnight + told["entered"],
        "left_at": midnight + told["left"],
        "result": chosen(RESULTS, told["result"]),
        "reason_code": step_reasons(crowd, told["step"], told["reason"]),
        **_device(crowd, person, told["phone"], told["version"]),
    }


def login_links(crowd: Crowd, cards: Cards) -> Columns:
    """Return a row per binding of a login to a customer, ended ones included."""
    who = places(crowd.bound_ms < NEVER)
    return {
        "login_id": cards.login.take(pa.array(who)),
        "client_id": cards.customer.take(pa.array(who)),
        "bound_at": crowd.bound_ms[who],
        "unbound_at": crowd.unbound_ms[who],
    }


def consents(crowd: Crowd, cards: Cards, lived: Lived) -> Columns:
    """Return a row per consent given or withdrawn."""
    told, day = lived.frame("consents"), today(crowd.world, lived)
    order = np.lexsort((told["scope"], told["at"], told["person"]))
    person, scope = told["person"][order], told["scope"][order]
    who, index = pa.array(person), crowd.people.index[person]
    number = np.arange(len(person)) - np.searchsorted(person, person)
    return {
        "evidence_id": names.dated("E", day, index, number, width=1),
        "scope": chosen(list(crowd.world.truths.consents.granted), scope),
        "client_id": only(cards.customer.take(who), crowd.is_customer[person]),
        "login_id": cards.login.take(who),
        "status": chosen(("withdrawn", "granted"), told["is_granted"][order].astype(np.int64)),
        "changed_at": midnight_ms(day) + told["at"][order],
    }


def do_not_contacts(crowd: Crowd, cards: Cards, lived: Lived) -> Columns:
    """Return a row per customer who asks on the day not to be contacted, or takes it back."""
    people, day = crowd.people, today(crowd.world, lived)
    asks = crowd.is_customer & (people.silenced_after == lived.day)
    lifts = crowd.is_customer & (people.lifted_after == lived.day)
    who = places(asks | lifts)
    return {
        "evidence_id": names.joined(f"D{day:%Y%m%d}", names.padded(people.index[who], 6)),
        "client_id": cards.customer.take(pa.array(who)),
        "login_id": cards.login.take(pa.array(who)),
        "reason": chosen(("asked_by_phone",), filled(who, 0)),
        "status": chosen(("lifted", "listed"), asks[who].astype(np.int64)),
        "changed_at": midnight_ms(day) + ASKED_AT_MS + people.index[who] % HOUR_MS,
    }


def opening_states(crowd: Crowd, cards: Cards) -> Columns:
    """Return what each existing customer had done before the first day."""
    past, first = crowd.past, since_1970(crowd.world.first_day)
    who = places(past.is_customer)

    def day(values: Integers) -> Integers:
        return np.where(values[who] == NEVER, NEVER, first + values[who])

    return {
        "ds": filled(who, first),
        "client_id": cards.customer.take(pa.array(who)),
        "ever_funded": past.first_funded[who] < NEVER,
        "ever_invested": past.first_invested[who] < NEVER,
        "first_funded_on": day(past.first_funded),
        "first_invested_on": day(past.first_invested),
        "last_traded_on": day(past.last_traded),
        "peak_asset": past.peak[who],
    }


def relationship_managers(crowd: Crowd, cards: Cards, lived: Lived) -> Columns:
    """Return who looks after the wealthier customers, as known on the day; a few change hands."""
    people, world = crowd.people, crowd.world
    moves_on = since_1970(world.first_day) + REASSIGNED_AFTER_DAYS
    is_managed = crowd.is_customer & (people.wealth_cny >= MANAGED_FROM_CNY)
    since = _day_of(crowd.opened_ms)
    has_moved = is_managed & (people.index % REASSIGNED_EVERY == 0) & (since < moves_on)
    has_moved &= lived.day >= REASSIGNED_AFTER_DAYS
    managed = places(is_managed)
    who = np.repeat(managed, 1 + has_moved[managed])
    is_successor = np.diff(who, prepend=-1) == 0
    index = people.index[who]
    manager = np.where(is_successor, index + 5, index) % MANAGERS
    return {
        "client_id": cards.customer.take(pa.array(who)),
        "rm_id": names.joined("RM", names.padded(manager, 3)),
        "branch_id": cards.branch.take(pa.array(who)),
        "valid_from": np.where(is_successor, moves_on, since[who]),
        "valid_to": np.where(has_moved[who] & ~is_successor, moves_on, NEVER),
    }


def customers(crowd: Crowd, cards: Cards, lived: Lived) -> Columns:
    """Return every customer as they stand at the end of the day."""
    people, first = crowd.people, since_1970(crowd.world.first_day)
    who = places(crowd.is_customer)
    rows, opened = pa.array(who), crowd.opened_ms[who]
    details = {name: values.take(rows) for name, values in cards.details.items()}
    assessed = np.maximum(opened, midnight_ms(crowd.world.first_day) - cards.assessed_before[who] * DAY_MS)
    sleeps = people.is_known[who] & ~crowd.has_been_funded[who]
    sleeps &= first - _day_of(opened) > SLEEPS_AFTER_DAYS
    is_closed = crowd.closed_ms[who] < NEVER
    is_professional = (people.wealth_cny[who] >= PROFESSIONAL_FROM_CNY).astype(np.int64)
    return {
        "ds": filled(who, first + lived.day),
        "client_id": cards.customer.take(rows),
        "login_id": only(cards.login.take(rows), crowd.unbound_ms[who] == NEVER),
        "name": details["name"],
        "mobile": cards.mobile.take(rows),
        "id_number": details["id_number"],
        "gender": details["gender"],
        "birth_date": FIRST_BIRTH.astype(np.int64) + people.born[who],
        "province": details["province"],
        "city": details["city"],
        "occupation": details["occupation"],
        "education": details["education"],
        "income_band": details["income_band"],
        "invest_experience_years": cards.experience[who],
        "branch_id": cards.branch.take(rows),
        "opened_at": opened,
        "closed_at": crowd.closed_ms[who],
        "status": chosen(("normal", "dormant", "closed"), np.where(is_closed, 2, sleeps.astype(np.int64))),
        "customer_source": details["customer_source"],
        "commission_rate": cards.commission[who],
        "investor_type": chosen(("ordinary", "professional"), is_professional),
        "risk_level": details["risk_level"],
        "risk_assessed_at": assessed,
        "risk_expire_at": _day_of(assessed) + ASSESSED_FOR_DAYS,
        "invest_term_pref": details["invest_term_pref"],
        "invest_type_pref": details["invest_type_pref"],
        "id_expire_date": np.maximum(_day_of(opened), first) + cards.identity_expires[who],
        "is_employee": people.index[who] % EMPLOYEE_EVERY == 0,
    }


def _day_of(moments: Integers) -> Integers:
    """Return the days it is in Shanghai at moments (milliseconds since 1970 UTC), counted from 1970-01-01."""
    return (moments + SHANGHAI_OFFSET_MS) // DAY_MS


def manager_of(crowd: Crowd, who: Integers, *, day: int) -> Integers:
    """Return the number of the manager who looks after each of `who` on a day, -1 for nobody."""
    people, moves_on = crowd.people, since_1970(crowd.world.first_day) + REASSIGNED_AFTER_DAYS
    is_managed = crowd.is_customer[who] & (people.wealth_cny[who] >= MANAGED_FROM_CNY)
    has_moved = (people.index[who] % REASSIGNED_EVERY == 0) & (_day_of(crowd.opened_ms[who]) < moves_on)
    has_moved &= day >= REASSIGNED_AFTER_DAYS
    return np.where(is_managed, (people.index[who] + 5 * has_moved) % MANAGERS, -1)


def permissions(crowd: Crowd, cards: Cards) -> Columns:
    """Return what customers may trade beyond shares of the main boards."""
    draw, customers = crowd.world.draws("permissions"), places(crowd.is_customer)
    index = crowd.people.index[customers]
    has = np.stack(
        [draw.happens(odds, index, place) for place, odds in enumerate(PERMISSIONS.values())], axis=1
    )
    row, place = np.nonzero(has)
    who = customers[row]
    after = draw.whole(0, PERMITTED_WITHIN_DAYS, index[row], 20 + place)
    return {
        "client_id": cards.customer.take(pa.array(who)),
        "permission": chosen(list(PERMISSIONS), place),
        "opened_at": crowd.opened_ms[who] + after * DAY_MS,
        "closed_at": crowd.closed_ms[who],
    }


def manual_tags(crowd: Crowd, cards: Cards, lived: Lived) -> Columns:
    """Return what managers note of their customers by hand, a few each month."""
    draw, day = crowd.world.draws("manual tags", lived.day), today(crowd.world, lived)
    manager = manager_of(crowd, np.arange(len(crowd.people)), day=lived.day)
    is_due = day.day == MANUAL_TAGS_ON_DAY
    who = places((manager >= 0) & is_due & draw.happens(0.05, crowd.people.index))
    index, at = crowd.people.index[who], midnight_ms(day) + ASKED_AT_MS
    return {
        "client_id": cards.customer.take(pa.array(who)),
        "tag_code": chosen(("MANUAL_VIP", "MANUAL_FAMILY"), draw.whole(0, 2, index, 1)),
        "value": chosen(("yes",), filled(who, 0)),
        "operator": names.joined("RM", names.padded(manager[who], 3)),
        "at": filled(who, at),
        "expires_at": filled(who, at + 365 * DAY_MS),
    }


def third_party_tags(crowd: Crowd, cards: Cards, lived: Lived) -> Columns:
    """Return what a vendor says each month of those who agreed to it before the first day; it knows them by a hash."""
    draw, day = crowd.world.draws("vendor", lived.day), today(crowd.world, lived)
    scope = list(crowd.world.truths.consents.granted).index("third_party")
    is_due = lived.day == 0 or day.day == 1
    agreed = crowd.consents[:, scope] & crowd.people.is_known
    who = places(agreed & is_due & draw.happens(0.6, crowd.people.index))
    index, since = crowd.people.index[who], since_1970(day)
    hashes = [
        hashlib.sha256(number.encode()).hexdigest() for number in cards.mobile.take(pa.array(who)).to_pylist()
    ]
    return {
        "mobile_hash": pa.array(hashes, pa.string()),
        "provider": chosen(("vendor_a", "vendor_b"), index % 2),
        "tag_code": chosen(THIRD_PARTY_TAGS, draw.whole(0, len(THIRD_PARTY_TAGS), index, 1)),
        "value": chosen(("high", "medium", "low"), draw.whole(0, 3, index, 2)),
        "confidence": draw.whole(500_000, 1_000_000, index, 3),
        "as_of": filled(who, since),
        "expires_at": filled(who, since + TAGGED_FOR_DAYS),
        "consent_id": names.dated("E", crowd.world.first_day, index, filled(who, scope), width=1),
    }
