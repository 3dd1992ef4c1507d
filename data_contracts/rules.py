"""Rules: what a contract demands of a record, compiled to SQL conditions with a reason each.

Belongs here: required, enum, range, length, pattern, row rules, lateness; fields from a mapping; output columns.
Does not belong here: casting text to types (casting.py), assembling statements (compiled.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from data_contracts.casting import JsonValues, TextValues, literal, quoted, text_column, typed_by
from data_contracts.compiled import Check, Compiled, json_source, text_source
from data_contracts.contract import Contract, Field
from data_contracts.mapping import SourceMapping
from data_contracts.tokens import token_sql


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
    is_json: bool,
    columns: Sequence[str],
    delivery: Delivery,
) -> Compiled:
    """Compile `contract` for one file whose CSV or Parquet columns are `columns` (ignored for JSON)."""
    loaded = contract.fields
    if mapping is not None:
        paths = [tuple(column.split(".")) if is_json else (column,) for column in mapping.columns]
        source = json_source(paths, as_text=True) if is_json else text_source(mapping.columns, columns)
        texts = tuple((field.name, _mapped_text(mapping, field)) for field in loaded)
    elif is_json:
        source = json_source([field.path for field in loaded], as_text=False)
        texts = tuple((field.name, quoted(".".join(field.path))) for field in loaded)
    else:
        names = [".".join(field.path) for field in loaded]
        source = text_source(names, columns)
        texts = tuple((field.name, quoted(name)) for field, name in zip(loaded, names, strict=True))
    values = JsonValues() if is_json and mapping is None else TextValues()
    zone = mapping.zone if mapping is not None and mapping.zone else contract.zone
    checks: list[Check] = []
    casts: list[tuple[str, str]] = []
    for field in loaded:
        cast, field_checks = _field_rules(field, values, zone)
        casts.append((field.name, cast))
        checks.extend(field_checks)
    for rule in contract.row_rules:
        holds = f"coalesce(({rule.sql}), true)"
        checks.append(Check(f"row_rule:{rule.name}", "", holds, literal(rule.message)))
    derived, outputs = _dates(contract, delivery)
    checks.extend(_lateness(contract, delivery))
    return Compiled(
        source_select=source,
        texts=texts,
        casts=tuple(casts),
        derived=derived,
        checks=tuple(checks),
        outputs=tuple((field.name, _output(field)) for field in loaded if field.classification != "C3")
        + outputs,
        secrets=tuple(field.name for field in loaded if field.classification != "C1"),
        required=frozenset(text_column(field.name) for field in loaded if field.required),
    )


def _mapped_text(mapping: SourceMapping, field: Field) -> str:
    source = mapping.fields.get(field.name)
    if source is None:
        return "cast(null as varchar)"
    if source.kind == "from":
        return quoted(source.value)
    if source.kind == "constant":
        return literal(source.value)
    return f"try(cast(({source.value}) as varchar))"


def _field_rules(field: Field, values: JsonValues | TextValues, zone: str) -> tuple[str, list[Check]]:
    text = text_column(field.name)
    value = quoted(field.name)
    cast, typing = typed_by(field, values, text, zone)
    got = f"coalesce({text}, 'nothing')" if field.classification == "C1" else "'a value that is not shown'"
    got = f"left({got}, 80)"

    def check(rule: str, holds: str, message: str) -> Check:
        return Check(rule, field.name, holds, f"{literal(field.name + ': ' + message)} || {got}", text)

    checks = [check(rule, holds, message) for rule, holds, message in typing]
    if field.required:
        missing = f"{text} is not null"
        checks.insert(0, Check("missing", field.name, missing, literal(f"missing {field.name}")))
    if field.enum:
        allowed = ", ".join(literal(choice) for choice in field.enum)
        checks.append(
            check("not_allowed", f"{value} in ({allowed})", f"not one of {', '.join(field.enum)}: ")
        )
    bound = _bound_type(field)
    if field.minimum is not None:
        low = f"{value} >= cast({literal(field.minimum)} as {bound})"
        checks.append(check("out_of_range", low, f"below {field.minimum}: "))
    if field.maximum is not None:
        high = f"{value} <= cast({literal(field.maximum)} as {bound})"
        checks.append(check("out_of_range", high, f"above {field.maximum}: "))
    if field.min_length is not None:
        checks.append(
            check(
                "length", f"length({value}) >= {field.min_length}", f"under {field.min_length} characters: "
            )
        )
    if field.max_length is not None:
        checks.append(
            check("length", f"length({value}) <= {field.max_length}", f"over {field.max_length} characters: ")
        )
    if field.pattern is not None:
        holds = f"regexp_full_match({value}, {literal(field.pattern)})"
        checks.append(check("pattern", holds, f"does not match {field.pattern}: "))
    return cast, checks


def _bound_type(field: Field) -> str:
    return "decimal(38, 10)" if field.type.startswith("DECIMAL") else field.type


def _output(field: Field) -> str:
    if field.classification == "C2":
        return token_sql(quoted(field.name))
    return quoted(field.name)


def _dates(
    contract: Contract, delivery: Delivery
) -> tuple[tuple[tuple[str, str], ...], tuple[tuple[str, str], ...]]:
    """Return the derived columns (business_date, delivery_date) and those of them that are put out."""
    delivered = f"date '{delivery.delivery_date.isoformat()}'"
    business = delivered
    if contract.business_date is not None:
        field = contract.field(contract.business_date)
        business = quoted(field.name)
        if field.type == "TIMESTAMP":
            business = _local_date(business, contract.zone)
    columns = (("business_date", business), ("delivery_date", delivered))
    names = {field.name for field in contract.fields}
    derived = tuple((name, sql) for name, sql in columns if name not in names)
    return derived, tuple((name, quoted(name)) for name, _ in derived)


def _local_date(moment: str, zone: str) -> str:
    if zone == "Asia/Shanghai":
        # UTC+8 without daylight saving since 1991-09-15; contracts refuse earlier moments. Eight times faster.
        return f"cast({moment} + interval 8 hour as date)"
    return f"cast(timezone({literal(zone)}, timezone('UTC', {moment})) as date)"


def _lateness(contract: Contract, delivery: Delivery) -> list[Check]:
    """Return the two checks that compare business date and delivery date."""
    if contract.business_date is None:
        return []
    field = contract.business_date
    day = quoted("business_date")
    future = delivery.delivery_date + timedelta(days=1)
    oldest = delivery.delivery_date - timedelta(days=contract.lateness_days)
    delivered = f"delivered on {delivery.delivery_date.isoformat()}"
    checks = []
    if not delivery.waives("in_the_future"):
        message = f"{literal(field + ': lies in the future, ')} || {day} || ', {delivered}'"
        holds = f"coalesce({day} <= date '{future.isoformat()}', true)"
        checks.append(Check("in_the_future", field, holds, message))
    if not delivery.waives("too_late"):
        limit = f", more than {contract.lateness_days} days"
        message = f"{literal(field + ': of ')} || {day} || ', {delivered}{limit}'"
        holds = f"coalesce({day} >= date '{oldest.isoformat()}', true)"
        checks.append(Check("too_late", field, holds, message))
    return checks
