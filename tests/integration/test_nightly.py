"""A small house through real nights: the command line, Dagster, dbt, Great Expectations and a published version."""

from __future__ import annotations

import fcntl
import gzip
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.resources import CHECKOUT, DBT_PROJECT

FIRST_DAY, LAST_DAY, NEXT_DAY = "2026-01-05", "2026-01-06", "2026-01-07"
DAY_MS = 86_400_000
LAST_DAY_MS = int(datetime.fromisoformat(f"{LAST_DAY}T00:00:00+08:00").timestamp()) * 1000
MART = "parquet/marts/rpt_daily_active_people"

Result = subprocess.CompletedProcess[str]
Lifecycle = Callable[..., Result]


def command(home: Path) -> Lifecycle:
    """Return a function that runs `lifecycle …` in the home."""
    script = Path(sys.executable).with_name("lifecycle")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LIFECYCLE_")}

    def run(*arguments: str) -> Result:
        return subprocess.run(
            [script, *arguments],
            env={**environment, "LIFECYCLE_HOME": str(home)},
            cwd=CHECKOUT, capture_output=True, text=True, check=False, timeout=280,
        )  # fmt: skip

    return run


@pytest.fixture(scope="module")
def first_night(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Result]:
    """Return a home after its first night, and what the command said."""
    home = tmp_path_factory.mktemp("house") / "home"
    lifecycle = command(home)
    assert lifecycle("init").returncode == 0
    subprocess.run(
        [sys.executable, "-m", "demo", "--landing", home / "landing",
         "--people", "60", "--days", "2", "--first-day", FIRST_DAY],
        cwd=CHECKOUT, check=True, capture_output=True,
    )  # fmt: skip
    return home, lifecycle("nightly")


@pytest.fixture
def home(first_night: tuple[Path, Result], tmp_path: Path) -> Path:
    """Return a copy of the home, to be changed by one test."""
    return shutil.copytree(first_night[0], tmp_path / "home", symlinks=True)


def published(home: Path) -> dict[str, bytes]:
    """Return the Parquet files of the served version, by path."""
    folder = (home / "published" / "current").resolve()
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*.parquet"))}


def next_day(home: Path, *, version: int, change: Callable[[dict[str, Any]], None]) -> None:
    """Deliver the events of the last day once more, a day later and without late ones, each changed by `change`."""
    folder = home / "landing" / "app" / "events" / NEXT_DAY
    folder.mkdir(exist_ok=True)
    lines = []
    for file in sorted((home / "landing" / "app" / "events" / LAST_DAY).glob("*.jsonl*")):
        with (
            gzip.open(file, "rt", encoding="utf-8")
            if file.suffix == ".gz"
            else file.open(encoding="utf-8") as text
        ):
            for line in text:
                try:
                    record = json.loads(line)
                except ValueError:
                    continue
                if record["time"] < LAST_DAY_MS:
                    continue
                record["time"] += DAY_MS
                change(record)
                lines.append(json.dumps(record, ensure_ascii=False))
    name = f"events-{version}.jsonl"
    (folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    control = {"version": version, "files": [{"name": name, "rows": len(lines)}]}
    (folder / "_control.json").write_text(json.dumps(control), encoding="utf-8")


def test_the_first_night_publishes_and_says_where_to_look(first_night: tuple[Path, Result]) -> None:
    home, night = first_night
    assert night.returncode == 0, night.stdout + night.stderr
    assert "published version 1." in night.stdout
    assert str(home / "published" / "1" / "lifecycle.duckdb") in night.stdout
    assert re.search(r"not read +\d+ landed tables without a contract: .*broker\.orders", night.stdout)
    assert command(home)("verify").returncode == 0
    with duckdb.connect(home / "published" / "current" / "lifecycle.duckdb", read_only=True) as reader:
        days = reader.execute(
            "select business_date, active_people_count from marts.rpt_daily_active_people"
        ).fetchall()
    assert all(people > 0 for _, people in days)
    assert LAST_DAY in {day.isoformat() for day, _ in days}


def test_the_night_stands_in_dagster_with_every_check(first_night: tuple[Path, Result]) -> None:
    script = (
        "import sys; from pathlib import Path; import dagster as dg\n"
        "from orchestration.definitions import definitions\n"
        "with dg.DagsterInstance.from_config(sys.argv[1]) as instance:\n"
        "    run = instance.get_runs(limit=1)[0]\n"
        "    logs = instance.all_logs(run.run_id, of_type=dg.DagsterEventType.ASSET_CHECK_EVALUATION)\n"
        "    ran = {log.get_dagster_event().asset_check_evaluation_data.asset_check_key for log in logs}\n"
        "    print(run.status.value, len(definitions.resolve_asset_graph().asset_check_keys - ran))\n"
    )
    told = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script, first_night[0] / "dagster"],
        cwd=CHECKOUT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert told.stdout.split() == ["SUCCESS", "0"]


def test_a_second_night_has_nothing_to_do(first_night: tuple[Path, Result]) -> None:
    home = first_night[0]
    again = command(home)("nightly")
    assert again.returncode == 0
    assert again.stdout.startswith("Nothing to do: version 1 is up to date")
    assert [path.name for path in (home / "published").iterdir() if path.name.isdigit()] == ["1"]


