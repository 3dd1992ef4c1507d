"""What holds for every test: skipped in CI is failed, and a file runs on one worker unless it says more."""

from __future__ import annotations

import os
from collections.abc import Generator
from pathlib import Path

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling

TESTS = Path(__file__).parent
APART = {"tests/reliability/test_kills.py"}
SHORT = {"unit", "architecture", "acceptance"}


class ByFile(LoadFileScheduling):
    """Keeps the tests of a file together, as they share what their fixtures make; in `APART` each takes minutes."""

    def _split_scope(self, nodeid: str) -> str:
        file = super()._split_scope(nodeid)
        return nodeid if file in APART else file


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ByFile:
    return ByFile(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Start with files that run whole nights: the short ones fill up what the workers have left in the end."""
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
