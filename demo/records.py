"""What one person's day leaves behind, before it takes the shape of any feed.

Belongs here: the values that a simulated day hands to the feeds.
Does not belong here: how they come about, how they are written.
"""

from dataclasses import dataclass, field
from datetime import date

from demo.accounts import Flow, Trade, Valuation
from demo.interest import Contact
from demo.opening import StepTry
from demo.people import Person, Phone


@dataclass
class Attempt:
    """One application for an account, as the back office knows it; moments in milliseconds since 1970 UTC."""

    number: int
    phone: Phone
    app_version: str
    started_ms: int
    touched_on: date
    reached: int = 0
    tries_at_reached: int = 0
    submitted_ms: int | None = None
    decide_on: date | None = None
    audited_ms: int | None = None
    result: str = "in_progress"
    reject_code: str | None = None


@dataclass(frozen=True)
class AttemptChange:
    """An attempt as it stood after a change of its state."""

    updated_ms: int
    attempt: Attempt


@dataclass(frozen=True)
class Touch:
    """A message planned for a person; a moment that did not come is None.

    `contact`: the line of a delivery file that it answers; of the marketing department's own plans, None.
    """

    number: int
    plan: str
    channel: str
    arm: str
    prepared_ms: int
    sent_ms: int | None = None
    delivered_ms: int | None = None
    opened_ms: int | None = None
    clicked_ms: int | None = None
    failed_code: str | None = None
    abort_reason: str | None = None
    contact: Contact | None = None


@dataclass(frozen=True)
class Action:
    """Something done in the app, at milliseconds after midnight, and what it was done to."""

    at_ms: int
    event: str
    sitting: tuple[Attempt, StepTry] | None = None
    trade: Trade | None = None
    touch: Touch | None = None


@dataclass
class Session:
    """One use of the app: who was logged in when it began, and the actions that matter beyond it."""

    start_ms: int
    phone: Phone
    login_id: str | None
    is_first: bool = False
    actions: list[Action] = field(default_factory=list)


@dataclass(frozen=True)
class ConsentChange:
    """A consent given or withdrawn."""

    at_ms: int
    scope: str
    status: str


@dataclass
class PersonDay:
    """Everything about one person on one day that some feed reports."""

    person: Person
    sessions: list[Session] = field(default_factory=list)
    attempts: list[AttemptChange] = field(default_factory=list)
    step_tries: list[tuple[Attempt, StepTry]] = field(default_factory=list)
    bound_ms: int | None = None
    unbound_ms: int | None = None
    consents: list[ConsentChange] = field(default_factory=list)
    flows: list[Flow] = field(default_factory=list)
    trades: list[Trade] = field(default_factory=list)
    valuation: Valuation | None = None
    touches: list[Touch] = field(default_factory=list)
