"""Landing: deliveries and their control files, as sources leave them."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from storage.landing import Delivery, addresses, deliveries


def delivery(
    landing: Path, control: object | None = None, *, files: tuple[str, ...] = ("a.csv",)
) -> Delivery:
    folder = landing / "broker" / "trades" / "2026-01-05"
    folder.mkdir(parents=True)
    for name in files:
        (folder / name).write_text("x\n", encoding="utf-8")
    if control is not None:
        text = control if isinstance(control, str) else json.dumps(control)
        (folder / "_control.json").write_text(text, encoding="utf-8")
    (found,) = deliveries(landing, "broker", "trades")
    return found


def test_a_folder_without_a_control_file_delivers_all_its_finished_files(tmp_path: Path) -> None:
    found = delivery(tmp_path, files=("a.csv", "b.csv.gz", "c.csv.part", ".hidden", "_notes"))
    assert list(found.files) == ["a.csv", "b.csv.gz"]
    assert (found.issue, found.is_history, found.problem) == ("", False, None)


def test_a_control_file_says_which_files_belong_and_when_they_were_produced(tmp_path: Path) -> None:
    found = delivery(
        tmp_path,
        {
            "produced_at": "2026-01-05T18:00:00+08:00",
            "version": 2,
            "history": True,
            "files": [{"name": "a.csv"}],
        },
        files=("a.csv", "other.csv"),
    )
    assert list(found.files) == ["a.csv"]
    assert found.issue == "2026-01-05T10:00:00.000000+00:00#000000002"
    assert found.is_history


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        ({}, {"version": 1}),
        ({"version": 2}, {"version": 10}),
        ({"produced_at": "2026-01-05T23:00:00+08:00"}, {"produced_at": "2026-01-05T16:00:00Z"}),
        (
            {"produced_at": "2026-01-05T23:00:00+08:00", "version": 1},
            {"produced_at": "2026-01-05T23:00:00+08:00", "version": 2},
        ),
    ],
)
def test_issues_sort_by_what_they_declare(
    tmp_path: Path, earlier: dict[str, object], later: dict[str, object]
) -> None:
    first = delivery(tmp_path / "first", {"files": [], **earlier})
    second = delivery(tmp_path / "second", {"files": [], **later})
    assert first.issue < second.issue


@pytest.mark.parametrize(
    ("control", "problem"),
    [
        ("{", "not JSON"),
        ("[]", "not an object"),
        ({"version": 1}, "KeyError('files')"),
        ({"files": [], "produced_at": "2026-01-05T18:00:00"}, "produced_at has no offset"),
        ({"files": [], "produced_at": "yesterday"}, "produced_at: Invalid isoformat string"),
        ({"files": [], "version": "two"}, "version is not a whole number"),
        ({"files": [{"name": "a.csv", "totals": {"amount": "much"}}]}, "a total of a.csv is not a number"),
    ],
)
def test_a_control_file_that_cannot_be_understood_is_a_problem_of_its_delivery(
    tmp_path: Path, control: object, problem: str
) -> None:
    found = delivery(tmp_path, control)
    assert found.problem is not None
    assert "_control.json cannot be understood" in found.problem
    assert problem in found.problem
    assert found.files == {}


def test_folders_that_are_no_dates_are_no_deliveries(tmp_path: Path) -> None:
    for name in ("2026-01-05", "2026-13-01", "tmp", "2026-01-06.part"):
        (tmp_path / "broker" / "trades" / name).mkdir(parents=True)
    assert [one.delivery_date for one in deliveries(tmp_path, "broker", "trades")] == [date(2026, 1, 5)]
    assert addresses(tmp_path) == [("broker", "trades")]
