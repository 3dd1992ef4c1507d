"""How one table of a source is delivered: dates, files, volume, rules across fields.

Belongs here: the custom properties of a contract's table, and whether each agrees with the fields.
Does not belong here: the fields (contract_field.py) and applying any of it to data.
"""

import zoneinfo
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from data_contracts.contract_field import NAME_PATTERN, Field, custom_properties
from data_contracts.document import ContractError, Document, Step
from data_contracts.sql_expression import ExpressionError, check_expression, open_engine

FORMATS = ("jsonl", "csv", "parquet")
DEFAULT_ZONE = "Asia/Shanghai"
DEFAULT_LATENESS_DAYS = 7

_SETTINGS = (
    "businessDate", "timeZone", "latenessDays", "formats", "encoding", "delimiter", "rowsPerDayMinimum",
    "rowsPerDayMaximum", "rowRules", "ignored",
)  # fmt: skip
_ROW_RULE_KEYS = ("name", "sql", "message")


@dataclass(frozen=True)
class RowRule:
    """A rule across the fields of one row: SQL over canonical names; true or NULL is good."""

    name: str
    sql: str
    message: str


@dataclass(frozen=True)
class TableSettings:
    """The settings of one table; meanings as in Contract."""

    business_date: str | None
    zone: str
    lateness_days: int
    formats: tuple[str, ...]
    encoding: str
    delimiter: str
    row_rules: tuple[RowRule, ...]
    rows_per_day_minimum: int | None
    rows_per_day_maximum: int | None
    ignored: tuple[str, ...]


@dataclass(frozen=True)
class _Given:
    """What the contract says: value and place of each setting that it has."""

    document: Document
    values: dict[str, Any]
    places: dict[str, tuple[Step, ...]]

    def error(self, reason: str, name: str, *below: Step) -> ContractError:
        return self.document.error(reason, *self.places[name], *below)

    def whole(self, name: str) -> int | None:
        value = self.values.get(name)
        if value is not None and (not isinstance(value, int) or isinstance(value, bool) or value < 0):
            raise self.error(f"{name} must be a whole number from 0, not {value!r}", name)
        return value

    def text(self, name: str, default: str, check: Callable[[str], None]) -> str:
        value = self.values.get(name, default)
        if not isinstance(value, str):
            raise self.error(f"{name} must be text, not {value!r}", name)
        try:
            check(value)
        except ValueError as error:
            raise self.error(str(error), name) from error
        return value


def read_settings(document: Document, fields: Sequence[Field], *at: Step) -> TableSettings:
    """Return the settings of the table at path `at`; raises ContractError."""
    custom = custom_properties(document, _SETTINGS, *at)
    given = _Given(
        document,
        {name: value for name, (value, _) in custom.items()},
        {name: (*at, "customProperties", position, "value") for name, (_, position) in custom.items()},
    )
    minimum, maximum = given.whole("rowsPerDayMinimum"), given.whole("rowsPerDayMaximum")
    if minimum is not None and maximum is not None and minimum > maximum:
        raise given.error("rowsPerDayMinimum is above rowsPerDayMaximum", "rowsPerDayMaximum")
    lateness_days = given.whole("latenessDays")
    return TableSettings(
        business_date=_business_date(given, fields),
        zone=_zone(given, fields, *at),
        lateness_days=DEFAULT_LATENESS_DAYS if lateness_days is None else lateness_days,
        formats=_formats(given, fields, *at),
        encoding=given.text("encoding", "utf-8", check_encoding),
        delimiter=given.text("delimiter", ",", check_delimiter),
        row_rules=_row_rules(given, fields),
        rows_per_day_minimum=minimum,
        rows_per_day_maximum=maximum,
        ignored=_ignored(given, fields),
    )


def check_zone(name: str) -> None:
    """Raise ValueError unless `name` is a time zone of the IANA list."""
    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"unknown time zone '{name}'") from error


def check_encoding(name: str) -> None:
    """Raise ValueError unless `name` is a text encoding that Python reads."""
    try:
        " ".encode(name)
    except LookupError as error:
        raise ValueError(f"unknown encoding '{name}'") from error


