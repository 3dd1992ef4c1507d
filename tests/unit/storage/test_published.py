"""What readers get: whole versions, the same bytes for the same data, and a way back."""

from __future__ import annotations

import json
import os
import shutil
import signal
import stat
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime
from hashlib import sha256
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import duckdb
import pytest

from storage import snapshot
from storage.build import BuildPlan
from storage.engine import EngineSettings, connect
from storage.fingerprints import Relation
from storage.ledger import Ledger
from storage.published import UnknownVersionError, current_sequence, publish, rollback, verify
from storage.snapshot import SnapshotError
from storage.versions import kept_sequences
from storage.writer import FencedOut, writer
from tests.unit.storage.nights import PUBLISHED, SETTINGS, Nights, day, plan


@pytest.fixture(scope="module")
def loaded_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with version 1 of three days published."""
    nights = Nights.at(tmp_path_factory.mktemp("loaded") / "home")
    for number in (1, 2, 3):
        nights.land(number)
    nights.run(3)
    nights.ledger.close()
    return nights.home.root


@pytest.fixture
def loaded(loaded_home: Path, tmp_path: Path) -> Iterator[Nights]:
    """A copy of that home."""
    nights = copy_of(loaded_home, tmp_path / "home")
    yield nights
    nights.ledger.close()


def copy_of(root: Path, target: Path) -> Nights:
    shutil.copytree(root, target, symlinks=True)
    return Nights.at(target)


def version(nights: Nights, sequence: int | None = None) -> Path:
    return nights.home.published / str(sequence or current_sequence(nights.home))


def table_path(table: str, number: int | None = None) -> str:
    column = {"fct_days": "business_date", "fct_snapshots": "as_of_date"}.get(table)
    return f"parquet/marts/{table}/" + (f"{column}={day(number)}/" if number else "") + "rows.parquet"


def parquet_files(nights: Nights, sequence: int | None = None) -> dict[str, bytes]:
    folder = version(nights, sequence)
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*.parquet")}


def digest(files: dict[str, bytes]) -> dict[str, str]:
    return {path: sha256(content).hexdigest() for path, content in sorted(files.items())}


def content_of(nights: Nights, sequence: int | None = None) -> dict[str, Any]:
    return json.loads((version(nights, sequence) / "manifest.json").read_text())


def is_linked(nights: Nights, path: str, first: int, second: int) -> bool:
    return (version(nights, first) / path).samefile(version(nights, second) / path)


def damage(path: Path) -> None:
    """Change one byte of a read-only file, as an editor that replaces it would."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.unlink()
    path.write_bytes(content)


# What a version holds.


def test_a_version_holds_parquet_per_date_a_database_and_a_manifest(loaded: Nights) -> None:
    folder = version(loaded)
    found = sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
    expected = [table_path(table, number) for table in ("fct_days", "fct_snapshots") for number in (1, 2, 3)]
    assert found == sorted([*expected, table_path("rpt_totals"), "lifecycle.duckdb", "manifest.json"])
    assert (loaded.home.published / "current").resolve() == folder
    assert verify(loaded.home) == []


def test_the_files_hold_the_rows_of_the_build_in_order(loaded: Nights) -> None:
    for table in ("fct_days", "fct_snapshots", "rpt_totals"):
        expected = loaded.ask(f"from marts.{table} order by all nulls last")
        with closing(connect()) as connection:
            files = f"{version(loaded)}/parquet/marts/{table}/**/*.parquet"
            found = connection.execute(f"from read_parquet('{files}', hive_partitioning = false)").fetchall()
            assert found == expected
        with closing(connect(version(loaded) / "lifecycle.duckdb", read_only=True)) as connection:
            newest = [row for row in expected if table != "fct_snapshots" or row[0] == day(3)]
            assert connection.execute(f"from marts.{table}").fetchall() == newest


def test_a_view_stands_in_the_database_under_any_name_that_it_is_attached_by(loaded: Nights) -> None:
    with closing(connect()) as connection:
        connection.execute(f"attach '{version(loaded) / 'lifecycle.duckdb'}' as served (read_only)")
        found = connection.execute("select count(*) from served.marts.rpt_largest").fetchall()
    assert found == [(1,)] == loaded.ask("select count(*) from marts.rpt_largest")
    assert list(content_of(loaded)["content"]["views"]) == ["marts.rpt_largest"]


