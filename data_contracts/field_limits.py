"""What the values of one field may be: its limits, pattern, allowed values and share of NULLs.

Belongs here: reading them from an ODCS property, and whether each makes sense for the field's type.
Does not belong here: the rest of the field (contract_field.py) and checking values (rules.py).
"""

import re
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from open_data_contract_standard.model import DataQuality, SchemaProperty

from data_contracts.document import Document, Step

_OPTIONS = {
    "string": ("minLength", "maxLength", "pattern"),
    "integer": ("minimum", "maximum"), "number": ("minimum", "maximum"),
    "date": ("minimum", "maximum"), "timestamp": ("minimum", "maximum"),
    "boolean": (), "array": (),
}  # fmt: skip
_QUALITY_KEYS = (
    "name", "description", "type", "metric", "arguments", "unit", "mustBe", "mustBeLessOrEqualTo",
)  # fmt: skip
# What Python's engine has and the linear-time engines (RE2, which DuckDB uses) have not.
_LOOK_AROUND = re.compile(r"\(\?(?!:)|\\[1-9]")


def read_limits(document: Document, prop: SchemaProperty, field_type: str, *at: Step) -> dict[str, Any]:
    """Return minimum, maximum, lengths and pattern of the property at path `at`; raises ContractError."""
    options = prop.logicalTypeOptions or {}
    here = (*at, "logicalTypeOptions")
    if options:
        document.refuse_unknown(_OPTIONS[str(prop.logicalType)], f"logicalTypeOptions of {field_type}", *here)
    low, high = (_limit(document, field_type, *here, key) for key in ("minimum", "maximum"))
    shortest, longest = (_length(document, *here, key) for key in ("minLength", "maxLength"))
    for smaller, larger in ((low, high), (shortest, longest)):
        if smaller is not None and larger is not None and smaller > larger:
            raise document.error("the smallest allowed value is above the largest", *here)
    return {
        "minimum": _limit_text(low),
        "maximum": _limit_text(high),
        "min_length": shortest,
        "max_length": longest,
        "pattern": _pattern(document, *here, "pattern"),
    }


def parse_literal(text: str, field_type: str) -> Decimal | date | datetime:
    """Return the limit as a value of a number, DATE or TIMESTAMP type; raises ValueError with the reason."""
    if field_type == "DATE":
        return date.fromisoformat(text)
    if field_type == "TIMESTAMP":
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            raise ValueError(f"'{text}' has no offset from UTC")
        return moment
    try:
        number = Decimal(text)
    except InvalidOperation as error:
        raise ValueError(f"'{text}' is not a number") from error
    scale = {"BIGINT": 0, "DOUBLE": 400}.get(field_type)
    if scale is None:
        scale = int(field_type.rstrip(")").split(",")[1])
    exponent = number.as_tuple().exponent
    if not isinstance(exponent, int) or -exponent > scale:
        raise ValueError(f"'{text}' does not fit {field_type}")
    return number


def _written(document: Document, *at: Step) -> Any:  # noqa: ANN401 - whatever stands in the file
    *above, key = at
    field = document.at(*above[:-1])
    return (field.get(above[-1]) or {}).get(key)


def _limit(document: Document, field_type: str, *at: Step) -> Any:  # noqa: ANN401 - comparable with its like
    if _written(document, *at) is None:
        return None
    try:
        return parse_literal(document.text(*at), field_type)
    except ValueError as error:
        raise document.error(f"{at[-1]} of {field_type}: {error}", *at) from error


def _limit_text(limit: Decimal | date | datetime | None) -> str | None:
    if isinstance(limit, datetime):
        return limit.astimezone(UTC).replace(tzinfo=None).isoformat(sep=" ")
    return None if limit is None else str(limit)


def _length(document: Document, *at: Step) -> int | None:
    length = _written(document, *at)
    if length is not None and (not isinstance(length, int) or isinstance(length, bool) or length < 0):
        raise document.error(f"{at[-1]} must be a whole number from 0, not {length!r}", *at)
    return length


def _pattern(document: Document, *at: Step) -> str | None:
    if _written(document, *at) is None:
        return None
    pattern = document.required_text(*at)
    try:
        re.compile(pattern)
    except re.error as error:
        raise document.error(f"pattern '{pattern}' is not a regular expression: {error}", *at) from error
    if _LOOK_AROUND.search(pattern):
        raise document.error(f"pattern '{pattern}' uses look-around, flags or back-references", *at)
    return pattern


def read_quality(
    document: Document, prop: SchemaProperty, field_type: str, *at: Step
) -> tuple[tuple[str, ...], float | None]:
    """Return the allowed values and the largest share of NULLs (0 to 1) of the property at `at`."""
    enum: tuple[str, ...] = ()
    null_ratio_max: float | None = None
    met: set[str] = set()
    for position, rule in enumerate(prop.quality or ()):
        here = (*at, "quality", position)
        document.refuse_unknown(_QUALITY_KEYS, "a quality rule", *here)
        if rule.metric not in ("invalidValues", "nullValues") or rule.type not in (None, "library"):
            reason = f"quality metric '{rule.metric}' is not supported; known are: invalidValues, nullValues"
            raise document.error(reason, *here, "metric")
        if rule.metric in met:
            raise document.error(f"quality metric '{rule.metric}' stands twice", *here, "metric")
        met.add(rule.metric)
        if rule.metric == "invalidValues":
            enum = _enum(document, rule, field_type, *here)
        else:
            null_ratio_max = _null_ratio(document, rule, *here)
    return enum, null_ratio_max


def _enum(document: Document, rule: DataQuality, field_type: str, *at: Step) -> tuple[str, ...]:
    if field_type != "VARCHAR":
        raise document.error(f"validValues are for VARCHAR, not {field_type}", *at)
    if set(rule.arguments or ()) != {"validValues"}:
        raise document.error("invalidValues takes arguments: {validValues: [...]}", *at, "arguments")
    if rule.mustBe != 0 or rule.unit is not None or rule.mustBeLessOrEqualTo is not None:
        raise document.error("invalidValues must say mustBe: 0 and no other limit", *at)
    values = document.texts(*at, "arguments", "validValues")
    if not values:
        reason = "validValues is empty: no value would be allowed"
        raise document.error(reason, *at, "arguments", "validValues")
    return values


def _null_ratio(document: Document, rule: DataQuality, *at: Step) -> float:
    percent = rule.mustBeLessOrEqualTo
    if rule.unit != "percent" or percent is None or rule.arguments or rule.mustBe is not None:
        raise document.error("nullValues must say unit: percent and mustBeLessOrEqualTo", *at)
    if not 0 <= percent <= 100:
        reason = f"mustBeLessOrEqualTo must be 0 to 100 percent, not {percent}"
        raise document.error(reason, *at, "mustBeLessOrEqualTo")
    return percent / 100
