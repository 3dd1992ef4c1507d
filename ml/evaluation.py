"""Evaluation: how well scores order people, and how far they can be read as probabilities.

Belongs here: measures of scores against outcomes, and their intervals.
Does not belong here: what is done about a bad figure (promotion.py), drift (drift.py), any one model.

Every measure takes `outcomes` (true or false) and `scores` (0 to 1), one each per person, in the same order.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, brier_score_loss, roc_auc_score

Outcomes = npt.NDArray[np.bool_]
Scores = npt.NDArray[np.float64]
Measure = Callable[[Outcomes, Scores], float]

RESAMPLES = 200
_BINS = 10
_NEAREST_TO_SURE = 1e-6


@dataclass(frozen=True)
class Estimate:
    """A figure with its 95 % interval (percentiles of a bootstrap over people)."""

    value: float
    low: float
    high: float


def recall_at(share: float) -> Measure:
    """Return the measure: of those it happened to, how many are among the highest-scored `share` of people.

    People of one score share their places: which of them comes first must not depend on the order of rows.
    """

    def recall(outcomes: Outcomes, scores: Scores) -> float:
        return float(_found(outcomes, scores, share * len(scores)) / outcomes.sum())

    return recall


def lift_at(share: float) -> Measure:
    """Return the measure: how much more often it happened to the highest-scored `share` than to everybody."""
    recall = recall_at(share)
    return lambda outcomes, scores: recall(outcomes, scores) / share


def expected_calibration_error(outcomes: Outcomes, scores: Scores) -> float:
    """Return the mean distance of score and share in ten groups of neighbours of equal size.

    Naeini, Cooper, Hauskrecht (2015), with groups of equal size instead of equal width.
    """
    order = np.argsort(scores, kind="stable")
    groups = [group for group in np.array_split(order, _BINS) if len(group)]
    return float(
        sum(len(group) * abs(outcomes[group].mean() - scores[group].mean()) for group in groups) / len(scores)
    )


def calibration_slope(outcomes: Outcomes, scores: Scores) -> float:
    """Return the slope of the outcomes' log odds over those of the scores; 1 is right, below 1 too sure.

    Cox (1958): logistic regression of the outcome on the logit of the score.
    """
    clipped = np.clip(scores, _NEAREST_TO_SURE, 1 - _NEAREST_TO_SURE)
    logits = np.log(clipped / (1 - clipped)).reshape(-1, 1)
    if np.ptp(logits) == 0:
        return 0.0
    # So weak a penalty is none; without any, perfectly ordered people would have no finite slope.
    return float(LogisticRegression(C=1e6, max_iter=1000).fit(logits, outcomes).coef_[0, 0])


def average_precision(outcomes: Outcomes, scores: Scores) -> float:
    """Return the area under precision over recall."""
    return float(average_precision_score(outcomes, scores))


def roc_auc(outcomes: Outcomes, scores: Scores) -> float:
    """Return the chance that one it happened to scores higher than one it did not happen to."""
    return float(roc_auc_score(outcomes, scores))


def brier(outcomes: Outcomes, scores: Scores) -> float:
    """Return the mean squared distance of score and outcome (Brier 1950)."""
    return float(brier_score_loss(outcomes, scores))


MEASURES: Mapping[str, Measure] = {
    "average_precision": average_precision,
    "roc_auc": roc_auc,
    "lift_at_5_percent": lift_at(0.05),
    "lift_at_10_percent": lift_at(0.10),
    "recall_at_10_percent": recall_at(0.10),
    "brier": brier,
    "expected_calibration_error": expected_calibration_error,
    "calibration_slope": calibration_slope,
}


def evaluate(
    outcomes: Outcomes, scores: Scores, *, seed: int, measures: Mapping[str, Measure] = MEASURES
) -> dict[str, Estimate]:
    """Return every measure with its interval; `seed` draws the people of each of RESAMPLES resamples."""
    drawn = [(outcomes[chosen], scores[chosen]) for chosen in _resamples(outcomes, seed)]
    return {name: _estimate(measure, outcomes, scores, drawn) for name, measure in measures.items()}


def difference(
    measure: Measure, outcomes: Outcomes, scores: Scores, others: Scores, *, seed: int
) -> Estimate:
    """Return by how much `scores` are better than `others` in `measure`, of the same people."""
    drawn = [
        measure(outcomes[chosen], scores[chosen]) - measure(outcomes[chosen], others[chosen])
        for chosen in _resamples(outcomes, seed)
    ]
    low, high = np.percentile(drawn, [2.5, 97.5])
    return Estimate(measure(outcomes, scores) - measure(outcomes, others), float(low), float(high))


def _estimate(
    measure: Measure, outcomes: Outcomes, scores: Scores, drawn: list[tuple[Outcomes, Scores]]
) -> Estimate:
    low, high = np.percentile([measure(*one) for one in drawn], [2.5, 97.5])
    return Estimate(measure(outcomes, scores), float(low), float(high))


def _resamples(outcomes: Outcomes, seed: int) -> list[npt.NDArray[np.int64]]:
    """Draw as many people as there are, with replacement, RESAMPLES times."""
    generator = np.random.default_rng(seed)
    return [generator.integers(0, len(outcomes), len(outcomes)) for _ in range(RESAMPLES)]


def _found(outcomes: Outcomes, scores: Scores, places: float) -> float:
    """Return how many positives hold the first `places`; those of one score are there in equal parts."""
    values, group = np.unique(-scores, return_inverse=True)
    people = np.bincount(group, minlength=len(values))
    positives = np.bincount(group, weights=outcomes, minlength=len(values))
    room = np.clip(places - (np.cumsum(people) - people), 0, people)
    return float((positives * room / people).sum())
