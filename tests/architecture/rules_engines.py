"""Rules on what a model's query may say when both engines run it: the words that both know, meaning the same.

Belongs here: the models that Spark builds, as dbt_project/selectors.yml chooses them, and DuckDB's own words in them;
text that becomes a number in any model.
Does not belong here: what differs without being a word of one engine (rules_sql.py). The macros in
dbt_project/macros/engine may say what models may not: that is what they are for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import yaml

from tests.architecture.rules_sql import plain_sql
from tests.architecture.tree import breach, files

_REF = re.compile(r"\bref\(\s*['\"](\w+)['\"]")

_DUCKDB_ONLY = {
    r"\b(?:list|array)_\w+\s*\(|\b(?:unnest|flatten|len|range|generate_series)\s*\(|\[":
        "lists are handled by different functions",
    r"\b(?:struct_pack|struct_extract|row|map_extract)\s*\(|\{\s*''|->":
        "structs, maps and lambdas are written differently: use the macros latest() and earliest()",
    r"\b(?:arg_max|arg_min|max_by|min_by)\s*\(": "ties and NULLs differ: use the macros latest() and earliest()",
    r"\b(?:ignore|respect)\s+nulls\b": "it stands elsewhere on Spark: use the macro last_known()",
    r"<<|>>|\b(?:bit_count|xor)\s*\(": "bits are handled differently: use the macros of engine/day_bits.sql",
    r"\b(?:strftime|strptime|epoch\w*|julian|age|date_(?:part|add|sub|diff|trunc)|datediff|datesub|to_\w+"
    r"|make_(?:date|timestamp)\w*|last_day)\s*\(":
        "date arithmetic differs: use the macros of engine/dates.sql",
    r"\bdate\s*''\s*[+-]\s*\d|\b\w+_(?:on|date)\s*[+-]\s*(?:\d|\w+_(?:on|date)\b)":
        "only DuckDB adds days to a date: use the macros of engine/dates.sql",
    r"\b(?:regexp_\w+|string_split\w*|str_split\w*|starts_with|prefix|suffix|contains|printf|format|glob)\s*\(":
        "text functions differ: compare, like, substr, trim and || mean the same",
    r"\b(?:quantile\w*|percentile\w*|histogram|entropy|kurtosis|product)\s*\(": "statistics differ: rank explicitly",
    r"\b(?:group|order)\s+by\s+all\b|\*\s*(?:exclude|replace)\b|\bcolumns\s*\(": "only DuckDB knows the shorthand",
    r"\b(?:asof|positional)\s+join\b|(?<!left )\b(?:semi|anti)\s+join\b|\b(?:un)?pivot\b": "only DuckDB knows the join",
    r"\bas\s+(?:varchar|text)\b(?!\s*\()": "Spark's varchar needs a length: varchar(10)",
    r"\bas\s+(?:hugeint|u(?:tiny|small|big)?int(?:eger)?|blob|bit|timetz|timestamptz|json)\b":
        "only DuckDB knows the type",
    r"\bcast\s*\(\s*jinja\s+as\s+decimal\b": "a double is rounded differently: use the macro money()",
}  # fmt: skip

# A cast by which a number is read out of text: the reader does that, where a failure has a reason.
_CAST = re.compile(r"\bcast\s*\(")
_TO_NUMBER = re.compile(
    r"\s+as\s+(?:tinyint|smallint|int|integer|bigint|hugeint|decimal|numeric|double|float|real)\b"
)
_TEXT_FUNCTION = re.compile(
    r"^(?:substr|substring|trim|replace|regexp_\w+|split_part|left|right|lower|upper)\s*\("
)
_COLUMN = re.compile(r"^(?:\w+\.)?(\w+)$")


def words_of_one_engine(root: Path) -> list[str]:
    """Return each construct of DuckDB alone in a model that Spark builds as well."""
    breaches = []
    for path in models_of_both_engines(root):
        text = plain_sql(path.read_text(encoding="utf-8"))
        breaches.extend(
            breach(root, path, line, f"{' '.join(found.split())}: {reason}")
            for line, found, reason in sorted(
                (text.count("\n", 0, match.start()) + 1, match.group(0), reason)
                for pattern, reason in _DUCKDB_ONLY.items()
                for match in re.finditer(pattern, text)
            )
        )
    return breaches


def models_of_both_engines(root: Path) -> list[Path]:
    """Return the queries that the selectors choose, with everything upstream of them."""
    selectors = root / "dbt_project" / "selectors.yml"
    if not selectors.is_file():
        return []
    queries = {path.stem: path for path in files(root / "dbt_project" / "models", ".sql")}
    waiting = [
        chosen["value"]
        for selector in yaml.safe_load(selectors.read_text(encoding="utf-8"))["selectors"]
        for chosen in selector["definition"]["union"]
    ]
    found: dict[str, Path] = {}
    while waiting:
        name = waiting.pop()
        if name in queries and name not in found:
            found[name] = queries[name]
            waiting.extend(_REF.findall(queries[name].read_text(encoding="utf-8")))
    return sorted(found.values())


def numbers_read_from_text(root: Path) -> list[str]:
    """Return each cast of text to a number in a model: of a text function, a literal, or a landed column of text."""
    texts = _landed_texts(root)
    breaches = []
    for path in files(root / "dbt_project" / "models", ".sql"):
        text = plain_sql(path.read_text(encoding="utf-8"))
        breaches.extend(
            breach(
                root,
                path,
                text.count("\n", 0, position) + 1,
                f"cast({operand}): the reader makes numbers of text",
            )
            for position, operand in _casts_to_numbers(text)
            if _is_text(operand, texts)
        )
    return breaches


def _is_text(operand: str, texts: set[str]) -> bool:
    column = _COLUMN.match(operand)
    return (
        operand.startswith("''")
        or "||" in operand
        or _TEXT_FUNCTION.match(operand) is not None
        or (column is not None and column.group(1) in texts)
    )


def _casts_to_numbers(text: str) -> Iterator[tuple[int, str]]:
    for cast in _CAST.finditer(text):
        depth = 0
        for position in range(cast.end(), len(text)):
            depth += {"(": 1, ")": -1}.get(text[position], 0)
            if depth < 0:
                break
            if depth == 0 and _TO_NUMBER.match(text, position):
                yield cast.start(), " ".join(text[cast.end() : position].split())
                break


def _landed_texts(root: Path) -> set[str]:
    """Return the columns that some contract lands as text and none as anything else."""
    kinds: dict[str, set[str]] = {}
    for path in files(root / "data_contracts" / "sources", ".yaml"):
        document: Mapping[str, list[Mapping[str, list[Mapping[str, str]]]]] = (
            yaml.safe_load(path.read_text(encoding="utf-8")) or {}
        )
        for schema in document.get("schema", []):
            for column in schema.get("properties", []):
                kinds.setdefault(column["name"], set()).add(str(column.get("physicalType", "")).upper())
    return {name for name, found in kinds.items() if found == {"VARCHAR"}}
