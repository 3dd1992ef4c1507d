"""Demo nights: the whole demo brokerage taken in, published under the eyes of readers, run again, rebuilt.

Belongs here: the full-size home and the figures that need one. Does not belong here: speed (speed.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import duckdb

from demo.brokerage import write_days
from demo.world import World
from storage.home import Home
from tests.acceptance.figures import Figure, Stage
from tests.reliability.accounts import Account, account, differences, imbalances
from tests.reliability.holding import Holder
from tests.reliability.homes import FIRST_DAY, Ended, land, new_home, succeeded
from tests.reliability.polling import Reader

NAME = "demo"
COMMAND = "python -m tests.acceptance --only demo"
SEED = 1
WITHIN = 3_600


def measure(stage: Stage) -> Iterator[Figure]:
    """Land all days but one, publish, land the last, publish while readers hold and poll; then again, and anew."""
    world = World(seed=SEED, people=stage.size.people, first_day=FIRST_DAY, days=stage.size.days)
    landing = stage.folder / "landing"
    stage.say(f"writing {world.days} days of {world.people:,} people")
    write_days(landing, world=world, days=world.dates)
    home = new_home(stage.folder / "home")
    land(landing, home, world.dates[:-1])
    first = _run(stage, home, "nightly")
    land(landing, home, world.dates[-1:])
    yield _while_read(stage, home)
    held = account(home)
    wrong = imbalances(home, held)
    yield Figure(
        claim=f"every row of the demo ({world.people:,} people, {world.days} days) is accounted for",
        command=COMMAND,
        seed=str(SEED),
        measured=f"{held.rows_read:,} rows of {len(held.files):,} files, {len(wrong)} mismatches;"
        f" the night of all days but one took {first.seconds:.0f} s",
        is_met=not wrong,
    )
    yield _again(stage, home, held)
    yield _anew(stage, home, held)


def _while_read(stage: Stage, home: Home) -> Figure:
    before = _served(home)
    with closing(duckdb.connect(str(before / "lifecycle.duckdb"), read_only=True)) as here:
        table, rows = _largest_table(here)
        query = f"select * from {table} order by all"
        expected = here.execute(query).fetchall()
        with Holder(before / "lifecycle.duckdb", table) as elsewhere, Reader(home) as reader:
            elsewhere.counted()
            night = _run(stage, home, "nightly")
            is_kept = elsewhere.finish() == (rows, rows) and here.execute(query).fetchall() == expected
    is_new = _served(home) != before
    polls = reader.polls
    return Figure(
        claim="readers hold the published file open while the next night builds and publishes",
        command=COMMAND,
        seed=str(SEED),
        measured=f"night of {night.seconds:.0f} s; {rows:,} rows of {table} read the same before and after,"
        f" in this process and in another; {polls.looks:,} looks of a third, {polls.errors} errors",
        is_met=is_kept and is_new and polls.looks > 0 and polls.errors == 0,
    )


def _again(stage: Stage, home: Home, held: Account) -> Figure:
    served = _served(home)
    again = _run(stage, home, "nightly")
    changed = differences(account(home), held)
    return Figure(
        claim="`nightly` twice: no new version, every published Parquet file byte-identical",
        command=COMMAND,
        seed=str(SEED),
        measured=f"{len(held.published):,} Parquet files, {len(changed)} differences; {again.seconds:.1f} s",
        is_met=not changed and _served(home) == served,
    )


def _anew(stage: Stage, home: Home, held: Account) -> Figure:
    served = _served(home)
    rebuilt = _run(stage, home, "rebuild")
    is_same_version = _served(home) == served
    # Without its versions a home has nothing to link unchanged files from: every byte is written again.
    home.published.rename(home.root / "published_before")
    home.published.mkdir()
    _run(stage, home, "rebuild")
    changed = differences(account(home), held)
    return Figure(
        claim="`rebuild` from raw: no new version; with the published folder gone too, every byte the same",
        command=COMMAND,
        seed=str(SEED),
        measured=f"{len(held.published):,} Parquet files and {len(held.lake):,} lake files,"
        f" {len(changed)} differences; {rebuilt.seconds:.0f} s",
        is_met=is_same_version and not changed,
    )


def _run(stage: Stage, home: Home, *arguments: str) -> Ended:
    stage.say(f"lifecycle {' '.join(arguments)} (prints into {home.root / 'output.txt'})")
    ended = succeeded(home, *arguments, within=WITHIN)
    stage.say(f"lifecycle {' '.join(arguments)} took {ended.seconds:.0f} s")
    return ended


def _served(home: Home) -> Path:
    return (home.published / "current").resolve()


def _largest_table(connection: duckdb.DuckDBPyConnection) -> tuple[str, int]:
    found = connection.execute(
        "select schema_name || '.' || table_name, estimated_size from duckdb_tables() order by 2 desc, 1"
    ).fetchall()
    return found[0][0], len(connection.execute(f"select 1 from {found[0][0]}").fetchall())
