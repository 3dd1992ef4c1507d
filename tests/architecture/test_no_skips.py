"""In CI a skipped test is a failed one, so that no test stops running unseen."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.tree import PROJECT, plant


@pytest.mark.parametrize(
    "code",
    [
        "def test_a():\n    pytest.skip('no browser')",
        "@pytest.mark.skipif(True, reason='no browser')\ndef test_a(): pass",
        "pytest.skip('no browser', allow_module_level=True)",
    ],
)
def test_a_planted_skip_passes_at_home_and_fails_in_ci(tmp_path: Path, code: str) -> None:
    plant(tmp_path, {"test_planted.py": f"import pytest\n\ndef test_b(): pass\n\n{code}\n"})
    shutil.copy(PROJECT / "tests" / "conftest.py", tmp_path)

    def run(ci: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(tmp_path), "."],
            cwd=tmp_path, env=os.environ | {"CI": ci}, capture_output=True, text=True, check=False,
        )  # fmt: skip

    in_ci = run("true")
    assert in_ci.returncode != 0
    assert "no browser" in in_ci.stdout
    assert run("").returncode in {0, 5}
