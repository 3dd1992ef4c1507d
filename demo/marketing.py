"""Columns of the marketing systems: channels, tracked links, their cost, and messages.

Belongs here: one function per table, from a day of the simulation to the feed's columns.
Does not belong here: who is written to and why (touching.py), file formats.
"""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pyarrow as pa

from demo import names
from demo.cards import Cards, chosen
from demo.channels import LINKS
from demo.crowd import Crowd, Lived
from demo.draws import Integers
from demo.names import compute
from demo.people import NEVER, meet
from demo.reference import since_1970
from demo.rendering import Columns
from demo.shanghai import midnight_ms
from demo.touching import ABORTS, CHANNELS, Contacts
from demo.world import World

UTM_NAMES = ("utm_source", "utm_medium", "utm_campaign", "utm_content", "utm_term")
CLICKS_PER_ARRIVAL = (14, 32)
SHOWN_PER_CLICK = (25, 60)
FAILURE_KNOWN_AFTER_MS = 30_000
STATES = ("prepared", "sent", "delivered", "opened", "clicked")
_FAILED = len(STATES)


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


def touch_ids(crowd: Crowd, lived: Lived, contacts: Contacts, rows: Integers) -> pa.Array:
    """Name the messages of a day at these rows; one that was delivered to us has its name already."""
    touches = lived.frame("touches")
    person = crowd.people.index[touches["person"][rows]]
    day = crowd.world.first_day + timedelta(days=lived.day)
    ours = names.dated("M", day, person, touches["number"][rows], width=1)
    given = chosen([row.touch_id for row in contacts.rows], touches["contact"][rows])
    return compute.coalesce(given, ours)


def plan_ids(crowd: Crowd, lived: Lived, contacts: Contacts, rows: Integers) -> pa.Array:
    """Name the plan or the campaign of the messages of a day at these rows."""
    touches = lived.frame("touches")
    given = chosen([row.campaign for row in contacts.rows], touches["contact"][rows])
    return compute.coalesce(given, chosen(list(crowd.world.truths.plans), touches["plan"][rows]))


def touches(crowd: Crowd, cards: Cards, lived: Lived, contacts: Contacts) -> Columns:
    """Return a row per change of a message's state, each with what was known by then."""
    told, truths = lived.frame("touches"), crowd.world.truths
    day = crowd.world.first_day + timedelta(days=lived.day)
    moments = np.stack([told[name] for name in STATES])
    failed_at = np.where(told["failure"] >= 0, told["sent"] + FAILURE_KNOWN_AFTER_MS, NEVER)
    changed = np.concatenate([moments, failed_at[None, :]])
    row, state = np.nonzero(changed.T < NEVER)
    midnight = midnight_ms(day)
    known = np.where(np.arange(len(STATES))[:, None] <= state, moments[:, row], NEVER)
    is_failure = state == _FAILED
    person = told["person"][row]
    kinds = list(truths.plans.values())
    purposes = chosen([kind.purpose for kind in kinds], told["plan"][row])
    templates = [f"{name}_{kind.channel}" for name, kind in truths.plans.items()]
    channel = told["channel"][row]
    failures = [truths.messages.failures[name][place] for name in CHANNELS for place in range(2)]
    name = touch_ids(crowd, lived, contacts, row)
    plan = plan_ids(crowd, lived, contacts, row)
    is_sent = known[1] < NEVER
    cost = np.asarray([truths.messages.cost[one] for one in CHANNELS])[channel]
    return {
        "touch_id": name,
        "updated_at": midnight + changed.T[row, state],
        "msg_id": name,
        "plan_id": plan,
        "node_id": names.joined(plan, "-1"),
        "client_id": only(cards.customer.take(pa.array(person)), crowd.is_customer[person]),
        "login_id": cards.login.take(pa.array(person)),
        "channel": chosen(CHANNELS, channel),
        "template_id": compute.coalesce(
            chosen([one.template_id for one in contacts.rows], told["contact"][row]),
            chosen(templates, told["plan"][row]),
        ),
        "purpose": compute.fill_null(purposes, "marketing"),
        "arm": chosen(("treatment", "control"), told["is_control"][row].astype(np.int64)),
        **{
            f"{one}_at": np.where(known[place] < NEVER, midnight + known[place], NEVER)
            for place, one in enumerate(STATES)
        },
        "failed_code": chosen(failures, np.where(is_failure, channel * 2 + told["failure"][row], -1)),
        "abort_reason": chosen(ABORTS, told["abort"][row]),
        "cost": np.where(is_sent, cost, 0),
    }


def only(values: pa.Array, kept: np.ndarray) -> pa.Array:
    """Return the values where something is true, null elsewhere."""
    return compute.if_else(pa.array(kept), values, pa.scalar(None, values.type))


def today(world: World, lived: Lived) -> date:
    """Return the date of a lived day."""
    return world.first_day + timedelta(days=lived.day)
