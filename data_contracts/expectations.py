"""What a batch must look like: Great Expectations suites from contracts, for lake tables and for published ones.

Belongs here: which expectations follow from a contract, and from the naming rules for published tables.
Does not belong here: single rows (reader.py), running a suite (suite_runs.py), pages (data_docs.py).

Great Expectations passes on nothing: an empty batch, an all-null column and NaN satisfy every expectation about
values. So each suite demands rows, the nulls allowed at most, and finite numbers beside what it says of values.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from data_contracts import expectation_terms as terms
from data_contracts.contract import Contract, Field
from data_contracts.data_docs import write_page
from data_contracts.suite_runs import BatchVerdict, Rows, project, run_suite, verdict_of

if TYPE_CHECKING:
    import great_expectations as gx
    from great_expectations.expectations.expectation import Expectation

__all__ = ["BatchVerdict", "suite_for", "suite_for_published", "validate_batch", "validate_published"]

_TYPE_NAMES = {
    pa.string(): "VARCHAR", pa.large_string(): "VARCHAR", pa.int64(): "BIGINT", pa.uint64(): "UBIGINT",
    pa.float64(): "DOUBLE", pa.bool_(): "BOOLEAN", pa.date32(): "DATE", pa.timestamp("us"): "TIMESTAMP",
}  # fmt: skip


def validate_batch(
    contract: Contract,
    rows: Rows,
    rows_per_day: Mapping[date, int],
    *,
    docs: Path | None,
    unfed: Collection[str] = (),
) -> BatchVerdict:
    """Judge a batch of lake rows by the suite of its contract.

    `rows` is an Arrow table, or a dataset over lake files, which is read a few columns at a time. `rows_per_day`
    counts the rows of each business date of the batch. With `docs` the result becomes a page of the data docs,
    named by table and dates. `unfed` are fields that a source of the batch has nothing for.
    """
    aside = {"layout": rows.schema.empty_table(), "types": _types(rows.schema), "days": _days(rows_per_day)}
    result = run_suite(suite_for(contract, unfed=unfed), [rows], aside=aside)
    verdict = verdict_of(result)
    if docs is not None:
        write_page(docs, result, verdict, dates=tuple(rows_per_day))
    return verdict


def validate_published(
    name: str,
    parts: Iterable[Rows],
    *,
    schema: pa.Schema,
    key: Sequence[str],
    as_of_date: date,
    docs: Path | None,
) -> BatchVerdict:
    """Judge the rows of a published table ("marts.fct_daily_activity") by what its column names promise.

    The rows come in parts that share no key, one of which is in memory at a time. With `docs` the result becomes a
    page of the data docs, named by table and `as_of_date`.
    """
    result = run_suite(suite_for_published(name, schema, key=key), parts, aside={"money": _money(schema)})
    verdict = verdict_of(result)
    if docs is not None:
        write_page(docs, result, verdict, dates=(as_of_date,))
    return verdict


def suite_for(contract: Contract, *, unfed: Collection[str] = ()) -> gx.ExpectationSuite:
    """Return the suite of a contract's lake table: layout, volume, nulls, key, and the values of stored fields.

    Of `unfed` fields any share may be null; a required one is never null all the same.
    """
    stored = [field for field in contract.fields if field.classification != "C3"]
    columns = {field.name: field.type for field in stored}
    columns.setdefault("business_date", "DATE")
    columns |= {"delivery_date": "DATE"}
    # A table without a business date of its own says everything anew each day.
    key = contract.key if contract.business_date else (*contract.key, "business_date")
    is_secret = any(field.classification == "C2" for field in stored if field.name in key)
    expectations = [terms.columns_in_order(tuple(columns)), terms.typed(columns, batch="types")]
    expectations += _volume(contract)
    expectations.append(terms.unique_key(key, secret=is_secret))
    for field in stored:
        expectations += _field(field, may_be_empty=field.name in unfed)
    return _suite(contract.address, expectations)


def suite_for_published(name: str, schema: pa.Schema, *, key: Sequence[str]) -> gx.ExpectationSuite:
    """Return the suite of a published table, whose column names say what they hold.

    At least one row; key columns never null and together unique; `_ratio` and `_score` within 0 and 1; `_count` not
    negative; `_cny` a decimal; every floating-point number finite.
    """
    expectations = [terms.some_rows(), terms.unique_key(key), *map(terms.never_null, key)]
    for column in schema:
        if pa.types.is_floating(column.type):
            expectations.append(terms.finite(column.name))
        if column.name.endswith(("_ratio", "_score")):
            expectations.append(terms.within(column.name, "0", "1"))
        if column.name.endswith("_count"):
            expectations.append(terms.within(column.name, "0", None))
    money = [column for column in schema.names if column.endswith("_cny")]
    if money:
        expectations.append(terms.typed(dict.fromkeys(money, "DECIMAL"), batch="money"))
    return _suite(name, expectations)


def _suite(name: str, expectations: Sequence[Expectation]) -> gx.ExpectationSuite:
    import great_expectations as gx

    project()  # A suite belongs to the project of its process.
    return gx.ExpectationSuite(name=name, expectations=list(expectations))


def _volume(contract: Contract) -> Iterator[Expectation]:
    low, high = contract.rows_per_day_minimum, contract.rows_per_day_maximum
    if low:
        yield terms.some_rows()
        yield terms.some_days()
    if low or high is not None:
        yield terms.rows_per_day(low, high)


def _field(field: Field, *, may_be_empty: bool) -> Iterator[Expectation]:
    """Yield what the batch must show of one stored field.

    Of a C2 field only the nulls: its limits hold for the value that the token replaced.
    """
    if field.required:
        yield terms.never_null(field.name)
    if field.null_ratio_max is not None and not may_be_empty:
        yield terms.null_ratio(field.name, field.null_ratio_max)
    if field.type == "DOUBLE":
        yield terms.finite(field.name)
    if field.classification != "C1":
        return
    if field.enum:
        yield terms.in_set(field.name, field.enum)
    if field.minimum is not None or field.maximum is not None:
        yield terms.within(field.name, field.minimum, field.maximum)
    if field.pattern is not None:
        yield terms.full_match(field.name, field.pattern)
    if field.min_length is not None or field.max_length is not None:
        yield terms.lengths(field.name, field.min_length, field.max_length)


def _days(rows_per_day: Mapping[date, int]) -> pa.Table:
    days = sorted(rows_per_day.items())
    return pa.table(
        {
            "business_date": pa.array([day for day, _ in days], pa.date32()),
            "rows_per_day": pa.array([count for _, count in days], pa.int64()),
        }
    )


def _types(schema: pa.Schema) -> pa.Table:
    return _texts(f"{column.name} {_type_name(column.type)}" for column in schema)


def _money(schema: pa.Schema) -> pa.Table:
    money = (column for column in schema if column.name.endswith("_cny"))
    return _texts(f"{column.name} {_type_name(column.type).split('(')[0]}" for column in money)


def _texts(texts: Iterator[str]) -> pa.Table:
    return pa.table({"column_type": pa.array(list(texts), pa.string())})


def _type_name(kind: pa.DataType) -> str:
    """Return the name that DuckDB has for an Arrow type, or Arrow's own name for a type that no contract uses."""
    if pa.types.is_decimal(kind):
        return f"DECIMAL({kind.precision},{kind.scale})"
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return f"{_type_name(kind.value_type)}[]"
    return _TYPE_NAMES.get(kind, str(kind))
