"""Habits: at what hours people open the app.

Belongs here: the hours of trading and of other days, and how sittings are spread over them.
Does not belong here: how likely a person is to come at all, what is done in the app.
"""

from collections.abc import Sequence
from random import Random

from demo.touching import HOUR_MS, MINUTE_MS

# One weight an hour, with the peaks of the exchange's hours.
TRADING_DAY_HOURS = (2, 1, 1, 1, 1, 2, 4, 8, 14, 40, 34, 20, 8, 26, 34, 18, 9, 8, 9, 12, 14, 13, 9, 4)
FREE_DAY_HOURS = (2, 1, 1, 1, 1, 1, 3, 6, 10, 13, 13, 11, 9, 9, 11, 11, 10, 10, 12, 15, 17, 16, 11, 5)
LAST_START_MS = 23 * HOUR_MS + 30 * MINUTE_MS
SHORTEST_PAUSE_MS = 20 * MINUTE_MS


def session_starts(
    stream: Random, *, clicks: Sequence[int], odds: float, keenness: float, is_trading_day: bool
) -> list[int]:
    """Return when a person opens the app, in milliseconds after midnight: at every click, and by own choice."""
    starts = list(clicks)
    if stream.random() < odds:
        hours = TRADING_DAY_HOURS if is_trading_day else FREE_DAY_HOURS
        count = 1 + (stream.random() < 0.4) + (stream.random() < keenness)
        chosen = stream.choices(range(24), weights=hours, k=count)
        starts += [min(LAST_START_MS, int((hour + stream.random()) * HOUR_MS)) for hour in chosen]
    apart: list[int] = []
    for start in sorted(starts):
        if not apart or start in clicks or start - apart[-1] > SHORTEST_PAUSE_MS:
            apart.append(start)
    return apart
