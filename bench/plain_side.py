"""The plain side: the same lines copied into one Parquet file by DuckDB alone.

Belongs here: the statement a person would write, its columns and types taken from the contract.
Does not belong here: anything that checks, drops or orders rows.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

import click
import duckdb
import pyarrow.parquet as pq

from bench.events import DELIVERY_DATE
from bench.measuring import CORES, report
from bench.strict_side import ADDRESS
from data_contracts.contract import Contract, Field, load_contracts

Tree = dict[str, "Tree | str"]
CODEC = "zstd"


def copy_plainly(contract: Contract, source: Path, into: Path, *, memory_limit: str) -> Mapping[str, int]:
    """Copy the unpacked file `source` into one Parquet file in `into`, and return what it holds."""
    target = into / "plain.parquet"
    # A stranger's connection: nothing of ours is set but the bounds that hold for both sides.
    connection = duckdb.connect(config={"threads": CORES, "memory_limit": memory_limit})
    try:
        connection.execute(copy_statement(contract, source, target))
    finally:
        connection.close()
    written = pq.read_metadata(target)
    return {"rows_written": written.num_rows, "columns": written.num_columns}


def copy_statement(contract: Contract, source: Path, target: Path) -> str:
    """Return the SQL that copies `source` to `target` with the columns of the contract's table."""
    columns = ", ".join(f"'{key}': '{_type(kind)}'" for key, kind in _tree(contract).items())
    day = contract.field("occurred_at")
    selected = [f'{_value(field)} as "{field.name}"' for field in contract.fields]
    selected.append(f"cast({_value(day)} + interval 8 hour as date) as business_date")
    selected.append(f"date '{DELIVERY_DATE}' as delivery_date")
    return (
        f"copy (select {', '.join(selected)} from read_json('{source}', format = 'newline_delimited',"
        f" columns = {{{columns}}})) to '{target}' (format parquet, compression {CODEC})"
    )


def _tree(contract: Contract) -> Tree:
    """Return the types of what the contract reads from a record, nested as the record is."""
    tree: Tree = {}
    for field in contract.fields:
        place = tree
        for key in field.path[:-1]:
            inner = place.setdefault(key, {})
            if isinstance(inner, str):
                raise TypeError(f"{field.name} lies inside {key}, which is a value of its own")
            place = inner
        place[field.path[-1]] = "BIGINT" if field.type == "TIMESTAMP" else field.type
    return tree


def _type(kind: Tree | str) -> str:
    if isinstance(kind, str):
        return kind
    return "struct(" + ", ".join(f'"{key}" {_type(inner)}' for key, inner in kind.items()) + ")"


def _value(field: Field) -> str:
    value = ".".join(f'"{key}"' for key in field.path)
    return f"make_timestamp_ms({value})" if field.type == "TIMESTAMP" else value


def main(source: Path, into: Path, memory_limit: str) -> None:
    """Measure one copy."""
    contract = load_contracts()[ADDRESS]
    click.echo(report(lambda: copy_plainly(contract, source, into, memory_limit=memory_limit)))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])
