"""Lookalike: hidden seeds come up again, a seed that is too small or defined by the features teaches nothing."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from ml import lookalike
from ml.model_bytes import from_bytes, to_bytes
from ml.training import TrainingRefusedError

FEATURES = ("depth", "breadth", "noise")


def crowd(count: int, *, seed: int) -> tuple[pd.DataFrame, pd.Series]:
    """Return people of whom a latent interest decides both what is measured and, in part, who is a known seed."""
    draw = np.random.default_rng(seed)
    interest = draw.normal(size=count)
    belongs = interest > 1.0
    people = pd.DataFrame({
        "person_id": [f"p{number:06d}" for number in range(count)],
        "depth": interest + draw.normal(0, 0.7, count),
        "breadth": np.where(draw.random(count) < 0.05, np.nan, interest + draw.normal(0, 0.9, count)),
        "noise": draw.normal(size=count),
        "interest": interest,
    })  # fmt: skip
    return people, pd.Series(belongs & (draw.random(count) < 0.5))


@pytest.fixture(scope="module")
def learned() -> tuple[lookalike.LookalikeModel, lookalike.Proof]:
    people, seeds = crowd(6_000, seed=1)
    return lookalike.fit(people, seeds, features=FEATURES, seed=3)


def test_hidden_seeds_come_up_twice_as_often_as_by_chance(
    learned: tuple[lookalike.LookalikeModel, lookalike.Proof],
) -> None:
    _, proof = learned
    assert proof.lift_at_10_percent.low >= 2.0
    assert proof.recall_at_10_percent.value == pytest.approx(proof.lift_at_10_percent.value / 10)
    people, seeds = crowd(6_000, seed=1)
    assert proof.hidden_count == round(seeds.sum() * lookalike.HIDDEN_SHARE)
    assert proof.pool_count == len(people) - seeds.sum() + proof.hidden_count


def test_it_orders_strangers_by_the_latent_interest(
    learned: tuple[lookalike.LookalikeModel, lookalike.Proof],
) -> None:
    people, _ = crowd(3_000, seed=2)
    scores = lookalike.score(learned[0], people)["lookalike_score"]
    assert np.corrcoef(scores, people["interest"])[0, 1] > 0.6
    assert scores.between(0, 1).all()


def test_a_person_scores_the_same_alone_and_in_a_crowd(
    learned: tuple[lookalike.LookalikeModel, lookalike.Proof],
) -> None:
    people, _ = crowd(400, seed=5)
    together = lookalike.score(learned[0], people)
    for number in range(0, 400, 23):
        alone = lookalike.score(learned[0], people.iloc[[number]])
        pd.testing.assert_frame_equal(alone, together.iloc[[number]].reset_index(drop=True))


def test_the_same_people_in_any_order_give_the_same_bytes_and_proof() -> None:
    people, seeds = crowd(3_000, seed=1)
    order = np.random.default_rng(8).permutation(len(people))
    models = [
        lookalike.fit(people.iloc[chosen], seeds.iloc[chosen], features=FEATURES, seed=3)
        for chosen in (np.arange(len(people)), order)
    ]
    assert to_bytes(models[0][0].estimator) == to_bytes(models[1][0].estimator)
    assert models[0][0].seed_mean == models[1][0].seed_mean
    assert models[0][1] == models[1][1]
    assert to_bytes(from_bytes(to_bytes(models[0][0].estimator))) == to_bytes(models[0][0].estimator)


def test_a_seed_by_chance_is_found_no_more_often_than_by_chance() -> None:
    people, _ = crowd(6_000, seed=1)
    drawn = pd.Series(np.random.default_rng(4).random(6_000) < 0.1)
    _, proof = lookalike.fit(people, drawn, features=FEATURES, seed=3)
    assert proof.lift_at_10_percent.low < 1.0 < proof.lift_at_10_percent.high


def test_a_seed_below_two_hundred_is_refused() -> None:
    people, seeds = crowd(1_000, seed=1)
    few = seeds & (seeds.cumsum() <= 199)
    assert few.sum() == seeds.sum() < 200
    with pytest.raises(TrainingRefusedError, match=f"{few.sum()} seeds: 200 are needed"):
        lookalike.fit(people, few, features=FEATURES, seed=3)


def test_a_pool_that_is_empty_is_refused() -> None:
    people, _ = crowd(1_000, seed=1)
    with pytest.raises(TrainingRefusedError, match="0 people outside of it"):
        lookalike.fit(people, pd.Series(np.ones(1_000, dtype=bool)), features=FEATURES, seed=3)


def test_features_that_define_the_seed_are_refused() -> None:
    people, _ = crowd(6_000, seed=1)
    with pytest.raises(TrainingRefusedError, match="the features define the seed"):
        lookalike.fit(people, people["depth"] > 1.8, features=FEATURES, seed=3)
