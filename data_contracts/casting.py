"""Casting: the text of one value to a canonical type, in SQL, and what can be wrong with it.

Belongs here: one cast and its conditions per type, for JSON values and for the text of CSV, Parquet and mappings.
Does not belong here: rules of a contract beyond the type (rules.py), running the SQL (judging.py).

Every expression works on text: DuckDB never guesses a type, so `2.9` never becomes 3 and `"1"` never becomes 1.
No cast may raise an error, whatever the text: one bad value would stop the whole file.
"""

from __future__ import annotations

from dataclasses import dataclass

from data_contracts.contract import Field

_NUMBER = r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?"
_INTEGER = r"-?(0|[1-9][0-9]{0,18})"
_DATE = r"[1-9][0-9]{3}-[0-9]{2}-[0-9]{2}"
_CLOCK = r"([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,6})?"
_LOCAL = rf"{_DATE}[T ]{_CLOCK}"
_ISO_8601 = rf"{_LOCAL}(Z|[+-](0[0-9]|1[0-4])(:?[0-5][0-9])?)"


def quoted(name: str) -> str:
    """Return `name` as a quoted SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Return `text` as an SQL string literal."""
    return "'" + text.replace("'", "''") + "'"


def text_column(name: str) -> str:
    """Return the quoted name of the column that carries a field's source text."""
    return quoted(f"text of {name}")


@dataclass(frozen=True)
class Typing:
    """How a value is read: `cast` in SQL, and (rule, condition that is true when good, message) in order."""

    cast: str
    checks: tuple[tuple[str, str, str], ...]


class JsonValues:
    """Field text is JSON text: a string keeps its quotes, so that "1" and 1 stay apart."""

    def string(self, value: str) -> str:
        """Return SQL for the string that the JSON string `value` stands for."""
        return f"json_extract_string({value}, '$')"

    def is_string(self, value: str) -> str:
        """Return SQL for whether `value` is a JSON string."""
        # Of all characters that JSON text can begin with only the quote sorts before '#': starts_with costs five
        # times as much, and there are dozens of texts in a record.
        return f"{value} < '#'"

    def is_boolean(self, value: str) -> str:
        """Return SQL for whether `value` is a JSON boolean."""
        return f"{value} in ('true', 'false')"


class TextValues:
    """Field text is the text of a CSV or Parquet column, or what a mapping made of it."""

    def string(self, value: str) -> str:
        """Return SQL for the string, which the text is."""
        return value

    def is_string(self, _value: str) -> str:
        """Return SQL that is true: every text is a string."""
        return "true"

    def is_boolean(self, value: str) -> str:
        """Return SQL for whether `value` is one of the ways to write a boolean in text."""
        return f"lower({value}) in ('true', 'false', '1', '0')"


def typing_of(field: Field, values: JsonValues | TextValues, zone: str) -> Typing:
    """Return how the text of a field becomes its type; `zone` is that of times without an offset."""
    text, value = text_column(field.name), quoted(field.name)
    expected = f"expected {field.type}, got "
    if field.type == "VARCHAR":
        return Typing(values.string(text), (("wrong_type", values.is_string(text), expected),))
    if field.type == "VARCHAR[]":
        return _strings(text, value)
    if field.type == "BOOLEAN":
        return Typing(f"try_cast({text} as boolean)", (("wrong_type", values.is_boolean(text), expected),))
    if field.type == "BIGINT":
        holds = f"regexp_full_match({text}, '{_INTEGER}') and {value} is not null"
        return Typing(f"try_cast({text} as bigint)", (("wrong_type", holds, expected),))
    if field.type == "DOUBLE":
        # Adding zero makes one zero of two: -0.0 and 0.0 are equal and differ in bytes.
        return Typing(f"try_cast({text} as double) + 0", _number_checks(text))
    if field.type.startswith("DECIMAL"):
        return _decimal(field, text, value)
    string = values.string(text)
    # Of dates and moments only those counted since 1970 are numbers in JSON.
    is_written = "true" if field.time_format == "epoch_ms" else values.is_string(text)
    cast, wanted = _date_or_moment(field, text, string, zone)
    return Typing(
        cast, (("wrong_type", f"{is_written} and {value} is not null", f"expected {wanted}, got "),)
    )


def _strings(text: str, value: str) -> Typing:
    """A list is JSON in every format: CSV has no other way to write one."""
    items = f"try(from_json({text}, '[\"JSON\"]'))"
    others = (
        f"list_filter({items}, lambda item: item is null or not starts_with(cast(item as varchar), '\"'))"
    )
    is_clean = f"starts_with({text}, '[') and not contains({text}, '\\u0000')"
    holds = f"{is_clean} and {value} is not null and len({others}) = 0"
    cast = f"cast(try(from_json({text}, '[\"VARCHAR\"]')) as varchar[])"
    return Typing(cast, (("wrong_type", holds, "expected a list of texts as JSON, got "),))


def _decimal(field: Field, text: str, value: str) -> Typing:
    precision, scale = (int(part) for part in field.type[8:-1].split(","))
    digits = f"-?0*[0-9]{{0,{precision - scale}}}(\\.[0-9]{{0,{scale}}}0*)?"
    holds = f"regexp_full_match({text}, '{digits}') and {value} is not null"
    checks = (*_number_checks(text), ("scale", holds, f"has more digits than {field.type} holds: "))
    return Typing(f"try_cast({text} as {field.type})", checks)


def _number_checks(text: str) -> tuple[tuple[str, str, str], ...]:
    is_named = f"regexp_full_match(lower({text}), '[+-]?(nan|inf|infinity)')"
    finite = f"not {is_named} and coalesce(isfinite(try_cast({text} as double)), true)"
    return (
        ("not_finite", finite, "not a finite number: "),
        ("wrong_type", f"regexp_full_match({text}, '{_NUMBER}')", "expected a number, got "),
    )


def _date_or_moment(field: Field, text: str, string: str, zone: str) -> tuple[str, str]:
    """Return the cast of a DATE or TIMESTAMP, which is NULL for a text of another shape, and what is expected."""
    if field.type == "DATE":
        return _shaped(string, _DATE, f"try_cast({string} as date)"), "a date as YYYY-MM-DD"
    if field.time_format == "epoch_ms":
        # As the Sensors SDK reads them. Any other number of digits could mean either.
        milliseconds = _shaped(text, "[0-9]{13}", f"make_timestamp(try_cast({text} as bigint) * 1000)")
        seconds = _shaped(text, "[0-9]{10}", f"make_timestamp(try_cast({text} as bigint) * 1000000)")
        return f"coalesce({milliseconds}, {seconds})", "milliseconds (13 digits) or seconds (10 digits)"
    if field.time_format == "local":
        cast = f"timezone('UTC', timezone({literal(zone)}, try_cast({string} as timestamp)))"
        return _shaped(string, _LOCAL, cast), f"a local time ({zone}) as YYYY-MM-DD HH:MM:SS"
    cast = f"timezone('UTC', try_cast({string} as timestamptz))"
    return _shaped(string, _ISO_8601, cast), "a moment as YYYY-MM-DDTHH:MM:SS+08:00 with its offset"


def _shaped(text: str, shape: str, cast: str) -> str:
    """Return SQL that casts only text of a shape: DuckDB also knows 'infinity', 'epoch' and years before Christ."""
    return f"case when regexp_full_match({text}, '{shape}') then {cast} end"
