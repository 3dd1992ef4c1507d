"""Olist's marketing funnel: leads are attempts, closed deals their approval, origins the channels.

The licence of the set is non-commercial: figures of it stand here, rows of it nowhere in the repository.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from storage.home import Home
from tests.realdata.nights import Account, account, in_lake, published, refused, run_night, take_in_files

LEADS, DEALS = 8_000, 842
DELIVERED = date(2018, 11, 15)
# A night walks every day since the first; one month is enough to see the set go all the way.
LAST_DAYS = "2018-05-3"

# The newest row of an attempt is its state, and the first one knows where it came from.
ATTEMPTS = """
    select
        attempt_id,
        min(started_at) as started_at,
        max(channel_id) as channel_id,
        min(audited_at) as approved_at
    from lake
    group by attempt_id
"""


@pytest.fixture(scope="module")
def funnel(realdata: Path) -> Path:
    return realdata / "olist_marketing_funnel"


def files(leads: Path, deals: Path) -> dict[str, Path]:
    """Return the two files by landing address: that of leads brings in attempts and channels."""
    return {"olist.leads": leads, "olist.deals": deals, "olist.origins": leads}


@pytest.fixture(scope="module")
def home(funnel: Path, tmp_path_factory: pytest.TempPathFactory) -> Home:
    landed = files(
        funnel / "olist_marketing_qualified_leads_dataset.csv", funnel / "olist_closed_deals_dataset.csv"
    )
    return take_in_files(tmp_path_factory.mktemp("olist") / "home", landed, delivered=DELIVERED)


def test_every_lead_and_every_deal_is_loaded(home: Home) -> None:
    assert account(home, "olist.leads") == Account(read=LEADS, loaded=LEADS, repeated=0, quarantined=0)
    assert account(home, "olist.deals") == Account(read=DEALS, loaded=DEALS, repeated=0, quarantined=0)
    states = """
        select result, count(*), count(distinct attempt_id), count(distinct customer_id)
        from lake group by result order by result
    """
    assert in_lake(home, "opening.attempts", states) == [
        ("approved", DEALS, DEALS, DEALS),
        ("in_progress", LEADS, LEADS, 0),
    ]


def test_every_origin_is_one_channel_and_leads_without_one_have_none(home: Home) -> None:
    assert account(home, "olist.origins") == Account(
        read=LEADS, loaded=LEADS - 60, repeated=LEADS - 60 - 10, quarantined=60
    )
    assert refused(home, "olist.origins") == {("missing", "channel_id"): 60}
    channels = "select channel_id from lake where channel_group_type = 'sem' or is_paid order by channel_id"
    assert in_lake(home, "marketing.channels", channels) == [
        ("display",),
        ("other_publicities",),
        ("paid_search",),
    ]
    assert in_lake(home, "marketing.channels", "select count(*), count(distinct channel_id) from lake") == [
        (10, 10)
    ]


def test_conversion_by_origin_is_what_was_computed_elsewhere(home: Home, funnel: Path) -> None:
    """Of each origin: leads, deals, and deals no more than 30 days after the first contact, nor before it."""
    expected = json.loads((funnel / "expected.json").read_text(encoding="utf-8"))
    by_origin = f"""
        select
            coalesce(replace(channel_id, '_', ' '), '(null)'),
            count(*),
            count(approved_at),
            count(*) filter (days between 0 and 30)
        from (
            select *, date_diff('day', first_contact_on, cast(approved_at + interval 8 hour as date)) as days
            from ({ATTEMPTS}) inner join (
                select attempt_id, cast(started_at + interval 8 hour as date) as first_contact_on
                from lake where result = 'in_progress'
            ) using (attempt_id)
        )
        group by channel_id
    """
    found = {origin: counts for origin, *counts in in_lake(home, "opening.attempts", by_origin)}
    assert found == expected["by_origin"]
    assert [sum(counts) for counts in zip(*found.values(), strict=True)] == [LEADS, DEALS, 554]


def test_one_deal_was_won_before_its_first_contact(home: Home) -> None:
    """So the newest row of one attempt says in progress, and 841 of 842 say approved."""
    newest = """
        select result, count(*) from (
            select *, row_number() over (partition by attempt_id order by updated_at desc) as age from lake
        ) where age = 1 group by result order by result
    """
    assert in_lake(home, "opening.attempts", newest) == [
        ("approved", DEALS - 1),
        ("in_progress", LEADS - 841),
    ]


@pytest.mark.timeout(900)
def test_a_night_of_nothing_but_the_funnel_publishes(funnel: Path, tmp_path: Path) -> None:
    leads = _part(
        funnel / "olist_marketing_qualified_leads_dataset.csv",
        tmp_path / "leads.csv",
        lambda row: row["first_contact_date"].startswith(LAST_DAYS),
    )
    deals = _part(
        funnel / "olist_closed_deals_dataset.csv",
        tmp_path / "deals.csv",
        lambda row: row["won_date"].startswith(LAST_DAYS),
    )
    home = run_night(tmp_path / "home", files(leads, deals), delivered=date(2018, 5, 31))
    assert account(home, "olist.leads").loaded == 56
    assert published(home, "select count(*) from marts.fct_person_stages") == [(0,)]


def _part(whole: Path, part: Path, is_wanted: Callable[[dict[str, str]], bool]) -> Path:
    with whole.open(encoding="utf-8", newline="") as file, part.open("w", encoding="utf-8") as chosen:
        rows = csv.DictReader(file)
        writer = csv.DictWriter(chosen, rows.fieldnames or (), lineterminator="\n")
        writer.writeheader()
        writer.writerows(row for row in rows if is_wanted(row))
    return part
