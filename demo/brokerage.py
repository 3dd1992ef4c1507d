"""The brokerage: passes the days, and writes the deliveries of those asked for.

Belongs here: the order of a day, which feed gets which rows, the events' way through delays and dirt.
Does not belong here: what people do, the bytes of a file.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

from demo import back_office, feeds, marketing, reference
from demo.dirt import LONGEST_DELAY_DAYS, Planted, delays, delivery_day, is_too_late, soil
from demo.feeds import Feed
from demo.interest import Contact
from demo.lives import Life, everyone_known, newcomers
from demo.market import Market
from demo.recording import Record, record_day
from demo.records import PersonDay
from demo.rendering import Row, compressed, render, scaled
from demo.shanghai import trading_calendar
from demo.world import World
from demo.writing import Issue, Payload, deliver, delivery_folder, first_issue

EVENTS = ("app", "events")


@dataclass(frozen=True)
class WrittenSummary:
    """What was written: rows and files per table, and the dirt among the app's events."""

    days: int
    files: int
    rows: dict[str, int]
    planted: Planted


@dataclass(frozen=True)
class Day:
    """One day of the brokerage, lived."""

    date: date
    people: list[PersonDay]
    arrived: list[Life]


class Brokerage:
    """A world with its days passing one after the other."""

    def __init__(self, world: World) -> None:
        """Stand on the evening before the first day."""
        self.world = world
        self.calendar = trading_calendar(world.first_day)
        self.market = Market(world)
        self.lives = everyone_known(world, self.calendar)
        self.customer_file = back_office.CustomerFile(world)
        self.contacts: dict[str, list[Contact]] = {}

    def pass_day(self, day: date) -> Day:
        """Live one day; ask for consecutive days."""
        if day > self.calendar.last_day:
            raise ValueError(f"the exchange's calendar is known until {self.calendar.last_day}, not on {day}")
        arrived = newcomers(self.world, self.calendar, day)
        self.lives += arrived
        if self.calendar.is_open(day):
            self.market.trade_through(day)
        for life in self.lives if self.contacts else ():
            life.contacts = self.contacts.get(life.person.login_id, [])
        return Day(day, [life.live(day, self.market) for life in self.lives], arrived)

    def hear_of(self, contacts: Iterable[Contact]) -> None:
        """Let the marketing system know whom delivery files ask to contact, before their days; others wait for them."""
        for contact in contacts:
            self.contacts.setdefault(contact.recipient, []).append(contact)

    @property
    def customers(self) -> frozenset[int]:
        """The indexes of those who have a customer number."""
        return frozenset(life.person.index for life in self.lives if life.is_customer)

    def events(self, day: Day) -> list[Record]:
        """Return the app's records of the day, in order of time."""
        records: list[Record] = []
        for life, today in zip(self.lives, day.people, strict=True):
            records += record_day(
                self.world,
                day.date,
                today,
                is_customer=life.is_customer,
                only_watches=life.interest.only_watches,
            )
        return sorted(records, key=lambda record: record.occurred_ms)

    def tables(self, day: Day) -> Iterable[tuple[Feed, Iterable[Row]]]:
        """Yield every feed of the day but the app's, with its rows."""
        world, date_, people, customers = self.world, day.date, day.people, self.customers
        yield feeds.CHANNELS, marketing.channels(world)
        yield feeds.CHANNEL_LINKS, marketing.channel_links(world)
        yield feeds.CHANNEL_COSTS, marketing.channel_costs(world, date_, day.arrived)
        yield feeds.TOUCHES, marketing.touches(date_, people, customers)
        yield feeds.ATTEMPTS, back_office.attempts(people)
        yield feeds.STEPS, back_office.steps(date_, people)
        yield feeds.CUSTOMERS, self.customer_file.rows(date_, self.lives)
        yield feeds.LOGIN_LINKS, back_office.login_links(self.lives)
        yield feeds.RELATIONSHIP_MANAGERS, back_office.relationship_managers(world, date_, self.lives)
        yield feeds.CONSENTS, back_office.consents(date_, people, customers)
        yield feeds.DO_NOT_CONTACTS, back_office.do_not_contacts(world, date_, self.lives)
        yield feeds.TRADES, back_office.trades(date_, people)
        yield feeds.CASH_FLOWS, back_office.cash_flows(date_, people)
        yield feeds.DAILY_ASSETS, back_office.daily_assets(date_, people)
        yield feeds.PRODUCTS, reference.products()
        yield feeds.SECURITIES, reference.securities()
        yield feeds.SECURITY_SECTORS, reference.security_sectors()
        yield feeds.TRADING_DAYS, reference.trading_days(self.calendar)
        if date_ == world.first_day:
            yield feeds.OPENING_STATES, back_office.opening_states(world, self.lives)


