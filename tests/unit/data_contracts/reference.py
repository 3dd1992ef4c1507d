"""The reference: what a record of orders means, as slowly and plainly as Python can say it.

It shares no code with the reader. A record is good when `json_values` or `text_values` returns its values.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

DELIVERED = date(2026, 1, 6)
Values = dict[str, Any]


class BadError(ValueError):
    """The record is to be refused."""


class Literal(str):
    """A number, or a word that Python takes for one, as it is written."""

    __slots__ = ()


class Members(list[tuple[str, Any]]):
    """An object as its members stand."""


def json_values(line: str) -> Values | None:
    """Return the values of a JSON record, or None when it is to be refused."""
    try:
        record = json.loads(
            line, object_pairs_hook=Members, parse_int=Literal, parse_float=Literal, parse_constant=Literal
        )
        _refuse_characters(record)
        members = _object(record)
        properties = _object(members.get("properties"))
        identities = _object(members.get("identities"))
        return _checked({name: read(members.get(key)) for name, (key, read) in JSON_FIELDS.items()}) | {
            "os": _string(properties.get("$os")),
            "price_cny": _json_decimal(properties.get("price"), whole=16, scale=4),
            "device_id": _string(identities.get("device")),
        }
    except ValueError:
        return None


def text_values(row: Mapping[str, str]) -> Values | None:
    """Return the values of a CSV row, or None when it is to be refused; an empty text is NULL."""
    try:
        return _checked(
            {name: read(row[key]) if row[key] else None for name, (key, read) in TEXT_FIELDS.items()}
        )
    except ValueError:
        return None


def _checked(values: Values) -> Values:
    """Return the values when the rules of the contract hold."""
    _demand(values["order_id"] is not None and 1 <= len(values["order_id"]) <= 8)
    placed = values["placed_at"]
    _demand(placed is not None and placed >= datetime(2000, 1, 1, tzinfo=UTC))
    day = (placed + timedelta(hours=8)).date()
    _demand(DELIVERED - timedelta(days=7) <= day <= DELIVERED + timedelta(days=1))
    _demand(values["side_type"] in {None, "buy", "sell"})
    amount, rate, opened = values["amount_cny"], values["rate"], values["opened_on"]
    _demand(amount is None or 0 <= amount <= 10**12)
    _demand(rate is None or rate <= 100)
    _demand(opened is None or opened >= date(1990, 1, 1))
    return values


def _demand(condition: object) -> None:
    if not condition:
        raise BadError


def _object(value: object) -> dict[str, Any]:
    if value is None:
        return {}
    _demand(isinstance(value, Members))
    keys = [key for key, _ in value]  # type: ignore[attr-defined]
    _demand(len(keys) == len(set(keys)))
    return dict(value)  # type: ignore[call-overload]


def _refuse_characters(value: object) -> None:
    if isinstance(value, str):
        _demand("\0" not in value)
        value.encode()
    elif isinstance(value, list | tuple):
        for part in value:
            _refuse_characters(part)


def _string(value: object) -> str | None:
    _demand(value is None or (isinstance(value, str) and not isinstance(value, Literal)))
    return value  # type: ignore[return-value]


def _boolean(value: object) -> bool | None:
    _demand(value is None or isinstance(value, bool))
    return value  # type: ignore[return-value]


def _strings(value: object) -> list[str] | None:
    if value is None:
        return None
    _demand(isinstance(value, list) and not isinstance(value, Members))
    for one in value:  # type: ignore[attr-defined]
        _demand(one is not None)
        _string(one)
    return value  # type: ignore[return-value]


def _json_number(read: Callable[[str], Any]) -> Callable[[object], Any]:
    def number(value: object) -> object:
        if value is None:
            return None
        _demand(isinstance(value, Literal))
        return read(str(value))

    return number


def _json_text(read: Callable[[str], Any]) -> Callable[[object], Any]:
    return lambda value: None if _string(value) is None else read(str(value))


def _integer(text: str) -> int:
    _demand(re.fullmatch(r"-?(0|[1-9][0-9]*)", text))
    _demand(-(2**63) <= int(text) < 2**63)
    return int(text)


def _double(text: str) -> float:
    _demand(re.fullmatch(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?", text))
    number = float(text)
    _demand(abs(number) != float("inf"))
    return number + 0


def _decimal(text: str, *, whole: int = 16, scale: int = 2) -> Decimal:
    _demand(re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", text))
    number = Decimal(text)
    _demand(abs(number) < 10**whole)
    _demand(number == round(number, scale))
    return number


def _json_decimal(value: object, *, whole: int = 16, scale: int = 2) -> Decimal | None:
    if value is None:
        return None
    _demand(isinstance(value, Literal))
    text = str(value)
    _demand(re.fullmatch(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?", text))
    if set(text) & set(".eE"):
        _demand(abs(float(text)) != float("inf"))
        # A fraction must come back unchanged from the double by way of which it is read.
        _demand(Decimal(repr(float(text))) == Decimal(text))
    return _decimal(f"{Decimal(text):f}", whole=whole, scale=scale)


def _day(text: str) -> date:
    _demand(re.fullmatch(r"[1-9][0-9]{3}-[0-9]{2}-[0-9]{2}", text))
    return date.fromisoformat(text)


def _moment(text: str) -> datetime:
    shape = r"([1-9][0-9]{3}-[0-9]{2}-[0-9]{2})[T ]([0-9]{2}:[0-9]{2}:[0-9]{2})(\.[0-9]{1,6})?(Z|[+-][0-9:]+)"
    found = re.fullmatch(shape, text)
    _demand(found)
    day, clock, fraction, offset = found.groups()  # type: ignore[union-attr]
    if offset == "Z":
        minutes = 0
    else:
        hours = re.fullmatch(r"([+-])(0[0-9]|1[0-4])(:?([0-5][0-9]))?", offset)
        _demand(hours)
        sign = -1 if hours[1] == "-" else 1  # type: ignore[index]
        minutes = sign * (int(hours[2]) * 60 + int(hours[4] or 0))  # type: ignore[index]
    local = datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=UTC)
    micros = int((fraction or ".0")[1:].ljust(6, "0"))
    return local + timedelta(microseconds=micros) - timedelta(minutes=minutes)


def _epoch(text: str) -> datetime:
    _demand(re.fullmatch(r"[0-9]{10}|[0-9]{13}", text))
    since = timedelta(seconds=int(text)) if len(text) == 10 else timedelta(milliseconds=int(text))
    return datetime(1970, 1, 1, tzinfo=UTC) + since


def _text_boolean(text: str) -> bool:
    _demand(text.lower() in {"true", "false", "1", "0"})
    return text.lower() in {"true", "1"}


JSON_FIELDS: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "order_id": ("order_id", _string),
    "placed_at": ("placed_at", _json_number(_epoch)),
    "customer_id": ("customer", _string),
    "side_type": ("side", _string),
    "quantity_shares": ("quantity", _json_number(_integer)),
    "amount_cny": ("amount", _json_decimal),
    "rate": ("rate", _json_number(_double)),
    "is_new": ("is_new", _boolean),
    "opened_on": ("opened_on", _json_text(_day)),
    "confirmed_at": ("confirmed_at", _json_text(_moment)),
    "labels": ("labels", _strings),
}
TEXT_FIELDS: dict[str, tuple[str, Callable[[str], Any]]] = {
    "order_id": ("order_id", str),
    "placed_at": ("placed_at", _epoch),
    "customer_id": ("customer", str),
    "side_type": ("side", str),
    "quantity_shares": ("quantity", _integer),
    "amount_cny": ("amount", _decimal),
    "rate": ("rate", _double),
    "is_new": ("is_new", _text_boolean),
    "opened_on": ("opened_on", _day),
    "confirmed_at": ("confirmed_at", _moment),
}
