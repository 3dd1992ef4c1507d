"""Person-days: a long history without its records, a row per person and day, as lake files.

Belongs here: what is seen of a person on a day, as columns, and their files.
Does not belong here: landing files (brokerage.py), what is true and not seen (truth_files.py).

Files are partitioned the way a lake is, `business_date=…`, one per shard of people, so that any engine reads them as
one table. Nothing is rendered as text, which makes years of history of many people cheap.
"""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from pathlib import Path

import click
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from demo.accounts import BANK_IN, BANK_OUT
from demo.brokerage import Brokerage
from demo.cards import Cards, write_cards
from demo.crowd import Crowd, Lived, places
from demo.draws import Flags, Integers
from demo.lives import begin, live, nobody
from demo.marketing import only, today
from demo.people import NEVER
from demo.rendering import decimals_of
from demo.world import World
from demo.writing import put


def write_person_days(folder: Path, *, world: World, days: Iterable[date], threads: int = 1) -> int:
    """Write the person-days of `days`, those before them being lived as well; return how many rows they are.

    The same bytes for a day whatever other days are asked for, on any number of threads.
    """
    wanted = {world.number_of(day) for day in days}
    brokerage = Brokerage.of(world, through=world.first_day + timedelta(days=max(wanted)))
    shards = tuple(world.shards())

    def write_shard(number: int) -> int:
        crowd = begin(world, brokerage.market, shards[number])
        cards, rows = write_cards(crowd), 0
        for day in range(max(wanted) + 1):
            lived = live(crowd, brokerage.calendar, nobody(), day=day)
            if day in wanted:
                table = person_days(crowd, cards, lived)
                name = f"people-{number:03d}.parquet"
                _put(folder / f"business_date={today(world, lived)}" / name, table)
                rows += table.num_rows
        return rows

    with ThreadPoolExecutor(threads) as pool:
        return sum(pool.map(write_shard, range(len(shards))))


def person_days(crowd: Crowd, cards: Cards, lived: Lived) -> pa.Table:
    """Return what was seen on a day of everybody known by then: counts, money in yuan."""
    who = places(crowd.people.arrives <= lived.day)
    rows = pa.array(who)
    touches, trades, flows = (lived.frame(name) for name in ("touches", "trades", "flows"))
    value = lived.frame("valuations")
    worth = {name: _sums(crowd, value["person"], value[name])[who] for name in ("cash", "total", "net")}

    def counted(person: Integers, flags: Flags | None = None) -> Integers:
        kept = person if flags is None else person[flags]
        return np.bincount(kept, minlength=len(crowd.people))[who]

    def paid(kind: int) -> Integers:
        of = flows["kind"] == kind
        return _sums(crowd, flows["person"][of], flows["amount"][of])[who]

    return pa.table(
        {
            "device_id": cards.device(who, np.zeros_like(who)),
            "login_id": only(cards.login.take(rows), crowd.is_registered[who]),
            "customer_id": only(cards.customer.take(rows), crowd.is_customer[who]),
            "visits_count": counted(lived.frame("visits")["person"]),
            "messages_count": counted(touches["person"], touches["sent"] < NEVER),
            "clicks_count": counted(touches["person"], touches["clicked"] < NEVER),
            "trades_count": counted(trades["person"]),
            "turnover_cny": _yuan(_sums(crowd, trades["person"], trades["amount"])[who]),
            "deposits_cny": _yuan(paid(BANK_IN)),
            "withdrawals_cny": _yuan(paid(BANK_OUT)),
            **{f"{name}_cny": _yuan(values) for name, values in worth.items()},
        }
    )


def _sums(crowd: Crowd, person: Integers, amount: Integers) -> Integers:
    whole = np.zeros(len(crowd.people), dtype=np.int64)
    np.add.at(whole, person, amount)
    return whole


def _yuan(fen: Integers) -> pa.Array:
    return decimals_of("money", fen)


def _put(path: Path, table: pa.Table) -> None:
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="zstd")
    put(path, sink.getvalue().to_pybytes())


@click.command()
@click.option(
    "--folder", required=True, type=click.Path(path_type=Path, file_okay=False), help="the lake table"
)
@click.option("--people", default=3000, show_default=True, help="known at the start or arriving in 60 days")
@click.option("--days", default=60, show_default=True, help="length of the history")
@click.option(
    "--first-day", default="2026-01-05", show_default=True, type=click.DateTime(formats=["%Y-%m-%d"])
)
@click.option("--seed", default=1, show_default=True, help="same seed, same world")
@click.option(
    "--threads", default=2, show_default=True, help="shards of people that are simulated side by side"
)
def main(*, folder: Path, people: int, days: int, first_day: datetime, seed: int, threads: int) -> None:
    """Write the person-days of a simulated brokerage."""
    world = World(seed=seed, people=people, first_day=first_day.date(), days=days)
    rows = write_person_days(folder, world=world, days=world.dates, threads=threads)
    click.echo(f"demo: {rows:,} person-days of {days} days in {folder}")


if __name__ == "__main__":
    main()
