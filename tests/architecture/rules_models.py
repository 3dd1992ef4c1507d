"""Rules on how dbt models stand together: twins, sources, layers, one wording per column name.

Belongs here: what can be seen from file names, `ref`, `source` and the YAML twins, before dbt runs.
Does not belong here: what a query computes (rules_sql.py) and data, which dbt's own tests check.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.architecture.tree import breach, files

LAYERS = ("staging", "intermediate", "tags", "marts")
LONGEST_MODEL = 150

_REF = re.compile(r"\bref\(\s*['\"](\w+)['\"]")
_SOURCE = re.compile(r"\bsource\(")
_DOC = re.compile(r"^\{\{\s*doc\(\s*['\"](\w+)['\"]\s*\)\s*\}\}$")
_DOC_BLOCK = re.compile(r"\{%-?\s*docs\s+(\w+)\s*-?%\}")


@dataclass(frozen=True)
class Model:
    """One model: its query, its twin, and the layer that its folder names."""

    sql: Path
    twin: Path
    layer: str

    @property
    def text(self) -> str:
        return self.sql.read_text(encoding="utf-8")

    @property
    def entries(self) -> list[dict[str, Any]]:
        if not self.twin.is_file():
            return []
        return (yaml.safe_load(self.twin.read_text(encoding="utf-8")) or {}).get("models") or []


def models(root: Path) -> list[Model]:
    """Return every model of the dbt project under `root`."""
    folder = root / "dbt_project" / "models"
    return [
        Model(sql, sql.with_suffix(".yml"), sql.relative_to(folder).parts[0]) for sql in files(folder, ".sql")
    ]


def models_without_a_twin(root: Path) -> list[str]:
    """Return each model whose `.yml` twin lacks, names another model, or does not say what one row is."""
    breaches = []
    for model in models(root):
        names = [entry.get("name") for entry in model.entries]
        if names != [model.sql.stem]:
            breaches.append(
                breach(root, model.twin, 1, f"the twin describes {names}, not {model.sql.stem} alone")
            )
        elif not str(model.entries[0].get("description", "")).startswith("One row per "):
            breaches.append(breach(root, model.twin, 1, 'the description does not start "One row per "'))
        if not model.text.startswith("-- One row per "):
            breaches.append(breach(root, model.sql, 1, 'the first line does not start "-- One row per "'))
        if model.text.count("\n") > LONGEST_MODEL and model.layer != "tags":
            breaches.append(breach(root, model.sql, LONGEST_MODEL, "this is two models"))
    return breaches


def sources_read_outside_staging(root: Path) -> list[str]:
    """Return each model beyond staging that reads a source."""
    return [
        breach(root, model.sql, _line(model.text, found.start()), "only staging reads source()")
        for model in models(root)
        if model.layer != "staging"
        for found in _SOURCE.finditer(model.text)
    ]


def references_against_the_layers(root: Path) -> list[str]:
    """Return each model outside the known layers, and each that reads one of a later layer."""
    layer_of = {model.sql.stem: model.layer for model in models(root)}
    breaches = []
    for model in models(root):
        if model.layer not in LAYERS:
            breaches.append(breach(root, model.sql, 1, f"{model.layer} is none of {', '.join(LAYERS)}"))
            continue
        for found in _REF.finditer(model.text):
            layer = layer_of.get(found.group(1))
            if layer in LAYERS and LAYERS.index(layer) > LAYERS.index(model.layer):
                line = _line(model.text, found.start())
                breaches.append(
                    breach(root, model.sql, line, f"{found.group(1)} is of a later layer: {layer}")
                )
    return breaches


def columns_with_two_wordings(root: Path) -> list[str]:
    """Return each column without a description, and each shared name whose wording is not one docs block."""
    blocks = {
        name
        for page in files(root / "dbt_project", ".md")
        for name in _DOC_BLOCK.findall(page.read_text(encoding="utf-8"))
    }
    wordings: dict[str, list[tuple[Path, str]]] = defaultdict(list)
    for model in models(root):
        for entry in model.entries:
            for column in entry.get("columns") or []:
                wordings[column["name"]].append((model.twin, str(column.get("description") or "").strip()))
    breaches = []
    for column, uses in sorted(wordings.items()):
        shared = len(uses) > 1
        several = len({wording for _, wording in uses}) > 1
        for twin, wording in uses:
            block = _DOC.match(wording)
            if not wording:
                breaches.append(breach(root, twin, 1, f"{column} has no description"))
            elif shared and (block is None or several):
                breaches.append(
                    breach(root, twin, 1, f"{column} stands in {len(uses)} models and needs one docs block")
                )
            elif block and block.group(1) not in blocks:
                breaches.append(breach(root, twin, 1, f"{column}: there is no docs block {block.group(1)}"))
    return breaches


def _line(text: str, position: int) -> int:
    return text.count("\n", 0, position) + 1
