"""Summary: what a night did, in a few lines for the person who ran it.

Belongs here: the words. Does not belong here: running anything, and what the state of a home is (status.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path

from orchestration.dbt_models import load_manifest, stored_models
from orchestration.prepare import MANIFEST
from orchestration.publication import SNAPSHOT
from orchestration.resources import Settings
from orchestration.running import NightLog
from orchestration.warehouse import BUILD_DATES
from storage.engine import connect
from storage.versions import version_folder

_COUNTED = ("rows_read", "rows_loaded", "rows_duplicate", "rows_quarantined", "rows_passed_over")


def summarise(settings: Settings, log: NightLog, *, seconds: float) -> Iterator[str]:
    """Yield the lines about a night that succeeded and took `seconds`."""
    published = log.figures[SNAPSHOT.to_user_string()]
    folder = version_folder(settings.home, int(str(published["sequence"])))
    state = "published" if published["is_new"] else "nothing changed, still serving"
    yield f"The night of {published['as_of_date']} took {seconds:.0f} s: {state} version {published['sequence']}."
    yield from _rows(log)
    build = log.figures[BUILD_DATES.to_user_string()]
    yield f"  rebuilt    {build['fact_dates']} business dates ({build['reason']})"
    yield from _headlines(settings, folder)
    yield "Where to look"
    yield f"  tables     {folder / 'lifecycle.duckdb'} (any DuckDB tool, read only) and {folder / 'parquet'}"
    if (settings.home.data_docs / "index.html").is_file():
        yield f"  checks     {settings.home.data_docs / 'index.html'}"
    yield "  rejected   lifecycle quarantine list"
    yield "  the graph  make ui, then http://127.0.0.1:3000"


def _rows(log: NightLog) -> Iterator[str]:
    totals = dict.fromkeys(_COUNTED, 0)
    for figures in log.figures.values():
        for name in _COUNTED:
            totals[name] += int(str(figures.get(name, 0)))
    passed_over = f" + {totals['rows_passed_over']:,} passed over" if totals["rows_passed_over"] else ""
    yield (
        f"  rows       {totals['rows_read']:,} read = {totals['rows_loaded']:,} loaded"
        f" ({totals['rows_duplicate']:,} of them repeated) + {totals['rows_quarantined']:,} quarantined"
        f"{passed_over}"
    )


def _headlines(settings: Settings, folder: Path) -> Iterator[str]:
    """Yield the newest value of each headline that a published model with one row per date has."""
    headlines: Mapping[str, tuple[str, str]] = {
        model.published_table.quoted: (model.headline, model.date_column)
        for model in stored_models(load_manifest(MANIFEST))
        if model.is_published and model.headline and model.date_column and model.key == (model.date_column,)
    }
    with closing(
        connect(folder / "lifecycle.duckdb", settings=settings.engine, read_only=True)
    ) as connection:
        for table, (column, date_column) in headlines.items():
            newest = connection.execute(
                f"select {date_column}, {column} from {table} where {column} is not null"
                f" order by {date_column} desc nulls last limit 1"
            ).fetchone()
            if newest is not None:
                yield f"  {newest[0]} {newest[1]:,} {column.removesuffix('_count').replace('_', ' ')}"
