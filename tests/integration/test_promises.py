"""What the README promises can be added in one place: each is added to a copy of the project, and a night is run in it.

The copy is edited the way the how-to pages say, nothing else is touched, and the published version shows what came.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from tests.architecture.tree import PROJECT, committed

FIRST_DAY, LAST_DAY = "2026-01-05", "2026-01-06"
COMPLAINTS = "".join(
    f"K{number:05d},C{number % 7:06d},{LAST_DAY}T1{number % 8}:00:00+08:00,{('fees', 'app')[number % 2]}\n"
    for number in range(30)
)
STAGING = """-- One row per complaint, on the dates to rebuild.
with

source as (

    select * from {{ source('crm', 'complaints') }}

),

renamed as (

    select
        complaint_id,
        client_id as customer_id,
        topic as topic_type,
        business_date

    from source

)

select * from renamed
"""
STAGING_TWIN = """models:
  - name: stg_crm__complaints
    description: One row per complaint, on the dates to rebuild.
    columns:
      - name: complaint_id
        description: The complaint.
"""
TAG = """      - name: has_several_devices
        data_type: boolean
        description: Known by more than two logins, devices and accounts.
        config:
          meta:
            tag: {code: T0299, value_type: yes_no, window: as_of, owner: operations}
            level_2: {en: "Status", zh: 状态}
            level_3: {en: "Several devices", zh: 多设备}
"""
SEGMENT = """segment: single_device
code: SEG-Z01
title: {en: One device, zh: 单设备}
owner: operations
description: Opened, and known by few devices.
rule: is_opened and not has_several_devices
"""
CAMPAIGN = """campaign: hello_again
code: CMP-900
title: {en: Hello again, zh: 问候}
owner: operations
description: A push to whoever is known by few devices.
segment: SEG-Z01
channel: push
template: hello
starts_on: 2026-01-07
ends_on: 2026-01-31
goal: {outcome: deposited, within_days: 7}
control_share: 0.5
"""
ATTRIBUTION = """

def both_ends(count: int) -> Shares:
    \"\"\"Return half to the earliest and half to the latest of `count` touches.\"\"\"
    return [Fraction(first + last, 2) for first, last in zip(first_touch(count), last_touch(count), strict=True)]


MODELS: """
METRIC = "ZZ01,acquisition,Newly registered,新增注册,people,up,0,newly_registered_count,\n"


@pytest.fixture(scope="module")
def grown(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Return a copy of the project with one of each added, and its home after a night."""
    folder = tmp_path_factory.mktemp("grown")
    project, home = folder / "project", folder / "home"
    for path in committed(PROJECT):
        target = project / path.relative_to(PROJECT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, target)
    lifecycle(project, home, "init")
    subprocess.run(
        [sys.executable, "-m", "demo", "--landing", home / "landing",
         "--people", "60", "--days", "2", "--first-day", FIRST_DAY],
        cwd=project, check=True, capture_output=True,
    )  # fmt: skip
    add_source(project, home)
    add_tag(project)
    with (project / "dbt_project/seeds/metrics.csv").open("a", encoding="utf-8") as metrics:
        metrics.write(METRIC)
    segments = project / "operations/definitions/segments"
    (segments / "single_device.yaml").write_text(SEGMENT, encoding="utf-8")
    (project / "operations/definitions/campaigns/hello_again.yaml").write_text(CAMPAIGN, encoding="utf-8")
    add_attribution_model(project)
    lifecycle(project, home, "nightly")
    return project, home


def add_source(project: Path, home: Path) -> None:
    """Draft a contract from a file, check the file against it, and land it."""
    delivery = home / "landing/crm/complaints" / LAST_DAY / "complaints.csv"
    delivery.parent.mkdir(parents=True)
    delivery.write_text("complaint_id,client_id,made_at,topic\n" + COMPLAINTS, encoding="utf-8")
    words = ("contract", "infer", str(delivery), "--source", "crm", "--table", "complaints")
    contract = project / "data_contracts/sources/crm.complaints.yaml"
    contract.write_text(lifecycle(project, home, *words), encoding="utf-8")
    checked = lifecycle(
        project,
        home,
        "contract",
        "check",
        str(delivery),
        "--contract",
        "crm.complaints",
        "--delivered",
        LAST_DAY,
    )
    assert "30" in checked
    staging = project / "dbt_project/models/staging"
    (staging / "stg_crm__complaints.sql").write_text(STAGING, encoding="utf-8")
    (staging / "stg_crm__complaints.yml").write_text(STAGING_TWIN, encoding="utf-8")


def add_tag(project: Path) -> None:
    """Write one column of a tag model and its entry in the twin."""
    model = project / "dbt_project/models/tags/tags_account.sql"
    text = model.read_text(encoding="utf-8")
    text = text.replace(
        "        is_closed,\n", "        is_closed,\n        nodes_count > 2 as has_several_devices,\n"
    )
    text = text.replace(
        "    is_closed,\n    as_of_date", "    is_closed,\n    has_several_devices,\n    as_of_date"
    )
    assert text.count("has_several_devices") == 2
    model.write_text(text, encoding="utf-8")
    twin = model.with_suffix(".yml")
    entries = twin.read_text(encoding="utf-8")
    twin.write_text(
        entries.replace("      - name: as_of_date\n", TAG + "      - name: as_of_date\n"), encoding="utf-8"
    )


