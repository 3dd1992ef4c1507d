"""Through real nights: a model scores, scores become tags and stages, a campaign is decided, delivered and told of.

The model is one of the unit tests' own, kept as a training would keep it: what it learned is their concern.
"""

from __future__ import annotations

import contextlib
import csv
import hashlib
import json
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from playwright.sync_api import Browser

from dashboards.app_pages import PAGES
from dashboards.words import LANGUAGES, Words
from demo.answers import read_contacts
from demo.brokerage import write_days
from demo.world import World
from storage.home import Home
from tests.architecture.tree import PROJECT
from tests.browser.conftest import browser, chromium, free_port
from tests.browser.pictures import look
from tests.integration.trained import keep_model
from tests.reliability.homes import copied, land, new_home, succeeded

# The campaign's first contacts are on the day after DECIDED; the model serves from the day before it.
WORLD = World(seed=11, people=260, first_day=date(2026, 1, 20), days=4)
FIRST, SERVES_FROM, DECIDED, ANSWERED = WORLD.dates
LATE_TRADE = "late_trades.csv"

pytestmark = pytest.mark.timeout(900)
# A browser like that of the other tests of pages.
__all__ = ["browser", "chromium"]


# A figure of each of these pages, asked of the build by hand.
SHOWN = {
    "people": "select count(*) from marts.fct_person_stages where as_of_date = date '{day}' and stage_type = 'active'",
    "segments": "select members_count from segments.rpt_segment_sizes"
    " where as_of_date = date '{day}' and segment_code = 'SEG-S02'",
    "campaigns": "select count(*) from campaigns.fct_assignments",
    "models": "select model_version from ml.dim_models",
    "intake": "select format('{{:,}}', sum(rows_read_count)::bigint) from intake.rpt_deliveries where source = 'app'",
}


@dataclass(frozen=True)
class Told:
    """A home after the night of DECIDED, and after the one that followed, with answers and a late row."""

    decided: Home
    answered: Home
    late_person: str
    folder: Path


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    folder = tmp_path_factory.mktemp("decisions")
    landing = folder / "landing"
    write_days(landing, world=WORLD, days=WORLD.dates)
    decided = new_home(folder / "decided")
    keep_model(decided, serves_from=SERVES_FROM)
    land(landing, decided, WORLD.dates[:-1])
    succeeded(decided, "nightly")
    answered = copied(decided, folder / "answered")
    contacts = list(read_contacts(deliveries(decided)))
    write_days(landing, world=WORLD, days=[ANSWERED], contacts=contacts)
    land(landing, answered, WORLD.dates)
    person = land_late_trade(answered)
    succeeded(answered, "nightly")
    return Told(decided, answered, person, folder)


def land_late_trade(home: Home) -> str:
    """Deliver, with the answers, a trade of the day of the decision by somebody delivered; return the person."""
    ((person, customer),) = ask(
        home,
        "select person_id, substr(node_id, 10) from intermediate.int_identities__walked"
        f" where as_of_date = date '{DECIDED}' and node_rank = 1 and person_id in"
        " (select person_id from campaigns.fct_deliveries) order by person_id limit 1",
    )
    folder = home.landing / "broker" / "trades" / str(ANSWERED)
    control = json.loads((folder / "_control.json").read_bytes())
    file = folder / control["files"][0]["name"]
    with closing(duckdb.connect()) as connection:
        late = folder / "late.parquet"
        connection.execute(
            "copy (select * replace ('LATE-1' as trade_id, 'LATE-1' as order_id, $customer as client_id,"
            " trade_time - interval 1 day as trade_time) from read_parquet($file) limit 1)"
            f" to '{late}' (format parquet)",
            {"customer": customer, "file": str(file)},
        )
    control["files"].append(
        {"name": late.name, "rows": 1, "sha256": hashlib.sha256(late.read_bytes()).hexdigest()}
    )
    (folder / "_control.json").write_text(json.dumps(control), encoding="utf-8")
    return str(person)


def ask(home: Home, query: str) -> list[tuple[Any, ...]]:
    with closing(duckdb.connect(home.warehouse, read_only=True)) as connection:
        return connection.execute(query).fetchall()


def deliveries(home: Home) -> Path:
    return (home.published / "current" / "deliveries").resolve()


