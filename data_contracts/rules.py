"""Rules: what a contract demands of a record, compiled to SQL conditions with a reason each.

Belongs here: required, enum, range, length, pattern, row rules, lateness; fields from a mapping; output columns.
Does not belong here: casting text to types (casting.py), assembling statements (compiled.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from data_contracts.casting import JsonValues, TextValues, literal, quoted, text_column, typing_of
from data_contracts.compiled import IS_PARSED, Check, Compiled, json_source, text_source
from data_contracts.contract import Contract, Field
from data_contracts.mapping import SourceMapping
from data_contracts.masking import Masking
from data_contracts.tokens import token_sql

# Canonical moments and dates have years of four digits; beyond them no waiver leads.
_LAST_DAY = date.max
# What the mapping's `where` says of a record; the columns of fields begin otherwise.
_SELECTED = quoted("selected")


@dataclass(frozen=True)
class Delivery:
    """What the rules must know of a delivery: its date, and which rules do not apply to it."""

    delivery_date: date
    is_history: bool = False
    released: tuple[str, ...] = ()

    def waives(self, rule: str) -> bool:
        """Return whether `rule` was released for this file, or does not apply to history."""
        return rule in self.released or (rule == "too_late" and self.is_history)


def compile_contract(
    contract: Contract,
    *,
    mapping: SourceMapping | None,
    masking: Masking,
    is_json: bool,
    columns: Sequence[str],
    delivery: Delivery,
    totals: Sequence[str] = (),
) -> Compiled:
    """Compile `contract` for one file whose CSV or Parquet columns are `columns` (ignored for JSON)."""
    fields = contract.fields
    values = JsonValues() if is_json and mapping is None else TextValues()
    zone = mapping.zone if mapping is not None and mapping.zone else contract.zone
    typings = {field.name: typing_of(field, values, zone) for field in fields}
    required = {field.name for field in fields if field.required}
    if contract.business_date is not None:
        required.add(contract.business_date)  # a row without it would belong to no day
    checks = [
        Check("malformed_json", "", IS_PARSED, "'malformed JSON: cannot be read'"),
        *_where_checks(mapping),
    ]
    for field in fields:
        checks.extend(_mapping_checks(mapping, field))
        if field.name in required:
            holds = f"{text_column(field.name)} is not null"
            checks.append(Check("missing", field.name, holds, literal(f"missing {field.name}")))
        checks.extend(_field_checks(field, typings[field.name].checks))
    for rule in contract.row_rules:
        # NULL counts as good; a rule that fails with an error on a row does not hold for it.
        holds = f"coalesce(try(({rule.sql}) is not false), false)"
        checks.append(Check(f"row_rule:{rule.name}", "", holds, literal(rule.message)))
    added = _added_columns(contract, delivery)
    stored = tuple((field.name, _stored(field)) for field in fields if field.classification != "C3")
    return Compiled(
        source=_source(contract, mapping, masking, is_json=is_json, columns=columns),
        texts=tuple(_texts(contract, mapping)),
        meant=_meant(mapping),
        casts=tuple((name, typing.cast) for name, typing in typings.items()),
        derived=added,
        checks=(*checks, *_date_checks(contract, delivery)),
        outputs=(*stored, *((name, quoted(name)) for name, _ in added)),
        required=frozenset(text_column(name) for name in required),
        totals=tuple((name, _amount(contract.field(name))) for name in totals),
    )


def source_paths(contract: Contract, mapping: SourceMapping | None) -> list[tuple[str, ...]]:
    """Return where the values that are read stand in a source record."""
    if mapping is not None:
        return [tuple(column.split(".")) for column in mapping.columns]
    return [field.path for field in contract.fields]


def decimal_paths(contract: Contract, mapping: SourceMapping | None) -> dict[tuple[str, ...], str]:
    """Return where numbers stand that must not lose a digit on the way through a double, and their names."""
    if mapping is not None:
        return {path: ".".join(path) for path in source_paths(contract, mapping)}
    return {field.path: field.name for field in contract.fields if field.type.startswith("DECIMAL")}


def _source(
    contract: Contract,
    mapping: SourceMapping | None,
    masking: Masking,
    *,
    is_json: bool,
    columns: Sequence[str],
) -> str:
    paths = source_paths(contract, mapping)
    if is_json:
        return json_source(
            paths, decimals=tuple(decimal_paths(contract, mapping)), as_text=mapping is not None
        )
    names = mapping.columns if mapping is not None else [".".join(path) for path in paths]
    return text_source(names, columns=columns, hidden=masking.columns)


def _texts(contract: Contract, mapping: SourceMapping | None) -> Iterator[tuple[str, str]]:
    """Yield (column, SQL) for the text of every field, and for what the mapping said of it."""
    if mapping is not None and mapping.where is not None:
        yield _SELECTED, f"try(({mapping.where}))"
    for field in contract.fields:
        column = text_column(field.name)
        if mapping is None:
            yield column, quoted(".".join(field.path))
            continue
        source = mapping.fields.get(field.name)
        if source is None:
            yield column, "cast(null as varchar)"
        elif source.kind == "from":
            yield column, quoted(source.value)
        elif source.kind == "constant":
            yield column, literal(source.value)
        else:
            yield column, f"try(cast(({source.value}) as varchar))"
            yield _mapped_column(field), f"try(cast(({source.value}) as varchar) is null) is not null"


def _meant(mapping: SourceMapping | None) -> str:
    # Where the answer is missing, the record stays and is turned away: only a clear no passes it over.
    return "true" if mapping is None or mapping.where is None else f"{_SELECTED} is not false"


def _where_checks(mapping: SourceMapping | None) -> Iterator[Check]:
    if mapping is not None and mapping.where is not None:
        message = literal(f"the mapping cannot say whether the row is meant: {mapping.where}")
        yield Check("mapping_failed", "", f"{_SELECTED} is not null", message)


def _mapped_column(field: Field) -> str:
    return quoted(f"mapped {field.name}")


def _mapping_checks(mapping: SourceMapping | None, field: Field) -> Iterator[Check]:
    source = mapping.fields.get(field.name) if mapping is not None else None
    if source is not None and source.kind == "expression":
        message = literal(f"{field.name}: the mapping fails with an error: {source.value}")
        yield Check("mapping_failed", field.name, _mapped_column(field), message)


def _field_checks(field: Field, typing: Sequence[tuple[str, str, str]]) -> Iterator[Check]:
    text = text_column(field.name)
    got = f"left({text}, 80)" if field.classification == "C1" else "'a value that is not shown'"
    for rule, holds, message in (*typing, *_limits(field)):
        yield Check(rule, field.name, holds, f"{literal(f'{field.name}: {message}')} || {got}", text)


def _limits(field: Field) -> Iterator[tuple[str, str, str]]:
    """Yield (rule, condition, message) of the limits of one field, in the order in which they are told."""
    value = quoted(field.name)
    if field.enum:
        allowed = ", ".join(literal(choice) for choice in field.enum)
        yield "not_allowed", f"{value} in ({allowed})", f"not one of {', '.join(field.enum)}: "
    # A limit may lie beyond the type's own; at another scale, comparing could overflow.
    bound = f"decimal(38, {_scale(field)})" if field.type.startswith("DECIMAL") else field.type
    if field.minimum is not None:
        low = f"{value} >= cast({literal(field.minimum)} as {bound})"
        yield "out_of_range", low, f"below {field.minimum}: "
    if field.maximum is not None:
        high = f"{value} <= cast({literal(field.maximum)} as {bound})"
        yield "out_of_range", high, f"above {field.maximum}: "
    if field.min_length is not None:
        yield "length", f"length({value}) >= {field.min_length}", f"under {field.min_length} characters: "
    if field.max_length is not None:
        yield "length", f"length({value}) <= {field.max_length}", f"over {field.max_length} characters: "
    if field.pattern is not None:
        holds = f"regexp_full_match({value}, {literal(field.pattern)})"
        yield "pattern", holds, f"does not match {field.pattern}: "


def _scale(field: Field) -> int:
    return int(field.type.rstrip(")").rpartition(",")[2]) if field.type.startswith("DECIMAL") else 0


def _amount(field: Field) -> str:
    """Return SQL for what a record adds to the control total, which also counts amounts with a digit too many."""
    return f"try_cast({text_column(field.name)} as decimal(38, {max(4, _scale(field))}))"


def _stored(field: Field) -> str:
    return token_sql(quoted(field.name)) if field.classification == "C2" else quoted(field.name)


def _added_columns(contract: Contract, delivery: Delivery) -> tuple[tuple[str, str], ...]:
    """Return (name, SQL) of business_date and delivery_date, as far as no field has that name."""
    delivered = f"date '{delivery.delivery_date.isoformat()}'"
    business = delivered
    if contract.business_date is not None:
        field = contract.field(contract.business_date)
        business = quoted(field.name)
        if field.type == "TIMESTAMP":
            business = _local_date(business, contract.zone)
    names = {field.name for field in contract.fields}
    added = (("business_date", business), ("delivery_date", delivered))
    return tuple((name, sql) for name, sql in added if name not in names)


def _local_date(moment: str, zone: str) -> str:
    local = f"cast(timezone({literal(zone)}, timezone('UTC', {moment})) as date)"
    if zone != "Asia/Shanghai":
        return local
    # UTC+8 without daylight saving since September 1991: eight times faster than asking for the zone.
    since = "timestamp '1991-10-01'"
    return f"case when {moment} < {since} then {local} else cast({moment} + interval 8 hour as date) end"


def _date_checks(contract: Contract, delivery: Delivery) -> Iterator[Check]:
    """Yield the two checks that compare business date and delivery date."""
    if contract.business_date is None:
        return
    field = contract.business_date
    day = quoted("business_date")
    delivered = delivery.delivery_date
    tomorrow = _LAST_DAY if delivery.waives("in_the_future") else delivered + timedelta(days=1)
    message = (
        f"{literal(f'{field}: lies in the future, ')} || {day} || {literal(f', delivered on {delivered}')}"
    )
    holds = f"coalesce({day} <= date '{tomorrow}', true)"
    yield Check("in_the_future", field, holds, message)
    if not delivery.waives("too_late"):
        oldest = delivered - timedelta(days=contract.lateness_days)
        limit = f", delivered on {delivered}, more than {contract.lateness_days} days"
        message = f"{literal(f'{field}: of ')} || {day} || {literal(limit)}"
        yield Check("too_late", field, f"coalesce({day} >= date '{oldest}', true)", message)
