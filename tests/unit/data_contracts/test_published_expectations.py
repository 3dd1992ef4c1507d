"""Suites on published tables: a column keeps the promise of its name."""

from datetime import date
from decimal import Decimal

import pyarrow as pa
import pytest

from data_contracts.expectations import suite_for_published, validate_published

DAY = date(2026, 1, 5)
PUBLISHED = {
    "person_id": pa.array(["a", "b", "c"]),
    "as_of_date": pa.array([DAY] * 3, pa.date32()),
    "active_days_30d_count": pa.array([0, 3, None], pa.int64()),
    "churn_score": pa.array([0.0, 1.0, None], pa.float64()),
    "click_ratio": pa.array([Decimal("0.5"), None, Decimal(1)], pa.decimal128(9, 6)),
    "net_inflow_90d_cny": pa.array([Decimal("-5.00")] * 3, pa.decimal128(18, 2)),
}


def published_failures(**changed: pa.Array) -> tuple[str, ...]:
    return validate_published(
        "marts.dim_persons",
        [rows := pa.table(PUBLISHED | changed)],
        schema=rows.schema,
        key=("person_id", "as_of_date"),
        as_of_date=DAY,
        docs=None,
    ).failures


def test_a_clean_published_table_passes() -> None:
    assert published_failures() == ()


@pytest.mark.parametrize(
    ("column", "values", "sentence"),
    [
        ("person_id", pa.array(["a", None, "c"]), "column person_id: is never null"),
        ("person_id", pa.array(["a", "a", "c"]), "key (person_id, as_of_date): stands once"),
        ("active_days_30d_count", pa.array([-1, 0, 1]), "column active_days_30d_count: is within its limits"),
        ("churn_score", pa.array([0.5, 1.01, 0.1]), "column churn_score: is within its limits"),
        ("click_ratio", pa.array([Decimal("-0.1")] * 3), "column click_ratio: is within its limits"),
        ("net_inflow_90d_cny", pa.array([1, 2, 3]), "column types: are as promised"),
    ],
)
def test_a_published_column_that_breaks_its_name_fails(column: str, values: pa.Array, sentence: str) -> None:
    (found,) = published_failures(**{column: values})
    assert found.startswith(sentence)


def test_a_published_nan_or_an_empty_published_table_fails() -> None:
    assert published_failures(churn_score=pa.array([0.1, float("nan"), 0.2]))[0].startswith(
        "column churn_score: is finite"
    )
    empty = pa.table(PUBLISHED).slice(0, 0)
    verdict = validate_published(
        "marts.dim_persons", [empty], schema=empty.schema, key=("person_id",), as_of_date=DAY, docs=None
    )
    assert verdict.failures == ("row count: is not zero, observed 0, allowed at least 1",)
    assert len(suite_for_published("marts.dim_persons", empty.schema, key=("person_id",)).expectations) > 1


def test_parts_of_a_table_are_added_up() -> None:
    parts = [
        pa.table(PUBLISHED | {"active_days_30d_count": pa.array(counts, pa.int64())})
        for counts in ([0, -1, None], [5, 6, 7], [-2, -3, -4])
    ]
    verdict = validate_published(
        "marts.dim_persons",
        parts,
        schema=parts[0].schema,
        key=("person_id", "as_of_date"),
        as_of_date=DAY,
        docs=None,
    )
    (failure,) = verdict.failures
    assert failure.startswith("column active_days_30d_count: is within its limits")
    assert "observed 4 of 9 against it (-1; -2; -3)" in failure


def test_an_error_in_one_part_is_a_failure_of_the_whole() -> None:
    whole = pa.table(PUBLISHED)
    verdict = validate_published(
        "marts.dim_persons",
        [whole, whole.drop_columns(["churn_score"])],
        schema=whole.schema,
        key=("person_id", "as_of_date"),
        as_of_date=DAY,
        docs=None,
    )
    assert verdict.failures
    assert all("observed an error" in failure and "churn_score" in failure for failure in verdict.failures)
