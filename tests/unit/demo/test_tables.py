"""The tables that nobody reads yet: keys, references and sums hold across the broker's systems."""

import json
from collections import defaultdict
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any

import pytest

from demo.brokerage import write_days
from demo.feeds import feeds
from demo.world import World
from tests.unit.demo import landed
from tests.unit.demo.conftest import Written

Rows = Callable[[str], list[dict[str, Any]]]
KEYS = {
    "activity.referral_campaigns": ("campaign_id",),
    "activity.referral_events": ("event_id",),
    "activity.slot_plans": ("plan_id",),
    "activity.slots": ("slot_id",),
    "broker.branches": ("branch_id",),
    "broker.contributions": ("month", "client_id"),
    "broker.managers": ("rm_id",),
    "broker.margin_accounts": ("ds", "client_id"),
    "broker.margin_applications": ("id", "result"),
    "broker.orders": ("order_id",),
    "broker.permissions": ("client_id", "permission"),
    "broker.positions": ("ds", "client_id", "security_code", "product_id"),
    "content.articles": ("content_id",),
    "crm.leads": ("lead_id", "status"),
    "crm.manual_tags": ("client_id", "tag_code", "at"),
    "market.market_stats": ("ds", "market"),
    "market.sector_returns": ("ds", "sector_code"),
    "marketing.ad_clicks": ("click_id",),
    "marketing.install_matches": ("install_id",),
    "marketing.plans": ("plan_id",),
    "marketing.templates": ("template_id",),
    "service.calls": ("call_id",),
    "service.complaints": ("complaint_id",),
    "service.feedback": ("feedback_id",),
    "vendor.third_party_tags": ("mobile_hash", "as_of"),
    "wealth.product_orders": ("order_id", "status"),
    "wealth.sales_campaigns": ("campaign_id",),
    "wealth.sales_targets": ("campaign_id", "org_id"),
}


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Written:
    """A world that lives beyond a month's end."""
    landing, world = (
        tmp_path_factory.mktemp("landing"),
        World(seed=6, people=500, first_day=date(2026, 1, 5), days=40),
    )
    return Written(landing, world, write_days(landing, world=world, days=world.dates))


@pytest.fixture(scope="module")
def rows(written: Written) -> Rows:
    """Return every record of a table, of lists those of the first delivery."""

    @cache
    def of(address: str) -> list[dict[str, Any]]:
        found = list(landed.table(written.landing, address))
        first = found[0][0] if found and feeds()[address].is_list else None
        return [record for delivery, record in found if first in (None, delivery)]

    return of


def test_every_table_of_the_broker_is_delivered(written: Written) -> None:
    assert set(written.summary.rows) == {*feeds(), "app.events"}


@pytest.mark.parametrize("address", KEYS)
def test_no_key_stands_twice(rows: Rows, address: str) -> None:
    found = [tuple(record.get(name) for name in KEYS[address]) for record in rows(address)]
    assert found
    assert len(found) == len(set(found))


def test_every_trade_executes_an_order_and_others_say_why_they_do_not(rows: Rows) -> None:
    orders = {order["order_id"]: order for order in rows("broker.orders")}
    executed = {trade["order_id"]: trade for trade in rows("broker.trades")}
    assert {name for name, order in orders.items() if order["status"] == "filled"} == set(executed)
    for name, trade in executed.items():
        assert orders[name]["client_id"] == trade["client_id"]
        assert Decimal(orders[name]["amount"]) == trade["amount"]
    states = {order["status"] for order in orders.values()}
    assert states == {"filled", "cancelled", "rejected"}
    assert all(
        (order["status"] == "rejected") == (order["reject_code"] is not None) for order in orders.values()
    )


def test_what_is_held_is_what_accounts_are_worth_and_what_is_borrowed_is_owed(rows: Rows) -> None:
    held: dict[tuple[object, object, bool], Decimal] = defaultdict(Decimal)
    for position in rows("broker.positions"):
        assert (position["security_code"] is None) != (position["product_id"] is None)
        assert position["mv"] - position["cost"] == position["unrealised_pnl"]
        held[position["ds"], position["client_id"], position["product_id"] is None] += position["mv"]
    owed = {(line["ds"], line["client_id"]): line for line in rows("broker.margin_accounts")}
    seen = 0
    for account in rows("broker.daily_assets"):
        key = account["ds"], account["client_id"]
        assert held[*key, True] == account["stock_mv"]
        assert held[*key, False] == account["fund_mv"] + account["wealth_mv"] + account["other_mv"]
        assert (
            account["net_asset"]
            == account["total_asset"] - account["margin_debt"] - account["accrued_interest"]
        )
        if account["margin_debt"]:
            assert owed[key]["rz_balance"] == account["margin_debt"]
            assert owed[key]["maint_ratio"] > 1
            seen += 1
    assert seen


