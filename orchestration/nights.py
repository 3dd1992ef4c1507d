"""Nights: which one is due, told by the landing folder and the ledger, never by a clock or by missed ticks.

Belongs here: the range of business dates that the next run carries, and why it is due.
Does not belong here: which relations are rebuilt on which dates (storage/build.py), and starting a run.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from orchestration.resources import House
from storage.build import built_range
from storage.intake import pending_deliveries
from storage.published import current_sequence

ONE_DAY = timedelta(days=1)
MODELS_PUBLISHED = "models_published"


@dataclass(frozen=True)
class Night:
    """One run: the business dates from `first_date` to `as_of_date`, and the reasons for it."""

    first_date: date
    as_of_date: date
    reasons: tuple[str, ...]


def latest_delivery(house: House) -> date | None:
    """Return the newest delivery date that has landed or was taken in, None when nothing ever has."""
    taken_in = house.ledger.rows("select max(delivery_date) from files")[0][0]
    dates = [delivery_date for _, _, delivery_date in pending_deliveries(house.doors)]
    if taken_in:
        dates.append(date.fromisoformat(taken_in))
    return max(dates, default=None)


def next_night(house: House, *, as_of_date: date, models: str) -> Night | None:
    """Return what has to be run to bring everything up to `as_of_date`, None when nothing has.

    `models` is the digest of the dbt models in the checkout. The first date is the oldest one that something
    waiting concerns, so that nights which were missed are made up in one run.
    """
    waiting = [one for one in pending_deliveries(house.doors) if one[2] <= as_of_date]
    marks = [mark for mark in house.ledger.marks() if mark.business_date <= as_of_date]
    built = built_range(house.ledger)
    reasons, dates = [], [as_of_date]
    if waiting:
        reasons.append(f"{len(waiting)} deliveries have landed")
        dates.extend(delivery_date for _, _, delivery_date in waiting)
    if marks:
        reasons.append(f"{len({mark.business_date for mark in marks})} business dates wait to be rebuilt")
        dates.extend(mark.business_date for mark in marks)
    if built is None or current_sequence(house.home) is None:
        reasons.append("nothing is published yet")
    elif built[1] < as_of_date:
        reasons.append(f"the last night was {built[1]}")
        dates.append(built[1] + ONE_DAY)
    if built is not None and house.ledger.fact(MODELS_PUBLISHED) not in (None, models):
        reasons.append("the models have changed")
    return Night(min(dates), as_of_date, tuple(reasons)) if reasons else None
