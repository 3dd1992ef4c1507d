"""Writing: one delivery of one table into the landing folder, its control file last.

Belongs here: folders, file names, the control file, replacing a file in one step.
Does not belong here: what the files hold.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import orjson

CONTROL_FILE = "_control.json"


@dataclass(frozen=True)
class Payload:
    """A file about to be delivered; `totals` are sums of money columns, as text."""

    name: str
    content: bytes
    rows: int
    totals: dict[str, str]


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


def deliver(folder: Path, payloads: Sequence[Payload], *, issue: Issue, is_history: bool = False) -> None:
    """Write the files, then the control file that declares them; a file with the same bytes is left alone.

    Of a history no row is too late.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for payload in payloads:
        _put(folder / payload.name, payload.content)
    declared = [
        {
            "name": payload.name,
            "rows": payload.rows,
            "sha256": hashlib.sha256(payload.content).hexdigest(),
            "totals": payload.totals,
        }
        for payload in payloads
    ]
    control = {
        "produced_at": issue.produced_at,
        "version": issue.version,
        "history": is_history,
        "files": declared,
    }
    _put(folder / CONTROL_FILE, orjson.dumps(control, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))


def _put(path: Path, content: bytes) -> None:
    if path.exists() and path.read_bytes() == content:
        return
    # A reader never sees half a file: it appears under its name when it is whole.
    partial = path.with_name(f".{path.name}.part")
    partial.write_bytes(content)
    partial.replace(path)
