"""Examples are split by time alone, and too few of them teach nothing."""

from __future__ import annotations

import pandas as pd
import pytest

from ml.training import TrainingRefusedError, split_by_time
from tests.unit.ml.people import ORIGINS, examples


@pytest.fixture(scope="module")
def stacked() -> pd.DataFrame:
    return examples(400, seed=1)


def test_the_newest_origin_judges_and_no_label_known_later_teaches(stacked: pd.DataFrame) -> None:
    parts = split_by_time(stacked, label="is_churned")
    assert set(parts.test["origin_on"].dt.date) == {ORIGINS[3]}
    assert set(parts.calibrate["origin_on"].dt.date) == {ORIGINS[1]}
    assert set(parts.fit["origin_on"].dt.date) == {ORIGINS[0]}
    tested_on = parts.test["origin_on"].max()
    for part in (parts.fit, parts.calibrate):
        assert (part["as_of_date"] <= tested_on).all()


def test_the_order_of_rows_does_not_matter(stacked: pd.DataFrame) -> None:
    shuffled = stacked.sample(frac=1, random_state=5)
    for own, other in zip(
        vars(split_by_time(stacked, label="is_churned")).values(),
        vars(split_by_time(shuffled, label="is_churned")).values(),
        strict=True,
    ):
        pd.testing.assert_frame_equal(own, other)


def test_no_examples_are_refused(stacked: pd.DataFrame) -> None:
    with pytest.raises(TrainingRefusedError, match="there are no examples"):
        split_by_time(stacked.iloc[:0], label="is_churned")


def test_a_single_known_origin_is_refused(stacked: pd.DataFrame) -> None:
    early = stacked[stacked["origin_on"].dt.date.isin({ORIGINS[0], ORIGINS[3]})]
    with pytest.raises(
        TrainingRefusedError, match="labels of 1 origins were known on 2026-04-30: two are needed"
    ):
        split_by_time(early, label="is_churned")


@pytest.mark.parametrize("outcome", [True, False])
def test_one_outcome_alone_is_refused(stacked: pd.DataFrame, outcome: bool) -> None:
    same = stacked.assign(is_churned=outcome)
    with pytest.raises(TrainingRefusedError, match="30 of each are needed"):
        split_by_time(same, label="is_churned")


def test_too_few_of_one_outcome_in_one_part_are_refused(stacked: pd.DataFrame) -> None:
    tested = stacked["origin_on"].dt.date == ORIGINS[3]
    rare = stacked.assign(is_churned=stacked["is_churned"] & ~(tested & (stacked.index % 7 != 0)))
    kept = int(rare.loc[tested, "is_churned"].sum())
    assert 0 < kept < 30
    with pytest.raises(TrainingRefusedError, match=f"{kept} examples of it and {400 - kept} .* to judge by"):
        split_by_time(rare, label="is_churned")
