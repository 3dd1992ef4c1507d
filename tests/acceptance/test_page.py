"""The acceptance page says what was measured, where, and says so when something was not met, or never measured."""

from __future__ import annotations

from tests.acceptance.figures import Figure
from tests.acceptance.kept import Measured
from tests.acceptance.kills import chain_sizes
from tests.acceptance.page import machine, versions, written


def measured(*, is_met: bool = True, commit: str = "abc1234") -> Measured:
    return Measured(
        "2026-01-05", commit, (Figure("nothing is lost", "python -m this", "7", "0 of 12 | 3", is_met),)
    )


def page(*found: Measured) -> str:
    named = {f"check {number}": one for number, one in enumerate(found)}
    return written(named, order=[*named, "later"], machine="2 cores", versions="Python 3.11")


def test_the_page_has_one_line_per_figure_with_its_command_seed_figure_verdict_and_commit() -> None:
    lines = page(measured(), measured(commit="def5678")).splitlines()
    assert "| nothing is lost | `python -m this` | 7 | 0 of 12 / 3 | met | 2026-01-05, abc1234 |" in lines
    assert "| nothing is lost | `python -m this` | 7 | 0 of 12 / 3 | met | 2026-01-05, def5678 |" in lines
    assert "| verdict | all 2 met |" in lines
    assert "| machine | 2 cores |" in lines


def test_a_figure_that_was_not_met_stands_out_on_the_page() -> None:
    told = page(measured(), measured(is_met=False))
    assert "| verdict | 1 of 2 not met |" in told
    assert "| **not met** |" in told


def test_a_check_that_never_ran_is_named() -> None:
    assert "| never measured | later |" in page(measured())


def test_the_same_figures_make_the_same_page() -> None:
    assert page(measured(), measured(is_met=False)) == page(measured(), measured(is_met=False))
    assert (machine(), versions()) == (machine(), versions())


def test_sixty_kills_are_spread_over_chains_from_both_kinds_of_home() -> None:
    sizes = chain_sizes(60)
    assert sum(sizes.values()) == 60
    assert {(seed % 2, kills) for seed, kills in sizes.items()} >= {
        (parity, kills) for parity in (0, 1) for kills in (1, 2, 3, 4)
    }
