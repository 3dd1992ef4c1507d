"""The events file: repeatable, valid, as hard to read and to pack as a real one."""

from __future__ import annotations

import gzip
from collections import Counter
from pathlib import Path

import orjson

from bench.events import KINDS, EventsFile, write_events


def lines(file: EventsFile) -> list[bytes]:
    return file.unpacked.read_bytes().splitlines()


def test_the_same_seed_writes_the_same_bytes_and_another_seed_others(
    events: EventsFile, tmp_path: Path
) -> None:
    (tmp_path / "again").mkdir()
    (tmp_path / "other").mkdir()
    again = write_events(tmp_path / "again", events=events.lines)
    other = write_events(tmp_path / "other", events=events.lines, seed=2)
    assert again.packed.read_bytes() == events.packed.read_bytes()
    assert again.unpacked.read_bytes() == events.unpacked.read_bytes()
    assert not set(lines(other)) & set(lines(events))


def test_both_files_hold_the_same_lines_in_the_announced_size(events: EventsFile) -> None:
    assert gzip.decompress(events.packed.read_bytes()) == events.unpacked.read_bytes()
    assert len(lines(events)) == events.lines
    assert (events.packed_bytes, events.unpacked_bytes) == (
        events.packed.stat().st_size,
        events.unpacked.stat().st_size,
    )


def test_lines_are_as_long_and_as_hard_to_pack_as_real_ones(events: EventsFile) -> None:
    assert 650 <= events.unpacked_bytes / events.lines <= 720
    assert 0.10 <= events.packed_bytes / events.unpacked_bytes <= 0.15


def test_one_line_in_a_hundred_is_an_exact_copy(events: EventsFile) -> None:
    assert events.repeated == events.lines // 100
    assert events.lines - len(set(lines(events))) == events.repeated


def test_every_kind_of_event_occurs_and_a_few_people_do_most(events: EventsFile) -> None:
    records = [orjson.loads(line) for line in lines(events)]
    assert {record["event"] for record in records} == {name for name, _ in KINDS}
    per_person = sorted(Counter(record["anonymous_id"] for record in records).values(), reverse=True)
    assert sum(per_person[: len(per_person) // 10]) > sum(per_person) * 0.25
