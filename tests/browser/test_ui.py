"""A person opens the UI: sees the graph, starts a night by hand, reads its checks, finds what runs by itself."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.pictures import Region, look, size_of
from tests.browser.served import VIEWPORT, Served

# A night that the UI starts, on a machine whose other core runs nights as well.
pytestmark = pytest.mark.timeout(600)
WAY_OF_EVENTS = {
    "events": "raw/app/events",
    "stg_app__events": "staging/stg_app__events",
    "int_node_days__rolled_up": "intermediate/int_node_days__rolled_up",
    "rpt_daily_active_people": "marts/rpt_daily_active_people",
    "snapshot": "published/snapshot",
}
# The other tables would make the graph too tall to be read.
ONE_TABLE = " or ".join(f'key:"{key}"' for key in ["control/build_dates", *WAY_OF_EVENTS.values()])
GROUPS = ["landed", "control", "staging", "intermediate", "marts", "tags", "published"]


def test_the_graph_shows_the_way_of_a_table_from_landing_to_the_snapshot(
    page: Page, browser: Browser, tmp_path: Path
) -> None:
    page.goto("/asset-groups")
    graph = page.locator("svg").filter(has_text="landed").first
    for group in GROUPS:
        expect(graph.get_by_text(group, exact=True)).to_be_visible()

    page.locator(".CodeMirror").click()
    page.keyboard.insert_text(ONE_TABLE)
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("raw%2Fapp%2Fevents"))
    graph.click(button="right", position={"x": 40, "y": 40})
    page.get_by_role("menuitem", name="Expand all groups").click()
    names = [graph.get_by_text(name, exact=True) for name in WAY_OF_EVENTS]
    for name, address in zip(names, WAY_OF_EVENTS.values(), strict=True):
        expect(name).to_be_visible()
        expect(graph.locator(f'a[href^="/assets/{address}?"]').first).to_be_visible()

    picture = page.screenshot(path=tmp_path / "graph.png", animations="disabled")
    assert size_of(picture) == (VIEWPORT["width"], VIEWPORT["height"])
    places = [place for name in names if (place := name.bounding_box()) is not None]
    whole, *labels = look(browser, picture, places)
    assert whole.colours > 500
    assert whole.drawn > 0.05
    assert len(labels) == len(WAY_OF_EVENTS)
    assert min(label.drawn for label in labels) > 0.1


def test_an_empty_page_is_not_taken_for_a_picture(browser: Browser) -> None:
    page = browser.new_page(viewport=VIEWPORT)
    whole, corner = look(browser, page.screenshot(), [{"x": 0, "y": 0, "width": 50, "height": 50}])
    page.close()
    assert whole == corner == Region(colours=1, drawn=0.0)


def test_a_night_started_by_clicking_takes_in_what_waited_and_publishes_it(
    page: Page, served: Served
) -> None:
    assert served.published_dates()[-1] == served.taken_in
    before = set(served.runs())

    page.goto("/locations/brokerage_lifecycle/jobs/nightly")
    page.get_by_role("button", name="Materialize all").click()
    dialog = page.get_by_role("dialog").filter(has_text="Partition selection")
    dialog.get_by_role("button", name="Show all partitions").click()
    dialog.get_by_role("textbox").first.fill(served.waiting.isoformat())
    dialog.get_by_role("textbox").first.press("Tab")
    expect(dialog.get_by_text("1 partition", exact=True)).to_be_visible()
    dialog.get_by_role("button", name="Launch 1 run").click()

    run_id = served.run_started_after(before)
    page.goto(f"/runs/{run_id}")
    run = served.ended(run_id)
    assert (run["jobName"], run["status"]) == ("nightly", "SUCCESS")
    expect(page.get_by_text("Success", exact=True).first).to_be_visible()
    assert served.published_dates()[-1] == served.waiting


def test_the_checks_of_a_table_are_shown_with_their_state(page: Page) -> None:
    page.goto("/assets/raw/app/events")
    page.get_by_role("tab", name="Checks").click()
    expect(page.get_by_text("Checks (3)")).to_be_visible()
    for check, promise in {
        "accounted": "Every row read was loaded, quarantined or erased",
        "expectations": "The dates touched look as the contract promises",
        "delivered": "The night's delivery has arrived",
    }.items():
        page.get_by_text(check, exact=True).first.click()
        expect(page.get_by_text(promise)).to_be_visible()
        expect(page.get_by_text("Passed", exact=True)).to_be_visible()
    expect(page.get_by_text("Succeeded", exact=True)).to_have_count(3)


def test_what_runs_by_itself_is_listed_and_switched_on(page: Page) -> None:
    page.goto("/automation")
    for name in ("every_night", "every_week", "all_delivered", "report_failures"):
        expect(page.get_by_role("link", name=name)).to_be_visible()
    expect(page.get_by_text("02:30")).to_be_visible()
    expect(page.get_by_role("checkbox", checked=True)).to_have_count(4)

    page.goto("/jobs")
    for name in ("nightly", "train"):
        expect(page.get_by_role("link", name=f"job {name}")).to_be_visible()
    page.goto("/locations/brokerage_lifecycle/schedules/every_night")
    expect(page.get_by_role("link", name="nightly", exact=True).first).to_be_visible()
    expect(page.get_by_text("Running", exact=True).first).to_be_visible()
