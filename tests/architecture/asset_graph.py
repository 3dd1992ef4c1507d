"""The asset graph as a page that can be reviewed: each key with its group and what it depends on.

`make asset-graph` writes the page anew; the change then stands in the commit beside what caused it.
"""

from __future__ import annotations

import importlib
import json
import sys

import dagster as dg

from tests.architecture.tree import PROJECT

SNAPSHOT = PROJECT / "tests" / "architecture" / "asset_graph.json"


def describe(definitions: dg.Definitions) -> str:
    """Return the graph as JSON, sorted, so that a change of order is no change."""
    graph = definitions.resolve_asset_graph()
    assets = {
        key.to_user_string(): {
            "group": graph.get(key).group_name,
            "deps": sorted(parent.to_user_string() for parent in graph.get(key).parent_keys),
        }
        for key in graph.get_all_asset_keys()
    }
    return json.dumps(assets, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def project_definitions() -> dg.Definitions:
    """Return what `workspace.yaml` serves: the one Definitions object of orchestration.definitions."""
    found = [
        value
        for value in vars(importlib.import_module("orchestration.definitions")).values()
        if isinstance(value, dg.Definitions)
    ]
    if len(found) != 1:
        raise LookupError(f"orchestration.definitions holds {len(found)} Definitions, not one")
    return found[0]


if __name__ == "__main__":
    page = describe(project_definitions())
    if "--print" in sys.argv:
        sys.stdout.write(page)
    else:
        SNAPSHOT.write_text(page, encoding="utf-8")
