"""The stability index: nothing for the same people, alarm for others, empty values as a bin of their own."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from ml.drift import ALERT_ABOVE, Profile, profile, stability_index


def test_the_same_people_have_not_drifted() -> None:
    values = pd.Series(np.random.default_rng(1).normal(size=5_000))
    assert stability_index(profile(values), values) == 0.0
    others = pd.Series(np.random.default_rng(2).normal(size=5_000))
    assert stability_index(profile(values), others) < 0.01


def test_other_people_have() -> None:
    values = pd.Series(np.random.default_rng(1).normal(size=5_000))
    assert stability_index(profile(values), values + 0.7) > ALERT_ABOVE


def test_it_is_the_sum_of_the_textbook() -> None:
    known = Profile(edges=(1.0,), shares=(0.5, 0.5, 0.0))
    now = pd.Series([0.0, 1.0, 1.0, 2.0])
    expected = (0.75 - 0.5) * math.log(0.75 / 0.5) + (0.25 - 0.5) * math.log(0.25 / 0.5)
    assert stability_index(known, now) == pytest.approx(expected)


def test_values_that_are_suddenly_empty_are_a_drift() -> None:
    values = pd.Series(np.random.default_rng(1).normal(size=1_000))
    assert stability_index(profile(values), values.where(values.index % 2 == 0)) > ALERT_ABOVE


def test_a_column_of_one_value_has_one_edge_and_drifts_when_it_moves() -> None:
    values = pd.Series([3.0] * 100)
    known = profile(values)
    assert known.edges == (3.0,)
    assert stability_index(known, values) == 0.0
    assert stability_index(known, values + 1) > ALERT_ABOVE


def test_money_as_decimals_is_profiled_like_numbers() -> None:
    from decimal import Decimal

    values = pd.Series([Decimal("1.50"), Decimal("2.50"), None] * 40)
    assert profile(values).shares[-1] == pytest.approx(1 / 3)
