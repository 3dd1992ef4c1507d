"""A model's query gives the same rows whenever it runs, in whatever order rows come, on either engine."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.architecture.rules_sql import unsteady_queries
from tests.architecture.tree import PROJECT, plant

MODEL = "dbt_project/models/marts/fct_people.sql"


def test_every_query_is_steady() -> None:
    assert unsteady_queries(PROJECT) == []


@pytest.mark.parametrize(
    "construct",
    [
        "select current_date",
        "select now() as seen_at",
        "select random()",
        "select * from people tablesample 5",
        "select distinct person_id from people",
        "select 1 union select 2",
        "select any_value(side) from trades",
        "select first(side) from trades",
        "select avg(amount_cny) from trades",
        "select log(amount_cny) from trades",
        "select concat(side, 'x') from trades",
        "select median(amount_cny) from trades",
        "select mode(side) from trades",
        "select approx_count_distinct(person_id) from trades",
        "select opened_count / started_count from attempts",
        "select opened_count // started_count from attempts",
        "select 1 from trades qualify true",
        "select dayofweek(business_date) from trades",
        "select extract(dow from business_date) from trades",
        "select try_cast(side as integer) from trades",
        "select side::integer from trades",
        "select hash(side) from trades",
        "select sum(cast(amount as double)) from trades",
        "select sum(trades.fill_ratio) from trades",
        "select list(side) from trades",
        "select string_agg(side, ',' order by side nulls last) from trades",
        "select side from trades order by side",
        "select row_number() over (partition by side order by traded_at nulls last, trade_id) from trades",
        "select side from trades limit 5",
        "select side from (select side from trades order by side nulls last) as ordered_trades limit 5",
    ],
)
def test_a_planted_unsteady_construct_is_found(tmp_path: Path, construct: str) -> None:
    found = unsteady_queries(plant(tmp_path, {MODEL: f"-- One row per person.\n{construct}\n"}))
    assert len(found) == 1
    assert found[0].startswith(f"{MODEL}:2: ")


@pytest.mark.parametrize(
    "query",
    [
        "-- now() and a / b in a comment\nselect 1",
        "select 'a / b', 'current_date' as note",
        "select {{ ratio('opened_count', 'started_count') }} as opening_ratio {# a / b #}",
        "{{ config(tags=['a/b']) }}\nselect count(distinct person_id) as people_count from people",
        "select side from trades order by side nulls last, trade_id desc nulls first limit 5",
        "select sum(fee_cny) over (order by traded_at nulls last rows unbounded preceding) from trades",
        "select 1 union all select 2",
    ],
)
def test_a_steady_query_is_not_found(tmp_path: Path, query: str) -> None:
    assert unsteady_queries(plant(tmp_path, {MODEL: query})) == []


def test_a_macro_may_divide_but_not_look_at_the_clock(tmp_path: Path) -> None:
    planted = plant(
        tmp_path,
        {
            "dbt_project/macros/engine/ratio.sql": "{% macro ratio(a, b) %}{{ a }} / {{ b }}{% endmacro %}",
            "dbt_project/macros/clock.sql": "{% macro clock() %}\ncurrent_timestamp\n{% endmacro %}",
        },
    )
    found = unsteady_queries(planted)
    assert len(found) == 1
    assert found[0].startswith("dbt_project/macros/clock.sql:2: current_timestamp")
