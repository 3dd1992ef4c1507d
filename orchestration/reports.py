"""Reports: what the ledger knows of deliveries and models, as tables that readers see beside the others.

Belongs here: their columns, and reading ledger and cards. Does not belong here: what is counted (storage), how a model
is judged (ml).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import timedelta
from typing import Any

import dagster as dg

from data_contracts.written_table import WrittenTable
from ml import card, lookalike_training
from ml.evaluation import Estimate
from orchestration.partitions import NIGHTS, ONE_RUN, OWNERS, WRITER_POOL
from orchestration.resources import House
from orchestration.scores import CHURN, LOOKALIKE
from orchestration.warehouse import BUILD_DATES
from orchestration.writing import Writer
from storage.engine import connect
from storage.model_store import load_model, trainings
from storage.quarantine import held_of

SHOWN_DAYS = 90

DELIVERIES = WrittenTable(
    schema="intake",
    name="rpt_deliveries",
    description=f"One row per source, table and delivery date of the last {SHOWN_DAYS} days: the rows of the issues"
    " that count, accounted for.",
    columns={
        "source": "varchar", "table_name": "varchar", "delivery_date": "date", "files_count": "bigint",
        "rows_read_count": "bigint", "rows_loaded_count": "bigint", "rows_duplicate_count": "bigint",
        "rows_quarantined_count": "bigint", "rows_passed_over_count": "bigint",
    },
    key=("source", "table_name", "delivery_date"),
    date_column=None,
)  # fmt: skip
QUARANTINE = WrittenTable(
    schema="intake",
    name="rpt_quarantine",
    description=f"One row per source, table, delivery date of the last {SHOWN_DAYS} days and rule that held rows back.",
    columns={
        "source": "varchar", "table_name": "varchar", "delivery_date": "date", "rule_type": "varchar",
        "rows_count": "bigint",
    },
    key=("source", "table_name", "delivery_date", "rule_type"),
    date_column=None,
)  # fmt: skip
MODELS = WrittenTable(
    schema="ml",
    name="dim_models",
    description="One row per model that was trained: what it learned from, how it was judged, since when it serves.",
    columns={
        "model_type": "varchar", "model_version": "varchar", "estimator_type": "varchar", "trained_on": "date",
        "is_promoted": "boolean", "effective_from": "date", "verdict_text": "varchar", "people_count": "bigint",
        "positive_count": "bigint", "base_ratio": "double", "rule_average_precision": "double",
    },
    key=("model_type", "model_version"),
    date_column=None,
)  # fmt: skip
FIGURES = WrittenTable(
    schema="ml",
    name="fct_model_figures",
    description="One row per trained model and figure of its test, with the 95 % interval.",
    columns={
        "model_type": "varchar", "model_version": "varchar", "figure_type": "varchar", "figure": "double",
        "figure_low": "double", "figure_high": "double",
    },
    key=("model_type", "model_version", "figure_type"),
    date_column=None,
)  # fmt: skip
TABLES = (DELIVERIES, QUARANTINE, MODELS, FIGURES)

Rows = list[tuple[Any, ...]]


def report_assets() -> dg.AssetsDefinition:
    """Return the assets of the reports."""
    specs = [
        dg.AssetSpec(
            [table.schema, table.name],
            deps=[BUILD_DATES],
            description=table.description,
            group_name=table.schema,
            owners=OWNERS,
            kinds={"duckdb"},
        )
        for table in TABLES
    ]

    @dg.multi_asset(
        name="reports", specs=specs, partitions_def=NIGHTS, backfill_policy=ONE_RUN, pool=WRITER_POOL
    )
    def reports(writer: Writer) -> Iterator[dg.MaterializeResult]:
        house = writer.house
        told = {**_intake(house, writer), **_models(house)}
        with closing(connect(house.home.warehouse, settings=house.engine)) as connection:
            for table in TABLES:
                connection.execute(f"create schema if not exists {table.schema}")
                connection.execute(table.creation)
                connection.execute(f"delete from {table.address}")
                if told[table.address]:
                    places = ", ".join("?" * len(table.columns))
                    connection.executemany(
                        f"insert into {table.address} values ({places})", told[table.address]
                    )
                yield dg.MaterializeResult(
                    [table.schema, table.name], metadata={"dagster/row_count": len(told[table.address])}
                )

    return reports


def _intake(house: House, writer: Writer) -> dict[str, Rows]:
    since = writer.plan.as_of_date - timedelta(days=SHOWN_DAYS)
    recent = [record for record in house.ledger.files() if record.delivery_date > since]
    rejected = [record for record in recent if record.status == "rejected"]
    # A replaced issue counts for nothing any more, here as everywhere.
    counted = [
        record
        for source, table in sorted({(record.source, record.table) for record in recent})
        for record in house.ledger.active_files(source, table)
        if record.delivery_date > since
    ]
    deliveries: dict[tuple[Any, ...], Counter[str]] = {}
    for record in (*counted, *rejected):
        place = (record.source, record.table, record.delivery_date)
        deliveries.setdefault(place, Counter()).update({
            "files": 1, "read": record.rows_read, "loaded": record.rows_loaded, "duplicate": record.rows_duplicate,
            "quarantined": record.rows_quarantined, "passed_over": record.rows_passed_over,
        })  # fmt: skip
    refused: Counter[tuple[Any, ...]] = Counter()
    for one in held_of(house.doors, (*counted, *rejected)):
        place = (one.record.source, one.record.table, one.record.delivery_date, one.rule)
        refused[place] += one.record.rows_read if one.rows is None else one.rows
    return {
        DELIVERIES.address: [(*place, *counts.values()) for place, counts in deliveries.items()],
        QUARANTINE.address: [(*place, rows) for place, rows in refused.items()],
    }


def _models(house: House) -> dict[str, Rows]:
    models: Rows = []
    figures: Rows = []
    for training in trainings(house.ledger):
        about, estimates = _READERS[training.model_type](
            load_model(house.home, training.model_type, training.model_version)[1]
        )
        key = (training.model_type, training.model_version)
        kind, *learned = about
        models.append((
            *key, kind, training.trained_on, training.is_promoted, training.effective_from, training.reason, *learned
        ))  # fmt: skip
        figures += [(*key, name, one.value, one.low, one.high) for name, one in estimates.items()]
    return {MODELS.address: models, FIGURES.address: figures}


def _churn(card_bytes: bytes) -> tuple[tuple[Any, ...], Mapping[str, Estimate]]:
    known = card.from_json(card_bytes)
    people = sum(part.people_count for part in known.examples.values())
    positive = sum(part.positive_count for part in known.examples.values())
    return (known.kind, people, positive, known.base_rate, known.rule_average_precision), known.figures


def _lookalike(card_bytes: bytes) -> tuple[tuple[Any, ...], Mapping[str, Estimate]]:
    known = lookalike_training.from_json(card_bytes)
    proof = known.proof
    return (
        ("logistic_regression", known.people_count, known.seeds_count, None, None),
        {"recall_10": proof.recall_at_10_percent, "lift_10": proof.lift_at_10_percent},
    )


_READERS = {CHURN: _churn, LOOKALIKE: _lookalike}
