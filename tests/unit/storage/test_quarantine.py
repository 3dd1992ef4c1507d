"""Quarantine: what is held, letting late rows in, reading again under a mended contract."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta

import pytest

from storage.quarantine import NotReleasableError, held, rejected_rows, release, replay
from tests.unit.storage.landed import FIRST, Cashier, flow

ADDRESS = "broker.cash_flows"


def day(number: int) -> date:
    return FIRST + timedelta(days=number)


def test_what_is_held_is_told_per_file_and_rule(cashier: Cashier) -> None:
    cashier.land(day(20), [flow(1, day(20)), flow(2, day(0)), flow(3, day(1)), flow(4, day(20), amount="x")])
    cashier.land(day(21), [flow(5, day(21))], name="cut.csv").write_text("", encoding="utf-8")
    cashier.take_in()
    found = [
        (one.record.landed_as.rsplit("/", 1)[-1], one.rule, one.rows) for one in held(cashier.doors, ADDRESS)
    ]
    assert found == [("flows.csv", "too_late", 2), ("flows.csv", "wrong_type", 1), ("cut.csv", "empty", None)]
    assert held(cashier.doors, "broker.trades") == []


def test_released_late_rows_reopen_their_days_and_the_others_stay_held(cashier: Cashier) -> None:
    cashier.land(day(20), [flow(1, day(20)), flow(2, day(0)), flow(4, day(20), amount="x")])
    cashier.take_in()
    outcome = release(cashier.doors, ADDRESS, rule="too_late")
    assert outcome.rows_gained == 1
    assert set(cashier.flows(day(0))) == {"F000002"}
    assert day(0) in {mark.business_date for mark in cashier.doors.ledger.marks()}
    assert [one.rule for one in held(cashier.doors, ADDRESS)] == ["wrong_type"]
    assert all(record.is_accounted for record in cashier.doors.ledger.files())


def test_a_release_is_recorded_as_a_decision(cashier: Cashier) -> None:
    cashier.land(day(20), [flow(2, day(0))])
    cashier.take_in()
    release(cashier.doors, ADDRESS, rule="too_late")
    (decision,) = cashier.doors.ledger.decisions("release")
    assert json.loads(decision["detail"]) == {
        "files": ["broker/cash_flows/2026-01-25/flows.csv"],
        "rules": ["too_late"],
        "table": ADDRESS,
    }


def test_a_released_file_stays_released_when_it_is_read_again(cashier: Cashier) -> None:
    cashier.land(day(20), [flow(2, day(0)), flow(4, day(20), amount="x")])
    cashier.take_in()
    release(cashier.doors, ADDRESS, rule="too_late")
    replay(cashier.doors, ADDRESS)
    assert set(cashier.flows(day(0))) == {"F000002"}


def test_a_row_that_cannot_be_understood_cannot_be_released(cashier: Cashier) -> None:
    with pytest.raises(
        NotReleasableError, match="wrong_type cannot be released, only too_late and in_the_future"
    ):
        release(cashier.doors, ADDRESS, rule="wrong_type")


def test_replay_reads_rejected_rows_again_under_a_mended_contract(cashier: Cashier) -> None:
    cashier.land(day(0), [flow(1, day(0)), flow(2, day(0)).replace("bank_in", "rebate")])
    cashier.take_in()
    (row,) = rejected_rows(cashier.doors, cashier.doors.ledger.files()[0]).to_pylist()
    assert row["rule"] == "not_allowed"

    contract = cashier.contract
    fields = tuple(
        replace(one, enum=(*one.enum, "rebate")) if one.name == "flow_type" else one
        for one in contract.fields
    )
    mended = replace(contract, fields=fields, fingerprint="mended000000")
    doors = replace(cashier.doors, contracts={**cashier.doors.contracts, ADDRESS: mended})
    outcome = replay(doors, ADDRESS)
    assert outcome.rows_gained == 1
    assert set(cashier.flows(day(0))) == {"F000001", "F000002"}
    assert held(doors, ADDRESS) == []


def test_replay_reads_a_rejected_file_again(cashier: Cashier) -> None:
    cashier.land(day(0), [flow(1, day(0))], control={"version": 1, "files": []})
    path = cashier.land(day(1), [flow(2, day(1))], name="bad.csv")
    path.write_text(path.read_text(encoding="utf-8").replace("client_id", "customer"), encoding="utf-8")
    cashier.take_in()
    assert [one.rule for one in held(cashier.doors, ADDRESS)] == ["header"]
    contract = cashier.contract
    fields = tuple(
        replace(one, path=("customer",)) if one.name == "customer_id" else one for one in contract.fields
    )
    mended = replace(contract, fields=fields, fingerprint="mended000000")
    doors = replace(cashier.doors, contracts={**cashier.doors.contracts, ADDRESS: mended})
    assert replay(doors, ADDRESS).rows_gained == 1
    assert set(cashier.flows(day(1))) == {"F000002"}


def test_replay_leaves_out_a_file_that_is_not_what_its_control_file_promised(cashier: Cashier) -> None:
    path = cashier.land(day(0), [flow(1, day(0))])
    control = '{"version": 1, "files": [{"name": "flows.csv", "rows": 2}]}'
    (path.parent / "_control.json").write_text(control, encoding="utf-8")
    cashier.take_in()
    assert replay(cashier.doors, ADDRESS).after == ()
    assert [one.rule for one in held(cashier.doors, ADDRESS)] == ["control_mismatch"]
