"""Compiled rules: the SELECT that judges the records of a file, and those that take values out of them.

Belongs here: assembling casts and checks into statements over the relation `frame`.
Does not belong here: which casts and checks there are (rules.py, casting.py), and running them (judging.py).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from data_contracts.casting import literal, quoted
from data_contracts.framing import LINE_NUMBER, RECORD
from data_contracts.json_records import JsonPath
from data_contracts.masking import MASK

# The relation that holds the records to judge.
FRAME = "frame"
# Columns beside those of the contract, whose names begin with a letter.
IS_GOOD = "_is_good"
IS_SUSPICIOUS = "_is_suspicious"
IS_PARSED = "_is_parsed"
IS_MEANT = "_is_meant"
REASON = "_reason"

# What DuckDB's JSON functions take for good and strict JSON does not: no object, a comma before a closing bracket,
# a NUL escape. Joined into one regular expression these searches would cost six times as much.
_LENIENT = (
    f"not starts_with({RECORD}, '{{') or regexp_matches({RECORD}, ',[ \\t\\r]*[}}\\]]')"
    f" or contains({RECORD}, '\\u0000')"
)
# Sixteen digits around a point or before an exponent, or an exponent of three digits: more than a double keeps.
_LONG_FRACTION = "|".join(
    [
        *(f"[0-9]{{{whole}}}\\.[0-9]{{{16 - whole}}}" for whole in range(1, 16)),
        "[0-9]{16}[eE]",
        "[eE]-[0-9]{3}",
    ]
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

    def arm(self) -> str:
        """Return the arm of a CASE that gives the reason of a record which breaks this rule."""
        reason = (
            f"{{'rule': {literal(self.rule)}, 'field': {literal(self.field)}, 'message': {self.message}}}"
        )
        return f"when {self.text or 'true'} is not null and not coalesce({self.holds}, false) then {reason}"


@dataclass(frozen=True)
class Compiled:
    """A contract compiled for one file: three stacked SELECTs over the frame, and the checks on their columns.

    `source` selects the record and the source columns; `texts` are (column, SQL over the source columns), `casts`
    (field, SQL over texts), `derived` (field, SQL over fields), `outputs` (column, SQL over all of them); `totals`
    (field, SQL over texts) are summed up for the control file. `meant` is SQL over texts: false for a record that
    the mapping passes over.
    """

    source: str
    texts: tuple[tuple[str, str], ...]
    casts: tuple[tuple[str, str], ...]
    derived: tuple[tuple[str, str], ...]
    checks: tuple[Check, ...]
    outputs: tuple[tuple[str, str], ...]
    required: frozenset[str]
    totals: tuple[tuple[str, str], ...]
    meant: str = "true"

    def judged(self) -> str:
        """Return SQL for every record of the frame: line number, whether it is meant and good, the outputs and totals.

        A record that is bad or suspicious comes with its text, unmasked; a bad one with its reason, a struct of
        rule, field and message.
        """
        per_text: dict[str, list[str]] = {}
        for check in self.checks:
            per_text.setdefault(check.text, []).append(f"({check.holds})")
        good = " and ".join(self._holds(text, " and ".join(each)) for text, each in per_text.items())
        outputs = [f"{sql} as {quoted(name)}" for name, sql in self.outputs]
        totals = [f"{sql} as {total_column(name)}" for name, sql in self.totals]
        arms = " ".join(check.arm() for check in self.checks)
        is_bad = f"{IS_MEANT} and not {IS_GOOD}"
        # CASE runs the arms on bad records only.
        return (
            f"select {LINE_NUMBER}, {IS_MEANT}, {IS_GOOD},"
            f" case when {IS_SUSPICIOUS} or {is_bad} then rtrim({RECORD}, chr(10)) end as {RECORD},"
            f" case when {is_bad} then case {arms} end end as {REASON}, {', '.join([*outputs, *totals])}"
            f" from (select *, coalesce({good}, false) as {IS_GOOD}, not {IS_PARSED} or {self.meant} as {IS_MEANT}"
            f" from ({self._typed()}))"
        )

    def _holds(self, text: str, conditions: str) -> str:
        if not text:
            return conditions
        # CASE skips the rows without a value; a plain OR would run every condition on every row.
        return (
            f"(case when {text} is null then {str(text not in self.required).lower()} else {conditions} end)"
        )

    def _typed(self) -> str:
        texts = ", ".join(f"{sql} as {column}" for column, sql in self.texts)
        casts = ", ".join(f"{sql} as {quoted(name)}" for name, sql in self.casts)
        derived = "".join(f", {sql} as {quoted(name)}" for name, sql in self.derived)
        # Source columns go no further than texts: they may be called like the fields.
        carried = f"{LINE_NUMBER}, {RECORD}, {IS_PARSED}, {IS_SUSPICIOUS}"
        text = f"select {carried}, {texts} from ({self.source})"
        return f"select *{derived} from (select *, {casts} from ({text}))"


def total_column(name: str) -> str:
    """Return the quoted name of the column that carries a field's amount for the control total."""
    return quoted(f"total of {name}")


