"""Cards: what every feed writes of a person the same way every day, as text.

Belongs here: numbers, names, devices and the details of the customer file, a row per person.
Does not belong here: what changes by the day (back_office.py, marketing.py, recording.py).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import orjson
import pyarrow as pa

from demo import names
from demo.channels import LINKS
from demo.crowd import Crowd
from demo.draws import Integers
from demo.people import CITIES, FIRST_BIRTH, GIVEN_NAMES, HANDSETS, MOST_PHONES, SURNAMES, People
from demo.world import World

BANKS = ("ICBC", "CCB", "ABC", "BOC", "CMB")
OCCUPATIONS = ("employee", "self_employed", "civil_servant", "teacher", "engineer", "retired", "other")
EDUCATIONS = ("none", "secondary", "college", "bachelor", "master", "doctor")
EDUCATION_WEIGHTS = (2, 18, 28, 38, 12, 2)
INCOME_BANDS = ("I1", "I2", "I3", "I4", "I5")
TERMS = ("short", "medium", "long")
PRODUCT_TYPES = ("bond", "fund", "stock", "wealth")
COMMISSION_RATES = (250, 250, 300, 200)
SOURCES = ("branch", "bank", "internet")
SOURCES_OF_CHANNELS = {"bank_partner": "bank", "referral": "referral"}
_LIKES = [
    orjson.dumps([name for place, name in enumerate(PRODUCT_TYPES) if bits >> place & 1]).decode()
    for bits in range(1, 1 << len(PRODUCT_TYPES))
]


def chosen(words: list[str] | tuple[str, ...], which: Integers) -> pa.Array:
    """Return the word at each place, null for places before the first."""
    return pa.array(words, pa.string()).take(pa.array(which, mask=which < 0))


@dataclass(frozen=True)
class Cards:
    """Texts of the people of a crowd, in its order; `devices` one after the other for each person's phones."""

    login: pa.Array
    customer: pa.Array
    branch: pa.Array
    channel: pa.Array
    bank: pa.Array
    bank_card: pa.Array
    mobile: pa.Array
    devices: pa.Array
    details: dict[str, pa.Array]
    assessed_before: Integers
    identity_expires: Integers
    experience: Integers
    commission: Integers

    def device(self, who: Integers, phone: Integers) -> pa.Array:
        """Return the device of each of `who` by the place of the phone."""
        return self.devices.take(pa.array(who * MOST_PHONES + phone))


def write_cards(crowd: Crowd) -> Cards:
    """Return the cards of a crowd."""
    people, world = crowd.people, crowd.world
    index, draw = people.index, world.draws("customer file")
    links = [link.channel_id for link in LINKS]
    by_channel = [SOURCES_OF_CHANNELS.get(channel, "internet") for channel in links]
    given = len(GIVEN_NAMES)
    source = np.where(people.link >= 0, len(SOURCES) + people.link, index % len(SOURCES))
    return Cards(
        login=names.login_id(index),
        customer=names.customer_no(index),
        branch=names.branch_id(index),
        channel=chosen(links, people.link),
        bank=chosen(BANKS, index % len(BANKS)),
        bank_card=names.bank_card(index),
        mobile=names.mobile(index),
        devices=_devices(world, people),
        details={
            "name": names.joined(
                chosen(tuple(SURNAMES), people.name // given), chosen(GIVEN_NAMES, people.name % given)
            ),
            "id_number": names.identity_number(index, FIRST_BIRTH.astype(np.int64) + people.born),
            "gender": chosen(("female", "male"), people.is_male.astype(np.int64)),
            "province": chosen([province for province, _ in CITIES], people.place),
            "city": chosen([city for _, city in CITIES], people.place),
            "occupation": chosen(OCCUPATIONS, draw.whole(0, len(OCCUPATIONS), index, 0)),
            "education": chosen(EDUCATIONS, draw.chosen(EDUCATION_WEIGHTS, index, 1)),
            "income_band": chosen(INCOME_BANDS, draw.whole(0, len(INCOME_BANDS), index, 2)),
            "customer_source": chosen([*SOURCES, *by_channel], source),
            "risk_level": chosen(list(world.truths.people.risk_levels), people.risk_level),
            "invest_term_pref": chosen(TERMS, draw.whole(0, len(TERMS), index, 3)),
            "invest_type_pref": chosen(_LIKES, draw.whole(0, len(_LIKES), index, 4)),
        },
        assessed_before=draw.whole(0, 700, index, 5),
        identity_expires=draw.whole(100, 5000, index, 6),
        experience=draw.whole(0, 15, index, 7),
        commission=np.asarray(COMMISSION_RATES)[draw.whole(0, len(COMMISSION_RATES), index, 8)],
    )


def _devices(world: World, people: People) -> pa.Array:
    draw, owner = world.draws("device"), people.phones.owner.ravel()
    number = people.phones.number.ravel() * 4
    systems = np.asarray([handset[0] == "iOS" for handset in HANDSETS])
    first, second = (
        word(draw.shares(owner, number + place), draw.shares(owner, number + place + 1)) for place in (0, 2)
    )
    return names.device_id(first, second, is_ios=systems[people.phones.handset.ravel()])


def word(high: np.ndarray, low: np.ndarray) -> Integers:
    """Return random words made of two draws each."""
    return (high * 2**32).astype(np.int64) << 32 | (low * 2**32).astype(np.int64)
