"""Training churn: from examples to a model, its card, and whether it may serve.

Belongs here: the order of the steps and what goes on the card. Does not belong here: the model itself (churn.py), the
steps themselves (training.py, evaluation.py, promotion.py), files, clocks, Dagster.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import version

import numpy as np
import pandas as pd

from ml import churn
from ml.card import ModelCard, examples_of
from ml.drift import profile
from ml.evaluation import average_precision, evaluate, expected_calibration_error, roc_auc
from ml.promotion import Verdict, judge
from ml.training import FEWEST_OF_EACH, Parts, split_by_time

NAME = "churn"
TIER = "asset_tier_code"
PREDICTS = "falls silent or takes the money away within 30 trading days, five trading days from now"
_LIBRARIES = ("scikit-learn", "skops", "numpy")


@dataclass(frozen=True)
class Training:
    """A trained model with its card; `verdict` says whether it serves from now on."""

    model: churn.ChurnModel
    card: ModelCard
    verdict: Verdict


def train(examples: pd.DataFrame, *, champion: churn.ChurnModel | None, seed: int) -> Training:
    """Return the model that `examples` teach, judged on their newest origin beside the rule and the champion.

    `examples`: per origin and person the measures at the origin, the column churn.LABEL, the date on which it was
    known, and TIER. Raises training.TrainingRefusedError when they teach nothing.
    """
    parts = split_by_time(examples, label=churn.LABEL)
    model = churn.fit(parts, seed=seed)
    outcomes = parts.test[churn.LABEL].to_numpy(dtype=bool)
    scores = churn.score(model, parts.test)["churn_score"].to_numpy()
    rule = churn.rule_scores(parts.test)
    verdict = judge(
        outcomes,
        scores,
        rule=rule,
        champion=None if champion is None else churn.score(champion, parts.test)["churn_score"].to_numpy(),
        seed=seed,
    )
    learned = churn.features(parts.fit)
    card = ModelCard(
        name=NAME,
        predicts=PREDICTS,
        kind=model.kind,
        seed=seed,
        libraries={name: version(name) for name in _LIBRARIES},
        examples=examples_of(parts, label=churn.LABEL),
        figures=evaluate(outcomes, scores, seed=seed),
        rule_average_precision=average_precision(outcomes, rule),
        tiers=_tiers(parts, scores),
        base_rate=model.base_rate,
        features=churn.FEATURES,
        reference=dict(model.reference),
        profiles={name: profile(learned[name]) for name in churn.FEATURES},
    )
    return Training(model, card, verdict)


def _tiers(parts: Parts, scores: np.ndarray) -> dict[str, dict[str, float]]:
    """Return figures of each tier of the test part that has enough of either outcome for them to mean something."""
    found: dict[str, dict[str, float]] = {}
    for tier, rows in parts.test.groupby(TIER, sort=True).indices.items():
        outcomes = parts.test[churn.LABEL].to_numpy(dtype=bool)[rows]
        positive = int(outcomes.sum())
        if min(positive, len(rows) - positive) < FEWEST_OF_EACH:
            continue
        found[str(tier)] = {
            "people_count": float(len(rows)),
            "positive_count": float(positive),
            "mean_score": float(scores[rows].mean()),
            "roc_auc": roc_auc(outcomes, scores[rows]),
            "expected_calibration_error": expected_calibration_error(outcomes, scores[rows]),
        }
    return found
