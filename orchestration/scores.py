"""Scores: what the models that serve say of the people of a night.

Belongs here: the asset's wiring: read the people, load the model of the date, record its scores.
Does not belong here: models and their arithmetic (ml), which model serves (storage/model_store.py).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from datetime import date
from functools import cache, partial

import dagster as dg
import duckdb
import pandas as pd

from ml import churn, lookalike, lookalike_training
from ml.card import ModelCard, from_json
from ml.drift import ALERT_ABOVE
from ml.lookalike import LookalikeModel
from ml.model_bytes import from_bytes
from orchestration.partitions import NIGHTS, ONE_RUN, OWNERS, RECORDED, WRITER_POOL
from orchestration.resources import House
from orchestration.writing import Writer
from storage.engine import connect
from storage.model_store import Training, champion, load_model, trainings
from storage.recorded_tables import RecordedTable, is_final, keep

CHURN, LOOKALIKE = "churn", "lookalike_high_value"
CHURN_SCORES, LOOKALIKE_SCORES, DRIFT = "ml.churn_scores", "ml.lookalike_scores", "ml.feature_drift"
CHURN_CANDIDATES = dg.AssetKey(["intermediate", "int_churn_candidates__measured"])
PERSONS = dg.AssetKey(["intermediate", "int_persons__measured"])

Scorer = Callable[[duckdb.DuckDBPyConnection, date], Mapping[str, pd.DataFrame]]
"""Returns rows as of a date, by the table they belong to."""


def scoring_is_due(writer: Writer) -> bool:
    """Say whether a model serves on any date of the night."""
    known = trainings(writer.house.ledger)
    return any(_serving(known, day) for day in writer.plan.as_of)


def score_assets(tables: Mapping[str, RecordedTable]) -> dg.AssetsDefinition:
    """Return the assets of the tables that hold scores."""
    specs = [
        dg.AssetSpec(
            address.split("."),
            deps=[CHURN_CANDIDATES, PERSONS],
            description=tables[address].description,
            group_name="ml",
            owners=OWNERS,
            tags=RECORDED,
            kinds={"scikitlearn"},
        )
        for address in (CHURN_SCORES, LOOKALIKE_SCORES, DRIFT)
    ]

    @dg.multi_asset(
        name="scores", specs=specs, partitions_def=NIGHTS, backfill_policy=ONE_RUN, pool=WRITER_POOL
    )
    def scores(writer: Writer) -> Iterator[dg.MaterializeResult]:
        house = writer.house
        known = trainings(house.ledger)
        counts: dict[str, int] = dict.fromkeys((CHURN_SCORES, LOOKALIKE_SCORES, DRIFT), 0)
        scorer = cache(partial(_scorer, house))
        with closing(
            connect(house.home.warehouse, settings=house.engine, scratch=house.home.work)
        ) as connection:
            for day in writer.plan.as_of:
                for training in _serving(known, day):
                    for address, frame in scorer(training)(connection, day).items():
                        if is_final(house.ledger, tables[address], day):
                            continue
                        rows = connection.from_df(frame)
                        stands = keep(
                            connection, house.home, house.ledger, tables[address], rows, as_of_date=day
                        )
                        counts[address] += stands.row_count
        for address, count in counts.items():
            yield dg.MaterializeResult(address.split("."), metadata={"dagster/row_count": count})

    return scores


def _serving(known: list[Training], day: date) -> list[Training]:
    found = (champion(known, model_type, as_of=day) for model_type in (CHURN, LOOKALIKE))
    return [training for training in found if training is not None]


def _scorer(house: House, training: Training) -> Scorer:
    """Return what scores the people of a date by the model of a training, which is loaded once."""
    name = {"model_type": training.model_type, "model_version": training.model_version}
    if training.model_type == LOOKALIKE:
        likeness = _load_lookalike(house, training.model_version)

        def score_likeness(connection: duckdb.DuckDBPyConnection, day: date) -> dict[str, pd.DataFrame]:
            people = lookalike_training.candidates(read_day(connection, PERSONS, day))
            return {LOOKALIKE_SCORES: lookalike.score(likeness, people).assign(**name)}

        return score_likeness
    model, card = load_churn(house, training.model_version)

    def score_churn(connection: duckdb.DuckDBPyConnection, day: date) -> dict[str, pd.DataFrame]:
        people = read_day(connection, CHURN_CANDIDATES, day)
        stability = card.stability(churn.features(people))
        drift = pd.DataFrame({"feature_name": list(stability), "stability_index": list(stability.values())})
        return {
            CHURN_SCORES: churn.score(model, people).assign(base_ratio=model.base_rate, **name),
            DRIFT: drift.assign(is_drifted=drift["stability_index"] > ALERT_ABOVE, **name),
        }

    return score_churn


def read_day(connection: duckdb.DuckDBPyConnection, table: dg.AssetKey, day: date) -> pd.DataFrame:
    """Return the rows of a table as of a date, in the order of the people."""
    schema, name = table.path
    return connection.execute(
        f'select * from "{schema}"."{name}" where as_of_date = ? order by person_id', [day]
    ).df()


def _load_lookalike(house: House, version: str) -> LookalikeModel:
    model, card = load_model(house.home, LOOKALIKE, version)
    known = lookalike_training.from_json(card)
    return LookalikeModel(from_bytes(model), known.features, known.seed_mean)


def load_churn(house: House, version: str) -> tuple[churn.ChurnModel, ModelCard]:
    """Return the churn model of a version and its card; raises SchemaChangedError when features have changed since."""
    model, card_bytes = load_model(house.home, CHURN, version)
    card = from_json(card_bytes)
    card.require_features(churn.FEATURES)
    return churn.ChurnModel(from_bytes(model), card.kind, card.reference, card.base_rate), card