def test_a_rebuild_from_raw_gives_the_same_bytes_and_no_new_version(home: Path) -> None:
    before = published(home)
    rebuilt = command(home)("rebuild")
    assert rebuilt.returncode == 0, rebuilt.stdout + rebuilt.stderr
    assert "nothing changed, still serving version 1" in rebuilt.stdout
    assert published(home) == before


def test_a_batch_that_breaks_its_contract_stops_the_night_until_it_is_delivered_again(home: Path) -> None:
    lifecycle, before = command(home), published(home)

    next_day(home, version=1, change=lambda record: record.get("properties", {}).pop("$os", None))
    stopped = lifecycle("nightly")
    assert stopped.returncode == 1
    assert "raw/app/events: expectations: column os" in stopped.stderr
    assert "Traceback" not in stopped.stdout + stopped.stderr
    assert published(home) == before

    # What stopped the night is judged again, although nothing new has arrived.
    assert lifecycle("nightly").returncode == 1

    next_day(home, version=2, change=lambda record: None)
    healed = lifecycle("nightly")
    assert healed.returncode == 0, healed.stdout + healed.stderr
    after = published(home)
    assert f"{MART}/business_date={NEXT_DAY}/rows.parquet" in after
    assert after.items() >= {path: rows for path, rows in before.items() if FIRST_DAY in path}.items()


def test_a_second_writer_gives_up_with_the_name_of_the_first(home: Path) -> None:
    with (home / "writer.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        lock.write("the night shift (pid 1)")
        lock.flush()
        told = command(home)("nightly", "--as-of", NEXT_DAY, "--wait", "0")
    assert told.returncode == 75
    assert "the night shift (pid 1) is writing to this home" in told.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["rollback", "--to", "7"], 1, "version 7 was never published"),
        (["verify", "7"], 1, "7"),
        (["nightly", "--as-of", "2199-01-01"], 1, "is not a night that can be run"),
        (["quarantine", "replay", "no.table"], 2, "there is no contract no.table"),
        (["quarantine", "release", "app.events", "--rule", "pattern"], 2, "pattern cannot be released"),
        (
            ["contract", "check", "README.md", "--contract", "no.table", "--delivered", FIRST_DAY],
            2,
            "no contract",
        ),
        (["contract", "check", "README.md", "--contract", "app.events"], 2, "--delivered"),
    ],
)
def test_a_mistake_is_one_line_and_an_exit_code(
    first_night: tuple[Path, Result], arguments: list[str], code: int, message: str
) -> None:
    told = command(first_night[0])(*arguments)
    assert told.returncode == code, told.stderr
    assert message in told.stderr
    assert "Traceback" not in told.stderr
    assert len(told.stderr.strip().splitlines()) == 1


def test_a_home_that_was_never_made_is_named(tmp_path: Path) -> None:
    told = command(tmp_path / "nowhere")("status")
    assert (told.returncode, told.stdout) == (2, "")
    assert "is not a home yet: run `lifecycle init`" in told.stderr


def test_status_counts_what_was_taken_in(first_night: tuple[Path, Result]) -> None:
    status = json.loads(command(first_night[0])("status", "--json").stdout)
    assert (status["served_version"], status["served_as_of_date"], status["waiting"]) == (1, LAST_DAY, [])
    assert {"broker.orders", "content.articles"} <= set(status["unread"])
    assert set(status["unread"]).isdisjoint(status["tables"])
    events = status["tables"]["app.events"]
    assert events["rows_read"] > events["lake_rows"] > 0


def test_a_segment_is_previewed_over_what_is_published(
    first_night: tuple[Path, Result], tmp_path: Path
) -> None:
    home, _ = first_night
    with duckdb.connect(home / "published" / "current" / "lifecycle.duckdb", read_only=True) as connection:
        ((stage, members, people),) = connection.execute(
            "select stage_type, count(*), sum(count(*)) over () from marts.fct_person_stages"
            " group by stage_type order by 2 desc, 1 limit 1"
        ).fetchall()
    file = tmp_path / "most.yaml"
    file.write_text(
        "segment: most\ncode: SEG-Z01\ntitle: {en: The most, zh: 最多}\nowner: growth\n"
        f"description: Whoever is where most are.\nrule: stage_type = '{stage}'\n",
        encoding="utf-8",
    )
    told = command(home)("segment", "preview", str(file))
    assert told.returncode == 0, told.stderr
    assert people > members > 0
    assert f"  {members} of {people} people" in told.stdout
    assert f"    {stage}: {members} of {members}" in told.stdout
    assert f"as of {LAST_DAY}, published version 1" in told.stdout
    file.write_text(file.read_text(encoding="utf-8").replace(f"'{stage}'", "'nowhere'"), encoding="utf-8")
    told = command(home)("segment", "check", str(file))
    assert told.returncode == 2
    assert (
        "most.yaml:6: rule: stage_type is never 'nowhere'; it is one of: visitor, registered" in told.stderr
    )


def test_the_unit_tests_of_the_models_pass(home: Path) -> None:
    tested = subprocess.run(
        [Path(sys.executable).with_name("lifecycle-dbt"), "test", "--select", "test_type:unit",
         "--project-dir", DBT_PROJECT, "--profiles-dir", DBT_PROJECT, "--target-path", home / "target"],
        env={**os.environ, "LIFECYCLE_WAREHOUSE": str(home / "warehouse" / "lifecycle.duckdb")},
        cwd=CHECKOUT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert tested.returncode == 0, tested.stdout
    assert "ERROR=0" in tested.stdout
    assert "PASS=0" not in tested.stdout
