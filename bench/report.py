"""Report: measured figures as lines for people and as one object for programs.

Belongs here: wording, units, layout. Does not belong here: measuring.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict

from bench.definitions import TARGET_SECONDS, DefinitionsLoad
from bench.intake import TARGET_PEAK_BYTES, TARGET_RATIO, IntakeComparison
from bench.measuring import CORES, Cost
from bench.nights import TARGET_PEAK_BYTES as NIGHT_PEAK_BYTES
from bench.nights import TARGET_RATIO as NIGHT_RATIO
from bench.nights import NightsComparison
from bench.worlds import LARGEST, WorldDays
from bench.worlds import TARGET_EVENTS as WORLD_EVENTS

_MEGABYTE = 1_000_000


def intake_lines(found: IntakeComparison) -> Iterator[str]:
    """Yield the table of an intake comparison."""
    file = found.events
    yield f"Intake of {file.lines:,} app events, {file.repeated:,} of them sent twice; {CORES} cores"
    yield (
        f"  {file.unpacked_bytes / _MEGABYTE:,.0f} MB of JSON Lines, {file.unpacked_bytes / file.lines:.0f} bytes a"
        f" line; {file.packed_bytes / _MEGABYTE:,.0f} MB as gzip ({file.packed_bytes / file.unpacked_bytes:.1%})"
    )
    yield "  strict: gzip in; checked, without repeated rows, ordered, accounted"
    yield "  plain:  DuckDB copies the unpacked lines into Parquet"
    yield f"  {'round':<6}{'side':<8}{'wall s':>8}{'CPU s':>8}{'peak MB':>9}{'ratio':>8}"
    for number, one in enumerate(found.rounds, start=1):
        yield f"  {number:<6}{_side('strict', one.strict)}{one.ratio:>8.2f}"
        yield f"  {'':<6}{_side('plain', one.plain)}"
    yield (
        f"  median ratio {found.ratio:.2f} (by CPU time {found.cpu_ratio:.2f}), at most {TARGET_RATIO:.1f};"
        f" peak {found.peak_bytes / _MEGABYTE:,.0f} MB, at most {TARGET_PEAK_BYTES / _MEGABYTE:,.0f}:"
        f" {_verdict(is_met=found.is_met)}"
    )


def definitions_lines(found: DefinitionsLoad) -> Iterator[str]:
    """Yield the lines of loading the definitions."""
    each = ", ".join(f"{one:.2f}" for one in found.seconds)
    yield "Loading the definitions in a fresh process"
    yield (
        f"  median {found.median_seconds:.2f} s of {each}; target under {TARGET_SECONDS:.0f} s:"
        f" {_verdict(is_met=found.is_met)}"
    )


def nights_lines(found: NightsComparison) -> Iterator[str]:
    """Yield the table of a comparison of nights."""
    yield f"Nights over {found.people:,} people; {CORES} cores"
    yield f"  {'days before':<13}{'night s':>9}{'idle s':>8}{'peak MB':>9}"
    for after in (found.short, found.long):
        for night in after.nights:
            yield (
                f"  {after.days:<13}{night.wall_seconds:>9.1f}{after.idle.wall_seconds:>8.1f}"
                f"{night.peak_bytes / _MEGABYTE:>9,.0f}"
            )
    yield (
        f"  {found.ratio:.2f} times as long after {found.long.days} days as after {found.short.days}, at most"
        f" {NIGHT_RATIO:.1f}; peak {found.peak_bytes / _MEGABYTE:,.0f} MB, at most"
        f" {NIGHT_PEAK_BYTES / _MEGABYTE:,.0f}: {_verdict(is_met=found.is_met)}"
    )


def nights_figures(found: NightsComparison) -> Mapping[str, object]:
    """Return a comparison of nights for programs: seconds, bytes."""
    return {
        "people": found.people,
        "after": [asdict(after) for after in (found.short, found.long)],
        "ratio": found.ratio,
        "target_ratio": NIGHT_RATIO,
        "peak_bytes": found.peak_bytes,
        "target_peak_bytes": NIGHT_PEAK_BYTES,
        "is_met": found.is_met,
    }


def worlds_lines(found: WorldDays) -> Iterator[str]:
    """Yield the table of days of simulated worlds."""
    yield f"A day of a simulated brokerage, written as landing files; {CORES} cores"
    yield f"  {'people':>10}{'events':>12}{'rows':>12}{'wall s':>8}{'events/s':>10}{'rows/s':>10}{'peak MB':>9}"
    for day in found.days:
        cost = day.cost
        yield (
            f"  {day.people:>10,}{day.events:>12,}{day.rows:>12,}{cost.wall_seconds:>8.1f}"
            f"{day.events_a_second:>10,.0f}{day.rows_a_second:>10,.0f}{cost.peak_bytes / _MEGABYTE:>9,.0f}"
        )
    yield (
        f"  {found.days[-1].events_a_second:,.0f} events a second at the largest size, at least {WORLD_EVENTS:,} of"
        f" {LARGEST:,} people: {_verdict(is_met=found.is_met)}"
    )


def worlds_figures(found: WorldDays) -> Mapping[str, object]:
    """Return days of simulated worlds for programs."""
    return {**asdict(found), "is_met": found.is_met}


def intake_figures(found: IntakeComparison) -> Mapping[str, object]:
    """Return an intake comparison for programs: seconds, bytes, counts."""
    file = found.events
    return {
        "events": file.lines,
        "repeated": file.repeated,
        "unpacked_bytes": file.unpacked_bytes,
        "packed_bytes": file.packed_bytes,
        "rounds": [
            {
                "strict": _figures(one.strict),
                "plain": _figures(one.plain),
                "ratio": one.ratio,
                "cpu_ratio": one.cpu_ratio,
            }
            for one in found.rounds
        ],
        "ratio": found.ratio,
        "cpu_ratio": found.cpu_ratio,
        "target_ratio": TARGET_RATIO,
        "peak_bytes": found.peak_bytes,
        "target_peak_bytes": TARGET_PEAK_BYTES,
        "is_met": found.is_met,
    }


def definitions_figures(found: DefinitionsLoad) -> Mapping[str, object]:
    """Return the loading of the definitions for programs."""
    return {
        "seconds": list(found.seconds),
        "median_seconds": found.median_seconds,
        "target_seconds": TARGET_SECONDS,
        "is_met": found.is_met,
    }


def _side(name: str, cost: Cost) -> str:
    peak = cost.peak_bytes / _MEGABYTE
    return f"{name:<8}{cost.wall_seconds:>8.2f}{cost.cpu_seconds:>8.2f}{peak:>9,.0f}"


def _figures(cost: Cost) -> Mapping[str, object]:
    return {
        "wall_seconds": cost.wall_seconds,
        "cpu_seconds": cost.cpu_seconds,
        "peak_bytes": cost.peak_bytes,
        **cost.facts,
    }


def _verdict(*, is_met: bool) -> str:
    return "met" if is_met else "MISSED"
