"""Tiring: who begins to leave the broker, with a hazard that depends on what happened to them.

Belongs here: the hazard and its memory. Does not belong here: what the tired do (visits.py, money.py).

log(hazard of a day) = log(base) + keenness + money taken out of late + days away + complaints of late; see truths.yaml.
"""

from __future__ import annotations

import numpy as np

from demo.crowd import Crowd, Lived, places
from demo.draws import Integers, Shares
from demo.people import NEVER
from demo.shanghai import DAY_MS, HOUR_MS

MEAN_KEENNESS = 0.3
LONGEST_GAP = 30


def hazard(crowd: Crowd, who: Integers, *, day: int) -> Shares:
    """Return how likely each of `who` begins to tire on `day`."""
    planted = crowd.world.truths.tiring
    away = np.minimum(LONGEST_GAP, day - crowd.last_visit[who])
    return planted.per_day * np.exp(
        planted.keenness * (crowd.people.keenness[who] - MEAN_KEENNESS)
        + planted.outflow * crowd.outflow_memory[who]
        + planted.gap * away / 10
        + planted.complaint * crowd.complaint_memory[who]
    )


def change_moods(crowd: Crowd, lived: Lived, *, day: int) -> None:
    """Let customers complain, and some of those who are content begin to leave."""
    planted, people = crowd.world.truths.tiring, crowd.people
    fading = 1 - 1 / planted.remembers_days
    crowd.outflow_memory *= fading
    crowd.complaint_memory *= fading
    back = places(crowd.back_from <= day)
    for field in (crowd.tired_from, crowd.gone_from, crowd.back_from):
        field[back] = NEVER
    draw = crowd.world.draws("tiring", day)
    customers = places(crowd.has_account)
    counter = people.counter[customers]
    complains = customers[draw.happens(planted.complains, counter, 0) & ~crowd.is_gone(day)[customers]]
    crowd.complaint_memory[complains] += 1.0
    at = (10 * HOUR_MS + draw.shares(people.counter[complains], 1) * 7 * HOUR_MS).astype(np.int64)
    lived.add("complaints", person=complains, at=np.minimum(at, DAY_MS - 1))
    content = customers[crowd.tired_from[customers] == NEVER]
    counter = people.counter[content]
    tires = content[draw.happens(hazard(crowd, content, day=day), counter, 2)]
    counter = people.counter[tires]
    crowd.tired_from[tires] = day
    crowd.gone_from[tires] = day + _span(planted.tired_days, draw.shares(counter, 3))
    crowd.back_from[tires] = crowd.gone_from[tires] + _span(planted.gone_days, draw.shares(counter, 4))


def _span(bounds: tuple[int, int], shares: Shares) -> Integers:
    first, last = bounds
    return first + (shares * (last + 1 - first)).astype(np.int64)
