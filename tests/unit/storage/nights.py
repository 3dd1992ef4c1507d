"""Nights: a home with one contract and three tables, small enough to run a night in a moment.

Belongs here: landing rows straight into the lake, and the SQL that stands in for the models.
Does not belong here: assertions.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from pathlib import Path

from data_contracts.contract import Contract
from data_contracts.contract_field import Field
from storage.build import BuildPlan, plan_build, plan_rebuild, prepare_build, seal_build
from storage.engine import EngineSettings, connect
from storage.fingerprints import Relation
from storage.home import Home
from storage.lake import lake_file
from storage.ledger import LakeDate, Ledger, Version
from storage.published import PublishedTable, publish
from storage.writer import writer

SETTINGS = EngineSettings(threads=2, memory_limit="500MB")
DAYS = Relation("marts", "fct_days", "business_date")
SNAPSHOTS = Relation("marts", "fct_snapshots", "as_of_date", looks_back_days=1, is_thinned=True)
TOTALS = Relation("marts", "rpt_totals", None)
RELATIONS = (DAYS, SNAPSHOTS, TOTALS)
PUBLISHED = tuple(
    PublishedTable(relation.schema, relation.name, relation.date_column, is_thinned=relation.is_thinned)
    for relation in RELATIONS
)
LARGEST = Relation("marts", "rpt_largest", None)

MODELS = """
create schema if not exists marts;
create table if not exists marts.fct_days
    (business_date date, login_id varchar, amount_cny decimal(18, 2), tags varchar[]);
delete from marts.fct_days where business_date in
    (select business_date from control.build_dates where layer = 'facts');
insert into marts.fct_days
    select business_date, login_id, sum(amount_cny), list(distinct tag order by tag)
    from lake.app__events group by all;
create table if not exists marts.fct_snapshots
    (as_of_date date, login_id varchar, amount_7d_cny decimal(18, 2), events_count bigint);
delete from marts.fct_snapshots where as_of_date in
    (select business_date from control.build_dates where layer = 'as_of');
insert into marts.fct_snapshots
    select dates.business_date, days.login_id, sum(days.amount_cny), count(*)
    from control.build_dates as dates inner join marts.fct_days as days
        on days.business_date between dates.business_date - interval 6 day and dates.business_date
    where dates.layer = 'as_of' group by all;
create or replace table marts.rpt_totals as
    select login_id, sum(amount_cny) as amount_cny from marts.fct_days group by all;
create or replace view marts.rpt_largest as
    select login_id from marts.rpt_totals where amount_cny = (select max(amount_cny) from marts.rpt_totals);
"""


def field(name: str, kind: str, *, classification: str = "C1") -> Field:
    """Return a field of a contract; what does not matter here is left empty."""
    return Field(
        name=name,
        path=(name,),
        type=kind,
        required=False,
        classification=classification,
        description="-",
        time_format="iso8601" if kind == "TIMESTAMP" else None,
    )


def contract(source: str, table: str, *fields: Field) -> Contract:
    """Return a contract of those fields."""
    return Contract(
        source=source,
        table=table,
        version="1.0.0",
        status="active",
        description="-",
        fields=fields,
        key=(fields[0].name,),
        business_date=None,
        zone="Asia/Shanghai",
        lateness_days=7,
        formats=("jsonl",),
        encoding="utf-8",
        delimiter=",",
        row_rules=(),
        rows_per_day_minimum=None,
        rows_per_day_maximum=None,
        ignored=(),
        path=Path("app.events.yaml"),
        fingerprint="0" * 12,
    )


EVENTS = contract(
    "app",
    "events",
    field("event_id", "BIGINT"),
    field("login_id", "VARCHAR"),
    field("amount_cny", "DECIMAL(18,2)"),
    field("tag", "VARCHAR"),
    field("happened_at", "TIMESTAMP"),
    field("full_name", "VARCHAR", classification="C3"),
)
FUNDS = contract("broker", "funds", field("fund_id", "VARCHAR"), field("units", "DECIMAL(20,4)"))


def day(number: int) -> date:
    """Return the numbered day of 2026, 1 being New Year's Day."""
    return date(2025, 12, 31) + timedelta(days=number)


