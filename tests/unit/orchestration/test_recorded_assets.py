"""Recorded and restated tables stand apart: in the graph, in their descriptions, and in what may write them."""

from __future__ import annotations

import dagster as dg
import pytest

from orchestration.dbt_models import load_manifest, recorded_tables, stored_models
from orchestration.definitions import definitions
from orchestration.partitions import RECORDED
from orchestration.prepare import MANIFEST

_TAG, _VALUE = next(iter(RECORDED.items()))
MODELS = {dg.AssetKey(["ml", "churn_model"]), dg.AssetKey(["ml", "lookalike_model"])}


@pytest.fixture(scope="module")
def decided() -> set[dg.AssetKey]:
    tables = recorded_tables(load_manifest(MANIFEST)).values()
    return {dg.AssetKey([table.schema, table.name]) for table in tables}


def test_the_graph_marks_decisions_and_nothing_else(decided: set[dg.AssetKey]) -> None:
    graph = definitions.resolve_asset_graph()
    marked = {key for key in graph.get_all_asset_keys() if graph.get(key).tags.get(_TAG) == _VALUE}
    assert marked == decided | MODELS


def test_the_description_of_a_decision_says_so(decided: set[dg.AssetKey]) -> None:
    graph = definitions.resolve_asset_graph()
    for key in decided:
        assert "Recorded" in (graph.get(key).description or ""), key


def test_no_sql_model_has_the_address_of_a_decision(decided: set[dg.AssetKey]) -> None:
    built = {dg.AssetKey([model.schema, model.name]) for model in stored_models(load_manifest(MANIFEST))}
    assert not built & decided
