"""Where the real data sets are; without them the tests of this folder are not collected.

They are never committed: some may not be passed on, all are large. They stand beside the checkout, or in the folder
that LIFECYCLE_REALDATA names.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
REALDATA = Path(os.environ.get("LIFECYCLE_REALDATA") or CHECKOUT.parent / "shared" / "realdata")

collect_ignore_glob = [] if REALDATA.is_dir() else ["test_*.py"]


@pytest.fixture(scope="session")
def realdata() -> Path:
    """Return the folder with one subfolder per data set."""
    return REALDATA
