"""Where the real data is: beside the checkout, or where LIFECYCLE_REALDATA says. Without it nothing is collected.

Belongs here: finding the folder. Does not belong here: what any one set holds.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
REALDATA = Path(os.environ.get("LIFECYCLE_REALDATA", CHECKOUT.parent / "shared" / "realdata"))

collect_ignore_glob = [] if REALDATA.is_dir() else ["test_*.py"]


@pytest.fixture(scope="session")
def realdata() -> Path:
    """Return the folder with one folder per set of real data."""
    return REALDATA
