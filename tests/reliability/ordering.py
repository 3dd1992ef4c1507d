"""Ordering: the deliveries of the same days, landed and taken in by nights in different orders.

Belongs here: the orders, and the nights of one order. Does not belong here: asserting (test_orders.py) and reporting
at full size (tests/acceptance).

A delivery keeps its delivery date, whenever it lands. When an earlier day lands after a later night, its night brings
every later snapshot up to date too: after each night the home is one that took in the same days in any other order.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path

from demo.brokerage import write_days
from demo.world import World
from storage.home import Home
from tests.reliability.homes import NIGHT_ENDS_WITHIN, land, new_home, succeeded

Steps = Sequence[Sequence[date]]
"""The days that land before each night."""


def orders(dates: Sequence[date], *, seed: int) -> Mapping[str, Steps]:
    """Return five orders of `dates` by name, one day before each night."""
    shuffled = [random.Random(f"order {seed} {number}").sample(dates, len(dates)) for number in (1, 2)]
    chosen = {
        "in order": list(dates),
        "reversed": list(reversed(dates)),
        "shuffled": shuffled[0],
        "shuffled again": shuffled[1],
        "even days, then odd": [*dates[::2], *dates[1::2]],
    }
    return {name: [[day] for day in days] for name, days in chosen.items()}


def written(landing: Path, world: World) -> Path:
    """Return `landing` with the deliveries of all days of a world."""
    write_days(landing, world=world, days=world.dates)
    return landing


def processed(
    root: Path,
    *,
    landing: Path,
    steps: Steps,
    say: Callable[[str], None] = lambda line: None,
    within: int = NIGHT_ENDS_WITHIN,
) -> Home:
    """Return a new home in which each step's days have landed and a night was run."""
    home = new_home(root)
    for number, days in enumerate(steps, start=1):
        land(landing, home, days)
        ended = succeeded(home, "nightly", within=within)
        say(f"night {number} of {len(steps)}, {len(days)} days from {min(days)}: {ended.seconds:.0f} s")
    return home
