"""The command: `python -m tests.acceptance` measures every promise at full size and writes docs/acceptance.md.

Belongs here: the list of checks, options, progress, the exit code. Does not belong here: any check.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import click

from tests.acceptance import campaign_bias, demo_nights, kills, planted_worlds, sequences, speed
from tests.acceptance.figures import SLICE, Check, Figure, Size, Stage
from tests.acceptance.kept import Measured, clean_commit, is_current, keep, kept
from tests.acceptance.page import PAGE, machine, versions, written

CHECKS = (
    Check(demo_nights.NAME, demo_nights.measure),
    Check(kills.NAME, kills.measure),
    Check(sequences.RANGE, sequences.measure_range),
    Check(sequences.ORDERS, sequences.measure_orders),
    Check(campaign_bias.NAME, campaign_bias.measure),
    Check(planted_worlds.DIRT, planted_worlds.measure_dirt),
    Check(planted_worlds.STORY, planted_worlds.measure_story),
    Check(speed.INTAKE, speed.measure_intake),
    Check(speed.DEFINITIONS, speed.measure_definitions),
    Check(speed.NIGHTS, speed.measure_nights),
    Check(planted_worlds.WORLDS, planted_worlds.measure_worlds),
)
_NAMES = [check.name for check in CHECKS]


@click.command()
@click.option(
    "--only", multiple=True, type=click.Choice(_NAMES), help="this check; the others keep their figures"
)
@click.option("--slice", "is_slice", is_flag=True, help="a small slice of each; nothing is kept")
@click.option("--days", type=click.IntRange(min=1), help="so many days; nothing is kept")
@click.option("--again", is_flag=True, help="measure also what was measured on this code before")
@click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="where to make homes (default: the temporary folder)",
)
def main(
    *, only: tuple[str, ...], is_slice: bool, days: int | None, again: bool, folder: Path | None
) -> None:
    """Measure every promise and write them down; exits 1 when one is not met.

    What a check measured at full size is kept with its commit: a run that was stopped goes on with the next check.
    """
    size = SLICE if is_slice else Size()
    if days is not None:
        size = replace(size, days=days)
    is_full = size == Size()
    known = kept() if is_full else {}
    figures: list[Figure] = []
    for check in CHECKS:
        if only and check.name not in only:
            continue
        if check.name in known and is_current(known[check.name]) and not again:
            figures += known[check.name].figures
            continue
        commit = clean_commit()
        found = _run(check, size, folder)
        figures += found
        if is_full:
            keep(check.name, found, commit=commit)
            PAGE.write_text(_page(kept()), encoding="utf-8")
    click.echo(
        f"Wrote {PAGE}" if is_full else _page({"slice": Measured("–", "–", tuple(figures))}, order=["slice"])
    )
    sys.exit(0 if all(figure.is_met for figure in figures) else 1)


def _page(found: Mapping[str, Measured], *, order: Sequence[str] = _NAMES) -> str:
    return written(found, order=order, machine=machine(), versions=versions())


def _run(check: Check, size: Size, folder: Path | None) -> list[Figure]:
    started = time.monotonic()

    def say(line: str) -> None:
        click.echo(f"{time.monotonic() - started:7.1f} s  {check.name}: {line}", err=True)

    figures: list[Figure] = []
    with tempfile.TemporaryDirectory(prefix=f"accept-{check.name}-", dir=folder) as made:
        try:
            for figure in check.measure(Stage(Path(made), size, say)):
                say(f"{'met' if figure.is_met else 'NOT MET'}: {figure.claim}: {figure.measured}")
                figures.append(figure)
        except (AssertionError, OSError, TimeoutError, subprocess.SubprocessError) as error:
            # One promise that cannot be measured must not hide the figures of the others.
            reason = " ".join(str(error).split())
            say(f"NOT MET: {reason}")
            command = f"python -m tests.acceptance --only {check.name}"
            figures.append(Figure(f"`{check.name}` can be measured", command, "–", reason, is_met=False))
    return figures


if __name__ == "__main__":
    main()
