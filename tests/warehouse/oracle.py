"""The oracle: what is true of a life on each day, found the slow way from everything that ever happened in it.

Belongs here: every window summed anew for every day, and the order of the stages. Does not belong here: any SQL, any
figure of the day before (but for a stage, which is a state), and how the warehouse comes to its figures.

Sums are of fen and whole numbers; a window of trading days counts what happened on the last so many trading days.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from functools import cache

from tests.warehouse.lives import FIRST_DAY, Flow, Life, day_of

Measures = dict[str, object]

VISITORS_ARE_KNOWN_FOR = 90
CAME = ("bank_in", "transfer_security_in")
WENT = ("bank_out", "transfer_security_out")
VALID_FEN = 10_000_00


@dataclass(frozen=True)
class Calendar:
    """The days of a history: which of them are trading days, and how many there were until each."""

    is_open: tuple[bool, ...]

    @property
    def days(self) -> range:
        """Every day, by number."""
        return range(len(self.is_open))

    def number(self, day: int) -> int:
        """Return how many trading days there were until a day, itself included."""
        return len(_open_days(self.is_open, day))

    def last(self, count: int, day: int) -> list[int]:
        """Return the last `count` trading days until a day, itself included."""
        return _open_days(self.is_open, day)[-count:]


@cache
def _open_days(is_open: tuple[bool, ...], day: int) -> list[int]:
    return [one for one in range(day + 1) if is_open[one]]


def is_known(life: Life, day: int) -> bool:
    """Say whether a source has spoken of the person; somebody with a device alone is forgotten after 90 days."""
    mentions = [one for one in _mentions(life) if one <= day]
    if not mentions:
        return False
    since = _customer_since(life)
    is_visitor = since is None and not any(event.has_login for event in life.events)
    return not is_visitor or max(mentions) > day - VISITORS_ARE_KNOWN_FOR


def measure(life: Life, day: int, calendar: Calendar) -> Measures:
    """Return what is measured of a known person at the end of a day, as columns of the warehouse."""
    visits = [event for event in life.events if event.day <= day]
    actions = [event.day for event in visits if event.name != "PushReceive"]
    if not any(event.has_login for event in visits) and _customer_since(life) is None:
        actions = _of_this_stay(actions, [event.day for event in visits])
    active = set(actions)
    since = _customer_since(life)
    is_opened = since is not None and since <= day
    found: Measures = {
        "is_registered": any(event.has_login for event in visits),
        "is_opened": is_opened,
        "active_days_7d_count": _within(active, day, 7),
        "active_days_8_14d_count": _within(active, day - 7, 7),
        "active_days_30d_count": _within(active, day, 30),
        "active_days_31_90d_count": _within(active, day - 30, 60),
        "launches_7d_count": _within([one.day for one in visits if one.name == "$AppStart"], day, 7),
        "launches_30d_count": _within([one.day for one in visits if one.name == "$AppStart"], day, 30),
        "quote_views_30d_count": _within(
            [one.day for one in visits if one.name == "StockDetailView"], day, 30
        ),
        "deposit_views_14d_count": _within(
            [one.day for one in visits if one.name == "TransferInView"], day, 14
        ),
        "first_active_on": _on(min(active, default=None)),
        "last_active_on": _on(max(active, default=None)),
        "is_trading_day": calendar.is_open[day],
        "trading_day_no": calendar.number(day),
    }
    found |= _account(life, day, calendar) if is_opened else _NO_ACCOUNT
    alive = [found[name] for name in ("last_active_on", "last_traded_on", "last_funded_on")]
    last_alive = max((one for one in alive if isinstance(one, date)), default=None)
    found["last_seen_alive_on"] = last_alive
    found["silent_td_count"] = calendar.number(day) - _counted_from(last_alive, found["opened_on"], calendar)
    return found


_NO_ACCOUNT: Measures = {
    "is_closed": False,
    "has_funded": False,
    "has_invested": False,
    "has_traded": False,
    "deposits_30d_cny": Decimal(0),
    "withdrawals_7d_cny": Decimal(0),
    "withdrawals_30d_cny": Decimal(0),
    "net_inflow_30d_cny": Decimal(0),
    "net_inflow_90d_cny": Decimal(0),
    "traded_days_60d_count": 0,
    "trades_30d_count": 0,
    "trades_60td_count": 0,
    "trades_90d_count": 0,
    "turnover_90d_cny": Decimal(0),
    "net_commission_90d_cny": Decimal(0),
    "net_commission_365d_cny": Decimal(0),
    "net_commission_to_date_cny": Decimal(0),
    "cash_cny": None,
    "total_assets_cny": None,
    "peak_assets_cny": None,
    "peak_assets_240td_cny": None,
    "assets_20td_mean_cny": None,
    "valid_60td_count": 0,
    "valid_240td_count": 0,
    "opened_days_count": None,
    "opened_on": None,
    "first_funded_on": None,
    "last_funded_on": None,
    "first_traded_on": None,
    "last_traded_on": None,
}
MEASURED = (
    "is_registered", "is_opened", "active_days_7d_count", "active_days_8_14d_count", "active_days_30d_count",
    "active_days_31_90d_count", "launches_7d_count", "launches_30d_count", "quote_views_30d_count",
    "deposit_views_14d_count", "first_active_on", "last_active_on", "is_trading_day", "trading_day_no",
    *_NO_ACCOUNT, "last_seen_alive_on", "silent_td_count",
)  # fmt: skip


def _account(life: Life, day: int, calendar: Calendar) -> Measures:
    return {
        **_customer(life, day),
        **_money(life, day),
        **_traded(life, day, calendar),
        **_books(life, day, calendar),
    }


def _customer(life: Life, day: int) -> Measures:
    told = [profile for profile in life.profiles if profile.day <= day]
    since = _customer_since(life)
    opened_on = told[-1].opened_on if told else day_of(since or 0)
    closed_on = told[-1].closed_on if told else None
    return {
        "is_closed": closed_on is not None and closed_on <= day_of(day),
        "opened_on": opened_on,
        "opened_days_count": (day_of(day) - opened_on).days,
    }


def _money(life: Life, day: int) -> Measures:
    flows = [flow for flow in life.flows if flow.day <= day]
    deposits = [flow.day for flow in flows if flow.kind in CAME]
    owned = [one for one, (_, total) in life.assets.items() if total > 0 and one <= day]
    opening = life.opening
    was_funded = opening is not None and opening.has_funded
    first = min(deposits, default=None)
    if was_funded or (first is not None and min(owned, default=first) < first):
        # It was before anybody told us: the date is unknown, unless somebody said it.
        first = None
    return {
        "has_funded": was_funded or bool(deposits) or bool(owned),
        "first_funded_on": opening.first_funded_on if opening and opening.first_funded_on else _on(first),
        "last_funded_on": _on(max(deposits, default=None)),
        "deposits_30d_cny": _moved(flows, day, 30, plus=("bank_in",)),
        "withdrawals_7d_cny": _moved(flows, day, 7, plus=("bank_out",)),
        "withdrawals_30d_cny": _moved(flows, day, 30, plus=("bank_out",)),
        "net_inflow_30d_cny": _moved(flows, day, 30, plus=CAME, minus=WENT),
        "net_inflow_90d_cny": _moved(flows, day, 90, plus=CAME, minus=WENT),
    }


def _traded(life: Life, day: int, calendar: Calendar) -> Measures:
    trades = [trade for trade in life.trades if trade.day <= day]
    days = [trade.day for trade in trades]
    held = any(total > cash for one, (cash, total) in life.assets.items() if one <= day)
    opening = life.opening
    has_invested = opening is not None and opening.has_invested
    first = _on(min(days, default=None))
    if opening is not None and opening.has_invested:
        first = opening.first_invested_on
    last_before = opening.last_traded_on if opening is not None else None
    open_days = set(calendar.last(60, day))
    return {
        "has_invested": has_invested or bool(trades) or held,
        "has_traded": has_invested or bool(trades),
        "first_traded_on": first,
        "last_traded_on": _on(max(days)) if days else last_before,
        "traded_days_60d_count": _within(set(days), day, 60),
        "trades_30d_count": _within(days, day, 30),
        "trades_90d_count": _within(days, day, 90),
        "trades_60td_count": sum(one in open_days for one in days),
        "turnover_90d_cny": _yuan(sum(one.fen for one in trades if one.day > day - 90)),
        "net_commission_90d_cny": _yuan(sum(one.commission_fen for one in trades if one.day > day - 90)),
        "net_commission_365d_cny": _yuan(sum(one.commission_fen for one in trades if one.day > day - 365)),
        "net_commission_to_date_cny": _yuan(sum(one.commission_fen for one in trades)),
    }


def _books(life: Life, day: int, calendar: Calendar) -> Measures:
    closings = {one: books for one, books in life.assets.items() if one <= day}
    cash, total = closings[max(closings)] if closings else (None, None)
    peaks = [total for _, total in closings.values()]
    recent = [closings[one][1] for one in calendar.last(240, day) if one in closings]
    if life.opening is not None and life.opening.peak_fen is not None:
        peaks.append(life.opening.peak_fen)
        # What was before counts as of the day on which it was told, the first one.
        recent += [life.opening.peak_fen] if calendar.number(day) <= 240 else []
    last_20 = [closings[one][1] for one in calendar.last(20, day) if one in closings]
    mean = Decimal(sum(last_20)) / len(last_20) / 100 if last_20 else None
    return {
        "cash_cny": None if cash is None else _yuan(cash),
        "total_assets_cny": None if total is None else _yuan(total),
        "peak_assets_cny": _yuan(max(peaks)) if peaks else None,
        "peak_assets_240td_cny": _yuan(max(recent)) if recent else None,
        "assets_20td_mean_cny": mean and mean.quantize(Decimal("0.01"), ROUND_HALF_UP),
        "valid_60td_count": _valid(closings, calendar.last(60, day)),
        "valid_240td_count": _valid(closings, calendar.last(240, day)),
    }


@dataclass(frozen=True)
class Standing:
    """The stage of a person on a day, since when, and for how many trading days its condition has not held."""

    stage: str
    entered: int
    clear: int


def most_contributing(people: Iterable[Measures], ratio: Decimal) -> Decimal:
    """Return the least contribution of a year that is among the given share of people with an open account."""
    given = [
        _number(one["net_commission_365d_cny"]) for one in people if one["is_opened"] and not one["is_closed"]
    ]
    limits = [one for one in given if one > 0 and sum(other >= one for other in given) <= ratio * len(given)]
    return min(limits, default=Decimal("Infinity"))


def stand(
    known: Measures, day: int, former: Standing | None, parameters: dict[str, Decimal], *, most: Decimal
) -> Standing:
    """Return the stage of a day, from the day's measures and the stage of the day before.

    `most`: the contribution of a year from which a person with an open account is core.
    """
    limit = parameters.__getitem__
    before = former.stage if former else None
    is_declining = known["is_opened"] is True and _declines(known, limit)
    is_core = known["is_opened"] is True and (
        _assets(known) >= limit("core_assets_cny")
        or (not known["is_closed"] and _number(known["net_commission_365d_cny"]) >= most)
    )
    holds = {"declining": is_declining, "core": is_core}
    clear = 0
    if former is not None and before in holds and not holds[before]:
        clear = former.clear + (1 if known["is_trading_day"] else 0)
    lingers = clear < limit("hysteresis_td")
    stage = _first_that_holds(known, day, former, limit, is_declining, is_core, lingers=lingers)
    if former is None or stage != before:
        return Standing(stage, day, 0)
    return Standing(stage, former.entered, clear)


def _first_that_holds(
    known: Measures,
    day: int,
    former: Standing | None,
    limit: Callable[[str], Decimal],
    is_declining: bool,
    is_core: bool,
    *,
    lingers: bool,
) -> str:
    """Go down the table of stages and return the first that holds."""
    before = former.stage if former else None
    silent = Decimal(str(known["silent_td_count"]))
    is_opened = known["is_opened"] is True
    is_new = is_opened and _number(known["opened_days_count"]) <= limit("new_days")
    peak = _number(known["peak_assets_240td_cny"])
    is_lost = (
        is_opened
        and _number(known["valid_240td_count"]) >= limit("lost_valid_td")
        and silent >= limit("lost_td")
        and _assets(known) < max(limit("lost_assets_cny"), peak * limit("lost_peak_ratio"))
    )
    is_alive = known["last_seen_alive_on"] == day_of(day)
    is_back = former is not None and (
        (before in ("dormant", "silently_lost") and is_alive)
        or (before == "reactivated" and day - former.entered <= limit("reactivated_days"))
    )
    table = (
        ("closed", is_opened and known["is_closed"]),
        ("silently_lost", is_lost),
        ("reactivated", is_back),
        ("dormant", is_opened and silent > limit("dormant_td")),
        ("declining", is_declining or (before == "declining" and lingers)),
        ("core", is_core or (before == "core" and lingers)),
        ("newly_invested", known["has_invested"] and is_new),
        ("active", known["has_invested"]),
        ("funded", known["has_funded"]),
        ("opened", is_opened),
        ("registered", known["is_registered"]),
    )
    return next((stage for stage, holds in table if holds), "visitor")


def _declines(known: Measures, limit: Callable[[str], Decimal]) -> bool:
    if not known["valid_60td_count"]:
        return False
    inflow, withdrawn = _number(known["net_inflow_30d_cny"]), _number(known["withdrawals_7d_cny"])
    before_30d, before_7d = _assets(known) - inflow, _assets(known) + withdrawn
    now, earlier = _number(known["active_days_30d_count"]), _number(known["active_days_31_90d_count"])
    return (
        (before_30d > 0 and -inflow >= before_30d * limit("outflow_ratio"))
        or (
            earlier >= limit("activity_base_days")
            # Thirty days beside sixty.
            and now * 2 <= earlier * (1 - limit("activity_drop_ratio"))
        )
        or withdrawn >= max(limit("large_withdrawal_cny"), before_7d * limit("large_withdrawal_ratio"))
    )


def _mentions(life: Life) -> list[int]:
    return [*(event.day for event in life.events), *_customer_mentions(life)]


def _customer_mentions(life: Life) -> list[int]:
    linked = [] if life.linked_on is None else [life.linked_on]
    told = [0] if life.opening is not None else []
    dated = [one.day for one in (*life.profiles, *life.flows, *life.trades)]
    return [*linked, *told, *dated, *life.assets]


def _customer_since(life: Life) -> int | None:
    return min(_customer_mentions(life), default=None)


def _of_this_stay(actions: Iterable[int], mentions: Sequence[int]) -> list[int]:
    """Return the actions since a visitor was last forgotten."""
    stay = 0
    for earlier, later in zip(sorted(mentions), sorted(mentions)[1:], strict=False):
        if later - earlier > VISITORS_ARE_KNOWN_FOR:
            stay = later
    return [one for one in actions if one >= stay]


def _counted_from(last_alive: date | None, opened_on: object, calendar: Calendar) -> int:
    if last_alive is not None and last_alive >= FIRST_DAY:
        return calendar.number((last_alive - FIRST_DAY).days)
    if isinstance(opened_on, date) and opened_on >= FIRST_DAY:
        return calendar.number((opened_on - FIRST_DAY).days)
    return 0


def _within(days: Iterable[int], last: int, count: int) -> int:
    return sum(last - count < one <= last for one in days)


def _moved(
    flows: Iterable[Flow], day: int, count: int, *, plus: Sequence[str], minus: Sequence[str] = ()
) -> Decimal:
    recent = [flow for flow in flows if day - count < flow.day <= day]
    fen = sum(flow.fen for flow in recent if flow.kind in plus)
    return _yuan(fen - sum(flow.fen for flow in recent if flow.kind in minus))


def _valid(closings: dict[int, tuple[int, int]], days: Iterable[int]) -> int:
    return sum(one in closings and closings[one][1] >= VALID_FEN for one in days)


def _assets(known: Measures) -> Decimal:
    return _number(known["total_assets_cny"])


def _number(value: object) -> Decimal:
    return Decimal(0) if value is None else Decimal(str(value))


def _yuan(fen: int) -> Decimal:
    return Decimal(fen).scaleb(-2)


def _on(day: int | None) -> date | None:
    return None if day is None else day_of(day)
