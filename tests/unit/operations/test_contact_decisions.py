"""What is recorded of a night: a verdict of everybody, an arm of those allowed, a contact of the treated."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import date
from types import SimpleNamespace
from typing import cast

import duckdb
import pytest

from operations import contact_decisions
from operations.campaigns import Campaign
from operations.contact_decisions import ASSIGNMENTS, DELIVERIES, VERDICTS
from operations.members import Query

NIGHT = date(2026, 3, 1)
JUDGED = Query(
    "select * from (values ('p1', true, null, 'treatment', 'u1'), ('p2', true, null, 'control', null),"
    " ('p3', false, 'unreachable', null, null)) as judged"
    " (person_id, is_allowed, reason_type, arm_type, recipient_token) where person_id <> $nobody",
    {"nobody": ""},
)


def campaign(code: str, *, starts_on: date = NIGHT, ends_on: date = date(2026, 12, 31)) -> Campaign:
    known = SimpleNamespace(code=code, channel="push", template="guide", starts_on=starts_on, ends_on=ends_on)
    return cast("Campaign", known)


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with closing(duckdb.connect()) as opened:
        opened.execute(contact_decisions.begin().sql)
        for code in ("CMP-001", "CMP-002"):
            statement = contact_decisions.decide(campaign(code), JUDGED, as_of_date=NIGHT)
            opened.execute(statement.sql, statement.values)
        yield opened


def found(connection: duckdb.DuckDBPyConnection, address: str, columns: str) -> list[tuple[object, ...]]:
    return connection.sql(
        f"select {columns} from ({contact_decisions.recorded()[address]}) order by all"
    ).fetchall()


def test_everybody_has_a_verdict_with_its_reason(connection: duckdb.DuckDBPyConnection) -> None:
    rows = found(connection, VERDICTS, "person_id, is_allowed, reason_type")
    assert rows == 2 * [("p1", True, None)] + 2 * [("p2", True, None)] + 2 * [("p3", False, "unreachable")]


def test_whoever_may_be_contacted_has_an_arm(connection: duckdb.DuckDBPyConnection) -> None:
    rows = found(connection, ASSIGNMENTS, "campaign_code, person_id, arm_type")
    assert rows == [
        (code, person, arm)
        for code in ("CMP-001", "CMP-002")
        for person, arm in (("p1", "treatment"), ("p2", "control"))
    ]


def test_the_treated_alone_are_delivered_under_a_name_that_repeats_itself(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    rows = found(connection, DELIVERIES, "touch_id, person_id, recipient_token, template_id, contact_on")
    assert [row[1:] for row in rows] == 2 * [("p1", "u1", "guide", date(2026, 3, 2))]
    names = [str(row[0]) for row in rows]
    assert [name[:17] for name in names] == ["CMP-001-20260302-", "CMP-002-20260302-"]
    assert names == [str(row[0]) for row in found(connection, DELIVERIES, "touch_id")]


def test_a_campaign_runs_on_the_days_that_it_contacts_people() -> None:
    known = {
        code: campaign(code, starts_on=starts_on, ends_on=ends_on)
        for code, starts_on, ends_on in (
            ("CMP-003", date(2026, 3, 2), date(2026, 3, 2)),
            ("CMP-001", date(2026, 3, 2), date(2026, 3, 9)),
            ("CMP-002", date(2026, 3, 3), date(2026, 3, 9)),
            ("CMP-004", date(2026, 2, 1), NIGHT),
        )
    }
    assert [one.code for one in contact_decisions.running(known, as_of_date=NIGHT)] == ["CMP-001", "CMP-003"]
    begun = [one.code for one in contact_decisions.begun(known, as_of_date=NIGHT)]
    assert begun == ["CMP-001", "CMP-003", "CMP-004"]
