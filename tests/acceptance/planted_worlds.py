"""Planted worlds: what a simulated brokerage holds, found again by whole nights, and how fast it is written.

Belongs here: dirt on several seeds, the recovery report of the demo's story, the speed of worlds of growing size.
Does not belong here: how a truth is looked for (orchestration).
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from bench import worlds
from bench.measuring import CORES
from demo.brokerage import write_days
from demo.truth_files import write_truth
from demo.truths import planted
from demo.world import World
from storage.home import Home
from tests.acceptance.figures import Figure, Stage
from tests.reliability.homes import CHECKOUT, environment, new_home, succeeded

DIRT, STORY, WORLDS = "dirt", "story", "worlds"
FIRST_DAY = date(2026, 1, 5)
FIRST_SEED, STORY_SEED, BENCH_SEED = 201, 1, 1
WITHIN = 3_600
DIRTY = ("event lines", "rows of ")


def measure_dirt(stage: Stage) -> Iterator[Figure]:
    """Yield how many planted faults the nights of several worlds counted differently."""
    seeds = range(FIRST_SEED, FIRST_SEED + stage.size.dirt_worlds)
    counts = [line for seed in seeds for line in _dirt_of(stage, seed)]
    wrong = [line for line in counts if line[1] != line[2]]
    total = sum(int(line[1].replace(",", "")) for line in counts)
    yield Figure(
        claim="planted malformed, mistyped, incomplete, unknown, untimely, repeated and late lines are what nights"
        f" quarantine, take once and reopen days for, exactly, on {len(seeds)} seeds",
        command=f"python -m tests.acceptance --only {DIRT}",
        seed=f"{seeds[0]}-{seeds[-1]}",
        measured=f"{total:,} faults in {len(counts)} counts, {len(wrong)} of these differ",
        is_met=bool(counts) and not wrong,
    )


def _dirt_of(stage: Stage, seed: int) -> list[list[str]]:
    truths = planted()
    few = truths.churn.model_copy(update={"futures": 2, "sample": 5})
    world = World(
        seed=seed,
        people=stage.size.dirt_people,
        first_day=FIRST_DAY,
        days=stage.size.dirt_days,
        truths=truths.model_copy(update={"churn": few}),
    )
    home = new_home(stage.folder / f"dirt-{seed}")
    written = write_days(home.landing, world=world, days=world.dates, threads=CORES)
    write_truth(home.root / "truth", world=world, written=written, as_of=world.dates[-1])
    seconds = succeeded(home, "nightly", within=WITHIN).seconds
    stage.say(f"the nights of seed {seed} took {seconds:.0f} s")
    return [line for line in _report(home) if line[0].startswith(DIRTY)]


def measure_story(stage: Stage) -> Iterator[Figure]:
    """Yield what the recovery report says after the demo's story."""
    home = new_home(stage.folder / "story")
    told = {**environment(home), "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    stage.say(f"telling the demo's story to {stage.size.story_people:,} people")
    subprocess.run(
        [CHECKOUT / "demo" / "tell.sh", home.root, str(stage.size.story_people)],
        env=told, cwd=CHECKOUT, check=True, capture_output=True, timeout=WITHIN,
    )  # fmt: skip
    succeeded(home, "nightly", within=WITHIN)
    verdicts = Counter(line[-1].partition(":")[0] for line in _report(home))
    yield Figure(
        claim="of the truths planted in the demo none is missed that the product can look for",
        command=f"python -m tests.acceptance --only {STORY}",
        seed=str(STORY_SEED),
        measured=", ".join(f"{count} {verdict}" for verdict, count in sorted(verdicts.items())),
        is_met=verdicts["recovered"] > 0 and not verdicts["missed"],
    )


def _report(home: Home) -> list[list[str]]:
    """Return the lines of the recovery report, cell by cell."""
    file = home.root / "recovery.md"
    succeeded(home, "recovery", "--markdown", str(file))
    rows = file.read_text(encoding="utf-8").splitlines()[2:]
    return [row.strip("| ").split(" | ") for row in rows]


def measure_worlds(stage: Stage) -> Iterator[Figure]:
    """Yield how fast days of worlds of growing size are written, and in how much memory."""
    found = worlds.write(sizes=stage.size.world_sizes, seed=BENCH_SEED, folder=stage.folder, say=stage.say)
    sizes = " ".join(f"--sizes {day.people}" for day in found.days)
    yield Figure(
        claim=f"a day of {worlds.LARGEST:,} people and ten events each is written at {worlds.TARGET_EVENTS:,} events a"
        f" second at least, as gzip JSON Lines, with every other table; {CORES} cores",
        command=f"python -m bench {WORLDS} {sizes}",
        seed=str(BENCH_SEED),
        measured="; ".join(
            f"{day.people:,} people: {day.events_a_second:,.0f} events and {day.rows_a_second:,.0f} rows a second,"
            f" {day.cost.peak_bytes / 1e6:,.0f} MB"
            for day in found.days
        ),
        is_met=found.is_met,
    )
