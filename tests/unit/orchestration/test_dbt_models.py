"""Python learns about models from the manifest, never by name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from orchestration.dbt_models import ManifestMissingError, load_manifest, stored_models


def node(name: str, *, materialized: str = "rebuilt_by_date", **meta: object) -> dict[str, Any]:
    return {
        "resource_type": "model",
        "schema": "marts",
        "name": name,
        "original_file_path": f"models/marts/{name}.sql",
        "config": {"materialized": materialized, "meta": meta},
    }


def manifest(*nodes: dict[str, Any]) -> dict[str, Any]:
    return {"nodes": {each["name"]: each for each in nodes}}


def test_only_what_is_kept_as_a_table_counts() -> None:
    found = stored_models(
        manifest(
            node("b", published=True, key=["day"], date_column="day"),
            node("a"),
            node("v", materialized="view"),
        )
    )
    assert [(model.name, model.is_published, model.date_column) for model in found] == [
        ("a", False, None),
        ("b", True, "day"),
    ]


def test_a_model_says_how_far_back_a_night_reads_it() -> None:
    found = stored_models(manifest(node("a"), node("b", looks_back_days=1)))
    assert [model.relation.looks_back_days for model in found] == [90, 1]


def test_a_published_model_must_name_its_key() -> None:
    with pytest.raises(ValueError, match=r"models/marts/a\.sql: a published model names its key"):
        stored_models(manifest(node("a", published=True)))


def test_the_key_of_a_published_model_holds_its_date() -> None:
    with pytest.raises(ValueError, match=r"models/marts/a\.sql: the key of a published model holds its day"):
        stored_models(manifest(node("a", published=True, key=["person_id"], date_column="day")))


def test_a_missing_manifest_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(ManifestMissingError, match="lifecycle prepare"):
        load_manifest(tmp_path / "manifest.json")