def delivered(home: Home, day: date) -> list[dict[str, str]]:
    with (deliveries(home) / str(day) / "CMP-001.csv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def files(folder: Path, pattern: str = "**/*") -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes() for path in folder.glob(pattern) if path.is_file()
    }


def test_a_range_has_scores_from_the_day_on_which_a_model_serves(told: Told) -> None:
    found = ask(told.decided, "select as_of_date, count(*) from ml.churn_scores group by all order by all")
    assert [day for day, _ in found] == [SERVES_FROM, DECIDED]
    candidates = ask(
        told.decided,
        "select as_of_date, count(*) from intermediate.int_churn_candidates__measured group by all order by all",
    )
    assert found == candidates[1:]


def test_scores_are_tags_the_same_day_and_move_stages_the_day_after(told: Told) -> None:
    tagged = ask(told.decided, "select as_of_date, count(*) from tags.tags_model group by all order by all")
    assert [day for day, _ in tagged] == [SERVES_FROM, DECIDED]
    moved = ask(
        told.decided,
        "select conditions.as_of_date, conditions.has_high_churn, levels.churn_level_type = 'high', count(*)"
        " from intermediate.int_stage_conditions__judged as conditions"
        " left join intermediate.int_churn_scores__levelled as levels on levels.person_id = conditions.person_id"
        " and levels.as_of_date = conditions.as_of_date - 1 where conditions.is_opened group by all order by all",
    )
    assert {day for day, is_high, _, _ in moved if is_high} <= {DECIDED}
    assert all(is_high == bool(level) for day, is_high, level, _ in moved)


def test_nobody_is_delivered_who_must_not_be_and_everybody_meant_has_a_verdict(told: Told) -> None:
    ((meant, judged),) = ask(
        told.decided,
        "select (select count(*) from segments.fct_segment_members where segment_code = 'SEG-S02'"
        f" and as_of_date = date '{DECIDED}'), (select count(*) from campaigns.fct_verdicts)",
    )
    assert meant == judged > 10
    refused = ask(
        told.decided, "select distinct reason_type is null from campaigns.fct_verdicts where not is_allowed"
    )
    assert refused == [(False,)]
    consents = ask(
        told.decided,
        "select count(*), count(*) filter (list_contains(granted, 'marketing_push')"
        " and list_contains(granted, 'profiling')) from campaigns.fct_deliveries left join (select person_id,"
        " list(scope_type) as granted from intermediate.int_consents__resolved"
        f" where is_granted and as_of_date = date '{DECIDED}' group by person_id) using (person_id)",
    )
    assert consents[0][0] == consents[0][1] > 0


def test_the_treated_stand_in_the_file_of_the_next_day_and_nobody_else(told: Told) -> None:
    contact_on = DECIDED + timedelta(days=1)
    rows = delivered(told.decided, contact_on)
    recorded = ask(
        told.decided, "select touch_id, recipient_token from campaigns.fct_deliveries order by all"
    )
    assert [(row["touch_id"], row["recipient_token"]) for row in rows] == recorded
    arms = dict(ask(told.decided, "select arm_type, count(*) from campaigns.fct_assignments group by all"))
    assert arms["treatment"] == len(rows)
    assert arms["control"] > 0
    manifest = json.loads((deliveries(told.decided) / str(contact_on) / "manifest.json").read_bytes())
    content = (deliveries(told.decided) / str(contact_on) / "CMP-001.csv").read_bytes()
    assert manifest["files"] == [
        {"file": "CMP-001.csv", "rows": len(rows), "sha256": hashlib.sha256(content).hexdigest()}
    ]


def test_a_delivered_day_run_again_sends_nothing_and_changes_no_file(told: Told) -> None:
    home = copied(told.decided, told.folder / "again")
    before = files(home.root / "published"), files(home.recorded)
    assert "Nothing to do" in succeeded(home, "nightly").output
    assert (files(home.root / "published"), files(home.recorded)) == before
    shutil.rmtree(home.root)


def test_the_next_night_leaves_what_was_delivered_and_contacts_nobody_twice(told: Told) -> None:
    earlier = files(deliveries(told.decided))
    assert {
        path: content for path, content in files(deliveries(told.answered)).items() if path in earlier
    } == earlier
    repeated = ask(
        told.answered,
        "select person_id from campaigns.fct_deliveries group by person_id, campaign_code having count(*) > 1",
    )
    assert repeated == []


def test_receipts_come_back_as_a_source_and_are_counted(told: Told) -> None:
    ((sent,),) = ask(
        told.answered,
        "select count(distinct touch_id) from intermediate.int_touches__observed"
        " inner join campaigns.fct_deliveries using (touch_id) where sent_on is not null",
    )
    assert sent == len(delivered(told.decided, ANSWERED))
    ((assigned, waiting, control, reached),) = ask(
        told.answered,
        "select assigned_count, waiting_count, control_count, delivered_count from campaigns.rpt_campaign_results"
        f" where as_of_date = date '{ANSWERED}'",
    )
    assert (assigned == waiting, control) == (True, 0)
    assert 0 < reached <= sent


def test_a_late_row_that_would_change_a_delivered_segment_is_shown_and_nothing_is_sent(told: Told) -> None:
    ((meant, not_any_more),) = ask(
        told.answered,
        "select meant_count, no_longer_meant_count from campaigns.rpt_delivery_changes"
        f" where as_of_date = date '{ANSWERED}' and decided_on = date '{DECIDED}'",
    )
    assert (meant, not_any_more) == (len(ask(told.decided, "select * from campaigns.fct_verdicts")), 1)
    members = ask(
        told.answered,
        f"select 1 from segments.fct_segment_members where as_of_date = date '{DECIDED}'"
        f" and segment_code = 'SEG-S02' and person_id = '{told.late_person}'",
    )
    assert members == []
    assert ask(
        told.answered, f"select 1 from campaigns.fct_deliveries where person_id = '{told.late_person}'"
    )


def test_a_rebuild_gives_the_same_bytes_and_decides_nothing_anew(told: Told) -> None:
    home = copied(told.answered, told.folder / "rebuilt")
    before, recorded = published(home), files(home.recorded)
    succeeded(home, "rebuild")
    assert published(home) == before
    assert files(home.recorded) == recorded
    shutil.rmtree(home.root)


def published(home: Home) -> dict[str, bytes]:
    folder = (home.root / "published" / "current").resolve()
    return {**files(folder, "parquet/**/*.parquet"), **files(folder, "deliveries/**/*")}


def test_what_was_decided_is_published_for_everybody_to_read(told: Told) -> None:
    addresses: Sequence[str] = (
        "ml.churn_scores", "ml.dim_models", "ml.feature_drift", "campaigns.fct_verdicts", "campaigns.fct_assignments",
        "campaigns.fct_deliveries", "campaigns.rpt_campaign_results", "intake.rpt_deliveries", "tags.tags_model",
    )  # fmt: skip
    with closing(
        duckdb.connect(told.answered.root / "published" / "current" / "lifecycle.duckdb", read_only=True)
    ) as connection:
        counts = {
            address: connection.sql(f"select count(*) from {address}").fetchall()[0][0]
            for address in addresses
        }
    assert all(counts.values()), counts


@pytest.fixture(scope="module")
def dashboard(told: Told) -> Iterator[str]:
    """Serve the pages over the last home and return their address."""
    port = free_port()
    log = told.folder / "dashboard.log"
    with log.open("wb") as output:
        pages = subprocess.Popen(
            [Path(sys.executable).with_name("streamlit"), "run", "dashboards/app.py", "--server.headless", "true",
             "--server.address", "127.0.0.1", "--server.port", str(port), "--server.fileWatcherType", "none",
             "--browser.gatherUsageStats", "false", "--", "--home", str(told.answered.root)],
            cwd=PROJECT, stdout=output, stderr=output,
        )  # fmt: skip
    try:
        wait_for_port(port, log)
        yield f"http://127.0.0.1:{port}"
    finally:
        pages.kill()
        pages.wait()


def wait_for_port(port: int, log: Path) -> None:
    give_up = time.monotonic() + 60
    while time.monotonic() < give_up:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.2)
    pytest.fail(f"the dashboard did not come up\n{log.read_text(errors='replace')}")


