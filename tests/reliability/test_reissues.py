"""A day emptied by a re-issue is empty in every table, and the home is one that never had its rows."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from data_contracts.contract import load_contracts
from storage.home import Home
from tests.reliability.accounts import Account, account, differences, sha256, warehouse_differences
from tests.reliability.homes import WORLD, Nights, copied, land, new_home, run, succeeded

FIRST_DAY, DAY, LAST_DAY = WORLD.dates
STRANGER = "X-STRANGER"
# What may be empty on a day, and so can be emptied; of what comes daily one row of a stranger is left.
EMPTIED = {
    "broker.cash_flows": DAY,
    "broker.trades": DAY,
    "marketing.touches": DAY,
    "broker.consents": FIRST_DAY,
    "opening.attempts": FIRST_DAY,
    "opening.steps": FIRST_DAY,
}
LEFT_TO_A_STRANGER = {"app.events": DAY, "broker.daily_assets": DAY}
NODE_DAYS = "intermediate.int_node_days__rolled_up"
NOT_THE_STRANGER = f"node_id <> 'device:{STRANGER}'"
# Where the facts of these feeds stand in the warehouse: what is counted there, and of which day.
FACTS = {
    "opening.steps": ("count(*) from intermediate.int_opening_steps__tried", FIRST_DAY),
    "opening.attempts": ("count(*) from intermediate.int_opening_attempts__changed", FIRST_DAY),
    "broker": (
        f"count(nullif(customer_id, '{STRANGER}')) from intermediate.int_customer_days__rolled_up",
        DAY,
    ),
    "app.events": (f"coalesce(sum(events_count) filter ({NOT_THE_STRANGER}), 0) from {NODE_DAYS}", DAY),
}
COMPARED = ("published", "content_sha256", "lake", "waiting")


@dataclass(frozen=True)
class Emptied:
    """Two homes of the same three days: one had the day's rows and was told to forget them, one never had them."""

    told: Home
    never: Home


@pytest.fixture(scope="module")
def emptied(nights: Nights, tmp_path_factory: pytest.TempPathFactory) -> Emptied:
    folder = tmp_path_factory.mktemp("emptied")
    told = copied(nights.reference, folder / "told")
    empty_days(told)
    succeeded(told, "nightly")
    never = new_home(folder / "never")
    land(nights.landing, never, WORLD.dates)
    empty_days(never)
    succeeded(never, "nightly")
    return Emptied(told, never)


@pytest.mark.timeout(600)
def test_a_day_emptied_by_a_reissue_leaves_no_fact_of_it_in_any_table_of_the_warehouse(
    nights: Nights, emptied: Emptied
) -> None:
    assert all(facts(nights.reference).values())
    # What a later delivery brought of the day was not withdrawn.
    assert facts(emptied.told) == {
        **dict.fromkeys(FACTS, 0),
        "app.events": late_events(emptied.told),
    }
    assert warehouse_differences(emptied.told, emptied.never) == []


@pytest.mark.timeout(600)
def test_what_is_published_then_is_byte_for_byte_that_of_a_home_which_never_had_the_rows(
    nights: Nights, emptied: Emptied
) -> None:
    assert unlike(account(emptied.told), account(emptied.never)) == []
    assert unlike(account(emptied.told), account(nights.reference)) != []
    assert "Every byte" in succeeded(emptied.told, "verify").output


@pytest.mark.timeout(600)
def test_daily_feeds_without_a_row_stop_the_night(nights: Nights, tmp_path: Path) -> None:
    home = copied(nights.reference, tmp_path / "home")
    before = account(home)
    for address in LEFT_TO_A_STRANGER:
        reissue(delivery(home, address, LAST_DAY), version=2, change=without_rows)
    stopped = run(home, "nightly")
    assert stopped.code == 1, stopped.output
    for address in LEFT_TO_A_STRANGER:
        assert f"raw/{address.replace('.', '/')}: expectations: " in stopped.output
    assert account(home).published == before.published


