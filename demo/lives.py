"""How one person's days go: arriving, registering, opening an account, coming back, growing quiet.

Belongs here: the state of a person between days and the decisions of a day.
Does not belong here: money (money.py), the flow's odds (opening.py), messages (touching.py), files.
"""

from dataclasses import dataclass, field, replace
from datetime import date

from demo.accounts import Account
from demo.habits import session_starts
from demo.interest import TIRED_PACE, Contact, Mood, interest_of
from demo.market import Market
from demo.money import ORDER_HOURS, Intent, Past, imagine_past, use_money
from demo.opening import STEPS, Sitting, sit_down
from demo.people import UNBOUND_AFTER_DAYS, UNBOUND_PERSON, Person, Phone, meet
from demo.records import Action, Attempt, AttemptChange, ConsentChange, PersonDay, Session
from demo.shanghai import TradingCalendar, day_of, midnight_ms
from demo.touching import (
    APPROVED,
    HOUR_MS,
    INTERRUPTED,
    MINUTE_MS,
    NOT_FUNDED,
    NOT_OPENED,
    SECTOR_NEWS,
    STILL_NOT_FUNDED,
    Mailbox,
    Plan,
    answer,
    write_to,
)
from demo.world import World

CONSENT_ODDS = {
    "marketing_push": 0.88,
    "marketing_sms": 0.8,
    "marketing_call": 0.55,
    "profiling": 0.9,
    "third_party": 0.3,
    "sensitive_financial": 0.75,
}
IDLE_DAYS = 3
"""An attempt that nobody continues for three days is abandoned; the next sitting begins a new one."""
ANSWERS_AT_MS = ORDER_HOURS[0][0] + 20 * MINUTE_MS
WATCHES_AS_KEENLY = 0.35
OFFICE_CLOSES_MS = 23 * HOUR_MS + 49 * MINUTE_MS
"""The opening flow shuts shortly before the day's files are made."""


