"""What goes wrong between the app and the landing folder, planted in counted amounts.

Belongs here: delays, repeated lines and damaged lines of the app's records, each drawn by the record's own number;
repeated and damaged rows of other tables.
Does not belong here: the records themselves, the files, how much goes wrong (truths.yaml).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields

import numpy as np
import orjson
import pyarrow as pa

from demo.crowd import filled, places
from demo.draws import Integers
from demo.shanghai import DAY_MS
from demo.world import World

ON_TIME = 0
UNKNOWN_WORD = "?"
CLOCK_AHEAD_MS = 400 * DAY_MS
FILES_MADE_MS = (23 * 60 + 50) * 60 * 1000
"""Records of the day's last minutes miss the day's files and travel with the next day's."""


@dataclass(frozen=True)
class Planted:
    """How much dirt stands in some deliveries; the damaged lines are named by the rule they break."""

    repeated: int = 0
    late: int = 0
    too_late: int = 0
    malformed_json: int = 0
    wrong_type: int = 0
    missing: int = 0
    not_allowed: int = 0
    in_the_future: int = 0

    def __add__(self, other: Planted) -> Planted:
        """Add two amounts."""
        names = [field.name for field in fields(self)]
        return Planted(**{name: getattr(self, name) + getattr(other, name) for name in names})

    @property
    def damaged(self) -> int:
        """Lines that no reader should accept."""
        return self.malformed_json + self.wrong_type + self.missing + self.not_allowed + self.in_the_future


def longest_delay(world: World) -> int:
    """Return how many days a record can be under way."""
    return max(*world.truths.dirt.late_days, world.truths.dirt.too_late_days[1])


def delays(world: World, at: Integers, track: Integers) -> Integers:
    """Return for each record how many days after its own it is delivered: 0 for nearly all."""
    planted, draw = world.truths.dirt, world.draws("delays")
    days = np.where(at < FILES_MADE_MS, ON_TIME, 1)
    late = draw.happens(planted.late, track, 0) & (days == ON_TIME)
    by = np.asarray(list(planted.late_days))[draw.chosen(tuple(planted.late_days.values()), track[late], 1)]
    days[late] = by
    lost = draw.happens(planted.too_late, track, 2)
    first, last = planted.too_late_days
    days[lost] = draw.whole(first, last + 1, track[lost], 3)
    return days


def lateness(world: World, delay: Integers) -> Planted:
    """Count records under way by how long they are."""
    too_late = int((delay >= world.truths.dirt.too_late_days[0]).sum())
    return Planted(late=len(delay) - too_late, too_late=too_late)


@dataclass(frozen=True)
class RowDirt:
    """How many rows of a table stand in their file again, as they are, or with a word that nobody knows."""

    repeated: int = 0
    damaged: int = 0

    def __add__(self, other: RowDirt) -> RowDirt:
        """Add two amounts."""
        return RowDirt(self.repeated + other.repeated, self.damaged + other.damaged)


def soil_rows(
    world: World, address: str, table: pa.Table, *, day: int, shard: int
) -> tuple[pa.Table, RowDirt]:
    """Return the rows of a day with some of them once more at the end, if the table is one that this happens to."""
    planted = world.truths.dirt.rows
    column = planted.columns.get(address)
    if column is None:
        return table, RowDirt()
    draw, rows = world.draws("row dirt", address, day, shard), np.arange(table.num_rows)
    repeated = places(draw.happens(planted.repeated, rows, 0))
    damaged = places(draw.happens(planted.damaged, rows, 1))
    spoilt = table.take(pa.array(damaged))
    unknown = pa.array([UNKNOWN_WORD] * len(damaged), pa.string())
    spoilt = spoilt.set_column(table.column_names.index(column), column, unknown)
    whole = pa.concat_tables([table, table.take(pa.array(repeated)), spoilt])
    return whole, RowDirt(len(repeated), len(damaged))


@dataclass(frozen=True)
class Soil:
    """Which of a delivery's lines stand in it once more, at which place, and as what: -1 whole, else a rule broken."""

    rows: Integers
    place: Integers
    rule: Integers

    @property
    def planted(self) -> Planted:
        """How much it is."""
        counts = {name: int((self.rule == place).sum()) for place, name in enumerate(DAMAGES)}
        return Planted(repeated=int((self.rule < 0).sum()), **counts)


def soil(world: World, track: Integers) -> Soil:
    """Draw what stands among a delivery's on-time lines a second time; every good record still arrives once."""
    planted, draw = world.truths.dirt, world.draws("dirt")
    repeated = places(draw.happens(planted.repeated, track, 0))
    odds = [(planted.damaged | {"in_the_future": planted.clock_ahead})[name] for name in DAMAGES]
    damaged = places(draw.happens(sum(odds), track, 1))
    rows = np.concatenate([repeated, damaged])
    return Soil(
        rows=rows,
        place=(draw.shares(track[rows], 2) * len(track)).astype(np.int64),
        rule=np.concatenate([filled(repeated, -1), draw.chosen(odds, track[damaged], 3)]),
    )


def damage(world: World, rule: int, line: bytes, track: int) -> bytes:
    """Return a line as it looks when a rule is broken."""
    share = float(world.draws("damage").shares(np.asarray([track]), rule)[0])
    return tuple(DAMAGES.values())[rule](share, line.rstrip(b"\n")) + b"\n"


def _cut_off(share: float, line: bytes) -> bytes:
    # Cut between characters: half a character would be a fault of the encoding, not of the JSON.
    kept = line[: 20 + int(share * (len(line) - 22))]
    return kept.decode(errors="ignore").encode()


def _change_type(share: float, line: bytes) -> bytes:
    content = orjson.loads(line)
    if share < 0.5:
        content["time"] = "yesterday"
    else:
        content["properties"]["$wifi"] = "yes"
    return orjson.dumps(content)


def _drop_key(share: float, line: bytes) -> bytes:
    content = orjson.loads(line)
    del content[("distinct_id", "time")[int(share * 2)]]
    return orjson.dumps(content)


def _unknown_type(share: float, line: bytes) -> bytes:
    content = orjson.loads(line)
    content["type"] = ("trace", "TRACK", "track_view")[int(share * 3)]
    return orjson.dumps(content)


def _set_clock_ahead(_: float, line: bytes) -> bytes:
    content = orjson.loads(line)
    content["time"] += CLOCK_AHEAD_MS
    return orjson.dumps(content)


DAMAGES: dict[str, Callable[[float, bytes], bytes]] = {
    "malformed_json": _cut_off,
    "wrong_type": _change_type,
    "missing": _drop_key,
    "not_allowed": _unknown_type,
    "in_the_future": _set_clock_ahead,
}
