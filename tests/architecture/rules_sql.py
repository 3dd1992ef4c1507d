"""Rules on what a model's query may say: the same rows whenever, however often and wherever it runs.

Belongs here: constructs whose result depends on the moment, on chance, on row order, or on the engine.
Does not belong here: layout (sqlfluff) and what relates models to each other (rules_models.py).
The macros in dbt_project/macros/engine may say what models may not: that is what they are for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from tests.architecture.tree import breach, files

_COMMENT = re.compile(r"\{#.*?#\}|--[^\n]*|/\*.*?\*/", re.DOTALL)
_STATEMENT = re.compile(r"\{%.*?%\}", re.DOTALL)
_EXPRESSION = re.compile(r"\{\{.*?\}\}", re.DOTALL)
_STRING = re.compile(r"'(?:[^']|'')*'")

# What depends on the moment or on chance: wrong in a model and in a macro alike.
_UNSTEADY = {
    r"\bcurrent_(?:date|time|timestamp)\b|\blocaltime(?:stamp)?\b|\b(?:now|today|getdate|sysdate|unix_timestamp)\s*\(":
        "time is an argument: use the build dates",
    r"\b(?:random|rand|randn|uuid|gen_random_uuid)\s*\(|\btablesample\b|\busing\s+sample\b":
        "chance has no place in a model",
}  # fmt: skip

_BANNED = _UNSTEADY | {
    r"\bselect\s+distinct\b": "distinct hides why rows repeat: group by the key",
    r"\bunion\b(?!\s+all\b)": "union hides why rows repeat: union all, then group by the key",
    r"\b(?:any_value|arbitrary|first|last)\s*\(": "which row it takes is not said: use min or max",
    r"\bavg\s*\(": "avg differs between engines: use the macro mean()",
    r"\b(?:log|log2|log10|ln)\s*\(": "the base of log differs between engines: use the macro ln()",
    r"\bconcat\s*\(": "concat treats NULL differently between engines: use ||",
    r"\b(?:mode|median)\s*\(": "ties and interpolation differ between engines: rank explicitly",
    r"\bapprox_\w+\s*\(": "an approximation depends on the order of rows",
    r"(?<![/*])/(?![/*])|//": "division differs between engines and fails on zero: use the macro ratio()",
    r"\bqualify\b": "qualify is not in the shared subset: filter in the next CTE",
    r"\b(?:dayofweek|day_of_week|isodow|weekday|dayname)\s*\(|\bextract\s*\(\s*(?:dow|isodow)\b":
        "days of the week are numbered differently between engines: join the calendar",
    r"\btry_cast\s*\(": "text becomes a number in the reader, where a failure has a reason",
    r"::": "write cast(... as ...)",
    r"\bhash\s*\(": "hash differs between engines and versions: use the engine macro",
    r"\bsum\s*\(\s*(?:cast\s*\([^()]*\bas\s+(?:double|float|real)\b|[\w.]*_(?:ratio|score)\b)":
        "a sum of doubles depends on the order of rows: sum decimals or integers",
    r"\b(?:list|array_agg|string_agg|group_concat|listagg|collect_list|collect_set)\s*\(":
        "the order of a list is not said: use the macro ordered()",
}  # fmt: skip

_ORDER_ENDS = re.compile(r"\b(?:limit|offset|rows|range|groups|union|window)\b|;")


def unsteady_queries(root: Path) -> list[str]:
    """Return each construct whose result can change between runs or engines; in macros, clock and chance."""
    breaches = []
    for folder, banned in (("models", _BANNED), ("macros", _UNSTEADY)):
        for path in files(root / "dbt_project" / folder, ".sql"):
            text = plain_sql(path.read_text(encoding="utf-8"), keep_jinja=folder == "macros")
            found = [
                (match.start(), f"{' '.join(match.group(0).split())}: {reason}")
                for pattern, reason in banned.items()
                for match in re.finditer(pattern, text)
            ]
            if folder == "models":
                found.extend(_orders_that_are_not_total(text))
            breaches.extend(
                breach(root, path, text.count("\n", 0, position) + 1, reason)
                for position, reason in sorted(found)
            )
    return breaches


def plain_sql(text: str, *, keep_jinja: bool = False) -> str:
    """Return the query in lower case without comments, Jinja and the insides of strings.

    Lines keep their numbers. A Jinja expression becomes the word `jinja`: a macro answers for itself.
    """
    text = _COMMENT.sub(_blank, text)
    if not keep_jinja:
        text = _STATEMENT.sub(_blank, text)
        text = _EXPRESSION.sub(lambda match: "jinja" + _blank(match), text)
    return _STRING.sub(lambda match: "''" + _blank(match), text).lower()


def _blank(match: re.Match[str]) -> str:
    return "\n" * match.group(0).count("\n") or " "


def _orders_that_are_not_total(text: str) -> Iterator[tuple[int, str]]:
    for order in re.finditer(r"\border\s+by\b", text):
        for item in _split_at_top(_clause(text, order.end())):
            if not re.search(r"\bnulls\s+(?:first|last)\s*$", item.strip()):
                yield (
                    order.start(),
                    f"order by {item.strip()}: engines place NULLs differently: say where",
                )
    for limit in re.finditer(r"\blimit\b", text):
        if not re.search(r"\border\s+by\b", _same_level_before(text, limit.start())):
            yield limit.start(), "limit without an order takes any rows"


def _clause(text: str, start: int) -> str:
    depth = 0
    for position in range(start, len(text)):
        depth += {"(": 1, ")": -1}.get(text[position], 0)
        if depth < 0 or (depth == 0 and _ORDER_ENDS.match(text, position)):
            return text[start:position]
    return text[start:]


def _split_at_top(clause: str) -> list[str]:
    items, depth = [""], 0
    for character in clause:
        depth += {"(": 1, ")": -1}.get(character, 0)
        if character == "," and depth == 0:
            items.append("")
        else:
            items[-1] += character
    return items


def _same_level_before(text: str, end: int) -> str:
    """Return the part of the query before `end` that stands in the same brackets, without what is nested."""
    kept, depth = [], 0
    for character in reversed(text[:end]):
        depth += {")": 1, "(": -1}.get(character, 0)
        if depth < 0:
            break
        if depth == 0:
            kept.append(character)
    return "".join(reversed(kept))
