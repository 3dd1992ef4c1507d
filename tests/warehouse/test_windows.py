"""On every day of many random lives: every window, and exactly one stage, are what a slow reading of the rows says.

The lives are drawn from a seed and not by hypothesis: all of them share one run of dbt, which takes the time, so that
nothing could be shrunk. A failure names the person and the day, and one person's life is small.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.warehouse.lives import FIRST_DAY, Life, day_of, draw, rows, trading_days
from tests.warehouse.oracle import (
    MEASURED,
    Calendar,
    Measures,
    Standing,
    is_known,
    measure,
    most_contributing,
    stand,
)
from tests.warehouse.scratch import ask, build

SEED = 7
PEOPLE = 190
# More than 240 trading days, so that a day leaves the longest window too.
DAYS = 330
SHOWN = 10

Known = dict[tuple[int, int], Measures]


@dataclass(frozen=True)
class History:
    """Lives, the days they were lived on, the warehouse built from them, and what should be found in it."""

    lives: list[Life]
    calendar: Calendar
    warehouse: Path
    expected: Known

    def found(self, table: str, columns: str) -> dict[tuple[int, int], tuple[Any, ...]]:
        """Return columns of the one row that a table has of each person known and day."""
        return {
            (number, (day - FIRST_DAY).days): tuple(values)
            for number, day, *values in ask(
                self.warehouse,
                "with people as ("
                " select distinct cast(right(node_id, 4) as integer) as number, person_id, as_of_date"
                " from intermediate.int_identities__walked)"
                f" select number, as_of_date, {columns} from {table} join people using (person_id, as_of_date)",
            )
        }


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> History:
    calendar = Calendar(tuple(trading_days(DAYS, seed=SEED)))
    lives = [draw(number, calendar=calendar.is_open, seed=SEED) for number in range(PEOPLE)]
    dates = [day_of(day) for day in calendar.days]
    warehouse = build(
        tmp_path_factory.mktemp("scratch"),
        rows(lives, calendar.is_open),
        dates=dates,
        select=["+fct_person_stages"],
    )
    expected = {
        (life.number, day): measure(life, day, calendar)
        for life in lives
        for day in calendar.days
        if is_known(life, day)
    }
    return History(lives, calendar, warehouse, expected)


@pytest.mark.timeout(600)
def test_everybody_known_on_a_day_is_one_person_and_nobody_else_is_there(history: History) -> None:
    people = ask(
        history.warehouse,
        "select cast(right(node_id, 4) as integer), as_of_date, count(distinct person_id)"
        " from intermediate.int_identities__walked group by all",
    )
    assert [one for one in people if one[2] != 1] == []
    assert {(number, (day - FIRST_DAY).days) for number, day, _ in people} == history.expected.keys()
    shared = ask(
        history.warehouse,
        "select person_id, as_of_date from intermediate.int_identities__walked"
        " group by all having count(distinct right(node_id, 4)) > 1",
    )
    assert shared == []


@pytest.mark.timeout(600)
def test_every_window_of_every_person_and_day_is_what_the_rows_sum_up_to(history: History) -> None:
    found = history.found("intermediate.int_persons__measured", ", ".join(MEASURED))
    assert found.keys() == history.expected.keys()
    wrong = [
        f"person {number} on {day_of(day)}: {name} is {value}, not {history.expected[number, day][name]}"
        for (number, day), values in sorted(found.items())
        for name, value in zip(MEASURED, values, strict=True)
        if not _is_same(name, value, history.expected[number, day][name])
    ]
    assert wrong[:SHOWN] == [], f"{len(wrong)} values in all: {_by_column(wrong)}"


@pytest.mark.timeout(600)
def test_everybody_known_has_exactly_one_stage_a_day_and_it_is_the_first_that_holds(history: History) -> None:
    rows_per_person = ask(
        history.warehouse,
        "select person_id, as_of_date from marts.fct_person_stages group by all having count(*) <> 1",
    )
    assert rows_per_person == []
    found = history.found("marts.fct_person_stages", "stage_type, entered_on")
    assert found.keys() == history.expected.keys()
    expected = _standings(history)
    wrong = [
        f"person {number} on {day_of(day)}: {found[number, day]}, not {standing}"
        for (number, day), standing in sorted(expected.items())
        if found[number, day] != standing
    ]
    assert wrong[:SHOWN] == [], f"{len(wrong)} standings in all"


@pytest.mark.timeout(600)
def test_the_lives_go_through_every_stage_and_something_leaves_every_window(history: History) -> None:
    stages = Counter(stage for stage, _ in _standings(history).values())
    assert len(stages) == 12, stages
    assert min(stages.values()) >= 50, stages
    # From every window something leaves now and then, so that it falls.
    changed = Counter(
        name
        for (number, day), today in history.expected.items()
        if (number, day - 1) in history.expected
        for name in MEASURED
        if name.endswith(("_count", "_cny")) and _falls(history.expected[number, day - 1][name], today[name])
    )
    # From the year nothing does: it is longer than the history.
    windows = [name for name in MEASURED if any(part[:1].isdigit() for part in name.split("_"))]
    windows.remove("net_commission_365d_cny")
    assert {name: changed[name] for name in windows if changed[name] < 5} == {}


def _standings(history: History) -> dict[tuple[int, int], tuple[str, date]]:
    parameters = _parameters(history.warehouse)
    people: dict[int, list[Measures]] = {}
    for (_, day), known in history.expected.items():
        people.setdefault(day, []).append(known)
    most = {day: most_contributing(known, parameters["core_value_ratio"]) for day, known in people.items()}
    standings: dict[tuple[int, int], tuple[str, date]] = {}
    for life in history.lives:
        former: Standing | None = None
        for day in history.calendar.days:
            known = history.expected.get((life.number, day))
            former = stand(known, day, former, parameters, most=most[day]) if known is not None else None
            if former is not None:
                standings[life.number, day] = (former.stage, day_of(former.entered))
    return standings


def _parameters(warehouse: Path) -> dict[str, Decimal]:
    columns = [row[0] for row in ask(warehouse, "describe seeds.stage_parameters")]
    (values,) = ask(warehouse, "select * from seeds.stage_parameters")
    return {name: Decimal(str(value)) for name, value in zip(columns, values, strict=True)}


def _is_same(name: str, found: object, expected: object) -> bool:
    if name.endswith("_mean_cny") and isinstance(found, Decimal) and isinstance(expected, Decimal):
        # A quotient is a double before it is rounded: half a fen may go either way.
        return abs(found - expected) <= Decimal("0.01")
    return found == expected


def _by_column(wrong: list[str]) -> Counter[str]:
    return Counter(line.split(": ", 1)[1].split(" is ")[0] for line in wrong)


def _falls(before: object, after: object) -> bool:
    return Decimal(str(after or 0)) < Decimal(str(before or 0))
