"""What stands behind the pages: the served home, asked the way a program would ask it."""

from __future__ import annotations

import json
import time
import urllib.request
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
from playwright.sync_api import ViewportSize

# Wide enough for the graph to draw every name in full.
VIEWPORT: ViewportSize = {"width": 2800, "height": 1100}
RUN_SECONDS = 280
ENDED = {"SUCCESS", "FAILURE", "CANCELED"}
RUNS = "query { runsOrError { ... on Runs { results { runId jobName status tags { key value } } } } }"


@dataclass(frozen=True)
class Served:
    """A home behind the UI at `address`: published up to `taken_in`, with the deliveries of `waiting` landed."""

    address: str
    home: Path
    taken_in: date
    waiting: date

    def runs(self) -> dict[str, dict[str, Any]]:
        """Return every run the server knows, by its id."""
        request = urllib.request.Request(
            f"{self.address}/graphql",
            data=json.dumps({"query": RUNS}).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            found = json.load(answer)["data"]["runsOrError"]["results"]
        return {run["runId"]: run for run in found}

    def run_started_after(self, before: set[str]) -> str:
        """Wait for a run that is not among `before` and return its id."""
        give_up = time.monotonic() + RUN_SECONDS
        while time.monotonic() < give_up:
            started = self.runs().keys() - before
            if started:
                return min(started)
            time.sleep(0.3)
        raise AssertionError("no run was started")

    def ended(self, run_id: str) -> dict[str, Any]:
        """Wait until the run has ended and return what the server says of it."""
        give_up = time.monotonic() + RUN_SECONDS
        while time.monotonic() < give_up:
            run = self.runs()[run_id]
            if run["status"] in ENDED:
                return run
            time.sleep(0.5)
        raise AssertionError(f"run {run_id} has not ended after {RUN_SECONDS} s")

    def published_dates(self) -> list[date]:
        """Return the business dates of the report in the version that readers get."""
        file = self.home / "published" / "current" / "lifecycle.duckdb"
        with closing(duckdb.connect(str(file), read_only=True)) as connection:
            rows = connection.execute(
                "select business_date from marts.rpt_daily_active_people order by business_date"
            ).fetchall()
        return [day for (day,) in rows]
