"""Columns of activities in the app: invitations of friends, slots, articles.

Belongs here: one function per table. Does not belong here: who invites (inviting.py), what is looked at (browsing.py).
"""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import orjson
import pyarrow as pa

from demo import names
from demo.browsing import ARTICLES, POSITIONS, SLOTS, TOPICS, topic_of
from demo.cards import Cards, chosen
from demo.crowd import NOBODY, Crowd, Lived, filled
from demo.inviting import OPENED, REWARDED, STAGES
from demo.market import LIKED_SECTORS, SECURITIES
from demo.marketing import only, today
from demo.people import NEVER
from demo.reference import since_1970
from demo.rendering import Columns
from demo.shanghai import DAY_MS, midnight_ms
from demo.world import World

REFERRAL_CAMPAIGN = "REF-2026"
PAGES, SLOT_TYPES = ("home", "wealth", "trade"), ("banner", "list", "icon")
WEIGHTS = {"hot": 0.5, "personal": 0.3, "new": 0.2}
AUTHORS = ("研究所", "投教部", "财富部")


def referral_campaigns(world: World) -> Columns:
    """Return the only campaign of invitations, which has been running for a while."""
    reward = world.truths.referrals.reward
    return {
        "campaign_id": pa.array([REFERRAL_CAMPAIGN]),
        "type": pa.array(["both_reward"]),
        "reward_inviter": np.asarray([reward]),
        "reward_invitee": np.asarray([reward]),
        "caps": np.asarray([20]),
        "start": np.asarray([since_1970(world.first_day) - 90]),
        "end": np.asarray([NEVER]),
        "difficulty": pa.array(["easy"]),
    }


def referral_events(crowd: Crowd, cards: Cards, lived: Lived) -> Columns:
    """Return a row per stage that an invitation reached on a day."""
    told, day = lived.frame("invitations"), today(crowd.world, lived)
    person, stage = told["person"], told["stage"]
    is_friend = told["is_friend"].astype(np.bool_)
    friends = names.joined("IF", names.padded(crowd.people.index[person], 7))
    others = names.dated("I", day, told["inviter"], filled(person, 0), width=1)
    invite = names.compute.if_else(pa.array(is_friend), friends, others)
    planted, failed = crowd.world.truths.referrals, told["failure"] != NOBODY
    device = cards.device(person, filled(person, 0))
    return {
        "event_id": names.joined(invite, "-", chosen(STAGES, stage)),
        "invite_id": invite,
        "campaign_id": chosen((REFERRAL_CAMPAIGN,), filled(person, 0)),
        "inviter_login_id": names.login_id(told["inviter"]),
        "invitee_distinct_id": only(device, is_friend & (stage >= OPENED)),
        "stage": chosen(STAGES, stage),
        "at": midnight_ms(day) + told["at"],
        "result": chosen(("ok", "fail"), failed.astype(np.int64)),
        "fail_code": chosen(list(planted.failures), told["failure"]),
        "reward_cost": np.where(stage == REWARDED, 2 * planted.reward, 0),
    }


def slots() -> Columns:
    """Return the places in the app that show products."""
    return {
        "slot_id": pa.array(SLOTS),
        "page": pa.array(PAGES),
        "slot_type": pa.array(SLOT_TYPES),
        "capacity": np.full(len(SLOTS), POSITIONS),
        "position_base": np.full(len(SLOTS), 1),
    }


def slot_plans(world: World) -> Columns:
    """Return what the slots show by default: one plan each, whose weights sum to 1."""
    count = len(SLOTS)
    return {
        "plan_id": pa.array([f"SP-{slot}" for slot in SLOTS]),
        "slot_id": pa.array(SLOTS),
        "segment_code": pa.nulls(count, pa.string()),
        "priority": np.full(count, 100),
        "item_filter": pa.array([orjson.dumps({"status": "open"}).decode()] * count),
        "weights": pa.array([[f"{name}={weight}" for name, weight in WEIGHTS.items()]] * count),
        "pins": pa.array([[]] * count, pa.list_(pa.string())),
        "rotation": pa.array([["daily"]] * count),
        "start": np.full(count, since_1970(world.first_day - timedelta(days=30))),
        "end": np.full(count, NEVER),
        "variant": pa.array(["default"] * count),
    }


def articles(world: World) -> Columns:
    """Return what there is to read."""
    numbers = np.arange(1, ARTICLES)
    topics = [topic_of(number) for number in numbers.tolist()]
    is_stock = [topic == TOPICS.index("stock") for topic in topics]
    return {
        "content_id": pa.array([f"N{number:05d}" for number in numbers.tolist()]),
        "type": pa.array(["article"] * len(numbers)),
        "topic": pa.array([TOPICS[topic] for topic in topics]),
        "sectors": pa.array([[LIKED_SECTORS[number % len(LIKED_SECTORS)]] for number in numbers.tolist()]),
        "security_codes": pa.array(
            [
                [SECURITIES[number % len(SECURITIES)].code] if has else []
                for number, has in zip(numbers.tolist(), is_stock, strict=True)
            ],
            pa.list_(pa.string()),
        ),
        "published_at": midnight_ms(world.first_day) - (numbers % 60 + 1) * DAY_MS,
        "author": pa.array([AUTHORS[number % len(AUTHORS)] for number in numbers.tolist()]),
    }
