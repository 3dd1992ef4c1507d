"""The command: `python -m bench [intake|definitions|nights|worlds]` measures and prints; the exit code judges nothing.

Belongs here: options and progress. Does not belong here: measuring, wording.
"""

from __future__ import annotations

import json
from pathlib import Path

import click

from bench import definitions, intake, nights, report, worlds
from orchestration.prepare import prepare
from orchestration.resources import read_settings

INTAKE, DEFINITIONS, NIGHTS, WORLDS = "intake", "definitions", "nights", "worlds"


@click.command()
@click.argument("what", type=click.Choice([INTAKE, DEFINITIONS, NIGHTS, WORLDS]), required=False)
@click.option("--events", default=2_000_000, show_default=True, help="lines of the events file")
@click.option("--rounds", default=3, show_default=True, help="runs of each side, in turn")
@click.option("--people", default=200_000, show_default=True, help="people in the warehouse of the nights")
@click.option("--short", default=20, show_default=True, help="days of history before the first nights")
@click.option("--long", default=60, show_default=True, help="days of history before the last nights")
@click.option(
    "--sizes", default=worlds.SIZES, show_default=True, multiple=True, help="people of the simulated worlds"
)
@click.option("--seed", default=1, show_default=True, help="same seed, same file")
@click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="where to make files of some gigabytes (default: the temporary folder)",
)
@click.option("--json", "as_json", is_flag=True, help="for programs")
def main(
    *,
    what: str | None,
    events: int,
    rounds: int,
    people: int,
    short: int,
    long: int,
    sizes: tuple[int, ...],
    seed: int,
    folder: Path | None,
    as_json: bool,
) -> None:
    """Measure speed beside the plain way of doing the same work (default: everything)."""
    figures: dict[str, object] = {}
    lines: list[str] = []
    prepare(read_settings())
    if what in (None, DEFINITIONS):
        loaded = definitions.load(rounds=rounds, say=_progress)
        figures[DEFINITIONS] = report.definitions_figures(loaded)
        lines += report.definitions_lines(loaded)
    if what in (None, INTAKE):
        compared = intake.compare(events=events, rounds=rounds, seed=seed, folder=folder, say=_progress)
        figures[INTAKE] = report.intake_figures(compared)
        lines += report.intake_lines(compared)
    if what in (None, NIGHTS):
        grown = nights.compare(
            people=people, short=short, long=long, rounds=rounds, folder=folder, say=_progress
        )
        figures[NIGHTS] = report.nights_figures(grown)
        lines += report.nights_lines(grown)
    if what in (None, WORLDS):
        written = worlds.write(sizes=sizes, seed=seed, folder=folder, say=_progress)
        figures[WORLDS] = report.worlds_figures(written)
        lines += report.worlds_lines(written)
    click.echo(json.dumps(figures, indent=2) if as_json else "\n".join(lines))


def _progress(line: str) -> None:
    click.echo(f"bench: {line}", err=True)


if __name__ == "__main__":
    main()
