"""What people do hangs together across the tables."""

from collections import Counter, defaultdict
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path

from demo.answers import read_contacts
from demo.brokerage import Brokerage
from demo.interest import Contact, Mood
from demo.people import FAMILY_EVERY, SHARES_WITH_PERSON_BEFORE, UNBOUND_PERSON, meet
from demo.shanghai import SHANGHAI, trading_calendar
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
    other = meet(written.world, SHARES_WITH_PERSON_BEFORE + FAMILY_EVERY, arrives_on=None)
    owner = meet(written.world, other.index - 1, arrives_on=None)
    assert other.phones[0] == owner.phones[0]
    logins = {
        record.get("login_id")
        for record in good_events(written)
        if record["anonymous_id"] == owner.phones[0].device_id
    }
    assert {owner.login_id, other.login_id} <= logins


def test_one_login_is_unbound(written: Written) -> None:
    person = meet(written.world, UNBOUND_PERSON, arrives_on=None)
    ended = {
        (row["login_id"], row["unbound_at"])
        for row in records(written, "broker.login_links")
        if row["unbound_at"] is not None
    }
    assert ended == {(person.login_id, "2026-01-14T16:00:00+08:00")}
    unbound = {
        record["distinct_id"] for record in good_events(written) if record["type"] == "track_id_unbind"
    }
    assert unbound == {person.login_id}


def test_numbers_of_people_are_well_formed_and_nobodys(written: Written) -> None:
    for index in range(written.world.people_at_start):
        person = meet(written.world, index, arrives_on=None)
        digits = [10 if digit == "X" else int(digit) for digit in person.identity_number]
        assert sum(digit * pow(2, 17 - place, 11) for place, digit in enumerate(digits)) % 11 == 1
        assert person.identity_number.startswith("99")
        card = [int(digit) for digit in reversed(person.bank_card)]
        doubled = [
            digit if place % 2 == 0 else sum(divmod(digit * 2, 10)) for place, digit in enumerate(card)
        ]
        assert sum(doubled) % 10 == 0
        assert len(person.mobile) == 11


def test_whoever_tires_takes_the_money_out_and_stays_away(world: World) -> None:
    brokerage, held, visits = Brokerage(world), defaultdict(list), Counter[Mood]()
    for day in World(seed=world.seed, people=world.people, first_day=world.first_day, days=60).dates:
        for life, today in zip(brokerage.lives, brokerage.pass_day(day).people, strict=False):
            if today.valuation is None:
                continue
            mood = life.mood(day)
            visits[mood] += bool(today.sessions)
            held[mood].append(today.valuation.total)
            assert mood is not Mood.GONE or not (today.trades or today.sessions)
    assert all(held[mood] for mood in Mood)
    rates = {mood: visits[mood] / len(held[mood]) for mood in Mood}
    assert rates[Mood.TIRED] < 0.7 * rates[Mood.INTERESTED]
    assert rates[Mood.GONE] == 0


def test_days_differ_by_what_a_contact_caused_and_by_nothing_before_it(world: World) -> None:
    contact_on = world.dates[12]
    people = [life.person for life in Brokerage(world).lives if life.interest.only_watches and life.account]
    contacts = [
        Contact(f"CMP-001-{person.index}", person.login_id, "guide", "push", "CMP-001", contact_on)
        for person in people
    ]
    plain, answered = Brokerage(world), Brokerage(world)
    answered.hear_of(contacts)
    traded: Counter[str] = Counter()
    for day in world.dates:
        without, with_contacts = plain.pass_day(day).people, answered.pass_day(day).people
        if day < contact_on:
            assert without == with_contacts
        changed = {
            ours.person.index for ours, theirs in zip(without, with_contacts, strict=True) if ours != theirs
        }
        assert changed <= {person.index for person in people}
        for name, lived in (("plain", without), ("answered", with_contacts)):
            traded[name] += sum(bool(today.trades) for today in lived if today.person in people)
    assert traded["answered"] > traded["plain"]


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
