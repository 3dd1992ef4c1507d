"""Nights: what a night costs after a short history and after a long one, of the same people.

Belongs here: running the product's own command on one home that grows, and comparing.
Does not belong here: what is delivered (broker_days.py), the table (report.py).

A night with nothing to do is subtracted from both sides: starting the program is not what is compared.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import psutil

from bench.broker_days import Broker, land_days
from bench.measuring import CORES, median

TARGET_RATIO = 1.3
TARGET_PEAK_BYTES = 3_000_000_000
FIRST_DAY = date(2026, 1, 1)
ENGINE_LIMIT = "1500MB"
_LOOK_EVERY = 0.2
_LIFECYCLE = Path(sys.executable).with_name("lifecycle")


@dataclass(frozen=True)
class Night:
    """One run of the command; `peak_bytes` is resident memory of all its processes, shared pages counted for each."""

    wall_seconds: float
    peak_bytes: int


@dataclass(frozen=True)
class After:
    """The nights after so many days of history, and the shortest with nothing to do."""

    days: int
    nights: tuple[Night, ...]
    idle: Night

    @property
    def seconds(self) -> float:
        """What the median night took beyond one with nothing to do."""
        return median([night.wall_seconds for night in self.nights]) - self.idle.wall_seconds


@dataclass(frozen=True)
class NightsComparison:
    """The same work after a short history and after a long one."""

    people: int
    short: After
    long: After

    @property
    def ratio(self) -> float:
        """How many times as long a night takes after the long history."""
        return self.long.seconds / self.short.seconds

    @property
    def peak_bytes(self) -> int:
        """The most memory that any of the nights held."""
        return max(night.peak_bytes for after in (self.short, self.long) for night in after.nights)

    @property
    def is_met(self) -> bool:
        """Whether both targets are met."""
        return self.ratio <= TARGET_RATIO and self.peak_bytes <= TARGET_PEAK_BYTES


def compare(
    *,
    people: int,
    short: int,
    long: int,
    rounds: int,
    say: Callable[[str], None],
    folder: Path | None = None,
) -> NightsComparison:
    """Run `rounds` nights after `short` days of history and after `long`; `say` gets a line per night.

    The dbt project must have been prepared. The home is made in `folder`, by default a temporary one, and removed
    again. Raises subprocess.CalledProcessError, with the end of its log shown, when a night fails.
    """
    if not 0 < short + rounds <= long:
        raise ValueError(f"{rounds} nights after {short} days do not end before {long} days of history")
    broker = Broker(people=people, first_day=FIRST_DAY)
    days = broker.days(long + rounds)
    with tempfile.TemporaryDirectory(prefix="bench-nights-", dir=folder) as made:
        home = Path(made) / "home"
        _run(home, "init")
        _history(broker, home, days[:short], say)
        after_short = _measure(broker, home, days[short : short + rounds], short, say)
        _history(broker, home, days[short + rounds : long], say)
        after_long = _measure(broker, home, days[long:], long, say)
    return NightsComparison(people, after_short, after_long)


def _history(broker: Broker, home: Path, days: list[date], say: Callable[[str], None]) -> None:
    if not days:
        return
    events = land_days(broker, days, landing=home / "landing")
    night = _run(home, "nightly")
    say(
        f"{len(days)} days of {broker.people:,} people, {events:,} events: one run of {night.wall_seconds:.0f} s,"
        f" {night.peak_bytes / 1e6:,.0f} MB"
    )


def _measure(broker: Broker, home: Path, days: list[date], history: int, say: Callable[[str], None]) -> After:
    nights: list[Night] = []
    for day in days:
        land_days(broker, [day], landing=home / "landing")
        nights.append(_run(home, "nightly"))
        say(
            f"night after {history} days: {nights[-1].wall_seconds:.1f} s, {nights[-1].peak_bytes / 1e6:,.0f} MB"
        )
    return After(history, tuple(nights), _run(home, "nightly"))


def _run(home: Path, command: str) -> Night:
    environment = os.environ | {"LIFECYCLE_HOME": str(home), "LIFECYCLE_MEMORY_LIMIT": ENGINE_LIMIT}
    log = home.with_name("log")
    started, peak = time.perf_counter(), 0
    with (
        log.open("w") as out,
        psutil.Popen(
            [str(_LIFECYCLE), command], env=environment, stdout=out, stderr=subprocess.STDOUT
        ) as process,
    ):
        process.cpu_affinity(sorted(process.cpu_affinity())[:CORES])
        while process.poll() is None:
            peak = max(peak, _resident(process))
            time.sleep(_LOOK_EVERY)
    seconds = time.perf_counter() - started
    if process.returncode:
        sys.stderr.write(log.read_text()[-5_000:])
        raise subprocess.CalledProcessError(process.returncode, [str(_LIFECYCLE), command])
    return Night(seconds, peak)


def _resident(process: psutil.Popen) -> int:
    resident = 0
    for one in [process, *process.children(recursive=True)]:
        try:
            resident += one.memory_info().rss
        except psutil.NoSuchProcess:
            continue
    return resident
