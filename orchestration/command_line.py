"""The command `lifecycle`: what a person or cron runs.

Belongs here: arguments, words for people, exit codes. Does not belong here: what a command does.

Exit codes: 0 done; 1 the data stopped it, what was served stays; 2 something must be set right first; 75 another
writer is at work; 128 + its number, a signal did. Dagster is imported by the commands that need it, when they do.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from datetime import date
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

import click

from data_contracts.contract import ContractError
from orchestration import contract_commands, quarantine_commands, segment_commands
from orchestration.resources import (
    ConfigurationError,
    House,
    Settings,
    create_token_key,
    open_house,
    read_settings,
)
from storage.writer import WriterBusy

if TYPE_CHECKING:
    from orchestration.nights import Night
    from orchestration.running import NightLog, Problem

DATA_STOP, CONFIGURATION, BUSY = 1, 2, 75
_EXIT_CODES = {
    "ContractError": CONFIGURATION,
    "ConfigurationError": CONFIGURATION,
    "ManifestMissingError": CONFIGURATION,
    "WriterBusy": BUSY,
}
_ISO_DATE = click.DateTime(["%Y-%m-%d"])


class Commands(click.Group):
    """The commands; an error that a person can mend is one line and an exit code."""

    def main(self, *arguments: Any, **settings: Any) -> Any:  # noqa: ANN401 - as click declares it
        """Run the command of this process and exit."""
        try:
            return super().main(*arguments, **settings)
        except (ContractError, ConfigurationError, WriterBusy) as error:
            sys.exit(_tell(str(error), _EXIT_CODES[type(error).__name__]))


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--debug", is_flag=True, help="Show where an error came from.")
def main(debug: bool) -> None:  # noqa: FBT001 - click passes options by position of meaning
    """Customer lifecycle for a securities broker: from landing files to the published snapshot."""
    if not debug:
        sys.excepthook = _one_line


main.add_command(contract_commands.contract)
main.add_command(quarantine_commands.quarantine)
main.add_command(segment_commands.segment)


@main.command()
def home() -> None:
    """Print where the home is."""
    click.echo(read_settings().home.root)


@main.command()
def init() -> None:
    """Create the home: its folders, its token key, Dagster's storage."""
    from orchestration.dagster_home import initialise

    settings = read_settings()
    settings.home.create()
    if create_token_key(settings.token_key_file):
        click.echo(
            f"Wrote a new token key to {settings.token_key_file}: back it up, tokens cannot be made again without"
        )
    initialise(settings.home)
    click.echo(f"The home is {settings.home.root}")


@main.command()
def prepare() -> None:
    """Generate what Dagster loads: the dbt sources and the dbt manifest."""
    from orchestration.prepare import prepare as make

    made = make(read_settings())
    click.echo("The dbt project is prepared" if made else "The dbt project was prepared already")


@main.command()
@click.option(
    "--as-of", type=_ISO_DATE, help="Bring everything up to this date (default: the newest delivery)."
)
@click.option(
    "--rebuild", is_flag=True, help="First forget all that can be made again from raw and the ledger."
)
@click.option("--wait", default=60.0, show_default=True, help="Seconds to wait for another writer.")
def nightly(as_of: date | None, rebuild: bool, wait: float) -> None:  # noqa: FBT001
    """Run the night that is due: take in, check, build, publish."""
    _run_what_is_due(as_of, is_rebuild=rebuild, wait_seconds=wait)


@main.command()
@click.option("--wait", default=60.0, show_default=True, help="Seconds to wait for another writer.")
def train(wait: float) -> None:
    """Train the models on what is built; one that is good enough serves from the next day on."""
    from orchestration.prepare import prepare as make

    settings = read_settings()
    make(settings)
    from orchestration.running import run_training

    log, _ = _ended(partial(run_training, settings, wait_seconds=wait), "The training")
    for name, figures in log.figures.items():
        click.echo(
            f"{name}: {'serves' if figures['is_promoted'] else 'does not serve'}: {figures['verdict']}"
        )


@main.command()
@click.option("--wait", default=60.0, show_default=True, help="Seconds to wait for another writer.")
def rebuild(wait: float) -> None:
    """Make everything again from raw and the ledger, and publish it if it differs."""
    _run_what_is_due(None, is_rebuild=True, wait_seconds=wait)


@main.command()
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def status(as_json: bool) -> None:  # noqa: FBT001
    """Say what is served, what waits, and what was taken in."""
    from orchestration.status import read_status, told

    with open_house(read_settings()) as house:
        found = read_status(house)
    click.echo(json.dumps(asdict(found), indent=2, ensure_ascii=False) if as_json else "\n".join(told(found)))


@main.command()
@click.option("--to", "sequence", type=int, required=True, help="The version to serve.")
def rollback(sequence: int) -> None:
    """Serve an earlier version again; the next night with new data publishes a new one."""
    from storage.published import UnknownVersionError
    from storage.published import rollback as serve_again

    with open_house(read_settings()) as house:
        try:
            version = serve_again(house.home, house.ledger, sequence=sequence)
        except UnknownVersionError as error:
            raise click.exceptions.Exit(_tell(str(error), DATA_STOP)) from error
    click.echo(f"Serving version {version.sequence}, as of {version.as_of_date}")


