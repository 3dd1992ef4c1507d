"""A small events file, written once for all tests of the benchmark."""

from __future__ import annotations

import pytest

from bench.events import EventsFile, write_events

EVENTS = 5_000


@pytest.fixture(scope="session")
def events(tmp_path_factory: pytest.TempPathFactory) -> EventsFile:
    return write_events(tmp_path_factory.mktemp("events"), events=EVENTS)
