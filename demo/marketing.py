"""Rows of the marketing systems: channels, tracked links, their cost, and messages.

Belongs here: one function per table, from a day of the simulation to rows in the feed's column order.
Does not belong here: who is written to and why (touching.py), file formats.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from demo import names
from demo.channels import CHANNEL, CHANNELS, LINKS
from demo.lives import Life
from demo.records import PersonDay, Touch
from demo.rendering import Row
from demo.shanghai import midnight_ms
from demo.touching import COST_FEN, PLANS
from demo.world import World

UTM_NAMES = ("utm_source", "utm_medium", "utm_campaign", "utm_content", "utm_term")
CLICKS_PER_ARRIVAL = (14, 32)
SHOWN_PER_CLICK = (25, 60)
FAILURE_KNOWN_AFTER_MS = 30_000


def channels(world: World) -> Iterator[Row]:
    """Yield every channel."""
    since = world.first_day - timedelta(days=400)
    for channel in CHANNELS:
        needed = list(UTM_NAMES) if channel.is_paid else ["utm_source"]
        yield channel.channel_id, channel.name, channel.group, channel.is_paid, "growth", needed, since


def channel_links(world: World) -> Iterator[Row]:
    """Yield every tracked link."""
    created_ms = midnight_ms(world.first_day - timedelta(days=30))
    for number, link in enumerate(LINKS):
        landing_url = f"https://open.broker.example/landing/{link.link_id}"
        created = created_ms + (9 * 60 + number) * 60_000
        yield (
            link.link_id, link.channel_id, link.campaign, link.adgroup, link.creative, link.keyword,
            landing_url, *link.utm.values(), created,
        )  # fmt: skip


def channel_costs(world: World, day: date, arrived: Sequence[Life]) -> Iterator[Row]:
    """Yield what each paid link showed, won and cost on `day`."""
    arrivals = Counter(life.person.link.link_id for life in arrived if life.person.link is not None)
    for link in LINKS:
        channel = CHANNEL[link.channel_id]
        if not channel.is_paid:
            continue
        stream = world.stream("channel cost", link.link_id, day)
        clicks = sum(stream.randint(*CLICKS_PER_ARRIVAL) for _ in range(arrivals[link.link_id] + 1))
        shown = clicks * stream.randint(*SHOWN_PER_CLICK)
        cost = int(channel.cost_per_arrival_fen * clicks / 23 * stream.uniform(0.9, 1.1))
        yield (
            day, link.channel_id, link.campaign, link.adgroup, link.creative, link.keyword, shown, clicks,
            cost, "CNY",
        )  # fmt: skip


def touches(day: date, people: Sequence[PersonDay], customers: frozenset[int]) -> Iterator[Row]:
    """Yield a row per change of a message's state, each with what was known by then."""
    midnight = midnight_ms(day)
    for today in people:
        person = today.person
        customer_no = person.customer_no if person.index in customers else None
        for touch in today.touches:
            touch_id = names.touch_id(person, day, touch)
            purpose = "marketing" if touch.contact else PLANS[touch.plan].purpose
            template = touch.contact.template_id if touch.contact else f"{touch.plan}_{touch.channel}"
            for updated_ms, moments in _states(touch):
                is_sent = moments[1] is not None
                failed = touch.failed_code if is_sent and updated_ms != touch.sent_ms else None
                yield (
                    touch_id, midnight + updated_ms, touch_id, touch.plan, f"{touch.plan}-1", customer_no,
                    person.login_id, touch.channel, template, purpose, touch.arm,
                    *(None if moment is None else midnight + moment for moment in moments), failed,
                    touch.abort_reason, COST_FEN[touch.channel] if is_sent else 0,
                )  # fmt: skip


def _states(touch: Touch) -> Iterator[tuple[int, tuple[int | None, ...]]]:
    """Yield when the message changed, and its five moments as known then."""
    moments = (touch.prepared_ms, touch.sent_ms, touch.delivered_ms, touch.opened_ms, touch.clicked_ms)
    for reached, moment in enumerate(moments):
        if moment is not None:
            yield moment, tuple(known if place <= reached else None for place, known in enumerate(moments))
    if touch.failed_code is not None and touch.sent_ms is not None:
        yield touch.sent_ms + FAILURE_KNOWN_AFTER_MS, moments
