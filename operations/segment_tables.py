"""The tables of segments, and the statements that fill them for a date.

Belongs here: their columns, keys and order. Does not belong here: running a statement (orchestration/segments.py),
what a rule may say (rule.py).

They are restated like the tags that they combine: whoever was a member on a date follows from the rows accepted by now
and from the rules of today. What was delivered to somebody is recorded elsewhere and never restated.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from data_contracts.written_table import WrittenTable
from operations.members import Query, members_of
from operations.segments import Segment

SCHEMA = "segments"
_ONE_DAY = timedelta(days=1)


DICTIONARY = WrittenTable(
    schema=SCHEMA,
    name="dim_segments",
    description="One row per segment: its names, who answers for it, and its rule as it is now.",
    columns={
        "segment_code": "varchar", "segment_type": "varchar", "rule_version": "varchar", "name_en": "varchar",
        "name_zh": "varchar", "responsible_team": "varchar", "segment_description": "varchar", "rule_text": "varchar",
    },
    key=("segment_code",),
    date_column=None,
)  # fmt: skip
MEMBERS = WrittenTable(
    schema=SCHEMA,
    name="fct_segment_members",
    description="One row per as_of_date, segment and member: since when the person has been in it without a break.",
    columns={
        "segment_code": "varchar", "rule_version": "varchar", "person_id": "varchar", "entered_on": "date",
        "as_of_date": "date",
    },
    key=("as_of_date", "segment_code", "person_id"),
    is_thinned=True,
)  # fmt: skip
SIZES = WrittenTable(
    schema=SCHEMA,
    name="rpt_segment_sizes",
    description="One row per as_of_date and segment: how many are in it, came and left since the day before.",
    columns={
        "segment_code": "varchar", "rule_version": "varchar", "people_count": "bigint", "members_count": "bigint",
        "members_before_count": "bigint", "entered_count": "bigint", "left_count": "bigint", "as_of_date": "date",
    },
    key=("as_of_date", "segment_code"),
    headline="members_count",
)  # fmt: skip
TABLES = (DICTIONARY, MEMBERS, SIZES)

_DEFINED = f"""
insert into {SCHEMA}.dim_segments by name
select
    unnest($codes) as segment_code,
    unnest($names) as segment_type,
    unnest($versions) as rule_version,
    unnest($names_en) as name_en,
    unnest($names_zh) as name_zh,
    unnest($owners) as responsible_team,
    unnest($descriptions) as segment_description,
    unnest($texts) as rule_text
"""
_ENTERED = f"""
insert into {SCHEMA}.fct_segment_members by name
select
    chosen.segment_code,
    segments.rule_version,
    chosen.person_id,
    coalesce(yesterday.entered_on, $as_of_date) as entered_on,
    $as_of_date as as_of_date
from ({{chosen}}) as chosen
inner join {SCHEMA}.dim_segments as segments on chosen.segment_code = segments.segment_code
left join {SCHEMA}.fct_segment_members as yesterday
    on
        chosen.segment_code = yesterday.segment_code
        and chosen.person_id = yesterday.person_id
        and yesterday.as_of_date = $day_before
"""
_COUNTED = f"""
insert into {SCHEMA}.rpt_segment_sizes by name
with

today as (select * from {SCHEMA}.fct_segment_members where as_of_date = $as_of_date),

yesterday as (select * from {SCHEMA}.fct_segment_members where as_of_date = $day_before),

moves as (

    select
        coalesce(today.segment_code, yesterday.segment_code) as segment_code,
        count(today.person_id) as members_count,
        count(yesterday.person_id) as members_before_count,
        count(*) filter (yesterday.person_id is null) as entered_count,
        count(*) filter (today.person_id is null) as left_count
    from today
    full join yesterday on today.segment_code = yesterday.segment_code and today.person_id = yesterday.person_id
    group by all

),

people as (select count(*) as people_count from marts.fct_person_stages where as_of_date = $as_of_date)

select
    segments.segment_code,
    segments.rule_version,
    people.people_count,
    coalesce(moves.members_count, 0) as members_count,
    coalesce(moves.members_before_count, 0) as members_before_count,
    coalesce(moves.entered_count, 0) as entered_count,
    coalesce(moves.left_count, 0) as left_count,
    $as_of_date as as_of_date
from {SCHEMA}.dim_segments as segments
cross join people
left join moves on segments.segment_code = moves.segment_code
"""


def define(segments: Sequence[Segment]) -> Iterator[Query]:
    """Yield the statements that make the tables and write the dictionary of `segments` anew."""
    yield Query(f"create schema if not exists {SCHEMA}", {})
    for table in TABLES:
        yield Query(table.creation, {})
    yield Query(f"delete from {SCHEMA}.dim_segments", {})
    yield Query(
        _DEFINED,
        {
            "codes": [one.code for one in segments],
            "names": [one.name for one in segments],
            "versions": [one.version for one in segments],
            "names_en": [one.title_en for one in segments],
            "names_zh": [one.title_zh for one in segments],
            "owners": [one.owner for one in segments],
            "descriptions": [one.description for one in segments],
            "texts": [one.text for one in segments],
        },
    )


def fill(segments: Sequence[Segment], *, as_of_date: date) -> Iterator[Query]:
    """Yield the statements that fill a date, whose day before must have been filled, if there was one."""
    days: dict[str, date] = {"as_of_date": as_of_date, "day_before": as_of_date - _ONE_DAY}
    for table in (MEMBERS, SIZES):
        yield Query(
            f"delete from {SCHEMA}.{table.name} where as_of_date = $as_of_date", {"as_of_date": as_of_date}
        )
    chosen = members_of(segments, as_of_date=as_of_date)
    yield Query(_ENTERED.format(chosen=chosen.sql), {**chosen.values, **days})
    yield Query(_COUNTED, days)
