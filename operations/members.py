"""Members: the query that finds the people of segments in the tag tables.

Belongs here: the tables a query reads, its shape, its parameters. Does not belong here: running it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlglot import exp

from operations.segments import Segment

# Every person of a date has one row there; other tag tables may lack people, whose tags of it are empty then.
_PEOPLE = exp.table_("fct_person_stages", db="marts")
_TAGS = "tags"


@dataclass(frozen=True)
class Query:
    """SQL text of our making, and the values that its `$` names stand for."""

    sql: str
    values: dict[str, Any]


def judged_people(segments: Sequence[Segment], *, as_of_date: date) -> Query:
    """Return the query of every person of the date, beside one column per segment, named by its code.

    Columns: person_id, stage_type, then a boolean per segment: true for members, empty where a tag that the rule
    needs is. All segments are judged in one pass. The tag tables are those of a build or of a published database.
    """
    query = exp.select(exp.column("person_id", table="people"), exp.column("stage_type", table="people"))
    for segment in segments:
        query = query.select(exp.alias_(segment.rule.condition.copy(), segment.code, quoted=True), copy=False)
    return _over_people(query, segments, as_of_date)


def members_of(segments: Sequence[Segment], *, as_of_date: date) -> Query:
    """Return the query of every member of the date: a row per person_id and segment_code, in one pass."""
    codes = [
        exp.case().when(segment.rule.condition.copy(), exp.Literal.string(segment.code))
        for segment in segments
    ]
    chosen = exp.alias_(exp.Unnest(expressions=[exp.Array(expressions=codes)]), "segment_code")
    judged = _over_people(exp.select(exp.column("person_id", table="people"), chosen), segments, as_of_date)
    return Query(
        f"select person_id, segment_code from ({judged.sql}) as judged where segment_code is not null",
        judged.values,
    )


def _over_people(query: exp.Select, segments: Sequence[Segment], as_of_date: date) -> Query:
    """Let `query` read the people of a date beside the tags that the rules of `segments` name."""
    query = query.from_(exp.alias_(_PEOPLE.copy(), "people", table=True))
    for table in sorted({tag.table for segment in segments for tag in segment.rule.tags}):
        same = [
            exp.column(key, table="people").eq(exp.column(key, table=table))
            for key in ("person_id", "as_of_date")
        ]
        query = query.join(exp.table_(table, db=_TAGS), on=exp.and_(*same), join_type="left", copy=False)
    query = query.where(exp.column("as_of_date", table="people").eq(exp.Placeholder(this="as_of_date")))
    values: dict[str, Any] = {"as_of_date": as_of_date}
    for segment in segments:
        values |= segment.rule.values
    return Query(query.sql(dialect="duckdb"), values)
