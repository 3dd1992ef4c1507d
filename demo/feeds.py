"""Feeds: the shape of each delivered table, as `feeds.yaml` has it, and when it is delivered.

Belongs here: reading that file. Does not belong here: a table of it, rows, bytes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Literal, cast, get_args

import yaml

FILE = Path(__file__).with_name("feeds.yaml")
Kind = Literal["text", "money", "ratio", "price", "quantity", "integer", "yesno", "day", "moment", "list"]
"""How columns hold values: money in fen, ratios in millionths, prices in thousandths, days and ms since 1970."""
FileFormat = Literal["jsonl", "jsonl.gz", "csv", "csv.gz", "parquet"]
Comes = Literal["by day", "whole", "weekly"]


@dataclass(frozen=True)
class Column:
    """A column and how its values are held in rows."""

    name: str
    kind: Kind


@dataclass(frozen=True)
class Feed:
    """A delivered table; `totals` maps a money column to the name its sum has in the control file.

    `is_never_silent`: a day without a row is delivered as an empty file.
    """

    source: str
    table: str
    file_format: FileFormat
    columns: tuple[Column, ...]
    totals: tuple[tuple[str, str], ...]
    comes: Comes
    is_never_silent: bool

    @property
    def address(self) -> str:
        """Source and table."""
        return f"{self.source}.{self.table}"

    @property
    def is_list(self) -> bool:
        """Say whether a delivery names everything there is, not the rows of its day."""
        return self.comes != "by day"

    def is_due(self, day: date, *, first_day: date) -> bool:
        """Say whether the table is delivered on `day`; weekly lists come on the first day and on Mondays."""
        return self.comes != "weekly" or day == first_day or day.isoweekday() == 1

    def is_due_in_history(self, day: date, *, first_day: date) -> bool:
        """Say whether a list, which says nothing of dates but its own, is handed over with a history as of `day`."""
        return day == first_day or day.day == 1

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the columns."""
        return tuple(column.name for column in self.columns)


@cache
def feeds() -> dict[str, Feed]:
    """Return every feed by its address; ValueError names what the file says that nobody understands."""
    told = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return {address: _feed(address, **layout) for address, layout in told.items()}


def _feed(
    address: str,
    *,
    format: FileFormat,  # noqa: A002 - the file's own word
    columns: str,
    totals: dict[str, str] | None = None,
    comes: Comes = "by day",
    is_never_silent: bool = False,
) -> Feed:
    source, table = address.split(".")
    entries = [entry.partition(":") for entry in columns.split()]
    pairs = [(name, kind or "text") for name, _, kind in entries]
    for said, known in (({kind for _, kind in pairs}, Kind), ({format}, FileFormat), ({comes}, Comes)):
        if unknown := said - set(get_args(known)):
            raise ValueError(f"{FILE.name}: {address}: unknown {sorted(unknown)}")
    return Feed(
        source=source,
        table=table,
        file_format=format,
        columns=tuple(Column(name, cast("Kind", kind)) for name, kind in pairs),
        totals=tuple((totals or {}).items()),
        comes=comes,
        is_never_silent=is_never_silent,
    )