def unlike(found: Account, expected: Account) -> list[str]:
    """Return in what two homes differ; a replaced issue stays in the ledger, and its bad rows in quarantine."""
    return [one for one in differences(found, expected) if one.startswith(COMPARED)]


def facts(home: Home) -> dict[str, int]:
    """Return how many facts stand in the warehouse of each feed's day, the stranger's left aside."""
    with closing(duckdb.connect(str(home.warehouse), read_only=True)) as connection:
        return {
            name: connection.execute(f"select {what} where business_date = ?", [day]).fetchall()[0][0]
            for name, (what, day) in FACTS.items()
        }


def late_events(home: Home) -> int:
    """Return how many events of DAY a later delivery brought."""
    file = home.lake / "app" / "events" / f"business_date={DAY}" / "rows.parquet"
    rows = pq.read_table(file, columns=["delivery_date", "record_type"]).to_pylist()
    return sum(row["delivery_date"] > DAY and row["record_type"] in ("track", "track_signup") for row in rows)


def empty_days(home: Home) -> None:
    """Land a second issue without rows of each feed that may be empty, with one row of the others."""
    contracts = load_contracts()
    for address, day in EMPTIED.items():
        assert contracts[address].rows_per_day_minimum is None
        reissue(delivery(home, address, day), version=2, change=without_rows)
    for address, day in LEFT_TO_A_STRANGER.items():
        assert contracts[address].rows_per_day_minimum
        reissue(delivery(home, address, day), version=2, change=with_a_stranger)


def delivery(home: Home, address: str, day: date) -> Path:
    return home.landing / address.replace(".", "/") / day.isoformat()


def data_files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if not path.name.startswith("_"))


def reissue(folder: Path, *, version: int, change: Callable[[Path], None]) -> None:
    """Replace a delivery by a new issue: its first file changed, its other files gone."""
    first, *others = data_files(folder)
    for path in others:
        path.unlink()
    change(first)
    declare(folder, version=version)


def declare(folder: Path, *, version: int) -> None:
    """Write the control file of an issue made on the next morning."""
    produced_at = f"{date.fromisoformat(folder.name) + timedelta(days=1)}T08:30:00+08:00"
    files = [
        {"name": path.name, "rows": rows_of(path), "sha256": sha256(path)} for path in data_files(folder)
    ]
    control = {"produced_at": produced_at, "version": version, "files": files}
    (folder / "_control.json").write_text(json.dumps(control), encoding="utf-8")


def rows_of(path: Path) -> int:
    if path.suffix == ".parquet":
        return pq.read_metadata(path).num_rows
    lines = len(text_of(path).splitlines())
    return lines - 1 if ".csv" in path.suffixes else lines


def text_of(path: Path) -> str:
    content = path.read_bytes()
    return (gzip.decompress(content) if path.suffix == ".gz" else content).decode()


def write_text(path: Path, text: str) -> None:
    path.write_bytes(gzip.compress(text.encode(), mtime=0) if path.suffix == ".gz" else text.encode())


def without_rows(path: Path) -> None:
    """Leave of a file what says that there is no row: a schema, a header, nothing."""
    if path.suffix == ".parquet":
        pq.write_table(pq.read_table(path).slice(0, 0), path)
    else:
        write_text(path, text_of(path).splitlines(keepends=True)[0] if ".csv" in path.suffixes else "")


def with_a_stranger(path: Path) -> None:
    """Leave in a file one row of somebody whom no other delivery knows."""
    if path.suffix == ".parquet":
        row = pq.read_table(path).slice(0, 1)
        column = row.schema.get_field_index("client_id")
        pq.write_table(row.set_column(column, row.schema.field(column), pa.array([STRANGER])), path)
        return
    noon = datetime.fromisoformat(f"{DAY}T12:00:00+08:00")
    record = {
        "type": "track",
        "distinct_id": STRANGER,
        "event": "$AppStart",
        "time": int(noon.timestamp()) * 1000,
        "properties": {"$os": "iOS"},
    }
    write_text(path, json.dumps(record) + "\n")