@dataclass
class Life:
    """One person's state as the days pass; call `live` for consecutive days."""

    world: World
    calendar: TradingCalendar
    person: Person
    is_registered: bool = False
    registered_on: date | None = None
    opened_ms: int | None = None
    closed_ms: int | None = None
    bound_ms: int | None = None
    unbound_ms: int | None = None
    account: Account | None = None
    past: Past | None = None
    attempt: Attempt | None = None
    attempts_made: int = 0
    has_been_funded: bool = False
    greeted_phones: set[str] = field(default_factory=set)
    mailbox: Mailbox = field(default_factory=Mailbox)
    contacts: list[Contact] = field(default_factory=list)
    answers_on: date | None = None

    def __post_init__(self) -> None:
        """Start the person's own stream of decisions, and the past of those known before the first day."""
        self.stream = self.world.stream("life", self.person.index)
        self.interest = interest_of(self.world, self.person.index, keenness=self.person.keenness)
        if self.person.arrives_on is None:
            self._begin_known()

    @property
    def is_customer(self) -> bool:
        """Say whether the broker has, or had, an account of this person."""
        return self.opened_ms is not None

    def live(self, day: date, market: Market) -> PersonDay:
        """Return what the person's `day` leaves behind."""
        today = PersonDay(self.person)
        if day == self.world.first_day and self.person.arrives_on is None and self.is_registered:
            self._agree(today, at_ms=self.stream.randrange(HOUR_MS))
        self._hear_from_the_broker(today, day)
        self._be_written_to(today, day)
        self._use_the_app(today, day)
        self._change_mind(today, day)
        self._use_money(today, day, market)
        return today

    def _use_money(self, today: PersonDay, day: date, market: Market) -> None:
        if self.account is None:
            return
        is_open = self.calendar.is_open(day)
        left_ms = None
        if is_open and today.bound_ms is None:
            funded = self.has_been_funded
            left_ms = use_money(
                self.stream,
                self.person,
                self.account,
                today,
                market,
                funded=funded,
                intent=self._intent(day),
            )
            self.has_been_funded = funded or any(flow.kind == "bank_in" for flow in today.flows)
        today.valuation = self.account.close_day(market, is_trading_day=is_open)
        if left_ms is not None:
            self.closed_ms, self.account = midnight_ms(day) + left_ms, None

    def mood(self, day: date) -> Mood:
        """Return how the person stands to the broker on a day; only customers tire."""
        if self.opened_ms is None:
            return Mood.INTERESTED
        return self.interest.mood((day - max(day_of(self.opened_ms), self.world.first_day)).days)

    def _intent(self, day: date) -> Intent:
        mood = self.mood(day)
        if mood is Mood.GONE:
            return Intent.NOTHING
        if mood is Mood.TIRED:
            return Intent.LEAVES
        if self.answers_on is not None and day >= self.answers_on:
            # Watching has an end for whoever is reached by a message about it.
            self.answers_on = None
            return Intent.ORDERS
        return Intent.WATCHES if self.interest.only_watches else Intent.AS_USUAL

    def _begin_known(self) -> None:
        self.is_registered = True
        self.greeted_phones = {self.person.phones[0].device_id}
        if self.person.index == UNBOUND_PERSON or self.stream.random() < 0.93:
            self.past, self.account = imagine_past(
                self.stream,
                self.person,
                first_day=self.world.first_day,
                only_watches=self.interest.only_watches,
            )
            self.opened_ms = self.bound_ms = self.past.opened_ms
            self.has_been_funded = self.past.first_funded_on is not None

    def _agree(self, today: PersonDay, *, at_ms: int) -> None:
        for scope, odds in CONSENT_ODDS.items():
            status = "granted" if self.stream.random() < odds else "withdrawn"
            self.mailbox.consents[scope] = status
            today.consents.append(ConsentChange(at_ms, scope, status))

    def _change_mind(self, today: PersonDay, day: date) -> None:
        passed = (day - self.world.first_day).days
        if passed == self.person.withdraws_consent_after:
            for scope in ("marketing_push", "marketing_sms"):
                if self.mailbox.consents.get(scope) == "granted":
                    self.mailbox.consents[scope] = "withdrawn"
                    today.consents.append(ConsentChange(20 * HOUR_MS + self.person.index, scope, "withdrawn"))
        if self.person.index == UNBOUND_PERSON and passed == UNBOUND_AFTER_DAYS:
            today.unbound_ms = 16 * HOUR_MS
            self.unbound_ms = midnight_ms(day) + today.unbound_ms

    def _hear_from_the_broker(self, today: PersonDay, day: date) -> None:
        attempt = self.attempt
        if attempt is None:
            return
        if attempt.result == "submitted" and attempt.decide_on == day:
            self._decide(today, attempt, midnight_ms(day) + int(self.stream.uniform(9.5, 11.5) * HOUR_MS))
        elif attempt.result == "in_progress" and (day - attempt.touched_on).days > IDLE_DAYS:
            attempt.result, self.attempt = "abandoned", None
            today.attempts.append(AttemptChange(midnight_ms(day) + 2 * HOUR_MS, replace(attempt)))

    def _decide(self, today: PersonDay, attempt: Attempt, moment_ms: int) -> None:
        attempt.audited_ms, self.attempt = moment_ms, None
        if self.stream.random() < 0.96:
            attempt.result, self.opened_ms, self.bound_ms = "approved", moment_ms, moment_ms
            self.account = Account()
            today.bound_ms = moment_ms
        else:
            attempt.result = "rejected"
            attempt.reject_code = self.stream.choice(("ID_MISMATCH", "VIDEO_UNCLEAR", "RISK_LIST"))
        today.attempts.append(AttemptChange(moment_ms, replace(attempt)))

    def _be_written_to(self, today: PersonDay, day: date) -> None:
        plan = self._plan_for(day)
        if plan is not None and self.closed_ms is None and not self.is_silenced(day):
            today.touches.append(
                write_to(self.stream, self.mailbox, plan, day=day, number=len(today.touches))
            )
        for contact in self.contacts:
            if contact.contact_on == day:
                self._be_contacted(today, contact)
        if self.mood(day) is Mood.GONE:
            today.touches = [replace(one, opened_ms=None, clicked_ms=None) for one in today.touches]

    def _be_contacted(self, today: PersonDay, contact: Contact) -> None:
        # From a stream of its own: a day differs from one without the contact in what the contact caused, no more.
        stream = self.world.stream("contact", self.person.index, contact.touch_id)
        touch = answer(stream, contact, number=len(today.touches))
        today.touches.append(touch)
        is_reached = touch.delivered_ms is not None and self.interest.answers_contacts
        if is_reached and self.interest.only_watches and self.account is not None:
            self.answers_on = contact.is_answered_from(self.interest)

    def is_silenced(self, day: date) -> bool:
        """Say whether the person has asked not to be contacted."""
        passed = (day - self.world.first_day).days
        since, until = self.interest.silenced_after, self.interest.lifted_after
        return since is not None and since < passed and (until is None or passed <= until)

    def _plan_for(self, day: date) -> Plan | None:
        if self.opened_ms is not None:
            age = (day - day_of(self.opened_ms)).days
            if age == 1:
                return APPROVED
            if not self.has_been_funded and age in (2, 4, 8):
                return STILL_NOT_FUNDED if age == 8 else NOT_FUNDED
            is_week_for_person = (day.toordinal() // 7 + self.person.index) % 4 == 0
            return SECTOR_NEWS if day.isoweekday() == 3 and is_week_for_person else None
        if self.attempt is not None and self.attempt.result == "in_progress":
            return INTERRUPTED if (day - self.attempt.touched_on).days in (1, 3) else None
        if self.registered_on is not None and self.attempts_made == 0:
            return NOT_OPENED if (day - self.registered_on).days in (1, 9) else None
        return None

    def _use_the_app(self, today: PersonDay, day: date) -> None:
        clicks = [touch.clicked_ms for touch in today.touches if touch.clicked_ms is not None]
        if self.answers_on is not None and day >= self.answers_on and self.calendar.is_open(day):
            clicks.append(ANSWERS_AT_MS)
        for start in session_starts(
            self.stream,
            clicks=clicks,
            odds=self._odds_of_activity(day),
            keenness=self.person.keenness,
            is_trading_day=self.calendar.is_open(day),
        ):
            phone = self.stream.choice(self.person.phones)
            session = Session(start, phone, None, is_first=not self.greeted_phones)
            today.sessions.append(session)
            self._log_in_if_known(session)
            for touch in today.touches:
                if touch.clicked_ms is not None and touch.clicked_ms == start:
                    event = "$AppPushClick" if touch.channel == "push" else "SmsClick"
                    session.actions.append(Action(start + 200, event, touch=touch))
            self._pursue_an_account(today, session, day)

    def _odds_of_activity(self, day: date) -> float:
        person, arrived = self.person, self.person.arrives_on
        if arrived == day:
            return 1.0
        if self.closed_ms is not None:
            return 0.002
        pace = 1.0 if self.calendar.is_open(day) else 0.55
        tenure = 400 if arrived is None else (day - arrived).days
        if self.is_customer:
            mood = self.mood(day)
            if mood is Mood.GONE:
                return 0.0
            pace *= TIRED_PACE if mood is Mood.TIRED else 1.0
            keenness = (
                max(WATCHES_AS_KEENLY, person.keenness) if self.interest.only_watches else person.keenness
            )
            return pace * min(0.97, 0.04 + 0.75 * keenness + 0.3 * 0.88**tenure)
        return pace * (0.01 + (0.15 + 0.5 * person.keenness) * 0.82**tenure)

    def _log_in_if_known(self, session: Session) -> None:
        known_phone = session.phone.device_id in self.greeted_phones
        self.greeted_phones.add(session.phone.device_id)
        if not self.is_registered:
            return
        if known_phone and not self._shares(session.phone) and self.stream.random() < 0.92:
            session.login_id = self.person.login_id
        else:
            at = session.start_ms + self.stream.randrange(3_000, 15_000)
            session.actions.append(Action(at, "Login"))

    def _shares(self, phone: Phone) -> bool:
        """Say whether somebody else may have used the phone since."""
        return self.person.shares_first_phone and phone is self.person.phones[0]

    def _pursue_an_account(self, today: PersonDay, session: Session, day: date) -> None:
        if self.is_customer or (self.attempt is not None and self.attempt.result == "submitted"):
            return
        stream, keenness, was_called = self.stream, self.person.keenness, bool(session.actions)
        at = session.start_ms + stream.randrange(20_000, 90_000)
        if not self.is_registered:
            if stream.random() > (0.25 + 0.5 * keenness if day == self.person.arrives_on else 0.2):
                return
            self.is_registered, self.registered_on = True, day
            session.actions += [Action(at, "$SignUp"), Action(at + 300, "Register")]
            self._agree(today, at_ms=at + 300)
            at += stream.randrange(5_000, 40_000)
        is_drawn = self.registered_on == day or was_called or self.attempt is not None
        if stream.random() < (0.2 + 0.55 * keenness if is_drawn else 0.15):
            self._sit_down(today, session, day, at)

    def _sit_down(self, today: PersonDay, session: Session, day: date, at_ms: int) -> None:
        midnight, version = midnight_ms(day), self.person.app_version((day - self.world.first_day).days)
        if self.attempt is None:
            self.attempts_made += 1
            self.attempt = Attempt(self.attempts_made, session.phone, version, midnight + at_ms, day)
            today.attempts.append(AttemptChange(midnight + at_ms, replace(self.attempt)))
        attempt = self.attempt
        sitting = sit_down(
            self.stream,
            start_ms=at_ms,
            first_step=max(1, attempt.reached),
            tries_before=attempt.tries_at_reached,
            os=session.phone.os,
            app_version=version,
        )
        if sitting.last.left_ms >= OFFICE_CLOSES_MS:
            sitting = Sitting(tuple(t for t in sitting.tries if t.left_ms < OFFICE_CLOSES_MS), finished=False)
        today.step_tries.extend((attempt, step_try) for step_try in sitting.tries)
        for step_try in sitting.tries:
            session.actions.append(Action(step_try.left_ms, step_try.step.event, sitting=(attempt, step_try)))
        if sitting.tries:
            last = sitting.last
            attempt.reached, attempt.tries_at_reached, attempt.touched_on = last.step.number, last.try_no, day
            if last.result == "ok" and last.step.number < len(STEPS):
                attempt.reached, attempt.tries_at_reached = last.step.number + 1, 0
        if sitting.finished:
            self._submit(today, attempt, day, sitting.last.left_ms)

    def _submit(self, today: PersonDay, attempt: Attempt, day: date, at_ms: int) -> None:
        attempt.result, attempt.submitted_ms = "submitted", midnight_ms(day) + at_ms
        today.attempts.append(AttemptChange(attempt.submitted_ms, replace(attempt)))
        if self.calendar.is_open(day) and 9 * HOUR_MS < at_ms < 14.5 * HOUR_MS:
            self._decide(today, attempt, attempt.submitted_ms + int(self.stream.uniform(0.3, 2.0) * HOUR_MS))
        else:
            attempt.decide_on = self.calendar.next_session(day)


def everyone_known(world: World, calendar: TradingCalendar) -> list[Life]:
    """Return the lives of those the broker knows before the first day."""
    return [
        Life(world, calendar, meet(world, index, arrives_on=None)) for index in range(world.people_at_start)
    ]


def newcomers(world: World, calendar: TradingCalendar, day: date) -> list[Life]:
    """Return the lives of those who appear on `day`."""
    return [Life(world, calendar, meet(world, index, arrives_on=day)) for index in world.arrivals(day)]
