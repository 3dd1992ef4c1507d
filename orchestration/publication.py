"""Publication: judging what readers will see, and making it the version that is served.

Belongs here: the last checks, refusing when any check of the run failed or is missing, sealing, publishing.
Does not belong here: how a version is written and switched (storage/published.py).
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb

from data_contracts.data_docs import build_docs
from data_contracts.expectations import BatchVerdict, validate_published
from orchestration.campaigns import files_to_deliver
from orchestration.dbt_models import StoredModel
from orchestration.nights import MODELS_PUBLISHED
from orchestration.partitions import NIGHTS, ONE_RUN, OWNERS, WRITER_POOL
from orchestration.prepare import models_digest
from orchestration.resources import House
from orchestration.writing import Writer
from storage.build import BuildPlan, seal_build
from storage.engine import connect
from storage.fingerprints import Relation, quoted
from storage.manifest import read_manifest
from storage.published import current_sequence, publish
from storage.versions import version_folder

SNAPSHOT = dg.AssetKey(["published", "snapshot"])
EXPECTATIONS = "expectations"
_ROWS_AT_ONCE = 1_000_000


class PublicationRefusedError(RuntimeError):
    """A check failed or did not run; what was served before stays."""


def model_key(model: StoredModel | Relation) -> dg.AssetKey:
    """Return the address of a model's table or view."""
    return dg.AssetKey([model.schema, model.name])


def published_expectations(name: str, models: Sequence[StoredModel]) -> dg.AssetChecksDefinition:
    """Return the expectations on every published table of `models`, before it is; `name` names the step."""
    judged = [model for model in models if model.is_published]
    specs = [
        dg.AssetCheckSpec(
            EXPECTATIONS,
            asset=model_key(model),
            blocking=True,
            description="What readers will see: rows, keys, ratios within 0 and 1, finite numbers.",
        )
        for model in judged
    ]

    @dg.multi_asset_check(name=name, specs=specs, pool=WRITER_POOL)
    def expectations(writer: Writer) -> Iterator[dg.AssetCheckResult]:
        house = writer.house
        with closing(connect(house.home.warehouse, settings=house.engine, read_only=True)) as connection:
            for model in judged:
                yield _judge(connection, writer.plan, model, docs=house.home.data_docs)
        build_docs(house.home.data_docs)

    return expectations


def snapshot(
    stored: Sequence[StoredModel], views: Sequence[Relation], *, guards: Iterable[dg.AssetCheckKey]
) -> dg.AssetsDefinition:
    """Return the asset that seals what is `stored` and publishes what readers may see of it, and `views` of that.

    It refuses unless every check in `guards` has run in the same run and none failed.
    """
    required = frozenset(guards)
    published = [model for model in stored if model.is_published]

    @dg.asset(
        key=SNAPSHOT,
        deps=[model_key(one) for one in (*published, *views)],
        description="The version that is served: one read-only DuckDB file, Parquet files and a manifest.",
        group_name="published",
        partitions_def=NIGHTS,
        backfill_policy=ONE_RUN,
        pool=WRITER_POOL,
        owners=OWNERS,
        kinds={"duckdb", "parquet"},
    )
    def published_snapshot(context: dg.AssetExecutionContext, writer: Writer) -> dg.MaterializeResult:
        refuse_unless_checked(context.instance, context.run_id, required=required)
        house, plan = writer.house, writer.plan
        relations = [model.relation for model in stored]
        seal_build(house.home, house.ledger, relations=relations, plan=plan, settings=house.engine)
        version = publish(
            house.home,
            house.ledger,
            fence=writer.fence,
            plan=plan,
            tables=[model.published_table for model in published],
            views=views,
            others=files_to_deliver(house, plan.as_of_date),
            settings=house.engine,
        )
        house.ledger.record_fact(MODELS_PUBLISHED, models_digest())
        return dg.MaterializeResult(metadata=_figures(house, is_new=version is not None))

    return published_snapshot


