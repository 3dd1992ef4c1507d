"""The dbt sources that follow from the contracts."""

import yaml

from data_contracts.contract import load_contracts
from data_contracts.dbt_sources import dbt_sources_yaml


def _tables() -> dict[tuple[str, str], dict[str, object]]:
    document = yaml.safe_load(dbt_sources_yaml(load_contracts().values()))
    assert {source["schema"] for source in document["sources"]} == {"lake"}
    return {
        (source["name"], table["name"]): table for source in document["sources"] for table in source["tables"]
    }


def test_every_contract_is_one_source_table_in_the_lake() -> None:
    assert {f"{source}.{table}" for source, table in _tables()} == set(load_contracts())
    assert _tables()[("app", "events")]["identifier"] == "app__events"


def test_every_source_table_links_to_the_asset_that_lands_it() -> None:
    for (source, name), table in _tables().items():
        assert table["config"] == {"meta": {"dagster": {"asset_key": ["raw", source, name]}}}


def test_a_source_table_has_the_columns_of_the_lake_and_no_field_that_is_never_stored() -> None:
    columns = _tables()[("broker", "customers")]["columns"]
    assert isinstance(columns, list)
    names = [column["name"] for column in columns]
    assert "full_name" not in names
    assert names[-2:] == ["business_date", "delivery_date"]
    assert all(column["description"] for column in columns)


def test_the_text_does_not_depend_on_the_order_of_the_contracts() -> None:
    contracts = list(load_contracts().values())
    assert dbt_sources_yaml(contracts) == dbt_sources_yaml(reversed(contracts))