@dataclass
class Mailbag:
    """Lines of the app under way to the day they are delivered."""

    world: World
    on_time: list[bytes] = field(default_factory=list)
    under_way: dict[date, list[bytes]] = field(default_factory=lambda: defaultdict(list))
    late: dict[date, Planted] = field(default_factory=lambda: defaultdict(Planted))

    def post(self, day: date, records: Sequence[Record]) -> None:
        """Send off a day's records."""
        self.on_time = []
        for record, delay in zip(records, delays(self.world, day, records), strict=True):
            if delay == 0:
                self.on_time.append(record.line())
                continue
            delivery = delivery_day(day, delay)
            self.under_way[delivery].append(record.line())
            self.late[delivery] += Planted(too_late=1) if is_too_late(delay) else Planted(late=1)

    def open(self, delivery: date) -> tuple[list[bytes], Planted]:
        """Take out the lines delivered on the day posted last, late ones first, and the dirt they hold."""
        lines, planted = soil(self.world, delivery, self.on_time)
        return self.under_way.pop(delivery, []) + lines, planted + self.late.pop(delivery, Planted())


Delivery = tuple[str, str, list[Payload]]


@dataclass
class History:
    """Days that are handed over as one delivery: a file per table, of the app's events one per month."""

    rows: dict[Feed, list[Row]] = field(default_factory=lambda: defaultdict(list))
    lines: list[bytes] = field(default_factory=list)
    events: list[Payload] = field(default_factory=list)

    def pass_day(
        self, brokerage: Brokerage, day: Day, lines: Sequence[bytes], *, is_last: bool
    ) -> Iterable[Delivery]:
        """Add a day, and yield what is delivered as of it: lists, and on the last day everything else."""
        for feed, content in brokerage.tables(day):
            if not feed.is_list:
                self.rows[feed] += content
            elif is_last or feed.is_due_in_history(day.date, first_day=brokerage.world.first_day):
                yield feed.source, feed.table, _files(feed, list(content))
        self.lines += lines
        if is_last or (day.date + timedelta(days=1)).day == 1:
            content = compressed(b"\n".join(self.lines) + b"\n")
            self.events.append(Payload(f"events-{day.date:%Y%m}.jsonl.gz", content, len(self.lines), {}))
            self.lines = []
        if is_last:
            for feed, rows in self.rows.items():
                yield feed.source, feed.table, _files(feed, rows)
            # The events come last: where they are, everything is.
            yield *EVENTS, self.events


def _deliveries(brokerage: Brokerage, day: Day, lines: Sequence[bytes]) -> Iterable[Delivery]:
    """Yield what is delivered on a day."""
    for feed, content in brokerage.tables(day):
        if feed.is_due(day.date, first_day=brokerage.world.first_day):
            yield feed.source, feed.table, _files(feed, list(content))
    # The events come last: where they are, the whole day is.
    yield *EVENTS, _event_files(lines, is_busy=brokerage.calendar.is_open(day.date))


