"""Expectations that Great Expectations evaluates over Arrow columns: limits, value sets, patterns, lengths, keys.

Belongs here: the metrics that our suites need and the shipped pandas metrics do badly, and nothing else.
Does not belong here: which expectation a table gets (expectations.py); running them (suite_runs.py).
Importing this module imports Great Expectations, which takes seconds: import it inside functions.

The shipped metrics call Python once per value for decimals, dates and nullable integers, copy the column once to
leave out its nulls, and take NaN for a null. These compute in Arrow, exactly, and let nulls pass: whether nulls are
allowed is an expectation of its own.
"""

# Neither library lists what it exports in a way that a type checker understands.
# pyright: reportPrivateImportUsage=false, reportAttributeAccessIssue=false

from typing import Any

import great_expectations.expectations as gxe
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from great_expectations.execution_engine.pandas_execution_engine import PandasExecutionEngine
from great_expectations.expectations.expectation import ColumnMapExpectation
from great_expectations.expectations.metrics.map_metric_provider import (
    ColumnMapMetricProvider,
    MulticolumnMapMetricProvider,
    column_condition_partial,
    multicolumn_condition_partial,
)

from data_contracts.sql_expression import open_engine


class _WithinLimits(ColumnMapMetricProvider):
    condition_metric_name = "column_values.arrow_within_limits"
    condition_value_keys = ("min_value", "max_value")
    filter_column_isnull = False

    @column_condition_partial(engine=PandasExecutionEngine)
    def _pandas(cls, column: pd.Series, **settings: Any) -> pd.Series:  # noqa: ANN401, N805
        values = _arrow(column)
        holds = pa.scalar(value=True)
        for limit, compare in (
            (settings["min_value"], pc.greater_equal),
            (settings["max_value"], pc.less_equal),
        ):
            if limit is not None:
                holds = pc.and_kleene(compare(values, pa.scalar(limit).cast(values.type)), holds)
        return _condition(column, holds)


class _Finite(ColumnMapMetricProvider):
    condition_metric_name = "column_values.arrow_finite"
    condition_value_keys = ()
    filter_column_isnull = False

    @column_condition_partial(engine=PandasExecutionEngine)
    def _pandas(cls, column: pd.Series, **_: Any) -> pd.Series:  # noqa: ANN401, N805
        return _condition(column, pc.is_finite(_arrow(column)))


class _InSet(ColumnMapMetricProvider):
    condition_metric_name = "column_values.arrow_in_set"
    condition_value_keys = ("value_set",)
    filter_column_isnull = False

    @column_condition_partial(engine=PandasExecutionEngine)
    def _pandas(cls, column: pd.Series, value_set: list[str], **_: Any) -> pd.Series:  # noqa: ANN401, N805
        values = _arrow(column)
        # The null in the set lets nulls pass, as they do in the other conditions.
        return _condition(column, pc.is_in(values, pa.array([*value_set, None], values.type)))


class _FullMatch(ColumnMapMetricProvider):
    condition_metric_name = "column_values.arrow_full_match"
    condition_value_keys = ("regex",)
    filter_column_isnull = False

    @column_condition_partial(engine=PandasExecutionEngine)
    def _pandas(cls, column: pd.Series, regex: str, **_: Any) -> pd.Series:  # noqa: ANN401, N805
        return _condition(column, pc.match_substring_regex(_arrow(column), rf"\A(?:{regex})\z"))


class _Lengths(ColumnMapMetricProvider):
    condition_metric_name = "column_values.arrow_lengths"
    condition_value_keys = ("min_value", "max_value")
    filter_column_isnull = False

    @column_condition_partial(engine=PandasExecutionEngine)
    def _pandas(cls, column: pd.Series, **settings: Any) -> pd.Series:  # noqa: ANN401, N805
        lengths = pc.utf8_length(_arrow(column))
        shortest, longest = settings["min_value"] or 0, settings["max_value"]
        holds = pc.greater_equal(lengths, shortest)
        return _condition(
            column, holds if longest is None else pc.and_(holds, pc.less_equal(lengths, longest))
        )


