"""The acceptance page says what was measured, and says so when something was not met."""

from __future__ import annotations

from tests.acceptance.figures import Figure
from tests.acceptance.kills import chain_sizes
from tests.acceptance.page import Circumstances, circumstances, written

HERE = Circumstances(date="2026-01-05", commit="abc1234", machine="2 cores", versions="Python 3.11")


def figure(*, is_met: bool) -> Figure:
    return Figure("nothing is lost", "python -m this", "7", "0 of 12 | 3", is_met=is_met)


def test_the_page_has_one_line_per_figure_with_its_command_seed_figure_and_verdict() -> None:
    page = written([figure(is_met=True)], HERE)
    assert "| nothing is lost | `python -m this` | 7 | 0 of 12 / 3 | met |" in page.splitlines()
    assert "| verdict | all 1 met |" in page
    assert "2026-01-05, on top of commit abc1234" in page


def test_a_figure_that_was_not_met_stands_out_on_the_page() -> None:
    page = written([figure(is_met=True), figure(is_met=False)], HERE)
    assert "| verdict | 1 of 2 not met |" in page
    assert "| **not met** |" in page


def test_the_same_figures_make_the_same_page() -> None:
    figures = [figure(is_met=True), figure(is_met=False)]
    assert written(figures, HERE) == written(figures, HERE)
    assert circumstances("2026-01-05") == circumstances("2026-01-05")


def test_sixty_kills_are_spread_over_chains_from_both_kinds_of_home() -> None:
    sizes = chain_sizes(60)
    assert sum(sizes.values()) == 60
    assert {(seed % 2, kills) for seed, kills in sizes.items()} >= {
        (parity, kills) for parity in (0, 1) for kills in (1, 2, 3, 4)
    }
