"""Recovered: a line of the recovery report, what truths are looked for in, and the intervals of what was found.

Belongs here: what every look at a truth needs. Does not belong here: a truth (planted_truths.py, planted_feeds.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
from scipy import stats

from orchestration.resources import House

RECOVERED, MISSED, NOT_YET = "recovered", "missed", "not yet"
FEWEST = 20
"""Of fewer than so many nothing is said."""
CONFIDENCE = 0.95


@dataclass(frozen=True)
class Recovered:
    """One line: `waits_for` says why a truth cannot be found yet."""

    truth: str
    planted: str
    found: str = "–"
    interval: str = "–"
    is_found: bool = False
    waits_for: str = ""

    @property
    def verdict(self) -> str:
        """Whether the truth was found."""
        if self.waits_for:
            return f"{NOT_YET}: {self.waits_for}"
        return RECOVERED if self.is_found else MISSED

    @property
    def cells(self) -> tuple[str, ...]:
        """The line in the order of COLUMNS."""
        return self.truth, self.planted, self.found, self.interval, self.verdict


@dataclass(frozen=True)
class Evidence:
    """What a truth is looked for in: the truth folder, the build, what is published, and the ledger."""

    folder: Path
    told: Mapping[str, Any]
    built: duckdb.DuckDBPyConnection
    served: duckdb.DuckDBPyConnection
    house: House

    def one(self, query: str, *values: object) -> tuple[Any, ...]:
        """Return the only row of a query of the build."""
        return self.built.execute(query, list(values)).fetchall()[0]


def equal(truth: str, planted: int, found: int) -> Recovered:
    """Return the line of a count that must be found exactly."""
    return Recovered(truth, f"{planted:,}", f"{found:,}", "exact", is_found=planted == found)


def poisson_interval(count: int) -> tuple[float, float]:
    """Return Garwood's exact interval of a count."""
    tail = (1 - CONFIDENCE) / 2
    low = float(stats.chi2.ppf(tail, 2 * count)) / 2 if count else 0.0
    return low, float(stats.chi2.ppf(1 - tail, 2 * count + 2)) / 2


def share(count: int, of: int) -> str:
    """Write a share in whole percent."""
    return f"{count / of:.0%}" if of else "nothing"


def share_interval(count: int, of: int) -> tuple[float, float]:
    """Return Wilson's interval of a share; all of [0, 1] without a trial."""
    if not of:
        return 0.0, 1.0
    found = stats.binomtest(int(count), int(of)).proportion_ci(CONFIDENCE, method="wilson")
    return float(found.low), float(found.high)
