"""The checkout as the rules see it: where it is, which files count, and how a breach is told.

A rule is a function from a folder to its breaches, so that it runs on the project and on a planted tree.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
PACKAGES = (
    "orchestration", "storage", "data_contracts", "ml", "operations", "dashboards", "demo", "bench",
)  # fmt: skip
_NOT_SOURCE = {"var", "build", "target", "__pycache__"}


def files(root: Path, suffix: str) -> list[Path]:
    """Return the source files under `root` that end in `suffix`, sorted, without environments and outputs."""
    return sorted(path for path in _walk(root) if path.name.endswith(suffix))


def _walk(folder: Path) -> Iterator[Path]:
    for parent, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name not in _NOT_SOURCE and not name.startswith(".")]
        yield from (Path(parent, name) for name in names)


def committed(root: Path) -> list[Path]:
    """Return the files that git tracks, and those it would: new and not ignored."""
    listing = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=root, check=True, capture_output=True, text=True,
    )  # fmt: skip
    paths = (root / name for name in listing.stdout.split("\0") if name)
    return sorted(path for path in paths if path.is_file())


def breach(root: Path, path: Path, line: int, reason: str) -> str:
    """Tell one breach as `path:line: reason`, the way a compiler does."""
    return f"{path.relative_to(root).as_posix()}:{line}: {reason}"


def plant(root: Path, contents: Mapping[str, str]) -> Path:
    """Write a small tree of files, given as path and text, and return its root."""
    for name, text in contents.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root
