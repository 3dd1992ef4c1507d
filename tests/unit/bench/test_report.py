"""The report: ratios of neighbours, the middle one counts, and a missed target is said aloud."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from bench import definitions
from bench.__main__ import main
from bench.definitions import DefinitionsLoad
from bench.nights import After, Night, NightsComparison
from bench.report import (
    definitions_figures,
    definitions_lines,
    intake_figures,
    intake_lines,
    nights_figures,
    nights_lines,
)
from tests.unit.bench.figures import comparison


def test_the_ratio_is_the_middle_one_of_the_rounds() -> None:
    # The second round met a busy machine on both sides, the third on one.
    found = comparison(strict_seconds=(3.0, 6.0, 8.0), plain_seconds=(1.0, 2.5, 1.0))
    assert [one.ratio for one in found.rounds] == [3.0, 2.4, 8.0]
    assert found.ratio == 3.0
    assert found.is_met
    assert not comparison(strict_seconds=(4.1,), plain_seconds=(1.0,)).is_met
    assert not comparison(strict_seconds=(3.0,), plain_seconds=(1.0,), peak_bytes=(2 << 30) + 1).is_met


def test_the_table_tells_the_file_each_side_and_the_verdict() -> None:
    table = list(intake_lines(comparison(strict_seconds=(3.0, 8.5), plain_seconds=(1.0, 2.0))))
    assert table[0] == "Intake of 1,000 app events, 10 of them sent twice; 2 cores"
    assert "690 bytes a line" in table[1]
    assert [line.split() for line in table[-5:-1]] == [
        ["1", "strict", "3.00", "6.00", "500", "3.00"],
        ["plain", "1.00", "1.00", "200"],
        ["2", "strict", "8.50", "17.00", "500", "4.25"],
        ["plain", "2.00", "2.00", "200"],
    ]
    assert table[-1] == (
        "  median ratio 3.62 (by CPU time 7.25), at most 4.0; peak 500 MB, at most 2,147: met"
    )
    missed = list(intake_lines(comparison(strict_seconds=(9.0,), plain_seconds=(2.0,))))
    assert missed[-1] == (
        "  median ratio 4.50 (by CPU time 9.00), at most 4.0; peak 500 MB, at most 2,147: MISSED"
    )


def test_loading_is_judged_by_its_middle_time() -> None:
    found = DefinitionsLoad((4.0, 11.0, 5.0))
    assert found.is_met
    assert (
        list(definitions_lines(found))[-1] == "  median 5.00 s of 4.00, 11.00, 5.00; target under 10 s: met"
    )
    assert definitions_figures(found)["median_seconds"] == 5.0


def grown(*, long_seconds: float, peak_bytes: int = 2_500_000_000) -> NightsComparison:
    """Return nights of 12 s after 20 days and others after 60, an idle one of 2 s beside each."""
    short = After(20, (Night(12.0, 1_000_000_000), Night(15.0, 1), Night(11.0, 1)), Night(2.0, 1))
    return NightsComparison(1_000, short, After(60, (Night(long_seconds, peak_bytes),), Night(2.0, 1)))


def test_nights_are_compared_less_an_idle_one() -> None:
    found = grown(long_seconds=14.0)
    assert (found.ratio, found.peak_bytes, found.is_met) == (1.2, 2_500_000_000, True)
    table = list(nights_lines(found))
    assert table[2].split() == ["20", "12.0", "2.0", "1,000"]
    assert table[-1] == (
        "  1.20 times as long after 60 days as after 20, at most 1.3; peak 2,500 MB, at most 3,000: met"
    )
    assert json.loads(json.dumps(nights_figures(found)))["ratio"] == 1.2
    assert not grown(long_seconds=15.1).is_met
    assert not grown(long_seconds=14.0, peak_bytes=3_000_000_001).is_met


def test_figures_for_programs_are_json_with_every_round() -> None:
    figures = intake_figures(comparison(strict_seconds=(3.0,), plain_seconds=(1.0,)))
    again = json.loads(json.dumps(figures))
    assert again["ratio"] == 3.0
    assert again["rounds"][0]["strict"]["rows_duplicate"] == 10
    assert again["rounds"][0]["plain"]["wall_seconds"] == 1.0


def test_the_command_measures_what_it_is_asked_for_and_prints_json(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(definitions, "load", lambda *, rounds, say: DefinitionsLoad((1.0,) * rounds))
    ended = CliRunner().invoke(main, ["definitions", "--rounds", "2", "--json"])
    assert ended.exit_code == 0, ended.output
    assert json.loads(ended.stdout) == {
        "definitions": {"seconds": [1.0, 1.0], "median_seconds": 1.0, "target_seconds": 10.0, "is_met": True}
    }
