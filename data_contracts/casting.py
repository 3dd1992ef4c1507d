"""Casting: the text of one value to a canonical type, in SQL, and what can be wrong with it.

Belongs here: one cast and its conditions per type, for JSON values and for the text of CSV, Parquet and mappings.
Does not belong here: rules of a contract beyond the type (rules.py), running the SQL (judging.py).

Every expression works on text: DuckDB never guesses a type, so `2.9` never becomes 3 and `"1"` never becomes 1.
"""

from __future__ import annotations

from data_contracts.contract import Field

_MOST_DIGITS = 15  # decimal digits that survive a double (IEEE 754 binary64)
_NUMBER = r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?"
_INTEGER = r"-?(0|[1-9][0-9]{0,18})"
_ISO_8601 = (
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?(Z|[+-][0-9]{2}(:?[0-9]{2})?)"
)
_LOCAL = r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?"
_DATE = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"


def quoted(name: str) -> str:
    """Return `name` as a quoted SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Return `text` as an SQL string literal."""
    return "'" + text.replace("'", "''") + "'"


def text_column(name: str) -> str:
    """Return the quoted name of the column that carries a field's source text."""
    return quoted(f"text of {name}")


class JsonValues:
    """Field text is JSON text: a string keeps its quotes, so that "1" and 1 stay apart."""

    def string(self, value: str) -> str:
        escaped = f"json_extract_string({value}, '$')"
        return f"case when contains({value}, '\\') then {escaped} else replace({value}, '\"', '') end"

    def is_string(self, value: str) -> str:
        return f"starts_with({value}, '\"')"

    def is_boolean(self, value: str) -> str:
        return f"{value} in ('true', 'false')"

    def is_exact(self, value: str) -> str:
        return f"length(regexp_replace({value}, '[^0-9]', '', 'g')) <= {_MOST_DIGITS}"

    def strings(self, value: str) -> str:
        return f"try_cast(try(from_json({value}, '[\"VARCHAR\"]')) as varchar[])"

    def is_strings(self, value: str) -> str:
        return f"starts_with({value}, '[')"


class TextValues:
    """Field text is the text of a CSV or Parquet column, or what a mapping made of it."""

    def string(self, value: str) -> str:
        return value

    def is_string(self, value: str) -> str:
        return "true"

    def is_boolean(self, value: str) -> str:
        return f"lower({value}) in ('true', 'false', '1', '0')"

    def is_exact(self, value: str) -> str:
        return "true"

    def strings(self, value: str) -> str:
        return f"try_cast(try(from_json({value}, '[\"VARCHAR\"]')) as varchar[])"

    def is_strings(self, value: str) -> str:
        return f"starts_with({value}, '[')"


def typed_by(
    field: Field, values: JsonValues | TextValues, text: str, zone: str
) -> tuple[str, list[tuple[str, str, str]]]:
    """Return the cast of a field and (rule, condition over text and value, message) for what can be wrong with it."""
    value = quoted(field.name)
    a_type = f"expected {field.type}, got "
    if field.type == "VARCHAR":
        return values.string(text), [("wrong_type", values.is_string(text), a_type)]
    if field.type == "VARCHAR[]":
        return values.strings(text), [
            ("wrong_type", f"{values.is_strings(text)} and {value} is not null", a_type)
        ]
    if field.type == "BOOLEAN":
        return f"try_cast({text} as boolean)", [("wrong_type", values.is_boolean(text), a_type)]
    if field.type == "BIGINT":
        holds = f"regexp_full_match({text}, '{_INTEGER}') and {value} is not null"
        return f"try_cast({text} as bigint)", [("wrong_type", holds, a_type)]
    if field.type == "DOUBLE":
        return f"try_cast({text} as double)", _number_checks(
            text, f"isfinite({value})", "not_finite", "not finite: "
        )
    if field.type.startswith("DECIMAL"):
        precision, scale = (int(part) for part in field.type[8:-1].split(","))
        digits = f"-?0*[0-9]{{1,{precision - scale}}}(\\.[0-9]{{1,{scale}}}0*)?"
        message = f"has more digits than {field.type} holds: "
        holds = f"regexp_full_match({text}, '{digits}') and {value} is not null and {values.is_exact(text)}"
        return f"try_cast({text} as {field.type})", _number_checks(text, holds, "scale", message)
    string = values.string(text)
    if field.type == "DATE":
        holds = f"{values.is_string(text)} and regexp_full_match({string}, '{_DATE}') and {value} is not null"
        return f"try_cast({string} as date)", [("wrong_type", holds, "expected a date as YYYY-MM-DD, got ")]
    return _moment(field, values, text, zone)


def _number_checks(text: str, holds: str, rule: str, message: str) -> list[tuple[str, str, str]]:
    finite = f"not regexp_matches(lower({text}), '^-?(nan|inf)') and coalesce(isfinite(try_cast({text} as double)), true)"
    return [
        ("not_finite", finite, "not a finite number: "),
        ("wrong_type", f"regexp_full_match({text}, '{_NUMBER}')", "expected a number, got "),
        (rule, holds, message),
    ]


def _moment(
    field: Field, values: JsonValues | TextValues, text: str, zone: str
) -> tuple[str, list[tuple[str, str, str]]]:
    value = quoted(field.name)
    if field.time_format == "epoch_ms":
        # 10 digits are seconds, 13 milliseconds (as the Sensors SDK reads them); any other length is ambiguous.
        factor = f"case when length({text}) = 10 then 1000 else 1 end"
        holds = f"regexp_full_match({text}, '[0-9]{{10}}|[0-9]{{13}}')"
        cast = f"make_timestamp(try_cast({text} as bigint) * {factor} * 1000)"
        return cast, [("wrong_type", holds, "expected milliseconds (13 digits) or seconds (10 digits), got ")]
    string = values.string(text)
    if field.time_format == "local":
        shape, expected = _LOCAL, f"a local time ({zone}) as YYYY-MM-DD HH:MM:SS"
        cast = f"timezone('UTC', timezone({literal(zone)}, try_cast({string} as timestamp)))"
    else:
        shape, expected = _ISO_8601, "a moment as YYYY-MM-DDTHH:MM:SS+08:00 with its offset"
        cast = f"timezone('UTC', try_cast({string} as timestamptz))"
    holds = f"{values.is_string(text)} and regexp_full_match({string}, '{shape}') and {value} is not null"
    return cast, [("wrong_type", holds, f"expected {expected}, got ")]
