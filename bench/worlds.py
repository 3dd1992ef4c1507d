"""Worlds: how fast the simulated brokerage writes a day, at several sizes, each in a fresh process.

Belongs here: worlds as busy as a large broker's app, and what writing a day of them costs.
Does not belong here: the simulation (demo).

A day is what a nightly delivery is: the app's events as gzip JSON Lines, and every other table.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import click

from bench.measuring import CORES, Cost, in_fresh_process, report
from demo.brokerage import write_days
from demo.truths import BrowsingTruths, planted
from demo.world import World

SIZES = (10_000, 100_000, 1_000_000)
LARGEST = SIZES[-1]
TARGET_EVENTS = 150_000
"""Events a second at the largest size, ten of them a person and day."""
FIRST_DAY = date(2026, 1, 5)
LOOKS = 36.0
"""At a visit, so that a person leaves ten events a day: a quarter of the people comes on a day."""


@dataclass(frozen=True)
class WorldDay:
    """What writing one day of a world took."""

    people: int
    events: int
    rows: int
    cost: Cost

    @property
    def events_a_second(self) -> float:
        """Events written per second of the whole work."""
        return self.events / self.cost.wall_seconds

    @property
    def rows_a_second(self) -> float:
        """Rows of all tables written per second."""
        return self.rows / self.cost.wall_seconds


@dataclass(frozen=True)
class WorldDays:
    """Days of worlds of growing size."""

    days: tuple[WorldDay, ...]

    @property
    def is_met(self) -> bool:
        """Whether the largest world was large and fast enough."""
        largest = self.days[-1]
        return largest.people >= LARGEST and largest.events_a_second >= TARGET_EVENTS


def write(*, sizes: Sequence[int], seed: int, folder: Path | None, say: Callable[[str], None]) -> WorldDays:
    """Write the second day of a world of each size; `say` gets a line per size."""
    days = []
    for people in sizes:
        with tempfile.TemporaryDirectory(dir=folder) as landing:
            cost = in_fresh_process(
                "bench.worlds", "--landing", landing, "--people", str(people), "--seed", str(seed)
            )
        days.append(WorldDay(people, cost.facts["events"], cost.facts["rows"], cost))
        say(f"a day of {people:,} people: {days[-1].events_a_second:,.0f} events a second")
    return WorldDays(tuple(days))


@click.command()
@click.option("--landing", required=True, type=click.Path(path_type=Path, file_okay=False))
@click.option("--people", required=True, type=int)
@click.option("--seed", required=True, type=int)
def main(*, landing: Path, people: int, seed: int) -> None:
    """Write a day and print its cost."""

    def work() -> Mapping[str, int]:
        truths = planted().model_copy(update={"browsing": BrowsingTruths(looks=LOOKS)})
        world = World(seed=seed, people=people, first_day=FIRST_DAY, days=2, truths=truths)
        written = write_days(landing, world=world, days=[world.dates[1]], threads=CORES)
        return {"events": written.rows["app.events"], "rows": sum(written.rows.values())}

    click.echo(report(work))


if __name__ == "__main__":
    main()
