"""Messages to people: who is written to on a day, and how far each message gets.

Belongs here: the plans of the marketing department and the odds of delivery, opening and clicking.
Does not belong here: what a person does after a click.
"""

from dataclasses import dataclass, field, replace
from datetime import date
from random import Random

from demo.interest import Contact
from demo.records import Touch

HOUR_MS = 60 * 60 * 1000
MINUTE_MS = 60 * 1000
LAST_OPENED_MS = 22 * HOUR_MS
CONTROL_SHARE = 0.1
WEEKLY_CAP = {"push": 3, "sms": 1}
DELIVERED = {"push": 0.86, "sms": 0.96}
OPENED = {"push": 0.16, "sms": 0.3}
CLICKED = {"push": 0.7, "sms": 0.22}
FAILURES = {"push": ("token_expired", "app_removed"), "sms": ("number_absent", "operator_refused")}
COST_FEN = {"push": 0, "sms": 5}


@dataclass(frozen=True)
class Plan:
    """A reason to write to somebody."""

    plan_id: str
    channel: str
    purpose: str


NOT_OPENED = Plan("J1_not_opened", "sms", "marketing")
INTERRUPTED = Plan("J2_interrupted", "push", "marketing")
NOT_FUNDED = Plan("J3_not_funded", "push", "marketing")
STILL_NOT_FUNDED = Plan("J3_still_not_funded", "sms", "marketing")
SECTOR_NEWS = Plan("J6_sector_news", "push", "marketing")
APPROVED = Plan("S1_approved", "sms", "service")
PLANS: dict[str, Plan] = {
    plan.plan_id: plan
    for plan in (NOT_OPENED, INTERRUPTED, NOT_FUNDED, STILL_NOT_FUNDED, SECTOR_NEWS, APPROVED)
}


@dataclass
class Mailbox:
    """What was sent to one person of late, and what the person agreed to."""

    consents: dict[str, str] = field(default_factory=dict)
    sent_on: dict[str, list[date]] = field(default_factory=dict)

    def is_full(self, channel: str, day: date) -> bool:
        """Say whether another message of this channel would pass the weekly cap."""
        recent = [sent for sent in self.sent_on.get(channel, []) if (day - sent).days < 7]
        self.sent_on[channel] = recent
        return len(recent) >= WEEKLY_CAP[channel]


def write_to(stream: Random, mailbox: Mailbox, plan: Plan, *, day: date, number: int) -> Touch:
    """Return what became of one planned message; its moments are in order and end before 22:00."""
    prepared = int(stream.uniform(9.5, 17.5) * HOUR_MS)
    is_marketing = plan.purpose == "marketing"
    is_control = is_marketing and stream.random() < CONTROL_SHARE
    arm, abort = "control" if is_control else "treatment", None
    if is_control:
        abort = "holdout"
    elif is_marketing and mailbox.consents.get(f"marketing_{plan.channel}") != "granted":
        abort = "no_consent"
    elif is_marketing and mailbox.is_full(plan.channel, day):
        abort = "frequency_capped"
    if abort is not None:
        return Touch(number, plan.plan_id, plan.channel, arm, prepared, abort_reason=abort)
    mailbox.sent_on.setdefault(plan.channel, []).append(day)
    return _sent(stream, Touch(number, plan.plan_id, plan.channel, arm, prepared))


def answer(stream: Random, contact: Contact, *, number: int) -> Touch:
    """Return what became of a contact that a delivery file asks for: whoever may be written to was decided there."""
    prepared = int(stream.uniform(9.5, 17.5) * HOUR_MS)
    return _sent(
        stream,
        Touch(number, contact.campaign, contact.channel, "treatment", prepared, contact=contact),
    )


def _sent(stream: Random, touch: Touch) -> Touch:
    sent = touch.prepared_ms + stream.randrange(1_000, 5 * MINUTE_MS)
    delivered = opened = clicked = failed = None
    if stream.random() < DELIVERED[touch.channel]:
        delivered = sent + stream.randrange(1_000, 3 * MINUTE_MS)
        if stream.random() < OPENED[touch.channel]:
            opened = _later(stream, delivered)
            if stream.random() < CLICKED[touch.channel]:
                clicked = opened + stream.randrange(1_000, MINUTE_MS)
    else:
        failed = stream.choice(FAILURES[touch.channel])
    return replace(
        touch, sent_ms=sent, delivered_ms=delivered, opened_ms=opened, clicked_ms=clicked, failed_code=failed
    )


def _later(stream: Random, moment_ms: int) -> int:
    return min(LAST_OPENED_MS, moment_ms + int(stream.expovariate(1 / (40 * MINUTE_MS))) + 5_000)
