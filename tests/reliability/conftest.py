"""The nights that every test of this folder compares with, run once however many workers there are."""

from __future__ import annotations

import os

import pytest

from tests.reliability.homes import Nights, make_nights


@pytest.fixture(scope="session")
def nights(tmp_path_factory: pytest.TempPathFactory) -> Nights:
    folder = tmp_path_factory.getbasetemp()
    shared = folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder
    return make_nights(shared / "nights")