def json_source(paths: Sequence[JsonPath], *, decimals: Sequence[JsonPath], as_text: bool) -> str:
    """Return SQL for the values at `paths`, each as a column named by its dots, as JSON text or `as_text`.

    `decimals` are those that must not lose a digit. Raises ValueError when a path is a value and an object at once.
    """
    leaves = []
    for path in paths:
        value = f"cast({_leaf(path)} as varchar)"
        if as_text:
            value = f"case when {value} < '#' then json_extract_string({value}, '$') else {value} end"
        leaves.append(f"{value} as {quoted('.'.join(path))}")
    suspicious = f"r is null or {_LENIENT}"
    if decimals:
        has_fraction = " or ".join(f"contains(cast({_leaf(path)} as varchar), '.')" for path in decimals)
        # CASE skips the records without a fraction; AND would search them all.
        suspicious += (
            f" or case when {has_fraction} then regexp_matches({RECORD}, '{_LONG_FRACTION}') else false end"
        )
    structure = literal(_structure(paths))
    parsed = f"select {LINE_NUMBER}, {RECORD}, from_json({RECORD}, {structure}) as r from {FRAME}"
    return (
        f"select {LINE_NUMBER}, {RECORD}, r is not null as {IS_PARSED},"
        f" coalesce({suspicious}, true) as {IS_SUSPICIOUS}, {', '.join(leaves)} from ({parsed})"
    )


def text_source(names: Sequence[str], *, columns: Sequence[str], hidden: frozenset[str]) -> str:
    """Return SQL for the columns `names`, NULL where the file has none.

    A file without lines gets a record for people: its columns as JSON, without the values of `hidden` ones.
    """
    present = ", ".join(
        quoted(name) if name in columns else f"cast(null as varchar) as {quoted(name)}"
        for name in dict.fromkeys(names)
    )
    shown = ", ".join(
        f"{literal(name)}: "
        + (f"case when {quoted(name)} is not null then '{MASK}' end" if name in hidden else quoted(name))
        for name in columns
    )
    return (
        f"select {LINE_NUMBER}, coalesce({RECORD}, cast(to_json({{{shown}}}) as varchar)) as {RECORD},"
        f" true as {IS_PARSED}, false as {IS_SUSPICIOUS}, {present} from {FRAME}"
    )


def _leaf(path: JsonPath) -> str:
    return "r" + "".join(f".{quoted(key)}" for key in path)


def _structure(paths: Sequence[JsonPath]) -> str:
    """Return the structure that tells DuckDB which values to take out of a record, each as its JSON text."""
    structure: dict[str, object] = {}
    for path in paths:
        place = structure
        for key in path[:-1]:
            below = place.setdefault(key, {})
            if not isinstance(below, dict):
                raise ValueError(f"{'.'.join(path)}: {key} is read both as a value and as an object")
            place = below
        if isinstance(place.get(path[-1]), dict):
            raise ValueError(f"{'.'.join(path)} is read both as a value and as an object")
        place[path[-1]] = "JSON"
    return json.dumps(structure, ensure_ascii=False)
