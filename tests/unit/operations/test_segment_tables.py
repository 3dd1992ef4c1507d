"""Membership is walked by date: who entered when, who left, and how large each segment is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest

from operations.segment_tables import define, fill
from operations.segments import Segment, SizeGuard, load_segment
from operations.tags import Tag, TagDictionary, TagKind
from storage.engine import connect

FIRST = date(2026, 1, 5)
DAYS = [FIRST + timedelta(days=number) for number in range(4)]
TAGS = TagDictionary([Tag("T0202", "opened_days_count", "tags_account", TagKind.NUMBER)])
# On which of the four days each person has an account that is young, old, or none.
LIVES = {
    "always": "yyyy",
    "comes": "-yyy",
    "leaves": "yyoo",
    "returns": "yoyy",
    "never": "oooo",
    "ends": "yy",
}


@pytest.fixture
def engine() -> Iterator[duckdb.DuckDBPyConnection]:
    with closing(connect()) as connection:
        connection.execute("create schema marts")
        connection.execute("create schema tags")
        connection.execute(
            "create table marts.fct_person_stages (person_id text, stage_type text, as_of_date date)"
        )
        connection.execute(
            "create table tags.tags_account (person_id text, opened_days_count bigint, as_of_date date)"
        )
        for person, life in LIVES.items():
            for day, state in zip(DAYS, life, strict=False):
                connection.execute(
                    "insert into marts.fct_person_stages values (?, 'opened', ?)", [person, day]
                )
                if state != "-":
                    age = 3 if state == "y" else 300
                    connection.execute("insert into tags.tags_account values (?, ?, ?)", [person, age, day])
        yield connection


def segments(folder: Path) -> list[Segment]:
    rules = {"SEG-A01": "opened_days_count <= 30", "SEG-A02": "opened_days_count > 1000"}
    found = []
    for code, rule in rules.items():
        name = code.lower().replace("-", "_")
        lines = [
            f"segment: {name}",
            f"code: {code}",
            "title: {en: A, zh: 甲}",
            "owner: us",
            "description: Some.",
        ]
        file = folder / f"{name}.yaml"
        file.write_text("\n".join([*lines, f"rule: {rule}"]), encoding="utf-8")
        found.append(load_segment(file, TAGS))
    return found


def filled(engine: duckdb.DuckDBPyConnection, declared: list[Segment], days: list[date]) -> None:
    for statement in define(declared):
        engine.execute(statement.sql, statement.values)
    for day in days:
        for statement in fill(declared, as_of_date=day):
            engine.execute(statement.sql, statement.values)


def members(engine: duckdb.DuckDBPyConnection, day: date) -> dict[str, date]:
    rows = engine.execute(
        "select person_id, entered_on from segments.fct_segment_members where as_of_date = ? order by 1",
        [day],
    ).fetchall()
    return dict(rows)


def test_a_member_entered_on_the_first_day_without_a_break(
    engine: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    filled(engine, segments(tmp_path), DAYS)
    first, second, third, _ = DAYS
    assert members(engine, first) == dict.fromkeys(("always", "ends", "leaves", "returns"), first)
    assert members(engine, second) == {"always": first, "comes": second, "ends": first, "leaves": first}
    assert members(engine, third) == {"always": first, "comes": second, "returns": third}


def test_sizes_add_up_from_one_day_to_the_next(engine: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    filled(engine, segments(tmp_path), DAYS)
    rows = engine.execute(
        "select people_count, members_count, members_before_count, entered_count, left_count"
        " from segments.rpt_segment_sizes where segment_code = 'SEG-A01' order by as_of_date"
    ).fetchall()
    assert rows == [(6, 4, 0, 4, 0), (6, 4, 4, 1, 1), (5, 3, 4, 1, 2), (5, 3, 3, 0, 0)]
    assert all(count == before + entered - left for _, count, before, entered, left in rows)
    empty = engine.execute(
        "select distinct members_count from segments.rpt_segment_sizes where segment_code = 'SEG-A02'"
    )
    assert empty.fetchall() == [(0,)]


def test_filling_a_date_again_changes_nothing(engine: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    declared = segments(tmp_path)
    filled(engine, declared, DAYS)

    def everything() -> list[list[object]]:
        return [
            engine.execute(f"select * from segments.{table} order by all").fetchall()
            for table in ("dim_segments", "fct_segment_members", "rpt_segment_sizes")
        ]

    before = everything()
    filled(engine, declared, DAYS[1:])
    assert everything() == before


@pytest.mark.parametrize(
    ("members_before", "now", "complaint", "stops"),
    [
        (100, 100, None, False),
        (100, 130, None, False),
        (100, 131, "went from 100 to 131 members (+31%)", False),
        (100, 40, "went from 100 to 40 members (-60%)", False),
        (100, 39, "went from 100 to 39 members (-61%)", True),
        (100, 0, "has no members", True),
        (0, 0, "has no members", True),
        (0, 50, None, False),
    ],
)
def test_a_size_is_judged_beside_the_day_before(
    members_before: int, now: int, complaint: str | None, stops: bool
) -> None:
    guard = SizeGuard()
    assert guard.complaint(now, members_before) == complaint
    assert guard.stops(now, members_before) is stops
