"""Definitions: everything that Dagster serves, put together.

Belongs here: the list. Does not belong here: anything that needs thought.
"""

from __future__ import annotations

import warnings

import dagster as dg

from operations import campaign_tables, segment_tables
from operations.campaigns import load_campaigns
from operations.contact_policy import load_policy
from operations.segments import load_segments
from orchestration import (
    automation,
    campaigns,
    landed,
    models,
    publication,
    recovery,
    reports,
    scores,
    segments,
    warehouse,
)
from orchestration.dbt_models import (
    load_manifest,
    published_views,
    recorded_tables,
    stored_decisions,
    stored_models,
    stored_tables,
)
from orchestration.dbt_process import PARSED
from orchestration.prepare import MANIFEST, PARSED_PROJECT, dbt_executable
from orchestration.resources import DBT_PROJECT, load_promises
from orchestration.tag_dictionary import read_tag_dictionary
from orchestration.writing import Writer


def assemble() -> dg.Definitions:
    """Return the one Definitions object; raises ManifestMissingError when the dbt project was not prepared."""
    contracts = load_promises().contracts.values()
    manifest = load_manifest(MANIFEST)
    recorded = recorded_tables(manifest)
    tables = landed.landed_tables(contracts)
    computed = warehouse.dbt_models(manifest)
    known, policy = load_segments(read_tag_dictionary(manifest)), load_policy()
    planned = load_campaigns(known, policy)
    members = segments.segment_assets(list(known.values()))
    scored = set(computed[1].keys)
    built = stored_models(manifest)
    # What is built on a table waits for what is expected of it: so tables are judged at their stage of the night.
    judged = {
        "measured_expectations": [
            *(model for model in built if publication.model_key(model) not in scored),
            *stored_decisions(table for table in recorded.values() if table.schema == warehouse.SCORES),
        ],
        "published_expectations": [model for model in built if publication.model_key(model) in scored],
        "segment_expectations": stored_tables(segment_tables.TABLES),
        "final_expectations": [
            *stored_tables((*reports.TABLES, *campaign_tables.TABLES), may_be_empty=True),
            *stored_decisions(table for table in recorded.values() if table.schema == campaign_tables.SCHEMA),
        ],
    }
    expectations = [publication.published_expectations(name, models) for name, models in judged.items()]
    stored = [model for models in judged.values() for model in models]
    guards = [
        key for definition in (*tables, *computed, members, *expectations) for key in definition.check_keys
    ]
    return dg.Definitions(
        assets=[
            *tables,
            warehouse.build_preparation(
                [landed.landed_key(contract) for contract in contracts], list(recorded.values())
            ),
            *computed,
            scores.score_assets(recorded),
            *models.model_assets(),
            reports.report_assets(),
            members,
            campaigns.campaign_assets(planned, policy, recorded),
            publication.snapshot(stored, published_views(manifest), guards=guards),
            recovery.recovery_asset(),
        ],
        asset_checks=expectations,
        jobs=[automation.nightly, automation.train],
        schedules=[automation.every_night, automation.every_week],
        sensors=[automation.all_delivered, automation.report_failures],
        resources={
            "writer": Writer(),
            "dbt": warehouse.Dbt(
                project_dir=str(DBT_PROJECT),
                profiles_dir=str(DBT_PROJECT),
                dbt_executable=str(dbt_executable()),
                global_config_flags=[f"{PARSED}{PARSED_PROJECT}"],
            ),
        },
        # The writer's lock is held from a run's first step to its last, so the steps share one process.
        executor=dg.in_process_executor,
    )


with warnings.catch_warnings():
    # A range of nights in one run is what the design rests on, however new Dagster calls it.
    warnings.simplefilter("ignore", dg.BetaWarning)
    definitions = assemble()
