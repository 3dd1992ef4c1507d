"""What people look at in the app when nothing of consequence happens.

Belongs here: screens, searches, products, articles, and how long each holds them.
Does not belong here: registering, opening, orders (they come with the person's day), the record itself.
"""

from collections.abc import Callable, Mapping, Sequence
from random import Random

from demo.catalogue import PRODUCTS
from demo.market import BY_SECTOR, SECURITIES, SECURITY
from demo.people import Person

SCREENS = (
    ("HomePage", "首页"), ("QuotesPage", "行情"), ("WatchlistPage", "自选"), ("TradePage", "交易"),
    ("WealthPage", "理财"), ("NewsPage", "资讯"), ("MyPage", "我的"), ("IndexPage", "指数"),
)  # fmt: skip
BUTTONS = (
    ("tab_quotes", "行情", "Tab"), ("tab_trade", "交易", "Tab"), ("btn_search", "搜索", "Button"),
    ("btn_more", "查看更多", "Button"), ("card_fund", "稳健理财", "Card"), ("btn_refresh", "刷新", "Button"),
)  # fmt: skip
TOPICS = ("macro", "sector", "stock", "fund", "education")
SLOTS = ("home_banner", "wealth_list", "trade_icon")
Seen = tuple[str, Mapping[str, object]]


def browse(stream: Random, person: Person, weights: Sequence[int], *, count: int) -> list[Seen]:
    """Return `count` steps of browsing: the event and its own properties."""
    return [look(stream, person) for look in stream.choices(LOOKS, weights=weights, k=count)]


def _screen(stream: Random, _: Person) -> Seen:
    screen, title = stream.choice(SCREENS)
    return "$AppViewScreen", {"$screen_name": screen, "$title": title}


def _click(stream: Random, _: Person) -> Seen:
    element, content, element_type = stream.choice(BUTTONS)
    clicked = {"$element_id": element, "$element_content": content, "$element_type": element_type}
    return "$AppClick", {**clicked, "$screen_name": stream.choice(SCREENS)[0]}


def _stock(stream: Random, person: Person) -> Seen:
    return "StockDetailView", {"security_code": _liked(stream, person), "stay_sec": _stay(stream)}


def _sector(stream: Random, person: Person) -> Seen:
    return "SectorView", {"sector_code": stream.choice(person.tastes), "stay_sec": _stay(stream)}


def _search(stream: Random, person: Person) -> Seen:
    return "Search", {"keyword": SECURITY[_liked(stream, person)].name, "result_type": "security"}


def _watch(stream: Random, person: Person) -> Seen:
    return "AddWatchlist", {"security_code": _liked(stream, person)}


def _product(stream: Random, _: Person) -> Seen:
    product = stream.choice(PRODUCTS)
    seen = {"product_id": product.product_id, "product_category": product.category}
    return "ProductDetailView", {**seen, "risk_level": product.risk_level, "stay_sec": _stay(stream)}


def _article(stream: Random, _: Person) -> Seen:
    read = {"content_id": f"N{stream.randrange(1, 400):05d}", "topic": stream.choice(TOPICS)}
    return "ContentRead", {**read, "stay_sec": _stay(stream), "scroll": round(stream.random(), 2)}


def _slot(stream: Random, _: Person) -> Seen:
    event = "SlotClick" if stream.random() < 0.08 else "SlotExposure"
    return event, {
        "slot_id": stream.choice(SLOTS),
        "item_id": stream.choice(PRODUCTS).product_id,
        "exposure_id": f"x{stream.getrandbits(48):012x}",
        "position": stream.randrange(1, 6),
    }


def _order(stream: Random, person: Person) -> Seen:
    return "OrderEntryView", {"security_code": _liked(stream, person)}


def _margin(_: Random, __: Person) -> Seen:
    return "MarginPageClick", {"$screen_name": "TradePage"}


def _liked(stream: Random, person: Person) -> str:
    if stream.random() < 0.6:
        return stream.choice(BY_SECTOR[stream.choice(person.tastes)])
    return stream.choice(SECURITIES).code


def _stay(stream: Random) -> float:
    return round(min(900.0, stream.lognormvariate(2.6, 0.9)), 1)


LOOKS: tuple[Callable[[Random, Person], Seen], ...] = (
    _screen, _click, _stock, _sector, _search, _watch, _product, _article, _slot, _order, _margin,
)  # fmt: skip
# How often of a hundred; visitors without an account see less of what needs one.
CUSTOMER_LOOKS = (34, 16, 19, 5, 3, 2, 6, 6, 5, 3, 1)
WATCHER_LOOKS = (28, 12, 24, 10, 6, 8, 4, 4, 3, 1, 0)
VISITOR_LOOKS = (44, 22, 10, 3, 3, 0, 7, 8, 3, 0, 0)
