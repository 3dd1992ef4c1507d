"""Churn: the probability that a funded customer falls silent, or takes their money away, in the next 30 trading days.

Belongs here: the features, the estimators, fitting, scoring, and the reasons of a score.
Does not belong here: SQL (what is measured at T, and the label, come as columns), file paths, clocks, Dagster.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import QuantileTransformer
from threadpoolctl import threadpool_limits

from ml.evaluation import average_precision
from ml.training import EVERY_ROW, PERSON, Parts, require_columns

LABEL = "is_churned"
ONE_LINE_RULE = "silent_td_count"
"""The bar: who has been silent longest is likeliest to stay so. A model that orders people no better is not served."""

_DECIMALS = 6
_MOST_REASONS = 3

FEATURE_GROUPS: Mapping[str, Sequence[str]] = {
    "silence": ("silent_td_count",),
    "activity": (
        "active_days_7d_count", "active_days_8_14d_count", "active_days_30d_count", "active_days_31_90d_count",
        "launches_30d_count", "sessions_30d_count", "session_seconds_30d",
    ),
    "interest": (
        "quote_views_30d_count", "sector_views_30d_count", "searches_30d_count", "watchlist_adds_30d_count",
        "product_views_30d_count", "content_reads_30d_count",
    ),
    "withdrawing": ("withdrawal_views_14d_count", "withdrawals_30d_cny", "net_inflow_30d_cny", "net_inflow_90d_cny"),
    "trading": (
        "traded_days_60d_count", "trades_30d_count", "trades_60td_count", "turnover_90d_cny",
        "net_commission_90d_cny",
    ),
    "assets": (
        "total_assets_cny", "cash_cny", "assets_20td_mean_cny", "assets_to_peak_ratio", "cash_ratio",
        "valid_60td_count",
    ),
    "service": ("app_crashes_7d_count",),
    "standing": ("opened_days_count", "deposit_views_14d_count"),
}  # fmt: skip
"""Features by what they tell of; a score's reasons are groups, since neighbours in a group tell the same."""

FEATURES: tuple[str, ...] = tuple(name for names in FEATURE_GROUPS.values() for name in names)


@dataclass(frozen=True)
class ChurnModel:
    """A fitted and calibrated estimator, and what reading its scores needs.

    `reference`: the median person it learned from, per feature. `base_rate`: how often it happened to those it was
    calibrated on.
    """

    estimator: CalibratedClassifierCV
    kind: str
    reference: Mapping[str, float]
    base_rate: float


def features(measured: pd.DataFrame) -> pd.DataFrame:
    """Return the features of people measured at one date, in the order of FEATURES, one row each, as DOUBLE.

    `measured` has the columns of the measures; everything is of the person's own row. Raises KeyError when one lacks.
    """
    ratios = {
        "assets_to_peak_ratio": _ratio(measured, "total_assets_cny", "peak_assets_240td_cny"),
        "cash_ratio": _ratio(measured, "cash_cny", "total_assets_cny"),
    }
    return require_columns(measured.assign(**ratios), FEATURES).astype("float64")


def estimators(seed: int) -> dict[str, Pipeline | HistGradientBoostingClassifier]:
    """Return the unfitted candidates by name.

    Preprocessing is part of an estimator, so that scoring can never refit it.
    """
    # Amounts of money spread over many orders of size: a straight line needs their ranks.
    ranks = Pipeline([
        ("impute", SimpleImputer(strategy="median", add_indicator=False, keep_empty_features=True)),
        ("rank", QuantileTransformer(n_quantiles=100, subsample=EVERY_ROW, random_state=seed)),
    ])  # fmt: skip
    line = Pipeline([
        ("rank", ColumnTransformer([("rank", ranks, list(FEATURES))])),
        ("line", LogisticRegression(C=1.0, max_iter=1000)),
    ])  # fmt: skip
    trees = HistGradientBoostingClassifier(
        learning_rate=0.05,
        max_iter=200,
        max_leaf_nodes=15,
        min_samples_leaf=40,
        l2_regularization=1.0,
        early_stopping=False,  # pyright: ignore[reportArgumentType] - a word or a boolean
        random_state=seed,
    )
    return {"logistic_regression": line, "boosted_trees": trees}


