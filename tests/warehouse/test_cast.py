"""A hand-made cast goes from landing files through a whole night to the stages worked out for it by hand."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import date, datetime
from typing import Any

import duckdb
import pytest

from storage.home import Home
from tests.reliability.homes import new_home, succeeded
from tests.warehouse.cast import CAST, DAYS, LAST, Role, on

Row = dict[str, object]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Return the home that took in the whole cast in one night."""
    home = new_home(tmp_path_factory.mktemp("cast") / "home")
    for address, rows_of in (
        ("app.events", events),
        ("broker.customers", customers),
        ("broker.cash_flows", flows),
        ("broker.trades", trades),
        ("broker.daily_assets", assets),
    ):
        deliver(home, address, [row for role in CAST for row in rows_of(role)])
    told = succeeded(home, "nightly", within=400)
    assert "0 quarantined" in told.output, told.output
    return home


@pytest.mark.timeout(600)
@pytest.mark.parametrize("role", CAST, ids=lambda role: role.name)
def test_a_person_goes_through_the_stages_worked_out_by_hand(home: Home, role: Role) -> None:
    found = ask(
        home,
        "select as_of_date, to_stage_type from fct_stage_transitions where person_id = $person order by 1",
        person=person_of(home, role),
    )
    assert dict(found) == {on(day): stage for day, stage in role.stages.items()}, role.story


@pytest.mark.timeout(600)
def test_nobody_else_is_there(home: Home) -> None:
    people = ask(home, "select count(distinct person_id) from fct_stage_transitions")
    assert people == [(len(CAST),)]


@pytest.mark.timeout(600)
def test_on_month_ends_and_on_the_last_day_everybody_has_the_stage_entered_last(home: Home) -> None:
    for role in CAST:
        kept = ask(
            home,
            "select as_of_date, stage_type, phase_type from fct_person_stages where person_id = $person",
            person=person_of(home, role),
        )
        assert {on("03-31"), on("04-30"), LAST} & {day for day, *_ in kept}
        for day, stage, phase in kept:
            expected = [stage for begins, stage in role.stages.items() if on(begins) <= day][-1]
            assert stage == expected, (role.name, day)
            if role.name == "ben":
                # New for 90 days: who has not invested by then is at risk.
                assert phase == ("new" if day <= on("04-05") else "at_risk")


def person_of(home: Home, role: Role) -> str:
    unopened = f"login:{role.name}" if role.has_login else f"device:{role.name}-phone"
    node = unopened if role.opened is None else f"customer:c-{role.name}"
    with closing(duckdb.connect(str(home.warehouse), read_only=True)) as connection:
        ((person,),) = connection.execute(
            "select person_id from intermediate.int_identities__walked where node_id = ? and as_of_date = ?",
            [node, LAST],
        ).fetchall()
    return str(person)


def ask(home: Home, query: str, **values: object) -> list[tuple[Any, ...]]:
    """Return what a query finds in the published Parquet files, which go back to the first day."""
    with closing(duckdb.connect()) as reader:
        for name in ("fct_stage_transitions", "fct_person_stages"):
            files = home.published / "current" / "parquet" / "marts" / name / "**" / "*.parquet"
            reader.execute(f"create view {name} as from read_parquet('{files}', hive_partitioning = false)")
        return reader.execute(query, values).fetchall()


def deliver(home: Home, address: str, rows: Sequence[Row]) -> None:
    """Land rows as one file, delivered as history: none of them is too late."""
    folder = home.landing / address.replace(".", "/") / LAST.isoformat()
    folder.mkdir(parents=True)
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    (folder / "rows.jsonl").write_text(lines, encoding="utf-8")
    control = {"version": 1, "history": True, "files": [{"name": "rows.jsonl", "rows": len(rows)}]}
    (folder / "_control.json").write_text(json.dumps(control), encoding="utf-8")


def is_open(day: date) -> bool:
    return day.isoweekday() < 6


def at(day: date, hour: int) -> str:
    return f"{day}T{hour:02d}:00:00+08:00"


def events(role: Role) -> Iterator[Row]:
    for day in role.visits:
        yield {
            "type": "track",
            "distinct_id": role.name if role.has_login else f"{role.name}-phone",
            "anonymous_id": f"{role.name}-phone",
            **({"login_id": role.name} if role.has_login else {}),
            "event": "$AppStart",
            # Half an hour after midnight, when it is still the day before in UTC.
            "time": int(datetime.fromisoformat(f"{day}T00:30:00+08:00").timestamp()) * 1000,
            "properties": {"$os": "iOS"},
        }


def customers(role: Role) -> Iterator[Row]:
    """Yield the customer file of every day on which something in it changes, and of the last day."""
    if role.opened is None:
        return
    changes = [on(day) for day in (role.opened, role.closed, role.reopened) if day is not None]
    for day in sorted({*changes, LAST}):
        is_closed = role.closed is not None and on(role.closed) <= day
        is_closed = is_closed and not (role.reopened is not None and on(role.reopened) <= day)
        yield {
            "ds": f"{day}",
            "client_id": f"c-{role.name}",
            "login_id": role.name,
            "mobile": f"138{CAST.index(role):08d}",
            "id_number": f"ID{CAST.index(role):06d}",
            "opened_at": at(on(role.opened), 9),
            **({"closed_at": at(on(role.closed), 17)} if is_closed and role.closed else {}),
            "status": "closed" if is_closed else "normal",
            "investor_type": "ordinary",
            "risk_level": "C3",
            "is_employee": False,
        }


def flows(role: Role) -> Iterator[Row]:
    kinds = (
        ("bank_in", role.came),
        ("bank_out", role.went),
        ("transfer_security_in", role.brought_securities),
    )
    for kind, amounts in kinds:
        for day, amount in amounts.items():
            yield {
                "flow_id": f"{role.name}-{kind}-{day}",
                "client_id": f"c-{role.name}",
                "at": at(on(day), 10),
                "type": kind,
                "amount": amount,
                **({"mv_at_transfer": amount} if kind == "transfer_security_in" else {}),
            }


def trades(role: Role) -> Iterator[Row]:
    for day in role.trades:
        yield {
            "trade_id": f"{role.name}-{day}",
            "client_id": f"c-{role.name}",
            "trade_time": at(on(day), 14),
            "security_code": "000001.SZ",
            "asset_class": "stock",
            "side": "B",
            "price": 10,
            "qty": 100,
            "amount": 1000,
            "commission": 5,
            "net_commission": 3,
            "is_margin": False,
        }


def assets(role: Role) -> Iterator[Row]:
    """Yield the books of every trading day since the first that is told."""
    for day in DAYS:
        told = [books for begins, books in role.assets.items() if on(begins) <= day]
        if not told or not is_open(day):
            continue
        cash, held = told[-1]
        yield {
            "ds": f"{day}",
            "client_id": f"c-{role.name}",
            "cash": cash,
            "stock_mv": held,
            **dict.fromkeys(("fund_mv", "wealth_mv", "bond_mv", "other_mv", "restricted_mv"), 0),
            "total_asset": cash + held,
            **dict.fromkeys(("margin_debt", "short_debt", "accrued_interest"), 0),
            "net_asset": cash + held,
        }