def refuse_unless_checked(
    instance: dg.DagsterInstance, run_id: str, *, required: Iterable[dg.AssetCheckKey]
) -> None:
    """Raise PublicationRefusedError, naming the checks, unless each of `required` ran in this run and none failed."""
    logs = instance.all_logs(run_id, of_type=dg.DagsterEventType.ASSET_CHECK_EVALUATION)
    evaluations = [log.get_dagster_event().asset_check_evaluation_data for log in logs]
    failed = {
        one.asset_check_key
        for one in evaluations
        if not one.passed and one.severity == dg.AssetCheckSeverity.ERROR
    }
    missing = set(required) - {one.asset_check_key for one in evaluations}
    problems = [f"{_named(key)} failed" for key in sorted(failed, key=_named)]
    problems += [f"{_named(key)} did not run" for key in sorted(missing, key=_named)]
    if problems:
        raise PublicationRefusedError(f"nothing is published: {'; '.join(problems)}")


def _named(key: dg.AssetCheckKey) -> str:
    return f"{key.name} of {key.asset_key.to_user_string()}"


def _judge(
    connection: duckdb.DuckDBPyConnection, plan: BuildPlan, model: StoredModel, *, docs: Path
) -> dg.AssetCheckResult:
    """Judge the rows of the rebuilt dates; a table that is empty altogether is told, and stops nothing."""
    relation = model.relation
    stored = connection.sql(f"select * from {relation.quoted}")
    schema = stored.limit(0).to_arrow_table().schema
    if not stored.limit(1).fetchall():
        return dg.AssetCheckResult(
            check_name=EXPECTATIONS,
            asset_key=model_key(model),
            passed=model.may_be_empty,
            severity=dg.AssetCheckSeverity.WARN,
            description=None if model.may_be_empty else f"{relation.address} is empty",
        )
    portions = _portions(stored, model.date_column, plan.dates)
    verdict = (
        validate_published(
            relation.address,
            (rows.to_arrow_table() for rows, _ in portions),
            schema=schema,
            key=model.key,
            as_of_date=plan.as_of_date,
            docs=docs,
        )
        if portions
        else BatchVerdict(passed=True, failures=(), evaluated=0)
    )
    row_count = sum(count for _, count in portions)
    return dg.AssetCheckResult(
        check_name=EXPECTATIONS,
        asset_key=model_key(model),
        passed=verdict.passed,
        description="; ".join(verdict.failures) or None,
        metadata={"expectations": verdict.evaluated, "rows": row_count},
    )


def _portions(
    stored: duckdb.DuckDBPyRelation, date_column: str | None, dates: Sequence[date]
) -> list[tuple[duckdb.DuckDBPyRelation, int]]:
    """Return the rows of `dates` in portions of whole dates, each with its row count, and none of no row.

    A key holds the date, so that portions share none. A table that is not kept by date is one portion.
    """
    if date_column is None:
        return [(stored, stored.aggregate("count(*)").fetchall()[0][0])]
    column = quoted(date_column)
    listed = ", ".join(f"date '{day.isoformat()}'" for day in dates) or "null"
    per_day = stored.filter(f"{column} in ({listed})").aggregate(f"{column} as day, count(*)").order("day")
    portions: list[tuple[list[str], int]] = []
    for day, count in per_day.fetchall():
        days, held = portions.pop() if portions and portions[-1][1] + count <= _ROWS_AT_ONCE else ([], 0)
        portions.append(([*days, f"date '{day.isoformat()}'"], held + count))
    return [(stored.filter(f"{column} in ({', '.join(days)})"), held) for days, held in portions]


def _figures(house: House, *, is_new: bool) -> dict[str, Any]:
    sequence = current_sequence(house.home)
    if sequence is None:
        raise PublicationRefusedError("nothing is served after publishing")
    folder = version_folder(house.home, sequence)
    content = read_manifest(folder).content
    return {
        "dagster/row_count": sum(table.rows for table in content.tables.values()),
        "sequence": sequence,
        "is_new": is_new,
        "as_of_date": content.as_of_date.isoformat(),
        "content_sha256": content.sha256,
        "tables": {address: table.rows for address, table in content.tables.items()},
        "path": dg.MetadataValue.path(str(folder)),
    }
