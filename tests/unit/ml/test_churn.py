"""The churn model: learns what was planted, scores a person by their own row, and is the same bytes every time."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from ml import churn
from ml.evaluation import average_precision, expected_calibration_error
from ml.model_bytes import from_bytes, to_bytes
from ml.training import Parts, split_by_time
from tests.unit.ml.people import examples, hazard, measured

SEED = 7


@pytest.fixture(scope="module")
def parts() -> Parts:
    return split_by_time(examples(1_500, seed=1), label=churn.LABEL)


@pytest.fixture(scope="module")
def model(parts: Parts) -> churn.ChurnModel:
    return churn.fit(parts, seed=SEED)


def test_it_orders_people_better_than_the_one_line_rule(parts: Parts, model: churn.ChurnModel) -> None:
    outcomes = parts.test[churn.LABEL].to_numpy(dtype=bool)
    scores = churn.score(model, parts.test)["churn_score"].to_numpy()
    rule = churn.rule_scores(parts.test)
    assert average_precision(outcomes, scores) > average_precision(outcomes, rule) + 0.03


def test_its_scores_are_near_the_planted_probabilities(model: churn.ChurnModel) -> None:
    people = measured(4_000, seed=99)
    scores = churn.score(model, people)["churn_score"].to_numpy()
    true = hazard(people)
    happened = np.random.default_rng(3).random(len(true)) < true
    assert expected_calibration_error(happened, scores) <= 0.05
    assert np.corrcoef(scores, true)[0, 1] > 0.8


def test_a_customer_scores_the_same_alone_and_in_a_crowd(model: churn.ChurnModel) -> None:
    crowd = measured(500, seed=42)
    together = churn.score(model, crowd)
    for number in (0, 1, 77, 250, 499):
        alone = churn.score(model, crowd.iloc[[number]])
        pd.testing.assert_frame_equal(alone, together.iloc[[number]].reset_index(drop=True))
    backwards = churn.score(model, crowd.iloc[::-1])
    pd.testing.assert_frame_equal(backwards.iloc[::-1].reset_index(drop=True), together)


@pytest.mark.parametrize("kind", ["logistic_regression", "boosted_trees"])
def test_either_candidate_scores_a_customer_alone_as_in_a_crowd(parts: Parts, kind: str) -> None:
    fitted = churn.estimators(SEED)[kind].fit(
        churn.features(parts.fit), parts.fit[churn.LABEL].to_numpy(dtype=bool)
    )
    crowd = churn.features(measured(60, seed=5))
    together = np.round(fitted.predict_proba(crowd)[:, 1], 6)
    alone = [np.round(fitted.predict_proba(crowd.iloc[[number]])[0, 1], 6) for number in range(len(crowd))]
    assert together.tolist() == alone


def test_the_same_examples_in_any_order_give_the_same_bytes() -> None:
    stacked = examples(400, seed=2)
    shuffled = stacked.sample(frac=1, random_state=11)
    models = [churn.fit(split_by_time(one, label=churn.LABEL), seed=SEED) for one in (stacked, shuffled)]
    assert to_bytes(models[0].estimator) == to_bytes(models[1].estimator)
    assert models[0].reference == models[1].reference
    assert models[0].base_rate == models[1].base_rate


@pytest.mark.parametrize("kind", ["logistic_regression", "boosted_trees"])
def test_a_model_read_from_its_bytes_scores_as_before(
    parts: Parts, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    every = churn.estimators(SEED)
    monkeypatch.setattr(churn, "estimators", lambda seed: {kind: every[kind]})
    model = churn.fit(parts, seed=SEED)
    assert model.kind == kind
    data = to_bytes(model.estimator)
    restored = churn.ChurnModel(from_bytes(data), model.kind, model.reference, model.base_rate)
    people = measured(200, seed=8)
    pd.testing.assert_frame_equal(churn.score(restored, people), churn.score(model, people))
    assert to_bytes(restored.estimator) == data


def test_the_test_part_teaches_nothing(parts: Parts, model: churn.ChurnModel) -> None:
    turned = parts.test.assign(is_churned=~parts.test[churn.LABEL].astype(bool))
    other = churn.fit(Parts(parts.fit, parts.calibrate, turned), seed=SEED)
    assert to_bytes(other.estimator) == to_bytes(model.estimator)


def test_whoever_is_above_the_base_rate_is_told_why(model: churn.ChurnModel) -> None:
    people = measured(300, seed=21)
    quiet = people.assign(silent_td_count=0.0, active_days_30d_count=25.0, withdrawal_views_14d_count=0.0)
    silent = people.assign(silent_td_count=60.0)
    told = churn.score(model, silent)
    above = told[told["churn_score"] > model.base_rate]
    assert len(above) > 200
    assert above["reason_1_type"].notna().all()
    assert (above["reason_1_type"] == "silence").mean() > 0.8
    below = churn.score(model, quiet)
    below = below[below["churn_score"] <= model.base_rate]
    assert len(below) > 200
    assert below[["reason_1_type", "reason_2_type", "reason_3_type"]].isna().all().all()


def test_reasons_are_groups_and_none_is_told_twice(model: churn.ChurnModel) -> None:
    told = churn.score(model, measured(400, seed=33))
    reasons = told[["reason_1_type", "reason_2_type", "reason_3_type"]]
    assert set(reasons.stack().dropna()) <= set(churn.FEATURE_GROUPS)
    for row in reasons.itertuples(index=False):
        named = [one for one in row if isinstance(one, str)]
        assert len(named) == len(set(named))


def test_nobody_to_score_is_no_error(model: churn.ChurnModel) -> None:
    none = churn.score(model, measured(5, seed=1).iloc[:0])
    assert len(none) == 0
    assert list(none.columns) == [
        "person_id",
        "churn_score",
        "reason_1_type",
        "reason_2_type",
        "reason_3_type",
    ]


def test_features_come_by_name_never_by_position(model: churn.ChurnModel) -> None:
    people = measured(50, seed=13)
    turned = people[sorted(people.columns, reverse=True)]
    pd.testing.assert_frame_equal(churn.score(model, turned), churn.score(model, people))


def test_a_measure_that_lacks_is_named() -> None:
    people = measured(5, seed=1)
    with pytest.raises(KeyError, match="no columns turnover_90d_cny"):
        churn.features(people.drop(columns=["turnover_90d_cny"]))
    with pytest.raises(KeyError, match="no columns peak_assets_240td_cny"):
        churn.features(people.drop(columns=["peak_assets_240td_cny"]))


def test_what_is_measured_is_not_changed(model: churn.ChurnModel) -> None:
    people = measured(20, seed=4)
    before = people.copy(deep=True)
    churn.score(model, people)
    pd.testing.assert_frame_equal(people, before)
