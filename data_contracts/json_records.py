"""JSON records: an exact second look at the few lines that the vectorised reader cannot vouch for.

Belongs here: strict JSON (RFC 8259) by Python's own parser: well-formedness, repeated keys, depth, characters that
no text may hold, decimals that a double would change. Does not belong here: the rules of a contract (rules.py).

NaN and Infinity, which RFC 8259 does not know, are judged by the fields that carry them; elsewhere they pass.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

import numpy as np

DEEPEST = 64
JsonPath = tuple[str, ...]

_STRING = re.compile(rb'"(?:[^"\\]|\\.)*(?:"|$)', re.DOTALL)
_SURROGATE = re.compile("[\ud800-\udfff]")
_KINDS = {list: "a list", str: "a text", bool: "true or false", float: "a number"}


@dataclass(frozen=True)
class Finding:
    """What is wrong with a record as JSON."""

    rule: str
    field: str
    message: str


@dataclass(frozen=True)
class RecordPaths:
    """The places that a contract reads in a record: what must be an object, and which fields are decimals."""

    objects: tuple[JsonPath, ...]
    decimals: Mapping[JsonPath, str]


class _Number(str):
    """A number as its digits stand in the record: Python converts neither endless nor inexact ones."""

    __slots__ = ()


class _Fraction(_Number):
    """A number with a fraction or an exponent."""

    __slots__ = ()


class _Object(dict[str, object]):
    """An object that remembers the first key that it holds more than once."""

    repeated: str | None = None


def depth(record: bytes) -> int:
    """Return how deep lists and objects nest, without parsing: brackets inside strings do not count."""
    characters = np.frombuffer(_STRING.sub(b"", record), dtype=np.uint8)
    opened = (characters == ord("{")) | (characters == ord("["))
    closed = (characters == ord("}")) | (characters == ord("]"))
    levels = np.cumsum(opened.astype(np.int64) - closed)
    return int(levels.max(initial=0))


def finding(record: str, paths: RecordPaths) -> Finding | None:
    """Return what is wrong with `record`, nested no deeper than DEEPEST, as strict JSON; None when nothing is."""
    if not record.strip(" \t\r\n"):
        return Finding("blank_line", "", "the line is blank")
    if "\0" in record:
        return Finding("encoding", "", "contains a NUL character")
    try:
        parsed = json.loads(record, object_pairs_hook=_object, parse_float=_Fraction, parse_int=_Number)
    except ValueError as error:
        return Finding("malformed_json", "", f"malformed JSON: {error}")
    if not isinstance(parsed, _Object):
        return Finding("not_an_object", "", f"expected an object, got {_kind(parsed)}")
    if "\\u" in record:
        # Only escapes can bring these in: the bytes of the line are valid text.
        texts = list(_texts(parsed))
        if any("\0" in text for text in texts):
            return Finding("encoding", "", "contains a NUL character")
        if any(_SURROGATE.search(text) for text in texts):
            return Finding("encoding", "", "contains half of a surrogate pair, which is no character")
    return _misplaced(parsed, paths)


def unknown_keys(keys: Iterable[str], *, under: JsonPath, known: Sequence[JsonPath]) -> set[str]:
    """Return the dotted paths of `keys` below `under` that no path in `known` is or begins with."""
    expected = {path[: len(under) + 1] for path in known}
    return {".".join(path) for key in keys if (path := (*under, key)) not in expected}


def _object(pairs: list[tuple[str, object]]) -> _Object:
    found = _Object(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        found.repeated = next(key for index, key in enumerate(keys) if key in keys[:index])
    return found


def _texts(parsed: object) -> Iterator[str]:
    """Yield every text of a record, keys included."""
    waiting = [parsed]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            waiting.extend((*value.keys(), *value.values()))
        elif isinstance(value, list):
            waiting.extend(value)
        elif isinstance(value, str):
            yield value


def _misplaced(parsed: _Object, paths: RecordPaths) -> Finding | None:
    for path in ((), *paths.objects):
        value = _at(parsed, path)
        place = ".".join(path)
        if isinstance(value, _Object):
            if value.repeated is not None:
                key = ".".join((*path, value.repeated))
                return Finding("duplicate_key", key, f"duplicate key {key}")
        elif value is not None:
            return Finding("wrong_type", place, f"{place}: expected an object, got {_kind(value)}")
    for path, field in paths.decimals.items():
        value = _at(parsed, path)
        if isinstance(value, _Fraction) and not _survives_a_double(value):
            return Finding("scale", field, f"{field}: has more digits than can be read exactly")
    return None


def _survives_a_double(number: _Fraction) -> bool:
    """Return whether the double by way of which a fraction is read gives the same number back."""
    double = float(number)
    if math.isinf(double):
        return True  # changed beyond mistaking: the field's own rule refuses it
    try:
        return Decimal(number) == Decimal(repr(double))
    except InvalidOperation:
        return False


def _at(parsed: _Object, path: JsonPath) -> object:
    value: object = parsed
    for key in path:
        if not isinstance(value, dict):
            return None
        value = value.get(key)
    return value


def _kind(value: object) -> str:
    if value is None:
        return "null"
    return "a number" if isinstance(value, _Number) else _KINDS[type(value)]
