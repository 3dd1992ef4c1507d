"""Tables that Python writes into the build: their address, columns and key.

Belongs here: what such a table looks like and the statement that makes it. Does not belong here: its rows; tables that
SQL models make (dbt_project), tables of decisions (dbt_project/models/staging/_recorded.yml).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class WrittenTable:
    """One table: `columns` are names and types in order; one without a date is written as a whole.

    `headline` is the column that people ask for first.
    """

    schema: str
    name: str
    description: str
    columns: Mapping[str, str]
    key: tuple[str, ...]
    date_column: str | None = "as_of_date"
    is_thinned: bool = False
    headline: str | None = None

    @property
    def address(self) -> str:
        """`schema.name`."""
        return f"{self.schema}.{self.name}"

    @property
    def creation(self) -> str:
        """The statement that makes the table unless it is there; its schema must be."""
        columns = ", ".join(f"{name} {kind}" for name, kind in self.columns.items())
        return f"create table if not exists {self.address} ({columns})"
