"""Real loan applications (BPI Challenge 2012) through a real night: the funnel that others counted in the log."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest

from orchestration.resources import CHECKOUT
from storage.home import Home
from storage.ledger import FileRecord, Ledger

# Months of history in one night, as long as a first night of the demo.
pytestmark = pytest.mark.timeout(900)

SET, EVENTS = "bpi2012_loan_applications", "bpi12_events.csv.gz"
DELIVERED = "2012-03-15"


@dataclass(frozen=True)
class Night:
    """A home after the night of the delivery, and what the set's own figures say."""

    home: Path
    said: str
    expected: dict[str, Any]

    def funnel(self, as_of_date: str = DELIVERED) -> list[dict[str, Any]]:
        """Return the published funnel of one date, by step."""
        folder = self.home / "published" / "current" / "parquet" / "marts" / "rpt_opening_funnel"
        rows = pq.read_table(folder / f"as_of_date={as_of_date}" / "rows.parquet").to_pylist()
        return sorted(rows, key=lambda row: row["step_no"])


@pytest.fixture(scope="module")
def night(realdata: Path, tmp_path_factory: pytest.TempPathFactory) -> Night:
    home = tmp_path_factory.mktemp("bpi2012") / "home"
    given = {name: value for name, value in os.environ.items() if not name.startswith("LIFECYCLE_")}

    def lifecycle(command: str) -> str:
        ran = subprocess.run(
            [Path(sys.executable).with_name("lifecycle"), command],
            env={**given, "LIFECYCLE_HOME": str(home)},
            cwd=CHECKOUT, capture_output=True, text=True, check=False, timeout=800,
        )  # fmt: skip
        assert ran.returncode == 0, ran.stdout + ran.stderr
        return ran.stdout

    lifecycle("init")
    for table in ("applications", "steps"):
        folder = home / "landing" / "bpi2012" / table / DELIVERED
        folder.mkdir(parents=True)
        shutil.copy(realdata / SET / EVENTS, folder)
    said = lifecycle("nightly")
    return Night(home, said, json.loads((realdata / SET / "expected.json").read_text(encoding="utf-8")))


def test_every_event_is_loaded_or_passed_over(night: Night) -> None:
    with closing(Ledger(Home(night.home).ledger, now=lambda: datetime(2026, 3, 1, tzinfo=UTC))) as ledger:
        files: dict[str, FileRecord] = {f"{one.source}.{one.table}": one for one in ledger.files()}
    assert set(files) == {"opening.attempts", "opening.steps"}
    counts = night.expected["xes_header_event_totals(4TU, independent)"]
    final = night.expected["final_state"]
    decided = final["activated"] + final["declined"] + final["cancelled"]
    meant = {
        "opening.attempts": night.expected["cases"] + decided,
        "opening.steps": sum(counts[step] for step in night.expected["ordered_funnel_steps"]),
    }
    for address, record in files.items():
        assert record.is_accounted
        assert record.rows_read == night.expected["events"]
        assert record.rows_read == record.rows_loaded + record.rows_quarantined + record.rows_passed_over
        assert (record.rows_loaded, record.rows_quarantined, record.rows_duplicate) == (meant[address], 0, 0)


def test_the_published_funnel_is_the_one_counted_in_the_log(night: Night) -> None:
    assert "published version 1." in night.said
    funnel = night.funnel()
    assert [row["step_code"] for row in funnel] == night.expected["ordered_funnel_steps"]
    reached = [row["reached_count"] for row in funnel]
    assert reached == night.expected["ordered_funnel_first_occurrence"]
    assert reached == [13087, 7367, 5113, 5015, 5015, 3254, 2246]
    assert [row["previous_step_count"] for row in funnel] == [None, *reached[:-1]]
    assert {row["attempts_count"] for row in funnel} == {night.expected["cases"]}
    assert funnel[-1]["overall_conversion_ratio"] == 2246 / 13087


def test_applications_without_a_decision_are_still_open(night: Night) -> None:
    funnel = night.funnel()
    still_open = night.expected["final_state"]["still_open(right censored)"]
    assert sum(row["open_count"] for row in funnel) == still_open == 399
    assert sum(row["standing_count"] for row in funnel) == night.expected["cases"]
    # Without a window every start may still go on.
    assert not any(row["is_mature"] for row in funnel)


def test_an_earlier_day_knows_no_more_than_its_own_events(night: Night) -> None:
    october = night.funnel("2011-10-31")
    assert october[0]["attempts_count"] < night.funnel("2011-11-30")[0]["attempts_count"] < 13087
    assert october[-1]["reached_count"] < night.expected["activated_by_submit_month"]["2011-10"][0]


@pytest.mark.parametrize("days", [14, 30])
def test_with_a_window_late_steps_do_not_count(night: Night, tmp_path: Path, days: int) -> None:
    build = shutil.copy(night.home / "warehouse" / "lifecycle.duckdb", tmp_path / "lifecycle.duckdb")
    with duckdb.connect(build) as connection:
        connection.execute(
            "update seeds.opening_flows set window_days = ? where flow_code = 'loan_application'", [days]
        )
        reached = connection.execute(
            "select count(*) from intermediate.int_opening_attempts__traced group by step_no order by step_no"
        ).fetchall()
    assert [count for (count,) in reached] == night.expected[f"ordered_funnel_within_{days}d"]