def test_the_pages_show_in_a_browser_what_is_published_in_two_languages(
    told: Told, dashboard: str, browser: Browser
) -> None:
    context = browser.new_context(base_url=dashboard, viewport={"width": 1500, "height": 1400})
    context.set_default_timeout(30_000)
    page = context.new_page()
    asked: set[str] = set()
    page.on("request", lambda request: asked.add(request.url))
    for name in PAGES:
        for language in LANGUAGES:
            # The page that is shown first has the address of the whole.
            page.goto("/" if name == "people" else f"/{name}")
            page.get_by_text(language, exact=True).click()
            title = Words(LANGUAGES[language]).say(name)
            page.get_by_role("heading", name=title, exact=True, level=1).wait_for()
            page.locator("[data-testid='stTable'], [data-testid='stAlert']").first.wait_for()
            assert page.locator("[data-testid='stException']").count() == 0, (name, language)
        if name in SHOWN:
            ((figure,),) = ask(told.answered, SHOWN[name].format(day=ANSWERED))
            page.get_by_role("cell", name=str(figure), exact=True).first.wait_for()
    page.goto("/")
    page.locator("canvas, svg.marks").first.wait_for()
    _, drawn = look(browser, page.screenshot(), [{"x": 380, "y": 240, "width": 900, "height": 240}])
    assert drawn.colours > 20
    assert drawn.drawn > 0.01
    context.close()
    own = (dashboard, dashboard.replace("http", "ws"), "data:", "blob:")
    assert [url for url in asked if not url.startswith(own)] == []
