"""Training: examples of several origins, split by time, and the reasons not to learn from them.

Belongs here: which rows teach, which calibrate, which judge; when there is too little to learn from.
Does not belong here: features, labels and estimators of any one model.

An origin is a date T. What is known of a person at T are the features; what became of them after T is the label, and it
is known on a later date. Nothing is split by chance: a model is judged on the newest origin, and has learned only from
labels that were known by then.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

PERSON, ORIGIN, KNOWN = "person_id", "origin_on", "as_of_date"
FEWEST_OF_EACH = 30
"""So many examples of either outcome each part needs; below, an interval would be wider than the figure."""

EVERY_ROW = 2**62
"""How many rows preprocessing looks at, where it would look at some by chance."""


class TrainingRefusedError(ValueError):
    """Raised when nothing honest can be learned; the model that serves goes on serving."""


@dataclass(frozen=True)
class Parts:
    """Examples by use; each is sorted by origin and person, so that the order of arrival teaches nothing."""

    fit: pd.DataFrame
    calibrate: pd.DataFrame
    test: pd.DataFrame


def split_by_time(examples: pd.DataFrame, *, label: str) -> Parts:
    """Return the parts of `examples`, which have a row per origin and person, `label` being true or false.

    The newest origin is the test. Of the origins whose labels were known at its date, the newest calibrates and all
    before it are learned from; those in between wait for a later training. Raises TrainingRefusedError when there are
    not enough origins, or when a part has fewer than FEWEST_OF_EACH examples of either outcome.
    """
    if examples.empty:
        raise TrainingRefusedError("there are no examples")
    rows = examples.sort_values([ORIGIN, PERSON], kind="stable", ignore_index=True)
    test_on = rows[ORIGIN].max()
    known = rows[rows[KNOWN] <= test_on]
    origins = sorted(known[ORIGIN].unique())
    if len(origins) < 2:
        raise TrainingRefusedError(
            f"labels of {len(origins)} origins were known on {_day(test_on)}: two are needed,"
            " one to learn from and one to calibrate on"
        )
    parts = Parts(
        fit=known[known[ORIGIN] < origins[-1]].reset_index(drop=True),
        calibrate=known[known[ORIGIN] == origins[-1]].reset_index(drop=True),
        test=rows[rows[ORIGIN] == test_on].reset_index(drop=True),
    )
    for name, part in (
        ("learn from", parts.fit),
        ("calibrate on", parts.calibrate),
        ("judge by", parts.test),
    ):
        _require_both(part[label], f"to {name}")
    return parts


def require_columns(frame: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """Return the columns `names` of `frame` in that order; raises KeyError naming those that are missing."""
    missing = [name for name in names if name not in frame.columns]
    if missing:
        raise KeyError(f"no columns {', '.join(missing)}")
    return frame[list(names)]


def _require_both(labels: pd.Series, use: str) -> None:
    positive = int(labels.sum())
    negative = len(labels) - positive
    if min(positive, negative) < FEWEST_OF_EACH:
        raise TrainingRefusedError(
            f"{positive} examples of it and {negative} of the contrary {use}: {FEWEST_OF_EACH} of each are needed"
        )


def _day(moment: object) -> str:
    return str(moment)[:10]
