"""Build: the private file in which a night computes, kept between nights and checked against the ledger.

Belongs here: which dates a night rebuilds, whether the file can be trusted, sealing it at the end.
Does not belong here: the SQL that fills it (dbt_project), what its input tables look like (build_inputs.py),
and what readers see (published.py). The file is a cache of the lake: whatever is in doubt is dropped and
built anew.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date, timedelta

import duckdb

from data_contracts.contract import Contract
from storage.build_inputs import write_inputs
from storage.engine import EngineSettings, connect
from storage.fingerprints import (
    UNDATED,
    Fingerprints,
    Relation,
    columns_of,
    dates_of,
    delete_dates,
    engine_version,
    find_difference,
    take_fingerprints,
)
from storage.home import Home
from storage.ledger import Ledger, Mark
from storage.recorded_tables import RecordedTable, restore_tables

ONE_DAY = timedelta(days=1)
# Of a thinned relation so many snapshots are kept, and the month ends before them.
KEPT_SNAPSHOTS = 35
_SEAL = "build_seal"
_OLDEST = "oldest_as_of_date"
_NEWEST = "newest_as_of_date"

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class BuildPlan:
    """What a night rebuilds: business dates of `facts`, snapshots `as_of`, and the marks that it settles.

    `is_full`: the file is made from nothing. `as_of_date` is the last date of the build, never before the
    newest one built: what an earlier night touches concerns the later ones too.
    """

    as_of_date: date
    facts: tuple[date, ...]
    as_of: tuple[date, ...]
    marks: tuple[Mark, ...]
    is_full: bool
    reason: str

    @property
    def dates(self) -> tuple[date, ...]:
        """Every date that some relation rewrites, oldest first."""
        return tuple(sorted({*self.facts, *self.as_of}))


def plan_build(ledger: Ledger, *, as_of_date: date, restate_from: date | None = None) -> BuildPlan:
    """Return what the night of `as_of_date` rebuilds, computed from the ledger alone.

    Facts: the dates touched. Snapshots: those never built, and all since the earliest touched date, because
    each follows from the one before it. How far back that is, the contracts bound: what comes later than they
    allow waits in quarantine. A backfill names `restate_from` and restates every snapshot since.
    """
    built = built_range(ledger)
    if built is None:
        return plan_rebuild(ledger, as_of_date=as_of_date, reason="nothing was built before")
    oldest, newest = built
    night = max(as_of_date, newest)
    marks = _marks_until(ledger, night)
    facts = sorted({mark.business_date for mark in marks})
    starts = [newest + ONE_DAY, *facts[:1]]
    if restate_from is not None:
        starts.append(max(restate_from, oldest))
    as_of = _days(_walk_start(min(starts), built), night)
    reason = f"{len(facts)} dates touched, {len(as_of)} snapshots to build" if as_of else "nothing to rebuild"
    return BuildPlan(night, tuple(facts), tuple(as_of), marks, is_full=False, reason=reason)


def plan_rebuild(ledger: Ledger, *, as_of_date: date, reason: str) -> BuildPlan:
    """Return the plan that makes the build file from nothing: all lake dates, all snapshots since the first.

    With nothing in the lake there is nothing to rebuild, and the plan is empty.
    """
    built = built_range(ledger)
    night = max(as_of_date, built[1]) if built else as_of_date
    marks = _marks_until(ledger, night)
    facts = sorted({*_lake_dates(ledger, night), *(mark.business_date for mark in marks)})
    if not facts:
        return BuildPlan(night, (), (), (), is_full=False, reason="nothing has landed")
    as_of = tuple(_days(facts[0], night))
    return BuildPlan(night, tuple(facts), as_of, marks, is_full=True, reason=reason)


def is_kept(snapshot: date, newest: date) -> bool:
    """Say whether a thinned relation keeps a snapshot once `newest` is built: a recent one or a month end."""
    return (newest - snapshot).days < KEPT_SNAPSHOTS or (snapshot + ONE_DAY).day == 1


def built_range(ledger: Ledger) -> tuple[date, date] | None:
    """Return the first and the last snapshot that was built and sealed, None before the first build."""
    oldest, newest = ledger.fact(_OLDEST), ledger.fact(_NEWEST)
    if oldest is None or newest is None:
        return None
    return date.fromisoformat(oldest), date.fromisoformat(newest)


def prepare_build(
    home: Home,
    ledger: Ledger,
    contracts: Mapping[str, Contract],
    plan: BuildPlan,
    *,
    settings: EngineSettings,
    recorded: Sequence[RecordedTable] = (),
) -> BuildPlan:
    """Make the build file ready and return the plan to follow: a full one when the file is not trusted.

    Only the dates of the plan may differ from what the ledger says; a killed run changes no others. Writes
    the control tables, the lake views and the tables of what was `recorded`. Raises duckdb.IOException, naming the
    process, when another one holds the file, RecordedRowsError when what was recorded is not there.
    """
    doubt = None if plan.is_full else _find_doubt(home, ledger, plan, settings=settings)
    if doubt is not None:
        _log.warning("the build file is made anew: %s", doubt)
        plan = plan_rebuild(ledger, as_of_date=plan.as_of_date, reason=doubt)
    if doubt is not None or plan.is_full:
        _discard(home, ledger)
    history_starts_on = min(_lake_dates(ledger, plan.as_of_date), default=plan.as_of_date)
    with closing(connect(home.warehouse, settings=settings)) as connection:
        write_inputs(
            connection,
            home,
            ledger,
            contracts,
            as_of_date=plan.as_of_date,
            history_starts_on=history_starts_on,
            build_dates={"facts": plan.facts, "as_of": plan.as_of},
        )
        restore_tables(connection, home, ledger, recorded)
    return plan


def seal_build(
    home: Home, ledger: Ledger, *, relations: Iterable[Relation], plan: BuildPlan, settings: EngineSettings
) -> None:
    """Thin old snapshots, write the build file out and put what it holds into the ledger, in one step.

    `relations`: every table to be found again next night (a view is passed over: it holds nothing).
    Fingerprints are taken of the plan's dates; of all dates when the plan is full or the relation is new.
    Raises ValueError when a relation is not there.
    """
    previous = _read_seal(ledger)
    known = previous.relations if previous and not plan.is_full else {}
    taken: dict[Relation, Fingerprints] = {}
    with closing(connect(home.warehouse, settings=settings, scratch=home.work)) as connection:
        tables = [relation for relation in relations if _is_table(connection, relation)]
        for relation in tables:
            if relation.is_thinned:
                delete_dates(connection, relation, _expired(dates_of(connection, relation), plan))
        connection.execute("checkpoint")
        engine = engine_version(connection)
        for relation in tables:
            is_known = known.get(relation.address, UNDATED) == relation.date_column
            dates = plan.dates if is_known else None
            taken[relation] = take_fingerprints(connection, relation, dates=dates)
    with ledger.transaction():
        for address in set(known) - {relation.address for relation in taken}:
            ledger.forget_fingerprints(address)
        for relation, fingerprints in taken.items():
            is_known = known.get(relation.address, UNDATED) == relation.date_column
            known_dates = ledger.fingerprints(relation.address)
            expired = _expired(known_dates, plan) if relation.is_thinned else []
            stale = [UNDATED, *(day.isoformat() for day in [*plan.dates, *expired])] if is_known else None
            ledger.forget_fingerprints(relation.address, stale)
            ledger.record_fingerprints(relation.address, fingerprints)
        content = {
            "engine": engine,
            "relations": {relation.address: relation.date_column for relation in taken},
            "looks_back_days": {relation.address: relation.looks_back_days for relation in taken},
            "thinned": [relation.address for relation in taken if relation.is_thinned],
        }
        ledger.record_fact(_SEAL, json.dumps(content, sort_keys=True))
        _record_range(ledger, plan)


@dataclass(frozen=True)
class _Seal:
    engine: str
    relations: Mapping[str, str | None]
    looks_back_days: Mapping[str, int]
    thinned: frozenset[str]


def _read_seal(ledger: Ledger) -> _Seal | None:
    text = ledger.fact(_SEAL)
    if not text:
        return None
    content = json.loads(text)
    return _Seal(
        engine=content["engine"],
        relations=content["relations"],
        looks_back_days=content.get("looks_back_days", {}),
        thinned=frozenset(content.get("thinned", ())),
    )


def _record_range(ledger: Ledger, plan: BuildPlan) -> None:
    if not plan.as_of:
        return
    built = None if plan.is_full else built_range(ledger)
    oldest, newest = built or (plan.as_of[0], plan.as_of[-1])
    ledger.record_fact(_OLDEST, min(oldest, plan.as_of[0]).isoformat())
    ledger.record_fact(_NEWEST, max(newest, plan.as_of[-1]).isoformat())


def _find_doubt(home: Home, ledger: Ledger, plan: BuildPlan, *, settings: EngineSettings) -> str | None:
    """Return why the build file cannot be extended, None when it can."""
    seal = _read_seal(ledger)
    if seal is None:
        return "no build was finished"
    if not home.warehouse.is_file():
        return "the file is missing"
    first = min(plan.dates, default=plan.as_of_date)
    try:
        with closing(connect(home.warehouse, settings=settings, scratch=home.work)) as connection:
            engine = engine_version(connection)
            if engine != seal.engine:
                return f"it was made by DuckDB {seal.engine} and this is {engine}"
            for address, date_column in seal.relations.items():
                schema, name = address.split(".", 1)
                relation = Relation(schema, name, date_column)
                # What a night reads of the past is hashed again, not only counted.
                looks_back = seal.looks_back_days.get(address, relation.looks_back_days)
                expected = ledger.fingerprints(address)
                # A seal that was killed may have thinned already.
                expired = _expired(expected, plan) if address in seal.thinned else []
                difference = find_difference(
                    connection,
                    relation,
                    expected,
                    rewritten=[*plan.dates, *expired],
                    hashed_from=first - timedelta(days=looks_back),
                )
                if difference is not None:
                    return difference
    except (duckdb.ConnectionException, duckdb.OutOfMemoryException, duckdb.InterruptException):
        raise
    except duckdb.Error as error:
        if "Could not set lock" in str(error):
            raise
        return f"it cannot be read: {error}"
    return None


def _discard(home: Home, ledger: Ledger) -> None:
    # First the ledger: from here on no trace of the file is trusted, should the process die half way.
    with ledger.transaction():
        ledger.forget_fingerprints()
        ledger.record_fact(_SEAL, "")
    home.warehouse.unlink(missing_ok=True)
    home.warehouse.with_name(f"{home.warehouse.name}.wal").unlink(missing_ok=True)


def _expired(days: Iterable[str], plan: BuildPlan) -> list[date]:
    dates = [date.fromisoformat(day) for day in days if day != UNDATED]
    return [day for day in dates if not is_kept(day, plan.as_of_date)]


def _is_table(connection: duckdb.DuckDBPyConnection, relation: Relation) -> bool:
    columns = columns_of(connection, relation)
    if columns:
        if relation.date_column is not None and columns.get(relation.date_column) != "DATE":
            raise ValueError(f"{relation.address} has no column {relation.date_column} of type DATE")
        return True
    views = connection.execute(
        "select 1 from duckdb_views() where schema_name = ? and view_name = ?",
        [relation.schema, relation.name],
    )
    if views.fetchone() is None:
        raise ValueError(f"{relation.address} is not in the build file")
    return False


def _walk_start(first: date, built: tuple[date, date]) -> date:
    """Return where to start so that the snapshot before is there: `first`, else the first day of its month."""
    oldest, newest = built
    if first <= oldest or is_kept(first - ONE_DAY, newest):
        return first
    return max(first.replace(day=1), oldest)


def _marks_until(ledger: Ledger, last: date) -> tuple[Mark, ...]:
    return tuple(mark for mark in ledger.marks() if mark.business_date <= last)


def _lake_dates(ledger: Ledger, last: date) -> list[date]:
    found = ledger.rows(
        "select distinct business_date from lake_dates where business_date <= ?", (last.isoformat(),)
    )
    return [date.fromisoformat(row[0]) for row in found]


def _days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]
