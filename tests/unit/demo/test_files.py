"""The files the demo writes: the same every time, declared by their control file, in every format."""

import hashlib
import json
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from demo.brokerage import reissue_day, write_days
from demo.world import World
from tests.unit.demo import landed
from tests.unit.demo.conftest import Written

MONEY = {
    "broker.trades": {"gross_amount_cny": "amount", "commission_cny": "commission"},
    "broker.cash_flows": {"amount_cny": "amount"},
    "broker.daily_assets": {"total_assets_cny": "total_asset"},
    "broker.opening_states": {"peak_assets_cny": "peak_asset"},
    "marketing.channel_costs": {"cost_cny": "cost"},
    "broker.orders": {"gross_amount_cny": "amount"},
    "broker.positions": {"market_value_cny": "mv"},
    "broker.margin_accounts": {"financed_cny": "rz_balance"},
    "broker.contributions": {"net_commission_cny": "net_commission"},
}


def every_byte(landing: Path, day: str = "*") -> dict[str, bytes]:
    found = sorted(landing.glob(f"*/*/{day}/*"))
    return {str(path.relative_to(landing)): path.read_bytes() for path in found}


@pytest.mark.parametrize("day", [date(2026, 1, 5), date(2026, 1, 17), date(2026, 1, 30)])
def test_a_day_alone_has_the_bytes_it_has_in_a_range(written: Written, tmp_path: Path, day: date) -> None:
    write_days(tmp_path, world=written.world, days=[day])
    assert every_byte(tmp_path) == every_byte(written.landing, day.isoformat())


def test_days_are_the_same_bytes_alone_together_backwards_and_on_two_threads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Several shards, so that threads have something to share.
    monkeypatch.setattr("demo.world.SHARD", 30)
    world = World(seed=11, people=100, first_day=date(2026, 1, 7), days=6)
    written = {
        "together": [world.dates],
        "alone": [[day] for day in world.dates],
        "backwards": [[day] for day in reversed(world.dates)],
        "even and odd": [world.dates[::2], world.dates[1::2]],
    }
    bytes_of = {}
    for threads in (1, 2):
        for how, calls in written.items():
            landing = tmp_path / f"{how} {threads}"
            for days in calls:
                write_days(landing, world=world, days=days, threads=threads)
            bytes_of[how, threads] = every_byte(landing)
    first, *others = bytes_of.values()
    assert len(first) > 4 * len(world.dates)
    assert all(other == first for other in others)
    assert any("events-1" in name for name in first)


def test_a_shorter_world_is_the_beginning_of_a_longer_one(written: Written, tmp_path: Path) -> None:
    shorter = replace(written.world, days=3)
    write_days(tmp_path, world=shorter, days=shorter.dates)
    for name, content in every_byte(tmp_path).items():
        assert (written.landing / name).read_bytes() == content


def test_another_seed_gives_another_world(written: Written, tmp_path: Path) -> None:
    other = replace(written.world, seed=4)
    write_days(tmp_path, world=other, days=[other.first_day])
    name = "app/events/2026-01-05/events-0.jsonl.gz"
    assert (tmp_path / name).read_bytes() != (written.landing / name).read_bytes()


def test_the_control_file_declares_exactly_the_files_beside_it(written: Written) -> None:
    for folder in landed.folders(written.landing):
        control = json.loads((folder / "_control.json").read_text())
        assert control["produced_at"] == f"{folder.name}T23:50:00+08:00"
        assert (control["version"], control["history"]) == (1, False)
        assert [declared["name"] for declared in control["files"]] == [
            path.name for path in landed.files(folder)
        ]
        for declared, path in zip(control["files"], landed.files(folder), strict=True):
            assert declared["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
            assert declared["rows"] == counted(path)
            assert declared["totals"] == totals(path)


def counted(path: Path) -> int:
    if path.suffix == ".parquet":
        return pq.ParquetFile(path).metadata.num_rows
    return landed.content(path).count(b"\n") - (".csv" in path.name)


def totals(path: Path) -> dict[str, str]:
    source, table = path.parts[-4:-2]
    columns = MONEY.get(f"{source}.{table}", {})
    rows = landed.records(path) if columns else []
    return {
        name: str(sum((Decimal(str(row[column])) for row in rows), Decimal("0.00")))
        for name, column in columns.items()
    }


def test_all_tables_and_all_formats_are_delivered(written: Written) -> None:
    contracts = Path(__file__).parents[3] / "data_contracts" / "sources"
    promised = {
        path.name.removesuffix(".yaml") for path in contracts.glob("*.yaml") if "mapping" not in path.name
    }
    assert promised < set(written.summary.rows)
    endings = {"".join(path.suffixes) for path in written.landing.glob("*/*/*/*") if path.name[0] != "_"}
    assert endings == {".jsonl.gz", ".jsonl", ".csv", ".csv.gz", ".parquet"}


def test_writing_again_touches_no_file(written: Written, tmp_path: Path) -> None:
    write_days(tmp_path, world=written.world, days=[written.world.first_day])
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    write_days(tmp_path, world=written.world, days=[written.world.first_day])
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before


def test_a_day_before_the_first_is_refused(written: Written, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="2026-01-05"):
        write_days(tmp_path, world=written.world, days=[date(2026, 1, 4)])


def test_a_reissued_day_replaces_the_first_issue(written: Written, tmp_path: Path) -> None:
    day = date(2026, 1, 7)
    write_days(tmp_path, world=written.world, days=[day])
    folder = tmp_path / "broker" / "trades" / day.isoformat()
    first = {str(row["trade_id"]): row for row in landed.records(folder / "trades.parquet")}
    issued = reissue_day(tmp_path, world=written.world, day=day)
    second = {str(row["trade_id"]): row for row in landed.records(folder / "trades.parquet")}
    control = json.loads((folder / "_control.json").read_text())
    assert (control["version"], control["produced_at"]) == (2, "2026-01-08T08:30:00+08:00")
    assert set(first) - set(second) == {issued.withdrawn}
    assert [trade for trade in second if second[trade] != first[trade]] == [issued.corrected]
    assert issued.commission == str(second[issued.corrected]["commission"])
    assert (
        control["files"][0]["sha256"] == hashlib.sha256((folder / "trades.parquet").read_bytes()).hexdigest()
    )


def test_a_history_holds_the_rows_of_its_days_in_one_delivery(tmp_path: Path) -> None:
    world = World(seed=3, people=60, first_day=date(2026, 1, 28), days=8)
    last = world.dates[5]
    write_days(tmp_path / "daily", world=world, days=world.dates)
    write_days(tmp_path / "at_once", world=world, days=world.dates, history_through=last)
    for address in (
        "broker.trades",
        "broker.daily_assets",
        "broker.customers",
        "opening.steps",
        "marketing.touches",
    ):
        daily = [record for _, record in landed.table(tmp_path / "daily", address)]
        at_once = [record for _, record in landed.table(tmp_path / "at_once", address)]
        assert at_once == daily
        by_day, by_history = (
            {one.name for one in (tmp_path / way / address.replace(".", "/")).iterdir()}
            for way in ("daily", "at_once")
        )
        assert by_history == {str(last)} | {day for day in by_day if day > str(last)}
    listed = (world.first_day, date(2026, 2, 1), *world.dates[5:])
    for address, days in (("app.events", world.dates[5:]), ("broker.login_links", listed)):
        folder = tmp_path / "at_once" / address.replace(".", "/")
        assert sorted(one.name for one in folder.iterdir()) == [str(day) for day in days]
        control = json.loads((folder / str(last) / "_control.json").read_bytes())
        assert control["history"] is True