def check_delimiter(text: str) -> None:
    """Raise ValueError unless `text` can stand between the values of a CSV line."""
    if len(text) != 1 or text in '"\r\n\0':
        raise ValueError(f"delimiter must be one character and neither quote nor line end, not {text!r}")


def check_formats(document: Document, *at: Step) -> tuple[str, ...]:
    """Return the list of file formats at path `at`; raises ContractError."""
    formats = document.texts(*at)
    for position, name in enumerate(formats):
        if name not in FORMATS:
            raise document.error(f"unknown format '{name}'; known are: {', '.join(FORMATS)}", *at, position)
    if not formats:
        raise document.error("formats is empty: no file could be read", *at)
    return formats


def _business_date(given: _Given, fields: Sequence[Field]) -> str | None:
    name = given.values.get("businessDate")
    field = next((field for field in fields if field.name == name), None)
    if field is not None:
        if field.type not in ("DATE", "TIMESTAMP"):
            raise given.error(f"businessDate '{name}' is {field.type}, not DATE or TIMESTAMP", "businessDate")
        if not field.required or field.classification == "C3":
            raise given.error(f"businessDate '{name}' must be required and stored", "businessDate")
    elif name is not None:
        raise given.error(f"businessDate names the unknown field '{name}'", "businessDate")
    # The lake adds business_date itself; a field of that name may only be that very date.
    if name != "business_date" and any(field.name == "business_date" for field in fields):
        raise given.document.error("field 'business_date' exists, so businessDate must name it", "schema")
    return name


def _zone(given: _Given, fields: Sequence[Field], *at: Step) -> str:
    local = next((field.name for field in fields if field.time_format == "local"), None)
    if local is not None and "timeZone" not in given.values:
        reason = f"field '{local}' has local times, so custom property timeZone is needed"
        raise given.document.error(reason, *at)
    return given.text("timeZone", DEFAULT_ZONE, check_zone)


def _formats(given: _Given, fields: Sequence[Field], *at: Step) -> tuple[str, ...]:
    if "formats" not in given.values:
        raise given.document.error("custom property formats is missing", *at)
    formats = check_formats(given.document, *given.places["formats"])
    nested = next((field for field in fields if len(field.path) > 1), None)
    if nested is not None and set(formats) != {"jsonl"}:
        reason = f"field '{nested.name}' stands inside another value, which only jsonl can hold"
        raise given.error(reason, "formats")
    return formats


def _row_rules(given: _Given, fields: Sequence[Field]) -> tuple[RowRule, ...]:
    if "rowRules" not in given.values:
        return ()
    document, place = given.document, given.places["rowRules"]
    if not isinstance(given.values["rowRules"], list):
        raise given.error("rowRules must be a list", "rowRules")
    columns = {field.name: field.type for field in fields if field.classification != "C3"}
    rules: list[RowRule] = []
    with closing(open_engine()) as engine:
        for position, _ in enumerate(given.values["rowRules"]):
            here = (*place, position)
            document.refuse_unknown(_ROW_RULE_KEYS, "a row rule", *here)
            name, sql, message = (document.required_text(*here, key) for key in _ROW_RULE_KEYS)
            if not NAME_PATTERN.fullmatch(name):
                reason = f"row rule '{name}' must be lower case letters, digits and _"
                raise document.error(reason, *here, "name")
            if any(name == other.name for other in rules):
                raise document.error(f"row rule '{name}' stands twice", *here, "name")
            try:
                check_expression(sql, columns, engine=engine, result="BOOLEAN")
            except ExpressionError as error:
                raise document.error(f"row rule '{name}': {error}", *here, "sql") from error
            rules.append(RowRule(name, sql, message))
    return tuple(rules)


def _ignored(given: _Given, fields: Sequence[Field]) -> tuple[str, ...]:
    if "ignored" not in given.values:
        return ()
    place = given.places["ignored"]
    paths = given.document.texts(*place)
    loaded = {".".join(field.path): field.name for field in fields}
    for position, path in enumerate(paths):
        if path in loaded:
            reason = f"'{path}' is ignored and yet read by field '{loaded[path]}'"
            raise given.document.error(reason, *place, position)
    return paths
