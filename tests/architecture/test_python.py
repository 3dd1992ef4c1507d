"""No clock, environment, pickle or chance; no second door to an engine; no model names in Python."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.architecture.rules_python import clocks_in_sql_strings, forbidden_reach, model_names_in_python
from tests.architecture.tree import PROJECT, plant


def test_only_the_named_places_reach_for_clock_environment_pickle_chance_or_engine() -> None:
    assert forbidden_reach(PROJECT) == []


def test_no_sql_in_python_asks_for_the_time() -> None:
    assert clocks_in_sql_strings(PROJECT) == []


def test_orchestration_and_storage_name_only_models_they_declare_to_depend_on() -> None:
    assert model_names_in_python(PROJECT) == []


@pytest.mark.parametrize(
    ("path", "code", "name"),
    [
        ("storage/a.py", "from datetime import datetime as moment\nmoment.now()", "datetime.datetime.now"),
        ("demo/a.py", "import datetime as d\nd.date.today()", "datetime.date.today"),
        ("ml/a.py", "import time\n\nSTAMP = time.time()", "time.time"),
        ("orchestration/jobs.py", "import os\nos.environ['HOME']", "os.environ"),
        ("data_contracts/a.py", "from os import getenv", "os.getenv"),
        ("storage/a.py", "from pathlib import Path\nPath.home()", "pathlib.Path.home"),
        ("orchestration/resources.py", "import pickle", "pickle"),
        ("tests/test_a.py", "def test_a(frame): frame.to_pickle('x')", "pickle.to_pickle"),
        ("demo/a.py", "import random\nrandom.shuffle([])", "random.shuffle"),
        ("storage/lake.py", "import duckdb\nduckdb.connect()", "duckdb.connect"),
    ],
)
def test_a_planted_reach_is_found(tmp_path: Path, path: str, code: str, name: str) -> None:
    found = forbidden_reach(plant(tmp_path, {path: code}))
    assert len(found) == 1
    assert found[0].startswith(f"{path}:")
    assert f" {name}: " in found[0]


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("orchestration/resources.py", "import os, time\nos.environ\ntime.time()"),
        ("storage/engine.py", "import duckdb\nduckdb.connect()"),
        ("storage/writer.py", "import time\ntime.monotonic()"),
        ("demo/a.py", "import random\nrandom.Random(7).shuffle([])"),
        ("ml/a.py", "def today(calendar): return calendar.today()"),
    ],
)
def test_what_is_allowed_is_not_found(tmp_path: Path, path: str, code: str) -> None:
    assert forbidden_reach(plant(tmp_path, {path: code})) == []


@pytest.mark.parametrize(
    "sql", ["select current_date", "insert into t values (now())", "select datetime('now')"]
)
def test_a_planted_sql_clock_is_found(tmp_path: Path, sql: str) -> None:
    planted = plant(tmp_path, {"storage/a.py": f'"""Not now()."""\nQUERY = "{sql}"\n'})
    assert [text.split(":")[:2] for text in clocks_in_sql_strings(planted)] == [["storage/a.py", "2"]]


def test_a_planted_model_name_is_found_and_a_declared_one_is_not(tmp_path: Path) -> None:
    planted = plant(
        tmp_path,
        {
            "dbt_project/models/marts/fct_people.sql": "-- One row per person.\nselect 1",
            "orchestration/a.py": "QUERY = 'select * from marts.fct_people'",
            "orchestration/b.py": "PEOPLE = AssetKey(['marts', 'fct_people'])\nread('marts.fct_people')",
            "orchestration/c.py": "asset(deps=['fct_people'])\nread('marts.fct_people')",
            "storage/d.py": '"""Never fct_people."""\nkept = {"fct_people_old", "fct_people"}',
        },
    )
    assert [text.split(":")[0] for text in model_names_in_python(planted)] == [
        "orchestration/a.py",
        "storage/d.py",
    ]
