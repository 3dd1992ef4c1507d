"""Definitions: how long Dagster waits for everything it serves, in a fresh process.

Belongs here: loading orchestration's definitions with nothing imported yet. Does not belong here: running them.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bench.measuring import median

TARGET_SECONDS = 10.0
_CHECKOUT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class DefinitionsLoad:
    """Seconds of each load, from starting the interpreter to its end."""

    seconds: tuple[float, ...]

    @property
    def median_seconds(self) -> float:
        """The middle one."""
        return median(self.seconds)

    @property
    def is_met(self) -> bool:
        """Whether the target is met."""
        return self.median_seconds < TARGET_SECONDS


def load(*, rounds: int, say: Callable[[str], None]) -> DefinitionsLoad:
    """Load the definitions `rounds` times, each in a process of its own; `say` gets a line per round.

    The dbt project must have been prepared. Raises subprocess.CalledProcessError when loading fails.
    """
    seconds: list[float] = []
    for number in range(1, rounds + 1):
        started = time.perf_counter()
        subprocess.run([sys.executable, "-c", "import orchestration.definitions"], cwd=_CHECKOUT, check=True)
        seconds.append(time.perf_counter() - started)
        say(f"round {number}: {seconds[-1]:.2f} s")
    return DefinitionsLoad(tuple(seconds))
