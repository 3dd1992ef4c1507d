"""Columns of the marketing systems: plans, templates and messages.

Belongs here: one function per table, from a day of the simulation to the feed's columns.
Does not belong here: who is written to and why (touching.py), how people are won (advertising.py), file formats.
"""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pyarrow as pa

from demo import names
from demo.cards import Cards, chosen
from demo.crowd import Crowd, Lived
from demo.draws import Integers
from demo.names import compute
from demo.people import NEVER
from demo.reference import since_1970
from demo.rendering import Columns
from demo.shanghai import midnight_ms
from demo.touching import ABORTS, CHANNELS, Contacts
from demo.world import World

PLAN_TITLES = {
    "J1_not_opened": "注册未开户提醒", "J2_interrupted": "开户中断召回", "J3_not_funded": "开户未入金",
    "J3_still_not_funded": "入金再提醒", "J6_sector_news": "板块异动推送", "S1_approved": "开户成功通知",
}  # fmt: skip
PLANNED_BEFORE_DAYS, BUDGET_FEN = 40, 2_000_000
FAILURE_KNOWN_AFTER_MS = 30_000
STATES = ("prepared", "sent", "delivered", "opened", "clicked")
_FAILED = len(STATES)


def plans(world: World) -> Columns:
    """Return the marketing department's plans."""
    planted = world.truths.plans
    since = since_1970(world.first_day - timedelta(days=PLANNED_BEFORE_DAYS))
    count = len(planted)
    return {
        "plan_id": pa.array(list(planted)),
        "name": pa.array([PLAN_TITLES.get(name, name) for name in planted]),
        "op_type": pa.array(["customer"] * count),
        "plan_type": pa.array(["triggered"] * count),
        "phase": pa.array([plan.causes for plan in planted.values()]),
        "owner": pa.array(["growth"] * count),
        "budget": np.full(count, BUDGET_FEN),
        "kpi_metric": pa.array([plan.causes for plan in planted.values()]),
        "kpi_target": np.full(count, 50_000),
        "start": np.full(count, since),
        "end": np.full(count, NEVER),
        "status": pa.array(["running"] * count),
        "journey_id": pa.array([name.partition("_")[0] for name in planted]),
    }


def templates(world: World) -> Columns:
    """Return the texts that plans send."""
    planted = world.truths.plans
    approved = midnight_ms(world.first_day - timedelta(days=PLANNED_BEFORE_DAYS + 2))
    return {
        "template_id": pa.array([f"{name}_{plan.channel}" for name, plan in planted.items()]),
        "channel": pa.array([plan.channel for plan in planted.values()]),
        "title": pa.array([PLAN_TITLES.get(name, name) for name in planted]),
        "body": pa.array([f"{PLAN_TITLES.get(name, name)}，点击查看详情。" for name in planted]),
        "variables": pa.array([["name"]] * len(planted)),
        "approved_by": pa.array(["compliance"] * len(planted)),
        "approved_at": np.full(len(planted), approved),
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
