"""The world: its size, its first day, its truths, and where every draw in it comes from.

Belongs here: the World value, its draws by name, who arrives when, how the people are cut into shards.
Does not belong here: what is drawn.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta

import numpy as np

from demo.draws import Draws, Integers
from demo.truths import Truths, planted

SHARD = 12_500
"""People who are simulated together: enough to keep the engine busy, few enough to bound memory."""


@dataclass(frozen=True)
class World:
    """One simulated brokerage.

    `people` counts those known before the first day (half) plus those who arrive in the days after it.
    """

    seed: int
    people: int
    first_day: date
    days: int
    truths: Truths = field(default_factory=planted, repr=False)

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
        return self.people - int(self.people * (1 - self.truths.people.known_at_start))

    def days_until(self, day: date) -> Iterator[date]:
        """Yield every day from the first to `day`, both included."""
        for n in range((day - self.first_day).days + 1):
            yield self.first_day + timedelta(days=n)

    def is_silent(self, address: str, day: int) -> bool:
        """Say whether a table, by its address, is not delivered on the day of this number."""
        planted = self.truths.silent
        return address == planted.table and planted.from_day <= day < planted.from_day + planted.days

    def number_of(self, day: date) -> int:
        """Return how many days after the first day a day is."""
        return (day - self.first_day).days

    def arrivals(self, people: Integers) -> Integers:
        """Return the number of the day on which each of `people` appears; -1 for those known before the first."""
        arriving, within = self.people - self.people_at_start, self.truths.people.arrive_within_days
        place = people - self.people_at_start
        # Ceiling division: the (place + 1)-th of all who arrive, spread evenly over the days.
        return np.where(place < 0, -1, -(-(place + 1) * within // max(1, arriving)) - 1)

    def arriving(self, day: int) -> Integers:
        """Return the indexes of the people who appear on the day of this number for the first time."""
        arriving, within = self.people - self.people_at_start, self.truths.people.arrive_within_days
        first, beyond = (arriving * min(number, within) // within for number in (day, day + 1))
        return np.arange(self.people_at_start + first, self.people_at_start + beyond, dtype=np.int64)

    def shards(self) -> Iterator[Integers]:
        """Yield the indexes of the people, shard by shard."""
        for first in range(0, self.people, SHARD):
            yield np.arange(first, min(self.people, first + SHARD), dtype=np.int64)

    def draws(self, purpose: str, *keys: object) -> Draws:
        """Return the draws of this purpose and these keys; equal arguments give equal draws."""
        return Draws.of(self.seed, purpose, *keys)
