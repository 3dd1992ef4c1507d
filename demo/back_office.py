"""Rows of the broker's own systems: openings, customers, trades, cash, assets, consents.

Belongs here: one function per table, from a day of the simulation to rows in the feed's column order.
Does not belong here: decisions about people, file formats.
"""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from demo import names
from demo.lives import Life
from demo.market import SECURITY
from demo.people import Person
from demo.records import PersonDay
from demo.rendering import Row
from demo.shanghai import DAY_MS, day_of, midnight_ms
from demo.touching import HOUR_MS
from demo.world import World

BANKS = ("ICBC", "CCB", "ABC", "BOC", "CMB")
OCCUPATIONS = ("employee", "self_employed", "civil_servant", "teacher", "engineer", "retired", "other")
EDUCATIONS = ("none", "secondary", "college", "bachelor", "master", "doctor")
EDUCATION_WEIGHTS = (2, 18, 28, 38, 12, 2)
INCOME_BANDS = ("I1", "I2", "I3", "I4", "I5")
TERMS = ("short", "medium", "long")
PRODUCT_TYPES = ("fund", "stock", "bond", "wealth")
PROFESSIONAL_FROM_CNY = 3_000_000
MANAGED_FROM_CNY = 150_000
REASSIGNED_AFTER_DAYS = 20
NET_COMMISSION_PER_CENT = 70


def attempts(people: Sequence[PersonDay]) -> Iterator[Row]:
    """Yield a row per change of an attempt's state."""
    for today in people:
        person = today.person
        for change in today.attempts:
            attempt, phone = change.attempt, change.attempt.phone
            yield (
                names.attempt_id(person, attempt), change.updated_ms, person.login_id, attempt.started_ms,
                attempt.submitted_ms, attempt.audited_ms, attempt.result, attempt.reject_code,
                person.customer_no if attempt.result == "approved" else None,
                person.link.channel_id if person.link else None, attempt.app_version, phone.os, phone.model,
                names.branch_id(person), ("one_way", "ai", "two_way")[person.index % 3],
            )  # fmt: skip


def steps(day: date, people: Sequence[PersonDay]) -> Iterator[Row]:
    """Yield a row per try of a step."""
    midnight = midnight_ms(day)
    for today in people:
        for attempt, tried in today.step_tries:
            phone = attempt.phone
            yield (
                names.attempt_id(today.person, attempt), tried.step.number, tried.step.code, tried.try_no,
                midnight + tried.entered_ms, midnight + tried.left_ms, tried.result, tried.reason_code,
                phone.os, phone.model, attempt.app_version,
            )  # fmt: skip


def login_links(lives: Sequence[Life]) -> Iterator[Row]:
    """Yield a row per binding of a login to a customer, ended ones included."""
    for life in lives:
        if life.bound_ms is not None:
            yield life.person.login_id, life.person.customer_no, life.bound_ms, life.unbound_ms


def consents(day: date, people: Sequence[PersonDay], customers: frozenset[int]) -> Iterator[Row]:
    """Yield a row per consent given or withdrawn; `customers` are the indexes of those with a number."""
    midnight = midnight_ms(day)
    for today in people:
        person = today.person
        customer_no = person.customer_no if person.index in customers else None
        for number, change in enumerate(today.consents):
            evidence = names.evidence_id(person, day, number)
            yield evidence, change.scope, customer_no, person.login_id, change.status, midnight + change.at_ms


def do_not_contacts(world: World, day: date, lives: Sequence[Life]) -> Iterator[Row]:
    """Yield a row per customer who asks on `day` not to be contacted, or takes it back."""
    passed = (day - world.first_day).days
    for life in lives:
        if life.opened_ms is None:
            continue
        person, hidden = life.person, life.interest
        for after, status in ((hidden.silenced_after, "listed"), (hidden.lifted_after, "lifted")):
            if after == passed:
                evidence = f"D{day:%Y%m%d}{person.index:06d}"
                at = midnight_ms(day) + 11 * HOUR_MS + person.index
                yield evidence, person.customer_no, person.login_id, "asked_by_phone", status, at


def trades(day: date, people: Sequence[PersonDay]) -> Iterator[Row]:
    """Yield a row per execution."""
    midnight = midnight_ms(day)
    for today in people:
        person = today.person
        for trade in today.trades:
            yield (
                names.trade_id(person, day, trade.number), names.order_id(person, day, trade.number),
                person.customer_no, midnight + trade.at_ms, trade.code, SECURITY[trade.code].kind, trade.side,
                trade.price, trade.quantity, trade.amount, trade.commission,
                trade.commission * NET_COMMISSION_PER_CENT // 100, trade.stamp_duty, False, trade.terminal,
            )  # fmt: skip