class _UniqueKey(ColumnMapMetricProvider):
    condition_metric_name = "column_values.arrow_unique"
    condition_value_keys = ()
    filter_column_isnull = False

    @column_condition_partial(engine=PandasExecutionEngine)
    def _pandas(cls, column: pd.Series, **_: Any) -> pd.Series:  # noqa: ANN401, N805
        return _is_unique(column.to_frame())


class _UniqueCompoundKey(MulticolumnMapMetricProvider):
    condition_metric_name = "compound_columns.arrow_unique"
    condition_domain_keys = (
        "batch_id",
        "table",
        "column_list",
        "row_condition",
        "condition_parser",
        "ignore_row_if",
    )

    @multicolumn_condition_partial(engine=PandasExecutionEngine)
    def _pandas(cls, column_list: pd.DataFrame, **_: Any) -> pd.Series:  # noqa: ANN401, N805
        return _is_unique(column_list)


class ExpectColumnValuesWithinLimits(ColumnMapExpectation):
    """Every value lies within the limits, which are texts that cast to the column's own type; NaN does not."""

    # The shipped expectation makes floats of its limits, so that a large decimal meets another limit than its own.
    min_value: str | None = None
    max_value: str | None = None
    map_metric = "column_values.arrow_within_limits"
    success_keys = ("min_value", "max_value", "mostly")


class ExpectColumnValuesToBeFinite(ColumnMapExpectation):
    """No value is NaN or infinite."""

    map_metric = "column_values.arrow_finite"


class ExpectColumnValuesFromSet(gxe.ExpectColumnValuesToBeInSet):
    """Every value is one of the set."""

    map_metric = "column_values.arrow_in_set"


class ExpectColumnValuesToMatchFully(gxe.ExpectColumnValuesToMatchRegex):
    """The whole of every value matches the pattern (RE2 syntax, as DuckDB reads it)."""

    map_metric = "column_values.arrow_full_match"


class ExpectColumnLengthsWithinLimits(gxe.ExpectColumnValueLengthsToBeBetween):
    """Every value has so many characters."""

    map_metric = "column_values.arrow_lengths"


class ExpectUniqueKey(gxe.ExpectColumnValuesToBeUnique):
    """No value stands twice; nulls count as equal."""

    map_metric = "column_values.arrow_unique"


class ExpectUniqueCompoundKey(gxe.ExpectCompoundColumnsToBeUnique):
    """No two rows have the same values in all key columns; nulls count as equal."""

    map_metric = "compound_columns.arrow_unique"


def _arrow(column: pd.Series) -> pa.ChunkedArray:
    return column.array.__arrow_array__()


def _condition(column: pd.Series, holds: pa.ChunkedArray) -> pd.Series:
    return pd.Series(pc.fill_null(holds, fill_value=True).to_numpy(), index=column.index)


def _is_unique(keys: pd.DataFrame) -> pd.Series:
    # Grouping ten million text keys costs 1.5 GB. Sorting their 64-bit hashes costs a tenth, and only rows that share
    # a hash (repeated keys, and about one accidental pair in 400,000 such batches) are compared as they are.
    hashes = _row_hashes(keys)
    ordered = np.sort(hashes)
    shared = ordered[1:][ordered[1:] == ordered[:-1]]
    is_unique = pd.Series(data=True, index=keys.index)
    if len(shared):
        suspects = np.isin(hashes, shared)
        is_unique[suspects] = ~keys[suspects].duplicated(keep=False)
    return is_unique


def _row_hashes(keys: pd.DataFrame) -> np.ndarray:
    table = pa.table({name: _arrow(column) for name, column in keys.items()})
    columns = ", ".join(f'"{name}"' for name in table.column_names)
    with open_engine() as engine:
        engine.register("keys", table)
        hashes = engine.execute(f"select hash({columns}) as key_hash from keys").to_arrow_table()
    return hashes["key_hash"].to_numpy()
