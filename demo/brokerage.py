"""The brokerage: passes the days, shard by shard of its people, and writes the deliveries of those asked for.

Belongs here: which feed gets which columns; a day that is issued again.
Does not belong here: what people do, which files a delivery has (office.py).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import pyarrow as pa

from demo import activities, advertising, back_office, custody, marketing, reference, serving
from demo.answers import Contact
from demo.cards import write_cards
from demo.crowd import Crowd, Lived
from demo.dirt import Planted, RowDirt, longest_delay
from demo.draws import Integers
from demo.feeds import feeds
from demo.lives import begin, live
from demo.market import Market
from demo.names import compute
from demo.office import Delivery, Office, declare_all
from demo.posting import Mailbag
from demo.rendering import Columns, table_of
from demo.shanghai import TradingCalendar, trading_calendar
from demo.touching import Contacts
from demo.world import World
from demo.writing import Declared, Issue, declare, delivery_folder


@dataclass(frozen=True)
class WrittenSummary:
    """What was written: rows and files per table, and the dirt, among the app's events and among other tables' rows."""

    days: int
    files: int
    rows: dict[str, int]
    planted_in: dict[date, Planted]
    row_dirt_in: dict[tuple[str, date], RowDirt]

    @classmethod
    def of(
        cls,
        world: World,
        offices: Sequence[Office],
        declared: Mapping[Delivery, Sequence[Declared]],
        *,
        days: int,
    ) -> WrittenSummary:
        """Add up what the offices of the shards wrote."""
        rows: dict[str, int] = defaultdict(int)
        for (source, table, _), files in declared.items():
            rows[f"{source}.{table}"] += sum(file.rows for file in files)
        planted: dict[date, Planted] = defaultdict(Planted)
        row_dirt: dict[tuple[str, date], RowDirt] = defaultdict(RowDirt)
        for office in offices:
            for day, dirt in office.planted.items():
                planted[world.first_day + timedelta(days=day)] += dirt
            for (address, day), dirt in office.row_dirt.items():
                row_dirt[address, world.first_day + timedelta(days=day)] += dirt
        return cls(days, sum(map(len, declared.values())), dict(rows), dict(planted), dict(row_dirt))

    @property
    def planted(self) -> Planted:
        """The dirt in all deliveries."""
        return sum(self.planted_in.values(), Planted())


@dataclass(frozen=True)
class Brokerage:
    """A world with its exchange."""

    world: World
    calendar: TradingCalendar
    market: Market

    @classmethod
    def of(cls, world: World, *, through: date) -> Brokerage:
        """Return the brokerage with its market up to a day; ValueError when the exchange's calendar ends before."""
        calendar = trading_calendar(world.first_day)
        if through > calendar.last_day:
            raise ValueError(f"the exchange's calendar is known until {calendar.last_day}, not on {through}")
        return cls(world, calendar, Market.of(world, calendar, days=world.number_of(through) + 1))

    def is_open(self, day: int) -> bool:
        """Say whether the exchange is open on a day."""
        return self.calendar.is_open(self.world.first_day + timedelta(days=day))

    def lists(self, day: int) -> Iterator[tuple[str, Columns]]:
        """Yield what is delivered once, not per person."""
        world, market, since = self.world, self.market, self.world.first_day
        yield "marketing.channels", advertising.channels(world)
        yield "marketing.channel_links", advertising.channel_links(world)
        yield "marketing.channel_costs", advertising.channel_costs(world, day)
        yield "marketing.plans", marketing.plans(world)
        yield "marketing.templates", marketing.templates(world)
        yield "broker.products", reference.products()
        yield "broker.branches", reference.branches()
        yield "broker.managers", reference.managers()
        yield "wealth.sales_campaigns", reference.sales_campaigns(since)
        yield "wealth.sales_targets", reference.sales_targets()
        yield "market.securities", reference.securities()
        yield "market.security_sectors", reference.security_sectors()
        yield "market.trading_days", reference.trading_days(self.calendar)
        yield (
            "market.market_stats",
            reference.market_stats(market, day, since, world.draws("market stats", day)),
        )
        yield (
            "market.sector_returns",
            reference.sector_returns(market, day, since, world.draws("sector stats", day)),
        )
        yield "activity.referral_campaigns", activities.referral_campaigns(world)
        yield "activity.slots", activities.slots()
        yield "activity.slot_plans", activities.slot_plans(world)
        yield "content.articles", activities.articles(world)


