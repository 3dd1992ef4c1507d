"""Columns of advertising: channels, tracked links, what they cost, clicks on them, and the installs they led to.

Belongs here: one function per table, from a day of the simulation to the feed's columns.
Does not belong here: who comes by which link (people.py), file formats.
"""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pyarrow as pa

from demo import names
from demo.cards import Cards, chosen, word
from demo.channels import LINKS
from demo.crowd import NOBODY, Crowd, Lived, filled, places
from demo.draws import Draws, Integers
from demo.marketing import only, today
from demo.people import HANDSETS, NEVER, meet
from demo.reference import since_1970
from demo.rendering import Columns
from demo.shanghai import DAY_MS, MINUTE_MS, midnight_ms
from demo.world import World

UTM_NAMES = ("utm_source", "utm_medium", "utm_campaign", "utm_content", "utm_term")
CLICKS_PER_ARRIVAL = (14, 32)
SHOWN_PER_CLICK = (25, 60)
MATCHED_WITHIN_HOURS = 168
MATCHES = ("exact", "fuzzy", "self", "organic")
EXACT, FUZZY, SELF, ORGANIC = range(len(MATCHES))
FRAUD_ADDRESSES = 5
AGENTS = ("Mozilla/5.0 (iPhone)", "Mozilla/5.0 (Linux; Android)")


def channels(world: World) -> Columns:
    """Return every channel."""
    planted = world.truths.channels
    needed = [list(UTM_NAMES) if channel.is_paid else ["utm_source"] for channel in planted.values()]
    return {
        "channel_id": pa.array(list(planted)),
        "channel_name": pa.array([channel.name for channel in planted.values()]),
        "channel_group": pa.array([channel.group for channel in planted.values()]),
        "is_paid": np.asarray([channel.is_paid for channel in planted.values()]),
        "owner": pa.array(["growth"] * len(planted)),
        "mandatory_params": pa.array(needed),
        "valid_from": np.full(len(planted), since_1970(world.first_day - timedelta(days=400))),
    }


def channel_links(world: World) -> Columns:
    """Return every tracked link."""
    created = midnight_ms(world.first_day - timedelta(days=30))
    named = ("link_id", "channel_id", "campaign", "adgroup", "creative", "keyword")
    utm = {name: pa.array([link.utm[f"${name}"] for link in LINKS]) for name in UTM_NAMES}
    return {
        **{name: pa.array([getattr(link, name) for link in LINKS]) for name in named},
        "landing_url": pa.array([f"https://open.broker.example/landing/{link.link_id}" for link in LINKS]),
        **utm,
        "created_at": created + (9 * 60 + np.arange(len(LINKS))) * 60_000,
    }


def channel_costs(world: World, day: int) -> Columns:
    """Return what each paid link showed, won and cost on a day."""
    came = (
        np.bincount(meet(world, world.arriving(day)).link, minlength=len(LINKS))
        if len(world.arriving(day))
        else np.zeros(len(LINKS), dtype=np.int64)
    )
    planted = [world.truths.channels[link.channel_id] for link in LINKS]
    paid = np.asarray([place for place, channel in enumerate(planted) if channel.is_paid])
    draw = world.draws("channel cost", day)
    low, high = CLICKS_PER_ARRIVAL
    clicks = (came[paid] + 1) * low + ((came[paid] + 1) * (high - low) * draw.shares(paid, 0)).astype(
        np.int64
    )
    price = np.asarray([planted[place].cost_per_arrival for place in paid])
    cost = (price * clicks / 23 * (0.9 + 0.2 * draw.shares(paid, 1))).astype(np.int64)
    named = ("channel_id", "campaign", "adgroup", "creative", "keyword")
    return {
        "ds": np.full(len(paid), since_1970(world.first_day) + day),
        **{name: pa.array([getattr(LINKS[place], name) for place in paid]) for name in named},
        "impressions": clicks * draw.whole(*SHOWN_PER_CLICK, paid, 2),
        "clicks": clicks,
        "cost": cost,
        "currency": pa.array(["CNY"] * len(paid)),
    }


