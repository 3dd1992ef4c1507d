"""The tag dictionary, as the twins of the tag models have it.

Belongs here: reading it from the dbt manifest. Does not belong here: any tag.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from operations.tags import Tag, TagDictionary, TagKind

_SCHEMA = "tags"
_KINDS = {
    "boolean": TagKind.YES_NO, "bigint": TagKind.NUMBER, "integer": TagKind.NUMBER, "double": TagKind.NUMBER,
    "decimal(18, 2)": TagKind.NUMBER, "date": TagKind.DATE, "varchar": TagKind.TEXT,
}  # fmt: skip


def read_tag_dictionary(manifest: Mapping[str, Any]) -> TagDictionary:
    """Return every tag of the manifest; raises ValueError for one of a type that no rule can be written about."""
    return TagDictionary(_tags(manifest))


def _tags(manifest: Mapping[str, Any]) -> Iterator[Tag]:
    values = _accepted_values(manifest)
    for unique_id, node in manifest["nodes"].items():
        if node["resource_type"] != "model" or node["schema"] != _SCHEMA:
            continue
        for column in node["columns"].values():
            entry = column["meta"].get("tag")
            if entry is None:
                continue
            kind = _KINDS.get(column["data_type"])
            if kind is None:
                raise ValueError(
                    f"{node['name']}.{column['name']}: no rule can compare a {column['data_type']}"
                )
            allowed = values.get((unique_id, column["name"]), ())
            yield Tag(entry["code"], column["name"], node["name"], kind, allowed)


def _accepted_values(manifest: Mapping[str, Any]) -> dict[tuple[str, str], tuple[str, ...]]:
    """Return the values that dbt's own test holds a column to, by model and column."""
    return {
        (node["attached_node"], node["column_name"]): tuple(node["test_metadata"]["kwargs"]["values"])
        for node in manifest["nodes"].values()
        if node["resource_type"] == "test"
        and (node.get("test_metadata") or {}).get("name") == "accepted_values"
        and node.get("column_name")
    }
