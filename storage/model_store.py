"""Model store: trained models and their cards as files, and which of them serves on which date.

Belongs here: writing a version once, reading it unchanged, promotions as decisions of the ledger.
Does not belong here: training, judging, what is in the bytes.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

from storage.durable import sync
from storage.home import Home
from storage.ledger import Ledger

MODEL, CARD, PAGE = "model.skops", "card.json", "card.md"
_KIND = "training"


class ModelFileError(RuntimeError):
    """A model that serves is missing or no longer what was trained; train again or restore it from a backup."""


@dataclass(frozen=True)
class Training:
    """One training that was judged: it serves from `effective_from` on when it was promoted."""

    model_type: str
    model_version: str
    trained_on: date
    effective_from: date | None
    reason: str

    @property
    def is_promoted(self) -> bool:
        """Whether it was found good enough to serve."""
        return self.effective_from is not None


def save_model(home: Home, model_type: str, *, trained_on: date, model: bytes, card: bytes, page: str) -> str:
    """Write a model, its card and the card's page, and return the version: the date and a digest of both.

    What is there already is the same by its name, and is written again: a file may have been damaged.
    """
    digest = hashlib.sha256(hashlib.sha256(model).digest() + hashlib.sha256(card).digest()).hexdigest()
    version = f"{trained_on:%Y%m%d}-{digest[:12]}"
    folder = home.models / model_type / version
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in ((MODEL, model), (CARD, card), (PAGE, page.encode())):
        partial = folder / f".{name}.part"
        partial.write_bytes(content)
        sync(partial)
        partial.replace(folder / name)
    sync(folder)
    return version


def load_model(home: Home, model_type: str, version: str) -> tuple[bytes, bytes]:
    """Return the bytes of a model and of its card; raises ModelFileError when they are not what was trained."""
    folder = home.models / model_type / version
    try:
        model, card = (folder / MODEL).read_bytes(), (folder / CARD).read_bytes()
    except FileNotFoundError as error:
        raise ModelFileError(f"{error.filename} is missing") from None
    digest = hashlib.sha256(hashlib.sha256(model).digest() + hashlib.sha256(card).digest()).hexdigest()
    if not version.endswith(digest[:12]):
        raise ModelFileError(f"{folder} does not hold what was trained")
    return model, card


def card_file(home: Home, model_type: str, version: str) -> Path:
    """Return where the card of a version is read by people."""
    return home.models / model_type / version / PAGE


def trainings(ledger: Ledger) -> list[Training]:
    """Return every training that was judged, oldest first."""
    return [_training(row["detail"]) for row in ledger.decisions(_KIND)]


def record_training(ledger: Ledger, training: Training) -> bool:
    """Write down a training unless it is known; return whether it was new.

    The same version trained on the same date is the same training: repeating it decides nothing anew.
    """
    same = [(one.model_type, one.model_version, one.trained_on) for one in trainings(ledger)]
    if (training.model_type, training.model_version, training.trained_on) in same:
        return False
    detail = {
        name: value.isoformat() if isinstance(value, date) else value
        for name, value in asdict(training).items()
    }
    ledger.record_decision(_KIND, json.dumps(detail, sort_keys=True))
    return True


def champion(known: list[Training], model_type: str, *, as_of: date) -> Training | None:
    """Return the training whose model serves on a date: of those effective by then, the one decided last."""
    serving = [
        one
        for one in known
        if one.model_type == model_type and one.effective_from is not None and one.effective_from <= as_of
    ]
    return serving[-1] if serving else None


def _training(detail: str) -> Training:
    found = json.loads(detail)
    effective_from = found["effective_from"]
    return Training(
        model_type=found["model_type"],
        model_version=found["model_version"],
        trained_on=date.fromisoformat(found["trained_on"]),
        effective_from=None if effective_from is None else date.fromisoformat(effective_from),
        reason=found["reason"],
    )
