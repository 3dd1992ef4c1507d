"""What people do hangs together across the tables."""

from collections import Counter, defaultdict
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path

import numpy as np

from demo import names
from demo.answers import Contact, read_contacts
from demo.cards import write_cards
from demo.crowd import TABLES, Crowd, Lived
from demo.lives import begin, live, nobody
from demo.market import Market
from demo.people import FIRST_BIRTH
from demo.shanghai import SHANGHAI, TradingCalendar, trading_calendar
from demo.touching import Contacts
from demo.world import World
from tests.unit.demo import landed
from tests.unit.demo.conftest import Written


def records(written: Written, address: str) -> list[landed.Record]:
    return [record for _, record in landed.table(written.landing, address)]


def good_events(written: Written) -> list[landed.Record]:
    return [record for record in records(written, "app.events") if isinstance(record.get("time"), int)]


def moment(text: object) -> datetime:
    return datetime.fromisoformat(str(text))


def test_messages_are_delivered_before_they_are_opened_and_opened_before_they_are_clicked(
    written: Written,
) -> None:
    order = ("prepared_at", "sent_at", "delivered_at", "opened_at", "clicked_at")
    by_touch: dict[object, list[landed.Record]] = defaultdict(list)
    for record in records(written, "marketing.touches"):
        by_touch[record["touch_id"]].append(record)
        reached = [record.get(name) for name in order]
        moments = [moment(text) for text in reached if text is not None]
        assert reached[len(moments) :] == [None] * (len(order) - len(moments))
        assert moments == sorted(moments)
        assert record["arm"] == "treatment" or record.get("sent_at") is None
    for states in by_touch.values():
        updates = [moment(state["updated_at"]) for state in states]
        assert updates == sorted(set(updates))
    assert any("clicked_at" in states[-1] for states in by_touch.values())


def test_an_approved_attempt_makes_a_customer_with_a_login_on_the_same_day(written: Written) -> None:
    customers = {(str(row["ds"]), row["client_id"]) for row in records(written, "broker.customers")}
    links = {(day, row["client_id"]) for day, row in landed.table(written.landing, "broker.login_links")}
    approved = [
        (day, row["client_id"])
        for day, row in landed.table(written.landing, "opening.attempts")
        if row["result"] == "approved"
    ]
    assert approved
    assert set(approved) <= customers
    assert set(approved) <= links


def test_the_back_office_and_the_app_saw_the_same_tries(written: Written) -> None:
    office = {
        (row["attempt_id"], int(str(row["step_no"])), int(str(row["try_no"])))
        for row in records(written, "opening.steps")
    }
    app = set()
    for record in good_events(written):
        told = record["properties"]
        assert isinstance(told, dict)
        if "step_no" in told:
            app.add((told["attempt_id"], told["step_no"], told["try_no"]))
    # Some records of the last days are still under way to a later delivery.
    assert app <= office
    assert len(app) > 0.95 * len(office)


def test_trades_happen_while_the_exchange_is_open(written: Written) -> None:
    calendar = trading_calendar(written.world.first_day)
    traded = [row["trade_time"] for row in records(written, "broker.trades")]
    assert traded
    for traded_at in traded:
        assert isinstance(traded_at, datetime)
        local = traded_at.astimezone(SHANGHAI)
        assert calendar.is_open(local.date())
        in_the_morning = time(9, 30) <= local.time() <= time(11, 30)
        assert in_the_morning or time(13, 0) <= local.time() <= time(15, 0)


def test_spring_festival_is_closed() -> None:
    calendar = trading_calendar(date(2026, 1, 5))
    assert not any(calendar.is_open(date(2026, 2, day)) for day in range(14, 24))
    assert calendar.is_open(date(2026, 2, 13))
    assert calendar.next_session(date(2026, 2, 13)) == date(2026, 2, 24)


def test_assets_without_shares_change_by_the_cash_flows_alone(written: Written) -> None:
    flows: dict[tuple[object, date], Decimal] = defaultdict(Decimal)
    for row in records(written, "broker.cash_flows"):
        sign = -1 if row["type"] == "bank_out" else 1
        flows[row["client_id"], moment(row["at"]).date()] += sign * Decimal(str(row["amount"]))
    before: dict[object, Decimal] = {}
    compared = 0
    for row in records(written, "broker.daily_assets"):
        customer, day, total = row["client_id"], row["ds"], row["total_asset"]
        assert isinstance(day, date)
        assert isinstance(total, Decimal)
        is_plain = row["cash"] == total and before.get(customer) is not None
        if is_plain and row["stock_mv"] == row["fund_mv"] == 0:
            assert total - before[customer] == flows[customer, day]
            compared += flows[customer, day] != 0
        # Only from one day of cash alone to the next are flows the whole story.
        before[customer] = total if row["cash"] == total else None  # type: ignore[assignment]
    assert compared


def test_a_family_phone_is_used_by_two_logins(written: Written) -> None:
    planted = written.world.truths.identities
    second = planted.family_place + planted.family_every
    owner, other = (person(written.world, index) for index in (second - 1, second))
    assert write_cards(owner).devices[0] == write_cards(other).devices[0]
    device = write_cards(owner).devices[0].as_py()
    logins = {record.get("login_id") for record in good_events(written) if record["anonymous_id"] == device}
    assert {write_cards(one).login[0].as_py() for one in (owner, other)} <= logins