def write_days(
    landing: Path,
    *,
    world: World,
    days: Iterable[date],
    history_through: date | None = None,
    contacts: Iterable[Contact] = (),
    progress: Callable[[date], None] | None = None,
) -> WrittenSummary:
    """Write the deliveries of `days`; those before them are lived, too, but not written.

    A delivery depends on the world's seed, size and first day and on its own date, on no other day asked for, and on
    the `contacts` before it that delivery files asked for. Days up to `history_through` are handed over as one.
    """
    wanted = sorted(set(days))
    if not wanted or wanted[0] < world.first_day:
        raise ValueError(f"the days to write must not be before {world.first_day}, and at least one")
    brokerage, mailbag, history = Brokerage(world), Mailbag(world), History()
    brokerage.hear_of(contacts)
    rows: dict[str, int] = defaultdict(int)
    files, planted = 0, Planted()
    for date_ in world.days_until(wanted[-1]):
        day = brokerage.pass_day(date_)
        if any(0 <= (asked - date_).days <= LONGEST_DELAY_DAYS for asked in wanted):
            mailbag.post(date_, brokerage.events(day))
        if date_ not in wanted:
            continue
        lines, dirt = mailbag.open(date_)
        planted += dirt
        if history_through is not None and date_ <= history_through:
            deliveries = history.pass_day(brokerage, day, lines, is_last=date_ == history_through)
        else:
            deliveries = _deliveries(brokerage, day, lines)
        for source, table, payloads in deliveries:
            if payloads:
                folder = delivery_folder(landing, source=source, table=table, day=date_)
                deliver(folder, payloads, issue=first_issue(date_), is_history=date_ == history_through)
                rows[f"{source}.{table}"] += sum(payload.rows for payload in payloads)
                files += len(payloads)
        if progress is not None:
            progress(date_)
    return WrittenSummary(len(wanted), files, dict(rows), planted)


def reissue_day(landing: Path, *, world: World, day: date) -> tuple[str, str]:
    """Write a second issue of the trades of `day` over the first; return the trades withdrawn and corrected.

    The first trade of the day is withdrawn and the second charged half the commission. LookupError when the
    day has fewer than two trades.
    """
    brokerage = Brokerage(world)
    lived = [brokerage.pass_day(date_) for date_ in world.days_until(day)][-1]
    rows = [list(row) for row in back_office.trades(day, lived.people)]
    if len(rows) < 2:
        raise LookupError(f"{day} has {len(rows)} trades, too few to correct")
    names = feeds.TRADES.names
    withdrawn, corrected = rows.pop(0), rows[0]
    for name in ("commission", "net_commission"):
        corrected[names.index(name)] //= 2
    folder = delivery_folder(landing, source="broker", table="trades", day=day)
    issue = Issue(f"{(day + timedelta(days=1)).isoformat()}T08:30:00+08:00", 2)
    deliver(folder, _files(feeds.TRADES, rows), issue=issue)
    trade = names.index("trade_id")
    return str(withdrawn[trade]), str(corrected[trade])


def _files(feed: Feed, rows: Sequence[Row]) -> list[Payload]:
    if not rows and not feed.is_never_silent:
        return []
    totals = {}
    for column, name in feed.totals:
        place = feed.names.index(column)
        totals[name] = scaled(sum(row[place] for row in rows if isinstance(row[place], int)), 2)
    return [Payload(f"{feed.table}.{feed.file_format}", render(feed, rows), len(rows), totals)]


def _event_files(lines: Sequence[bytes], *, is_busy: bool) -> list[Payload]:
    """Cut the lines into the files of the collectors: two on trading days, one on others."""
    half = (len(lines) + 1) // 2 if is_busy else len(lines)
    parts = [part for part in (lines[:half], lines[half:]) if part]
    return [
        Payload(f"events-{number}.jsonl.gz", compressed(b"\n".join(part) + b"\n"), len(part), {})
        for number, part in enumerate(parts)
    ]