def cash_flows(day: date, people: Sequence[PersonDay]) -> Iterator[Row]:
    """Yield a row per movement of cash; only movements to and from a bank name a card."""
    midnight = midnight_ms(day)
    for today in people:
        person = today.person
        for flow in today.flows:
            by_bank = flow.kind in ("bank_in", "bank_out")
            yield (
                names.flow_id(person, day, flow.number), person.customer_no, midnight + flow.at_ms, flow.kind,
                flow.amount, BANKS[person.index % len(BANKS)] if by_bank else None,
                person.bank_card if by_bank else None,
            )  # fmt: skip


def daily_assets(day: date, people: Sequence[PersonDay]) -> Iterator[Row]:
    """Yield a row per customer with an account, on every calendar day."""
    for today in people:
        value = today.valuation
        if value is not None:
            yield (
                day, today.person.customer_no, value.cash, value.shares, value.funds, 0, 0, 0, 0, value.total,
                0, 0, 0, value.total,
            )  # fmt: skip


def opening_states(world: World, lives: Sequence[Life]) -> Iterator[Row]:
    """Yield what each existing customer had done before the first day."""
    for life in lives:
        past = life.past
        if past is not None:
            yield (
                world.first_day, life.person.customer_no, past.first_funded_on is not None,
                past.first_invested_on is not None, past.first_funded_on, past.first_invested_on,
                past.last_traded_on, past.peak,
            )  # fmt: skip


def relationship_managers(world: World, day: date, lives: Sequence[Life]) -> Iterator[Row]:
    """Yield who looks after the wealthier customers, as known on `day`; a few change hands."""
    moves_on = world.first_day + timedelta(days=REASSIGNED_AFTER_DAYS)
    for life in lives:
        person = life.person
        if life.opened_ms is None or person.wealth_cny < MANAGED_FROM_CNY:
            continue
        since, branch = day_of(life.opened_ms), names.branch_id(person)
        manager, successor = f"RM{person.index % 24:03d}", f"RM{(person.index + 5) % 24:03d}"
        if person.index % 20 == 0 and since < moves_on <= day:
            yield person.customer_no, manager, branch, since, moves_on
            yield person.customer_no, successor, branch, moves_on, None
        else:
            yield person.customer_no, manager, branch, since, None


class CustomerFile:
    """The customer file: what the broker wrote down about each customer, snapshot by snapshot."""

    def __init__(self, world: World) -> None:
        """Begin with nobody on file."""
        self.world = world
        self.details: dict[int, tuple[object, ...]] = {}

    def rows(self, day: date, lives: Sequence[Life]) -> Iterator[Row]:
        """Yield every customer as they stand at the end of `day`."""
        for life in lives:
            if life.opened_ms is None:
                continue
            person = life.person
            if person.index not in self.details:
                self.details[person.index] = self._write_down(life)
            known = self.details[person.index]
            is_bound = life.unbound_ms is None
            status = "closed" if life.closed_ms is not None else "dormant" if self._sleeps(life) else "normal"
            login_id = person.login_id if is_bound else None
            yield (day, person.customer_no, login_id, *known[:13], life.closed_ms, status, *known[13:])

    def _sleeps(self, life: Life) -> bool:
        past = life.past
        if past is None or life.has_been_funded:
            return False
        return (self.world.first_day - day_of(past.opened_ms)).days > 3 * 365

    def _write_down(self, life: Life) -> tuple[object, ...]:
        person, opened_ms = life.person, life.opened_ms or 0
        stream = self.world.stream("customer file", person.index)
        opened_on = day_of(opened_ms)
        assessed_ms = max(opened_ms, midnight_ms(self.world.first_day) - stream.randrange(700) * DAY_MS)
        assessed_on = day_of(assessed_ms)
        return (
            person.name, person.mobile, person.identity_number, person.gender, person.born_on,
            person.province, person.city, stream.choice(OCCUPATIONS),
            stream.choices(EDUCATIONS, weights=EDUCATION_WEIGHTS)[0],
            stream.choice(INCOME_BANDS), stream.randrange(0, 15), names.branch_id(person), opened_ms,
            _source(person), stream.choice((250, 250, 300, 200)),
            "professional" if person.wealth_cny >= PROFESSIONAL_FROM_CNY else "ordinary", person.risk_level,
            assessed_ms, assessed_on + timedelta(days=730), stream.choice(TERMS),
            sorted(stream.sample(PRODUCT_TYPES, k=stream.randrange(1, 4))),
            max(opened_on, self.world.first_day) + timedelta(days=stream.randrange(100, 5000)),
            person.index % 199 == 0,
        )  # fmt: skip


def _source(person: Person) -> str:
    if person.link is None:
        return ("branch", "bank", "internet")[person.index % 3]
    return {"bank_partner": "bank", "referral": "referral"}.get(person.link.channel_id, "internet")
