"""Readers who hold what is published are neither disturbed by the next night nor in its way."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path

import duckdb
import pytest

from storage.home import Home
from tests.reliability.accounts import account, differences
from tests.reliability.holding import Holder
from tests.reliability.homes import Nights, run
from tests.reliability.polling import Reader


@pytest.mark.timeout(600)
def test_a_reader_keeps_its_snapshot_while_the_next_night_builds_and_publishes(
    nights: Nights, tmp_path: Path
) -> None:
    home = nights.fresh(tmp_path / "home", is_first_night=False)
    database = _served(home)
    table, rows = _largest_table(database.parent)
    query = f"select * from {table} order by all"
    with (
        closing(duckdb.connect(str(database), read_only=True)) as here,
        Holder(database, table) as elsewhere,
        Reader(home) as reader,
    ):
        assert elsewhere.counted() == rows
        here.execute("begin transaction")
        before = here.execute(query).fetchall()
        cursor = here.cursor().execute(query)
        begun = cursor.fetchmany(1)

        night = run(home, "nightly")
        assert night.code == 0, night.output

        assert begun + cursor.fetchall() == before
        assert here.execute(query).fetchall() == before
        assert elsewhere.finish() == (rows, rows)
        assert _served(home) != database
        with closing(duckdb.connect(str(_served(home)), read_only=True)) as new:
            after = new.execute(query).fetchall()
        assert after != before
        assert len(after) == _largest_table(_served(home).parent)[1]
    assert reader.polls.errors == 0, reader.polls.examples
    assert reader.polls.versions == [database.parent.name, _served(home).parent.name]
    assert differences(account(home), account(nights.reference)) == []


def _served(home: Home) -> Path:
    return (home.published / "current").resolve() / "lifecycle.duckdb"


def _largest_table(version: Path) -> tuple[str, int]:
    """Return the published table with the most rows, of those that the database holds whole."""
    content = json.loads((version / "manifest.json").read_text(encoding="utf-8"))["content"]
    tables = {address: table for address, table in content["tables"].items() if not table["is_thinned"]}
    name = max(tables, key=lambda address: (tables[address]["rows"], address))
    return name, tables[name]["rows"]