def add_attribution_model(project: Path) -> None:
    """Write one function and name it among the models."""
    module = project / "ml/attribution.py"
    text = module.read_text(encoding="utf-8")
    text = text.replace("\n\nMODELS: ", ATTRIBUTION).replace(
        '"linear": linear}', '"linear": linear, "ends": both_ends}'
    )
    assert text.count("both_ends") == 2
    module.write_text(text, encoding="utf-8")


def lifecycle(project: Path, home: Path, *words: str) -> str:
    """Run a command of the copy, which must succeed, and return what it said."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LIFECYCLE_")}
    ended = subprocess.run(
        [sys.executable, "-c", "from orchestration.command_line import main; main()", *words],
        env={**environment, "LIFECYCLE_HOME": str(home), "PYTHONPATH": str(project)},
        cwd=project, capture_output=True, text=True, check=False, timeout=280,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def rows(home: Path, query: str) -> list[tuple[object, ...]]:
    with duckdb.connect(str(home / "published/current/lifecycle.duckdb"), read_only=True) as connection:
        return connection.execute(query).fetchall()


def test_a_source_is_a_contract_and_a_staging_model(grown: tuple[Path, Path]) -> None:
    _, home = grown
    with duckdb.connect(str(home / "warehouse/lifecycle.duckdb"), read_only=True) as connection:
        found = connection.execute(
            "select count(*), count(distinct topic_type) from staging.stg_crm__complaints"
        ).fetchall()
    assert found == [(30, 2)]


def test_a_tag_is_a_column_and_its_entry(grown: tuple[Path, Path]) -> None:
    _, home = grown
    assert rows(home, "select column_name, level_3_zh from marts.dim_tags where tag_code = 'T0299'") == [
        ("has_several_devices", "多设备")
    ]
    told = rows(
        home,
        "select count(*), sum(cast(tags.has_several_devices as text) = told.tag_value)"
        " from marts.rpt_person_tags as told"
        " inner join tags.tags_account as tags using (person_id, as_of_date) where told.tag_code = 'T0299'",
    )
    assert told[0][0] == told[0][1] > 0


def test_an_indicator_is_a_row(grown: tuple[Path, Path]) -> None:
    _, home = grown
    values = rows(
        home,
        "select ours.as_of_date, ours.metric_value = theirs.numerator_value from marts.rpt_metrics as ours"
        " inner join marts.rpt_metrics as theirs using (as_of_date)"
        " where ours.metric_code = 'ZZ01' and theirs.metric_code = 'AC03' order by 1",
    )
    assert len(values) == 2
    assert all(is_same for _, is_same in values)


def test_a_segment_is_a_document(grown: tuple[Path, Path]) -> None:
    _, home = grown
    sizes = rows(home, "select members_count from segments.rpt_segment_sizes where segment_code = 'SEG-Z01'")
    assert len(sizes) == 2
    assert all(size > 0 for (size,) in sizes)


def test_a_campaign_is_a_document(grown: tuple[Path, Path]) -> None:
    _, home = grown
    assert rows(home, "select title_zh from campaigns.dim_campaigns where campaign_code = 'CMP-900'") == [
        ("问候",)
    ]
    ((meant, judged),) = rows(
        home,
        "select (select members_count from segments.rpt_segment_sizes where segment_code = 'SEG-Z01'"
        f" and as_of_date = date '{LAST_DAY}'),"
        " (select count(*) from campaigns.fct_verdicts where campaign_code = 'CMP-900')",
    )
    assert meant == judged
    assert list((home / "published/current/deliveries/2026-01-07").glob("CMP-900.csv"))


def test_an_attribution_model_is_a_function_and_its_name(grown: tuple[Path, Path]) -> None:
    project, _ = grown
    asked = "from ml.attribution import MODELS; print(*MODELS['ends'](3), *MODELS['ends'](1))"
    told = subprocess.run(
        [sys.executable, "-c", asked], cwd=project, capture_output=True, text=True, check=True
    ).stdout
    assert told.split() == ["1/2", "0", "1/2", "1"]


def test_nothing_else_was_touched(grown: tuple[Path, Path]) -> None:
    project, _ = grown
    theirs = {path.relative_to(PROJECT) for path in committed(PROJECT)}
    ours = {
        path.relative_to(project)
        for path in project.rglob("*")
        if path.is_file() and not {"target", "__pycache__"}.intersection(path.parts)
    }
    generated = {Path("dbt_project/models/staging/_sources.yml")}
    assert {str(path) for path in ours - theirs - generated} == {
        "data_contracts/sources/crm.complaints.yaml",
        "dbt_project/models/staging/stg_crm__complaints.sql",
        "dbt_project/models/staging/stg_crm__complaints.yml",
        "operations/definitions/segments/single_device.yaml",
        "operations/definitions/campaigns/hello_again.yaml",
    }
    changed = {str(path) for path in theirs if (PROJECT / path).read_bytes() != (project / path).read_bytes()}
    assert changed == {
        "dbt_project/models/tags/tags_account.sql",
        "dbt_project/models/tags/tags_account.yml",
        "dbt_project/seeds/metrics.csv",
        "ml/attribution.py",
    }
