"""The commands `lifecycle contract …`: drafting a contract from a file, and trying a file against one.

Belongs here: arguments and words. Does not belong here: guessing types (infer.py) and judging rows (reader.py).
"""

from __future__ import annotations

import hashlib
import tempfile
from contextlib import closing
from datetime import date, datetime
from pathlib import Path

import click
import pyarrow.parquet as pq

from data_contracts.framing import FileRejectedError
from data_contracts.infer import infer_contract
from data_contracts.reader import LandedFile, ReadOutcome, StrictReader
from data_contracts.rules import Delivery
from orchestration.resources import ConfigurationError, load_promises, read_settings
from storage.engine import connect

EXAMPLES = 10
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
# Nothing of a trial is kept, so nothing can be looked up by its tokens.
_TRIAL_KEY = bytes(32)


@click.group()
def contract() -> None:
    """Draft a contract from a file, or try a file against one."""


@contract.command()
@click.argument("file", type=_FILE)
@click.option("--source", required=True, help="Who delivers it.")
@click.option("--table", required=True, help="What one of its rows is, in the plural.")
def infer(file: Path, source: str, table: str) -> None:
    """Print a draft of a contract for files like FILE; every guess is to be confirmed."""
    click.echo(infer_contract(file, source=source, table=table), nl=False)


@contract.command()
@click.argument("file", type=_FILE)
@click.option("--contract", "address", required=True, help="<source>.<table> of a contract or a mapping.")
@click.option(
    "--delivered", type=click.DateTime(["%Y-%m-%d"]), help="Delivery date (default: the name of its folder)."
)
def check(file: Path, address: str, delivered: datetime | None) -> None:
    """Read FILE as a delivery would be read, load nothing, and say what would be turned away."""
    delivery_date = delivered.date() if delivered else _date_of_folder(file)
    with tempfile.TemporaryDirectory() as scratch:
        try:
            outcome = _read(file, address, delivery_date, into=Path(scratch))
        except FileRejectedError as error:
            click.echo(f"The whole file would be rejected ({error.rule}): {error}")
            raise click.exceptions.Exit(1) from error
        passed_over = f" + {outcome.rows_passed_over:,} passed over" if outcome.rows_passed_over else ""
        click.echo(
            f"{outcome.rows_read:,} rows read = {outcome.rows_loaded:,} would be loaded"
            f" ({outcome.rows_duplicate:,} of them repeated) + {outcome.rows_quarantined:,} quarantined"
            f"{passed_over}"
        )
        for rule, rows in sorted(outcome.rules.items()):
            click.echo(f"  {rule}: {rows:,}")
        for line in _examples(Path(scratch) / "quarantine.parquet"):
            click.echo(line)
    if outcome.unknown_paths:
        click.echo(f"Neither loaded nor ignored by the contract: {', '.join(outcome.unknown_paths)}")
    if outcome.rows_quarantined:
        raise click.exceptions.Exit(1)


def _read(file: Path, address: str, delivery_date: date, *, into: Path) -> ReadOutcome:
    promises = load_promises()
    mapping = promises.mappings.get(address)
    promised = promises.contracts.get(mapping.contract if mapping else address)
    if promised is None:
        raise ConfigurationError(
            f"there is no contract {address}; there are: {', '.join(sorted(promises.contracts))}"
        )
    with file.open("rb") as stream:
        sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
    landed = LandedFile(
        path=file,
        landed_as=f"{address.replace('.', '/')}/{delivery_date.isoformat()}/{file.name}",
        sha256=sha256,
        delivery=Delivery(delivery_date, is_history=mapping is not None and mapping.history, released=()),
    )
    with closing(connect(settings=read_settings().engine, scratch=into)) as connection:
        reader = StrictReader(promised, mapping=mapping, token_key=_TRIAL_KEY, connection=connection)
        return reader.read(landed, into=into)


def _examples(quarantined: Path) -> list[str]:
    if not quarantined.is_file():
        return []
    rows = pq.read_table(quarantined).slice(0, EXAMPLES).to_pylist()
    return [f"  line {row['line_number']}: {row['rule']}: {row['message']}" for row in rows]


def _date_of_folder(file: Path) -> date:
    try:
        return date.fromisoformat(file.absolute().parent.name)
    except ValueError as error:
        raise ConfigurationError("say when it was delivered: --delivered YYYY-MM-DD") from error
