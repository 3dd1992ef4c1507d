"""Figures of scores: hand-made cases, and what must not change them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml.evaluation import (
    MEASURES,
    average_precision,
    brier,
    calibration_slope,
    difference,
    evaluate,
    expected_calibration_error,
    lift_at,
    recall_at,
    roc_auc,
)


def drawn(count: int, *, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return outcomes that follow their scores exactly."""
    generator = np.random.default_rng(seed)
    scores = generator.beta(1, 4, count)
    return generator.random(count) < scores, scores


def test_recall_and_lift_count_who_is_found_at_the_top() -> None:
    outcomes = np.array([True, False, True, False, False, False, False, False, True, False])
    scores = np.array([0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 0.0])
    assert recall_at(0.10)(outcomes, scores) == pytest.approx(1 / 3)
    assert recall_at(0.30)(outcomes, scores) == pytest.approx(2 / 3)
    assert lift_at(0.10)(outcomes, scores) == pytest.approx(10 / 3)


def test_people_of_one_score_share_their_places() -> None:
    outcomes = np.array([True, False, False, False, True, False, False, False, False, False])
    scores = np.full(10, 0.5)
    # One place among ten equals, of whom two are positive: a tenth of both.
    assert recall_at(0.10)(outcomes, scores) == pytest.approx(0.1)
    assert lift_at(0.10)(outcomes, scores) == pytest.approx(1.0)


@given(st.permutations(range(12)))
def test_no_figure_depends_on_the_order_of_people(order: list[int]) -> None:
    outcomes = np.array([True, False, True, False] * 3)
    scores = np.array([0.9, 0.9, 0.7, 0.5, 0.5, 0.5, 0.4, 0.3, 0.2, 0.2, 0.1, 0.05])
    for measure in (recall_at(0.25), lift_at(0.1), average_precision, roc_auc, brier):
        assert measure(outcomes[order], scores[order]) == pytest.approx(measure(outcomes, scores))


def test_true_probabilities_are_calibrated() -> None:
    outcomes, scores = drawn(20_000, seed=3)
    assert expected_calibration_error(outcomes, scores) < 0.01
    assert calibration_slope(outcomes, scores) == pytest.approx(1.0, abs=0.05)


def test_scores_that_are_too_sure_have_a_slope_below_one_and_an_error() -> None:
    outcomes, scores = drawn(20_000, seed=3)
    logits = 2.0 * np.log(scores / (1 - scores))
    too_sure = 1 / (1 + np.exp(-logits))
    assert calibration_slope(outcomes, too_sure) == pytest.approx(0.5, abs=0.05)
    assert expected_calibration_error(outcomes, too_sure) > 0.05


def test_one_score_for_everybody_has_no_slope() -> None:
    outcomes, scores = drawn(100, seed=3)
    assert calibration_slope(outcomes, np.full(len(scores), 0.2)) == 0.0


def test_ninety_five_percent_intervals_hold_the_truth_about_that_often() -> None:
    recall = recall_at(0.10)
    truth = recall(*drawn(200_000, seed=9))
    held = 0
    for seed in range(60):
        found = evaluate(*drawn(400, seed=seed), seed=1, measures={"recall": recall})["recall"]
        held += found.low <= truth <= found.high
    # Of sixty at 95 %, 51 or fewer happen once in two hundred times.
    assert 52 <= held <= 60


def test_every_figure_stands_inside_its_interval_and_repeats_itself() -> None:
    outcomes, scores = drawn(1_000, seed=4)
    first, second = (evaluate(outcomes, scores, seed=7) for _ in range(2))
    assert first == second
    assert list(first) == list(MEASURES)
    # The error of calibration is a sum of distances: resampling can only add to it.
    for name, found in first.items():
        if name != "expected_calibration_error":
            assert found.low <= found.value <= found.high, name


def test_a_difference_is_of_the_same_people() -> None:
    outcomes, scores = drawn(1_000, seed=5)
    same = difference(average_precision, outcomes, scores, scores, seed=1)
    assert (same.value, same.low, same.high) == (0.0, 0.0, 0.0)
    chance = np.random.default_rng(1).random(len(scores))
    better = difference(average_precision, outcomes, scores, chance, seed=1)
    assert better.low > 0
