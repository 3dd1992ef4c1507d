"""The report says of every planted truth what was found, and counts the planted dirt exactly."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from demo.brokerage import reissue_day, write_days
from demo.truth_files import add_reissue, write_truth
from demo.truths import Truths, planted
from demo.world import World
from orchestration.recovered import MISSED, NOT_YET, RECOVERED, Recovered
from orchestration.recovery import COLUMNS, recovery
from orchestration.resources import open_house, read_settings
from storage.home import Home
from tests.reliability.homes import environment, new_home, run, succeeded

pytestmark = pytest.mark.timeout(900)
WORLD = World(seed=2, people=160, first_day=date(2026, 1, 5), days=4)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home after the night of a world with much dirt, its truth beside it."""
    home = new_home(tmp_path_factory.mktemp("recovery") / "home")
    truths = planted().model_dump(by_alias=True)
    truths["dirt"] |= {"late": 0.05, "repeated": 0.04, "too_late": 0.0, "clock_ahead": 0.01}
    truths["dirt"]["damaged"] = dict.fromkeys(truths["dirt"]["damaged"], 0.01)
    truths["dirt"]["rows"] |= {"repeated": 0.05, "damaged": 0.03}
    truths["silent"] |= {"from_day": 2, "days": 1}
    truths["identities"] |= {"unbound_after_days": 1}
    truths["churn"] |= {"futures": 5, "sample": 20}
    world = replace(WORLD, truths=Truths.model_validate(truths))
    written = write_days(home.landing, world=world, days=world.dates)
    write_truth(home.root / "truth", world=world, written=written, as_of=world.dates[-1])
    succeeded(home, "nightly")
    add_reissue(home.root / "truth", reissue_day(home.landing, world=world, day=world.dates[1]))
    succeeded(home, "nightly")
    return home


def compared(home: Home, monkeypatch: pytest.MonkeyPatch, truth: Path | None = None) -> dict[str, Recovered]:
    for name, value in environment(home).items():
        if name.startswith("LIFECYCLE_"):
            monkeypatch.setenv(name, value)
    with open_house(read_settings()) as house:
        return {line.truth: line for line in recovery(house, truth)}


def test_the_planted_dirt_is_quarantined_deduplicated_and_reopened_to_the_line(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = compared(home, monkeypatch)
    dirt = [line for truth, line in lines.items() if truth.startswith("event lines")]
    assert [line.found for line in dirt] == [line.planted for line in dirt]
    assert [line.verdict for line in dirt] == [RECOVERED] * 7
    assert all(int(line.planted.replace(",", "")) > 3 for line in dirt)
    rows = [line for truth, line in lines.items() if truth.startswith("rows of")]
    assert [line.found for line in rows] == [line.planted for line in rows]
    assert len(rows) >= 4
    assert all(int(line.planted) > 0 for line in rows)


def test_what_feeds_and_logins_suffer_is_found(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = compared(home, monkeypatch)
    assert lines["days on which marketing.channel_costs was not delivered"].verdict == RECOVERED
    assert lines["login u100049 is taken off its customer on 2026-01-06, people then"].verdict == RECOVERED
    (issued,) = (line for truth, line in lines.items() if "issued again" in truth)
    assert issued.verdict == RECOVERED
    assert issued.planted.startswith("charged ")


def test_what_cannot_be_found_yet_says_what_it_waits_for(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = compared(home, monkeypatch).values()
    assert MISSED not in {line.verdict for line in lines}
    waiting = [line for line in lines if line.waits_for]
    assert len(waiting) >= 5
    assert all(line.verdict == f"{NOT_YET}: {line.waits_for}" for line in waiting)


def test_a_count_that_differs_is_missed(home: Home, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for file in (home.root / "truth").iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes().replace(b'"repeated": ', b'"repeated": 1'))
    lines = compared(home, monkeypatch, tmp_path)
    assert lines["event lines repeated"].verdict == MISSED
    assert lines["event lines that came late"].verdict == RECOVERED


def test_the_command_prints_the_table_and_writes_it(home: Home, tmp_path: Path) -> None:
    ended = run(home, "recovery", "--markdown", str(tmp_path / "report.md"))
    assert ended.code == 0, ended.output
    assert all(name in ended.output for name in COLUMNS)
    rows = (tmp_path / "report.md").read_text(encoding="utf-8").splitlines()
    assert rows[0] == "| truth | planted | found | interval | verdict |"
    assert len(rows) > 12
    assert {row.count(" | ") for row in rows[2:]} == {len(COLUMNS) - 1}


def test_without_truths_there_is_nothing_to_compare(tmp_path: Path) -> None:
    ended = run(new_home(tmp_path / "home"), "recovery")
    assert ended.code == 2
    assert "holds no truths" in ended.output
