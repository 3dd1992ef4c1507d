"""Who may import whom: the contracts of pyproject.toml hold, and each is shown to break."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

from tests.architecture.tree import PACKAGES, PROJECT, plant

CONTRACTS = [
    contract["name"]
    for contract in tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["tool"][
        "importlinter"
    ]["contracts"]
]
PLANTED = {
    "data_contracts/planted.py": "import storage",
    "storage/planted.py": "import dagster",
    "ml/planted.py": "import duckdb",
    "demo/planted.py": "import data_contracts",
    "operations/planted.py": "import bench",
    "dashboards/planted.py": "import ml",
}


def lint_imports(root: Path) -> subprocess.CompletedProcess[str]:
    command = (
        "import sys; from importlinter.cli import lint_imports_command; sys.exit(lint_imports_command())"
    )
    return subprocess.run(
        [sys.executable, "-c", command, "--config", str(root / "pyproject.toml"), "--no-cache"],
        cwd=root, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_imports_go_in_the_decided_direction() -> None:
    checked = lint_imports(PROJECT)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_planted_imports_break_every_contract(tmp_path: Path) -> None:
    plant(tmp_path, {f"{package}/__init__.py": "" for package in PACKAGES} | PLANTED)
    shutil.copy(PROJECT / "pyproject.toml", tmp_path)
    checked = lint_imports(tmp_path)
    assert checked.returncode == 1, checked.stdout + checked.stderr
    assert [name for name in CONTRACTS if f"{name} BROKEN" not in checked.stdout] == []
