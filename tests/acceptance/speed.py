"""Speed: the times that are promised, as bench measures them.

Belongs here: the promise beside the figure. Does not belong here: measuring (bench).
"""

from __future__ import annotations

from collections.abc import Iterator

from bench import definitions, intake, nights
from bench.measuring import CORES, median
from tests.acceptance.figures import Figure, Stage

INTAKE, DEFINITIONS, NIGHTS = "intake", "definitions", "nights"
SEED = 1


def measure_intake(stage: Stage) -> Iterator[Figure]:
    """Yield the strict intake of many events beside DuckDB's plain copy of the same lines."""
    size = stage.size
    found = intake.compare(
        events=size.events, rounds=size.rounds, seed=SEED, folder=stage.folder, say=stage.say
    )
    strict = median([one.strict.wall_seconds for one in found.rounds])
    plain = median([one.plain.wall_seconds for one in found.rounds])
    yield Figure(
        claim=f"strict intake of {size.events:,} events takes at most {intake.TARGET_RATIO:g} times DuckDB's plain"
        f" copy of the same lines unpacked; {CORES} cores, at most {intake.TARGET_PEAK_BYTES / 1e6:,.0f} MB of memory",
        command=f"python -m bench {INTAKE} --events {size.events} --rounds {size.rounds} --seed {SEED}",
        seed=str(SEED),
        measured=f"{found.ratio:.2f} times ({strict:.1f} s beside {plain:.1f} s, medians of {len(found.rounds)}"
        f" rounds; {found.peak_bytes / 1e6:,.0f} MB at most)",
        is_met=found.is_met,
    )


def measure_definitions(stage: Stage) -> Iterator[Figure]:
    """Yield how long Dagster waits for the definitions in a fresh process."""
    loaded = definitions.load(rounds=stage.size.rounds, say=stage.say)
    yield Figure(
        claim=f"the definitions load within {definitions.TARGET_SECONDS:g} s",
        command=f"python -m bench {DEFINITIONS} --rounds {stage.size.rounds}",
        seed="–",
        measured=f"{loaded.median_seconds:.1f} s, median of {len(loaded.seconds)} fresh processes",
        is_met=loaded.is_met,
    )


def measure_nights(stage: Stage) -> Iterator[Figure]:
    """Yield what a night costs after a long history beside one after a short history of the same people."""
    size = stage.size
    found = nights.compare(
        people=size.bench_people,
        short=size.short_history,
        long=size.long_history,
        rounds=size.rounds,
        folder=stage.folder,
        say=stage.say,
    )
    yield Figure(
        claim=f"the night after {found.long.days} days of {found.people:,} people takes at most {nights.TARGET_RATIO:g}"
        f" times the night after {found.short.days}, each with 3 % late rows and less an idle night; {CORES} cores, at"
        f" most {nights.TARGET_PEAK_BYTES / 1e6:,.0f} MB of memory",
        command=f"python -m bench {NIGHTS} --people {found.people} --short {found.short.days} --long {found.long.days}"
        f" --rounds {size.rounds}",
        seed="–",
        measured=f"{found.ratio:.2f} times ({found.long.seconds:.1f} s beside {found.short.seconds:.1f} s, medians of"
        f" {size.rounds} nights; {found.peak_bytes / 1e6:,.0f} MB at most)",
        is_met=found.is_met,
    )
