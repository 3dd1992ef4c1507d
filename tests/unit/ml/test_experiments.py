"""What an experiment shows: figures worked out by hand, coverage of its interval, and what cannot be told."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from ml.experiments import CONTROL, TREATMENT, intention_to_treat


def assigned(*, control: tuple[int, int], treatment: tuple[int, int]) -> pd.DataFrame:
    """Return people of two arms, each given as (people, those it happened to)."""
    parts = [
        pd.DataFrame({"arm_type": arm, "has_traded": [1] * happened + [0] * (count - happened)})
        for arm, (count, happened) in ((CONTROL, control), (TREATMENT, treatment))
    ]
    return pd.concat(parts, ignore_index=True)


def test_the_figures_worked_out_by_hand() -> None:
    result = intention_to_treat(
        assigned(control=(6_000, 600), treatment=(6_000, 780)), "has_traded", control_share=0.5
    )
    effect = result.effect
    assert (effect.control_mean, effect.treatment_mean) == (0.10, 0.13)
    assert effect.difference == pytest.approx(0.03)
    assert effect.difference_low == pytest.approx(0.0186, abs=5e-5)
    assert effect.difference_high == pytest.approx(0.0414, abs=5e-5)
    assert effect.relative_difference == pytest.approx(0.30)
    # The logarithm of the ratio has variance 0.9 / 600 + 0.87 / 780 but for the n - 1 of a sample.
    error = 1.959964 * math.sqrt(0.9 / 600 + 0.87 / 780)
    assert effect.relative_difference_low == pytest.approx(1.3 * math.exp(-error) - 1, abs=1e-4)
    assert effect.relative_difference_high == pytest.approx(1.3 * math.exp(error) - 1, abs=1e-4)
    assert (result.control_count, result.treatment_count) == (6_000, 6_000)


@pytest.mark.parametrize(
    ("control", "treatment", "p_value", "is_comparable"),
    [(5_200, 4_800, 6.33e-5, False), (5_040, 4_960, 0.424, True)],
)
def test_lost_people_raise_the_alarm(
    control: int, treatment: int, p_value: float, is_comparable: bool
) -> None:
    people = assigned(control=(control, 500), treatment=(treatment, 500))
    result = intention_to_treat(people, "has_traded", control_share=0.5)
    assert result.sample_ratio_p_value == pytest.approx(p_value, rel=5e-3)
    assert result.is_comparable is is_comparable


def test_the_planned_split_may_be_uneven() -> None:
    people = assigned(control=(1_000, 100), treatment=(9_000, 900))
    assert intention_to_treat(people, "has_traded", control_share=0.1).sample_ratio_p_value == 1.0
    assert not intention_to_treat(people, "has_traded", control_share=0.5).is_comparable


def test_the_interval_holds_the_true_effect_as_often_as_it_says() -> None:
    held = 0
    for seed in range(100):
        draw = np.random.default_rng(seed)
        arms = np.where(draw.random(2_000) < 0.2, CONTROL, TREATMENT)
        happened = draw.random(2_000) < np.where(arms == TREATMENT, 0.15, 0.10)
        people = pd.DataFrame({"arm_type": arms, "has_traded": happened.astype(int)})
        effect = intention_to_treat(people, "has_traded", control_share=0.2).effect
        assert effect.difference_low is not None
        assert effect.difference_high is not None
        held += effect.difference_low <= 0.05 <= effect.difference_high
    # Of a hundred at 95 %, 88 or fewer happen once in two hundred times.
    assert held >= 89


def test_money_is_compared_by_its_mean() -> None:
    draw = np.random.default_rng(1)
    people = pd.DataFrame({
        "arm_type": [CONTROL] * 500 + [TREATMENT] * 500,
        "deposited_cny": np.concatenate([draw.exponential(100, 500), draw.exponential(200, 500)]),
    })  # fmt: skip
    effect = intention_to_treat(people, "deposited_cny", control_share=0.5).effect
    means = people.groupby("arm_type")["deposited_cny"].mean()
    assert effect.difference == pytest.approx(means[TREATMENT] - means[CONTROL])
    assert effect.p_value is not None
    assert effect.p_value < 1e-6


def test_nobody_converted_yet_is_no_effect_of_nothing() -> None:
    people = assigned(control=(100, 0), treatment=(400, 0))
    result = intention_to_treat(people, "has_traded", control_share=0.2)
    assert (result.effect.control_mean, result.effect.treatment_mean) == (0.0, 0.0)
    assert result.effect.difference is None
    assert result.effect.relative_difference is None
    assert result.is_comparable


def test_a_control_without_conversions_has_no_relative_effect() -> None:
    people = assigned(control=(200, 0), treatment=(800, 40))
    effect = intention_to_treat(people, "has_traded", control_share=0.2).effect
    assert effect.difference == pytest.approx(0.05)
    assert effect.relative_difference is None
    assert effect.relative_difference_low is None


@pytest.mark.parametrize("arm", [CONTROL, TREATMENT])
def test_an_empty_arm_tells_nothing_and_is_not_comparable(arm: str) -> None:
    people = pd.DataFrame({"arm_type": [arm] * 50, "has_traded": [1, 0] * 25})
    result = intention_to_treat(people, "has_traded", control_share=0.5)
    assert result.effect.difference is None
    assert result.sample_ratio_p_value is None
    assert not result.is_comparable


def test_nobody_at_all_is_a_result_of_nobody() -> None:
    people = pd.DataFrame({"arm_type": pd.Series(dtype="str"), "has_traded": pd.Series(dtype="int64")})
    result = intention_to_treat(people, "has_traded", control_share=0.5)
    assert (result.control_count, result.treatment_count) == (0, 0)
    assert result.effect.control_mean is None
    assert not result.is_comparable


def test_a_missing_outcome_and_an_unknown_arm_are_refused() -> None:
    people = assigned(control=(10, 1), treatment=(10, 2)).astype({"has_traded": "float64"})
    people.loc[3, "has_traded"] = np.nan
    with pytest.raises(ValueError, match="has_traded is missing of 1 people"):
        intention_to_treat(people, "has_traded", control_share=0.5)
    people.loc[4, "arm_type"] = "both"
    with pytest.raises(ValueError, match="there is no arm both"):
        intention_to_treat(people, "has_traded", control_share=0.5)


@pytest.mark.parametrize("share", [0.0, 1.0, -0.1])
def test_a_split_without_control_or_treatment_is_refused(share: float) -> None:
    with pytest.raises(ValueError, match="leaves an arm empty"):
        intention_to_treat(assigned(control=(10, 1), treatment=(10, 2)), "has_traded", control_share=share)
