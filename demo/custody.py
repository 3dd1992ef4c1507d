"""Columns of orders, money and what is held.

Belongs here: one function per table, from a day of the simulation to the feed's columns.
Does not belong here: decisions about people, file formats.
"""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pyarrow as pa

from demo import names
from demo.accounts import BANK_IN, BANK_OUT, FLOWS
from demo.borrowing import ASKED, OPEN, STATES, credit_line
from demo.cards import Cards, chosen
from demo.catalogue import PRODUCTS
from demo.crowd import COMMISSION, FEE, INTEREST, NOBODY, Crowd, Frame, Lived, filled, places, weights_of
from demo.draws import Integers
from demo.market import SECURITIES
from demo.marketing import only, today
from demo.money import TERMINALS
from demo.people import NEVER
from demo.reference import since_1970
from demo.rendering import Columns
from demo.shanghai import midnight_ms
from demo.wealth import ACTIONS, BUY

NET_COMMISSION_PER_CENT = 70
ORDERED_BEFORE_MS = 1_500
UNFILLED_BEFORE_MS = 20_000
FILLED, CANCELLED, REJECTED = range(3)
ORDER_STATES = ("filled", "cancelled", "rejected")
SERVICE_COST_FEN = 300
HIGHEST_RATIO = 1_000.0
_CODES = [security.code for security in SECURITIES]


def in_order(crowd: Crowd, lived: Lived, table: str) -> tuple[Frame, Integers]:
    """Return a table of a day by person and number, with the people's indexes."""
    told = lived.frame(table)
    order = np.lexsort((told["number"], told["person"]))
    rows = {name: values[order] for name, values in told.items()}
    return rows, crowd.people.index[rows["person"]]


def orders(crowd: Crowd, cards: Cards, lived: Lived) -> Columns:
    """Return a row per order: those that were executed, and those that were cancelled or rejected beside them."""
    (rows, index), day = in_order(crowd, lived, "trades"), today(crowd.world, lived)
    planted, draw = crowd.world.truths.money, crowd.world.draws("orders", lived.day)
    counter = crowd.people.counter[rows["person"]]
    missed = draw.shares(counter, 3 * rows["number"])
    fails = np.where(missed < planted.unfilled["cancelled"], CANCELLED, REJECTED)
    extra = places(missed < sum(planted.unfilled.values()))
    state = np.concatenate([filled(index, FILLED), fails[extra]])
    which = np.concatenate([np.arange(len(index)), extra])
    person, is_extra = rows["person"][which], np.arange(len(which)) >= len(index)
    reason = draw.chosen(weights_of(planted.rejections), counter[which], 3 * rows["number"][which] + 1)
    at = rows["at"][which] - np.where(is_extra, UNFILLED_BEFORE_MS, ORDERED_BEFORE_MS)
    number = rows["number"][which] + np.where(is_extra, 50, 0)
    customer = cards.customer.take(pa.array(person))
    return {
        "order_id": names.dated("O", day, index[which], number, width=2),
        "client_id": customer,
        "fund_account_id": names.joined("C", customer),
        "order_time": midnight_ms(day) + at,
        "security_code": chosen(_CODES, rows["security"][which]),
        "market": chosen([security.market for security in SECURITIES], rows["security"][which]),
        "side": chosen(("B", "S"), rows["is_sale"][which].astype(np.int64)),
        "order_type": chosen(("limit",), filled(which, 0)),
        "price": rows["price"][which],
        "qty": rows["quantity"][which],
        "amount": rows["amount"][which],
        "terminal": chosen(TERMINALS, rows["terminal"][which]),
        "status": chosen(ORDER_STATES, state),
        "reject_code": chosen(list(planted.rejections), np.where(state == REJECTED, reason, NOBODY)),
    }


def trades(crowd: Crowd, cards: Cards, lived: Lived) -> Columns:
    """Return a row per execution."""
    (rows, index), day = in_order(crowd, lived, "trades"), today(crowd.world, lived)
    return {
        "trade_id": names.dated("T", day, index, rows["number"], width=2),
        "order_id": names.dated("O", day, index, rows["number"], width=2),
        "client_id": cards.customer.take(pa.array(rows["person"])),
        "trade_time": midnight_ms(day) + rows["at"],
        "security_code": chosen(_CODES, rows["security"]),
        "asset_class": chosen([security.kind for security in SECURITIES], rows["security"]),
        "side": chosen(("B", "S"), rows["is_sale"].astype(np.int64)),
        "price": rows["price"],
        "qty": rows["quantity"],
        "amount": rows["amount"],
        "commission": rows["commission"],
        "net_commission": rows["commission"] * NET_COMMISSION_PER_CENT // 100,
        "stamp_duty": rows["stamp_duty"],
        "is_margin": rows["is_margin"],
        "terminal": chosen(TERMINALS, rows["terminal"]),
    }


def cash_flows(crowd: Crowd, cards: Cards, lived: Lived) -> Columns:
    """Return a row per movement of cash; only movements to and from a bank name a card."""
    (rows, index), day = in_order(crowd, lived, "flows"), today(crowd.world, lived)
    who, by_bank = pa.array(rows["person"]), np.isin(rows["kind"], (BANK_IN, BANK_OUT))
    return {
        "flow_id": names.dated("F", day, index, rows["number"], width=2),
        "client_id": cards.customer.take(who),
        "at": midnight_ms(day) + rows["at"],
        "type": chosen(FLOWS, rows["kind"]),
        "amount": rows["amount"],
        "bank_code": only(cards.bank.take(who), by_bank),
        "bank_card": only(cards.bank_card.take(who), by_bank),
    }


