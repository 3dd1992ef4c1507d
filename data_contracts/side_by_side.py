"""Side by side: pieces of work that do not wait for each other, on one DuckDB database.

Belongs here: handing each thread a cursor, and results in order. Does not belong here: what the work is.

DuckDB spreads one large statement over the cores; of hundreds of small ones, such as a file for each date, it keeps
one core busy.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import duckdb

Item = TypeVar("Item")
Result = TypeVar("Result")


def side_by_side(
    connection: duckdb.DuckDBPyConnection,
    work: Callable[[duckdb.DuckDBPyConnection, Item], Result],
    items: Iterable[Item],
) -> Iterator[Result]:
    """Yield what `work` makes of each item, in the order of the items; as many run at a time as the engine has threads.

    `work` gets a cursor that sees the tables of `connection`, though not its temporary ones, nor what was registered
    with it. Raises what `work` raises; what has not begun by then does not begin.
    """
    row = connection.execute("select current_setting('threads')").fetchone()
    mine = threading.local()

    def one(item: Item) -> Result:
        if not hasattr(mine, "cursor"):
            mine.cursor = connection.cursor()
        return work(mine.cursor, item)

    with ThreadPoolExecutor(int(row[0]) if row else 1, thread_name_prefix="side_by_side") as pool:
        yield from pool.map(one, items)