def test_a_view_that_says_something_else_is_a_new_version(loaded: Nights) -> None:
    loaded.execute("create or replace view marts.rpt_largest as select login_id from marts.rpt_totals")
    with writer(loaded.home, loaded.ledger, holder="a night", wait_seconds=0) as fence:
        assert loaded.publish(plan(loaded, 3), fence=fence) is not None
    loaded.execute("drop view marts.rpt_largest")
    with (
        writer(loaded.home, loaded.ledger, holder="a night", wait_seconds=0) as fence,
        pytest.raises(SnapshotError, match=r"marts.rpt_largest is no view of the build file"),
    ):
        loaded.publish(plan(loaded, 3), fence=fence)


def test_the_manifest_says_what_is_there_and_apart_from_it_how_it_came(loaded: Nights) -> None:
    document = content_of(loaded)
    table = document["content"]["tables"]["marts.fct_days"]
    assert document["content"]["as_of_date"] == "2026-01-03"
    assert table["date_column"] == "business_date"
    assert table["columns"][2:] == [["amount_cny", "DECIMAL(18,2)"], ["tags", "VARCHAR[]"]]
    assert table["rows"] == 9
    assert table["files"] == {
        path: sha256(content).hexdigest()
        for path, content in sorted(parquet_files(loaded).items())
        if "fct_days" in path
    }
    assert (document["run"]["sequence"], document["run"]["fence"]) == (1, 1)
    assert list(document["run"]["other_files"]) == ["lifecycle.duckdb"]
    assert loaded.ledger.versions()[0].content_sha256 == document["content_sha256"]


def test_published_files_are_read_only_and_leave_no_log(loaded: Nights) -> None:
    files = [path for path in version(loaded).rglob("*") if path.is_file()]
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o444}
    assert not list(version(loaded).rglob("*.wal"))


def test_the_database_opens_in_engines_since_version_1(loaded: Nights) -> None:
    with closing(connect()) as connection:
        connection.execute(f"attach '{version(loaded) / 'lifecycle.duckdb'}' as served (read_only)")
        found = connection.execute("select tags from duckdb_databases() where database_name = 'served'")
        assert "v1.0.0" in str(found.fetchall())


def test_the_database_holds_the_last_ninety_days_and_parquet_all(nights: Nights) -> None:
    for number in (1, 11, 12, 100):
        nights.land(number)
    nights.run(101)
    with closing(connect(version(nights) / "lifecycle.duckdb", read_only=True)) as connection:
        found = connection.execute(
            "select distinct business_date from marts.fct_days order by all"
        ).fetchall()
        assert found == [(day(12),), (day(100),)]
        # A row per person and day would take longer to write every night.
        found = connection.execute("select distinct as_of_date from marts.fct_snapshots").fetchall()
        assert found == [(day(101),)]
    assert table_path("fct_days", 1) in parquet_files(nights)


def test_a_table_without_rows_is_published_with_its_columns(nights: Nights) -> None:
    nights.land(1, count=0)
    nights.run(1)
    assert list(parquet_files(nights)) == [table_path("rpt_totals")]
    with closing(connect(version(nights) / "lifecycle.duckdb", read_only=True)) as connection:
        assert connection.execute("select amount_7d_cny from marts.fct_snapshots").fetchall() == []
        assert connection.execute("select count(*) from marts.rpt_totals").fetchall() == [(0,)]


def test_a_row_without_a_date_is_refused(loaded: Nights) -> None:
    loaded.land(4)
    with writer(loaded.home, loaded.ledger, holder="a night", wait_seconds=0) as fence:
        plan = loaded.build(4)
        loaded.execute("insert into marts.fct_days values (null, 'login-9', 1, [])")
        with pytest.raises(SnapshotError, match=r"marts.fct_days has 1 rows without business_date"):
            loaded.publish(plan, fence=fence)
        loaded.execute("drop table marts.fct_days")
        with pytest.raises(SnapshotError, match=r"marts.fct_days is not in the build file"):
            loaded.publish(plan, fence=fence)
    assert current_sequence(loaded.home) == 1


# The same data, the same bytes.


def test_another_home_with_other_threads_publishes_the_same_bytes(loaded: Nights, tmp_path: Path) -> None:
    other = Nights.at(tmp_path / "other")
    other.settings = EngineSettings(threads=4, memory_limit="500MB")
    for number in (3, 1, 2):
        other.land(number)
    other.run(1)
    other.run(3)
    assert digest(parquet_files(other)) == digest(parquet_files(loaded))
    assert content_of(other)["content_sha256"] == content_of(loaded)["content_sha256"]


