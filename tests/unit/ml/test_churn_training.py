"""Training churn: the card says what was learned, a worse model does not serve, and planted leaks are found."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from ml import churn
from ml.card import SchemaChangedError, from_json, to_json, told
from ml.churn_training import TIER, Training, train
from ml.drift import ALERT_ABOVE
from ml.model_bytes import to_bytes
from ml.training import TrainingRefusedError
from tests.unit.ml.people import ORIGINS, examples, measured

SEED = 7


def stacked(count: int, *, seed: int) -> pd.DataFrame:
    rows = examples(count, seed=seed)
    rich = rows["total_assets_cny"].fillna(0) > rows["total_assets_cny"].median()
    return rows.assign(**{TIER: np.where(rich, "T2", "T1")})


@pytest.fixture(scope="module")
def trained() -> Training:
    return train(stacked(1_200, seed=1), champion=None, seed=SEED)


def test_a_model_that_beats_the_rule_serves_and_its_card_says_by_how_much(trained: Training) -> None:
    assert trained.verdict.is_promoted
    card = trained.card
    assert card.figures["average_precision"].value > card.rule_average_precision
    assert card.figures["expected_calibration_error"].value <= 0.05
    assert card.examples["test"].origins == (ORIGINS[3].isoformat(),)
    assert card.examples["calibrate"].origins == (ORIGINS[1].isoformat(),)
    assert card.examples["fit"].people_count == 1_200
    assert set(card.tiers) == {"T1", "T2"}
    assert sum(figures["people_count"] for figures in card.tiers.values()) == 1_200


def test_the_card_is_the_same_after_it_was_written_and_read(trained: Training) -> None:
    written = to_json(trained.card)
    assert from_json(written) == trained.card
    assert to_json(from_json(written)) == written
    page = told(trained.card)
    assert "average precision of the one-line rule" in page
    assert f"{trained.card.figures['roc_auc'].value:.3f}" in page


def test_training_again_gives_the_same_model_card_and_verdict(trained: Training) -> None:
    again = train(stacked(1_200, seed=1).sample(frac=1, random_state=2), champion=None, seed=SEED)
    assert to_bytes(again.model.estimator) == to_bytes(trained.model.estimator)
    assert to_json(again.card) == to_json(trained.card)
    assert again.verdict == trained.verdict


def test_the_champion_serves_on_when_a_new_model_learned_from_noise(trained: Training) -> None:
    rows = stacked(1_200, seed=1)
    tested = rows["origin_on"].dt.date == ORIGINS[3]
    noise = pd.Series(np.random.default_rng(1).random(len(rows)) < 0.2)
    worse = train(
        rows.assign(is_churned=np.where(tested, rows["is_churned"], noise)), champion=trained.model, seed=SEED
    )
    assert not worse.verdict.is_promoted


def test_labels_by_chance_do_not_serve() -> None:
    rows = stacked(1_200, seed=1)
    chance = train(
        rows.assign(is_churned=np.random.default_rng(5).random(len(rows)) < 0.2), champion=None, seed=SEED
    )
    assert not chance.verdict.is_promoted
    assert abs(chance.card.figures["roc_auc"].value - 0.5) < 0.06


def test_a_column_from_the_future_is_found_by_its_figures() -> None:
    rows = stacked(1_200, seed=1)
    leaked = rows.assign(withdrawals_30d_cny=rows["is_churned"] * 1_000.0)
    found = train(leaked, champion=None, seed=SEED)
    assert not found.verdict.is_promoted
    assert "the label has leaked" in found.verdict.reason


def test_labels_of_one_kind_teach_nothing() -> None:
    with pytest.raises(TrainingRefusedError, match="30 of each are needed"):
        train(stacked(300, seed=1).assign(is_churned=False), champion=None, seed=SEED)


def test_other_features_than_those_learned_are_refused_by_name(trained: Training) -> None:
    trained.card.require_features(churn.FEATURES)
    with pytest.raises(SchemaChangedError, match="learned other features: moon_phase"):
        trained.card.require_features((*churn.FEATURES, "moon_phase"))
    with pytest.raises(SchemaChangedError, match="learned other features: their order"):
        trained.card.require_features(churn.FEATURES[::-1])


def test_other_people_than_those_learned_from_are_told_worst_first(trained: Training) -> None:
    people = measured(1_200, seed=17)
    assert max(trained.card.stability(churn.features(people)).values()) < ALERT_ABOVE
    moved = people.assign(launches_30d_count=people["launches_30d_count"] + 9, silent_td_count=0.0)
    found = trained.card.stability(churn.features(moved))
    assert {name for name, index in found.items() if index > ALERT_ABOVE} == {
        "launches_30d_count",
        "silent_td_count",
    }
    assert list(found.values()) == sorted(found.values(), reverse=True)
