"""Definitions: everything that Dagster serves, put together.

Belongs here: the list. Does not belong here: anything that needs thought.
"""

from __future__ import annotations

import warnings

import dagster as dg

from operations.segments import load_segments
from orchestration import automation, landed, publication, segments, warehouse
from orchestration.dbt_models import load_manifest, published_views, stored_models
from orchestration.prepare import MANIFEST, dbt_executable
from orchestration.resources import DBT_PROJECT, load_promises
from orchestration.tag_dictionary import read_tag_dictionary
from orchestration.writing import Writer


def assemble() -> dg.Definitions:
    """Return the one Definitions object; raises ManifestMissingError when the dbt project was not prepared."""
    contracts = load_promises().contracts.values()
    manifest = load_manifest(MANIFEST)
    built, chosen = stored_models(manifest), segments.stored_segment_tables()
    tables = landed.landed_tables(contracts)
    models = warehouse.dbt_models(manifest)
    members = segments.segment_assets(list(load_segments(read_tag_dictionary(manifest)).values()))
    # Segments wait for what is expected of the tags, so that the two are judged apart.
    expectations = [
        publication.published_expectations("published_expectations", built),
        publication.published_expectations("segment_expectations", chosen),
    ]
    guards = [
        key for definition in (*tables, models, members, *expectations) for key in definition.check_keys
    ]
    return dg.Definitions(
        assets=[
            *tables,
            warehouse.build_preparation([landed.landed_key(contract) for contract in contracts]),
            models,
            members,
            publication.snapshot([*built, *chosen], published_views(manifest), guards=guards),
        ],
        asset_checks=expectations,
        jobs=[automation.nightly],
        schedules=[automation.every_night],
        sensors=[automation.all_delivered, automation.report_failures],
        resources={
            "writer": Writer(),
            "dbt": warehouse.Dbt(
                project_dir=str(DBT_PROJECT),
                profiles_dir=str(DBT_PROJECT),
                dbt_executable=str(dbt_executable()),
            ),
        },
        # The writer's lock is held from a run's first step to its last, so the steps share one process.
        executor=dg.in_process_executor,
    )


with warnings.catch_warnings():
    # A range of nights in one run is what the design rests on, however new Dagster calls it.
    warnings.simplefilter("ignore", dg.BetaWarning)
    definitions = assemble()