def test_many_rows_come_out_the_same_with_any_number_of_threads(tmp_path: Path) -> None:
    found = set()
    for threads in (1, 2, 5):
        nights = Nights.at(tmp_path / str(threads))
        nights.settings = EngineSettings(threads=threads, memory_limit="1GB")
        nights.land(1)
        with writer(nights.home, nights.ledger, holder="a night", wait_seconds=0) as fence:
            plan = nights.build(1)
            nights.execute(
                "insert into marts.fct_days select '2026-01-01', 'login-' || hash(i) % 9999, hash(i * 3) % 100,"
                " ['a', 'b'] from range(140000) as r(i)"
            )
            nights.seal(plan)
            nights.publish(plan, fence=fence)
        found.add(digest(parquet_files(nights))[table_path("fct_days", 1)])
    assert len(found) == 1


def test_a_second_night_on_the_same_data_publishes_nothing(loaded: Nights) -> None:
    assert loaded.run(3) is None
    assert kept_sequences(loaded.home) == [1]
    assert not list(loaded.home.published.glob(".*"))


def test_a_rebuild_from_nothing_publishes_nothing_new(loaded: Nights) -> None:
    loaded.home.warehouse.unlink()
    assert loaded.run(3) is None
    assert loaded.run(3, rebuild=True) is None
    assert kept_sequences(loaded.home) == [1]


def test_touched_dates_that_come_out_the_same_settle_their_marks(loaded: Nights) -> None:
    loaded.land(2)
    assert loaded.run(3) is None
    assert loaded.ledger.marks() == []


def test_a_night_links_what_it_did_not_change(loaded: Nights) -> None:
    loaded.land(4)
    loaded.run(4)
    assert is_linked(loaded, table_path("fct_days", 3), 1, 2)
    assert is_linked(loaded, table_path("fct_snapshots", 3), 1, 2)
    assert (version(loaded, 2) / table_path("fct_days", 4)).exists()
    assert not is_linked(loaded, table_path("rpt_totals"), 1, 2)
    assert verify(loaded.home, 1) == verify(loaded.home, 2) == []


def test_a_night_writes_its_own_dates_and_no_others(loaded: Nights, monkeypatch: pytest.MonkeyPatch) -> None:
    written = []
    write = snapshot.write_parquet

    def record(connection: duckdb.DuckDBPyConnection, relation: Relation, number: str, target: Path) -> None:
        written.append((relation.name, number))
        write(connection, relation, number, target)

    monkeypatch.setattr(snapshot, "write_parquet", record)
    loaded.land(4)
    loaded.run(4)
    assert written == [("fct_days", "2026-01-04"), ("fct_snapshots", "2026-01-04"), ("rpt_totals", "")]


def test_what_the_night_wrote_is_published_whatever_the_seal_says(loaded: Nights) -> None:
    loaded.land(3)
    with writer(loaded.home, loaded.ledger, holder="a night", wait_seconds=0) as fence:
        plan = loaded.build(3)
        loaded.execute("update marts.fct_days set amount_cny = 77 where business_date = '2026-01-03'")
        assert loaded.publish(plan, fence=fence) is not None
    with closing(connect()) as connection:
        found = connection.execute(f"from '{version(loaded) / table_path('fct_days', 3)}'").fetchall()
        assert {row[2] for row in found} == {77}


def test_a_rewritten_date_with_the_same_bytes_is_linked_again(loaded: Nights) -> None:
    loaded.land(4)
    loaded.run(4, rebuild=True)
    assert is_linked(loaded, table_path("fct_days", 3), 1, 2)


def test_a_sealed_night_that_was_not_published_is_published_by_the_next_one(loaded: Nights) -> None:
    loaded.land(1, count=4)
    loaded.land(8)
    loaded.build(8)
    loaded.land(12)
    loaded.run(12)
    published = parquet_files(loaded)
    loaded.run(12, rebuild=True)
    assert current_sequence(loaded.home) == 2
    assert digest(parquet_files(loaded)) == digest(published)


def test_a_date_whose_rows_are_gone_has_no_file(loaded: Nights) -> None:
    loaded.land(2, count=0)
    loaded.run(3)
    files = parquet_files(loaded)
    assert table_path("fct_days", 2) not in files
    assert table_path("fct_snapshots", 2) in files
    assert table_path("fct_days", 2) in parquet_files(loaded, 1)


