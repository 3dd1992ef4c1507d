"""Landing: what sources have dropped, grouped into deliveries, with what their control files promise.

Belongs here: walking `landing/<source>/<table>/<delivery date>/`, control files, and which files are complete.
Does not belong here: reading the files, and deciding what was taken in before (the ledger).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

CONTROL_FILE = "_control.json"
_UNFINISHED = (".part", ".tmp", ".filepart", ".crdownload")


class LandingError(RuntimeError):
    """The landing folder is not there: an unmounted disk is not a day without data."""


class ControlFileError(ValueError):
    """A control file cannot be understood."""


@dataclass(frozen=True)
class Promise:
    """What a control file says of one file; None or empty where it says nothing."""

    rows: int | None = None
    sha256: str | None = None
    totals: Mapping[str, Decimal] = field(default_factory=dict)


@dataclass(frozen=True)
class Delivery:
    """One delivery folder. `issue` orders the issues of one delivery date; '' sorts first: nothing was declared."""

    source: str
    table: str
    delivery_date: date
    folder: Path
    issue: str
    is_history: bool
    files: Mapping[str, Promise]
    problem: str | None = None

    def landed_as(self, name: str) -> str:
        """Return the path of a file below landing."""
        return f"{self.source}/{self.table}/{self.delivery_date.isoformat()}/{name}"


def deliveries(landing: Path, source: str, table: str) -> Iterator[Delivery]:
    """Yield the deliveries of one landing address, oldest first; an address that never delivered yields none.

    Raises LandingError when the landing folder itself is not available.
    """
    if not landing.is_dir():
        raise LandingError(f"landing is not available: {landing}")
    address = landing / source / table
    if not address.is_dir():
        return
    for folder in sorted(path for path in address.iterdir() if path.is_dir() and not path.is_symlink()):
        try:
            delivery_date = date.fromisoformat(folder.name)
        except ValueError:
            continue
        yield _delivery(source, table, delivery_date, folder)


def addresses(landing: Path) -> list[tuple[str, str]]:
    """Return every (source, table) that has a folder in landing."""
    if not landing.is_dir():
        raise LandingError(f"landing is not available: {landing}")
    return sorted(
        (source.name, table.name)
        for source in landing.iterdir()
        if source.is_dir()
        for table in source.iterdir()
        if table.is_dir()
    )


def _delivery(source: str, table: str, delivery_date: date, folder: Path) -> Delivery:
    present = sorted(path.name for path in folder.iterdir() if _is_data(path))
    if not (folder / CONTROL_FILE).exists():
        return Delivery(
            source=source,
            table=table,
            delivery_date=delivery_date,
            folder=folder,
            issue="",
            is_history=False,
            files={name: Promise() for name in present},
        )
    try:
        control = _control(folder / CONTROL_FILE)
        files = {str(one["name"]): _promise(one) for one in control["files"]}
        problem = None
        missing = sorted(set(files) - set(present))
        if missing:
            problem = f"incomplete: {', '.join(missing)} announced by {CONTROL_FILE} and not landed"
        return Delivery(
            source=source,
            table=table,
            delivery_date=delivery_date,
            folder=folder,
            issue=_issue(control),
            is_history=control.get("history", False) is True,
            files=files,
            problem=problem,
        )
    except (ControlFileError, KeyError, TypeError) as error:
        return Delivery(
            source=source,
            table=table,
            delivery_date=delivery_date,
            folder=folder,
            issue="",
            is_history=False,
            files={},
            problem=f"{CONTROL_FILE} cannot be understood: {error!r}",
        )


def _is_data(path: Path) -> bool:
    return not (path.name.startswith((".", "_")) or path.name.endswith(_UNFINISHED) or path.is_dir())


def _control(path: Path) -> dict[str, Any]:
    try:
        control = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ControlFileError(f"not JSON: {error}") from error
    if not isinstance(control, dict):
        raise ControlFileError("not an object")
    return control


def _promise(one: Mapping[str, Any]) -> Promise:
    try:
        totals = {str(name): Decimal(str(total)) for name, total in one.get("totals", {}).items()}
    except InvalidOperation as error:
        raise ControlFileError(f"a total of {one['name']} is not a number") from error
    rows = one.get("rows")
    return Promise(rows=None if rows is None else int(rows), sha256=one.get("sha256"), totals=totals)


def _issue(control: Mapping[str, Any]) -> str:
    produced = ""
    if "produced_at" in control:
        try:
            moment = datetime.fromisoformat(str(control["produced_at"]))
        except ValueError as error:
            raise ControlFileError(f"produced_at: {error}") from error
        if moment.tzinfo is None:
            raise ControlFileError("produced_at has no offset")
        produced = moment.astimezone(UTC).isoformat(timespec="microseconds")
    version = control.get("version", 0)
    if not isinstance(version, int):
        raise ControlFileError("version is not a whole number")
    return f"{produced}#{version:09d}" if produced or version else ""
