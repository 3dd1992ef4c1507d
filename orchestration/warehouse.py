"""The warehouse: preparing the build file and running the dbt models in it.

Belongs here: the two assets' wiring and how a dbt node is named in Dagster.
Does not belong here: SQL, model names, and which dates are rebuilt (storage/build.py).
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DbtCliResource, dbt_assets

from orchestration.dbt_build import DbtBuild
from orchestration.dbt_models import descendants
from orchestration.nights import MODELS_PUBLISHED
from orchestration.partitions import BACKFILL, NIGHTS, ONE_RUN, OWNERS, WRITER_POOL, as_of_date, first_date
from orchestration.prepare import models_digest, prepare
from orchestration.resources import House, read_settings
from orchestration.scores import scoring_is_due
from orchestration.writing import Writer
from storage.build import BuildPlan, plan_build, plan_rebuild, prepare_build
from storage.recorded_tables import RecordedTable

CONTROL = "control"
BUILD_DATES = dg.AssetKey([CONTROL, "build_dates"])

Reported = (
    dg.Output[Any]
    | dg.AssetMaterialization
    | dg.AssetObservation
    | dg.AssetCheckResult
    | dg.AssetCheckEvaluation
)

SCORES = "ml"
_AFTER_SCORES = f"source:{SCORES}+"


class ModelNames(DagsterDbtTranslator):
    """Names each dbt node by its table's address and groups it by its layer."""

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> dg.AssetKey:
        """Return `[schema, table]`; of a source, the asset that writes it."""
        if dbt_resource_props["resource_type"] != "source":
            return dg.AssetKey([dbt_resource_props["schema"], dbt_resource_props["name"]])
        meta = dbt_resource_props["config"].get("meta", {}).get("dagster", {})
        return dg.AssetKey(meta.get("asset_key", [CONTROL, dbt_resource_props["name"]]))

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str | None:
        """Return the layer, which is the schema."""
        return None if dbt_resource_props["resource_type"] == "source" else dbt_resource_props["schema"]

    def get_description(self, dbt_resource_props: Mapping[str, Any]) -> str:
        """Return the twin's description."""
        return dbt_resource_props["description"]

    def get_owners(self, dbt_resource_props: Mapping[str, Any]) -> Sequence[str] | None:
        """Return the owners of every table."""
        del dbt_resource_props
        return OWNERS


class Dbt(DbtCliResource):
    """The dbt command, without the second handle on the build file that Dagster would make beside it.

    That handle takes two seconds to make and serves only to fetch what the models report themselves.
    """

    def _initialize_dbt_core_adapter(self, args: Sequence[str]) -> Any:  # noqa: ANN401, ARG002 - as declared there
        return None


def build_preparation(
    landed: Sequence[dg.AssetKey], recorded: Sequence[RecordedTable]
) -> dg.AssetsDefinition:
    """Return the asset that stands between intake and dbt."""

    @dg.asset(
        key=BUILD_DATES,
        deps=landed,
        description="The business dates that the night rebuilds, in a build file that was checked against the ledger.",
        group_name=CONTROL,
        partitions_def=NIGHTS,
        backfill_policy=ONE_RUN,
        pool=WRITER_POOL,
        owners=OWNERS,
        kinds={"duckdb"},
    )
    def build_dates(context: dg.AssetExecutionContext, writer: Writer) -> dg.MaterializeResult:
        house = writer.house
        planned = _plan(context, house)
        plan = prepare_build(
            house.home, house.ledger, house.contracts, planned, settings=house.engine, recorded=recorded
        )
        writer.follow(plan)
        return dg.MaterializeResult(
            metadata={
                "dagster/row_count": len(plan.facts) + len(plan.as_of),
                "as_of_date": plan.as_of_date.isoformat(),
                "fact_dates": len(plan.facts),
                "snapshot_dates": len(plan.as_of),
                "from_nothing": plan.is_full,
                "reason": plan.reason,
            }
        )

    return build_dates


def dbt_models(manifest: Mapping[str, Any]) -> list[dg.AssetsDefinition]:
    """Return the assets of every model and seed, their tests as asset checks: those before the scores and those after.

    Scores are made of measures, and tags and stages of scores, so that dbt starts twice a night; when no model serves
    and nothing is to be scored, it builds everything at its first start.
    """
    after = descendants(manifest, SCORES)
    definition = {
        "manifest": manifest,
        "partitions_def": NIGHTS,
        "backfill_policy": ONE_RUN,
        "dagster_dbt_translator": ModelNames(),
        "pool": WRITER_POOL,
    }

    @dbt_assets(name="models", exclude=_AFTER_SCORES, **definition)
    def models(context: dg.AssetExecutionContext, writer: Writer, dbt: Dbt) -> Iterator[Reported]:
        if scoring_is_due(writer):
            yield from _told(context, _build(writer, dbt, manifest, context))
            return
        build = _build(writer, dbt, manifest, None)
        yield from _told(context, build, leave=after)
        writer.leave(build)

    @dbt_assets(name="models_of_scores", select=_AFTER_SCORES, **definition)
    def models_of_scores(context: dg.AssetExecutionContext, writer: Writer, dbt: Dbt) -> Iterator[Reported]:
        yield from _told(context, writer.take() or _build(writer, dbt, manifest, context))

    return [models, models_of_scores]


def _plan(context: dg.AssetExecutionContext, house: House) -> BuildPlan:
    night = as_of_date(context)
    published = house.ledger.fact(MODELS_PUBLISHED)
    if published is not None and published != models_digest():
        return plan_rebuild(house.ledger, as_of_date=night, reason="the models have changed")
    is_backfill = BACKFILL in context.run.tags
    return plan_build(
        house.ledger, as_of_date=night, restate_from=first_date(context) if is_backfill else None
    )


def _build(
    writer: Writer, dbt: Dbt, manifest: Mapping[str, Any], context: dg.AssetExecutionContext | None
) -> DbtBuild:
    """Start dbt for what `context` selects, for everything without one."""
    # Models may have been edited since the UI was started.
    prepare(read_settings())
    # A unit test says something about SQL, not about data: it runs before a change is merged. The manifest is what
    # `prepare` wrote; writing it twice more takes a second.
    return DbtBuild(
        dbt.cli(
            ["--no-write-json", "--log-level-file", "info", "build", "--exclude-resource-type", "unit_test"],
            context=context,
            manifest=None if context else manifest,
            dagster_dbt_translator=None if context else ModelNames(),
            raise_on_error=False,
            target_path=writer.house.home.work / "dbt",
        )
    )


def _told(
    context: dg.AssetExecutionContext, build: DbtBuild, *, leave: Collection[str] = ()
) -> Iterator[Reported]:
    """Yield what dbt reports as it happens, but of the nodes to `leave`; raises dagster.Failure naming what failed."""
    count = 0
    for event, node in build.events(leave=leave):
        for result in event.to_default_asset_events(
            build.invocation.manifest,
            build.invocation.dagster_dbt_translator,
            context,
            build.invocation.target_path,
        ):
            count += 1
            if isinstance(result, dg.Output) and node in build.rows:
                context.add_output_metadata(
                    {"dagster/row_count": build.rows[node]}, output_name=result.output_name
                )
            yield result
    if build.reason is not None:
        raise dg.Failure(f"dbt: {build.reason}", allow_retries=False)
    if count == 0:
        raise dg.Failure("dbt: nothing was built", allow_retries=False)
