"""Worlds for the contact gate: random people with consents, suitability, addresses and a past of contacts.

Belongs here: drawing a world, writing it into an engine, and judging it a second time in plain Python.
Does not belong here: any expectation.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta

import duckdb

from operations.campaigns import Campaign
from operations.contact_policy import ContactPolicy

AS_OF = date(2026, 3, 1)
SCOPES = ("marketing_push", "marketing_sms", "profiling", "sensitive_financial")
LEVELS = ("R1", "R2", "R3", "R4", "R5", None)

TABLES = """
create schema segments; create schema intermediate; create schema tags; create schema campaigns;
create table segments.fct_segment_members (as_of_date date, segment_code text, person_id text);
create table intermediate.int_consents__resolved (
    as_of_date date, person_id text, scope_type text, is_granted boolean
);
create table intermediate.int_contacts__sent (
    as_of_date date, touch_id text, person_id text, touch_type text, sent_on date
);
create table intermediate.int_do_not_contacts__resolved (as_of_date date, person_id text);
create table intermediate.int_contact_addresses__resolved (
    as_of_date date, person_id text, touch_type text, recipient_token text
);
create table tags.tags_suitability (as_of_date date, person_id text, most_suitable_risk_level text);
create table campaigns.fct_assignments (campaign_code text, person_id text, arm_type text);
create table campaigns.fct_deliveries (
    touch_id text, campaign_code text, person_id text, channel_type text, contact_on date
);
"""


@dataclass
class Person:
    """One person as the gate sees them on AS_OF."""

    person_id: str
    is_member: bool = True
    scopes: dict[str, bool] = field(default_factory=dict)
    level: str | None = "R5"
    is_silenced: bool = False
    token: str | None = "token"
    # channel and days before AS_OF
    receipts: list[tuple[str, int]] = field(default_factory=list)
    # channel, days before AS_OF, and whether the receipt has come
    ours: list[tuple[str, int, bool]] = field(default_factory=list)
    assigned_to: str | None = None


def draw_people(seed: int, *, count: int) -> list[Person]:
    """Return `count` people of all sorts."""
    draw = random.Random(seed)
    return [
        Person(
            person_id=f"p{seed}-{number}",
            is_member=draw.random() < 0.8,
            scopes={scope: draw.random() < 0.85 for scope in SCOPES if draw.random() < 0.95},
            level=draw.choice(LEVELS),
            is_silenced=draw.random() < 0.05,
            token=None if draw.random() < 0.1 else f"token {number}",
            receipts=[
                (draw.choice(("push", "sms")), draw.randrange(40))
                for _ in range(draw.choice((0, 0, 0, 1, 3)))
            ],
            ours=[
                (draw.choice(("push", "sms")), draw.randrange(-1, 40), draw.random() < 0.5)
                for _ in range(draw.choice((0, 0, 1, 2)))
            ],
            assigned_to=draw.choice((None, None, None, "CMP-001", "CMP-777")),
        )
        for number in range(count)
    ]


def fill(engine: duckdb.DuckDBPyConnection, people: list[Person], *, segment_code: str) -> None:
    """Write `people` beside what must not count: other segments, other dates, consents of yesterday."""
    tables: dict[str, list[tuple[object, ...]]] = {}
    for person in people:
        for table, row in _rows(person, segment_code):
            tables.setdefault(table, []).append(row)
    for table, rows in tables.items():
        columns = [list(column) for column in zip(*rows, strict=True)]
        engine.execute(f"insert into {table} select {', '.join('unnest(?)' for _ in columns)}", columns)


def _rows(person: Person, segment_code: str) -> Iterator[tuple[str, tuple[object, ...]]]:
    name, yesterday = person.person_id, AS_OF - timedelta(days=1)
    yield "segments.fct_segment_members", (AS_OF, segment_code if person.is_member else "SEG-Z99", name)
    yield "segments.fct_segment_members", (yesterday, segment_code, name)
    for scope, is_granted in person.scopes.items():
        yield "intermediate.int_consents__resolved", (AS_OF, name, scope, is_granted)
        yield "intermediate.int_consents__resolved", (yesterday, name, scope, True)
    for number, (channel, ago) in enumerate(person.receipts):
        day = AS_OF - timedelta(days=ago)
        yield "intermediate.int_contacts__sent", (AS_OF, f"{name} receipt {number}", name, channel, day)
    for number, (channel, ago, has_receipt) in enumerate(person.ours):
        touch_id, day = f"{name} ours {number}", AS_OF - timedelta(days=ago)
        yield "campaigns.fct_deliveries", (touch_id, "CMP-777", name, channel, day)
        if has_receipt:
            yield "intermediate.int_contacts__sent", (AS_OF, touch_id, name, channel, day)
    if person.is_silenced:
        yield "intermediate.int_do_not_contacts__resolved", (AS_OF, name)
    yield "tags.tags_suitability", (AS_OF, name, person.level)
    yield "tags.tags_suitability", (yesterday, name, "R5")
    for channel in ("push", "sms"):
        yield "intermediate.int_contact_addresses__resolved", (AS_OF, name, channel, person.token)
    if person.assigned_to is not None:
        yield "campaigns.fct_assignments", (person.assigned_to, name, "treatment")


def judged(
    person: Person, campaign: Campaign, policy: ContactPolicy, *, delivered_on: date | None
) -> str | None:
    """Return why the person may not be contacted, None for nothing; written from the policy's words, not the SQL."""
    scopes = [scope for scope, is_granted in person.scopes.items() if is_granted]
    needed = {policy.tag_scopes[tag.code[0]] for tag in campaign.segment.rule.tags}
    contact_on = AS_OF + timedelta(days=1)
    sent = [AS_OF - timedelta(days=ago) for channel, ago in person.receipts if channel == campaign.channel]
    sent += [AS_OF - timedelta(days=ago) for channel, ago, _ in person.ours if channel == campaign.channel]
    too_often = any(
        sum(0 <= (contact_on - day).days < cap.in_days for day in sent) + 1 > cap.at_most
        for cap in policy.caps[campaign.channel]
    )
    own, product = person.level, campaign.product_risk_level
    is_fresh = delivered_on is not None and (AS_OF - delivered_on).days <= policy.consent_stale_after_days
    reasons = {
        "global_holdout": place(policy.holdout_salt, person) < policy.holdout_share,
        "do_not_contact": person.is_silenced,
        "unreachable": person.token is None,
        "consent_unknown": not is_fresh,
        "no_channel_consent": policy.channel_scopes[campaign.channel] not in scopes,
        "no_tag_consent": not needed <= set(scopes),
        "unsuitable": product is not None and (own is None or int(own[1]) < int(product[1])),
        "frequency_capped": too_often,
    }
    return next((reason for reason, holds in reasons.items() if holds), None)


def place(salt: str, person: Person) -> float:
    """Return the person's place from 0 to 1 under `salt`."""
    return int(hashlib.sha256(f"{salt}|{person.person_id}".encode()).hexdigest()[:8], 16) / 2**32
