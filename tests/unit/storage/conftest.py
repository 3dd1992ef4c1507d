"""What the storage tests share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.storage.landed import Cashier
from tests.unit.storage.nights import Nights


@pytest.fixture
def nights(tmp_path: Path) -> Iterator[Nights]:
    found = Nights.at(tmp_path / "home")
    yield found
    found.ledger.close()


@pytest.fixture
def cashier(tmp_path: Path) -> Iterator[Cashier]:
    found = Cashier.at(tmp_path / "cashier")
    yield found
    found.doors.ledger.close()
