"""A first draft of a contract, guessed from a sample file, for its owner to correct.

Belongs here: the guesses (type, key, allowed values, privacy class, business date) and the draft's text.
Does not belong here: reading the sample (sample.py) and loading contracts (contract.py).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

import yaml

from data_contracts.column_guess import Guess, guess_column
from data_contracts.contract import API_VERSION
from data_contracts.contract_field import NAME_PATTERN, RESERVED
from data_contracts.contract_settings import DEFAULT_LATENESS_DAYS, DEFAULT_ZONE
from data_contracts.document import ContractError
from data_contracts.sample import RECORDS_READ, Sample, read_sample

_KEY_TYPES = ("VARCHAR", "BIGINT", "DATE", "TIMESTAMP")
# Pairs and triples of keys are looked for among the first columns only: a key further to the right is rare,
# and the number of combinations grows fast.
_KEY_COLUMNS = 8
_KEY_TRIAL_ROWS = 1000
_LINE_WIDTH = 100


@dataclass(frozen=True)
class _Column:
    name: str
    path: tuple[str, ...]
    values: list[Any]
    guess: Guess


def infer_contract(file: Path, *, source: str, table: str) -> str:
    """Return the YAML text of a drafted contract for files like `file`, by its first 100,000 records.

    Types are conservative: numbers with leading zeros and long ids stay text. Every guess is to be confirmed
    by the owner of the source. Raises ContractError when the sample cannot be read.
    """
    for part in (source, table):
        if not NAME_PATTERN.fullmatch(part):
            raise ContractError(file, 1, f"'{part}' cannot name a contract: lower case letters, digits and _")
    sample = read_sample(file)
    names = _names(list(sample.columns))
    columns = [
        _Column(name, path, values, _guess(sample, path))
        for name, (path, values) in zip(names, sample.columns.items(), strict=True)
    ]
    loaded = [column for column in columns if column.guess.type is not None]
    if not loaded:
        raise ContractError(file, 1, "no column of the sample holds plain values")
    key = _key(loaded, sample.rows)
    draft = _draft(sample, columns, key, source=source, table=table)
    return yaml.safe_dump(draft, sort_keys=False, allow_unicode=True, width=_LINE_WIDTH)


def _guess(sample: Sample, path: tuple[str, ...]) -> Guess:
    label = _snake_case(path[-1]) or path[-1]
    is_text = sample.format == "csv"
    return guess_column(label, sample.columns[path], declared=sample.declared.get(path), is_text=is_text)


def _names(paths: Sequence[tuple[str, ...]]) -> list[str]:
    """Return canonical names: the last part of a path, or more of it where two would be the same."""
    names: list[str] = []
    for number, path in enumerate(paths, start=1):
        candidates = [_snake_case("_".join(path[start:])) for start in range(len(path) - 1, -1, -1)]
        free = [name for name in candidates if name and name not in names and name not in RESERVED]
        name = free[0] if free else f"column_{number}"
        if name == "business_date":
            name = "business_date_given"
        names.append(name)
    return names


def _snake_case(text: str) -> str:
    words = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", text)
    name = re.sub(r"[^a-z0-9]+", "_", words.lower()).strip("_")
    return name if NAME_PATTERN.fullmatch(name) else ""


def _key(columns: Sequence[_Column], rows: int) -> tuple[tuple[str, ...], bool]:
    """Return the names of the candidate key, and whether it is unique in the sample."""
    usable = [
        column
        for column in columns
        if column.guess.type in _KEY_TYPES
        and column.guess.classification != "C3"
        and None not in column.values
    ]
    for size in (1, 2, 3):
        among = usable if size == 1 else usable[:_KEY_COLUMNS]
        for chosen in combinations(among, size):
            if _is_unique(chosen, min(rows, _KEY_TRIAL_ROWS)) and _is_unique(chosen, rows):
                return tuple(column.name for column in chosen), True
    stored = [column for column in columns if column.guess.classification != "C3"]
    return tuple(column.name for column in usable or stored[:1] or columns[:1]), False


def _is_unique(columns: Sequence[_Column], rows: int) -> bool:
    return len(set(zip(*(column.values[:rows] for column in columns), strict=True))) == rows


def _draft(
    sample: Sample, columns: Sequence[_Column], key: tuple[tuple[str, ...], bool], *, source: str, table: str
) -> dict[str, Any]:
    key_names, is_unique = key
    loaded = [column for column in columns if column.guess.type is not None]
    notes = [
        f"Drafted from {sample.rows} records" + (" (the first)." if sample.rows == RECORDS_READ else ".")
    ]
    notes.append("Confirm types, units, key, allowed values, privacy classes and lateness before use.")
    if not is_unique:
        notes.append("No key of up to three columns is unique in the sample.")
    if sample.unnameable:
        notes.append(f"Left out, since a path cannot hold a dot: {', '.join(sample.unnameable)}.")
    return {
        "apiVersion": API_VERSION,
        "kind": "DataContract",
        "id": f"{source}.{table}",
        "name": f"{source} {table}".replace("_", " ").capitalize(),
        "version": "0.1.0",
        "status": "draft",
        "domain": source,
        "description": {
            "purpose": "One row per " + " and ".join(key_names) + " (confirm).",
            "limitations": " ".join(notes),
        },
        "schema": [
            {
                "name": table,
                "logicalType": "object",
                "customProperties": _settings(sample, columns),
                "properties": [_property(column, key_names) for column in loaded],
            }
        ],
    }


def _settings(sample: Sample, columns: Sequence[_Column]) -> list[dict[str, Any]]:
    dated = [
        column.name
        for column in columns
        if column.guess.type in ("DATE", "TIMESTAMP") and None not in column.values
    ]
    settings: dict[str, Any] = {
        "businessDate": dated[0] if dated else None,
        "timeZone": DEFAULT_ZONE,
        "latenessDays": DEFAULT_LATENESS_DAYS,
        "formats": [sample.format],
        "encoding": sample.encoding,
        "delimiter": sample.delimiter if sample.format == "csv" else None,
        "rowsPerDayMinimum": 1,
        "ignored": [".".join(column.path) for column in columns if column.guess.type is None] or None,
    }
    return [{"property": name, "value": value} for name, value in settings.items() if value is not None]


def _property(column: _Column, key: tuple[str, ...]) -> dict[str, Any]:
    guess = column.guess
    prop: dict[str, Any] = {
        "name": column.name,
        "physicalName": ".".join(column.path),
        "logicalType": guess.logical_type,
        "physicalType": guess.type,
    }
    if guess.type == "VARCHAR[]":
        prop["items"] = {"logicalType": "string"}
    if column.name in key:
        prop |= {"primaryKey": True, "primaryKeyPosition": key.index(column.name) + 1}
    prop |= {
        "required": None not in column.values,
        "classification": guess.classification,
        "description": guess.description,
    }
    if guess.enum:
        values = {"validValues": list(guess.enum)}
        prop["quality"] = [{"metric": "invalidValues", "arguments": values, "mustBe": 0}]
    if guess.time_format is not None:
        prop["customProperties"] = [{"property": "timeFormat", "value": guess.time_format}]
    return prop
