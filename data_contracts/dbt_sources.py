"""The dbt sources that follow from the contracts, so that SQL and Dagster know each landed table by one name.

Belongs here: the text of the sources file.
Does not belong here: where the file stands, and what staging makes of the tables.
"""

from collections.abc import Iterable
from typing import Any

import yaml

from data_contracts.contract import Contract

SCHEMA = "lake"

_LAKE_COLUMNS = {
    "business_date": ("DATE", "The day the row belongs to, in the time zone of the contract."),
    "delivery_date": ("DATE", "The day on which the file that brought the row was delivered."),
}
_LINE_WIDTH = 100


def dbt_sources_yaml(contracts: Iterable[Contract]) -> str:
    """Return the dbt sources file: one source per source name, one table per contract, in order of address.

    Table `<table>` of source `<source>` is the relation `lake.<source>__<table>`, and the Dagster asset
    raw/<source>/<table>.
    """
    sources: dict[str, list[dict[str, Any]]] = {}
    for contract in sorted(contracts, key=lambda contract: contract.address):
        sources.setdefault(contract.source, []).append(_table(contract))
    document = {
        "version": 2,
        "sources": [
            {
                "name": source,
                "description": f"What {source} delivers, accepted by the strict reader.",
                "schema": SCHEMA,
                "tables": tables,
            }
            for source, tables in sources.items()
        ],
    }
    return yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=_LINE_WIDTH)


def _table(contract: Contract) -> dict[str, Any]:
    return {
        "name": contract.table,
        "identifier": f"{contract.source}__{contract.table}",
        "description": contract.description,
        "config": {"meta": {"dagster": {"asset_key": ["raw", contract.source, contract.table]}}},
        "columns": [
            {"name": name, "data_type": data_type.lower(), "description": description}
            for name, (data_type, description) in _columns(contract).items()
        ],
    }


def _columns(contract: Contract) -> dict[str, tuple[str, str]]:
    stored = {
        field.name: (field.type, field.description)
        for field in contract.fields
        if field.classification != "C3"
    }
    return stored | {name: column for name, column in _LAKE_COLUMNS.items() if name not in stored}
