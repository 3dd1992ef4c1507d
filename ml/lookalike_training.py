"""Training lookalike: from people and a seed to a model, its card, and whether it may serve.

Belongs here: who is asked, by which features, and what goes on the card.
Does not belong here: the model itself (lookalike.py), which segment is the seed, files, clocks, Dagster.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from importlib.metadata import version

import pandas as pd
from pydantic import TypeAdapter

from ml import lookalike
from ml.lookalike import LookalikeModel, Proof
from ml.promotion import Verdict
from ml.training import PERSON, require_columns

FEATURES = (
    "active_days_7d_count", "active_days_8_14d_count", "active_days_30d_count", "active_days_31_90d_count",
    "launches_30d_count", "sessions_30d_count", "session_seconds_30d", "quote_views_30d_count",
    "sector_views_30d_count", "searches_30d_count", "watchlist_adds_30d_count", "product_views_30d_count",
    "content_reads_30d_count", "margin_clicks_30d_count", "deposit_views_14d_count", "traded_days_60d_count",
    "opened_days_count",
)  # fmt: skip
"""What people do. What they own and pay is left out: it says who is of high value by definition."""

FEWEST_TIMES_CHANCE = 2.0
_LIBRARIES = ("scikit-learn", "skops", "numpy")


@dataclass(frozen=True)
class LookalikeCard:
    """One trained model: what it learned from, and the proof by hidden seeds."""

    name: str
    seed_code: str
    seed: int
    libraries: Mapping[str, str]
    people_count: int
    seeds_count: int
    features: tuple[str, ...]
    seed_mean: float
    proof: Proof


@dataclass(frozen=True)
class Training:
    """A trained model with its card; `verdict` says whether it serves from now on."""

    model: LookalikeModel
    card: LookalikeCard
    verdict: Verdict


def candidates(measured: pd.DataFrame) -> pd.DataFrame:
    """Return the people measured who have an open account: seeds and those who may be like them."""
    known = require_columns(measured, [PERSON, "is_opened", "is_closed", *FEATURES])
    return known[known["is_opened"] & ~known["is_closed"]].reset_index(drop=True)


def train(
    measured: pd.DataFrame, seeds: Collection[str], *, name: str, seed_code: str, seed: int
) -> Training:
    """Return the model of the people whose ids are `seeds` against the other candidates of `measured`.

    It serves when hidden seeds come up FEWEST_TIMES_CHANCE times as often as by chance among the highest tenth, and
    beyond chance more often. Raises training.TrainingRefusedError when there are too few seeds.
    """
    people = candidates(measured)
    is_seed = people[PERSON].isin(list(seeds))
    model, proof = lookalike.fit(people, is_seed, features=FEATURES, seed=seed)
    lift = proof.lift_at_10_percent
    told = f"hidden seeds come up {lift.value:.1f} times as often as by chance ({lift.low:.1f} to {lift.high:.1f})"
    is_promoted = lift.value >= FEWEST_TIMES_CHANCE and lift.low > 1
    card = LookalikeCard(
        name=name,
        seed_code=seed_code,
        seed=seed,
        libraries={library: version(library) for library in _LIBRARIES},
        people_count=len(people),
        seeds_count=int(is_seed.sum()),
        features=FEATURES,
        seed_mean=model.seed_mean,
        proof=proof,
    )
    reason = told if is_promoted else f"{told}: {FEWEST_TIMES_CHANCE:.0f} times are needed"
    return Training(model, card, Verdict(is_promoted=is_promoted, reason=reason))


_ADAPTER = TypeAdapter(LookalikeCard)


def to_json(card: LookalikeCard) -> bytes:
    """Return the card as JSON; equal cards give equal bytes."""
    return _ADAPTER.dump_json(card, indent=1) + b"\n"


def from_json(data: bytes) -> LookalikeCard:
    """Return the card; raises pydantic.ValidationError when it is none."""
    return _ADAPTER.validate_json(data)


def told(card: LookalikeCard) -> str:
    """Return the card as Markdown."""
    recall, lift = card.proof.recall_at_10_percent, card.proof.lift_at_10_percent
    return "\n".join([
        f"# {card.name}: how like the people of {card.seed_code} somebody is", "",
        f"Learned from {card.seeds_count:,} seeds among {card.people_count:,} people, seed {card.seed}.", "",
        "| figure, of hidden seeds | value | 95 % interval |", "| --- | --- | --- |",
        f"| recall in the highest tenth | {recall.value:.3f} | {recall.low:.3f} to {recall.high:.3f} |",
        f"| times chance | {lift.value:.2f} | {lift.low:.2f} to {lift.high:.2f} |", "",
    ])  # fmt: skip
