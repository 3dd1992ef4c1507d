"""A history without records says of every person and day what the landing files say."""

from collections import Counter
from dataclasses import replace
from datetime import date
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from demo.brokerage import write_days
from demo.person_days import main, write_person_days
from demo.world import World
from tests.unit.demo import landed

WORLD = World(seed=11, people=120, first_day=date(2026, 1, 7), days=5)


def every_byte(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*.parquet"))}


def test_person_days_count_what_landing_files_hold(tmp_path: Path) -> None:
    write_days(tmp_path / "landing", world=WORLD, days=WORLD.dates)
    rows = write_person_days(tmp_path / "lake", world=WORLD, days=WORLD.dates)
    told = pq.read_table(tmp_path / "lake").to_pylist()
    assert rows == len(told)
    trades = Counter(
        (delivery, trade["client_id"])
        for delivery, trade in landed.table(tmp_path / "landing", "broker.trades")
    )
    found = {(str(row["business_date"]), row["customer_id"]): row["trades_count"] for row in told}
    assert trades == {key: count for key, count in found.items() if count}
    worth = {
        (delivery, asset["client_id"]): asset["total_asset"]
        for delivery, asset in landed.table(tmp_path / "landing", "broker.daily_assets")
    }
    assert worth
    assert (
        worth.items()
        <= {(str(row["business_date"]), row["customer_id"]): row["total_cny"] for row in told}.items()
    )
    assert sum(row["visits_count"] for row in told) > len(WORLD.dates) * 10


def test_a_day_alone_has_the_bytes_it_has_in_a_range_whatever_the_threads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("demo.world.SHARD", 50)
    write_person_days(tmp_path / "range", world=WORLD, days=WORLD.dates, threads=2)
    write_person_days(tmp_path / "alone", world=WORLD, days=[WORLD.dates[3]])
    whole, alone = every_byte(tmp_path / "range"), every_byte(tmp_path / "alone")
    assert len(alone) == 3
    assert alone.items() <= whole.items()
    write_person_days(tmp_path / "shorter", world=replace(WORLD, days=4), days=WORLD.dates[:4])
    assert every_byte(tmp_path / "shorter").items() <= whole.items()


def test_the_command_says_how_many_rows_it_wrote(tmp_path: Path) -> None:
    ended = CliRunner().invoke(main, ["--folder", str(tmp_path), "--people", "40", "--days", "2"])
    assert ended.exit_code == 0, ended.output
    assert f"demo: {pq.read_table(tmp_path).num_rows:,} person-days of 2 days" in ended.output
