"""Intake: the strict reader beside DuckDB's plain copy of the same lines into Parquet.

Belongs here: running both in turn on one events file, and comparing what they took.
Does not belong here: what either does (strict_side.py, plain_side.py), the file (events.py), the table (report.py).

The plain side is given the file unpacked, checks nothing, drops nothing, orders nothing.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bench.events import EventsFile, write_events
from bench.measuring import Cost, in_fresh_process, median

TARGET_RATIO = 4.0
# Of the whole process of the strict side. The engine gets what the interpreter and the frames under way leave of it.
TARGET_PEAK_BYTES = 2 << 30
ENGINE_LIMIT = "1200MB"


@dataclass(frozen=True)
class Round:
    """One run of each side, one directly after the other."""

    strict: Cost
    plain: Cost

    @property
    def ratio(self) -> float:
        """How many times as long the strict side took."""
        return self.strict.wall_seconds / self.plain.wall_seconds

    @property
    def cpu_ratio(self) -> float:
        """How many times as much of the processors' time it took, which other work on the machine changes less."""
        return self.strict.cpu_seconds / self.plain.cpu_seconds


@dataclass(frozen=True)
class IntakeComparison:
    """Every round on one file; the ratio is the median of the rounds' ratios, not a ratio of medians."""

    events: EventsFile
    rounds: tuple[Round, ...]

    @property
    def ratio(self) -> float:
        """How many times as long the strict side took, in the median round."""
        return median([one.ratio for one in self.rounds])

    @property
    def cpu_ratio(self) -> float:
        """How many times as much of the processors' time it took, in the median round."""
        return median([one.cpu_ratio for one in self.rounds])

    @property
    def peak_bytes(self) -> int:
        """The most memory that the strict side held in any round."""
        return max(one.strict.peak_bytes for one in self.rounds)

    @property
    def is_met(self) -> bool:
        """Whether both targets are met."""
        return self.ratio <= TARGET_RATIO and self.peak_bytes <= TARGET_PEAK_BYTES


class RowsDifferError(AssertionError):
    """The two sides did not do the same work, so that their times say nothing."""


def compare(
    *,
    events: int,
    rounds: int,
    say: Callable[[str], None],
    seed: int = 1,
    folder: Path | None = None,
) -> IntakeComparison:
    """Write a file of `events` lines and let both sides read it `rounds` times, in turn; `say` gets a line per round.

    Files are made in `folder`, by default a temporary one, and removed again. Raises RowsDifferError when a side
    loses or invents a row, subprocess.CalledProcessError when one fails.
    """
    with tempfile.TemporaryDirectory(prefix="bench-intake-", dir=folder) as made:
        place = Path(made)
        say(f"writing {events:,} events")
        file = write_events(place, events=events, seed=seed)
        done: list[Round] = []
        for number in range(1, rounds + 1):
            one = Round(_strict(file, place / "strict"), _plain(file, place / "plain"))
            assert_same_work(file, one)
            say(
                f"round {number}: strict {one.strict.wall_seconds:.2f} s, plain {one.plain.wall_seconds:.2f} s,"
                f" ratio {one.ratio:.2f}"
            )
            done.append(one)
        return IntakeComparison(file, tuple(done))


def assert_same_work(file: EventsFile, one: Round) -> None:
    """Raise RowsDifferError unless every line was read, judged, and written or found to be a copy."""
    strict, plain = one.strict.facts, one.plain.facts
    expected = {
        "lines read": (strict["rows_read"], file.lines),
        "lines counted from the bytes": (strict["rows_counted"], file.lines),
        "quarantined": (strict["rows_quarantined"], 0),
        "repeated": (strict["rows_duplicate"], file.repeated),
        "written and repeated": (strict["rows_written"] + strict["rows_duplicate"], plain["rows_written"]),
        "written without a check": (plain["rows_written"], file.lines),
        "columns": (strict["columns"], plain["columns"]),
    }
    wrong = [f"{what} {found:,}, not {due:,}" for what, (found, due) in expected.items() if found != due]
    if wrong:
        raise RowsDifferError("; ".join(wrong))


def _strict(file: EventsFile, into: Path) -> Cost:
    return _run("bench.strict_side", file.packed, into)


def _plain(file: EventsFile, into: Path) -> Cost:
    return _run("bench.plain_side", file.unpacked, into)


def _run(module: str, source: Path, into: Path) -> Cost:
    shutil.rmtree(into, ignore_errors=True)
    into.mkdir()
    cost = in_fresh_process(module, str(source), str(into), ENGINE_LIMIT)
    shutil.rmtree(into)
    return cost
