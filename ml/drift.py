"""Drift: how far the people of today are from those a model learned from.

Belongs here: the profile of a column that a model keeps, and the population stability index against it.
Does not belong here: what happens when people have drifted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

ALERT_ABOVE = 0.2
"""Above this index a column is told as drifted; the usual bound of credit scoring."""
_BINS = 10
_SMALLEST_SHARE = 1e-4


@dataclass(frozen=True)
class Profile:
    """How a column was distributed: `shares` of the bins between `edges`, the last share being of empty values."""

    edges: tuple[float, ...]
    shares: tuple[float, ...]


def profile(values: pd.Series) -> Profile:
    """Return the profile of `values` by their tenths; equal tenths are one bin."""
    numbers = _numbers(values)
    present = numbers[~np.isnan(numbers)]
    inner = np.quantile(present, np.linspace(0, 1, _BINS + 1)[1:-1]) if len(present) else np.array([])
    edges = tuple(float(edge) for edge in np.unique(inner))
    return Profile(edges, _shares(numbers, edges))


def stability_index(known: Profile, values: pd.Series) -> float:
    """Return the population stability index of `values` against `known`: 0 is the same, above 0.2 another people.

    Sum over bins of (now - then) * ln(now / then), a share never taken below 0.0001.
    """
    now = np.maximum(_shares(_numbers(values), known.edges), _SMALLEST_SHARE)
    then = np.maximum(known.shares, _SMALLEST_SHARE)
    return float(((now - then) * np.log(now / then)).sum())


def _numbers(values: pd.Series) -> npt.NDArray[np.float64]:
    return values.to_numpy(dtype="float64", na_value=np.nan)


def _shares(numbers: npt.NDArray[np.float64], edges: Sequence[float]) -> tuple[float, ...]:
    """Return the share of each bin, the upper edge belonging to it, and last that of empty values."""
    if not len(numbers):
        return (0.0,) * (len(edges) + 2)
    empty = np.isnan(numbers)
    bins = np.searchsorted(np.asarray(edges), numbers[~empty], side="left")
    counts = [*np.bincount(bins, minlength=len(edges) + 1), empty.sum()]
    return tuple(float(count) / len(numbers) for count in counts)
