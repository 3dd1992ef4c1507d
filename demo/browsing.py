"""What people look at in the app when nothing of consequence happens.

Belongs here: screens, searches, products, articles, how long each holds them, and how the app writes each down.
Does not belong here: registering, opening, orders (they come with the person's day), a record's envelope.

A look is a kind, an object of that kind (`what`), and a stay in tenths of a second.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import orjson

from demo.catalogue import PRODUCTS
from demo.crowd import Crowd
from demo.draws import Draws, Integers
from demo.market import LIKED_PLACES, LIKED_SECTORS, SECURITIES

SCREENS = (
    ("HomePage", "首页"), ("QuotesPage", "行情"), ("WatchlistPage", "自选"), ("TradePage", "交易"),
    ("WealthPage", "理财"), ("NewsPage", "资讯"), ("MyPage", "我的"), ("IndexPage", "指数"),
)  # fmt: skip
BUTTONS = (
    ("tab_quotes", "行情", "Tab"), ("tab_trade", "交易", "Tab"), ("btn_search", "搜索", "Button"),
    ("btn_more", "查看更多", "Button"), ("card_fund", "稳健理财", "Card"), ("btn_refresh", "刷新", "Button"),
)  # fmt: skip
TOPICS = ("macro", "sector", "stock", "fund", "education")
ARTICLES = 400
SLOTS = ("home_banner", "wealth_list", "trade_icon")
POSITIONS = 5
LONGEST_STAY = 9_000
LIKED = 0.6


@dataclass(frozen=True)
class Look:
    """A kind of look: its event, the properties of each object of it, and whether it holds people."""

    event: str
    objects: Sequence[Mapping[str, object]]
    has_stay: bool = False
    is_of_security: bool = False

    def fragments(self) -> list[str]:
        """Return the properties of each object as they stand in a record, after those of the visit."""
        return [
            "".join(f",{_json(name)}:{_json(value)}" for name, value in one.items()) for one in self.objects
        ]


def _json(value: object) -> str:
    return orjson.dumps(value).decode()


def topic_of(number: int) -> int:
    """Return the place in TOPICS of the topic of an article."""
    return number * 7 % len(TOPICS)


_CLICKS = tuple(
    {"$element_id": element, "$element_content": content, "$element_type": kind, "$screen_name": screen}
    for element, content, kind in BUTTONS
    for screen, _ in SCREENS
)
_BY_CODE = tuple({"security_code": one.code} for one in SECURITIES)
_SLOTS = tuple(
    {"slot_id": slot, "item_id": product.product_id, "position": position}
    for slot in SLOTS
    for product in PRODUCTS
    for position in range(1, POSITIONS + 1)
)
LOOKS: tuple[Look, ...] = (
    Look("$AppViewScreen", tuple({"$screen_name": name, "$title": title} for name, title in SCREENS)),
    Look("$AppClick", _CLICKS),
    Look("StockDetailView", _BY_CODE, has_stay=True, is_of_security=True),
    Look("SectorView", tuple({"sector_code": code} for code in LIKED_SECTORS), has_stay=True),
    Look(
        "Search",
        tuple({"keyword": one.name, "result_type": "security"} for one in SECURITIES),
        is_of_security=True,
    ),
    Look("AddWatchlist", _BY_CODE, is_of_security=True),
    Look(
        "ProductDetailView",
        tuple(
            {"product_id": one.product_id, "product_category": one.category, "risk_level": one.risk_level}
            for one in PRODUCTS
        ),
        has_stay=True,
    ),
    Look(
        "ContentRead",
        tuple(
            {
                "content_id": f"N{number:05d}",
                "topic": TOPICS[topic_of(number)],
                "scroll": round(scroll / 20, 2),
            }
            for number in range(1, ARTICLES)
            for scroll in (3, 9, 14, 18, 20)
        ),
        has_stay=True,
    ),
    Look("SlotExposure", _SLOTS),
    Look("OrderEntryView", _BY_CODE, is_of_security=True),
    Look("MarginPageClick", ({"$screen_name": "TradePage"},)),
    Look("SlotClick", _SLOTS),
)
SECTOR, PRODUCT, SLOT, SLOT_CLICK = (
    [look.event for look in LOOKS].index(event)
    for event in ("SectorView", "ProductDetailView", "SlotExposure", "SlotClick")
)
HOME_PAGE = (0, 0)
FUND_PRODUCTS = np.asarray([place for place, one in enumerate(PRODUCTS) if one.category == "mutual_fund"])
# How often of a hundred; visitors without an account see less of what needs one.
CUSTOMER_LOOKS = (34, 16, 19, 5, 3, 2, 6, 6, 5, 3, 1)
WATCHER_LOOKS = (28, 12, 24, 10, 6, 8, 4, 4, 3, 1, 0)
VISITOR_LOOKS = (44, 22, 10, 3, 3, 0, 7, 8, 3, 0, 0)


def looks_of(
    crowd: Crowd, draw: Draws, who: Integers, which: Integers
) -> tuple[Integers, Integers, Integers]:
    """Return kind, object and stay (tenths of a second, -1 for none) of a look by each of `who`."""
    counter, people = crowd.people.counter[who], crowd.people
    share = draw.shares(counter, which)
    # D6: who loves funds looks at products, not at whatever comes first.
    loves = people.fund_love[who] > 0
    kinds = np.select(
        [~crowd.is_customer[who], people.only_watches[who]],
        [_chosen(VISITOR_LOOKS, share), _chosen(WATCHER_LOOKS, share)],
        default=_chosen(CUSTOMER_LOOKS, share),
    )
    turned = draw.shares(counter, which + 1)
    kinds = np.where(loves & (turned < 0.1), PRODUCT, kinds)
    # D12: a click on a slot shows the wish to act, and causes nothing.
    slots = crowd.world.truths.slots
    clicked = slots.clicked * (1 + slots.clicked_more_with_appetite * people.appetite[who])
    kinds = np.where((kinds == SLOT) & (turned < clicked), SLOT_CLICK, kinds)
    sizes = np.asarray([len(look.objects) for look in LOOKS])
    share = draw.shares(counter, which + 2)
    objects = (share * sizes[kinds]).astype(np.int64)
    liked = people.tastes[who, (draw.shares(counter, which + 3) * 2).astype(np.int64)]
    objects = np.where(kinds == SECTOR, liked, objects)
    is_security = np.asarray([look.is_of_security for look in LOOKS])[kinds]
    likes = is_security & draw.happens(LIKED, counter, which + 4)
    objects = np.where(likes, LIKED_PLACES[liked, (share * LIKED_PLACES.shape[1]).astype(np.int64)], objects)
    is_fund = loves & (kinds == PRODUCT)
    objects = np.where(is_fund, FUND_PRODUCTS[(share * len(FUND_PRODUCTS)).astype(np.int64)], objects)
    has_stay = np.asarray([look.has_stay for look in LOOKS])[kinds]
    stay = np.minimum(LONGEST_STAY, 10 * np.exp(2.6 + 0.9 * draw.normal(counter, which + 5)))
    return kinds, objects, np.where(has_stay, stay.astype(np.int64), -1)


def _chosen(weights: Sequence[float], share: np.ndarray) -> Integers:
    bounds = np.cumsum(np.asarray(weights, dtype=np.float64))
    return np.searchsorted(bounds[:-1] / bounds[-1], share, side="right")
