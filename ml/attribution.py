"""Attribution: the value of a conversion shared among the touches that came before it.

Belongs here: which touches can be credited, and the models that share. A new model is one function in MODELS.
Does not belong here: where touches, conversions and costs come from; what a campaign caused (experiments.py).

Credit says which touches stood on the way, never what would have happened without them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from fractions import Fraction

import pandas as pd

LOOKBACK = timedelta(days=30)
REPEATED_WITHIN = timedelta(minutes=30)
NOT_ATTRIBUTED = "(none)"

Shares = Sequence[Fraction]


def first_touch(count: int) -> Shares:
    """Return all to the earliest of `count` touches."""
    return [Fraction(1), *[Fraction(0)] * (count - 1)]


def last_touch(count: int) -> Shares:
    """Return all to the latest of `count` touches."""
    return [*[Fraction(0)] * (count - 1), Fraction(1)]


def linear(count: int) -> Shares:
    """Return the same to each of `count` touches."""
    return [Fraction(1, count)] * count


MODELS: Mapping[str, Callable[[int], Shares]] = {"first": first_touch, "last": last_touch, "linear": linear}


def attribute(conversions: pd.DataFrame, touches: pd.DataFrame, *, model: str) -> pd.DataFrame:
    """Return the credit of each touch for each conversion.

    Columns: conversion_id, touch_id, channel_type, campaign_id, credit_fen (integer, 0.01 CNY).
    `conversions`: conversion_id, person_id, converted_at, value_fen. `touches`: touch_id, person_id, touched_at,
    channel_type, campaign_id, each a click, a view or a call of somebody who was not in a control arm.
    A touch counts in the LOOKBACK before the conversion and at its very moment, never after; of touches of one campaign
    and channel within REPEATED_WITHIN of the first of them, only that one. One touch may be credited for several
    conversions. Without any, the whole value goes to the channel NOT_ATTRIBUTED, with no touch.
    The credits of a conversion add up to its value to the fen: what division leaves goes to its earliest touches.
    Rows come in the order of conversion_id and time. Raises KeyError for an unknown model.
    """
    shares = MODELS[model]
    rows: list[tuple[object, ...]] = []
    paths = {person: _path(own) for person, own in touches.groupby("person_id", sort=True)}
    for conversion in conversions.sort_values("conversion_id", kind="stable").to_dict("records"):
        value = int(conversion["value_fen"])
        path = _before(paths.get(conversion["person_id"], []), conversion["converted_at"])
        if not path:
            rows.append((conversion["conversion_id"], None, NOT_ATTRIBUTED, None, value))
            continue
        rows += [
            (conversion["conversion_id"], touch.touch_id, touch.channel_type, touch.campaign_id, credit)
            for touch, credit in zip(path, _in_fen(value, shares(len(path))), strict=True)
        ]
    columns = ["conversion_id", "touch_id", "channel_type", "campaign_id", "credit_fen"]
    return pd.DataFrame(rows, columns=columns)


@dataclass(frozen=True)
class _Touch:
    touch_id: str
    touched_at: datetime
    channel_type: str
    campaign_id: str


def _path(touches: pd.DataFrame) -> list[_Touch]:
    """Return one person's touches in order, without those that repeat an earlier one."""
    kept: list[_Touch] = []
    began: dict[tuple[str, str], datetime] = {}
    names = [field.name for field in fields(_Touch)]
    for row in touches.sort_values(["touched_at", "touch_id"], kind="stable")[names].to_dict("records"):
        touch = _Touch(*row.values())
        campaign = (touch.channel_type, touch.campaign_id)
        if campaign in began and touch.touched_at - began[campaign] <= REPEATED_WITHIN:
            continue
        began[campaign] = touch.touched_at
        kept.append(touch)
    return kept


def _before(path: Sequence[_Touch], converted_at: datetime) -> list[_Touch]:
    return [touch for touch in path if converted_at - LOOKBACK <= touch.touched_at <= converted_at]


def _in_fen(value: int, shares: Shares) -> list[int]:
    """Cut `value` by `shares` into whole fen; the rest, at most one fen a touch, goes to the earliest with a share."""
    whole = [int(value * share) for share in shares]
    rest = value - sum(whole)
    takers = [place for place, share in enumerate(shares) if share]
    for place in takers[: abs(rest)]:
        whole[place] += 1 if rest > 0 else -1
    return whole
