"""Segments: who was in which of them on the dates of the night.

Belongs here: the asset's wiring and the check of their sizes. Does not belong here: rules and statements (operations).
"""

from collections.abc import Iterator, Sequence
from contextlib import closing

import dagster as dg
import duckdb

from data_contracts.written_table import WrittenTable
from operations import segment_tables
from operations.segment_tables import SIZES, TABLES
from operations.segments import Segment
from orchestration.partitions import NIGHTS, ONE_RUN, OWNERS, WRITER_POOL
from orchestration.writing import Writer
from storage.engine import connect

CHANGE = "size_change"
_PEOPLE = dg.AssetKey(["marts", "fct_person_stages"])


def segment_assets(segments: Sequence[Segment]) -> dg.AssetsDefinition:
    """Return the assets of the three tables of `segments`."""
    tags = sorted({tag.table for segment in segments for tag in segment.rule.tags})
    specs = [
        dg.AssetSpec(
            _key(table),
            deps=[_PEOPLE, *(dg.AssetKey(["tags", name]) for name in tags)],
            description=table.description,
            group_name=segment_tables.SCHEMA,
            owners=OWNERS,
            kinds={"duckdb"},
        )
        for table in TABLES
    ]

    @dg.multi_asset(
        name="segments",
        specs=specs,
        check_specs=[
            dg.AssetCheckSpec(
                CHANGE,
                asset=_key(SIZES),
                description="Each segment changed by no more than it may; what changed more is not delivered.",
            )
        ],
        partitions_def=NIGHTS,
        backfill_policy=ONE_RUN,
        pool=WRITER_POOL,
    )
    def members(writer: Writer) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
        house, plan = writer.house, writer.plan
        with closing(
            connect(house.home.warehouse, settings=house.engine, scratch=house.home.work)
        ) as connection:
            for statement in segment_tables.define(segments):
                connection.execute(statement.sql, statement.values)
            for day in plan.as_of:
                for statement in segment_tables.fill(segments, as_of_date=day):
                    connection.execute(statement.sql, statement.values)
            for table in TABLES:
                rows = connection.sql(
                    f"select count(*) from {segment_tables.SCHEMA}.{table.name}"
                ).fetchall()[0][0]
                yield dg.MaterializeResult(_key(table), metadata={"dagster/row_count": rows})
            yield _judged(connection, segments)

    return members


def _judged(connection: duckdb.DuckDBPyConnection, segments: Sequence[Segment]) -> dg.AssetCheckResult:
    """Say which segments of the newest date changed by more than their guard lets pass without a word."""
    found = connection.execute(
        f"select segment_code, members_count, members_before_count from {segment_tables.SCHEMA}.{SIZES.name}"
        f" where as_of_date = (select max(as_of_date) from {segment_tables.SCHEMA}.{SIZES.name}) order by 1"
    ).fetchall()
    guards = {segment.code: segment.size for segment in segments}
    complaints = {code: guards[code].complaint(members, before) for code, members, before in found}
    told = [f"{code} {complaint}" for code, complaint in complaints.items() if complaint is not None]
    return dg.AssetCheckResult(
        check_name=CHANGE,
        asset_key=_key(SIZES),
        passed=not told,
        severity=dg.AssetCheckSeverity.WARN,
        description="; ".join(told) or None,
        metadata={"segments": len(found)},
    )


def _key(table: WrittenTable) -> dg.AssetKey:
    return dg.AssetKey([segment_tables.SCHEMA, table.name])
