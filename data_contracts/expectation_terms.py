"""Single expectations in our words: each carries its subject, its claim and what is allowed, for people to read.

Belongs here: how one expectation is made, and on which batch it is evaluated.
Does not belong here: which expectations a table gets (expectations.py); running them (suite_runs.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from great_expectations.expectations.expectation import Expectation


def columns_in_order(columns: Sequence[str]) -> Expectation:
    """The batch has exactly these columns, in this order."""
    return _expect(
        "ExpectTableColumnsToMatchOrderedList",
        subject="columns",
        claim="are those of the contract, in its order",
        allowed="exactly those",
        batch="layout",
        column_list=list(columns),
    )


def typed(columns: Mapping[str, str], *, batch: str) -> Expectation:
    """Each column has its DuckDB type; evaluated on the texts "<column> <type>" of the batch's columns."""
    types = [f"{name} {kind}" for name, kind in columns.items()]
    kinds = sorted(set(columns.values()))
    return _expect(
        "ExpectColumnValuesFromSet",
        subject="column types",
        claim="are as promised",
        allowed=kinds[0] if len(kinds) == 1 else "the types of the contract",
        batch=batch,
        column="column_type",
        value_set=types,
    )


def some_rows() -> Expectation:
    """The batch has at least one row."""
    return _some("rows", subject="row count", claim="is not zero")


def some_days() -> Expectation:
    """The batch has at least one business date."""
    return _some("days", subject="business dates", claim="are there to be counted")


def rows_per_day(low: int | None, high: int | None) -> Expectation:
    """Each business date has so many rows; None is no limit, but not both."""
    limits = (None if limit is None else str(limit) for limit in (low, high))
    return _within("rows_per_day", *limits, subject="rows per day", batch="days")


def unique_key(key: Sequence[str], *, secret: bool = False) -> Expectation:
    """No two rows have the same key; nulls count as equal; `secret` keeps repeated keys out of sentences and pages."""
    single = {"column": key[0]}
    compound = {"column_list": list(key), "ignore_row_if": "never"}
    return _expect(
        "ExpectUniqueKey" if len(key) == 1 else "ExpectUniqueCompoundKey",
        subject=f"key ({', '.join(key)})",
        claim="stands once",
        allowed="no repeated key",
        secret=secret,
        **(single if len(key) == 1 else compound),
    )


def never_null(column: str) -> Expectation:
    """The column has a value in every row."""
    return _expect(
        "ExpectColumnValuesToNotBeNull",
        subject=f"column {column}",
        claim="is never null",
        allowed="no nulls",
        column=column,
    )


def null_ratio(column: str, most: float) -> Expectation:
    """At most this share of the rows (0 to 1) lacks a value."""
    return _expect(
        "ExpectColumnProportionOfNonNullValuesToBeBetween",
        subject=f"column {column}",
        claim="is filled (share of rows with a value)",
        allowed=f"at least {1 - most:.6g}",
        column=column,
        # 1 - 0.7 is above 3/10 in floating point; a batch that just meets its limit must pass.
        min_value=max(0.0, round(1 - most - 1e-9, 12)),
    )


def finite(column: str) -> Expectation:
    """No value is NaN or infinite."""
    return _expect(
        "ExpectColumnValuesToBeFinite",
        subject=f"column {column}",
        claim="is finite",
        allowed="no NaN, no infinity",
        column=column,
    )


def within(column: str, low: str | None, high: str | None) -> Expectation:
    """Every value lies within the limits: texts that cast to the column's type; None is no limit, but not both."""
    return _within(column, low, high, subject=f"column {column}", batch="rows")


def in_set(column: str, values: Sequence[str]) -> Expectation:
    """Every value is one of these."""
    return _expect(
        "ExpectColumnValuesFromSet",
        subject=f"column {column}",
        claim="has known values",
        allowed=", ".join(values),
        column=column,
        value_set=list(values),
    )


def full_match(column: str, pattern: str) -> Expectation:
    """The whole of every value matches the pattern."""
    return _expect(
        "ExpectColumnValuesToMatchFully",
        subject=f"column {column}",
        claim="matches its pattern",
        allowed=pattern,
        column=column,
        regex=pattern,
    )


def lengths(column: str, shortest: int | None, longest: int | None) -> Expectation:
    """Every value has so many characters; None is no limit, but not both."""
    return _expect(
        "ExpectColumnLengthsWithinLimits",
        subject=f"column {column}",
        claim="has the right length",
        allowed=f"{_span(shortest, longest)} characters",
        column=column,
        min_value=shortest,
        max_value=longest,
    )


def _some(batch: str, *, subject: str, claim: str) -> Expectation:
    return _expect(
        "ExpectTableRowCountToBeBetween",
        subject=subject,
        claim=claim,
        allowed="at least 1",
        batch=batch,
        min_value=1,
    )


def _within(column: str, low: str | None, high: str | None, *, subject: str, batch: str) -> Expectation:
    return _expect(
        "ExpectColumnValuesWithinLimits",
        subject=subject,
        claim="is within its limits",
        allowed=_span(low, high),
        batch=batch,
        column=column,
        min_value=low,
        max_value=high,
    )


def _span(low: object | None, high: object | None) -> str:
    if low is None or high is None:
        return f"at most {high}" if low is None else f"at least {low}"
    return f"{low} to {high}"


def _expect(
    kind: str,
    *,
    subject: str,
    claim: str,
    allowed: str,
    batch: str = "rows",
    secret: bool = False,
    **settings: object,
) -> Expectation:
    import great_expectations.expectations as gxe

    from data_contracts import arrow_expectations

    made = getattr(arrow_expectations, kind, None) or getattr(gxe, kind)
    meta = {"subject": subject, "claim": claim, "allowed": allowed, "batch": batch, "secret": secret}
    return made(description=f"{subject}: {claim}, allowed {allowed}", meta=meta, **settings)
