"""What holds for every test: skipped in CI is failed, and a file runs on one worker unless it says more."""

from __future__ import annotations

import os
from collections.abc import Generator
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
SHORT = {"unit", "architecture", "acceptance"}


# First, because xdist reads the marks in the same hook.
@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep the tests of a file together, as they share what their fixtures make; a mark of its own sets one apart.

    Files that run whole nights come first: the many short ones fill up what the workers have left in the end.
    """
    for item in items:
        if item.get_closest_marker("xdist_group") is None:
            item.add_marker(pytest.mark.xdist_group(str(item.path)))
    items.sort(key=lambda item: item.path.relative_to(TESTS).parts[0] in SHORT)


def _refuse_skip(report: pytest.TestReport | pytest.CollectReport) -> None:
    skipped_on_purpose = report.skipped and not hasattr(report, "wasxfail")
    if skipped_on_purpose and os.environ.get("CI") == "true":
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"In CI every test runs, and this one was skipped. {reason}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    _refuse_skip(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    _refuse_skip(report)
    return report
