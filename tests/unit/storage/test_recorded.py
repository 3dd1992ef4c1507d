"""What was decided stands: once published it is never written again, and a changed file is found."""

from __future__ import annotations

from datetime import date

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from storage.ledger import Ledger
from storage.recorded import RecordedRowsError, record, recorded_file, verified_files
from tests.unit.storage.nights import Nights

DAY = date(2026, 3, 1)
SCORES = "ml.churn_scores"
KEY = ("person_id", "as_of_date")


def scores(*people: str, score: float = 0.5, day: date = DAY) -> pa.Table:
    return pa.table({
        "person_id": pa.array(people, pa.string()),
        "churn_score": pa.array([score] * len(people), pa.float64()),
        "as_of_date": pa.array([day] * len(people), pa.date32()),
    })  # fmt: skip


def test_rows_are_found_again_in_the_order_of_their_key(nights: Nights) -> None:
    written = record(nights.home, nights.ledger, SCORES, scores("b", "a"), as_of_date=DAY, key=KEY)
    assert (written.row_count, written.is_final) == (2, False)
    (file,) = verified_files(nights.home, nights.ledger, SCORES)
    assert pq.read_table(file, partitioning=None)["person_id"].to_pylist() == ["a", "b"]


def test_the_same_rows_in_any_order_are_the_same_bytes(nights: Nights) -> None:
    first = record(nights.home, nights.ledger, SCORES, scores("a", "b"), as_of_date=DAY, key=KEY)
    second = record(nights.home, nights.ledger, SCORES, scores("b", "a"), as_of_date=DAY, key=KEY)
    assert first == second


def test_until_the_night_is_published_it_can_be_decided_anew(nights: Nights) -> None:
    record(nights.home, nights.ledger, SCORES, scores("a"), as_of_date=DAY, key=KEY)
    again = record(nights.home, nights.ledger, SCORES, scores("a", "b"), as_of_date=DAY, key=KEY)
    assert again.row_count == 2
    assert nights.ledger.recorded_dates(SCORES) == [again]
    assert len(verified_files(nights.home, nights.ledger, SCORES)) == 1


def test_afterwards_nothing_changes_it(nights: Nights) -> None:
    written = record(nights.home, nights.ledger, SCORES, scores("a"), as_of_date=DAY, key=KEY)
    nights.ledger.finalise_recorded()
    before = recorded_file(nights.home, SCORES, written).read_bytes()
    again = record(nights.home, nights.ledger, SCORES, scores("a", "b", score=0.9), as_of_date=DAY, key=KEY)
    assert (again.row_count, again.is_final) == (1, True)
    assert verified_files(nights.home, nights.ledger, SCORES)[0].read_bytes() == before


def test_the_ledger_itself_keeps_what_is_final(nights: Nights) -> None:
    written = record(nights.home, nights.ledger, SCORES, scores("a"), as_of_date=DAY, key=KEY)
    nights.ledger.finalise_recorded()
    nights.ledger.record_rows(SCORES, written)
    (kept,) = nights.ledger.recorded_dates(SCORES)
    assert kept.is_final


def test_nobody_at_all_is_a_decision_too(nights: Nights) -> None:
    written = record(nights.home, nights.ledger, SCORES, scores(), as_of_date=DAY, key=KEY)
    assert written.row_count == 0
    assert len(verified_files(nights.home, nights.ledger, SCORES)) == 1


def test_rows_of_another_date_and_repeated_keys_are_refused(nights: Nights) -> None:
    with pytest.raises(ValueError, match=r"ml\.churn_scores: 1 rows are not as of 2026-03-02"):
        record(nights.home, nights.ledger, SCORES, scores("a"), as_of_date=date(2026, 3, 2), key=KEY)
    with pytest.raises(ValueError, match="1 rows repeat the key person_id, as_of_date"):
        record(nights.home, nights.ledger, SCORES, scores("a", "a"), as_of_date=DAY, key=KEY)
    assert nights.ledger.recorded_dates(SCORES) == []


def test_a_changed_or_missing_file_is_named(nights: Nights) -> None:
    written = record(nights.home, nights.ledger, SCORES, scores("a"), as_of_date=DAY, key=KEY)
    file = recorded_file(nights.home, SCORES, written)
    file.write_bytes(file.read_bytes()[:-1] + b"\0")
    with pytest.raises(
        RecordedRowsError, match=r"as_of_date=2026-03-01/\w+\.parquet is not what was written"
    ):
        verified_files(nights.home, nights.ledger, SCORES)
    file.unlink()
    with pytest.raises(RecordedRowsError, match="is missing: restore it from a backup"):
        verified_files(nights.home, nights.ledger, SCORES)


def test_what_a_run_wrote_that_died_before_the_ledger_knew_does_not_count(
    nights: Nights, monkeypatch: pytest.MonkeyPatch
) -> None:
    class DiedError(RuntimeError):
        pass

    def die(*_: object) -> None:
        raise DiedError

    record(nights.home, nights.ledger, SCORES, scores("c"), as_of_date=DAY, key=KEY)
    with monkeypatch.context() as patched:
        patched.setattr(Ledger, "record_rows", die)
        with pytest.raises(DiedError):
            record(nights.home, nights.ledger, SCORES, scores("a", "b"), as_of_date=DAY, key=KEY)
    (file,) = verified_files(nights.home, nights.ledger, SCORES)
    assert pq.read_table(file, partitioning=None)["person_id"].to_pylist() == ["c"]
    record(nights.home, nights.ledger, SCORES, scores("a"), as_of_date=DAY, key=KEY)
    (file,) = verified_files(nights.home, nights.ledger, SCORES)
    assert [one.name for one in file.parent.iterdir()] == [file.name]
