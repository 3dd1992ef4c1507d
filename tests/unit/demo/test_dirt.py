"""The dirt among the app's events is exactly what the summary says, and it is nowhere else."""

from collections import Counter
from datetime import date, datetime, timedelta, timezone
from pathlib import Path

import pytest

from demo.brokerage import write_days
from demo.dirt import RowDirt
from demo.truths import Truths, planted
from demo.world import World
from tests.unit.demo import landed
from tests.unit.demo.conftest import Written

SHANGHAI = timezone(timedelta(hours=8))
NEXT_YEAR_MS = int(datetime(2027, 1, 1, tzinfo=SHANGHAI).timestamp()) * 1000
TYPES = {"track", "track_signup", "track_id_unbind"}


@pytest.fixture(scope="module")
def lines(written: Written) -> list[tuple[date, str]]:
    found = []
    for folder in sorted((written.landing / "app" / "events").iterdir()):
        for path in landed.files(folder):
            found += [
                (date.fromisoformat(folder.name), line) for line in landed.content(path).decode().splitlines()
            ]
    return found


def fault(line: str) -> str | None:
    record = landed.parsed(line)
    if record is None:
        return "malformed_json"
    if "distinct_id" not in record or "time" not in record:
        return "missing"
    if isinstance(record["time"], int) and record["time"] > NEXT_YEAR_MS:
        return "in_the_future"
    properties = record["properties"]
    assert isinstance(properties, dict)
    if not isinstance(record["time"], int) or not isinstance(properties["$wifi"], bool):
        return "wrong_type"
    return None if record["type"] in TYPES else "not_allowed"


def days_late(delivery: date, line: str) -> int:
    record = landed.parsed(line)
    assert record is not None
    occurred = datetime.fromtimestamp(int(str(record["time"])) / 1000, tz=SHANGHAI)
    return (delivery - occurred.date()).days


def test_damaged_lines_are_counted_by_the_rule_they_break(
    written: Written, lines: list[tuple[date, str]]
) -> None:
    faults = Counter(fault(line) for _, line in lines)
    planted = written.summary.planted
    for rule in ("malformed_json", "missing", "wrong_type", "not_allowed", "in_the_future"):
        assert faults[rule] == getattr(planted, rule) > 0
    assert planted.damaged == sum(faults.values()) - faults[None]


def test_repeated_lines_are_counted(written: Written, lines: list[tuple[date, str]]) -> None:
    good = [(delivery, line) for delivery, line in lines if fault(line) is None]
    assert len(good) - len(set(good)) == written.summary.planted.repeated > 0
    assert len(set(good)) == len({line for _, line in good}), (
        "a line is repeated within its own delivery only"
    )


def test_late_lines_are_counted(written: Written, lines: list[tuple[date, str]]) -> None:
    late = Counter(days_late(delivery, line) for delivery, line in lines if fault(line) is None)
    planted = written.summary.planted
    assert sum(count for days, count in late.items() if 1 <= days <= 5) == planted.late > 0
    assert sum(count for days, count in late.items() if 9 <= days <= 20) == planted.too_late > 0
    assert late[0] + planted.late + planted.too_late == sum(late.values())


def test_the_shares_of_dirt_are_as_intended(written: Written, lines: list[tuple[date, str]]) -> None:
    planted = written.summary.planted
    assert written.summary.rows["app.events"] == len(lines)
    assert planted.repeated / len(lines) == pytest.approx(0.01, abs=0.002)
    assert planted.damaged / len(lines) == pytest.approx(0.005, abs=0.001)
    assert 0.025 < planted.late / len(lines) < 0.045


def test_every_record_arrives_once_undamaged(written: Written, lines: list[tuple[date, str]]) -> None:
    records = [landed.parsed(line) for line in {line for _, line in lines if fault(line) is None}]
    numbers = [record["_track_id"] for record in records if record is not None]
    assert len(numbers) == len(set(numbers))


def test_rows_of_other_tables_stand_again_or_damaged_as_often_as_is_said(tmp_path: Path) -> None:
    truths = planted().model_dump(by_alias=True)
    truths["dirt"]["rows"] |= {"repeated": 0.05, "damaged": 0.03}
    world = World(
        seed=6, people=150, first_day=date(2026, 1, 5), days=6, truths=Truths.model_validate(truths)
    )
    written = write_days(tmp_path, world=world, days=world.dates)
    assert set(truths["dirt"]["rows"]["columns"]) == set(landed.DIRTY)
    for address in landed.DIRTY:
        again = [record for _, record, is_again in landed.rows(tmp_path, address) if is_again]
        told = sum((dirt for (name, _), dirt in written.row_dirt_in.items() if name == address), RowDirt())
        damaged = sum("?" in record.values() for record in again)
        assert (len(again) - damaged, damaged) == (told.repeated, told.damaged)
        assert min(told.repeated, told.damaged) > 0
