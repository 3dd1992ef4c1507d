"""Models: training what scores people, and deciding from when on it serves.

Belongs here: the assets of the training job: read the examples, train, keep model and card, write the decision down.
Does not belong here: what is learned and how it is judged (ml), scoring (scores.py).
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from datetime import date, timedelta

import dagster as dg
import duckdb

from ml import card, churn_training, lookalike_training, model_bytes
from ml.training import TrainingRefusedError
from orchestration.partitions import OWNERS, RECORDED, WRITER_POOL
from orchestration.resources import House
from orchestration.scores import CHURN, LOOKALIKE, PERSONS, load_churn, read_day
from orchestration.writing import Writer
from storage.build import built_range
from storage.engine import connect
from storage.model_store import Training, card_file, champion, record_training, save_model, trainings

EXAMPLES = dg.AssetKey(["intermediate", "int_churn_examples__matured"])
MEMBERS = dg.AssetKey(["segments", "fct_segment_members"])
SEED_SEGMENT = "SEG-V01"
_SEED = 20260101
_ONE_DAY = timedelta(days=1)

Trainer = Callable[[House, duckdb.DuckDBPyConnection, date], Training]


class NothingBuiltError(RuntimeError):
    """There is no build to learn from: run a night first."""


def model_assets() -> list[dg.AssetsDefinition]:
    """Return the assets of the models, which the training job makes."""
    return [
        _model_asset(CHURN, "churn_model", [EXAMPLES], _train_churn, "Who falls silent or moves the money away."),
        _model_asset(LOOKALIKE, "lookalike_model", [PERSONS, MEMBERS], _train_lookalike, "Who is like the core."),
    ]  # fmt: skip


def _model_asset(
    model_type: str, name: str, deps: list[dg.AssetKey], train: Trainer, description: str
) -> dg.AssetsDefinition:
    @dg.asset(
        key=["ml", name],
        deps=deps,
        description=f"{description} Trained on what is built, judged, and kept with its card; it serves only when"
        " it is good enough. Recorded.",
        group_name="ml",
        pool=WRITER_POOL,
        owners=OWNERS,
        tags=RECORDED,
        kinds={"scikitlearn"},
    )
    def model(writer: Writer) -> dg.MaterializeResult:
        house = writer.house
        trained_on = _newest(house)
        try:
            with closing(connect(house.home.warehouse, settings=house.engine, read_only=True)) as connection:
                training = train(house, connection, trained_on)
        except TrainingRefusedError as refusal:
            # Nothing honest can be learned yet: what serves goes on, and the run says so instead of failing.
            return dg.MaterializeResult(metadata={"is_promoted": False, "verdict": str(refusal)})
        record_training(house.ledger, training)
        page = card_file(house.home, model_type, training.model_version).read_text(encoding="utf-8")
        return dg.MaterializeResult(
            metadata={
                "model_version": training.model_version,
                "is_promoted": training.is_promoted,
                "verdict": training.reason,
                "card": dg.MetadataValue.md(page),
            }
        )

    return model


def _train_churn(house: House, connection: duckdb.DuckDBPyConnection, trained_on: date) -> Training:
    serving = champion(trainings(house.ledger), CHURN, as_of=trained_on)
    before = None if serving is None else load_churn(house, serving.model_version)[0]
    schema, name = EXAMPLES.path
    examples = connection.execute(f'select * from "{schema}"."{name}"').df()
    trained = churn_training.train(examples, champion=before, seed=_SEED)
    page = card.told(trained.card)
    return _kept(house, CHURN, trained, trained_on, card.to_json(trained.card), page)


def _train_lookalike(house: House, connection: duckdb.DuckDBPyConnection, trained_on: date) -> Training:
    schema, name = MEMBERS.path
    members = connection.execute(
        f'select person_id from "{schema}"."{name}" where as_of_date = ? and segment_code = ?',
        [trained_on, SEED_SEGMENT],
    ).fetchall()
    trained = lookalike_training.train(
        read_day(connection, PERSONS, trained_on),
        {person for (person,) in members},
        name=LOOKALIKE,
        seed_code=SEED_SEGMENT,
        seed=_SEED,
    )
    page = lookalike_training.told(trained.card)
    return _kept(house, LOOKALIKE, trained, trained_on, lookalike_training.to_json(trained.card), page)


def _kept(
    house: House,
    model_type: str,
    trained: churn_training.Training | lookalike_training.Training,
    trained_on: date,
    card_bytes: bytes,
    page: str,
) -> Training:
    """Keep a trained model and return its training; one that is good enough serves from the next day on."""
    version = save_model(
        house.home,
        model_type,
        trained_on=trained_on,
        model=model_bytes.to_bytes(trained.model.estimator),
        card=card_bytes,
        page=page,
    )
    return Training(
        model_type=model_type,
        model_version=version,
        trained_on=trained_on,
        effective_from=trained_on + _ONE_DAY if trained.verdict.is_promoted else None,
        reason=trained.verdict.reason,
    )


def _newest(house: House) -> date:
    built = built_range(house.ledger)
    if built is None:
        raise NothingBuiltError("nothing was built yet: run `lifecycle nightly` first")
    return built[1]
