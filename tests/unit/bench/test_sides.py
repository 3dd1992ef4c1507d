"""Both sides of the intake benchmark do the work they are compared for."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from bench.events import EventsFile
from bench.intake import Round, RowsDifferError, assert_same_work, compare
from bench.plain_side import copy_plainly
from bench.strict_side import ADDRESS, read_strictly
from data_contracts.contract import load_contracts
from storage.engine import EngineSettings
from tests.unit.bench.figures import comparison

CONTRACT = load_contracts()[ADDRESS]
SETTINGS = EngineSettings(threads=1, memory_limit="1GB")


def test_no_event_is_quarantined_and_every_copy_is_found(events: EventsFile, tmp_path: Path) -> None:
    facts = read_strictly(CONTRACT, events.packed, tmp_path, settings=SETTINGS)
    assert facts["rows_quarantined"] == 0
    assert facts["rows_read"] == facts["rows_counted"] == events.lines
    assert facts["rows_duplicate"] == events.repeated
    assert facts["rows_written"] == events.lines - events.repeated


def test_both_sides_write_the_same_columns_and_but_for_copies_the_same_rows(
    events: EventsFile, tmp_path: Path
) -> None:
    (tmp_path / "strict").mkdir()
    (tmp_path / "plain").mkdir()
    read_strictly(CONTRACT, events.packed, tmp_path / "strict", settings=SETTINGS)
    copy_plainly(CONTRACT, events.unpacked, tmp_path / "plain", memory_limit="1GB")
    # A mobile number is a keyed token on the strict side alone.
    strict, plain = (
        duckdb.read_parquet(str(tmp_path / side / "*.parquet")).project("* exclude (identity_mobile)")
        for side in ("strict", "plain")
    )
    assert dict(zip(strict.columns, strict.types, strict=True)) == dict(
        zip(plain.columns, plain.types, strict=True)
    )
    assert sorted(strict.fetchall(), key=repr) == sorted(plain.distinct().fetchall(), key=repr)


def test_a_comparison_runs_both_sides_in_turn_and_leaves_no_file(tmp_path: Path) -> None:
    said: list[str] = []
    found = compare(events=2_000, rounds=2, folder=tmp_path, say=said.append)
    assert [line.partition(":")[0] for line in said] == ["writing 2,000 events", "round 1", "round 2"]
    assert len(found.rounds) == 2
    assert min(found.rounds[0].ratio, found.rounds[1].ratio) <= found.ratio
    assert all(cost.peak_bytes > 50_000_000 for one in found.rounds for cost in (one.strict, one.plain))
    assert list(tmp_path.iterdir()) == []


def test_a_side_that_loses_a_row_stops_the_comparison() -> None:
    compared = comparison(strict_seconds=(3.0,), plain_seconds=(1.0,))
    good = compared.rounds[0]
    assert_same_work(compared.events, good)
    short = replace(good.plain, facts={**good.plain.facts, "rows_written": 999})
    with pytest.raises(RowsDifferError, match="written without a check 999, not 1,000"):
        assert_same_work(compared.events, Round(good.strict, short))
