"""People for the tests of models: measured at origins, with outcomes that follow a known hazard.

Belongs here: drawing them. Does not belong here: any expectation.
"""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd

from ml.churn import FEATURES

ORIGINS = (date(2026, 1, 31), date(2026, 2, 28), date(2026, 3, 31), date(2026, 4, 30))
# Fifty days after its origin a label is known: of these origins only the first two are, at the last one's date.
MATURES_AFTER = timedelta(days=50)


def measured(count: int, *, seed: int, first: int = 0) -> pd.DataFrame:
    """Return `count` people measured at one date; a third of them falls silent."""
    draw = np.random.default_rng(seed)
    silent = draw.exponential(4, count).round()
    falling = draw.random(count) < 1 / 3
    silent = np.where(falling, silent + draw.integers(5, 30, count), silent)
    active = np.maximum(0, draw.poisson(12, count) - silent // 3)
    assets = np.exp(draw.normal(11, 1.5, count)).round(2)
    frame = pd.DataFrame({name: draw.poisson(2, count).astype("float64") for name in FEATURES})
    return frame.drop(columns=["assets_to_peak_ratio", "cash_ratio"]).assign(
        person_id=[f"p{first + number:06d}" for number in range(count)],
        silent_td_count=silent,
        active_days_30d_count=active,
        active_days_7d_count=np.minimum(active, 7),
        total_assets_cny=np.where(draw.random(count) < 0.05, np.nan, assets),
        cash_cny=(assets * draw.random(count)).round(2),
        peak_assets_240td_cny=(assets * (1 + draw.exponential(1, count))).round(2),
        assets_20td_mean_cny=assets,
    )


def hazard(people: pd.DataFrame) -> np.ndarray:
    """Return the true probability that each falls silent: silence, shrunk assets, and little use drive it."""
    shrunk = 1 - (people["total_assets_cny"] / people["peak_assets_240td_cny"]).fillna(1.0)
    logit = (
        -5.0
        + 0.10 * people["silent_td_count"]
        + 3.0 * shrunk
        - 0.12 * people["active_days_30d_count"]
        + 0.6 * people["withdrawal_views_14d_count"]
    )
    return (1 / (1 + np.exp(-logit))).to_numpy()


def examples(count: int, *, seed: int) -> pd.DataFrame:
    """Return `count` people at each of ORIGINS, with what became of them."""
    parts = []
    for number, origin in enumerate(ORIGINS):
        people = measured(count, seed=seed * 100 + number)
        draw = np.random.default_rng(seed * 1000 + number)
        parts.append(
            people.assign(
                origin_on=pd.Timestamp(origin),
                as_of_date=pd.Timestamp(origin + MATURES_AFTER),
                is_churned=draw.random(count) < hazard(people),
            )
        )
    return pd.concat(parts, ignore_index=True)
