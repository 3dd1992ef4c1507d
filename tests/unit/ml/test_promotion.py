"""A model serves when it beats the one-line rule beyond chance and is not below the champion."""

from __future__ import annotations

import numpy as np

from ml.promotion import judge

_DRAW = np.random.default_rng(6)
TRUE = _DRAW.beta(1, 4, 3_000)
OUTCOMES = _DRAW.random(3_000) < TRUE
NOISY = np.clip(TRUE + _DRAW.normal(0, 0.15, 3_000), 0, 1)
CHANCE = _DRAW.random(3_000)


def test_the_first_that_beats_the_rule_serves() -> None:
    verdict = judge(OUTCOMES, TRUE, rule=CHANCE, champion=None, seed=1)
    assert verdict.is_promoted
    assert "there was no champion" in verdict.reason


def test_one_that_is_as_good_as_the_rule_does_not() -> None:
    verdict = judge(OUTCOMES, NOISY, rule=NOISY, champion=None, seed=1)
    assert not verdict.is_promoted
    assert "may be chance" in verdict.reason


def test_one_that_is_worse_than_the_rule_does_not() -> None:
    assert not judge(OUTCOMES, CHANCE, rule=NOISY, champion=None, seed=1).is_promoted


def test_the_champion_goes_on_serving_when_the_new_one_is_worse() -> None:
    verdict = judge(OUTCOMES, NOISY, rule=CHANCE, champion=TRUE, seed=1)
    assert not verdict.is_promoted
    assert verdict.reason.endswith("of the champion")


def test_the_new_one_serves_when_it_is_not_worse() -> None:
    assert judge(OUTCOMES, TRUE, rule=CHANCE, champion=NOISY, seed=1).is_promoted
    assert judge(OUTCOMES, TRUE, rule=CHANCE, champion=TRUE, seed=1).is_promoted


def test_one_that_knows_the_outcome_is_refused() -> None:
    knows = np.where(OUTCOMES, 0.9, 0.1) + TRUE / 100
    verdict = judge(OUTCOMES, knows, rule=CHANCE, champion=None, seed=1)
    assert not verdict.is_promoted
    assert "too good: the label has leaked" in verdict.reason