def person(world: World, index: int) -> Crowd:
    """A crowd of one."""
    market = Market.of(world, trading_calendar(world.first_day), days=1)
    return begin(world, market, np.asarray([index]))


def test_one_login_is_unbound(written: Written) -> None:
    unbound = person(written.world, written.world.truths.identities.unbound_person)
    login = write_cards(unbound).login[0].as_py()
    ended = {
        (row["login_id"], row["unbound_at"])
        for row in records(written, "broker.login_links")
        if row["unbound_at"] is not None
    }
    assert ended == {(login, "2026-01-14T16:00:00+08:00")}
    told = [record for record in good_events(written) if record["type"] == "track_id_unbind"]
    assert {record["distinct_id"] for record in told} == {login}
    assert {tuple(record["identities"]) for record in told} == {("$identity_login_id", "$identity_mobile")}  # type: ignore[arg-type]


def test_numbers_of_people_are_well_formed_and_nobodys() -> None:
    index = np.arange(5_000)
    born = FIRST_BIRTH.astype(np.int64) + index * 3
    for identity, card, mobile in zip(
        names.identity_number(index, born).to_pylist(),
        names.bank_card(index).to_pylist(),
        names.mobile(index).to_pylist(),
        strict=True,
    ):
        digits = [10 if digit == "X" else int(digit) for digit in identity]
        assert sum(digit * pow(2, 17 - place, 11) for place, digit in enumerate(digits)) % 11 == 1
        assert identity.startswith("99")
        assert date.fromisoformat(identity[6:14]) >= date(1958, 1, 1)
        numbers = [int(digit) for digit in reversed(card)]
        doubled = [
            digit if place % 2 == 0 else sum(divmod(digit * 2, 10)) for place, digit in enumerate(numbers)
        ]
        assert sum(doubled) % 10 == 0
        assert (len(identity), len(card), len(mobile)) == (18, 19, 11)


def test_whoever_tires_takes_the_money_out_and_stays_away(world: World) -> None:
    crowd, calendar = everybody(world, days=60)
    visits: Counter[str] = Counter()
    days: Counter[str] = Counter()
    for day in range(60):
        lived = live(crowd, calendar, nobody(), day=day)
        came = np.zeros(len(crowd.people), np.bool_)
        came[lived.frame("visits")["person"]] = True
        gone, tired = crowd.is_gone(day), crowd.is_tired(day)
        for mood, who in (("gone", gone), ("tired", tired), ("content", ~gone & ~tired)):
            days[mood] += int((who & crowd.has_account).sum())
            visits[mood] += int((who & crowd.has_account & came).sum())
        assert not gone[lived.frame("trades")["person"]].any()
    assert min(days.values()) > 0
    assert visits["tired"] / days["tired"] < 0.7 * visits["content"] / days["content"]
    assert visits["gone"] == 0


def everybody(world: World, *, days: int) -> tuple[Crowd, TradingCalendar]:
    (people,) = world.shards()
    calendar = trading_calendar(world.first_day)
    return begin(world, Market.of(world, calendar, days=days), people), calendar


def test_days_differ_by_what_a_contact_caused_and_by_nothing_else(world: World) -> None:
    days = len(world.dates)
    plain, calendar = everybody(world, days=days)
    contacted, _ = everybody(world, days=days)
    meant = np.flatnonzero(plain.people.only_watches & plain.has_account)
    contacts = Contacts.of(
        [
            Contact(f"CMP-001-{index}", login, "guide", "push", "CMP-001", world.dates[12])
            for index, login in zip(meant, names.login_id(meant).to_pylist(), strict=True)
        ],
        first_day=world.first_day,
        first=0,
        beyond=world.people,
    )
    traded: Counter[str] = Counter()
    for day in range(days):
        without = live(plain, calendar, nobody(), day=day)
        with_contacts = live(contacted, calendar, contacts, day=day)
        for table in TABLES:
            ours, theirs = (rows_by_person(one, table) for one in (without, with_contacts))
            changed = {one for one in ours.keys() | theirs.keys() if ours.get(one) != theirs.get(one)}
            assert not changed or (day >= 12 and changed <= set(meant.tolist()))
        for name, lived in (("plain", without), ("contacted", with_contacts)):
            traded[name] += len(set(lived.frame("trades")["person"].tolist()) & set(meant.tolist()))
    assert traded["contacted"] > traded["plain"]


def rows_by_person(lived: Lived, table: str) -> dict[int, list[tuple[int, ...]]]:
    """The rows of a table, person by person, but for pointers to rows."""
    frame = lived.frame(table)
    columns = [values for name, values in frame.items() if name != "row" and not name.endswith("_row")]
    found: dict[int, list[tuple[int, ...]]] = defaultdict(list)
    for row in zip(*(values.tolist() for values in columns), strict=True):
        found[row[0]].append(row)
    return found


def test_a_delivery_file_is_read_as_contacts(tmp_path: Path) -> None:
    folder = tmp_path / "2026-01-23"
    folder.mkdir()
    (folder / "CMP-001.csv").write_text(
        '"touch_id","recipient_token","template_id","channel_type","campaign_code","contact_on"\n'
        '"t1","u100","guide","push","CMP-001","2026-01-23"\n',
        encoding="utf-8",
    )
    assert list(read_contacts(tmp_path)) == [
        Contact("t1", "u100", "guide", "push", "CMP-001", date(2026, 1, 23))
    ]
