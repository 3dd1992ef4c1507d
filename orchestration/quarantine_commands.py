"""The commands `lifecycle quarantine …`: looking at rejected rows, and letting them in.

Belongs here: arguments and words. Does not belong here: reading files again (storage/quarantine.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import click

from orchestration.resources import ConfigurationError, House, open_house, read_settings
from storage.quarantine import Held, NotReleasableError, ReadAgain, held, rejected_rows
from storage.quarantine import release as let_in
from storage.quarantine import replay as read_again
from storage.writer import writer

WAIT_SECONDS = 60.0


@click.group()
def quarantine() -> None:
    """Look at rejected rows, release them, or read their files again."""


@quarantine.command("list")
@click.argument("address", required=False)
@click.option("--rows", default=0, help="Also show this many rows of each file.")
def list_held(address: str | None, rows: int) -> None:
    """List what is held, by file and rule, of one table when ADDRESS (<source>.<table>) is given."""
    with open_house(read_settings()) as house:
        _known(house, address)
        found = held(house.doors, address)
        for one in found:
            count = "the whole file" if one.rows is None else f"{one.rows:,} rows"
            reason = f": {one.record.message}" if one.rows is None else ""
            click.echo(f"{one.record.landed_as}  {one.rule}  {count}{reason}")
            if one.rows is not None and rows:
                _show(house, one, limit=rows)
    if not found:
        click.echo("Nothing is held")


@quarantine.command()
@click.argument("address")
@click.option("--rule", required=True, help="The one rule to waive: too_late or in_the_future.")
def release(address: str, rule: str) -> None:
    """Let in the rows of ADDRESS that only one rule holds back; the next night publishes them."""
    with _writing("release") as house:
        _known(house, address)
        try:
            _tell(let_in(house.doors, address, rule=rule))
        except NotReleasableError as error:
            raise ConfigurationError(str(error)) from error


@quarantine.command()
@click.argument("address")
def replay(address: str) -> None:
    """Read the files of ADDRESS that had rejected rows again, under today's contract."""
    with _writing("replay") as house:
        _known(house, address)
        _tell(read_again(house.doors, address))


@contextmanager
def _writing(holder: str) -> Iterator[House]:
    with (
        open_house(read_settings()) as house,
        writer(house.home, house.ledger, holder=holder, wait_seconds=WAIT_SECONDS),
    ):
        yield house


def _known(house: House, address: str | None) -> None:
    if address is not None and address not in house.contracts:
        raise ConfigurationError(
            f"there is no contract {address}; there are: {', '.join(sorted(house.contracts))}"
        )


def _show(house: House, one: Held, *, limit: int) -> None:
    found = [row for row in rejected_rows(house.doors, one.record).to_pylist() if row["rule"] == one.rule]
    for row in found[:limit]:
        click.echo(f"  line {row['line_number']}: {row['message']}: {row['raw_text']}")


def _tell(done: ReadAgain) -> None:
    click.echo(
        f"Read {len(done.after)} files again: {done.rows_gained:,} rows more are loaded; run `lifecycle nightly`"
    )
