"""Lookalike: who, of those outside a seed of known people, is most like them.

Belongs here: learning from a seed and a pool that is not the contrary of it, scoring, and the proof by hidden seeds.
Does not belong here: which people are the seed (a segment), SQL, file paths, clocks, Dagster.

Positive and unlabelled learning: of the pool nobody is known not to belong. A classifier of seed against pool orders
people as the one of belonging against not belonging would (Elkan and Noto 2008); the constant between the two is the
mean score of held-out seeds. Precision and area under the curve mean nothing against such a pool, so the proof is
recall: seeds hidden in the pool must come up again among its highest-scored people.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import QuantileTransformer
from threadpoolctl import threadpool_limits

from ml.evaluation import Estimate, evaluate, lift_at, recall_at
from ml.training import EVERY_ROW, PERSON, TrainingRefusedError, require_columns

FEWEST_SEEDS = 200
HIDDEN_SHARE = 0.25
TIERS = (0.01, 0.05, 0.10, 0.20)
"""Shares of the pool by which reach is chosen; a person's tier is the smallest that takes them in."""

_DECIMALS = 6
_FINDS_ITS_OWN_RULE = 0.95
"""Hidden seeds found among the highest tenth beyond this share: the features say who is a seed by definition."""


@dataclass(frozen=True)
class LookalikeModel:
    """A fitted estimator of seed against pool, its features, and the score that a seed has in the mean."""

    estimator: Pipeline
    features: tuple[str, ...]
    seed_mean: float


@dataclass(frozen=True)
class Proof:
    """How hidden seeds came up in a pool of `pool_count` people in which they were hidden."""

    hidden_count: int
    pool_count: int
    recall_at_10_percent: Estimate
    lift_at_10_percent: Estimate


def build_estimator(seed: int) -> Pipeline:
    """Return the unfitted estimator, preprocessing included."""
    return Pipeline([
        ("impute", SimpleImputer(strategy="median", keep_empty_features=True)),
        ("rank", QuantileTransformer(n_quantiles=100, subsample=EVERY_ROW, random_state=seed)),
        # Unweighted: the constant between seed and belonging is a ratio of true probabilities.
        ("line", LogisticRegression(C=1.0, max_iter=1000)),
    ])  # fmt: skip


def fit(
    measured: pd.DataFrame, is_seed: pd.Series, *, features: Sequence[str], seed: int
) -> tuple[LookalikeModel, Proof]:
    """Return the model of all seeds, and the proof by a model that did not know a quarter of them.

    `measured`: a row per person with `features`, which must not be those that define the seed; `is_seed` beside it.
    Raises TrainingRefusedError with fewer than FEWEST_SEEDS seeds or as large a pool, and when the features define it.
    """
    order = np.argsort(measured[PERSON].to_numpy(dtype=str), kind="stable")
    rows = require_columns(measured, features).astype("float64").iloc[order]
    seeds = is_seed.to_numpy(dtype=bool)[order]
    counts = {"seeds": int(seeds.sum()), "people outside of it": int((~seeds).sum())}
    for name, count in counts.items():
        if count < FEWEST_SEEDS:
            raise TrainingRefusedError(f"{count} {name}: {FEWEST_SEEDS} are needed")
    hidden = _hidden(seeds, seed)
    with threadpool_limits(limits=1):
        blind = build_estimator(seed).fit(rows, seeds & ~hidden)
        whole = build_estimator(seed).fit(rows, seeds)
    pool = ~seeds | hidden
    found = evaluate(
        hidden[pool],
        _probability(blind, rows[pool]),
        seed=seed,
        measures={"recall": recall_at(0.10), "lift": lift_at(0.10)},
    )
    if found["recall"].value > _FINDS_ITS_OWN_RULE:
        raise TrainingRefusedError(
            f"{found['recall'].value:.0%} of hidden seeds are among the highest tenth: the features define the seed"
        )
    model = LookalikeModel(
        estimator=whole,
        features=tuple(features),
        seed_mean=float(_probability(blind, rows[hidden]).mean()),
    )
    return model, Proof(int(hidden.sum()), int(pool.sum()), found["recall"], found["lift"])


def score(model: LookalikeModel, measured: pd.DataFrame) -> pd.DataFrame:
    """Return person_id and lookalike_score of each person: their score over a seed's mean one, at most 1."""
    rows = require_columns(measured, model.features).astype("float64")
    scores = _probability(model.estimator, rows) / model.seed_mean if len(rows) else np.empty(0)
    return pd.DataFrame({
        PERSON: measured[PERSON].to_numpy(),
        "lookalike_score": np.round(np.minimum(scores, 1.0), _DECIMALS),
    })  # fmt: skip


def _hidden(seeds: npt.NDArray[np.bool_], seed: int) -> npt.NDArray[np.bool_]:
    """Choose the seeds that are hidden."""
    known = np.flatnonzero(seeds)
    generator = np.random.default_rng(seed)
    chosen = generator.choice(known, size=round(len(known) * HIDDEN_SHARE), replace=False)
    hidden = np.zeros(len(seeds), dtype=bool)
    hidden[chosen] = True
    return hidden


def _probability(estimator: Pipeline, rows: pd.DataFrame) -> npt.NDArray[np.float64]:
    return estimator.predict_proba(rows)[:, 1]
