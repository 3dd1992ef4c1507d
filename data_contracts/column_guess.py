"""What one column of a sample seems to be: type, privacy class, allowed values.

Belongs here: the guesses from a column's name and values, each on the safe side.
Does not belong here: columns seen together (infer.py) and reading the sample (sample.py).
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa

from data_contracts.contract_field import logical_type

# Longer numbers are ids as a rule: sums are never made of them, and a DOUBLE on the way would change them.
_INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,14})")
_DECIMAL = re.compile(r"-?(0|[1-9][0-9]{0,14})\.[0-9]{1,10}")
_FLOAT = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?")
_OFFSET = re.compile(r"Z|[+-][0-9]{2}(:?[0-9]{2})?")
_ID_NAME = re.compile(r"(^|_)(id|no|code|number|key|ref)$")
_TIME_NAME = re.compile(r"(^|_)(at|time|timestamp|ts|date)(_|$)")
# 2000-01-01 and 2100-01-01 in milliseconds: what lies between may be a moment.
_EPOCH_MS = range(946_684_800_000, 4_102_444_800_000)
_BIGINT = range(-(2**63), 2**63)

_C2_NAME = re.compile(
    r"mobile|phone|(^|_)tel($|_)|id_?card|(^|_)id_(no|num|number)$|cert_?no|bank_?card|card_(no|num|number)$"
    r"|identity_(no|number)|手机|电话|身份证|证件号|银行卡"
)
_C3_NAME = re.compile(r"(full|real|customer|client|holder|user)_name$|姓名|(^|_)ip(_address|_addr)?$")
_C2_VALUES = (
    re.compile(r"(\+?86)?1[3-9][0-9]{9}"),
    re.compile(r"[1-9][0-9]{5}(18|19|20)[0-9]{2}(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])[0-9]{3}[0-9Xx]"),
    re.compile(r"62[0-9]{14,17}"),
)
_C2_SHARE = 0.9
_ENUM_VALUES = 12
_ENUM_ROWS_PER_VALUE = 10
_ENUM_LENGTH = 32


@dataclass(frozen=True)
class Guess:
    """What a column seems to be; `type` None means that it holds objects and cannot be loaded."""

    type: str | None
    logical_type: str
    classification: str
    description: str
    time_format: str | None
    enum: tuple[str, ...]


def guess_column(
    label: str, values: Sequence[Any], *, declared: pa.DataType | None = None, is_text: bool = False
) -> Guess:
    """Return the guess for a column by its label (its own name in lower case) and values (None where absent).

    `declared` is the type that Parquet gives; `is_text` says that numbers too arrive as text, as in CSV.
    """
    present = [value for value in values if value is not None]
    time_format: str | None = None
    if declared is not None and not pa.types.is_string(declared) and not pa.types.is_large_string(declared):
        column_type, time_format = _declared_type(declared)
    elif is_text:
        column_type, time_format = _text_type(label, present)
    else:
        column_type, time_format = _json_type(label, present)
    classification = "C1" if column_type == "BOOLEAN" else _classification(label, present)
    if column_type is not None and classification == "C2":
        column_type, time_format = "VARCHAR", None
    return Guess(
        type=column_type,
        logical_type=(logical_type(column_type) if column_type else None) or "object",
        classification=classification,
        description=_description(present, classification),
        time_format=time_format,
        enum=_enum(label, present) if column_type == "VARCHAR" and classification == "C1" else (),
    )


def _declared_type(declared: pa.DataType) -> tuple[str | None, str | None]:
    types = pa.types
    if types.is_timestamp(declared):
        return "TIMESTAMP", "local" if declared.tz is None else "iso8601"
    if types.is_decimal(declared) and declared.precision <= 38 and declared.scale >= 0:
        return f"DECIMAL({declared.precision},{declared.scale})", None
    if types.is_list(declared):
        return ("VARCHAR[]" if types.is_string(declared.value_type) else None), None
    plain: tuple[tuple[Callable[[pa.DataType], bool], str], ...] = (
        (types.is_integer, "BIGINT"),
        (types.is_floating, "DOUBLE"),
        (types.is_boolean, "BOOLEAN"),
        (types.is_date, "DATE"),
        (types.is_dictionary, "VARCHAR"),
    )
    return next((name for holds, name in plain if holds(declared)), None), None


def _json_type(label: str, present: Sequence[Any]) -> tuple[str | None, str | None]:
    if any(isinstance(value, dict) for value in present):
        return None, None
    if any(isinstance(value, list) for value in present):
        lists = all(
            isinstance(value, list) and all(isinstance(item, str) for item in value) for value in present
        )
        return ("VARCHAR[]" if lists else None), None
    if not present:
        return "VARCHAR", None
    if all(isinstance(value, bool) for value in present):
        return "BOOLEAN", None
    if all(isinstance(value, str) for value in present):
        return _moment_type(present) or ("VARCHAR", None)
    numbers = [value for value in present if isinstance(value, int | Decimal) and not isinstance(value, bool)]
    if len(numbers) < len(present):
        return "VARCHAR", None
    if all(isinstance(value, int) and value in _BIGINT for value in numbers):
        is_moment = _TIME_NAME.search(label) and all(value in _EPOCH_MS for value in numbers)
        return ("TIMESTAMP", "epoch_ms") if is_moment else ("BIGINT", None)
    return _number_type([str(value) for value in numbers]), None


def _text_type(label: str, present: Sequence[str]) -> tuple[str, str | None]:
    if not present or _ID_NAME.search(label):
        return "VARCHAR", None
    if all(value in ("true", "false") for value in present):
        return "BOOLEAN", None
    if all(_INTEGER.fullmatch(value) for value in present):
        is_moment = _TIME_NAME.search(label) and all(int(value) in _EPOCH_MS for value in present)
        return ("TIMESTAMP", "epoch_ms") if is_moment else ("BIGINT", None)
    if all(_DECIMAL.fullmatch(value) or _INTEGER.fullmatch(value) for value in present):
        return _number_type(present), None
    if all(_FLOAT.fullmatch(value) for value in present) and not any(_is_long_id(value) for value in present):
        return "DOUBLE", None
    return _moment_type(present) or ("VARCHAR", None)


def _is_long_id(value: str) -> bool:
    return value.lstrip("-").isdigit()


def _number_type(texts: Sequence[str]) -> str:
    numbers = [Decimal(text) for text in texts]
    exponents = [number.as_tuple().exponent for number in numbers]
    if any(not isinstance(exponent, int) or exponent > 0 for exponent in exponents):
        return "DOUBLE"
    scale = max(-exponent for exponent in exponents if isinstance(exponent, int))
    for precision, largest in ((18, 2), (20, 4)):
        if scale <= largest and all(abs(number) < 10 ** (precision - largest) for number in numbers):
            return f"DECIMAL({precision},{largest})"
    return "DOUBLE"


def _moment_type(texts: Sequence[str]) -> tuple[str, str | None] | None:
    if all(_DATE.fullmatch(text) and _parses(date.fromisoformat, text) for text in texts):
        return "DATE", None
    offsets: set[bool] = set()
    for text in texts:
        moment = _MOMENT.match(text)
        if moment is None or not _parses(datetime.fromisoformat, text):
            return None
        offsets.add(bool(_OFFSET.fullmatch(text[moment.end() :])))
    return ("TIMESTAMP", "iso8601" if offsets == {True} else "local") if len(offsets) == 1 else None


def _parses(parse: Callable[[str], date], text: str) -> bool:
    try:
        parse(text)
    except ValueError:
        return False
    return True


def _classification(label: str, present: Sequence[Any]) -> str:
    if _C3_NAME.search(label):
        return "C3"
    if _C2_NAME.search(label):
        return "C2"
    texts = [str(value) for value in present if isinstance(value, str | int) and not isinstance(value, bool)]
    for pattern in _C2_VALUES:
        if texts and sum(bool(pattern.fullmatch(text)) for text in texts) >= _C2_SHARE * len(texts):
            return "C2"
    return "C1"


def _description(present: Sequence[Any], classification: str) -> str:
    reason = {
        "C1": "Taken as plain (C1): the owner must confirm that it says nothing private.",
        "C2": "Looks like a phone, document or card number (C2, kept as a token): the owner must confirm.",
        "C3": "Looks like a name or address of a person (C3, never stored): the owner must confirm.",
    }[classification]
    kinds = {"number" if isinstance(value, int | Decimal) else type(value).__name__ for value in present}
    mixed = f" Mixed kinds of values were seen: {', '.join(sorted(kinds))}." if len(kinds) > 1 else ""
    return reason + mixed


def _enum(label: str, present: Sequence[Any]) -> tuple[str, ...]:
    if _ID_NAME.search(label) and not label.endswith("_code"):
        return ()
    distinct = set(present)
    if not 1 < len(distinct) <= _ENUM_VALUES or len(present) < _ENUM_ROWS_PER_VALUE * len(distinct):
        return ()
    if not all(isinstance(value, str) and 0 < len(value) <= _ENUM_LENGTH for value in distinct):
        return ()
    return tuple(sorted(distinct))
