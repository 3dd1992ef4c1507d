"""Every model has its twin, reads only what it may, and words a column as its siblings do."""

from __future__ import annotations

from pathlib import Path

from tests.architecture.rules_models import (
    columns_with_two_wordings,
    models_without_a_twin,
    references_against_the_layers,
    sources_read_outside_staging,
)
from tests.architecture.tree import PROJECT, plant

STAGING, MART = "dbt_project/models/staging/stg_app__events", "dbt_project/models/marts/fct_people"
GOOD_TWIN = "models:\n  - name: {}\n    description: One row per person.\n"


def test_every_model_has_a_twin_that_says_what_one_row_is() -> None:
    assert models_without_a_twin(PROJECT) == []


def test_only_staging_reads_sources() -> None:
    assert sources_read_outside_staging(PROJECT) == []


def test_no_model_reads_a_later_layer() -> None:
    assert references_against_the_layers(PROJECT) == []


def test_a_shared_column_name_has_one_wording() -> None:
    assert columns_with_two_wordings(PROJECT) == []


def test_a_good_model_breaks_no_rule(tmp_path: Path) -> None:
    planted = plant(
        tmp_path, {f"{MART}.sql": "-- One row per person.\n", f"{MART}.yml": GOOD_TWIN.format("fct_people")}
    )
    assert models_without_a_twin(planted) == []


def test_a_planted_model_without_a_twin_is_found(tmp_path: Path) -> None:
    planted = plant(tmp_path, {f"{MART}.sql": "-- One row per person.\n"})
    assert models_without_a_twin(planted) == [f"{MART}.yml:1: the twin describes [], not fct_people alone"]


def test_a_planted_twin_of_another_model_is_found(tmp_path: Path) -> None:
    planted = plant(
        tmp_path, {f"{MART}.sql": "-- One row per person.\n", f"{MART}.yml": GOOD_TWIN.format("fct_dogs")}
    )
    assert models_without_a_twin(planted) == [
        f"{MART}.yml:1: the twin describes ['fct_dogs'], not fct_people alone"
    ]


def test_a_planted_model_that_hides_its_grain_or_goes_on_too_long_is_found(tmp_path: Path) -> None:
    twin = "models:\n  - name: fct_people\n    description: People.\n"
    planted = plant(tmp_path, {f"{MART}.sql": "select 1\n" * 151, f"{MART}.yml": twin})
    assert models_without_a_twin(planted) == [
        f'{MART}.yml:1: the description does not start "One row per "',
        f'{MART}.sql:1: the first line does not start "-- One row per "',
        f"{MART}.sql:150: this is two models",
    ]


def test_a_planted_source_in_a_mart_is_found(tmp_path: Path) -> None:
    query = "-- One row per person.\nselect * from {{ source('app', 'events') }}\n"
    planted = plant(tmp_path, {f"{STAGING}.sql": query, f"{MART}.sql": query})
    assert sources_read_outside_staging(planted) == [f"{MART}.sql:2: only staging reads source()"]


def test_a_planted_step_back_and_an_unknown_layer_are_found(tmp_path: Path) -> None:
    planted = plant(
        tmp_path,
        {
            f"{STAGING}.sql": "select * from {{ ref('fct_people') }}",
            f"{MART}.sql": "select * from {{ ref('stg_app__events') }}",
            "dbt_project/models/misc/fct_misc.sql": "select 1",
        },
    )
    assert references_against_the_layers(planted) == [
        "dbt_project/models/misc/fct_misc.sql:1: misc is none of staging, intermediate, tags, marts",
        f"{STAGING}.sql:1: fct_people is of a later layer: marts",
    ]


def test_planted_wordings_that_differ_lack_or_lead_nowhere_are_found(tmp_path: Path) -> None:
    def twin(**wordings: str) -> str:
        columns = "".join(
            f'      - name: {name}\n        description: "{text}"\n' for name, text in wordings.items()
        )
        return f"models:\n  - name: a\n    columns:\n{columns}"

    doc = "{{ doc('person_id') }}"
    planted = plant(
        tmp_path,
        {
            "dbt_project/models/columns.md": "{% docs person_id %}\nOne human.\n{% enddocs %}",
            f"{STAGING}.sql": "",
            f"{STAGING}.yml": twin(person_id=doc, login_id="The login.", side=""),
            f"{MART}.sql": "",
            f"{MART}.yml": twin(person_id=doc, login_id="The login.", stage="{{ doc('stage') }}"),
        },
    )
    assert columns_with_two_wordings(planted) == [
        f"{MART}.yml:1: login_id stands in 2 models and needs one docs block",
        f"{STAGING}.yml:1: login_id stands in 2 models and needs one docs block",
        f"{STAGING}.yml:1: side has no description",
        f"{MART}.yml:1: stage: there is no docs block stage",
    ]
