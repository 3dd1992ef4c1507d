"""Suites on lake batches: what is wrong is named, what is right passes, and nothing passes on nothing."""

import dataclasses
import random
import subprocess
import sys
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.dataset as pads
import pyarrow.parquet as pq
import pytest

from data_contracts.contract import load_contracts
from data_contracts.expectations import suite_for, validate_batch
from data_contracts.suite_runs import run_suite, verdict_of
from tests.unit.data_contracts.order_batches import CARD_TOKEN, DAY, ORDERS, batch, failures, with_value


def test_a_clean_batch_passes_every_expectation() -> None:
    verdict = validate_batch(ORDERS, batch(), {DAY: 40}, docs=None)
    assert verdict.passed
    assert verdict.failures == ()
    assert verdict.evaluated == len(suite_for(ORDERS).expectations)


def test_every_contract_of_ours_gives_a_suite_that_plausible_rows_pass() -> None:
    contracts = load_contracts()
    found = {
        address: validate_batch(contract, batch(contract, rows=200), {DAY: 200}, docs=None).failures
        for address, contract in contracts.items()
    }
    assert found == dict.fromkeys(contracts, ())


def test_an_empty_batch_fails() -> None:
    found = failures(batch(rows=0), per_day={})
    assert "row count: is not zero, observed 0, allowed at least 1" in found
    assert any(sentence.startswith("business dates: are there to be counted") for sentence in found)


def test_an_empty_batch_passes_where_the_contract_asks_for_no_rows() -> None:
    for minimum in (None, 0):
        sparse = dataclasses.replace(ORDERS, rows_per_day_minimum=minimum)
        assert failures(batch(rows=0), sparse, per_day={}) == ()


@pytest.mark.parametrize("column", ["order_id", "ordered_at", "status", "amount_cny", "card"])
def test_an_all_null_column_fails_where_nulls_are_limited(column: str) -> None:
    found = failures(batch(**{column: [None] * 40}))
    assert any(sentence.startswith(f"column {column}: is ") for sentence in found)


def test_a_null_in_a_required_column_fails_and_is_counted() -> None:
    assert failures(with_value("status", None)) == (
        "column status: is never null, observed 1 of 40 against it, allowed no nulls",
    )


def test_a_share_of_nulls_passes_up_to_its_limit_and_fails_beyond() -> None:
    amounts = [Decimal(1)] * 28 + [None] * 12
    assert failures(batch(amount_cny=amounts)) == ()
    assert failures(batch(amount_cny=[*amounts[1:], None])) == (
        "column amount_cny: is filled (share of rows with a value), observed 0.675, allowed at least 0.7",
    )


def test_what_a_source_has_nothing_for_may_be_empty_unless_it_is_required() -> None:
    empty = batch(amount_cny=[None] * 40, status=[None] * 40)
    verdict = validate_batch(ORDERS, empty, {DAY: 40}, docs=None, unfed={"amount_cny", "status"})
    assert verdict.failures == (
        "column status: is never null, observed 40 of 40 against it, allowed no nulls",
    )


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_a_number_that_is_not_finite_fails_although_it_is_no_null(value: float) -> None:
    found = failures(with_value("discount_ratio", value))
    assert found[0] == (
        f"column discount_ratio: is finite, observed 1 of 40 against it ({value}), allowed no NaN, no infinity"
    )


def test_a_repeated_key_fails_and_is_shown() -> None:
    ids, lines = (batch()[name].to_pylist() for name in ORDERS.key)
    ids[7], lines[7] = ids[2], lines[2]
    (found,) = failures(batch(order_id=ids, line_no=lines))
    assert found == (
        "key (order_id, line_no): stands once, observed 2 of 40 against it (order_id='text 2' line_no=3),"
        " allowed no repeated key"
    )


def test_a_repeated_key_is_found_across_columns_types_and_nulls() -> None:
    single = dataclasses.replace(ORDERS, key=("shipped_on",))
    days = [DAY + timedelta(days=row) for row in range(38)]
    assert failures(batch(shipped_on=[*days, None, None]), single)[0].startswith(
        "key (shipped_on): stands once"
    )
    assert failures(batch(shipped_on=[*days, None, date(9999, 1, 1)]), single) == ()


