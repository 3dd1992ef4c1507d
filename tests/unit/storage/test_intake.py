"""Intake: from landing into the lake, whatever the order, the repetitions and the kills."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from data_contracts.tokens import token
from storage.intake import pending_deliveries, quarantine_file, read_again, unread_tables
from storage.landing import LandingError
from storage.raw import RawStoreError
from tests.unit.storage.landed import FIRST, HEADER, Cashier, flow


def day(number: int) -> date:
    return FIRST + timedelta(days=number)


def test_a_table_without_a_contract_is_named_and_left(cashier: Cashier) -> None:
    cashier.land(day(0), [flow(1, day(0))])
    landing = cashier.doors.home.landing
    (landing / "broker" / "orders" / "2026-01-05").mkdir(parents=True)
    assert unread_tables(landing, cashier.doors.contracts, {}) == ["broker.orders"]


def test_a_delivery_lands_in_the_lake_and_every_row_is_accounted_for(cashier: Cashier) -> None:
    cashier.land(day(0), [flow(1, day(0)), flow(2, day(0)), flow(3, day(0), amount="1.005")])
    report = cashier.take_in()
    assert (report.rows_read, report.rows_loaded, report.rows_quarantined) == (3, 2, 1)
    assert all(record.is_accounted for record in report.files)
    assert report.dates == (day(0),)
    assert cashier.flows(day(0)) == {"F000001": "100.00", "F000002": "100.00"}
    marks = cashier.doors.ledger.marks()
    assert [(mark.table, mark.business_date) for mark in marks] == [("cash_flows", day(0))]


def test_a_quarantined_row_names_file_line_rule_and_text(cashier: Cashier) -> None:
    cashier.land(day(0), [flow(1, day(0)), flow(2, day(0), amount="1.005")])
    report = cashier.take_in()
    (row,) = pq.read_table(quarantine_file(cashier.doors.home, report.files[0])).to_pylist()
    assert row["landed_as"] == "broker/cash_flows/2026-01-05/flows.csv"
    assert (row["line_number"], row["rule"], row["field"]) == (3, "scale", "amount_cny")
    assert row["message"] == "amount_cny: has more digits than DECIMAL(18,2) holds: 1.005"
    assert row["raw_text"].startswith("F000002,")
    assert row["sha256"] == report.files[0].sha256
    assert row["delivery_date"] == day(0)


def test_taking_in_again_reads_nothing(cashier: Cashier) -> None:
    cashier.land(day(0), [flow(1, day(0))])
    cashier.take_in()
    before = cashier.lake()
    report = cashier.take_in()
    assert report.files == ()
    assert report.dates == ()
    assert cashier.lake() == before
    assert pending_deliveries(cashier.doors) == []


def test_the_same_bytes_under_another_name_add_no_row(cashier: Cashier) -> None:
    lines = [flow(number, day(0)) for number in range(5)]
    cashier.land(day(0), lines)
    cashier.land(day(0), lines, name="again.csv")
    report = cashier.take_in()
    assert report.rows_loaded == 10
    assert len(cashier.flows(day(0))) == 5
    lake_date = cashier.doors.ledger.lake_date("broker", "cash_flows", day(0))
    assert lake_date is not None
    assert (lake_date.row_count, lake_date.duplicate_count) == (5, 5)


def test_of_two_rows_with_one_key_the_earlier_delivery_stays(cashier: Cashier) -> None:
    cashier.land(day(1), [flow(1, day(0), amount="2.00")])
    cashier.take_in()
    assert cashier.flows(day(0)) == {"F000001": "2.00"}
    cashier.land(day(0), [flow(1, day(0), amount="3.00")])
    cashier.take_in()
    assert cashier.flows(day(0)) == {"F000001": "3.00"}


def test_a_late_row_reopens_its_day_and_only_its_day(cashier: Cashier) -> None:
    cashier.land(day(0), [flow(1, day(0))])
    cashier.land(day(5), [flow(2, day(5))])
    cashier.take_in()
    untouched = cashier.lake()[day(5)]
    cashier.land(day(6), [flow(3, day(0))], name="late.csv")
    report = cashier.take_in()
    assert report.dates == (day(0),)
    assert set(cashier.flows(day(0))) == {"F000001", "F000003"}
    assert cashier.lake()[day(5)] == untouched


def test_a_row_later_than_the_limit_waits_in_quarantine(cashier: Cashier) -> None:
    cashier.land(day(20), [flow(1, day(12)), flow(2, day(13))])
    report = cashier.take_in()
    assert (report.rows_loaded, report.rows_quarantined) == (1, 1)
    (row,) = pq.read_table(quarantine_file(cashier.doors.home, report.files[0])).to_pylist()
    assert row["rule"] == "too_late"
    assert row["message"] == "occurred_at: of 2026-01-17, delivered on 2026-01-25, more than 7 days"
    assert cashier.flows(day(12)) == {}


def test_history_has_no_limit(cashier: Cashier) -> None:
    cashier.land(day(200), [flow(1, day(0))], control={"history": True})
    assert cashier.take_in().rows_loaded == 1


def test_a_reissued_day_replaces_the_day_by_what_it_declares_and_not_by_arrival(cashier: Cashier) -> None:
    def first_issue() -> None:
        cashier.land(
            day(0),
            [flow(1, day(0)), flow(2, day(0))],
            control={"produced_at": "2026-01-05T18:00:00+08:00"},
        )

    def second_issue() -> None:
        cashier.land(
            day(0), [flow(1, day(0), amount="7.00")], control={"produced_at": "2026-01-06T09:00:00+08:00"}
        )

    first_issue()
    cashier.take_in()
    assert set(cashier.flows(day(0))) == {"F000001", "F000002"}
    second_issue()
    cashier.take_in()
    assert cashier.flows(day(0)) == {"F000001": "7.00"}
    first_issue()
    cashier.take_in()
    assert cashier.flows(day(0)) == {"F000001": "7.00"}, "an older issue that arrives later changes nothing"


def test_a_day_emptied_by_a_reissue_becomes_empty(cashier: Cashier) -> None:
    cashier.land(day(0), [flow(1, day(0))], control={"version": 1})
    cashier.take_in()
    cashier.land(day(0), [], control={"version": 2})
    report = cashier.take_in()
    assert report.dates == (day(0),)
    assert cashier.flows(day(0)) == {}
    assert day(0) not in cashier.lake()
    assert [mark.business_date for mark in cashier.doors.ledger.marks()] == [day(0)]


def test_a_day_emptied_by_a_file_of_no_bytes_stays_empty_when_it_is_read_again(cashier: Cashier) -> None:
    cashier.land(day(0), [flow(1, day(0))], control={"version": 1})
    cashier.take_in()
    empty = cashier.land(day(0), [], name="flows.jsonl")
    empty.write_bytes(b"")
    files = [{"name": "flows.jsonl", "rows": 0}]
    (empty.parent / "_control.json").write_text(json.dumps({"version": 2, "files": files}), encoding="utf-8")
    (record,) = cashier.take_in().files
    assert (record.status, record.rows_read) == ("loaded", 0)
    assert cashier.flows(day(0)) == {}
    assert read_again(cashier.doors, cashier.contract, record).status == "loaded"


def test_a_reissue_that_names_no_file_is_told_and_changes_nothing(cashier: Cashier) -> None:
    path = cashier.land(day(0), [flow(1, day(0))], control={"version": 1})
    cashier.take_in()
    (path.parent / "_control.json").write_text(json.dumps({"version": 2, "files": []}), encoding="utf-8")
    report = cashier.take_in()
    (problem,) = report.problems
    assert problem.startswith(
        "broker/cash_flows/2026-01-05/: names no file, so that the issue before it stays;"
    )
    assert set(cashier.flows(day(0))) == {"F000001"}


def test_a_day_without_anything_may_say_so_by_naming_no_file(cashier: Cashier) -> None:
    folder = cashier.doors.home.landing / "broker" / "cash_flows" / day(0).isoformat()
    folder.mkdir(parents=True)
    (folder / "_control.json").write_text(json.dumps({"version": 1, "files": []}), encoding="utf-8")
    assert cashier.take_in().problems == ()


def test_a_rejected_reissue_leaves_the_older_issue_in_place(cashier: Cashier) -> None:
    cashier.land(day(0), [flow(1, day(0))], control={"version": 1})
    cashier.take_in()
    path = cashier.land(day(0), [flow(2, day(0))], control={"version": 2})
    path.write_text(HEADER + "\n" + flow(2, day(0)) + "\n" + flow(3, day(0)) + "\n", encoding="utf-8")
    (record,) = cashier.take_in().files
    assert (record.status, record.rule) == ("rejected", "control_mismatch")
    assert cashier.flows(day(0)) == {"F000001": "100.00"}


def test_control_totals_that_do_not_agree_reject_the_file(cashier: Cashier) -> None:
    path = cashier.land(day(0), [flow(1, day(0)), flow(2, day(0))])
    control = '{"files": [{"name": "flows.csv", "rows": 3, "totals": {"amount_cny": "200.00"}}]}'
    (path.parent / "_control.json").write_text(control, encoding="utf-8")
    (record,) = cashier.take_in().files
    assert (record.status, record.rule) == ("rejected", "control_mismatch")
    assert record.message == "flows.csv: control total 3 <> 2 rows"


def test_a_control_total_of_money_counts_every_row(cashier: Cashier) -> None:
    path = cashier.land(day(0), [flow(1, day(0)), flow(2, day(0))])
    control = (
        '{"version": 1, "files": [{"name": "flows.csv", "rows": 2, "totals": {"amount_cny": "200.01"}}]}'
    )
    (path.parent / "_control.json").write_text(control, encoding="utf-8")
    (record,) = cashier.take_in().files
    assert record.message == "flows.csv: control total of amount_cny 200.01 <> 200.0000"


def test_an_announced_file_that_has_not_landed_holds_its_delivery_back(cashier: Cashier) -> None:
    path = cashier.land(day(0), [flow(1, day(0))], control={})
    path.rename(path.with_suffix(".csv.part"))
    report = cashier.take_in()
    assert report.files == ()
    assert report.problems == (
        "broker/cash_flows/2026-01-05/: incomplete: flows.csv announced by _control.json and not landed",
    )
    path.with_suffix(".csv.part").rename(path)
    assert cashier.take_in().rows_loaded == 1


def test_deliveries_after_the_night_wait(cashier: Cashier) -> None:
    cashier.land(day(0), [flow(1, day(0))])
    cashier.land(day(1), [flow(2, day(1))])
    assert cashier.take_in(through=day(0)).rows_loaded == 1
    assert pending_deliveries(cashier.doors) == [("broker", "cash_flows", day(1))]


def test_a_link_in_landing_is_not_followed(cashier: Cashier, tmp_path: Path) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_text(HEADER + "\n" + flow(1, day(0)) + "\n", encoding="utf-8")
    path = cashier.land(day(0), [flow(2, day(0))])
    path.unlink()
    path.symlink_to(secret)
    report = cashier.take_in()
    assert report.files == ()
    assert len(report.problems) == 1
    assert "cannot be opened as a file" in report.problems[0]


def test_a_landing_folder_that_is_gone_is_not_a_day_without_data(cashier: Cashier) -> None:
    shutil.rmtree(cashier.doors.home.landing)
    with pytest.raises(LandingError, match="landing is not available"):
        cashier.take_in()


def test_a_changed_raw_copy_is_noticed_before_it_is_read(cashier: Cashier) -> None:
    cashier.land(day(0), [flow(1, day(0))])
    (record,) = cashier.take_in().files
    copy = cashier.doors.home.raw / record.sha256
    copy.chmod(0o600)
    copy.write_bytes(copy.read_bytes().replace(b"100.00", b"900.00"))
    shutil.rmtree(cashier.doors.home.accepted)
    cashier.doors.ledger.mark("broker", "cash_flows", [day(0)])
    shutil.rmtree(cashier.doors.home.lake)
    with pytest.raises(RawStoreError, match=f"raw copy {record.sha256} now hashes to"):
        cashier.take_in()


def test_the_lake_is_made_again_from_raw_to_the_same_bytes(cashier: Cashier) -> None:
    _land_a_fortnight(cashier, seed=1)
    cashier.take_in()
    before = cashier.lake()
    shutil.rmtree(cashier.doors.home.accepted)
    shutil.rmtree(cashier.doors.home.lake)
    cashier.doors.ledger.mark("broker", "cash_flows", before)
    cashier.take_in()
    assert cashier.lake() == before


def _land_a_fortnight(cashier: Cashier, *, seed: int) -> list[Path]:
    """Land 14 deliveries with late rows, repeated rows and conflicting rows."""
    chance = random.Random(seed)
    paths = []
    for number in range(14):
        lines = [flow(100 * number + index, day(number)) for index in range(20)]
        for _ in range(6):
            late = chance.randrange(max(0, number - 5), number + 1)
            lines.append(
                flow(100 * late + chance.randrange(20), day(late), amount=f"{chance.randrange(1, 9)}.00")
            )
        paths.append(cashier.land(day(number), lines, name=f"{number}.csv"))
    return paths


@pytest.mark.parametrize("seed", range(5))
def test_files_taken_in_in_any_order_give_the_same_lake(tmp_path: Path, seed: int) -> None:
    expected = Cashier.at(tmp_path / "expected")
    _land_a_fortnight(expected, seed=99)
    expected.take_in()

    shuffled = Cashier.at(tmp_path / "shuffled")
    paths = _land_a_fortnight(shuffled, seed=99)
    random.Random(seed).shuffle(paths)
    for path in paths:
        path.rename(path.with_suffix(".part"))
    for path in paths:
        path.with_suffix(".part").rename(path)
        shuffled.take_in()
    assert shuffled.lake() == expected.lake()


class KilledError(BaseException):
    """Stands for a kill: nothing between it and the end of the process runs."""


@pytest.mark.parametrize(
    "point",
    [
        "storage.intake.raw.store",
        "storage.intake.sync_folders",
        "storage.intake._write_ledger",
        "storage.lake._merged",
    ],
)
def test_a_kill_in_the_middle_heals_with_one_more_run(
    cashier: Cashier, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, point: str
) -> None:
    expected = Cashier.at(tmp_path / "expected")
    for one in (cashier, expected):
        _land_a_fortnight(one, seed=3)
    expected.take_in()

    calls = 0

    def killed(*_arguments: object, **_options: object) -> None:
        nonlocal calls
        calls += 1
        if calls == 3:
            raise KilledError
        return original(*_arguments, **_options)

    module, _, name = point.rpartition(".")
    target = __import__("importlib").import_module(module) if module != "storage.intake.raw" else None
    owner = target if target is not None else __import__("storage.raw", fromlist=["store"])
    original: Callable[..., None] = getattr(owner, name)
    monkeypatch.setattr(owner, name, killed)
    with pytest.raises(KilledError):
        cashier.take_in()
    monkeypatch.setattr(owner, name, original)
    cashier.take_in()
    assert cashier.lake() == expected.lake()
    assert all(record.is_accounted for record in cashier.doors.ledger.files())


def test_a_card_number_leaves_only_its_token(cashier: Cashier) -> None:
    number = "6222020200112233445"
    line = f"F1,C1,2026-01-05T10:00:00+08:00,bank_in,5.00,ICBC,{number},"
    bad = f"F2,C1,2026-01-05T10:00:00+08:00,bank_in,nonsense,ICBC,{number},"
    cashier.land(day(0), [line, bad, f"broken,{number}"])
    report = cashier.take_in()
    assert report.rows_quarantined == 2
    home = cashier.doors.home
    (row,) = pq.read_table(
        home.lake / "broker" / "cash_flows" / "business_date=2026-01-05" / "rows.parquet"
    ).to_pylist()
    assert row["bank_card_number"] == token(number, key=cashier.doors.token_key)
    stored = [path for path in home.root.rglob("*") if path.is_file()]
    outside = [path for path in stored if home.landing not in path.parents and home.raw not in path.parents]
    assert not [path for path in outside if number.encode() in path.read_bytes()]


def test_an_unknown_column_is_loaded_around_and_reported(cashier: Cashier) -> None:
    path = cashier.land(day(0), [flow(1, day(0)) + ",x"])
    path.write_text(path.read_text(encoding="utf-8").replace(HEADER, HEADER + ",surprise"), encoding="utf-8")
    report = cashier.take_in()
    assert report.rows_loaded == 1
    assert report.unknown_paths == ("surprise",)


def test_a_table_that_never_delivered_has_nothing_pending(cashier: Cashier) -> None:
    assert cashier.take_in().files == ()
