"""The world: its size, its first day, and where every random draw in it comes from.

Belongs here: the World value and its named random streams.
Does not belong here: what is drawn from them.
"""

import hashlib
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

ARRIVAL_DAYS = 60
"""Days over which the second half of the people arrives: fixed, so that no day depends on the range."""


@dataclass(frozen=True)
class World:
    """One simulated brokerage.

    `people` counts those known before the first day (half) plus those who arrive in the first 60 days.
    """

    seed: int
    people: int
    first_day: date
    days: int

    def __post_init__(self) -> None:
        """Refuse a world that nothing can be simulated in: ValueError."""
        if self.people < 2 or self.days < 1:
            raise ValueError(f"a world needs at least 2 people and 1 day, not {self.people} and {self.days}")

    @property
    def dates(self) -> tuple[date, ...]:
        """Every day of the default range, in order."""
        return tuple(self.first_day + timedelta(days=n) for n in range(self.days))

    @property
    def people_at_start(self) -> int:
        """How many people the broker knows before the first day."""
        return self.people - self.people // 2

    def days_until(self, day: date) -> Iterator[date]:
        """Yield every day from the first to `day`, both included."""
        for n in range((day - self.first_day).days + 1):
            yield self.first_day + timedelta(days=n)

    def arrivals(self, day: date) -> range:
        """Return the indexes of the people who appear on `day` for the first time."""
        arriving, passed = self.people // 2, (day - self.first_day).days
        before = arriving * min(passed, ARRIVAL_DAYS) // ARRIVAL_DAYS
        after = arriving * min(passed + 1, ARRIVAL_DAYS) // ARRIVAL_DAYS
        return range(self.people_at_start + before, self.people_at_start + after)

    def stream(self, purpose: str, *keys: object) -> random.Random:
        """Return the random stream of this purpose and these keys; equal arguments give equal draws."""
        name = "|".join((str(self.seed), purpose, *map(str, keys)))
        digest = hashlib.sha256(name.encode()).digest()
        # A simulation must repeat itself; nothing secret is drawn from this.
        return random.Random(int.from_bytes(digest[:8], "big"))