def open_ledger(home: Home) -> Ledger:
    """Open the ledger of a home with a clock that stands still."""
    return Ledger(home.ledger, now=lambda: datetime(2026, 3, 1, tzinfo=UTC))


@dataclass
class Nights:
    """A home and the nights that are run in it."""

    home: Home
    ledger: Ledger
    settings: EngineSettings = SETTINGS

    @staticmethod
    def at(root: Path) -> Nights:
        """Open the home at `root`."""
        home = Home(root)
        home.create()
        return Nights(home, open_ledger(home))

    def land(self, number: int, count: int = 3, *, seed: int = 0) -> None:
        """Let the lake hold `count` rows of that day, other ones for another seed, and mark the day."""
        business_date = day(number)
        path = lake_file(self.home, "app", "events", business_date)
        path.parent.mkdir(parents=True, exist_ok=True)
        with closing(connect(settings=self.settings)) as connection:
            connection.execute(
                "copy (select i as event_id, 'login-' || (i % 5) as login_id,"
                f" cast((i * 37 + {number} * 11 + {seed}) % 1000 / 8.0 as decimal(18, 2)) as amount_cny,"
                " 'tag-' || (i % 2) as tag, timestamp '2026-01-01' + to_seconds(i) as happened_at,"
                f" date '{business_date}' as business_date, date '{business_date}' as delivery_date"
                f" from range({count}) as r(i)) to '{path}' (format parquet)"
            )
        digest = sha256(path.read_bytes()).hexdigest()
        with self.ledger.transaction():
            self.ledger.record_lake_date("app", "events", LakeDate(business_date, "", count, 0, digest))
            self.ledger.mark("app", "events", [business_date])

    def prepare(self, plan: BuildPlan) -> BuildPlan:
        """Prepare the build file for a plan."""
        contracts = {item.address: item for item in (EVENTS, FUNDS)}
        return prepare_build(self.home, self.ledger, contracts, plan, settings=self.settings)

    def build(self, number: int, *, rebuild: bool = False) -> BuildPlan:
        """Plan, prepare, run the models and seal."""
        if rebuild:
            plan = plan_rebuild(self.ledger, as_of_date=day(number), reason="asked for")
        else:
            plan = plan_build(self.ledger, as_of_date=day(number))
        plan = self.prepare(plan)
        self.execute(MODELS)
        self.seal(plan)
        return plan

    def seal(self, plan: BuildPlan, relations: Sequence[Relation] = RELATIONS) -> None:
        """Seal the build file."""
        seal_build(self.home, self.ledger, relations=relations, plan=plan, settings=self.settings)

    def publish(self, plan: BuildPlan, *, fence: int, keep: int = 7) -> Version | None:
        """Publish the three tables."""
        return publish(
            self.home,
            self.ledger,
            fence=fence,
            plan=plan,
            tables=PUBLISHED,
            views=[LARGEST],
            settings=self.settings,
            keep=keep,
        )

    def run(self, number: int, *, rebuild: bool = False, keep: int = 7) -> Version | None:
        """Run one night from plan to publish."""
        with writer(self.home, self.ledger, holder="a night", wait_seconds=0) as fence:
            plan = self.build(number, rebuild=rebuild)
            return self.publish(plan, fence=fence, keep=keep)

    def execute(self, sql: str) -> None:
        """Execute SQL in the build file."""
        with closing(connect(self.home.warehouse, settings=self.settings)) as connection:
            connection.execute(sql)

    def ask(self, sql: str) -> list[tuple]:
        """Ask the build file."""
        with closing(connect(self.home.warehouse, settings=self.settings)) as connection:
            return connection.execute(sql).fetchall()


def days(first: int, last: int) -> tuple[date, ...]:
    return tuple(day(number) for number in range(first, last + 1))


def plan(nights: Nights, number: int, **options: int | date) -> BuildPlan:
    return plan_build(nights.ledger, as_of_date=day(number), **options)  # type: ignore[arg-type]


def touch(nights: Nights, *numbers: int) -> None:
    nights.ledger.mark("app", "events", [day(number) for number in numbers])


def built(nights: Nights, first: int, last: int) -> None:
    nights.ledger.record_fact("oldest_as_of_date", day(first).isoformat())
    nights.ledger.record_fact("newest_as_of_date", day(last).isoformat())


# Which dates.