@dataclass
class Shard:
    """Some of the people, passing their days."""

    number: int
    shards: int
    brokerage: Brokerage
    people: Integers
    contacts: Contacts
    wanted: frozenset[int]

    def __post_init__(self) -> None:
        """Stand on the evening before the first day."""
        self.crowd: Crowd = begin(self.brokerage.world, self.brokerage.market, self.people)
        self.cards = write_cards(self.crowd)
        self.mailbag = Mailbag(self.crowd, self.cards, self.contacts, self.wanted)

    def pass_day(self, day: int) -> tuple[Lived, pa.Array, Planted]:
        """Live a day; return it with the app's lines delivered on it, none when it is not asked for."""
        lived = live(self.crowd, self.brokerage.calendar, self.contacts, day=day)
        delay = longest_delay(self.brokerage.world)
        if not any(day + under_way in self.wanted for under_way in range(delay + 1)):
            return lived, pa.array([], pa.string()), Planted()
        return lived, *self.mailbag.pass_day(lived)

    def tables(self, lived: Lived) -> Iterator[tuple[str, Columns]]:
        """Yield every feed of a day but the app's, with its columns."""
        crowd, cards = self.crowd, self.cards
        if self.number == 0:
            yield from self.brokerage.lists(lived.day)
        yield (
            "marketing.ad_clicks",
            advertising.ad_clicks(crowd, lived, shard=self.number, shards=self.shards),
        )
        yield "marketing.install_matches", advertising.install_matches(crowd, cards, lived)
        yield "marketing.touches", marketing.touches(crowd, cards, lived, self.contacts)
        yield "opening.attempts", back_office.attempts(crowd, cards, lived)
        yield "opening.steps", back_office.steps(crowd, lived)
        yield "broker.customers", back_office.customers(crowd, cards, lived)
        yield "broker.login_links", back_office.login_links(crowd, cards)
        yield "broker.relationship_managers", back_office.relationship_managers(crowd, cards, lived)
        yield "broker.permissions", back_office.permissions(crowd, cards)
        yield "broker.consents", back_office.consents(crowd, cards, lived)
        yield "broker.do_not_contacts", back_office.do_not_contacts(crowd, cards, lived)
        yield "broker.orders", custody.orders(crowd, cards, lived)
        yield "broker.trades", custody.trades(crowd, cards, lived)
        yield "broker.cash_flows", custody.cash_flows(crowd, cards, lived)
        yield "broker.daily_assets", custody.daily_assets(crowd, cards, lived)
        yield "broker.positions", custody.positions(crowd, cards, lived)
        yield "broker.margin_applications", custody.margin_applications(crowd, cards, lived)
        yield "broker.margin_accounts", custody.margin_accounts(crowd, cards, lived)
        yield "broker.contributions", custody.contributions(crowd, cards, lived)
        yield "wealth.product_orders", custody.product_orders(crowd, cards, lived)
        calls = serving.Calls.of(crowd, lived, is_open=self.brokerage.is_open(lived.day))
        yield "service.complaints", serving.complaints(crowd, cards, lived)
        yield "service.calls", serving.calls(crowd, cards, lived, calls)
        yield "service.feedback", serving.feedback(crowd, cards, lived, calls)
        yield "crm.leads", serving.leads(crowd, cards, lived, calls)
        yield "crm.manual_tags", back_office.manual_tags(crowd, cards, lived)
        yield "vendor.third_party_tags", back_office.third_party_tags(crowd, cards, lived)
        yield "activity.referral_events", activities.referral_events(crowd, cards, lived)
        if lived.day == 0:
            yield "broker.opening_states", back_office.opening_states(crowd, cards)