def test_a_table_whose_columns_change_is_written_anew(loaded: Nights) -> None:
    loaded.land(4)
    with writer(loaded.home, loaded.ledger, holder="a night", wait_seconds=0) as fence:
        plan = loaded.build(4)
        loaded.execute("alter table marts.fct_days rename tags to labels")
        loaded.publish(plan, fence=fence)
    assert not is_linked(loaded, table_path("fct_days", 3), 1, 2)
    assert content_of(loaded)["content"]["tables"]["marts.fct_days"]["columns"][3][0] == "labels"


def test_a_table_that_is_new_is_published_whole(loaded: Nights) -> None:
    with writer(loaded.home, loaded.ledger, holder="a night", wait_seconds=0) as fence:
        plan = loaded.build(3)
        publish(loaded.home, loaded.ledger, fence=fence, plan=plan, tables=PUBLISHED[:1], settings=SETTINGS)
        loaded.publish(plan, fence=fence)
    assert digest(parquet_files(loaded, 3)) == digest(parquet_files(loaded, 1))
    assert [path for path in parquet_files(loaded, 2) if "fct_days" not in path] == []


# Damage.


@pytest.mark.parametrize("path", [table_path("fct_days", 1), table_path("rpt_totals"), "lifecycle.duckdb"])
def test_a_changed_file_is_found_and_replaced_by_the_next_night(loaded: Nights, path: str) -> None:
    before = digest(parquet_files(loaded))
    damage(version(loaded) / path)
    assert verify(loaded.home) == [f"version 1: {path} has other bytes than were published"]
    found = loaded.run(3)
    assert found is not None
    assert found.sequence == 2
    assert verify(loaded.home) == []
    assert digest(parquet_files(loaded)) == before


def test_missing_and_foreign_files_are_found(loaded: Nights) -> None:
    (version(loaded) / table_path("rpt_totals")).unlink()
    (version(loaded) / "notes.txt").write_text("hello")
    assert verify(loaded.home) == [
        "version 1: notes.txt was not published",
        f"version 1: {table_path('rpt_totals')} is missing",
    ]


def test_a_foreign_file_alone_makes_no_new_version(loaded: Nights) -> None:
    (version(loaded) / "notes.txt").write_text("hello")
    assert loaded.run(3) is None


def change_manifest(folder: Path) -> None:
    text = (folder / "manifest.json").read_text()
    (folder / "manifest.json").unlink()
    (folder / "manifest.json").write_text(text.replace('"rows": 9', '"rows": 8'))


def break_manifest(folder: Path) -> None:
    (folder / "manifest.json").unlink()
    (folder / "manifest.json").write_text("{}")


def lose_manifest(folder: Path) -> None:
    (folder / "manifest.json").unlink()


@pytest.mark.parametrize(
    ("harm", "problem"),
    [
        (change_manifest, "was changed: its content does not have the hash"),
        (break_manifest, "cannot be read: 'content'"),
        (lose_manifest, "cannot be read: .*No such file"),
        (shutil.rmtree, "cannot be read"),
    ],
)
def test_a_version_without_a_good_manifest_is_replaced(
    loaded: Nights, harm: Callable[[Path], None], problem: str
) -> None:
    before = digest(parquet_files(loaded))
    harm(version(loaded, 1))
    found = verify(loaded.home, 1)
    assert len(found) == 1
    with pytest.raises(AssertionError, match=problem):
        raise AssertionError(found[0])
    loaded.run(3)
    assert (current_sequence(loaded.home), verify(loaded.home)) == (2, [])
    assert digest(parquet_files(loaded)) == before


def test_a_lost_link_is_put_back(loaded: Nights) -> None:
    (loaded.home.published / "current").unlink()
    assert (current_sequence(loaded.home), verify(loaded.home)) == (None, ["nothing is published"])
    assert loaded.run(3) is None
    assert current_sequence(loaded.home) == 1


# Going back.


@pytest.fixture
def two_versions(loaded: Nights) -> Nights:
    loaded.land(4)
    loaded.run(4)
    return loaded


def test_a_rollback_moves_the_link_and_is_recorded(two_versions: Nights) -> None:
    assert rollback(two_versions.home, two_versions.ledger, sequence=1).as_of_date == day(3)
    assert current_sequence(two_versions.home) == 1
    assert kept_sequences(two_versions.home) == [1, 2]
    decisions = [json.loads(row["detail"]) for row in two_versions.ledger.decisions("rollback")]
    assert decisions == [{"from": 2, "to": 1}]


