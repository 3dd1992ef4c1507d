"""Interest: who only watches, who tires of the broker, and who asks not to be contacted.

Belongs here: the planted truths about people's hidden intentions, every number of them.
Does not belong here: what a day looks like for such a person (lives.py, money.py).
"""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum

from demo.world import World

WATCHING_SHARE = 0.25
"""Of all people: they look and put securities on the watch list, and do not trade of their own accord."""
FIRST_TRADE_AFTER_CONTACT = 0.3
"""Of those who watch and can trade: so many place a first order because a message about it reached them."""
ANSWERED_WITHIN_DAYS = 5
TIRES_EACH_DAY, TIRES_LESS_WHEN_KEEN = 0.004, 0.0025
"""The chance of a day to begin to tire, and how much less it is for somebody as keen as can be."""
TIRED_DAYS, GONE_DAYS = (30, 60), (40, 120)
"""Somebody who tires comes less and takes money out for so many days, stays away for so many, and comes back."""
TIRED_PACE = 0.4
TIRED_ACTS, TIRED_SELLS, TIRED_WITHDRAWS = 0.15, 2, (0.3, 0.8)
"""On so many of the trading days a tired customer sells so many securities and takes that share of the cash out."""
SILENCED_SHARE, LIFTED_SHARE = 0.02, 0.4
"""Of customers: they ask not to be contacted; of these: they take it back later."""
ASKS_WITHIN_DAYS, LIFTS_AFTER_DAYS = 120, 40


class Mood(Enum):
    """How somebody stands to the broker on a day."""

    INTERESTED = "interested"
    TIRED = "tired"
    GONE = "gone"


@dataclass(frozen=True)
class Interest:
    """What a person hides; days are counted from the first day that the broker knows them."""

    only_watches: bool
    tires_after: int
    gone_after: int
    back_after: int
    silenced_after: int | None
    lifted_after: int | None
    answers_contacts: bool
    answers_after: int

    def mood(self, days_known: int) -> Mood:
        """Return the mood after so many days."""
        if days_known < self.tires_after:
            return Mood.INTERESTED
        if days_known >= self.back_after:
            return Mood.INTERESTED
        return Mood.TIRED if days_known < self.gone_after else Mood.GONE


def interest_of(world: World, index: int, *, keenness: float) -> Interest:
    """Return what the person of this index hides, always the same in the same world."""
    stream = world.stream("interest", index)
    only_watches = stream.random() < WATCHING_SHARE
    tires_after = int(stream.expovariate(TIRES_EACH_DAY - TIRES_LESS_WHEN_KEEN * keenness))
    gone_after = tires_after + stream.randint(*TIRED_DAYS)
    back_after = gone_after + stream.randint(*GONE_DAYS)
    silenced_after = stream.randrange(1, ASKS_WITHIN_DAYS) if stream.random() < SILENCED_SHARE else None
    is_lifted = stream.random() < LIFTED_SHARE
    return Interest(
        only_watches=only_watches,
        tires_after=tires_after,
        gone_after=gone_after,
        back_after=back_after,
        silenced_after=silenced_after,
        lifted_after=silenced_after + LIFTS_AFTER_DAYS if silenced_after is not None and is_lifted else None,
        answers_contacts=stream.random() < FIRST_TRADE_AFTER_CONTACT,
        answers_after=stream.randrange(ANSWERED_WITHIN_DAYS),
    )


@dataclass(frozen=True)
class Contact:
    """One line of a delivery file: a person is to be contacted on a day."""

    touch_id: str
    recipient: str
    template_id: str
    channel: str
    campaign: str
    contact_on: date

    def is_answered_from(self, interest: Interest) -> date:
        """Return the first day on which somebody who answers does."""
        return self.contact_on + timedelta(days=interest.answers_after)
