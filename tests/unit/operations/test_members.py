"""All segments are judged in one pass over the people of a date."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import date
from pathlib import Path

import duckdb
import pytest

from operations.members import judged_people
from operations.segments import Segment, load_segment
from operations.tags import Tag, TagDictionary, TagKind
from storage.engine import connect

DAY, BEFORE = date(2026, 1, 6), date(2026, 1, 5)
TAGS = TagDictionary([
    Tag("T0201", "is_opened", "tags_account", TagKind.YES_NO),
    Tag("T0801", "value_tier_code", "tags_value", TagKind.TEXT, ("top_1", "rest")),
])  # fmt: skip


@pytest.fixture
def engine() -> Iterator[duckdb.DuckDBPyConnection]:
    """Three people of one day, two of the day before; the visitor has no value."""
    with closing(connect()) as connection:
        connection.execute("create schema marts")
        connection.execute("create schema tags")
        connection.execute(
            "create table marts.fct_person_stages (person_id text, stage_type text, as_of_date date)"
        )
        connection.execute(
            "create table tags.tags_account (person_id text, is_opened boolean, as_of_date date)"
        )
        connection.execute(
            "create table tags.tags_value (person_id text, value_tier_code text, as_of_date date)"
        )
        for person, stage, is_opened, tier in (
            ("rich", "core", True, "top_1"),
            ("poor", "funded", True, "rest"),
            ("visitor", "visitor", False, None),
        ):
            for day in (BEFORE, DAY):
                connection.execute(
                    "insert into marts.fct_person_stages values (?, ?, ?)", [person, stage, day]
                )
                connection.execute("insert into tags.tags_account values (?, ?, ?)", [person, is_opened, day])
                if tier is not None:
                    # the day before, the tiers were the other way round
                    other = tier if day == DAY else {"top_1": "rest", "rest": "top_1"}[tier]
                    connection.execute("insert into tags.tags_value values (?, ?, ?)", [person, other, day])
        yield connection


def segment(folder: Path, code: str, rule: str) -> Segment:
    name = code.lower().replace("-", "_")
    lines = [f"segment: {name}", f"code: {code}", "title: {en: A, zh: 甲}", "owner: us", "description: Some."]
    file = folder / f"{name}.yaml"
    file.write_text("\n".join([*lines, f"rule: {rule}"]), encoding="utf-8")
    return load_segment(file, TAGS)


def test_each_person_of_the_date_is_judged_once_by_every_segment(
    engine: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    segments = [
        segment(tmp_path, "SEG-A01", "value_tier_code = 'top_1'"),
        segment(tmp_path, "SEG-A02", "is_opened and value_tier_code <> 'top_1'"),
        segment(tmp_path, "SEG-A03", "value_tier_code is null"),
    ]
    query = judged_people(segments, as_of_date=DAY)
    found = engine.execute(f"select * from ({query.sql}) as judged order by 1", query.values)
    assert [column[0] for column in found.description or ()] == [
        "person_id", "stage_type", "SEG-A01", "SEG-A02", "SEG-A03",
    ]  # fmt: skip
    assert found.fetchall() == [
        ("poor", "funded", False, True, False),
        ("rich", "core", True, False, False),
        ("visitor", "visitor", None, False, True),
    ]
    before = judged_people(segments[:1], as_of_date=BEFORE)
    assert engine.execute(f"select * from ({before.sql}) as judged order by 1", before.values).fetchall() == [
        ("poor", "funded", True),
        ("rich", "core", False),
        ("visitor", "visitor", None),
    ]
