"""The page: docs/acceptance.md, made of figures and of where and when they were measured.

Belongs here: layout and words. Does not belong here: measuring.
"""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from tests.acceptance.figures import Figure

CHECKOUT = Path(__file__).resolve().parents[2]
PAGE = CHECKOUT / "docs" / "acceptance.md"
SHOWN_VERSIONS = ("duckdb", "dagster", "dbt-core", "dbt-duckdb", "great-expectations", "pyarrow")


@dataclass(frozen=True)
class Circumstances:
    """When, on which commit, and on what machine the figures were measured."""

    date: str
    commit: str
    machine: str
    versions: str


def circumstances(date: str | None) -> Circumstances:
    """Return those of this process; `date` is by default that of the newest commit."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    return Circumstances(
        date=date or _git("%cs"),
        commit=_git("%h"),
        machine=f"{len(os.sched_getaffinity(0))} cores, {memory:.0f} GB, {platform.system()} {platform.machine()}",
        versions=", ".join(
            [f"Python {platform.python_version()}", *(f"{name} {version(name)}" for name in SHOWN_VERSIONS)]
        ),
    )


def written(figures: Sequence[Figure], found: Circumstances) -> str:
    """Return the page."""
    return "\n".join(_lines(figures, found)) + "\n"


def _lines(figures: Sequence[Figure], found: Circumstances) -> Iterator[str]:
    failed = sum(not figure.is_met for figure in figures)
    yield "# Acceptance"
    yield ""
    yield "What this project promises, each promise with the figure of the last full-size run. `make accept` measures"
    yield "what was not measured on the commit before and writes this page; `make test` runs small fixed slices of the"
    yield "same checks."
    yield ""
    yield "| | |"
    yield "| --- | --- |"
    yield f"| measured | {found.date}, on top of commit {found.commit} |"
    yield f"| machine | {found.machine} |"
    yield f"| versions | {found.versions} |"
    yield f"| verdict | {f'{failed} of {len(figures)} not met' if failed else f'all {len(figures)} met'} |"
    yield ""
    yield "| must show | command | seed | figure | verdict |"
    yield "| --- | --- | --- | --- | --- |"
    for figure in figures:
        cells = (
            figure.claim,
            f"`{figure.command}`",
            figure.seed,
            figure.measured,
            "met" if figure.is_met else "**not met**",
        )
        yield f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"
    yield ""
    yield "Not measured here: a fresh clone with an empty home, which `.ci/run` goes through, and the Dagster UI in a"
    yield "browser, which `tests/browser` looks at. Not claimed: power cuts between two writes, full disks, more than"
    yield "one machine."


def _git(form: str) -> str:
    shown = subprocess.run(
        ["git", "log", "-1", f"--format={form}"], cwd=CHECKOUT, capture_output=True, text=True, check=True
    )
    return shown.stdout.strip()