def test_after_a_rollback_only_new_data_moves_the_link(two_versions: Nights) -> None:
    rollback(two_versions.home, two_versions.ledger, sequence=1)
    assert two_versions.run(4) is None
    assert current_sequence(two_versions.home) == 1
    two_versions.land(5)
    two_versions.run(5)
    assert current_sequence(two_versions.home) == 3


def test_after_a_rollback_damage_to_the_newest_version_does_not_move_the_link(two_versions: Nights) -> None:
    rollback(two_versions.home, two_versions.ledger, sequence=1)
    damage(version(two_versions, 2) / table_path("rpt_totals"))
    assert two_versions.run(4) is None
    assert current_sequence(two_versions.home) == 1


def test_a_rollback_to_what_cannot_be_served_is_refused(two_versions: Nights) -> None:
    with pytest.raises(UnknownVersionError, match="version 9 was never published"):
        rollback(two_versions.home, two_versions.ledger, sequence=9)
    damage(version(two_versions, 1) / table_path("rpt_totals"))
    with pytest.raises(UnknownVersionError, match=r"version 1 cannot be served: .*rpt_totals"):
        rollback(two_versions.home, two_versions.ledger, sequence=1)
    assert current_sequence(two_versions.home) == 2
    assert two_versions.ledger.decisions("rollback") == []


# What is kept, and readers.


def test_the_newest_versions_and_the_served_one_are_kept(two_versions: Nights) -> None:
    rollback(two_versions.home, two_versions.ledger, sequence=1)
    for number in (5, 6, 7):
        two_versions.land(number)
        two_versions.run(number, keep=3)
    assert kept_sequences(two_versions.home) == [3, 4, 5]
    assert verify(two_versions.home) == []
    rollback(two_versions.home, two_versions.ledger, sequence=3)
    two_versions.land(8, count=0)
    two_versions.ledger.mark("app", "events", [day(8)])
    assert two_versions.run(8, keep=3) is not None
    assert kept_sequences(two_versions.home) == [4, 5, 6]
    assert not list(two_versions.home.published.glob(".*"))


def test_a_reader_keeps_its_whole_version_through_later_nights(loaded: Nights) -> None:
    folder = (loaded.home.published / "current").resolve()
    before = digest(parquet_files(loaded, 1))
    with closing(duckdb.connect(str(folder / "lifecycle.duckdb"), read_only=True)) as reader:
        first = reader.execute("from marts.rpt_totals").fetchall()
        for number in (4, 5):
            loaded.land(number)
            loaded.run(number)
        assert reader.execute("from marts.rpt_totals").fetchall() == first
    assert digest(parquet_files(loaded, 1)) == before
    assert verify(loaded.home, 1) == []


# Dying half way.


def test_an_orphan_publishes_nothing(loaded: Nights) -> None:
    loaded.land(4)
    with writer(loaded.home, loaded.ledger, holder="orphan", wait_seconds=0) as orphan:
        plan = loaded.build(4)
    with writer(loaded.home, loaded.ledger, holder="newer", wait_seconds=0), pytest.raises(FencedOut):
        loaded.publish(plan, fence=orphan)
    assert (current_sequence(loaded.home), len(loaded.ledger.marks())) == (1, 1)


