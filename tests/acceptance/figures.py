"""Figures: what one check of the acceptance run measured, beside what it must show.

Belongs here: the words that checks and the page share. Does not belong here: any check, and the page's layout.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Size:
    """How much is done; the defaults are full size."""

    kills: int = 60
    people: int = 3_000
    days: int = 60
    events: int = 2_000_000
    rounds: int = 3
    bench_people: int = 200_000
    short_history: int = 20
    long_history: int = 60
    worlds: int = 20
    assigned: int = 8_000
    dirt_worlds: int = 5
    dirt_people: int = 600
    dirt_days: int = 10
    story_people: int = 2_000
    world_sizes: tuple[int, ...] = (10_000, 100_000, 1_000_000)


SLICE = Size(
    kills=2,
    people=60,
    days=3,
    events=20_000,
    rounds=1,
    bench_people=200,
    short_history=2,
    long_history=4,
    worlds=4,
    assigned=600,
    dirt_worlds=1,
    dirt_people=60,
    dirt_days=3,
    story_people=100,
    world_sizes=(1_000,),
)


@dataclass(frozen=True)
class Stage:
    """What a check is given: an empty folder of its own, how much to do, and where to tell its progress."""

    folder: Path
    size: Size
    say: Callable[[str], None]


@dataclass(frozen=True)
class Figure:
    """One line of the page: what must be shown, with which command and seed, what was measured, and the verdict."""

    claim: str
    command: str
    seed: str
    measured: str
    is_met: bool


@dataclass(frozen=True)
class Check:
    """A check by its name; `measure` yields its figures."""

    name: str
    measure: Callable[[Stage], Iterator[Figure]]
