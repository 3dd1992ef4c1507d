"""Truth files: what is true of a simulated world, in a folder of its own that no pipeline reads.

Belongs here: their layout.
Does not belong here: how the truths are found (outcomes.py), what was planted (truths.yaml).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from datetime import date
from pathlib import Path

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from demo.answers import Contact
from demo.brokerage import WrittenSummary
from demo.cards import write_cards
from demo.outcomes import Effect, churn_truth, contact_effects, plan_effects
from demo.world import World
from demo.writing import put

WORLD_FILE, DIRT_FILE, EFFECTS_FILE, CHURN_FILE = "world.json", "dirt.json", "effects.json", "churn.parquet"


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
    }
    put(folder / WORLD_FILE, orjson.dumps(told, option=orjson.OPT_INDENT_2))
    _add_dirt(folder, written)
    effects = [*plan_effects(world, through=as_of), *contact_effects(world, contacts, through=as_of)]
    put(
        folder / EFFECTS_FILE,
        orjson.dumps([_of_effect(effect) for effect in effects], option=orjson.OPT_INDENT_2),
    )
    _write_churn(folder, world, as_of)


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


def _of_effect(effect: Effect) -> dict[str, object]:
    return {**asdict(effect), "difference": effect.difference}


def _write_churn(folder: Path, world: World, as_of: date) -> None:
    truth = churn_truth(world, as_of=as_of)
    cards, who = write_cards(truth.crowd), pa.array(truth.who)
    table = pa.table(
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
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink)
    put(folder / CHURN_FILE, sink.getvalue().to_pybytes())
