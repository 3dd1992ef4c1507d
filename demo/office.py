"""The office: writes what shards of people hand over, as the deliveries of their days, or as one history.

Belongs here: which files a delivery has, and what is declared of them.
Does not belong here: whose feeds there are (brokerage.py), the bytes of a file (rendering.py).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

import pyarrow as pa

from demo.dirt import Planted, RowDirt, soil_rows
from demo.feeds import Feed, feeds
from demo.posting import text_of
from demo.rendering import Columns, compressed, render, table_of, total
from demo.world import World
from demo.writing import Declared, declare, delivery_folder, first_issue, put

EVENTS = ("app", "events")
Delivery = tuple[str, str, int]
"""Source, table and day number."""


@dataclass
class Office:
    """Writes what shards hand over, and says at the end what it wrote; one per shard."""

    landing: Path
    world: World
    shard: int
    shards: int
    history_through: int
    declared: dict[Delivery, list[Declared]] = field(default_factory=lambda: defaultdict(list))
    past_rows: dict[Feed, list[pa.Table]] = field(default_factory=lambda: defaultdict(list))
    past_lines: list[pa.Array] = field(default_factory=list)
    planted: dict[int, Planted] = field(default_factory=lambda: defaultdict(Planted))
    row_dirt: dict[tuple[str, int], RowDirt] = field(default_factory=lambda: defaultdict(RowDirt))

    def hand_over(
        self, day: int, content: Iterable[tuple[str, Columns]], lines: pa.Array, dirt: Planted
    ) -> None:
        """Write a day's tables, or keep them for the history that they are a part of."""
        self.planted[max(day, self.history_through)] += dirt
        told = [(feeds()[address], columns) for address, columns in content]
        if day > self.history_through:
            for feed, columns in told:
                is_due = feed.is_due(self._date(day), first_day=self.world.first_day)
                if is_due and not self.world.is_silent(feed.address, day):
                    self.write(feed, self._soiled(feed, columns, day), day)
            self._write_lines(lines, day, name=f"events-{self.shard}.jsonl.gz")
            return
        is_last, date_ = day == self.history_through, self._date(day)
        for feed, columns in told:
            if not feed.is_list:
                self.past_rows[feed].append(self._soiled(feed, columns, day))
            elif is_last or feed.is_due_in_history(date_, first_day=self.world.first_day):
                self.write(feed, table_of(feed, columns), day)
        self.past_lines.append(lines)
        if is_last or (date_ + timedelta(days=1)).day == 1:
            whole = pa.concat_arrays(self.past_lines)
            name = f"events-{date_:%Y%m}-{self.shard}.jsonl.gz"
            self._write_lines(whole, self.history_through, name=name)
            self.past_lines = []
        if is_last:
            for feed, tables in self.past_rows.items():
                self.write(feed, pa.concat_tables(tables), day)
            self.past_rows.clear()

    def _soiled(self, feed: Feed, columns: Columns, day: int) -> pa.Table:
        """Return the rows of a day with those that stand in the file a second time, counted by the delivery."""
        table, dirt = soil_rows(self.world, feed.address, table_of(feed, columns), day=day, shard=self.shard)
        if dirt != RowDirt():
            self.row_dirt[feed.address, max(day, self.history_through)] += dirt
        return table

    def _date(self, day: int) -> date:
        return self.world.first_day + timedelta(days=day)

    def write(self, feed: Feed, table: pa.Table, day: int) -> None:
        """Write a table as a file of its day; without rows only when its silence would be mistaken."""
        if not table.num_rows and not (feed.is_never_silent and self.shard == 0):
            return
        number = f"-{self.shard:03d}" if self.shards > 1 else ""
        totals = {name: total(table, column) for column, name in feed.totals}
        name = f"{feed.table}{number}.{feed.file_format}"
        self._put((feed.source, feed.table, day), name, render(feed, table), table.num_rows, totals)

    def _write_lines(self, lines: pa.Array, day: int, *, name: str) -> None:
        if len(lines):
            self._put((*EVENTS, day), name, compressed(text_of(lines)), len(lines), {})

    def _put(self, delivery: Delivery, name: str, content: bytes, rows: int, totals: dict[str, str]) -> None:
        source, table, day = delivery
        folder = delivery_folder(self.landing, source=source, table=table, day=self._date(day))
        put(folder / name, content)
        self.declared[delivery].append(Declared.of(name, content, rows=rows, totals=totals))


def declare_all(
    landing: Path, world: World, offices: Sequence[Office], past: int
) -> dict[Delivery, list[Declared]]:
    """Write the control files; the events' come last of a day: where they are, the whole day is."""
    declared: dict[Delivery, list[Declared]] = defaultdict(list)
    for office in offices:
        for delivery, files in office.declared.items():
            declared[delivery] += files
    for (source, table, day), files in sorted(
        declared.items(), key=lambda entry: (entry[0][2], entry[0][:2] == EVENTS)
    ):
        date_ = world.first_day + timedelta(days=day)
        folder = delivery_folder(landing, source=source, table=table, day=date_)
        declare(folder, files, issue=first_issue(date_), is_history=day == past)
    return declared
