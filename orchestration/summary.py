"""Summary: what a night did, in a few lines for the person who ran it.

Belongs here: the words. Does not belong here: running anything, and what the state of a home is (status.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing

import duckdb

from operations import segment_tables
from operations.campaign_tables import RESULTS
from orchestration import reports
from orchestration.dbt_models import StoredModel, load_manifest, stored_models, stored_tables
from orchestration.prepare import MANIFEST
from orchestration.publication import SNAPSHOT
from orchestration.resources import Settings, load_promises
from orchestration.running import NightLog
from orchestration.warehouse import BUILD_DATES
from storage.engine import connect
from storage.intake import unread_tables
from storage.versions import version_folder

_COUNTED = ("rows_read", "rows_loaded", "rows_duplicate", "rows_quarantined", "rows_passed_over")


def summarise(settings: Settings, log: NightLog, *, seconds: float) -> Iterator[str]:
    """Yield the lines about a night that succeeded and took `seconds`."""
    published = log.figures[SNAPSHOT.to_user_string()]
    folder = version_folder(settings.home, int(str(published["sequence"])))
    state = "published" if published["is_new"] else "nothing changed, still serving"
    yield f"The night of {published['as_of_date']} took {seconds:.0f} s: {state} version {published['sequence']}."
    yield from _rows(log)
    yield from _unread(settings)
    build = log.figures[BUILD_DATES.to_user_string()]
    yield f"  rebuilt    {build['fact_dates']} business dates ({build['reason']})"
    with closing(
        connect(folder / "lifecycle.duckdb", settings=settings.engine, read_only=True)
    ) as connection:
        yield from _headlines(connection, _published())
        yield from _models(connection)
        yield from _campaigns(connection)
    yield "Where to look"
    yield f"  tables     {folder / 'lifecycle.duckdb'} (any DuckDB tool, read only) and {folder / 'parquet'}"
    if (settings.home.data_docs / "index.html").is_file():
        yield f"  checks     {settings.home.data_docs / 'index.html'}"
    yield "  rejected   lifecycle quarantine list"
    yield "  pages      make dashboard, then http://127.0.0.1:8501"
    yield "  the graph  make ui, then http://127.0.0.1:3000"


def _published() -> list[StoredModel]:
    models = [*stored_models(load_manifest(MANIFEST)), *stored_tables(segment_tables.TABLES)]
    return [model for model in models if model.is_published]


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


def _unread(settings: Settings) -> Iterator[str]:
    """Yield which tables have landed and are not read, so that nobody takes them for taken in."""
    promises = load_promises()
    unread = unread_tables(settings.home.landing, promises.contracts, promises.mappings)
    if unread:
        yield f"  not read   {len(unread)} landed tables without a contract: {', '.join(unread)}"


def _headlines(connection: duckdb.DuckDBPyConnection, published: Sequence[StoredModel]) -> Iterator[str]:
    """Yield the newest value of each headline, and of those that tell categories apart every category's."""
    for model in published:
        if not (model.headline and model.date_column):
            continue
        table, column, named = model.published_table.quoted, model.headline, _named(model.headline)
        others = [name for name in model.key if name != model.date_column]
        newest = connection.execute(
            f"select max({model.date_column}) from {table} where {column} is not null"
        ).fetchall()[0][0]
        if newest is None or len(others) > 1:
            continue
        category = others[0] if others else "''"
        found = connection.execute(
            f"select {category}, {column} from {table}"
            f" where {model.date_column} = ? and {column} > 0 order by 2 desc nulls last, 1",
            [newest],
        ).fetchall()
        if others:
            counts = ", ".join(f"{name} {count:,}" for name, count in found)
            yield f"  {newest} {named} by {_named(category)}: {counts}"
        else:
            yield from (f"  {newest} {count:,} {named}" for _, count in found)


def _models(connection: duckdb.DuckDBPyConnection) -> Iterator[str]:
    """Yield, of each kind of model, the newest that was trained: its figure, and whether it serves."""
    found = connection.execute(
        f"select model_type, trained_on, effective_from, verdict_text from {reports.MODELS.address}"
        " qualify row_number() over (partition by model_type order by trained_on desc nulls last, model_version) = 1"
        " order by model_type"
    ).fetchall()
    for model_type, trained_on, effective_from, verdict in found:
        state = f"serves from {effective_from}" if effective_from else "does not serve"
        yield f"  model      {model_type} of {trained_on} {state}: {verdict}"


def _campaigns(connection: duckdb.DuckDBPyConnection) -> Iterator[str]:
    """Yield what each campaign has changed so far."""
    found = connection.execute(
        "select campaign_code, assigned_count, waiting_count, control_successes_count, control_count,"
        " treatment_successes_count, treatment_count, difference, difference_low, difference_high,"
        f" sample_ratio_p_value from {RESULTS.address}"
        f" where as_of_date = (select max(as_of_date) from {RESULTS.address}) order by campaign_code"
    ).fetchall()
    for code, assigned, waiting, *arms, difference, low, high, chance in found:
        if low is None:
            yield f"  campaign   {code}: {assigned:,} people assigned, {waiting:,} of them still wait for their outcome"
            continue
        yield (
            f"  campaign   {code}: {arms[2]:,} of {arms[3]:,} contacted and {arms[0]:,} of {arms[1]:,} not:"
            f" {difference:+.1%} ({low:+.1%} to {high:+.1%}), sample ratio p = {chance:.3f}"
        )


def _named(column: str) -> str:
    return column.removesuffix("_count").removesuffix("_type").removesuffix("_code").replace("_", " ")