def test_products_are_confirmed_after_they_were_ordered_and_suit_the_customer(rows: Rows) -> None:
    levels = {one["client_id"]: one["risk_level"] for one in rows("broker.customers")}
    risks = {one["product_id"]: one["risk_level"] for one in rows("broker.products")}
    told = defaultdict(list)
    for order in rows("wealth.product_orders"):
        told[order["order_id"]].append(order)
    assert {order["status"] for order in rows("wealth.product_orders")} == {"submitted", "confirmed"}
    for states in told.values():
        assert [state["status"] for state in states] in (
            ["submitted"],
            ["submitted", "confirmed"],
            ["confirmed"],
        )
        for state in states:
            if state["status"] == "confirmed":
                assert state["confirmed_at"] >= state["submitted_at"]
            if state["action"] == "purchase":
                assert risks[state["product_id"]][1] <= levels[state["client_id"]][1]


def test_a_month_s_contribution_is_what_the_month_s_trades_were_charged(rows: Rows) -> None:
    charged: dict[object, Decimal] = defaultdict(Decimal)
    trades: dict[object, int] = defaultdict(int)
    for trade in rows("broker.trades"):
        if trade["trade_time"].astimezone().isoformat() < "2026-02-01":
            charged[trade["client_id"]] += trade["net_commission"]
            trades[trade["client_id"]] += 1
    contributions = rows("broker.contributions")
    for line in contributions:
        # Fractions of a fen are dropped trade by trade on one side, once on the other.
        difference = Decimal(line["net_commission"]) - charged[line["client_id"]]
        assert 0 <= difference <= Decimal("0.01") * trades[line["client_id"]]


def test_an_install_follows_the_click_that_it_is_ascribed_to(rows: Rows) -> None:
    clicks = {click["click_id"]: click for click in rows("marketing.ad_clicks")}
    links = {link["link_id"] for link in rows("marketing.channel_links")}
    assert {click["link_id"] for click in clicks.values()} <= links
    matched = [one for one in rows("marketing.install_matches") if one["click_id"]]
    assert matched
    for install in matched:
        assert clicks[install["click_id"]]["click_time"] <= install["install_time"]
    assert {one["match_type"] for one in rows("marketing.install_matches")} >= {"exact", "fuzzy", "organic"}
    assert len(clicks) > 5 * len(matched)


def test_an_invitation_fails_with_a_reason_or_goes_on_to_the_reward(rows: Rows) -> None:
    told = rows("activity.referral_events")
    assert all((event["result"] == "fail") == ("fail_code" in event) for event in told)
    stages = defaultdict(set)
    for event in told:
        stages[event["invite_id"]].add(event["stage"])
    assert any("open_account" in reached for reached in stages.values())
    for reached in stages.values():
        assert "help" not in reached or reached == {"share", "open", "help"}
        assert "reward" not in reached or "deposit" in reached


def test_leads_come_of_calls_and_lists_name_what_there_is(rows: Rows) -> None:
    calls = {call["lead_id"]: call for call in rows("service.calls")}
    managers = {one["rm_id"]: one["branch_id"] for one in rows("broker.managers")}
    branches = {one["branch_id"] for one in rows("broker.branches")}
    assert set(managers.values()) <= branches
    for lead in rows("crm.leads"):
        assert lead["rm_id"] == calls[lead["lead_id"]]["rm_id"]
        assert lead["rm_id"] in managers
        assert (lead["status"] == "lost") == ("lost_reason" in lead)
    for plan in rows("activity.slot_plans"):
        assert sum(float(weight.partition("=")[2]) for weight in plan["weights"]) == pytest.approx(1)
        assert json.loads(str(plan["item_filter"]))
    total, *parts = (Decimal(target["target_amount"]) for target in rows("wealth.sales_targets"))
    assert total == sum(parts)
    assert {one["content_id"] for one in rows("content.articles")} >= {"N00001", "N00399"}
