"""Posting: the app's records of a shard of people on their way to the landing folder, through delays and dirt.

Belongs here: which lines a delivery holds, in which order. Does not belong here: what goes wrong (dirt.py), files.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from demo.cards import Cards
from demo.crowd import Crowd, Lived, places
from demo.dirt import ON_TIME, Planted, damage, delays, lateness, soil
from demo.lines import lines
from demo.recording import Records, record
from demo.touching import Contacts


@dataclass
class Mailbag:
    """Lines under way to the day, by number, on which they are delivered."""

    crowd: Crowd
    cards: Cards
    contacts: Contacts
    wanted: Collection[int]
    under_way: dict[int, list[pa.Array]] = field(default_factory=lambda: defaultdict(list))
    late: dict[int, Planted] = field(default_factory=lambda: defaultdict(Planted))

    def pass_day(self, lived: Lived) -> tuple[pa.Array, Planted]:
        """Send off a day's records and return what is delivered on it: late lines first, and the dirt they hold."""
        world, records = self.crowd.world, record(self.crowd, lived)
        delay = delays(world, records.at, records.track)
        for days in np.unique(delay[delay > ON_TIME]):
            delivery = lived.day + int(days)
            if delivery in self.wanted:
                rows = places(delay == days)
                self.under_way[delivery].append(self._lines(lived, records.at_rows(rows)))
                self.late[delivery] += lateness(world, delay[rows])
        if lived.day not in self.wanted:
            return _none(), Planted()
        rows = places(delay == ON_TIME)
        on_time, planted = self._soiled(
            lived, records.at_rows(rows[np.argsort(records.at[rows], kind="stable")])
        )
        whole = pa.concat_arrays([*self.under_way.pop(lived.day, []), on_time])
        return whole, planted + self.late.pop(lived.day, Planted())

    def _soiled(self, lived: Lived, records: Records) -> tuple[pa.Array, Planted]:
        texts, dirt = self._lines(lived, records), soil(self.crowd.world, records.track)
        again = texts.take(pa.array(dirt.rows))
        damaged = places(dirt.rule >= 0)
        if len(damaged):
            spoilt = [
                damage(self.crowd.world, rule, line.encode(), track).decode()
                for rule, line, track in zip(
                    dirt.rule[damaged].tolist(),
                    again.take(pa.array(damaged)).to_pylist(),
                    records.track[dirt.rows[damaged]].tolist(),
                    strict=True,
                )
            ]
            whole = len(again) - len(damaged)
            again = pa.concat_arrays([again.slice(0, whole), pa.array(spoilt, pa.string())])
        place = np.concatenate([np.arange(len(texts)), dirt.place])
        order = pa.array(np.argsort(place, kind="stable"))
        return pa.concat_arrays([texts, again]).take(order), dirt.planted

    def _lines(self, lived: Lived, records: Records) -> pa.Array:
        if not len(records):
            return _none()
        return lines(self.crowd, self.cards, lived, self.contacts, records)


def _none() -> pa.Array:
    return pa.array([], pa.string())


def text_of(whole: pa.Array) -> pa.Buffer:
    """Return lines one after the other, as they stand in a file."""
    _, offsets, content = whole.buffers()
    bounds = np.frombuffer(offsets, dtype=np.int32)[whole.offset : whole.offset + len(whole) + 1]
    return content.slice(int(bounds[0]), int(bounds[-1] - bounds[0]))