def daily_assets(crowd: Crowd, cards: Cards, lived: Lived) -> Columns:
    """Return a row per customer with an account, on every calendar day."""
    told = lived.frame("valuations")
    none = np.zeros(len(told["person"]), dtype=np.int64)
    return {
        "ds": none + since_1970(today(crowd.world, lived)),
        "client_id": cards.customer.take(pa.array(told["person"])),
        "cash": told["cash"],
        "stock_mv": told["shares"],
        "fund_mv": told["funds"],
        "wealth_mv": told["wealth"],
        "bond_mv": none,
        "other_mv": told["other"],
        "restricted_mv": none,
        "total_asset": told["total"],
        "margin_debt": told["debt"],
        "short_debt": none,
        "accrued_interest": told["interest"],
        "net_asset": told["net"],
    }


def positions(crowd: Crowd, cards: Cards, lived: Lived) -> Columns:
    """Return a row per customer and security or product held at the close; of products the value alone is known."""
    holder, place = np.nonzero((crowd.pieces > 0) & crowd.has_account[:, None])
    security, pieces = crowd.securities[holder, place], crowd.pieces[holder, place]
    owner, product = np.nonzero(crowd.products)
    person = np.concatenate([holder, owner])
    value = np.concatenate(
        [crowd.market.closes[lived.day + 1, security] * pieces // 10, crowd.products[owner, product]]
    )
    cost = np.concatenate([crowd.costs[holder, place], crowd.product_costs[owner, product]])
    no_product, no_security = filled(holder, NOBODY), filled(owner, NOBODY)
    return {
        "ds": filled(person, since_1970(today(crowd.world, lived))),
        "client_id": cards.customer.take(pa.array(person)),
        "security_code": chosen(_CODES, np.concatenate([security, no_security])),
        "product_id": chosen([one.product_id for one in PRODUCTS], np.concatenate([no_product, product])),
        "qty": np.concatenate([pieces, filled(owner, NEVER)]),
        "mv": value,
        "cost": cost,
        "unrealised_pnl": value - cost,
    }


def product_orders(crowd: Crowd, cards: Cards, lived: Lived) -> Columns:
    """Return a row per change of an order's state."""
    told, since = lived.frame("product_orders"), crowd.world.first_day
    person, submitted = told["person"], told["submitted"]
    is_confirmed, is_purchase = told["confirmed"] < NEVER, told["action"] == BUY
    number = (submitted - midnight_ms(since)) // 86_400_000
    days = chosen([f"{since + timedelta(days=day):%Y%m%d}" for day in range(lived.day + 1)], number)
    return {
        "order_id": names.joined(
            "W", days, names.padded(crowd.people.index[person], 6), names.padded(told["product"], 2)
        ),
        "updated_at": np.where(is_confirmed, told["confirmed"], submitted),
        "client_id": cards.customer.take(pa.array(person)),
        "product_id": chosen([one.product_id for one in PRODUCTS], told["product"]),
        "action": chosen(("purchase", "redeem"), (~is_purchase).astype(np.int64)),
        "submitted_at": submitted,
        "confirmed_at": told["confirmed"],
        "amount": told["amount"],
        "share": filled(person, NEVER),
        "status": chosen(("submitted", "confirmed"), is_confirmed.astype(np.int64)),
        "rm_id": pa.nulls(len(person), pa.string()),
        "terminal": chosen(("app", "system"), (told["action"] == ACTIONS.index("mature")).astype(np.int64)),
        "lead_id": pa.nulls(len(person), pa.string()),
    }


def margin_applications(crowd: Crowd, cards: Cards, lived: Lived) -> Columns:
    """Return a row per change of an application's state."""
    told = lived.frame("margin_steps")
    person, is_new = told["person"], told["result"] == ASKED
    return {
        "id": names.joined("G", names.padded(crowd.people.index[person], 6)),
        "updated_at": np.where(is_new, told["applied"], told["decided"]),
        "client_id": cards.customer.take(pa.array(person)),
        "applied_at": told["applied"],
        "result": chosen(STATES, told["result"]),
        "opened_at": np.where(told["result"] == OPEN, told["decided"], NEVER),
    }


def margin_accounts(crowd: Crowd, cards: Cards, lived: Lived) -> Columns:
    """Return a row per customer who may buy on credit."""
    who = places((crowd.margin_state == OPEN) & crowd.has_account)
    debt, interest = crowd.margin_debt[who], crowd.margin_interest[who]
    owed = debt + interest
    ratio = np.minimum(crowd.total_before[who] / np.maximum(1, owed), HIGHEST_RATIO)
    return {
        "ds": filled(who, since_1970(today(crowd.world, lived))),
        "client_id": cards.customer.take(pa.array(who)),
        "status": chosen(("idle", "in_debt"), (owed > 0).astype(np.int64)),
        "credit_line": credit_line(crowd, who),
        "rz_balance": debt,
        "rq_balance": filled(who, 0),
        "maint_ratio": np.where(owed > 0, (ratio * 1_000_000).astype(np.int64), NEVER),
        "interest_accrued": interest,
    }


def contributions(crowd: Crowd, cards: Cards, lived: Lived) -> Columns:
    """Return on the first day of a month what the broker earned of each customer in the month before."""
    day = today(crowd.world, lived)
    is_due = day.day == 1 and lived.day > 0
    who = places(crowd.has_account & is_due)
    earned, none = crowd.earned_last_month[who], filled(who, 0)
    return {
        "month": filled(who, since_1970((day - timedelta(days=1)).replace(day=1))),
        "client_id": cards.customer.take(pa.array(who)),
        "net_commission": earned[:, COMMISSION] * NET_COMMISSION_PER_CENT // 100,
        "margin_interest": earned[:, INTEREST],
        "product_fee": earned[:, FEE],
        "cash_spread": none,
        "other": none,
        "service_cost": none + SERVICE_COST_FEN,
    }
