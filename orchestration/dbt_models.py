"""dbt models as the manifest describes them: what is stored, what is published, by which date and key.

Belongs here: reading what stands in the models' own configuration. Does not belong here: any model's name; policy
is edited beside the model.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from data_contracts.written_table import WrittenTable
from storage.fingerprints import Relation
from storage.published import PublishedTable
from storage.recorded_tables import RecordedTable

_VIRTUAL = {"view", "ephemeral"}


class ManifestMissingError(RuntimeError):
    """The dbt project was not prepared."""


@dataclass(frozen=True)
class StoredModel:
    """One table that a model keeps; `key` tells its rows apart, `headline` is the column that people ask for first.

    `looks_back_days`: how many days before those it rewrites a night reads of the table. `is_thinned`: of old dates
    only month ends are kept. `may_be_empty`: having no row at all is nothing to tell.
    """

    schema: str
    name: str
    date_column: str | None
    key: tuple[str, ...]
    is_published: bool
    headline: str | None
    looks_back_days: int
    is_thinned: bool
    may_be_empty: bool = False

    @property
    def relation(self) -> Relation:
        """The table in the build file."""
        return Relation(self.schema, self.name, self.date_column, self.looks_back_days, self.is_thinned)

    @property
    def published_table(self) -> PublishedTable:
        """The table that readers see."""
        return PublishedTable(self.schema, self.name, self.date_column, is_thinned=self.is_thinned)


def load_manifest(path: Path) -> Mapping[str, Any]:
    """Return the dbt manifest; raises ManifestMissingError saying what to run."""
    if not path.is_file():
        raise ManifestMissingError(f"{path} is missing: run `lifecycle prepare`")
    manifest: Mapping[str, Any] = json.loads(path.read_bytes())
    return manifest


def stored_models(manifest: Mapping[str, Any]) -> Sequence[StoredModel]:
    """Return every model that is kept as a table, by schema and name; raises ValueError when one is half described."""
    found = [
        _stored_model(node)
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model" and node["config"]["materialized"] not in _VIRTUAL
    ]
    return sorted(found, key=lambda model: (model.schema, model.name))


def published_views(manifest: Mapping[str, Any]) -> Sequence[Relation]:
    """Return the models that readers see and that hold no rows of their own, by schema and name."""
    found = [
        Relation(node["schema"], node["name"], None)
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model"
        and node["config"]["materialized"] == "view"
        and node["config"].get("meta", {}).get("published", False)
    ]
    return sorted(found, key=lambda view: view.address)


def recorded_tables(manifest: Mapping[str, Any]) -> Mapping[str, RecordedTable]:
    """Return the tables of decisions by address: the sources whose `meta` says `recorded`."""
    found = [
        RecordedTable(
            schema=source["schema"],
            name=source["name"],
            columns={column["name"]: column["data_type"] for column in source["columns"].values()},
            key=tuple(source["config"]["meta"]["recorded"]["key"]),
            is_thinned=source["config"]["meta"]["recorded"]["thinned"],
            description=source["description"],
        )
        for source in manifest["sources"].values()
        if "recorded" in source["config"].get("meta", {})
    ]
    return {
        table.relation.address: table for table in sorted(found, key=lambda table: table.relation.address)
    }


def stored_decisions(tables: Iterable[RecordedTable]) -> list[StoredModel]:
    """Return tables of decisions as what is stored and published."""
    return [
        StoredModel(
            schema=table.schema,
            name=table.name,
            date_column=table.relation.date_column,
            key=table.key,
            is_published=True,
            headline=None,
            looks_back_days=table.relation.looks_back_days,
            is_thinned=table.is_thinned,
            may_be_empty=True,
        )
        for table in tables
    ]


def stored_tables(tables: Iterable[WrittenTable], *, may_be_empty: bool = False) -> list[StoredModel]:
    """Return tables that Python writes as what is stored and published."""
    return [
        StoredModel(
            schema=table.schema,
            name=table.name,
            date_column=table.date_column,
            key=table.key,
            is_published=True,
            headline=table.headline,
            looks_back_days=1,
            is_thinned=table.is_thinned,
            may_be_empty=may_be_empty,
        )
        for table in tables
    ]


def descendants(manifest: Mapping[str, Any], source_name: str) -> frozenset[str]:
    """Return the ids of every node that reads a table of `source_name`, through whatever stands between."""
    waiting = [key for key, source in manifest["sources"].items() if source["source_name"] == source_name]
    found: set[str] = set()
    while waiting:
        children = [node for node in manifest["child_map"][waiting.pop()] if node not in found]
        found.update(children)
        waiting += children
    return frozenset(found)


def _stored_model(node: Mapping[str, Any]) -> StoredModel:
    meta = node["config"].get("meta", {})
    model = StoredModel(
        schema=node["schema"],
        name=node["name"],
        date_column=meta.get("date_column"),
        key=tuple(meta.get("key", ())),
        is_published=bool(meta.get("published", False)),
        headline=meta.get("headline"),
        looks_back_days=meta.get("looks_back_days", Relation.looks_back_days),
        is_thinned=bool(meta.get("thinned", False)),
        may_be_empty=bool(meta.get("may_be_empty", False)),
    )
    if model.is_published and not model.key:
        raise ValueError(
            f"{node['original_file_path']}: a published model names its key (config: meta: key: [...])"
        )
    if model.is_published and model.date_column is not None and model.date_column not in model.key:
        raise ValueError(
            f"{node['original_file_path']}: the key of a published model holds its {model.date_column}"
        )
    return model