def test_a_table_without_its_own_business_date_may_repeat_its_key_each_day() -> None:
    daily = dataclasses.replace(ORDERS, business_date=None, key=("order_id",))
    first = batch(daily)
    second = first.set_column(
        first.schema.get_field_index("business_date"),
        "business_date",
        pa.array([DAY + timedelta(days=1)] * 40),
    )
    per_day = {DAY: 40, DAY + timedelta(days=1): 40}
    assert failures(pa.concat_tables([first, second]), daily, per_day) == ()
    assert failures(pa.concat_tables([first, first]), daily, per_day)[0].startswith(
        "key (order_id, business_date)"
    )


def test_an_unknown_enum_value_fails_with_the_values_allowed() -> None:
    assert failures(with_value("status", "Paid")) == (
        "column status: has known values, observed 1 of 40 against it ('Paid'), allowed open, paid",
    )


@pytest.mark.parametrize(
    ("column", "bad", "sentence"),
    [
        (
            "line_no",
            0,
            "column line_no: is within its limits, observed 1 of 40 against it (0), allowed 1 to 99",
        ),
        (
            "ordered_at",
            datetime.fromisoformat("2019-12-31 23:59:00"),
            "(2019-12-31 23:59:00), allowed at least 2020-01-01 00:00:00",
        ),
        ("shipped_on", date(2019, 12, 31), "(2019-12-31), allowed 2020-01-01 to 9999-12-31"),
        ("amount_cny", Decimal("0.00"), "against it (0.00), allowed 0.01 to 999999999999.99"),
        (
            "amount_cny",
            Decimal("1000000000000.00"),
            "against it (1000000000000.00), allowed 0.01 to 999999999999.99",
        ),
        ("discount_ratio", 1.5, "against it (1.5), allowed 0 to 1"),
    ],
)
def test_a_value_beyond_a_limit_fails_exactly(column: str, bad: object, sentence: str) -> None:
    (found,) = failures(with_value(column, bad))
    assert found.endswith(sentence)


def test_limits_are_compared_exactly_where_floats_would_not_see_the_difference() -> None:
    wide = tuple(
        dataclasses.replace(f, type="DECIMAL(20,4)", minimum="9999999999999999.0001", maximum=None)
        if f.name == "amount_cny"
        else f
        for f in ORDERS.fields
    )
    exact = dataclasses.replace(ORDERS, fields=wide)
    below, equal = Decimal("9999999999999999.0000"), Decimal("9999999999999999.0001")
    assert failures(batch(exact, amount_cny=[equal] * 40), exact) == ()
    assert (
        "observed 1 of 40 against it" in failures(batch(exact, amount_cny=[below] + [equal] * 39), exact)[0]
    )


@pytest.mark.parametrize("value", [date(9999, 12, 31), date(2020, 1, 1), None])
def test_a_date_at_its_limit_or_absent_passes(value: date | None) -> None:
    assert failures(with_value("shipped_on", value)) == ()


def test_a_text_of_the_wrong_length_or_pattern_fails() -> None:
    assert "has the right length" in failures(with_value("order_id", "x"))[0]
    for text in ("600000.SH\n", "x600000.SH", "600000"):
        assert "column security_code: matches its pattern" in failures(with_value("security_code", text))[0]


def test_a_token_is_not_held_against_the_limits_of_what_it_replaced_and_is_never_shown(
    tmp_path: Path,
) -> None:
    assert failures(batch()) == ()
    secret = dataclasses.replace(ORDERS, key=("card", "line_no"))
    repeated = batch(line_no=[1] * 40)
    verdict = validate_batch(secret, repeated, {DAY: 40}, docs=tmp_path)
    assert verdict.failures == (
        "key (card, line_no): stands once, observed 40 of 40 against it, allowed no repeated key",
    )
    assert all(CARD_TOKEN not in page.read_text() for page in tmp_path.rglob("*.[hj]*"))


def test_too_few_and_too_many_rows_of_a_day_fail_with_the_day() -> None:
    per_day = {date(2026, 1, 6): 4, DAY: 40, date(2026, 1, 7): 1001}
    (found,) = failures(batch(), per_day=per_day)
    assert found == (
        "rows per day: is within its limits, observed 2 of 3 against it"
        " (rows_per_day=4 business_date=2026-01-06; rows_per_day=1001 business_date=2026-01-07), allowed 5 to 1000"
    )


