"""What goes wrong between the app and the landing folder, planted in exactly counted amounts.

Belongs here: delays, repeated lines and damaged lines of the app's records.
Does not belong here: the records themselves, the files.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from datetime import date, timedelta
from random import Random

import orjson

from demo.recording import Record
from demo.shanghai import midnight_ms
from demo.world import World

LATE_SHARE = 0.015
LATE_DAYS = (1, 2, 3, 4, 5)
LATE_WEIGHTS = (50, 22, 13, 9, 6)
TOO_LATE_ODDS = 0.2
"""How likely a day loses a record for so long that nobody waits for it."""
TOO_LATE_DAYS = (9, 20)
LONGEST_DELAY_DAYS = TOO_LATE_DAYS[1]
FILES_MADE_MS = (23 * 60 + 50) * 60 * 1000
"""Records of the day's last minutes miss the day's files and travel with the next day's."""
REPEATED_SHARE = 0.01
DAMAGED_SHARE = 0.003


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

    def __add__(self, other: "Planted") -> "Planted":
        """Add two amounts."""
        names = [field.name for field in fields(self)]
        return Planted(**{name: getattr(self, name) + getattr(other, name) for name in names})

    @property
    def damaged(self) -> int:
        """Lines that no reader should accept."""
        return self.malformed_json + self.wrong_type + self.missing + self.not_allowed


def delays(world: World, day: date, records: Sequence[Record]) -> list[int]:
    """Return for each record of `day` how many days after it is delivered: 0 for nearly all."""
    stream = world.stream("delays", day)
    files_made = midnight_ms(day) + FILES_MADE_MS
    days = [0 if record.occurred_ms < files_made else 1 for record in records]
    for place, on_time in enumerate(days):
        if on_time == 0 and stream.random() < LATE_SHARE:
            (days[place],) = stream.choices(LATE_DAYS, weights=LATE_WEIGHTS)
    if days and stream.random() < TOO_LATE_ODDS:
        days[stream.randrange(len(days))] = stream.randint(*TOO_LATE_DAYS)
    return days


def is_too_late(delay: int) -> bool:
    """Say whether a delay is one of the long ones."""
    return delay >= TOO_LATE_DAYS[0]


def soil(world: World, delivery: date, lines: Sequence[bytes]) -> tuple[list[bytes], Planted]:
    """Return the on-time lines of a delivery with repeated and damaged ones among them, and how many.

    Damaged lines are copies, too: every good record still arrives once.
    """
    stream = world.stream("dirt", delivery)
    if not lines:
        return [], Planted()
    repeated = stream.choices(lines, k=round(len(lines) * REPEATED_SHARE))
    names = stream.choices(tuple(DAMAGES), k=round(len(lines) * DAMAGED_SHARE))
    damaged = [DAMAGES[name](stream, stream.choice(lines)) for name in names]
    placed = [(place, line) for place, line in enumerate(lines)]
    placed += [(stream.randrange(len(lines)), line) for line in (*repeated, *damaged)]
    placed.sort(key=lambda entry: entry[0])
    planted = Planted(repeated=len(repeated), **{name: names.count(name) for name in DAMAGES})
    return [line for _, line in placed], planted


def delivery_day(day: date, delay: int) -> date:
    """Return when a record of `day` arrives."""
    return day + timedelta(days=delay)


def _cut_off(stream: Random, line: bytes) -> bytes:
    # Cut between characters: half a character would be a fault of the encoding, not of the JSON.
    kept = line[: stream.randrange(20, len(line) - 2)]
    return kept.decode(errors="ignore").encode()


def _change_type(stream: Random, line: bytes) -> bytes:
    content = orjson.loads(line)
    if stream.random() < 0.5:
        content["time"] = "yesterday"
    else:
        content["properties"]["$wifi"] = "yes"
    return orjson.dumps(content)


def _drop_key(stream: Random, line: bytes) -> bytes:
    content = orjson.loads(line)
    del content[stream.choice(("distinct_id", "time"))]
    return orjson.dumps(content)


def _unknown_type(stream: Random, line: bytes) -> bytes:
    content = orjson.loads(line)
    content["type"] = stream.choice(("trace", "TRACK", "track_view"))
    return orjson.dumps(content)


DAMAGES: dict[str, Callable[[Random, bytes], bytes]] = {
    "malformed_json": _cut_off,
    "wrong_type": _change_type,
    "missing": _drop_key,
    "not_allowed": _unknown_type,
}
