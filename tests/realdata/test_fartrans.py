"""FAR-Trans: snapshots of customers whose risk level must not be known before it was asked for."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

import pytest

from storage.home import Home
from tests.realdata.nights import Account, account, in_lake, published_days, run_night, take_in_files

ADDRESS = "fartrans.customers"
SNAPSHOTS, CUSTOMERS, ASSESSED_LATER = 32_468, 29_090, 12_501
DELIVERED = date(2022, 12, 1)
# A night walks every day since the first; in the last weeks one level is told before it is known.
LAST_WEEKS = "2022-11-07"


@pytest.fixture(scope="module")
def customers(realdata: Path) -> Path:
    return realdata / "fartrans_static" / "customer_information.csv"


@pytest.fixture(scope="module")
def home(customers: Path, tmp_path_factory: pytest.TempPathFactory) -> Home:
    root = tmp_path_factory.mktemp("fartrans") / "home"
    return take_in_files(root, {ADDRESS: customers}, delivered=DELIVERED)


def test_every_snapshot_is_loaded(home: Home) -> None:
    assert account(home, ADDRESS) == Account(read=SNAPSHOTS, loaded=SNAPSHOTS, repeated=0, quarantined=0)
    counts = "select count(*), count(distinct customer_id), count(distinct snapshot_on) from lake"
    assert in_lake(home, "broker.customers", counts) == [(SNAPSHOTS, CUSTOMERS, 1_167)]


def test_levels_that_were_predicted_or_not_available_are_no_assessments(home: Home) -> None:
    levels = """
        select risk_level, count(*), count(risk_assessed_at) from lake group by risk_level
        order by risk_level nulls last
    """
    assert in_lake(home, "broker.customers", levels) == [
        ("C1", 2_916, 2_916),
        ("C2", 10_048, 10_048),
        ("C3", 8_684, 8_684),
        ("C4", 3_202, 3_202),
        # 2,842 + 2,704 + 1,430 + 298 predicted, 344 not available
        (None, 7_618, 0),
    ]


def test_an_assessment_after_the_snapshot_keeps_its_own_date(home: Home) -> None:
    later = """
        select count(*), count(risk_level) from lake
        where cast(risk_assessed_at + interval 8 hour as date) > snapshot_on
    """
    assert in_lake(home, "broker.customers", later) == [(ASSESSED_LATER, ASSESSED_LATER)]
    # Without them, the level of most of these customers would never be known.
    newest = f"""
        {later.replace("lake", "(select *, max(snapshot_on) over (partition by customer_id) as newest_on from lake)")}
        and snapshot_on = newest_on
    """
    assert in_lake(home, "broker.customers", newest) == [(10_895, 10_895)]


@pytest.mark.parametrize(
    ("as_of_date", "people", "told", "known"),
    [
        ("2018-01-02", 15_886, 10_380, 186),
        ("2020-01-02", 17_485, 11_793, 6_130),
        ("2022-11-30", CUSTOMERS, 21_629, 21_629),
    ],
)
def test_a_level_counts_from_its_assessment_on(
    home: Home, as_of_date: str, people: int, told: int, known: int
) -> None:
    newest = f"""
        select count(*), count(risk_level), count(risk_level) filter (
            cast(risk_assessed_at + interval 8 hour as date) <= date '{as_of_date}'
        )
        from (
            select *, row_number() over (partition by customer_id order by snapshot_on desc) as age
            from lake where snapshot_on <= date '{as_of_date}'
        ) where age = 1
    """
    assert in_lake(home, "broker.customers", newest) == [(people, told, known)]


def test_what_the_set_does_not_tell_says_the_same_of_everybody(home: Home) -> None:
    told = "select distinct opened_at::varchar, investor_type, is_employee, login_id, mobile, id_number from lake"
    assert in_lake(home, "broker.customers", told) == [
        ("1990-01-01 00:00:00", "ordinary", False, None, None, None)
    ]
    states = "select status, count(*) from lake group by status order by status"
    assert in_lake(home, "broker.customers", states) == [("dormant", 211), ("normal", SNAPSHOTS - 211)]


@pytest.mark.timeout(900)
def test_a_night_tags_nobody_with_a_level_that_lies_ahead(customers: Path, tmp_path: Path) -> None:
    recent = tmp_path / "recent.csv"
    with customers.open(encoding="utf-8", newline="") as whole, recent.open("w", encoding="utf-8") as part:
        rows = csv.DictReader(whole)
        writer = csv.DictWriter(part, rows.fieldnames or (), lineterminator="\n")
        writer.writeheader()
        chosen = [row for row in rows if row["timestamp"] >= LAST_WEEKS]
        writer.writerows(chosen)
    assert sum(row["lastQuestionnaireDate"] > row["timestamp"] for row in chosen) == 1

    home = run_night(tmp_path / "home", {ADDRESS: recent}, delivered=date(2022, 11, 30))
    people = "select count(*), count(risk_level) from days where as_of_date = date "
    for day in ("2022-11-07", "2022-11-15", "2022-11-16", "2022-11-30"):
        seen = {row["customerID"]: row for row in chosen if row["timestamp"] <= day}
        known = [
            row
            for row in seen.values()
            if not row["riskLevel"].startswith(("Predicted", "Not")) and row["lastQuestionnaireDate"] <= day
        ]
        assert published_days(home, "tags.tags_suitability", f"{people} '{day}'") == [
            (len(seen), len(known))
        ], day
