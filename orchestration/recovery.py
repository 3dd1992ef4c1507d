"""Recovery: what the pipeline found beside what was planted in a simulated world, truth by truth.

Belongs here: the report, for people and as an asset. Does not belong here: how a truth is looked for
(planted_truths.py), making anything that a night needs.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import dagster as dg
from rich.table import Table

from orchestration import planted_feeds
from orchestration.partitions import OWNERS
from orchestration.planted_truths import LOOKED_AT, TRUTHS
from orchestration.recovered import MISSED, NOT_YET, RECOVERED, Evidence, Recovered
from orchestration.resources import ConfigurationError, House
from orchestration.writing import Writer
from storage.engine import connect
from storage.versions import current_sequence, version_folder

TRUTH_FOLDER = "truth"
COLUMNS = ("truth", "planted", "found", "interval", "verdict")


def recovery(house: House, folder: Path | None = None) -> list[Recovered]:
    """Return every truth of the world in `folder` (default: the home's own) with what was found of it.

    Raises ConfigurationError when there is no truth folder, or nothing was published yet.
    """
    folder = folder or house.home.root / TRUTH_FOLDER
    if not (folder / "world.json").is_file():
        raise ConfigurationError(f"{folder} holds no truths: `python -m demo --truth {folder}` writes them")
    serving = current_sequence(house.home)
    if serving is None or not house.home.warehouse.exists():
        raise ConfigurationError("nothing is published yet: run `lifecycle nightly` first")
    told = json.loads((folder / "world.json").read_bytes())
    served = version_folder(house.home, serving) / "lifecycle.duckdb"
    with (
        closing(connect(house.home.warehouse, settings=house.engine, read_only=True)) as built,
        closing(connect(served, settings=house.engine, read_only=True)) as published,
    ):
        evidence = Evidence(folder, told, built, published, house)
        return [line for look in TRUTHS for line in look(evidence)]


def as_markdown(lines: Sequence[Recovered]) -> str:
    """Return the report as a Markdown table."""
    head = [f"| {' | '.join(COLUMNS)} |", f"|{' --- |' * len(COLUMNS)}"]
    return "\n".join([*head, *(f"| {' | '.join(line.cells)} |" for line in lines), ""])


def as_table(lines: Sequence[Recovered]) -> Table:
    """Return the report as a table for the terminal."""
    table = Table(*COLUMNS)
    for line in lines:
        table.add_row(*line.cells)
    return table


def recovery_asset() -> dg.AssetsDefinition:
    """Return the asset that reports; no night makes it: real deployments have no planted truths."""

    @dg.asset(
        key=["recovery", "rpt_recovery"],
        deps=[*LOOKED_AT, *planted_feeds.LOOKED_AT],
        description="What the pipeline found beside what was planted in a simulated world.",
        group_name="recovery",
        owners=OWNERS,
    )
    def rpt_recovery(writer: Writer) -> dg.MaterializeResult:
        lines = recovery(writer.house)
        counts = {
            state: sum(line.verdict.startswith(state) for line in lines)
            for state in (RECOVERED, MISSED, NOT_YET)
        }
        return dg.MaterializeResult(metadata={"report": dg.MetadataValue.md(as_markdown(lines)), **counts})

    return rpt_recovery
