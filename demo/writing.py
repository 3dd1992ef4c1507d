"""Writing: one delivery of one table into the landing folder, its control file last.

Belongs here: folders, file names, the control file, replacing a file in one step.
Does not belong here: what the files hold.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import orjson

CONTROL_FILE = "_control.json"


@dataclass(frozen=True)
class Declared:
    """A file as its control file names it; `totals` are sums of money columns, as text."""

    name: str
    rows: int
    sha256: str
    totals: dict[str, str]

    @classmethod
    def of(cls, name: str, content: bytes, *, rows: int, totals: dict[str, str]) -> Declared:
        """Return what is to be said of a file with this content."""
        return cls(name, rows, hashlib.sha256(content).hexdigest(), totals)


@dataclass(frozen=True)
class Issue:
    """Which issue of a day's delivery this is."""

    produced_at: str
    version: int


def first_issue(day: date) -> Issue:
    """Return the issue made shortly before midnight of the day itself."""
    return Issue(f"{day.isoformat()}T23:50:00+08:00", 1)


def delivery_folder(landing: Path, *, source: str, table: str, day: date) -> Path:
    """Return where the delivery of `day` of a table stands."""
    return landing / source / table / day.isoformat()


def declare(folder: Path, files: Sequence[Declared], *, issue: Issue, is_history: bool) -> None:
    """Write the control file that declares the files beside it. Of a history no row is too late."""
    control = {
        "produced_at": issue.produced_at,
        "version": issue.version,
        "history": is_history,
        "files": [vars(file) for file in files],
    }
    put(folder / CONTROL_FILE, orjson.dumps(control, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))


def put(path: Path, content: bytes) -> None:
    """Write a file that appears under its name when it is whole; one that has these bytes already is left alone."""
    if path.exists() and path.read_bytes() == content:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.part")
    partial.write_bytes(content)
    partial.replace(path)
