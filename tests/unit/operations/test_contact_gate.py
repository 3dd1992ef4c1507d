"""The contact gate lets nobody through who must not be contacted, says why, and assigns the others once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import date, timedelta

import duckdb
import pytest

from operations.campaigns import Campaign
from operations.contact_gate import REASONS, verdicts
from operations.contact_policy import Cap, ContactPolicy, load_policy
from operations.rule import compile_rule
from operations.segments import Segment, SizeGuard
from operations.tags import Tag, TagDictionary, TagKind
from storage.engine import connect
from tests.unit.operations.worlds import AS_OF, TABLES, Person, draw_people, fill, judged, place

TAGS = TagDictionary([
    Tag("T0201", "is_opened", "tags_account", TagKind.YES_NO),
    Tag("I0201", "active_days_7d_count", "tags_activity", TagKind.NUMBER),
    Tag("X0101", "is_odd", "tags_odd", TagKind.YES_NO),
])  # fmt: skip
POLICY = load_policy()
CONSENTED = {"marketing_push": True, "profiling": True, "sensitive_financial": True}


def segment(rule: str = "is_opened and active_days_7d_count > 2") -> Segment:
    return Segment(
        "some", "SEG-A01", "Some", "某", "us", "Some.", rule, compile_rule(rule, TAGS), SizeGuard()
    )


def campaign(*, channel: str = "push", level: str | None = "R3", of: Segment | None = None) -> Campaign:
    return Campaign(
        name="some", code="CMP-001", title_en="Some", title_zh="某", owner="us", description="Some.",
        segment=of or segment(), channel=channel, template="hello", product_risk_level=level,
        starts_on=date(2026, 2, 1), ends_on=date(2026, 4, 1), outcome="traded", outcome_days=7, control_share=0.2,
    )  # fmt: skip


@pytest.fixture
def engine() -> Iterator[duckdb.DuckDBPyConnection]:
    with closing(connect()) as connection:
        for statement in TABLES.split(";")[:-1]:
            connection.execute(statement)
        yield connection


def asked(
    engine: duckdb.DuckDBPyConnection,
    people: list[Person],
    *,
    of: Campaign | None = None,
    policy: ContactPolicy = POLICY,
    delivered_on: date | None = AS_OF,
) -> dict[str, tuple[bool, str | None, str | None, str | None]]:
    """Return the verdict of each person: whether, why not, the arm, the token."""
    fill(engine, people, segment_code="SEG-A01")
    query = verdicts(of or campaign(), policy, as_of_date=AS_OF, consents_delivered_on=delivered_on)
    rows = engine.execute(query.sql, query.values).fetchall()
    assert len({row[0] for row in rows}) == len(rows)
    return {row[0]: row[1:] for row in rows}


def outside_of_the_holdout(count: int) -> list[Person]:
    people = (Person(f"p{number}", scopes=dict(CONSENTED)) for number in range(10 * count))
    return [one for one in people if place(POLICY.holdout_salt, one) >= POLICY.holdout_share][:count]


@pytest.mark.parametrize("block", range(10))
def test_in_two_hundred_random_worlds_nobody_is_contacted_who_must_not_be(
    engine: duckdb.DuckDBPyConnection, block: int
) -> None:
    contacted = 0
    for seed in range(20 * block, 20 * block + 20):
        people = draw_people(seed, count=15)
        delivered_on = (AS_OF, AS_OF - timedelta(days=1), AS_OF, AS_OF - timedelta(days=2), None)[seed % 5]
        chosen = campaign(channel=("push", "sms")[seed % 2], level=("R1", "R3", "R5", None)[seed % 4])
        for table in engine.sql("select schema_name || '.' || table_name from duckdb_tables()").fetchall():
            engine.execute(f"delete from {table[0]}")
        found = asked(engine, people, of=chosen, delivered_on=delivered_on)
        meant = [one for one in people if one.is_member and one.assigned_to != chosen.code]
        assert set(found) == {one.person_id for one in meant}
        for person in meant:
            is_allowed, reason, arm, token = found[person.person_id]
            assert reason == judged(person, chosen, POLICY, delivered_on=delivered_on), (seed, person)
            assert is_allowed is (reason is None)
            assert (arm is None) is not is_allowed
            assert token == (person.token if arm == "treatment" else None)
            contacted += token is not None
    assert contacted > 5


REFUSED = {
    "do_not_contact": {"is_silenced": True},
    "unreachable": {"token": None},
    "no_channel_consent": {"scopes": {**CONSENTED, "marketing_push": False}},
    "no_tag_consent": {"scopes": {**CONSENTED, "sensitive_financial": False}},
    "unsuitable": {"level": "R2"},
    "frequency_capped": {"receipts": [("push", 0), ("push", 2), ("push", 5)]},
}


@pytest.mark.parametrize("reason", list(REFUSED))
def test_each_reason_refuses_by_itself(engine: duckdb.DuckDBPyConnection, reason: str) -> None:
    allowed, refused = outside_of_the_holdout(2)
    found = asked(engine, [allowed, replace(refused, **REFUSED[reason])])
    assert found[allowed.person_id][:2] == (True, None)
    assert found[refused.person_id] == (False, reason, None, None)


def test_every_reason_is_tried_here() -> None:
    assert set(REASONS) == {*REFUSED, "global_holdout", "consent_unknown"}


def test_a_consent_never_given_is_none(engine: duckdb.DuckDBPyConnection) -> None:
    (person,) = outside_of_the_holdout(1)
    assert asked(engine, [replace(person, scopes={})])[person.person_id][1] == "no_channel_consent"


def test_the_consents_of_the_tags_in_the_rule_are_needed_and_no_others(
    engine: duckdb.DuckDBPyConnection,
) -> None:
    (person,) = outside_of_the_holdout(1)
    silent = replace(person, scopes={"marketing_push": True, "profiling": True})
    by_activity = campaign(of=segment("active_days_7d_count > 2"))
    assert asked(engine, [silent], of=by_activity)[person.person_id][0] is True


@pytest.mark.parametrize(("age", "is_allowed"), [(0, True), (1, True), (2, False), (None, False)])
def test_nobody_has_consented_when_the_feed_is_old_or_missing(
    engine: duckdb.DuckDBPyConnection, age: int | None, is_allowed: bool
) -> None:
    (person,) = outside_of_the_holdout(1)
    delivered_on = None if age is None else AS_OF - timedelta(days=age)
    found = asked(engine, [person], delivered_on=delivered_on)[person.person_id]
    assert found[:2] == ((True, None) if is_allowed else (False, "consent_unknown"))


@pytest.mark.parametrize(
    ("level", "product", "is_allowed"),
    [("R1", "R1", True), ("R1", "R2", False), ("R3", "R2", True), (None, "R1", False), (None, None, True)],
)
def test_a_product_suits_those_whose_own_level_is_not_below_it(
    engine: duckdb.DuckDBPyConnection, level: str | None, product: str | None, is_allowed: bool
) -> None:
    (person,) = outside_of_the_holdout(1)
    found = asked(engine, [replace(person, level=level)], of=campaign(level=product))
    assert found[person.person_id][0] is is_allowed


@pytest.mark.parametrize(
    ("receipts", "ours", "is_allowed"),
    [
        # contacts of the two days before that of the new one, and the third; the fourth week no longer counts
        ([("push", 1), ("push", 3)], [], True),
        ([("push", 1), ("push", 3), ("push", 5)], [], False),
        ([("push", 1), ("push", 3), ("push", 6)], [], True),
        ([("sms", 1), ("sms", 3), ("sms", 5)], [], True),
        # one that was decided for the same day by another campaign, whose receipt cannot be there yet
        ([], [("push", -1, False)], False),
        # a receipt and the decision that it belongs to are one contact
        ([("push", 1)], [("push", 3, True)], True),
        ([("push", 1), ("push", 5)], [("push", 3, True)], False),
    ],
)
def test_contacts_are_counted_by_calendar_days_and_each_once(
    engine: duckdb.DuckDBPyConnection,
    receipts: list[tuple[str, int]],
    ours: list[tuple[str, int, bool]],
    is_allowed: bool,
) -> None:
    (person,) = outside_of_the_holdout(1)
    found = asked(engine, [replace(person, receipts=receipts, ours=ours)])[person.person_id]
    assert found[:2] == ((True, None) if is_allowed else (False, "frequency_capped"))


def test_the_holdout_is_a_twentieth_of_everybody_and_the_same_for_every_campaign(
    engine: duckdb.DuckDBPyConnection,
) -> None:
    people = [Person(f"p{number}", scopes=dict(CONSENTED)) for number in range(2_000)]
    first = asked(engine, people)
    query = verdicts(
        replace(campaign(), code="CMP-002"), POLICY, as_of_date=AS_OF, consents_delivered_on=AS_OF
    )
    second = {row[0]: row[1:] for row in engine.execute(query.sql, query.values).fetchall()}
    held = {name for name, verdict in first.items() if verdict[1] == "global_holdout"}
    assert 60 <= len(held) <= 140
    assert held == {name for name, verdict in second.items() if verdict[1] == "global_holdout"}
    arms = [{name for name, verdict in one.items() if verdict[2] == "control"} for one in (first, second)]
    # Of some 1,900 a fifth; who is in the control of one campaign says nothing of the other's.
    assert all(310 <= len(arm) <= 450 for arm in arms)
    assert 40 <= len(arms[0] & arms[1]) <= 120


def test_whoever_was_assigned_is_not_judged_again(engine: duckdb.DuckDBPyConnection) -> None:
    one, other = outside_of_the_holdout(2)
    found = asked(engine, [replace(one, assigned_to="CMP-001"), replace(other, assigned_to="CMP-777")])
    assert set(found) == {other.person_id}


def test_a_tag_that_the_policy_does_not_know_cannot_be_used() -> None:
    with pytest.raises(KeyError, match="X"):
        verdicts(campaign(of=segment("is_odd")), POLICY, as_of_date=AS_OF, consents_delivered_on=AS_OF)


def test_without_a_cap_in_the_way_the_policy_can_be_changed(engine: duckdb.DuckDBPyConnection) -> None:
    (person,) = outside_of_the_holdout(1)
    often = replace(POLICY, caps={**POLICY.caps, "push": (Cap(at_most=9, in_days=7),)})
    crowded = replace(person, receipts=[("push", 1), ("push", 2), ("push", 3)])
    assert asked(engine, [crowded], policy=often)[person.person_id][0] is True
