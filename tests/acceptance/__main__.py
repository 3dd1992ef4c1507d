"""The command: `python -m tests.acceptance` measures every promise at full size and writes docs/acceptance.md.

Belongs here: the list of checks, options, progress, the exit code. Does not belong here: any check.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import click

from tests.acceptance import campaign_bias, demo_nights, kills, planted_worlds, sequences, speed
from tests.acceptance.figures import SLICE, Check, Figure, Size, Stage
from tests.acceptance.kept import clean_commit, keep, kept_figures
from tests.acceptance.page import PAGE, circumstances, written

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
@click.option("--only", multiple=True, type=click.Choice(_NAMES), help="this check; the page is left alone")
@click.option("--slice", "is_slice", is_flag=True, help="a small slice of each; the page is left alone")
@click.option("--days", type=click.IntRange(min=1), help="so many days; the page is left alone")
@click.option("--again", is_flag=True, help="measure also what was measured on this commit before")
@click.option("--date", help="the date on the page (default: that of the newest commit)")
@click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="where to make homes (default: the temporary folder)",
)
def main(
    *,
    only: tuple[str, ...],
    is_slice: bool,
    days: int | None,
    again: bool,
    date: str | None,
    folder: Path | None,
) -> None:
    """Measure every promise and write them down; exits 1 when one is not met.

    What a check measured at full size is kept by commit: a run that was stopped goes on with the next check.
    """
    size = SLICE if is_slice else Size()
    if days is not None:
        size = replace(size, days=days)
    chosen = [check for check in CHECKS if not only or check.name in only]
    figures: list[Figure] = []
    for check in chosen:
        found = kept_figures(check.name) if size == Size() and not again else None
        if found is None:
            commit = clean_commit()
            found = _run(check, size, folder)
            if size == Size():
                keep(check.name, found, commit=commit)
        figures += found
    page = written(figures, circumstances(date))
    if only or is_slice or days is not None:
        click.echo(page)
    else:
        PAGE.write_text(page, encoding="utf-8")
        click.echo(f"Wrote {PAGE}")
    sys.exit(0 if all(figure.is_met for figure in figures) else 1)


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