def test_missing_unknown_and_disordered_columns_fail() -> None:
    renamed = batch().rename_columns([name.replace("labels", "tags") for name in batch().column_names])
    found = failures(renamed)
    assert (
        "columns: are those of the contract, in its order, observed without labels and with the unknown tags"
        in found[0]
    )
    names = batch().column_names
    (found_order,) = failures(batch().select([*names[1:], names[0]]))
    assert found_order.startswith(
        "columns: are those of the contract, in its order, observed another order: line_no"
    )


def test_a_column_of_another_type_fails() -> None:
    as_double = batch().set_column(4 + 2, "amount_cny", pa.array([1.0] * 40, pa.float64()))
    (found,) = failures(as_double)
    assert found.startswith(
        "column types: are as promised, observed 1 of 12 against it ('amount_cny DOUBLE')"
    )


def test_an_expectation_that_raises_counts_as_a_failure() -> None:
    unreadable = dataclasses.replace(
        ORDERS,
        fields=tuple(
            dataclasses.replace(f, minimum="many") if f.name == "line_no" else f for f in ORDERS.fields
        ),
    )
    (found,) = failures(batch(), unreadable)
    assert found.startswith("column line_no: is within its limits, observed an error (")
    missing = failures(batch().drop_columns(["order_id"]))
    assert any("column order_id: is never null, observed an error (" in sentence for sentence in missing)


def test_a_suite_without_expectations_fails() -> None:
    suite = suite_for(ORDERS)
    suite.expectations = []
    result = run_suite(suite, [batch()], aside={})
    verdict = verdict_of(result)
    assert not result.success
    assert (verdict.passed, verdict.failures, verdict.evaluated) == (
        False,
        ("no expectation was evaluated",),
        0,
    )


def test_a_batch_read_from_files_a_few_columns_at_a_time_has_the_same_verdict(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    faulty = with_value("status", "Paid")
    for day in range(3):
        pq.write_table(faulty.slice(day * 10, 20 if day == 2 else 10), tmp_path / f"{day}.parquet")
    whole = validate_batch(ORDERS, faulty, {DAY: 40}, docs=None)
    monkeypatch.setattr("data_contracts.suite_runs._CELLS_PER_FRAME", 80)
    cut = validate_batch(ORDERS, pads.dataset(tmp_path), {DAY: 40}, docs=None)
    assert whole.failures
    assert sorted(cut.failures) == sorted(whole.failures)
    assert cut.evaluated == whole.evaluated


Fault = Callable[[random.Random], pa.Table]


def _spoiled(column: str, value: object) -> Fault:
    return lambda chance: with_value(column, value, row=chance.randrange(40))


def _repeated_row(chance: random.Random) -> pa.Table:
    row = chance.randrange(39)
    return pa.concat_tables([batch(rows=39), batch(rows=39).slice(row, 1)])


FAULTS: tuple[Fault, ...] = (
    _spoiled("order_id", None),
    _spoiled("order_id", "x" * 13),
    _spoiled("line_no", 100),
    _spoiled("status", "已付"),
    _spoiled("amount_cny", Decimal("-0.01")),
    _spoiled("discount_ratio", float("nan")),
    _spoiled("security_code", "600000.sh"),
    _repeated_row,
    lambda chance: batch(rows=chance.randrange(1, 5)),
    lambda chance: batch(card=sorted([CARD_TOKEN, *[None] * 39], key=lambda _: chance.random())),
)


@pytest.mark.parametrize("seed", range(10))
def test_a_seeded_fault_is_stopped_and_the_clean_batch_beside_it_is_not(seed: int) -> None:
    chance = random.Random(seed)
    faulty = FAULTS[seed](chance)
    clean = batch(rows=chance.randrange(5, 80))
    assert failures(faulty)
    assert failures(clean) == ()


def test_importing_the_module_does_not_import_great_expectations() -> None:
    code = "import sys, data_contracts.expectations; sys.exit('great_expectations' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
