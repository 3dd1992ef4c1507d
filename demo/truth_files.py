"""Truth files: what is true of a simulated world, in a folder of its own that no pipeline reads.

Belongs here: their layout.
Does not belong here: how the truths are found (outcomes.py), what was planted (truths.yaml).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import date, timedelta
from itertools import groupby
from pathlib import Path

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from demo import names
from demo.answers import Contact
from demo.brokerage import Reissue, WrittenSummary
from demo.cards import Cards, chosen, write_cards
from demo.crowd import Crowd
from demo.outcomes import ChurnTruth, Effect, churn_truth, contact_effects, plan_effects
from demo.shanghai import trading_calendar
from demo.world import World
from demo.writing import put

WORLD_FILE, DIRT_FILE, EFFECTS_FILE, REISSUED_FILE = (
    "world.json",
    "dirt.json",
    "effects.json",
    "reissued.json",
)
CHURN_FILE, CONSENTS_FILE, OUTCOMES_FILE = "churn.parquet", "consents.parquet", "outcomes.parquet"
ROW_DIRT_FILE = "row_dirt.json"
LONG_CLOSURE_DAYS = 5
NO_CHANNEL = "known_at_start"


def write_truth(
    folder: Path, *, world: World, written: WrittenSummary, as_of: date, contacts: Iterable[Contact] = ()
) -> None:
    """Write what is true of a world as of a day; raises ValueError when its horizon lies beyond the calendar."""
    told = {
        "seed": world.seed,
        "people": world.people,
        "first_day": world.first_day,
        "as_of": as_of,
        "truths": world.truths.model_dump(mode="json", by_alias=True),
        "shared_phones": _shared_phones(world),
        "unbound": _unbound(world),
        "silent": {"table": world.truths.silent.table, "days": _silent_days(world, as_of)},
        "longest_closure": _longest_closure(world, as_of),
    }
    put(folder / WORLD_FILE, orjson.dumps(told, option=orjson.OPT_INDENT_2))
    _add_dirt(folder, written)
    _add_row_dirt(folder, written)
    segments = [*world.truths.channels, NO_CHANNEL]
    effects = [*plan_effects(world, through=as_of), *contact_effects(world, contacts, through=as_of)]
    put(
        folder / EFFECTS_FILE,
        orjson.dumps([_of_effect(effect, segments) for effect in effects], option=orjson.OPT_INDENT_2),
    )
    truth = churn_truth(world, as_of=as_of)
    cards = write_cards(truth.crowd)
    _put_parquet(folder / CHURN_FILE, _churn(truth, cards, as_of))
    _put_parquet(folder / OUTCOMES_FILE, _outcomes(effects, segments))
    _put_parquet(folder / CONSENTS_FILE, _consents(truth.crowd, cards))


def add_reissue(folder: Path, reissue: Reissue) -> None:
    """Add a day that was issued again to what was written before."""
    file = folder / REISSUED_FILE
    known = orjson.loads(file.read_bytes()) if file.exists() else []
    told = {**asdict(reissue), "day": f"{reissue.day}"}
    if told not in known:
        put(file, orjson.dumps([*known, told], option=orjson.OPT_INDENT_2))


def _shared_phones(world: World) -> int:
    """Return how many phones two people use, of whom the broker knew both before the first day."""
    planted, known = world.truths.identities, np.arange(world.people_at_start)
    return int((known % planted.family_every == planted.family_place).sum())


def _add_dirt(folder: Path, written: WrittenSummary) -> None:
    """Add what is planted in the deliveries just written to what was written before."""
    file = folder / DIRT_FILE
    known = orjson.loads(file.read_bytes()) if file.exists() else {}
    known |= {f"{day}": asdict(planted) for day, planted in written.planted_in.items()}
    put(file, orjson.dumps(known, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS))


def _add_row_dirt(folder: Path, written: WrittenSummary) -> None:
    """Add what is planted among the rows of other tables, table by table and delivery by delivery."""
    file = folder / ROW_DIRT_FILE
    known = orjson.loads(file.read_bytes()) if file.exists() else {}
    for (address, day), dirt in written.row_dirt_in.items():
        known.setdefault(address, {})[f"{day}"] = asdict(dirt)
    put(file, orjson.dumps(known, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS))


def _outcomes(effects: Sequence[Effect], segments: list[str]) -> pa.Table:
    """Return a row per person and plan or campaign that wrote to them: what they do then, and what they do if not."""
    who = np.concatenate([np.zeros(0, dtype=np.int64), *(effect.who for effect in effects)])
    counts = [effect.people for effect in effects]
    place = np.repeat(np.arange(len(effects)), counts)
    segment = np.concatenate([np.zeros(0, dtype=np.int64), *(effect.segment for effect in effects)])
    flags = {
        name: np.concatenate([np.zeros(0, dtype=np.bool_), *(getattr(effect, name) for effect in effects)])
        for name in ("with_messages", "without")
    }
    return pa.table(
        {
            "login_id": names.login_id(who),
            "name": chosen([effect.name for effect in effects], place),
            "outcome": chosen([effect.outcome for effect in effects], place),
            "segment": chosen(segments, segment).fill_null(NO_CHANNEL),
            **flags,
        }
    )


def _of_effect(effect: Effect, segments: list[str]) -> dict[str, object]:
    own = {segments[segment]: _figures(of) for segment, of in effect.by_segment()}
    return {"name": effect.name, "outcome": effect.outcome, **_figures(effect), "segments": own}


def _figures(effect: Effect) -> dict[str, float]:
    return {
        "people": effect.people,
        "with_messages": int(effect.with_messages.sum()),
        "without": int(effect.without.sum()),
        "difference": effect.difference,
    }


def _unbound(world: World) -> dict[str, str]:
    planted = world.truths.identities
    index = np.asarray([planted.unbound_person])
    return {
        "login_id": names.login_id(index)[0].as_py(),
        "customer_id": names.customer_no(index)[0].as_py(),
        "on": f"{world.first_day + timedelta(days=planted.unbound_after_days)}",
    }


def _silent_days(world: World, as_of: date) -> list[str]:
    address = world.truths.silent.table
    return [f"{day}" for day in world.days_until(as_of) if world.is_silent(address, world.number_of(day))]


def _longest_closure(world: World, as_of: date) -> dict[str, str] | None:
    """Return the first and last day of the longest time without a trading day, None when all are short."""
    calendar = trading_calendar(world.first_day)
    runs = [
        list(days) for is_open, days in groupby(world.days_until(as_of), key=calendar.is_open) if not is_open
    ]
    longest = max(runs, key=len, default=[])
    if len(longest) < LONG_CLOSURE_DAYS:
        return None
    return {"first": f"{longest[0]}", "last": f"{longest[-1]}"}


def _churn(truth: ChurnTruth, cards: Cards, as_of: date) -> pa.Table:
    who = pa.array(truth.who)
    return pa.table(
        {
            "as_of_date": pa.array([as_of] * len(truth.who), pa.date32()),
            "login_id": cards.login.take(who),
            "customer_id": cards.customer.take(who),
            "falls_silent": truth.falls_silent,
            "loses_assets": truth.loses_assets,
            "closes": truth.closes,
            "withdraws": truth.withdraws,
            "is_lost": truth.is_lost,
        }
    )


def _consents(crowd: Crowd, cards: Cards) -> pa.Table:
    """Return of everybody registered and each scope whether they agreed at first, and when they took it back."""
    scopes, people = list(crowd.world.truths.consents.granted), crowd.people
    who, scope = np.nonzero(np.broadcast_to(crowd.is_registered[:, None], crowd.agreed.shape))
    is_profiling = scope == scopes.index("profiling")
    after = np.where(is_profiling, people.withdraws_profiling_after[who], people.withdraws_consent_after[who])
    taken_back = crowd.agreed[who, scope] & ~crowd.consents[who, scope]
    first = np.datetime64(crowd.world.first_day).astype(np.int64)
    on = pa.array((first + np.where(taken_back, after, 0)).astype(np.int32), mask=~taken_back).cast(
        pa.date32()
    )
    return pa.table(
        {
            "login_id": cards.login.take(pa.array(who)),
            "scope": chosen(scopes, scope),
            "agreed": crowd.agreed[who, scope],
            "withdrawn_on": on,
        }
    )


def _put_parquet(path: Path, table: pa.Table) -> None:
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink)
    put(path, sink.getvalue().to_pybytes())
