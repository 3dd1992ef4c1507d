"""The files of the dbt project, and a digest of those that decide what tables contain.

Belongs here: what both engines' environments can import: the standard library alone.
Does not belong here: what is generated from the files (prepare.py).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

_NOT_SOURCE = {"target", "logs", "dbt_packages", ".user.yml"}
# What decides the content of a table; wording and tests do not.
_DEFINING = {".sql", ".csv"}


def project_files(project: Path) -> list[Path]:
    """Return every file of the project that a person or a contract made, sorted."""
    return sorted(
        path
        for path in project.rglob("*")
        if path.is_file() and not _NOT_SOURCE.intersection(path.relative_to(project).parts)
    )


def models_digest(project: Path) -> str:
    """Return a digest of everything in the project that decides what tables contain."""
    defining = [
        path for path in project_files(project) if path.suffix in _DEFINING and path.parts[-2] != "tests"
    ]
    return digest(project, [*defining, project / "dbt_project.yml"])


def digest(project: Path, files: Iterable[Path], *extra: str) -> str:
    """Return a digest of the names and contents of `files`, and of `extra`."""
    found = hashlib.sha256("\n".join(extra).encode())
    for path in files:
        found.update(f"\n{path.relative_to(project)}\n".encode())
        found.update(path.read_bytes())
    return found.hexdigest()
