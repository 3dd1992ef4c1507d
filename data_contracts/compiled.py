"""Compiled rules: the SELECTs that judge the records of a frame, and those that take values out of them.

Belongs here: assembling casts and checks into statements over the relation `frame`.
Does not belong here: which casts and checks there are (rules.py, casting.py).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from data_contracts.casting import literal, quoted, text_column
from data_contracts.framing import LINE_NUMBER, RECORD

# The relation that holds the records of the current Frame.
FRAME = "frame"

# What DuckDB's lenient JSON reader accepts and strict JSON does not, or what only an exact look can judge: no object,
# a trailing comma, a NUL escape, deep nesting, more decimals than a double holds. Five cheap scans: as one regular
# expression they took six times as long.
_SUSPICIOUS = (
    f"not starts_with({RECORD}, '{{') or regexp_matches({RECORD}, ',[ \\t]*[}}\\]]') or contains({RECORD}, '\\u0000')"
    f" or contains({RECORD}, '[[[[[[[[') or contains({RECORD}, '}}}}}}}}}}}}}}}}')"
    f" or regexp_matches({RECORD}, '\\.[0-9]{{13}}')"
)


@dataclass(frozen=True)
class Check:
    """One rule: `holds` is SQL, true when good; `message` is SQL text for people.

    `text` is the column whose NULL makes the rule void, '' for a rule that always applies.
    """

    rule: str
    field: str
    holds: str
    message: str
    text: str = ""


@dataclass(frozen=True)
class Compiled:
    """A contract compiled for one file: three stacked SELECTs over the frame, and the checks on their columns."""

    source_select: str
    texts: tuple[tuple[str, str], ...]
    casts: tuple[tuple[str, str], ...]
    derived: tuple[tuple[str, str], ...]
    checks: tuple[Check, ...]
    outputs: tuple[tuple[str, str], ...]
    secrets: tuple[str, ...]
    required: frozenset[str]

    def judged(self) -> str:
        """Return SQL for every record of the frame: output columns, `is_good`, `is_suspicious`, the line number."""
        per_field: dict[str, list[str]] = {}
        for check in self.checks:
            per_field.setdefault(check.text, []).append(check.holds)
        # One CASE per field: CASE skips the rows without a value, a plain OR would run every rule on every row.
        good = " and ".join(
            f"(case when {text} is null then {'false' if text in self.required else 'true'} else {holds} end)"
            if text
            else f"({holds})"
            for text, holds in (
                (text, " and ".join(f"({one})" for one in each)) for text, each in per_field.items()
            )
        )
        outputs = ", ".join(f"{sql} as {quoted(name)}" for name, sql in self.outputs)
        return (
            f"select {LINE_NUMBER}, is_suspicious, coalesce({good}, false) as is_good, {outputs}"
            f" from ({self._typed()})"
        )

    def explained(self, lines: str) -> str:
        """Return SQL for the bad records whose lines are in `lines`: line, rule, field, message, masked text."""
        arms = "".join(
            f" when {check.text or 'true'} is not null and not coalesce({check.holds}, false) then {{'rule': {literal(check.rule)}, 'field': {literal(check.field)},"
            f" 'message': {check.message}}}"
            for check in self.checks
        )
        shown = f"coalesce({RECORD}, 'row ' || {LINE_NUMBER})"
        for name in self.secrets:
            value = text_column(name)
            shown = f"case when length({value}) > 1 then replace({shown}, {value}, '***') else {shown} end"
        return (
            f"select {LINE_NUMBER} as line_number, why.rule as rule, why.field as field, why.message as message,"
            f" raw_text from (select {LINE_NUMBER}, {shown} as raw_text, case{arms} end as why"
            f" from ({self._typed()}) where {LINE_NUMBER} in (select line_number from {lines}))"
            f" where why is not null"
        )

    def total(self, name: str) -> str:
        """Return SQL for the exact sum of a field over all records of the frame, good and bad."""
        return f"select sum(try_cast({text_column(name)} as decimal(38, 4))) from ({self._texts()})"

    def _texts(self) -> str:
        texts = ", ".join(f"{sql} as {text_column(name)}" for name, sql in self.texts)
        carried = f"{LINE_NUMBER}, {RECORD}, is_suspicious"
        return f"select {carried}, {texts} from ({self.source_select})"

    def _typed(self) -> str:
        casts = ", ".join(f"{sql} as {quoted(name)}" for name, sql in self.casts)
        derived = "".join(f", {sql} as {quoted(name)}" for name, sql in self.derived)
        return f"select *{derived} from (select *, {casts} from ({self._texts()}))"


def json_source(paths: Sequence[tuple[str, ...]], *, as_text: bool) -> str:
    structure: dict[str, object] = {}
    for path in paths:
        place = structure
        for key in path[:-1]:
            inner = place.setdefault(key, {})
            assert isinstance(inner, dict)
            place = inner
        place[path[-1]] = "JSON"
    structure_text = literal(json.dumps(structure, ensure_ascii=False))
    leaves = []
    for path in paths:
        value = "cast(r" + "".join(f".{quoted(key)}" for key in path) + " as varchar)"
        if as_text:
            value = f"case when starts_with({value}, '\"') then json_extract_string({value}, '$') else {value} end"
        leaves.append(f"{value} as {quoted('.'.join(path))}")
    return (
        f"select {LINE_NUMBER}, {RECORD}, {_SUSPICIOUS} as is_suspicious, {', '.join(leaves)} from ("
        f"select {LINE_NUMBER}, {RECORD}, try(from_json({RECORD}, {structure_text})) as r from {FRAME})"
    )


def text_source(names: Sequence[str], columns: Sequence[str]) -> str:
    present = ", ".join(
        quoted(name) if name in columns else f"cast(null as varchar) as {quoted(name)}"
        for name in dict.fromkeys(names)
    )
    row = "cast(to_json([" + ", ".join(quoted(name) for name in columns) + "]) as varchar)"
    return f"select {LINE_NUMBER}, coalesce({RECORD}, {row}) as {RECORD}, false as is_suspicious, {present} from {FRAME}"
