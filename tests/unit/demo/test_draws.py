"""Draws by name: equal for equal names, unlike and even otherwise, whoever is asked together."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from demo.draws import Draws

EVERYBODY = np.arange(200_000)
DRAWS = Draws.of(7, "test", "2026-01-05")


def test_a_subset_in_another_order_gets_the_numbers_that_the_whole_gets() -> None:
    whole = DRAWS.shares(EVERYBODY, 3)
    some = np.array([190_000, 5, 77, 5])
    assert DRAWS.shares(some, 3).tolist() == whole[some].tolist()
    assert DRAWS.shares(some, np.array([3, 4, 3, 3])).tolist()[::2] == whole[some].tolist()[::2]


def test_numbers_are_even_and_within_bounds() -> None:
    numbers = DRAWS.shares(EVERYBODY)
    assert numbers.min() >= 0
    assert numbers.max() < 1
    assert stats.kstest(numbers, "uniform").pvalue > 0.001


@pytest.mark.parametrize(
    "others",
    [
        DRAWS.shares(EVERYBODY + 1),
        DRAWS.shares(EVERYBODY, 1),
        Draws.of(8, "test", "2026-01-05").shares(EVERYBODY),
        Draws.of(7, "test", "2026-01-06").shares(EVERYBODY),
    ],
    ids=["the next person", "the next draw", "another seed", "another day"],
)
def test_neighbours_have_nothing_in_common(others: np.ndarray) -> None:
    numbers = DRAWS.shares(EVERYBODY)
    table, _, _ = np.histogram2d(numbers, others, bins=16)
    assert stats.chisquare(table.ravel()).pvalue > 0.001


def test_distributions_are_what_they_are_called() -> None:
    assert stats.kstest(DRAWS.normal(EVERYBODY), "norm").pvalue > 0.001
    assert stats.kstest(DRAWS.waits(2.5, EVERYBODY), "expon", (0, 2.5)).pvalue > 0.001
    whole = np.bincount(DRAWS.whole(3, 8, EVERYBODY), minlength=9)
    assert whole[:3].sum() == whole[8:].sum() == 0
    assert stats.chisquare(whole[3:8]).pvalue > 0.001
    chosen = np.bincount(DRAWS.chosen((1, 0, 3), EVERYBODY), minlength=3)
    assert chosen[1] == 0
    assert stats.chisquare(chosen[[0, 2]], [50_000, 150_000]).pvalue > 0.001
    failures = np.bincount(np.minimum(DRAWS.failures(0.4, EVERYBODY), 4))
    expected = 0.4 * 0.6 ** np.arange(4)
    assert stats.chisquare(failures, 200_000 * np.append(expected, 1 - expected.sum())).pvalue > 0.001
    happened = DRAWS.happens(np.where(EVERYBODY < 100_000, 0.1, 0.9), EVERYBODY)
    assert happened[:100_000].mean() == pytest.approx(0.1, abs=0.005)
    assert happened[100_000:].mean() == pytest.approx(0.9, abs=0.005)