@main.command()
@click.option(
    "--truth", type=click.Path(path_type=Path, file_okay=False), help="Default: the home's truth folder."
)
@click.option(
    "--markdown", type=click.Path(path_type=Path, dir_okay=False), help="Also write the table there."
)
def recovery(truth: Path | None, markdown: Path | None) -> None:
    """Compare what was found with what was planted in a simulated world, truth by truth."""
    from rich.console import Console

    from orchestration.recovery import as_markdown, as_table
    from orchestration.recovery import recovery as compare

    with open_house(read_settings()) as house:
        lines = compare(house, truth)
    Console().print(as_table(lines))
    if markdown is not None:
        markdown.write_text(as_markdown(lines), encoding="utf-8")


@main.command()
@click.argument("sequence", type=int, required=False)
def verify(sequence: int | None) -> None:
    """Read every byte of a published version (default: the served one) and compare it with its manifest."""
    from storage.published import verify as find_problems

    problems = find_problems(read_settings().home, sequence)
    if problems:
        raise click.exceptions.Exit(_tell("\n".join(problems), DATA_STOP))
    click.echo("Every byte is as it was published")


@main.command()
@click.option("--port", default=3000, show_default=True)
def ui(port: int) -> None:
    """Serve the Dagster UI and its daemon, on this machine only."""
    from orchestration.dagster_home import initialise, open_instance, reap
    from orchestration.prepare import prepare as make
    from orchestration.resources import now
    from orchestration.web import serve

    settings = read_settings()
    make(settings)
    initialise(settings.home)
    with open_instance(settings.home) as instance:
        for run_id in reap(instance, now=now()):
            click.echo(f"Run {run_id[:8]} had died and is marked as failed")
    sys.exit(serve(settings, port=port, say=click.echo))


def _run_what_is_due(as_of: date | None, *, is_rebuild: bool, wait_seconds: float) -> None:
    from orchestration.prepare import prepare as make

    settings = read_settings()
    make(settings)
    with open_house(settings) as house:
        if is_rebuild:
            from orchestration.rebuilding import forget_derived

            dates = forget_derived(house, wait_seconds=wait_seconds)
            click.echo(f"Forgot what can be made again: {dates} business dates wait to be rebuilt")
        night = _due(house, as_of)
    if night is not None:
        _run(settings, night, wait_seconds=wait_seconds)


def _due(house: House, as_of: date | None) -> Night | None:
    from orchestration.nights import latest_delivery, next_night
    from orchestration.prepare import models_digest
    from storage.published import current_sequence

    # click gives a moment; a night is a date.
    chosen = date(as_of.year, as_of.month, as_of.day) if as_of else latest_delivery(house)
    if chosen is None:
        click.echo(f"Nothing to do: nothing has landed in {house.home.landing}")
        return None
    night = next_night(house, as_of_date=chosen, models=models_digest())
    if night is None:
        click.echo(f"Nothing to do: version {current_sequence(house.home)} is up to date as of {chosen}")
    return night


def _run(settings: Settings, night: Night, *, wait_seconds: float) -> None:
    click.echo(f"The night of {night.as_of_date}: {'; '.join(night.reasons)}")
    from orchestration.running import run_night
    from orchestration.summary import summarise

    run = partial(run_night, settings, night, wait_seconds=wait_seconds)
    log, seconds = _ended(run, f"The night of {night.as_of_date}")
    for line in summarise(settings, log, seconds=seconds):
        click.echo(line)


def _ended(run: Callable[..., NightLog], name: str) -> tuple[NightLog, float]:
    """Return what a run told that succeeded, and its seconds; ends the command when it did not."""
    started, terminal = time.monotonic(), sys.stdout
    from orchestration.stopping import stops_when_told

    def say(line: str) -> None:
        # While a run goes on, standard output is where dbt prints.
        click.echo(f"{time.monotonic() - started:7.1f} s  {line}", file=terminal)

    try:
        with stops_when_told():
            log = run(say=say)
    except ValueError as error:
        raise click.exceptions.Exit(_tell(str(error), DATA_STOP)) from error
    if not log.is_success:
        lines = [f"{name} stopped; what was served before stays."]
        # One cause can stop many steps with the same words.
        lines += dict.fromkeys(f"  {problem.message}" for problem in log.problems)
        raise click.exceptions.Exit(_tell("\n".join(lines), _exit_code(log.problems)))
    return log, time.monotonic() - started


def _exit_code(problems: list[Problem]) -> int:
    return next((_EXIT_CODES[one.kind] for one in problems if one.kind in _EXIT_CODES), DATA_STOP)


def _tell(message: str, code: int) -> int:
    click.echo(f"lifecycle: {message}", err=True)
    return code


def _one_line(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    del trace
    click.echo(
        f"lifecycle: {kind.__name__}: {' '.join(str(error).split())} (`lifecycle --debug ...` says where)",
        err=True,
    )
