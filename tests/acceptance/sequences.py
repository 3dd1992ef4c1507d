"""Sequences: the same days taken in one by one, all at once, and in other orders, compared byte for byte.

Belongs here: the homes, their nights and the figures of both comparisons.
Does not belong here: how days land and nights run (tests/reliability/ordering.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from demo.world import World
from storage.home import Home
from tests.acceptance.figures import Figure, Stage
from tests.reliability.accounts import account, differences, imbalances, warehouse_differences
from tests.reliability.homes import FIRST_DAY, land, new_home, succeeded
from tests.reliability.ordering import Steps, orders, processed, written

RANGE, ORDERS = "range", "orders"
SEED = 4
PEOPLE = 60
DAYS_IN_ORDERS = 10
WITHIN = 3_600


def measure_range(stage: Stage) -> Iterator[Figure]:
    """Yield what a run over all days has in common with as many nights, and with a home that got one day last."""
    world = _world(stage, days=stage.size.days)
    landing = written(stage.folder / "landing", world)
    stage.say(f"a run over {world.days} days")
    at_once = _processed(stage, landing, "at_once", [world.dates])
    held_back = world.dates[world.days // 4]
    stage.say(f"a run over all days but {held_back}, which then lands")
    rest = [day for day in world.dates if day != held_back]
    one_last = _processed(stage, landing, "one_last", [rest, [held_back]])
    yield _figure(
        stage,
        {"that day last": one_last},
        at_once,
        claim=f"a whole day that lands {world.days - world.days // 4 - 1} days after its date: the bytes of a home"
        " which had it in time",
        command=RANGE,
    )
    one_by_one = new_home(stage.folder / "one_by_one")
    # Everything has landed from the start: a night looks at the deliveries up to its own date and at no other.
    land(landing, one_by_one, world.dates)
    for day in world.dates:
        night = succeeded(one_by_one, "nightly", "--as-of", day.isoformat(), within=WITHIN)
        stage.say(f"the night of {day} took {night.seconds:.0f} s")
    yield _figure(
        stage,
        {"one by one": one_by_one},
        at_once,
        claim=f"{world.days} nights one by one publish the bytes of one run over all {world.days} days",
        command=RANGE,
    )


def measure_orders(stage: Stage) -> Iterator[Figure]:
    """Yield what homes have in common that took in the same days in different orders."""
    world = _world(stage, days=min(DAYS_IN_ORDERS, stage.size.days))
    landing = written(stage.folder / "landing", world)
    homes: dict[str, Home] = {}
    for number, (order, steps) in enumerate(orders(world.dates, seed=SEED).items()):
        stage.say(f"the days {order}")
        homes[order] = _processed(stage, landing, str(number), steps)
    first, *others = homes
    yield _figure(
        stage,
        {order: homes[order] for order in others},
        homes[first],
        claim=f"the same {world.days} days {'; '.join(homes)}, a night after each: the same bytes in the end",
        command=ORDERS,
    )


def _world(stage: Stage, *, days: int) -> World:
    return World(seed=SEED, people=min(PEOPLE, stage.size.people), first_day=FIRST_DAY, days=days)


def _processed(stage: Stage, landing: Path, name: str, steps: Steps) -> Home:
    return processed(stage.folder / name, landing=landing, steps=steps, say=stage.say, within=WITHIN)


def _figure(stage: Stage, found: Mapping[str, Home], expected: Home, *, claim: str, command: str) -> Figure:
    held = account(expected)
    wrong = 0
    for name, home in found.items():
        for line in _wrong(home, expected):
            stage.say(f"{name}: {line}")
            wrong += 1
    return Figure(
        claim=claim,
        command=f"python -m tests.acceptance --only {command}",
        seed=str(SEED),
        measured=f"{held.rows_read:,} rows: {len(held.published):,} Parquet files, {len(held.lake):,} lake files"
        f" and every row of the warehouse compared, {wrong} differences",
        is_met=wrong == 0,
    )


def _wrong(found: Home, expected: Home) -> list[str]:
    held = account(found)
    return [
        *imbalances(found, held),
        *differences(held, account(expected)),
        *warehouse_differences(found, expected),
    ]
