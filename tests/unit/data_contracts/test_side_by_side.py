"""Work side by side: results in order, errors heard, every thread with a cursor of its own."""

from __future__ import annotations

import threading

import duckdb
import pytest

from data_contracts.side_by_side import side_by_side


def _with_threads(count: int) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(":memory:", config={"threads": count})
    connection.execute("create table numbers as select range as number from range(1000)")
    return connection


def _sum_below(cursor: duckdb.DuckDBPyConnection, limit: int) -> int:
    row = cursor.execute(f"select coalesce(sum(number), 0) from numbers where number < {limit}").fetchone()
    assert row is not None
    return int(row[0])


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_results_come_in_the_order_of_the_items(threads: int) -> None:
    limits = range(0, 1000, 7)
    found = list(side_by_side(_with_threads(threads), _sum_below, limits))
    assert found == [sum(range(limit)) for limit in limits]


def test_as_many_run_at_a_time_as_the_engine_has_threads() -> None:
    both_are_here = threading.Barrier(2, timeout=20)

    def meet(cursor: duckdb.DuckDBPyConnection, _item: int) -> int:
        both_are_here.wait()
        return id(cursor)

    assert len(set(side_by_side(_with_threads(2), meet, [1, 2]))) == 2


def test_an_error_is_raised_and_what_has_not_begun_does_not_begin() -> None:
    begun: list[int] = []
    goes_on = threading.Event()

    def fail_at_first(_cursor: duckdb.DuckDBPyConnection, item: int) -> None:
        begun.append(item)
        if item == 0:
            raise OSError("the disk is full")
        goes_on.wait(timeout=0.05)

    with pytest.raises(OSError, match="the disk is full"):
        list(side_by_side(_with_threads(2), fail_at_first, range(1000)))
    assert len(begun) < 1000


def test_temporary_tables_of_two_items_do_not_meet() -> None:
    def through_a_table(cursor: duckdb.DuckDBPyConnection, limit: int) -> int:
        cursor.execute(
            f"create or replace temp table below as select number from numbers where number < {limit}"
        )
        row = cursor.execute("select count(*) from below").fetchone()
        assert row is not None
        return int(row[0])

    limits = [number % 11 for number in range(200)]
    assert list(side_by_side(_with_threads(2), through_a_table, limits)) == limits
