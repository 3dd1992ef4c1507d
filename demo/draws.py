"""Draws by name: random numbers that depend on what is drawn for whom and when, on nothing drawn before.

Belongs here: numbers in [0, 1) for many people at once, and the distributions made of them.
Does not belong here: what the numbers decide.

Each number is a hash (SplitMix64, Steele et al. 2014) of a key and two counters, as in counter-based generators
(Salmon et al. 2011): any subset of the people, in any order, on any number of threads, gets the numbers that the
whole gets.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

Integers = NDArray[np.int64]
Shares = NDArray[np.float64]
Flags = NDArray[np.bool_]

_STEP = np.uint64(0x9E3779B97F4A7C15)
_FIRST = np.uint64(0xBF58476D1CE4E5B9)
_SECOND = np.uint64(0x94D049BB133111EB)
_SIXTH = np.uint64(0xD1342543DE82EF95)


@dataclass(frozen=True)
class Draws:
    """The draws of one purpose, such as what people do on one day; equal keys give equal numbers."""

    key: int

    @classmethod
    def of(cls, *keys: object) -> Draws:
        """Return the draws that these keys name; their texts are what counts."""
        digest = hashlib.sha256("|".join(map(str, keys)).encode()).digest()
        return cls(int.from_bytes(digest[:8], "big"))

    def shares(self, whom: Integers, which: int | Integers = 0) -> Shares:
        """Return a number in [0, 1) for each of `whom`, uniform; `which` tells several draws of one person apart."""
        counter = np.asarray(whom, dtype=np.uint64) * _STEP + np.asarray(which, dtype=np.uint64) * _SIXTH
        mixed = _mix(_mix(counter ^ np.uint64(self.key)) + np.uint64(self.key))
        return (mixed >> np.uint64(11)).astype(np.float64) * 2.0**-53

    def happens(self, odds: Shares | float, whom: Integers, which: int | Integers = 0) -> Flags:
        """Say for each of `whom` whether something of these odds happens."""
        return self.shares(whom, which) < odds

    def whole(self, first: int, beyond: int, whom: Integers, which: int | Integers = 0) -> Integers:
        """Return a whole number of [first, beyond) for each of `whom`, each as likely."""
        return first + (self.shares(whom, which) * (beyond - first)).astype(np.int64)

    def chosen(self, weights: Sequence[float], whom: Integers, which: int | Integers = 0) -> Integers:
        """Return a place in `weights` for each of `whom`, as likely as its weight."""
        bounds = np.cumsum(np.asarray(weights, dtype=np.float64))
        places = np.searchsorted(bounds[:-1] / bounds[-1], self.shares(whom, which), side="right")
        return places.astype(np.int64)

    def hours(self, weights: Sequence[float], whom: Integers, which: int | Integers = 0) -> Shares:
        """Return a moment of the day for each of `whom`, in hours after midnight, by the weight of each hour."""
        whole = np.asarray(weights, dtype=np.float64)
        bounds = np.concatenate([[0.0], np.cumsum(whole)]) / whole.sum()
        return np.interp(self.shares(whom, which), bounds, np.arange(len(bounds)))

    def normal(self, whom: Integers, which: int | Integers = 0) -> Shares:
        """Return a standard normal number for each of `whom`."""
        # Half a step away from 0, whose quantile is infinite.
        return ndtri(self.shares(whom, which) + 2.0**-54)

    def waits(self, mean: Shares | float, whom: Integers, which: int | Integers = 0) -> Shares:
        """Return an exponentially distributed number of this mean for each of `whom`."""
        return -np.log1p(-self.shares(whom, which)) * mean

    def failures(self, odds: Shares | float, whom: Integers, which: int | Integers = 0) -> Integers:
        """Return how often something of these odds (0 < odds < 1) fails before it happens, for each of `whom`."""
        return np.floor(np.log1p(-self.shares(whom, which)) / np.log1p(-np.asarray(odds))).astype(np.int64)


def _mix(state: NDArray[np.uint64]) -> NDArray[np.uint64]:
    state = (state ^ (state >> np.uint64(30))) * _FIRST
    state = (state ^ (state >> np.uint64(27))) * _SECOND
    return state ^ (state >> np.uint64(31))