def ad_clicks(crowd: Crowd, lived: Lived, *, shard: int, shards: int) -> Columns:
    """Return a row per click on a paid link: those of the people who came, and a shard's part of those without issue.

    Whoever commits fraud clicks a moment before the install, from few addresses.
    """
    world, day = crowd.world, today(crowd.world, lived)
    who, at = _arrivals(crowd, lived)
    index, link = crowd.people.index[who], crowd.people.link[who]
    is_paid = np.append([world.truths.channels[one.channel_id].is_paid for one in LINKS], False)[link]
    who, at, index, link = who[is_paid], at[is_paid], index[is_paid], link[is_paid]
    is_fraud, draw = crowd.people.is_fraud[who], world.draws("clicks", lived.day)
    before = np.where(is_fraud, 1_500, MINUTE_MS + (draw.shares(index) * 30 * MINUTE_MS).astype(np.int64))
    address = np.where(is_fraud, index % FRAUD_ADDRESSES, index + 1_000)
    idle_link, idle = (one[shard::shards] for one in _idle_clicks(world, lived.day))
    key = np.concatenate([index, idle])
    clicked = np.concatenate([np.maximum(0, at - before), (draw.shares(idle, 1) * DAY_MS).astype(np.int64)])
    handset = np.concatenate([crowd.people.phones.handset[who, 0], draw.whole(0, len(HANDSETS), idle, 2)])
    is_ios = np.asarray([one[0] == "iOS" for one in HANDSETS])[handset]
    return {
        "click_id": click_ids(lived, world, key),
        "click_time": midnight_ms(day) + clicked,
        "link_id": chosen([one.link_id for one in LINKS], np.concatenate([link, idle_link])),
        "device_id_hash": _hashes(world.draws("device hashes"), key),
        "ip_hash": _hashes(world.draws("address hashes"), np.concatenate([address, idle])),
        "ua": chosen(AGENTS, (~is_ios).astype(np.int64)),
        "os": chosen([one[0] for one in HANDSETS], handset),
        "is_impression": np.zeros(len(key), dtype=np.bool_),
    }


def install_matches(crowd: Crowd, cards: Cards, lived: Lived) -> Columns:
    """Return a row per install of the app, with the click that it is ascribed to: iOS is matched by likeness alone."""
    world, day = crowd.world, today(crowd.world, lived)
    who, at = _arrivals(crowd, lived)
    index, link = crowd.people.index[who], crowd.people.link[who]
    channels = [world.truths.channels[one.channel_id] for one in LINKS]
    is_paid = np.asarray([one.is_paid for one in channels])[link]
    is_store = np.asarray([one.group == "store" for one in channels])[link]
    is_ios = np.asarray([one[0] == "iOS" for one in HANDSETS])[crowd.people.phones.handset[who, 0]]
    match = np.select([is_paid & ~is_ios, is_paid, is_store], [EXACT, FUZZY, SELF], default=ORGANIC)
    return {
        "install_id": names.dated("N", day, index, filled(index, 0), width=1),
        "distinct_id": cards.device(who, filled(who, 0)),
        "install_time": midnight_ms(day) + at,
        "click_id": only(click_ids(lived, world, index), is_paid),
        "match_type": chosen(MATCHES, match),
        "window_hours": np.where(is_paid, MATCHED_WITHIN_HOURS, NEVER),
    }


def click_ids(lived: Lived, world: World, key: Integers) -> pa.Array:
    """Name the clicks of a day; those of people by their index."""
    return names.dated("K", today(world, lived), key, filled(key, 0), width=1)


def _arrivals(crowd: Crowd, lived: Lived) -> tuple[Integers, Integers]:
    """Return who installed the app on the day, and when."""
    visits = lived.frame("visits")
    rows = places(visits["is_first"].astype(np.bool_) & (crowd.people.link[visits["person"]] != NOBODY))
    who, first = np.unique(visits["person"][rows], return_index=True)
    return who, np.maximum(0, visits["start"][rows[first]] - 1)


def _idle_clicks(world: World, day: int) -> tuple[Integers, Integers]:
    """Return the links of the clicks that nobody came of, and a number of each beyond all people."""
    costs = channel_costs(world, day)
    came = (
        np.bincount(meet(world, world.arriving(day)).link, minlength=len(LINKS))
        if len(world.arriving(day))
        else 0
    )
    paid = places(np.asarray([world.truths.channels[link.channel_id].is_paid for link in LINKS]))
    idle = np.asarray(costs["clicks"]) - (came[paid] if isinstance(came, np.ndarray) else 0)
    link = np.repeat(paid, np.maximum(0, idle))
    return link, world.people + np.arange(len(link))


def _hashes(draw: Draws, key: Integers) -> pa.Array:
    first, second = (word(draw.shares(key, place), draw.shares(key, place + 1)) for place in (0, 2))
    return names.device_id(first, second, is_ios=np.zeros(len(key), np.bool_))
