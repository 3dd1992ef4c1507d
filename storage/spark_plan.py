"""Spark plan: which dates the Spark warehouse of a home has to build, and what it was last built from.

Belongs here: comparing the lake with what the warehouse remembers of it. The marks of the ledger are cleared by the
embedded engine's nights, so this warehouse keeps a memory of its own beside its tables.
Does not belong here: Spark (spark_inputs.py), dbt, and DuckDB, which the Spark environment has not.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from pathlib import Path

from storage.ledger import Ledger

_ONE_DAY = timedelta(days=1)

# Of each landed table, by `source.table`: what its rows were on each business date, as ISO text.
Lake = Mapping[str, Mapping[str, str]]
# Of each table of decisions, by `schema.table`: the dates as of which something was decided for good.
Recorded = Mapping[str, Sequence[date]]


@dataclass(frozen=True)
class SparkMemory:
    """What the tables were built from: models and their choice as a digest, the lake, the newest snapshot."""

    models: str
    lake: Lake
    newest: str


@dataclass(frozen=True)
class SparkPlan:
    """Business dates of `facts` and snapshots `as_of` to build; `is_full`: the warehouse is made from nothing."""

    night: date
    facts: tuple[date, ...]
    as_of: tuple[date, ...]
    is_full: bool
    reason: str


def read_lake(ledger: Ledger) -> Lake:
    """Return what the ledger knows of the lake; a date whose rows have all gone stands as empty text."""
    found: dict[str, dict[str, str]] = {}
    for row in ledger.rows("select * from lake_dates order by source, table_name, business_date"):
        known = found.setdefault(f"{row['source']}.{row['table_name']}", {})
        known[row["business_date"]] = row["sha256"] if row["row_count"] else ""
    return found


def read_recorded(ledger: Ledger) -> Recorded:
    """Return what the ledger knows of decisions that are final."""
    found: dict[str, list[date]] = {}
    for row in ledger.rows(
        "select relation, as_of_date from recorded where is_final order by relation, as_of_date"
    ):
        found.setdefault(row["relation"], []).append(date.fromisoformat(row["as_of_date"]))
    return found


def plan_spark_build(lake: Lake, memory: SparkMemory | None, *, models: str, night: date) -> SparkPlan:
    """Return what is due on `night`: the dates touched, and every snapshot since the earliest of them, as in a night.

    All of it when nothing is remembered or the models have changed.
    """
    dates = sorted({date.fromisoformat(day) for known in lake.values() for day in known})
    if memory is None or memory.models != models:
        facts = tuple(day for day in dates if day <= night)
        reason = "nothing was built before" if memory is None else "the models or their choice have changed"
        as_of = _days(facts[0], night) if facts else ()
        return SparkPlan(night, facts, as_of, is_full=True, reason=reason)
    newest = date.fromisoformat(memory.newest)
    night = max(night, newest)
    touched = {
        date.fromisoformat(day)
        for address in {*lake, *memory.lake}
        for day in {*lake.get(address, {}), *memory.lake.get(address, {})}
        if lake.get(address, {}).get(day, "") != memory.lake.get(address, {}).get(day, "")
    }
    facts = tuple(sorted(day for day in touched if day <= night))
    as_of = _days(min([newest + _ONE_DAY, *facts]), night)
    reason = f"{len(facts)} dates touched, {len(as_of)} snapshots to build"
    return SparkPlan(night, facts, as_of, is_full=False, reason=reason)


def read_memory(path: Path) -> SparkMemory | None:
    """Return what was remembered at `path`, None before the first build."""
    return SparkMemory(**json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else None


def remember(path: Path, plan: SparkPlan, lake: Lake, *, models: str) -> None:
    """Write at `path` that the plan was followed; before that, the same plan is made again."""
    night = plan.night.isoformat()
    seen = {
        address: {day: known for day, known in dates.items() if day <= night}
        for address, dates in lake.items()
    }
    partial = path.with_name(f"{path.name}.part")
    partial.write_text(json.dumps(asdict(SparkMemory(models, seen, night)), indent=1), encoding="utf-8")
    partial.replace(path)


def _days(first: date, last: date) -> tuple[date, ...]:
    return tuple(first + timedelta(days=number) for number in range((last - first).days + 1))
