"""JSON records: an exact second look at the few lines that the vectorised reader cannot vouch for.

Belongs here: strict JSON (RFC 8259) by Python's own parser: well-formedness, duplicate keys, depth, NUL, and the
keys that a set of records has. Does not belong here: types and values of fields (rules.py).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

DEEPEST = 64
_MOST_DIGITS = 15  # decimal digits that survive a double (IEEE 754 binary64: 15 always do)


@dataclass(frozen=True)
class Finding:
    """What is wrong with a record as JSON."""

    rule: str
    field: str
    message: str


@dataclass(frozen=True)
class RecordPaths:
    """The places that a contract reads in a record: objects that must be objects, numbers that must be exact."""

    objects: tuple[tuple[str, ...], ...]
    numbers: tuple[tuple[str, ...], ...]


class _DuplicateKeyError(ValueError):
    pass


class _Number(str):
    """A number as its digits stand in the record."""


def finding(record: str, paths: RecordPaths) -> Finding | None:
    """Return what is wrong with `record` as strict JSON, or None when nothing is."""
    if not record.strip():
        return Finding("blank_line", "", "the line is blank")
    if "\0" in record:
        return Finding("encoding", "", "contains a NUL byte")
    try:
        if _depth(record) > DEEPEST:
            return Finding("too_deep", "", f"nested deeper than {DEEPEST} levels")
        parsed = json.loads(
            record, object_pairs_hook=_without_duplicates, parse_float=_Number, parse_constant=_Number
        )
    except _DuplicateKeyError as error:
        return Finding("duplicate_key", str(error), f"duplicate key {error}")
    except ValueError as error:
        return Finding("malformed_json", "", f"malformed JSON: {error}")
    if not isinstance(parsed, dict):
        return Finding("not_an_object", "", f"expected an object, got {type(parsed).__name__}")
    if "\\u0000" in record and _has_nul(parsed):
        return Finding("encoding", "", "contains a NUL character")
    return _wrong_place(parsed, paths)


def unknown_keys(
    keys: Iterable[str], *, under: tuple[str, ...], known: Sequence[tuple[str, ...]]
) -> set[str]:
    """Return the dotted paths of `keys` below `under` that no path in `known` begins with or is."""
    found = {(*under, key) for key in keys}
    depth = len(under) + 1
    return {".".join(path) for path in found if path not in {known_path[:depth] for known_path in known}}


def _depth(record: str) -> int:
    deepest = depth = 0
    is_text = is_escaped = False
    for character in record:
        if is_text:
            is_text = is_escaped or character != '"'
            is_escaped = not is_escaped and character == "\\"
        elif character == '"':
            is_text = True
        elif character in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif character in "]}":
            depth -= 1
    return deepest


def _without_duplicates(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        raise _DuplicateKeyError(next(key for key in keys if keys.count(key) > 1))
    return found


def _has_nul(value: object) -> bool:
    if isinstance(value, dict):
        return any(_has_nul(key) or _has_nul(inner) for key, inner in value.items())
    if isinstance(value, list):
        return any(_has_nul(inner) for inner in value)
    return isinstance(value, str) and "\0" in value


def _wrong_place(parsed: dict[str, object], paths: RecordPaths) -> Finding | None:
    for path in paths.objects:
        value = _at(parsed, path)
        if value is not None and not isinstance(value, dict):
            return Finding(
                "wrong_type", ".".join(path), f"{'.'.join(path)}: expected an object, got {_shown(value)}"
            )
    for path in paths.numbers:
        value = _at(parsed, path)
        if (
            isinstance(value, _Number)
            and sum(digit.isdigit() for digit in value.lstrip("-0.")) > _MOST_DIGITS
        ):
            message = (
                f"{'.'.join(path)}: {value} has more than {_MOST_DIGITS} digits and cannot be read exactly"
            )
            return Finding("scale", ".".join(path), message)
    return None


def _at(parsed: dict[str, object], path: tuple[str, ...]) -> object:
    value: object = parsed
    for key in path:
        if not isinstance(value, dict):
            return None
        value = value.get(key)
    return value


def _shown(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)[:60]
