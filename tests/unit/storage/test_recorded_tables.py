"""What was decided stands in the build file, also in a new one; what a failed night decided does not."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import date

import duckdb
import pytest

from storage.engine import connect
from storage.recorded import RecordedRowsError, recorded_file
from storage.recorded_tables import RecordedTable, is_final, keep, restore_tables
from tests.unit.storage.nights import Nights

FIRST, SECOND = date(2026, 3, 1), date(2026, 3, 2)
SCORES = RecordedTable(
    schema="ml",
    name="scores",
    columns={"person_id": "varchar", "score": "double", "reason_type": "varchar", "as_of_date": "date"},
    key=("as_of_date", "person_id"),
    is_thinned=False,
    description="One row per as_of_date and person.",
)


@pytest.fixture
def connection(nights: Nights) -> Iterator[duckdb.DuckDBPyConnection]:
    with closing(connect(nights.home.warehouse)) as opened:
        restore_tables(opened, nights.home, nights.ledger, [SCORES])
        yield opened


def decide(nights: Nights, connection: duckdb.DuckDBPyConnection, day: date, score: float) -> None:
    rows = connection.sql(
        f"select 'b' as person_id, {score} as score, null as reason_type union all select 'a', 0, 'x'"
    )
    keep(connection, nights.home, nights.ledger, SCORES, rows, as_of_date=day)


def stored(connection: duckdb.DuckDBPyConnection) -> list[tuple[object, ...]]:
    return connection.sql("select person_id, score, as_of_date from ml.scores order by all").fetchall()


def test_a_decision_is_in_the_table_and_in_the_file(
    nights: Nights, connection: duckdb.DuckDBPyConnection
) -> None:
    decide(nights, connection, FIRST, 0.5)
    assert stored(connection) == [("a", 0.0, FIRST), ("b", 0.5, FIRST)]
    assert [one.row_count for one in nights.ledger.recorded_dates("ml.scores")] == [2]
    assert not is_final(nights.ledger, SCORES, FIRST)


def test_deciding_again_before_publication_replaces_and_afterwards_changes_nothing(
    nights: Nights, connection: duckdb.DuckDBPyConnection
) -> None:
    decide(nights, connection, FIRST, 0.5)
    decide(nights, connection, FIRST, 0.75)
    assert ("b", 0.75, FIRST) in stored(connection)
    nights.ledger.finalise_recorded()
    decide(nights, connection, FIRST, 0.25)
    assert ("b", 0.75, FIRST) in stored(connection)
    assert is_final(nights.ledger, SCORES, FIRST)


def test_a_new_build_file_has_all_that_is_final_and_nothing_else(
    nights: Nights, connection: duckdb.DuckDBPyConnection
) -> None:
    decide(nights, connection, FIRST, 0.5)
    nights.ledger.finalise_recorded()
    decide(nights, connection, SECOND, 0.9)
    connection.execute("drop table ml.scores")
    restore_tables(connection, nights.home, nights.ledger, [SCORES])
    assert stored(connection) == [("a", 0.0, FIRST), ("b", 0.5, FIRST)]
    assert [one.as_of_date for one in nights.ledger.recorded_dates("ml.scores")] == [FIRST]


def test_the_next_night_forgets_what_a_failed_one_decided(
    nights: Nights, connection: duckdb.DuckDBPyConnection
) -> None:
    decide(nights, connection, FIRST, 0.5)
    nights.ledger.finalise_recorded()
    decide(nights, connection, SECOND, 0.9)
    (draft,) = [one for one in nights.ledger.recorded_dates("ml.scores") if not one.is_final]
    restore_tables(connection, nights.home, nights.ledger, [SCORES])
    assert stored(connection) == [("a", 0.0, FIRST), ("b", 0.5, FIRST)]
    assert not recorded_file(nights.home, "ml.scores", draft).exists()


def test_a_new_build_file_is_not_made_of_a_changed_decision(
    nights: Nights, connection: duckdb.DuckDBPyConnection
) -> None:
    decide(nights, connection, FIRST, 0.5)
    nights.ledger.finalise_recorded()
    (known,) = nights.ledger.recorded_dates("ml.scores")
    recorded_file(nights.home, "ml.scores", known).write_bytes(b"")
    connection.execute("drop table ml.scores")
    with pytest.raises(RecordedRowsError, match="is not what was written"):
        restore_tables(connection, nights.home, nights.ledger, [SCORES])


def test_rows_of_another_shape_are_refused(nights: Nights, connection: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(ValueError, match="no columns score, reason_type"):
        keep(
            connection,
            nights.home,
            nights.ledger,
            SCORES,
            connection.sql("select 'a' as person_id"),
            as_of_date=FIRST,
        )
    rows = connection.sql("select 'a' as person_id, 'much' as score, null as reason_type")
    with pytest.raises(duckdb.ConversionException):
        keep(connection, nights.home, nights.ledger, SCORES, rows, as_of_date=FIRST)
