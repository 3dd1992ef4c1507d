"""A home in which a churn model serves, as if a training had kept it.

Belongs here: keeping the model of the unit tests. Does not belong here: what it learned, any expectation.
"""

from __future__ import annotations

from contextlib import closing
from datetime import date, timedelta

from ml import card, churn_training, model_bytes
from orchestration.resources import now
from storage.home import Home
from storage.ledger import Ledger
from storage.model_store import Training, record_training, save_model
from tests.unit.ml.people import examples

_ONE_DAY = timedelta(days=1)


def keep_model(home: Home, *, serves_from: date) -> None:
    """Let a model serve in `home` from a date on; it was trained the day before."""
    people = examples(1_500, seed=1).assign(**{churn_training.TIER: "T1"})
    trained, trained_on = churn_training.train(people, champion=None, seed=3), serves_from - _ONE_DAY
    version = save_model(
        home,
        churn_training.NAME,
        trained_on=trained_on,
        model=model_bytes.to_bytes(trained.model.estimator),
        card=card.to_json(trained.card),
        page=card.told(trained.card),
    )
    with closing(Ledger(home.ledger, now=now)) as ledger:
        told = Training(churn_training.NAME, version, trained_on, serves_from, trained.verdict.reason)
        record_training(ledger, told)
