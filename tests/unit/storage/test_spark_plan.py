"""The Spark warehouse builds what the lake has changed since it was last built, and reads no other date."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import pytest

from storage.home import Home
from storage.spark_inputs import SourceTable, spark_type, write_spark_inputs
from storage.spark_plan import SparkPlan, plan_spark_build, read_memory, remember

MONDAY, TUESDAY, WEDNESDAY, THURSDAY = (date(2026, 1, day) for day in (5, 6, 7, 8))
LAKE = {"app.events": {"2026-01-05": "a", "2026-01-06": "b"}, "broker.trades": {"2026-01-06": "c"}}
TRADES = SourceTable(
    "broker", "trades", "lake", "broker__trades",
    {"trade_id": "varchar", "amount_cny": "decimal(18,2)", "kinds": "varchar[]", "business_date": "date"},
)  # fmt: skip


@dataclass
class Recorder:
    """A session that only remembers what it was asked."""

    said: list[str] = field(default_factory=list)

    def sql(self, sqlQuery: str) -> None:  # noqa: N803
        self.said.append(sqlQuery)


def followed(tmp_path: Path, lake: dict[str, dict[str, str]], night: date) -> Path:
    """Return what is remembered when everything up to `night` has been built."""
    memory = tmp_path / "built.json"
    remember(memory, plan_spark_build(lake, None, models="m", night=night), lake, models="m")
    return memory


def test_with_nothing_remembered_every_date_is_built() -> None:
    plan = plan_spark_build(LAKE, None, models="m", night=WEDNESDAY)
    assert plan.is_full
    assert plan.facts == (MONDAY, TUESDAY)
    assert plan.as_of == (MONDAY, TUESDAY, WEDNESDAY)


def test_with_nothing_changed_nothing_is_built(tmp_path: Path) -> None:
    memory = read_memory(followed(tmp_path, LAKE, TUESDAY))
    plan = plan_spark_build(LAKE, memory, models="m", night=TUESDAY)
    assert (plan.facts, plan.as_of) == ((), ())


def test_another_choice_of_models_is_built_from_nothing(tmp_path: Path) -> None:
    memory = read_memory(followed(tmp_path, LAKE, TUESDAY))
    assert plan_spark_build(LAKE, memory, models="other", night=TUESDAY).is_full


@pytest.mark.parametrize(
    "lake",
    [
        LAKE | {"broker.trades": {"2026-01-06": "changed"}},
        LAKE | {"broker.trades": {"2026-01-06": ""}},
        LAKE | {"market.trading_days": {"2026-01-06": "new"}},
    ],
    ids=["changed", "emptied", "new"],
)
def test_a_touched_date_is_built_again_with_every_snapshot_since(
    tmp_path: Path, lake: dict[str, dict[str, str]]
) -> None:
    memory = read_memory(followed(tmp_path, LAKE, WEDNESDAY))
    plan = plan_spark_build(lake, memory, models="m", night=THURSDAY)
    assert not plan.is_full
    assert plan.facts == (TUESDAY,)
    assert plan.as_of == (TUESDAY, WEDNESDAY, THURSDAY)


def test_what_lies_after_the_night_waits_for_its_own(tmp_path: Path) -> None:
    memory = read_memory(followed(tmp_path, LAKE, MONDAY))
    plan = plan_spark_build(LAKE, memory, models="m", night=TUESDAY)
    assert (plan.facts, plan.as_of) == ((TUESDAY,), (TUESDAY,))


def test_sources_show_the_dates_of_the_plan_alone(tmp_path: Path) -> None:
    home, session = Home(tmp_path), Recorder()
    for day in (MONDAY, TUESDAY):
        folder = home.lake / "broker" / "trades" / f"business_date={day}"
        folder.mkdir(parents=True)
        (folder / "rows.parquet").touch()
    plan = SparkPlan(TUESDAY, (TUESDAY,), (TUESDAY,), is_full=False, reason="")
    lake = {"broker.trades": {"2026-01-05": "a", "2026-01-06": "b"}}
    write_spark_inputs(session, home, [TRADES], plan, lake, {})
    assert "('facts', date '2026-01-06'), ('as_of', date '2026-01-06')" in session.said[1]
    made, shown = session.said[-2:]
    assert "`kinds` array<string>" in made
    assert f"location '{home.lake}/broker/trades'" in made
    assert shown.count("partition (business_date = ") == 1
    assert f"location '{home.lake}/broker/trades/business_date=2026-01-06'" in shown


def test_a_source_without_rows_is_an_empty_table_outside_the_lake(tmp_path: Path) -> None:
    home, session = Home(tmp_path), Recorder()
    plan = SparkPlan(TUESDAY, (TUESDAY,), (TUESDAY,), is_full=False, reason="")
    write_spark_inputs(session, home, [TRADES], plan, {"broker.trades": {"2026-01-06": ""}}, {})
    assert str(home.lake) not in session.said[-1]


def test_a_file_that_the_ledger_knows_and_the_lake_lacks_stops_the_build(tmp_path: Path) -> None:
    plan = SparkPlan(TUESDAY, (TUESDAY,), (TUESDAY,), is_full=False, reason="")
    with pytest.raises(FileNotFoundError, match=r"replay broker\.trades"):
        write_spark_inputs(
            Recorder(), Home(tmp_path), [TRADES], plan, {"broker.trades": {"2026-01-06": "b"}}, {}
        )


def test_types_have_sparks_own_names() -> None:
    assert [spark_type(kind) for kind in ("VARCHAR", "varchar[]", "DECIMAL(18,2)")] == [
        "string", "array<string>", "decimal(18,2)",
    ]  # fmt: skip
