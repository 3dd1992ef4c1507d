"""The page: docs/acceptance.md, made of figures and of where and when they were measured.

Belongs here: layout and words. Does not belong here: measuring.
"""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import version

from tests.acceptance.kept import CHECKOUT, Measured

PAGE = CHECKOUT / "docs" / "acceptance.md"
SHOWN_VERSIONS = ("duckdb", "dagster", "dbt-core", "dbt-duckdb", "great-expectations", "pyarrow")


def machine() -> str:
    """Return what this process runs on."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    cores = len(os.sched_getaffinity(0))
    return f"{cores} cores, {memory:.0f} GB, {platform.system()} {platform.machine()}"


def versions() -> str:
    """Return the versions of what does most of the work."""
    names = [f"{name} {version(name)}" for name in SHOWN_VERSIONS]
    return ", ".join([f"Python {platform.python_version()}", *names])


def written(found: Mapping[str, Measured], *, order: Sequence[str], machine: str, versions: str) -> str:
    """Return the page: the checks of `order` with what each measured last; one never measured says so."""
    return "\n".join(_lines(found, order, machine, versions)) + "\n"


def _lines(found: Mapping[str, Measured], order: Sequence[str], machine: str, versions: str) -> Iterator[str]:
    figures = [figure for check in order if check in found for figure in found[check].figures]
    failed = sum(not figure.is_met for figure in figures)
    missing = [check for check in order if check not in found]
    yield "# Acceptance"
    yield ""
    yield "What this project promises, each promise with the figure of its last full-size run and the commit it ran on."
    yield "`make accept` measures what was measured on other code than this, check by check, and writes this page;"
    yield "`make test` runs small fixed slices of the same checks."
    yield ""
    yield "| | |"
    yield "| --- | --- |"
    yield f"| machine | {machine} |"
    yield f"| versions | {versions} |"
    yield f"| verdict | {f'{failed} of {len(figures)} not met' if failed else f'all {len(figures)} met'} |"
    if missing:
        yield f"| never measured | {', '.join(missing)} |"
    yield ""
    yield "| must show | command | seed | figure | verdict | measured |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for check in order:
        if check in found:
            yield from _rows(found[check])
    yield ""
    yield "Not measured here: a fresh clone with an empty home, which `.ci/run` goes through, and the Dagster UI in a"
    yield "browser, which `tests/browser` looks at. Not claimed: power cuts between two writes, full disks, more than"
    yield "one machine."


def _rows(measured: Measured) -> Iterator[str]:
    for figure in measured.figures:
        cells = (
            figure.claim,
            f"`{figure.command}`",
            figure.seed,
            figure.measured,
            "met" if figure.is_met else "**not met**",
            f"{measured.date}, {measured.commit}",
        )
        yield f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"
