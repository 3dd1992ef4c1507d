"""A small world, written once for all tests of the demo."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from demo.brokerage import WrittenSummary, write_days
from demo.world import World


@dataclass(frozen=True)
class Written:
    """A landing folder and the world in it."""

    landing: Path
    world: World
    summary: WrittenSummary


@pytest.fixture(scope="session")
def world() -> World:
    return World(seed=6, people=260, first_day=date(2026, 1, 5), days=26)


@pytest.fixture(scope="session")
def written(world: World, tmp_path_factory: pytest.TempPathFactory) -> Written:
    landing = tmp_path_factory.mktemp("landing")
    return Written(landing, world, write_days(landing, world=world, days=world.dates))