def fit(parts: Parts, *, seed: int) -> ChurnModel:
    """Return the candidate that orders the calibration part best, calibrated on that part; the test part is not read.

    The parts are stacked measures with the column LABEL.
    """
    learned, labels = features(parts.fit), parts.fit[LABEL].to_numpy(dtype=bool)
    held, held_labels = features(parts.calibrate), parts.calibrate[LABEL].to_numpy(dtype=bool)
    # Trees remember how many threads fitted them, and sums over threads round as the threads are cut.
    with threadpool_limits(limits=1):
        fitted = {name: candidate.fit(learned, labels) for name, candidate in estimators(seed).items()}
    precision = {
        name: average_precision(held_labels, one.predict_proba(held)[:, 1]) for name, one in fitted.items()
    }
    best = max(precision, key=lambda name: precision[name])
    # Two parameters: an isotonic step function would learn the noise of a few dozen positives.
    calibrated = CalibratedClassifierCV(FrozenEstimator(fitted[best]), method="sigmoid").fit(
        held, held_labels
    )
    return ChurnModel(
        estimator=calibrated,
        kind=best,
        reference={str(name): float(value) for name, value in learned.median().fillna(0.0).items()},
        base_rate=float(held_labels.mean()),
    )


def score(model: ChurnModel, measured: pd.DataFrame) -> pd.DataFrame:
    """Return person_id, churn_score (calibrated, six decimals) and reason_1_type to reason_3_type of each person.

    A reason is a group of features that raises the score above that of the same person with the median person's values
    in the group. Whoever is not above the base rate has none, nor have those whose score no group explains.
    """
    known = features(measured)
    scores = _probability(model, known)
    scored = pd.DataFrame({PERSON: measured[PERSON].to_numpy(), "churn_score": scores})
    return scored.assign(**_reasons(model, known, scores))


def rule_scores(measured: pd.DataFrame) -> npt.NDArray[np.float64]:
    """Return the score of the one-line rule."""
    return measured[ONE_LINE_RULE].to_numpy(dtype="float64")


def _probability(model: ChurnModel, known: pd.DataFrame) -> npt.NDArray[np.float64]:
    if known.empty:
        return np.empty(0)
    return np.round(model.estimator.predict_proba(known)[:, 1], _DECIMALS)


def _reasons(model: ChurnModel, known: pd.DataFrame, scores: npt.NDArray[np.float64]) -> dict[str, pd.Series]:
    above = np.flatnonzero(scores > model.base_rate)
    asked = known.iloc[above]
    raised = np.column_stack([
        scores[above] - _probability(model, asked.assign(**{name: model.reference[name] for name in names}))
        for names in FEATURE_GROUPS.values()
    ])  # fmt: skip
    groups = np.array(list(FEATURE_GROUPS), dtype=object)
    # Of groups that raise it by as much, the first named comes first.
    order = np.argsort(-raised, axis=1, kind="stable")[:, :_MOST_REASONS]
    reasons = np.full((len(scores), _MOST_REASONS), None, dtype=object)
    told = groups[order]
    told[np.take_along_axis(raised, order, axis=1) <= 0] = None
    reasons[above] = told
    # As text even where nobody has a reason: a column's type must not depend on who is scored.
    return {
        f"reason_{number + 1}_type": pd.Series(reasons[:, number], dtype="str")
        for number in range(_MOST_REASONS)
    }


def _ratio(measured: pd.DataFrame, part: str, whole: str) -> pd.Series:
    """Return part / whole, empty where there is no whole."""
    parts, wholes = (require_columns(measured, [name])[name].astype("float64") for name in (part, whole))
    return parts / wholes.where(wholes > 0)
