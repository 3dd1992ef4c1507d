"""What both engines run says nothing that only one of them knows, and no model makes numbers of text."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.architecture.rules_engines import (
    models_of_both_engines,
    numbers_read_from_text,
    words_of_one_engine,
)
from tests.architecture.tree import PROJECT, plant

MODEL = "dbt_project/models/marts/rpt_people.sql"
UPSTREAM = "dbt_project/models/staging/stg_people.sql"
SELECTORS = """
selectors:
  - name: critical_path
    definition:
      union:
        - {method: fqn, value: rpt_people, parents: true}
"""
CONTRACT = """
schema:
  - name: people
    properties:
      - {name: branch_id, physicalType: VARCHAR}
      - {name: age_years, physicalType: BIGINT}
"""


def test_no_model_of_both_engines_speaks_the_language_of_one() -> None:
    assert words_of_one_engine(PROJECT) == []


def test_the_critical_path_is_found() -> None:
    names = {path.stem for path in models_of_both_engines(PROJECT)}
    assert {"stg_app__events", "int_identities__walked", "tags_trading", "rpt_stage_flows"} <= names
    assert "rpt_opening_funnel" not in names


def test_no_model_makes_numbers_of_text() -> None:
    assert numbers_read_from_text(PROJECT) == []


@pytest.mark.parametrize(
    "construct",
    [
        "select list_sort(sides) from trades",
        "select unnest(sides) from trades",
        "select sides[1] from trades",
        "select struct_pack(a := 1)",
        "select {'a': 1} as pair",
        "select list_x -> 1 from trades",
        "select arg_max(side, traded_at) from trades",
        "select max_by(side, traded_at) from trades",
        "select last_value(side ignore nulls) over (order by traded_at nulls last) from trades",
        "select 1 << 2",
        "select bit_count(days_bits) from people",
        "select date_diff('day', opened_on, closed_on) from people",
        "select date_trunc('month', opened_on) from people",
        "select strftime(opened_on, '%Y') from people",
        "select date '2026-01-05' - 1",
        "select opened_on - 1 from people",
        "select closed_on - opened_on from people",
        "select regexp_matches(side, 'b') from trades",
        "select quantile_cont(amount_cny, 0.5) from trades",
        "select side from trades group by all",
        "select * exclude (side) from trades",
        "select * from trades semi join people using (person_id)",
        "select * from trades asof join prices using (traded_at)",
        "select cast(opened_on as varchar) from people",
        "select cast(amount_cny as hugeint) from trades",
        "select cast({{ ratio('a', 'b') }} as decimal(18, 2)) as mean_cny",
    ],
)
def test_a_planted_word_of_duckdb_alone_is_found(tmp_path: Path, construct: str) -> None:
    planted = {
        "dbt_project/selectors.yml": SELECTORS,
        MODEL: "-- One row per person.\nselect * from {{ ref('stg_people') }}\n",
        UPSTREAM: f"-- One row per person.\n{construct}\n",
        # Not upstream of what the selectors choose: DuckDB alone builds it.
        "dbt_project/models/marts/rpt_other.sql": f"-- One row per person.\n{construct}\n",
    }
    found = words_of_one_engine(plant(tmp_path, planted))
    assert found
    assert all(line.startswith(f"{UPSTREAM}:2: ") for line in found)


@pytest.mark.parametrize(
    "query",
    [
        "select {{ days_before('opened_on', 1) }} as day_before",
        "select cast(sum(amount_cny) as decimal(18, 2)) as amount_cny from trades",
        "select cast(opened_on as varchar(10)) || side as opened from people -- sides[1]",
        "select count(*) filter (where side = 'B -> S') from trades left semi join people using (person_id)",
        "select coalesce(fee_cny, 0) - rebate_cny + 1 from trades",
    ],
)
def test_a_word_of_both_engines_is_not_found(tmp_path: Path, query: str) -> None:
    assert words_of_one_engine(plant(tmp_path, {"dbt_project/selectors.yml": SELECTORS, MODEL: query})) == []


@pytest.mark.parametrize(
    "cast",
    [
        "cast(people.branch_id as bigint)",
        "cast(branch_id as decimal(18, 2))",
        "cast(substr(anything, 1, 4) as integer)",
        "cast('7' as bigint)",
        "cast(a || b as double)",
    ],
)
def test_a_planted_number_made_of_text_is_found(tmp_path: Path, cast: str) -> None:
    planted = {
        MODEL: f"-- One row per person.\nselect {cast} as number\n",
        "data_contracts/sources/app.people.yaml": CONTRACT,
    }
    found = numbers_read_from_text(plant(tmp_path, planted))
    assert len(found) == 1
    assert found[0].startswith(f"{MODEL}:2: ")


@pytest.mark.parametrize(
    "cast", ["cast(age_years as double)", "cast(count(*) as bigint)", "cast(a as varchar(3))"]
)
def test_another_cast_is_not_found(tmp_path: Path, cast: str) -> None:
    planted = {MODEL: f"select {cast} as number\n", "data_contracts/sources/app.people.yaml": CONTRACT}
    assert numbers_read_from_text(plant(tmp_path, planted)) == []
