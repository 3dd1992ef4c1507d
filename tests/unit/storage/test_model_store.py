"""A model is kept under the name of what it is, and serves from its date on."""

from __future__ import annotations

from datetime import date

import pytest

from storage.model_store import (
    ModelFileError,
    Training,
    card_file,
    champion,
    load_model,
    record_training,
    save_model,
    trainings,
)
from tests.unit.storage.nights import Nights

TRAINED_ON = date(2026, 1, 21)


def training(version: str, *, serves_from: date | None, trained_on: date = TRAINED_ON) -> Training:
    return Training("churn", version, trained_on, serves_from, "because")


def test_a_model_is_read_as_it_was_written(nights: Nights) -> None:
    version = save_model(
        nights.home, "churn", trained_on=TRAINED_ON, model=b"model", card=b"card", page="# page"
    )
    assert version.startswith("20260121-")
    assert load_model(nights.home, "churn", version) == (b"model", b"card")
    assert card_file(nights.home, "churn", version).read_text() == "# page"


def test_the_same_model_has_the_same_version_and_another_has_not(nights: Nights) -> None:
    versions = [
        save_model(nights.home, "churn", trained_on=TRAINED_ON, model=model, card=card, page="")
        for model, card in (
            (b"model", b"card"),
            (b"model", b"card"),
            (b"model", b"other"),
            (b"other", b"card"),
        )
    ]
    assert versions[0] == versions[1]
    assert len(set(versions)) == 3


def test_a_changed_or_lost_model_does_not_score(nights: Nights) -> None:
    version = save_model(nights.home, "churn", trained_on=TRAINED_ON, model=b"model", card=b"card", page="")
    folder = nights.home.models / "churn" / version
    (folder / "model.skops").write_bytes(b"another")
    with pytest.raises(ModelFileError, match="does not hold what was trained"):
        load_model(nights.home, "churn", version)
    (folder / "model.skops").unlink()
    with pytest.raises(ModelFileError, match=r"model\.skops is missing"):
        load_model(nights.home, "churn", version)


def test_a_training_is_written_down_once(nights: Nights) -> None:
    first = training("v1", serves_from=date(2026, 1, 22))
    assert record_training(nights.ledger, first)
    assert not record_training(nights.ledger, first)
    assert trainings(nights.ledger) == [first]
    assert first.is_promoted


def test_the_champion_is_that_of_the_date() -> None:
    known = [
        training("v1", serves_from=date(2026, 1, 22)),
        training("worse", serves_from=None, trained_on=date(2026, 1, 25)),
        training("v2", serves_from=date(2026, 1, 29), trained_on=date(2026, 1, 28)),
        Training("lookalike", "l1", TRAINED_ON, date(2026, 1, 22), "because"),
    ]
    serving = {day: champion(known, "churn", as_of=date(2026, 1, day)) for day in (21, 22, 28, 29)}
    versions = {day: None if one is None else one.model_version for day, one in serving.items()}
    assert versions == {21: None, 22: "v1", 28: "v1", 29: "v2"}
