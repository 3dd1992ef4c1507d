"""One field of a contract: its type, limits and privacy class, read from one ODCS property.

Belongs here: the Field, what a property may say, and whether its parts agree.
Does not belong here: the table around it (contract.py) and checking values against it (rules.py).
"""

import re
from dataclasses import dataclass
from typing import Any

from open_data_contract_standard.model import SchemaProperty

from data_contracts.document import Document, Step
from data_contracts.field_limits import read_limits, read_quality

NAME_PATTERN = re.compile(r"[a-z][a-z0-9_]*")
TIME_FORMATS = ("epoch_ms", "iso8601", "local")
CLASSIFICATIONS = ("C1", "C2", "C3")

_LOGICAL_TYPES = {
    "VARCHAR": "string", "BIGINT": "integer", "DOUBLE": "number", "BOOLEAN": "boolean",
    "DATE": "date", "TIMESTAMP": "timestamp", "VARCHAR[]": "array",
}  # fmt: skip
_DECIMAL = re.compile(r"DECIMAL\((\d{1,2}),(\d{1,2})\)")
_KEYS = (
    "name", "businessName", "physicalName", "logicalType", "physicalType", "items", "primaryKey",
    "primaryKeyPosition", "required", "classification", "description", "logicalTypeOptions", "quality",
    "customProperties", "examples", "tags",
)  # fmt: skip
# Columns that the lake adds to every table; business_date is added unless the source has one.
RESERVED = ("delivery_date",)


@dataclass(frozen=True)
class Field:
    """One column that a source promises.

    `path` leads to the value in a source record; `type` is a DuckDB type, TIMESTAMP being UTC without zone.
    `minimum` and `maximum` are texts that cast to `type`. `classification`: C1 plain, C2 replaced by a keyed
    token at the door, C3 never stored. Limits and pattern hold for the value as delivered, before any token.
    """

    name: str
    path: tuple[str, ...]
    type: str
    required: bool
    classification: str
    description: str
    unit: str | None = None
    time_format: str | None = None
    enum: tuple[str, ...] = ()
    minimum: str | None = None
    maximum: str | None = None
    pattern: str | None = None
    min_length: int | None = None
    max_length: int | None = None
    null_ratio_max: float | None = None


def read_field(document: Document, prop: SchemaProperty, *at: Step) -> Field:
    """Return the field that the ODCS property at path `at` describes; raises ContractError."""
    document.refuse_unknown(_KEYS, "a property", *at)
    name = _name(document, *at)
    field_type = _type(document, prop, name, *at)
    custom = custom_properties(document, ("unit", "timeFormat"), *at)
    limits = read_limits(document, prop, field_type, *at)
    enum, null_ratio_max = read_quality(document, prop, field_type, *at)
    return Field(
        name=name,
        path=_source_path(document, prop.physicalName or name, *at),
        type=field_type,
        required=bool(prop.required),
        classification=_classification(document, name, field_type, *at),
        description=" ".join(document.required_text(*at, "description").split()),
        unit=_one_of(document, custom, "unit", None, *at),
        time_format=_time_format(document, custom, name, field_type, *at),
        enum=enum,
        null_ratio_max=null_ratio_max,
        **limits,
    )


def logical_type(field_type: str) -> str | None:
    """Return the ODCS logicalType of a field's type, or None when it is no type of ours."""
    return "number" if _DECIMAL.fullmatch(field_type) else _LOGICAL_TYPES.get(field_type)


def custom_properties(document: Document, known: tuple[str, ...], *at: Step) -> dict[str, tuple[Any, int]]:
    """Return the ODCS customProperties of the thing at `at`: name to (value, position in the list)."""
    found: dict[str, tuple[Any, int]] = {}
    for position, _ in enumerate(document.at(*at).get("customProperties") or ()):
        here = (*at, "customProperties", position)
        document.refuse_unknown(("property", "value", "description"), "a custom property", *here)
        name = document.required_text(*here, "property")
        if name not in known:
            reason = f"unknown custom property '{name}'; known are: {', '.join(known)}"
            raise document.error(reason, *here, "property")
        if name in found:
            raise document.error(f"custom property '{name}' stands twice", *here, "property")
        value = document.at(*here).get("value")
        if value is None:
            raise document.error(f"custom property '{name}' has no value", *here)
        found[name] = (value, position)
    return found


def _name(document: Document, *at: Step) -> str:
    name = document.required_text(*at, "name")
    if not NAME_PATTERN.fullmatch(name):
        raise document.error(f"field name '{name}' must be lower case letters, digits and _", *at, "name")
    if name in RESERVED:
        raise document.error(f"field name '{name}' is taken: the lake adds it to every table", *at, "name")
    return name


def _type(document: Document, prop: SchemaProperty, name: str, *at: Step) -> str:
    written = document.required_text(*at, "physicalType")
    decimal = _DECIMAL.fullmatch(written)
    logical = logical_type(written)
    if logical is None or (decimal and not int(decimal[2]) <= int(decimal[1]) <= 38):
        known = ", ".join([*_LOGICAL_TYPES, "DECIMAL(p,s)"])
        reason = f"field '{name}' has unknown type '{written}'; known are: {known}"
        raise document.error(reason, *at, "physicalType")
    if document.required_text(*at, "logicalType") != logical:
        reason = f"field '{name}': {written} is logicalType {logical}, not {prop.logicalType}"
        raise document.error(reason, *at, "logicalType")
    if prop.items is not None:
        document.refuse_unknown(("logicalType",), "items", *at, "items")
    if logical == "array" and (prop.items is None or prop.items.logicalType != "string"):
        raise document.error(f"field '{name}': items of {written} must have logicalType string", *at, "items")
    if logical != "array" and prop.items is not None:
        raise document.error(f"field '{name}': items belong to lists only", *at, "items")
    return written


def _source_path(document: Document, written: str, *at: Step) -> tuple[str, ...]:
    path = tuple(written.split("."))
    if not all(path):
        reason = f"physicalName '{written}' has an empty part between its dots"
        raise document.error(reason, *at, "physicalName")
    return path


def _classification(document: Document, name: str, field_type: str, *at: Step) -> str:
    known = ", ".join(CLASSIFICATIONS)
    if document.at(*at).get("classification") is None:
        raise document.error(f"field '{name}' has no classification; one of {known} is needed", *at)
    written = document.required_text(*at, "classification")
    if written not in CLASSIFICATIONS:
        reason = f"field '{name}' has unknown classification '{written}'; known are: {known}"
        raise document.error(reason, *at, "classification")
    if written == "C2" and field_type != "VARCHAR":
        reason = f"field '{name}': only VARCHAR can be C2, since a token is text"
        raise document.error(reason, *at, "classification")
    return written


def _one_of(
    document: Document, custom: dict[str, tuple[Any, int]], key: str, known: tuple[str, ...] | None, *at: Step
) -> str | None:
    if key not in custom:
        return None
    value, position = custom[key]
    if not isinstance(value, str) or (known is not None and value not in known):
        expected = "text" if known is None else f"one of {', '.join(known)}"
        reason = f"{key} must be {expected}, not {value!r}"
        raise document.error(reason, *at, "customProperties", position, "value")
    return value


def _time_format(
    document: Document, custom: dict[str, tuple[Any, int]], name: str, field_type: str, *at: Step
) -> str | None:
    written = _one_of(document, custom, "timeFormat", TIME_FORMATS, *at)
    if (written is None) == (field_type == "TIMESTAMP"):
        need = "needs" if written is None else "is no TIMESTAMP and takes no"
        raise document.error(f"field '{name}' {need} custom property timeFormat", *at)
    return written
