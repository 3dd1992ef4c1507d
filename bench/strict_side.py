"""The strict side: one events file through the product's reader, as a night reads it.

Belongs here: calling the reader with production's settings, and counting what it wrote.
Does not belong here: the other side (plain_side.py), and raw copies, the ledger and the lake, which cost little.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

import click
import pyarrow.parquet as pq

from bench.events import DELIVERY_DATE
from bench.measuring import CORES, report
from data_contracts.contract import Contract, load_contracts
from data_contracts.reader import LandedFile, StrictReader
from data_contracts.rules import Delivery
from storage.engine import EngineSettings, connect

ADDRESS = "app.events"
_TOKEN_KEY = b"a key for the benchmark, no secret"


def read_strictly(
    contract: Contract, source: Path, into: Path, *, settings: EngineSettings
) -> Mapping[str, int]:
    """Read the packed file `source` into Parquet files in `into` and return the reader's counts."""
    connection = connect(settings=settings, scratch=into / "spill")
    try:
        reader = StrictReader(contract, token_key=_TOKEN_KEY, connection=connection)
        landed = LandedFile(
            path=source,
            landed_as=f"app/events/{DELIVERY_DATE}/{source.name}",
            sha256="0" * 64,
            delivery=Delivery(DELIVERY_DATE),
        )
        outcome = reader.read(landed, into=into)
    finally:
        connection.close()
    written = [pq.read_metadata(into / f"{day}.parquet") for day in outcome.dates]
    return {
        "rows_read": outcome.rows_read,
        "rows_counted": outcome.rows_counted,
        "rows_quarantined": outcome.rows_quarantined,
        "rows_duplicate": outcome.rows_duplicate,
        "rows_written": sum(one.num_rows for one in written),
        "columns": max(one.num_columns for one in written),
    }


def main(source: Path, into: Path, memory_limit: str) -> None:
    """Measure one read; the contract is loaded before the clock starts, as it is once a night."""
    contract = load_contracts()[ADDRESS]
    settings = EngineSettings(threads=CORES, memory_limit=memory_limit)
    click.echo(report(lambda: read_strictly(contract, source, into, settings=settings)))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])