def test_an_orphan_replaced_while_it_writes_gets_no_number(
    loaded: Nights, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded.land(4)
    with writer(loaded.home, loaded.ledger, holder="orphan", wait_seconds=0) as orphan:
        plan = loaded.build(4)
    now = loaded.ledger.now

    def start_newer_writer() -> datetime:
        loaded.ledger.start_writer("newer")
        return now()

    monkeypatch.setattr(loaded.ledger, "now", start_newer_writer)
    with pytest.raises(FencedOut):
        loaded.publish(plan, fence=orphan)
    assert (kept_sequences(loaded.home), current_sequence(loaded.home)) == ([1], 1)


def test_what_a_killed_publish_left_unfinished_is_removed(loaded: Nights) -> None:
    part = loaded.home.published / ".2-1.part"
    (part / "parquet").mkdir(parents=True)
    (part / "parquet" / "rows.parquet").touch()
    (loaded.home.published / ".current.part").symlink_to("1")
    assert loaded.run(3) is None
    assert sorted(path.name for path in loaded.home.published.iterdir()) == ["1", "current"]


def forget_version(nights: Nights, sequence: int) -> None:
    nights.ledger._connection.execute("delete from versions where sequence = ?", (sequence,))
    nights.ledger.mark("app", "events", [day(4)])


def test_a_version_switched_to_but_not_recorded_is_recorded(two_versions: Nights) -> None:
    forget_version(two_versions, 2)
    assert two_versions.run(4) is None
    assert [version.sequence for version in two_versions.ledger.versions()] == [1, 2]
    assert two_versions.ledger.marks() == []


def test_a_whole_version_not_yet_switched_to_is_taken_over(two_versions: Nights) -> None:
    rollback(two_versions.home, two_versions.ledger, sequence=1)
    forget_version(two_versions, 2)
    inode = (version(two_versions, 2) / "manifest.json").stat().st_ino
    found = two_versions.run(4)
    assert found is not None
    assert (found.sequence, current_sequence(two_versions.home)) == (2, 2)
    assert (version(two_versions, 2) / "manifest.json").stat().st_ino == inode


@pytest.mark.parametrize("is_damaged", [True, False])
def test_a_leftover_version_of_other_content_or_damaged_is_removed(
    two_versions: Nights, is_damaged: bool
) -> None:
    rollback(two_versions.home, two_versions.ledger, sequence=1)
    forget_version(two_versions, 2)
    if is_damaged:
        damage(version(two_versions, 2) / "lifecycle.duckdb")
    else:
        two_versions.land(4, count=6)
    found = two_versions.run(4)
    assert found is not None
    assert kept_sequences(two_versions.home) == [1, found.sequence]
    assert verify(two_versions.home) == []


KILLED_AT = (
    (os, "fsync"),
    (os, "link"),
    (os, "symlink"),
    (os, "rename"),
    (os, "replace"),
    (os, "mkdir"),
    (Path, "chmod"),
    (Ledger, "record_version"),
    (Ledger, "clear_marks"),
)


def publish_and_die(root: Path, plan: BuildPlan, when: int) -> None:
    """Publish the sealed build of `root` and be killed before the call numbered `when` that changes something."""
    nights = Nights.at(root)
    calls = 0

    def deadly(original: Callable[..., object]) -> Callable[..., object]:
        def call(*arguments: object, **options: object) -> object:
            nonlocal calls
            calls += 1
            if calls == when:
                os.kill(os.getpid(), signal.SIGKILL)
            return original(*arguments, **options)

        return call

    with writer(nights.home, nights.ledger, holder="doomed", wait_seconds=0) as fence:
        for owner, name in KILLED_AT:
            setattr(owner, name, deadly(getattr(owner, name)))
        nights.publish(plan, fence=fence)


def test_a_publish_killed_at_any_step_shows_a_whole_version_and_is_healed_by_the_next(
    nights: Nights, tmp_path: Path
) -> None:
    nights.land(1)
    nights.run(1)
    nights.land(2)
    plan = nights.build(2)
    nights.ledger.close()

    def run_again(home: Nights) -> None:
        with writer(home.home, home.ledger, holder="healer", wait_seconds=0) as fence:
            home.publish(plan, fence=fence)

    expected = copy_of(nights.home.root, tmp_path / "expected")
    run_again(expected)
    wanted = digest(parquet_files(expected))
    processes = get_context("forkserver")
    processes.set_forkserver_preload([__name__])
    survived, when, seen = False, 0, set()
    while not survived:
        when += 1
        struck = copy_of(nights.home.root, tmp_path / str(when))
        doomed = processes.Process(target=publish_and_die, args=(struck.home.root, plan, when))
        doomed.start()
        doomed.join()
        survived = doomed.exitcode == 0
        assert doomed.exitcode in (0, -signal.SIGKILL)
        assert verify(struck.home) == []
        seen.add(current_sequence(struck.home))
        run_again(struck)
        assert digest(parquet_files(struck)) == wanted
        assert (current_sequence(struck.home), verify(struck.home)) == (2, [])
        assert [version.sequence for version in struck.ledger.versions()] == [1, 2]
        assert struck.ledger.marks() == []
        assert not list(struck.home.published.glob(".*"))
        struck.ledger.close()
        shutil.rmtree(tmp_path / str(when))
    assert seen == {1, 2}
    assert when > 30