def write_days(
    landing: Path,
    *,
    world: World,
    days: Iterable[date],
    history_through: date | None = None,
    contacts: Iterable[Contact] = (),
    threads: int = 1,
    progress: Callable[[str], None] | None = None,
) -> WrittenSummary:
    """Write the deliveries of `days`; those before them are lived, too, but not written.

    A delivery depends on the world's seed, size and first day and on its own date, on no other day asked for, on no
    number of threads, and on the `contacts` before it that delivery files asked for. Days up to `history_through` are
    handed over as one.
    """
    wanted = sorted(set(days))
    if not wanted or wanted[0] < world.first_day:
        raise ValueError(f"the days to write must not be before {world.first_day}, and at least one")
    brokerage, asked = Brokerage.of(world, through=wanted[-1]), tuple(contacts)
    numbers = frozenset(map(world.number_of, wanted))
    past = -1 if history_through is None else world.number_of(history_through)
    shards = tuple(world.shards())

    def write_shard(number: int) -> Office:
        people = shards[number]
        first, beyond = int(people[0]), int(people[-1]) + 1
        known = Contacts.of(asked, first_day=world.first_day, first=first, beyond=beyond)
        shard = Shard(number, len(shards), brokerage, people, known, numbers)
        office = Office(landing, world, number, len(shards), past)
        for day in range(max(numbers) + 1):
            lived, lines, dirt = shard.pass_day(day)
            if day in numbers:
                office.hand_over(day, shard.tables(lived), lines, dirt)
                if progress is not None:
                    of = f" (people from {first:,} of {world.people:,})" if len(shards) > 1 else ""
                    progress(f"{world.first_day + timedelta(days=day)} written{of}")
        return office

    with ThreadPoolExecutor(threads) as pool:
        offices = list(pool.map(write_shard, range(len(shards))))
    declared = declare_all(landing, world, offices, past)
    return WrittenSummary.of(world, offices, declared, days=len(wanted))


@dataclass(frozen=True)
class Reissue:
    """What a second issue of a day's trades changed; the commission is that of the corrected one, in yuan."""

    day: date
    withdrawn: str
    corrected: str
    commission: str


def reissue_day(landing: Path, *, world: World, day: date, contacts: Iterable[Contact] = ()) -> Reissue:
    """Write a second issue of the trades of `day` over the first; `contacts` as those of the first issue.

    The first trade of the day is withdrawn and the second charged half the commission. LookupError when the
    day has fewer than two trades, ValueError in a world of several shards.
    """
    (people,) = world.shards()
    known = Contacts.of(contacts, first_day=world.first_day, first=0, beyond=world.people)
    shard = Shard(0, 1, Brokerage.of(world, through=day), people, known, frozenset())
    lived = [shard.pass_day(number)[0] for number in range(world.number_of(day) + 1)][-1]
    trades = feeds()["broker.trades"]
    table = table_of(trades, custody.trades(shard.crowd, shard.cards, lived))
    if table.num_rows < 2:
        raise LookupError(f"{day} has {table.num_rows} trades, too few to correct")
    withdrawn, corrected = table["trade_id"][:2].to_pylist()
    table = table.slice(1)
    is_corrected = compute.equal(table["trade_id"], corrected)
    for place, name in enumerate(table.column_names):
        if name in ("commission", "net_commission"):
            halved = compute.divide(table[name], pa.scalar(2)).cast(table[name].type, safe=False)
            table = table.set_column(place, name, compute.if_else(is_corrected, halved, table[name]))
    office = Office(landing, world, 0, 1, -1)
    office.write(trades, table, world.number_of(day))
    issue = Issue(f"{(day + timedelta(days=1)).isoformat()}T08:30:00+08:00", 2)
    ((_, files),) = office.declared.items()
    folder = delivery_folder(landing, source="broker", table="trades", day=day)
    declare(folder, files, issue=issue, is_history=False)
    (charged,) = table.filter(is_corrected)["commission"].to_pylist()
    return Reissue(day, withdrawn, corrected, f"{charged}")
