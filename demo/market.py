"""The market around the people: securities, their sectors, and a price path of each.

Belongs here: the list of (invented) securities and their daily prices.
Does not belong here: who trades them, the calendar.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from demo.catalogue import PRODUCTS
from demo.draws import Flags, Integers, Shares
from demo.shanghai import TradingCalendar
from demo.world import World


@dataclass(frozen=True)
class Sector:
    """A sector as the data vendor names it."""

    code: str
    name: str
    scheme: str


@dataclass(frozen=True)
class Security:
    """A listed security; `tick` and prices are in thousandths of a yuan, so that amounts stay whole fen."""

    code: str
    name: str
    market: str
    kind: str
    sectors: tuple[str, ...]
    tick: int
    first_price: int


SECTORS: tuple[Sector, ...] = (
    Sector("S01", "银行", "industry"),
    Sector("S02", "证券", "industry"),
    Sector("S03", "食品饮料", "industry"),
    Sector("S04", "半导体", "industry"),
    Sector("S05", "电力设备", "industry"),
    Sector("S06", "医药生物", "industry"),
    Sector("S07", "计算机", "industry"),
    Sector("S08", "公用事业", "industry"),
    Sector("S09", "国防军工", "industry"),
    Sector("S10", "汽车", "industry"),
    Sector("S11", "有色金属", "industry"),
    Sector("S12", "房地产", "industry"),
    Sector("C01", "人工智能", "concept"),
    Sector("C02", "新能源汽车", "concept"),
    Sector("C03", "高股息", "concept"),
)

# One line a sector: the names of its five shares; place in the list decides code, board and price.
SHARES: dict[str, tuple[str, ...]] = {
    "S01": ("东湖银行", "西岭银行", "江海银行", "云山农商", "华光银行"),
    "S02": ("长桥证券", "远帆证券", "金石证券", "明湖证券", "北辰证券"),
    "S03": ("杏花酒业", "青竹乳业", "南粮食品", "老窖坊", "甘泉饮料"),
    "S04": ("晶彩科技", "芯源微电", "硅谷材料", "华微封测", "光刻精工"),
    "S05": ("朝阳光伏", "蓝天储能", "风行电气", "恒能电缆", "锂原动力"),
    "S06": ("百草药业", "康泰生科", "仁和器械", "华佗制药", "安民医疗"),
    "S07": ("云帆软件", "数联信息", "智行网络", "天算科技", "安盾信安"),
    "S08": ("清江电力", "北方热力", "水润环保", "南风燃气", "大坝水电"),
    "S09": ("长空航材", "海盾船舶", "星河电子", "雷鸣重工", "天宫航天"),
    "S10": ("飞驰汽车", "轮毂精密", "驭风部件", "新途汽车", "智驾电控"),
}
CONCEPTS: dict[str, tuple[str, ...]] = {
    "C01": ("晶彩科技", "云帆软件", "天算科技", "智驾电控", "数联信息"),
    "C02": ("锂原动力", "飞驰汽车", "新途汽车", "智驾电控", "蓝天储能"),
    "C03": ("东湖银行", "江海银行", "清江电力", "大坝水电"),
}
FUNDS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("宽基三百ETF", "SH", ("C03",)),
    ("科创五十ETF", "SH", ("C01",)),
    ("证券ETF", "SH", ("S02",)),
    ("芯片ETF", "SZ", ("S04",)),
    ("酒ETF", "SZ", ("S03",)),
    ("医药ETF", "SH", ("S06",)),
    ("电车ETF", "SZ", ("C02",)),
    ("有色ETF", "SZ", ("S11",)),
    ("地产ETF", "SH", ("S12",)),
    ("红利ETF", "SH", ("C03",)),
)
# Boards a share of each place in its sector is listed on: main boards, ChiNext, STAR.
BOARDS = (("SH", "6009"), ("SZ", "0029"), ("SH", "6019"), ("SZ", "3009"), ("SH", "6889"))


def _securities() -> Iterator[Security]:
    for row, (sector, names) in enumerate(SHARES.items()):
        for place, name in enumerate(names):
            market, prefix = BOARDS[place]
            sectors = (sector, *(code for code, members in CONCEPTS.items() if name in members))
            price = 10 * (400 + (row * 977 + place * 1543) % 5600)
            yield Security(f"{prefix}{row + 10:02d}.{market}", name, market, "stock", sectors, 10, price)
    for row, (name, market, sectors) in enumerate(FUNDS):
        code = f"{'5109' if market == 'SH' else '1599'}{row + 10:02d}.{market}"
        yield Security(code, name, market, "etf", sectors, 1, 800 + row * 137)


SECURITIES: tuple[Security, ...] = tuple(_securities())
SECURITY: dict[str, Security] = {security.code: security for security in SECURITIES}
BY_SECTOR: dict[str, tuple[str, ...]] = {
    sector.code: tuple(security.code for security in SECURITIES if sector.code in security.sectors)
    for sector in SECTORS
}
LIKED_SECTORS: tuple[str, ...] = tuple(sorted(code for code, members in BY_SECTOR.items() if members))
"""The sectors that a person can like: those with securities."""
PLACES: dict[str, int] = {security.code: place for place, security in enumerate(SECURITIES)}
IN_LIKED: tuple[tuple[int, ...], ...] = tuple(
    tuple(PLACES[code] for code in BY_SECTOR[sector]) for sector in LIKED_SECTORS
)
"""Of each liked sector, the places of its securities in SECURITIES."""
LIKED_PLACES: Integers = np.asarray([[members[n % len(members)] for n in range(60)] for members in IN_LIKED])
"""The same as a table: each row names the securities of a sector about as often."""
TICKS: Integers = np.asarray([security.tick for security in SECURITIES])
IS_STOCK: Flags = np.asarray([security.kind == "stock" for security in SECURITIES])
_FIRST_SECTOR = np.asarray([list(BY_SECTOR).index(security.sectors[0]) for security in SECURITIES])
LIMIT = 0.1


@dataclass(frozen=True)
class Market:
    """Prices by day number and place of security, in thousandths of a yuan.

    `closes` begins with the prices on the evening before the first day: the close of day n stands at n + 1. `whole` is
    what the whole market does on a day, NaN when it is closed, `growth` what each product earns, in millionths.
    """

    closes: Integers
    dividends: Flags
    whole: Shares
    growth: Integers

    @classmethod
    def of(cls, world: World, calendar: TradingCalendar, *, days: int) -> Market:
        """Return the market of the first so many days; those of fewer days are its beginning."""
        planted, places = world.truths.market, np.arange(len(SECURITIES))
        noise = np.where(IS_STOCK, planted.share, planted.etf)
        whole = _whole_market(world, calendar, days=days)
        closes = np.empty((days + 1, len(SECURITIES)), dtype=np.int64)
        closes[0] = [security.first_price for security in SECURITIES]
        dividends = np.zeros((days, len(SECURITIES)), dtype=np.bool_)
        for day in range(days):
            closes[day + 1] = closes[day]
            if math.isnan(whole[day]):
                continue
            draw = world.draws("market", day)
            sectors = planted.sector * draw.normal(np.arange(len(BY_SECTOR)), 1)
            change = whole[day] + sectors[_FIRST_SECTOR] + noise * draw.normal(places, 2)
            ticks = np.rint(closes[day] * (1 + np.clip(change, -LIMIT, LIMIT)) / TICKS).astype(np.int64)
            closes[day + 1] = np.maximum(1, ticks) * TICKS
            dividends[day] = draw.happens(planted.dividend, places, 3)
        return cls(closes, dividends, whole, _product_growth(world, whole))

    def price_within(self, day: int, places: Integers, shares: Shares) -> Integers:
        """Return prices on the way from the last close to that of `day`, `shares` (0-1) of the way."""
        before, after = self.closes[day, places], self.closes[day + 1, places]
        ticks = np.rint((before + (after - before) * shares) / TICKS[places]).astype(np.int64)
        return np.maximum(1, ticks) * TICKS[places]


def _product_growth(world: World, whole: Shares) -> Integers:
    growth = np.zeros((len(whole), len(PRODUCTS)), dtype=np.int64)
    earns, follows, wavers = (
        np.asarray([getattr(one, name) for one in PRODUCTS]) for name in ("earns", "follows", "wavers")
    )
    for day in np.flatnonzero(~np.isnan(whole)).tolist():
        noise = wavers * world.draws("products", day).normal(np.arange(len(PRODUCTS)))
        growth[day] = np.rint(earns + follows * whole[day] * 1_000_000 + noise)
    return growth


def _whole_market(world: World, calendar: TradingCalendar, *, days: int) -> Shares:
    """Return what the whole market does on each day, NaN when it is closed.

    In the month of the fall the days' noise is centred, so that they come to the planted return together.
    """
    planted = world.truths.market
    fall = planted.fall
    longest = max(days, fall.after_days + 3 * fall.trading_days + 30)
    is_open = [calendar.is_open(world.first_day + timedelta(days=day)) for day in range(longest)]
    moves = np.asarray(
        [planted.drift + planted.daily * float(world.draws("whole market").normal(np.asarray([day]))[0])
         for day in range(longest)]
    )  # fmt: skip
    falling = [day for day in range(fall.after_days, longest) if is_open[day]][: fall.trading_days]
    if falling:
        moves[falling] += math.log1p(fall.return_) / len(falling) - moves[falling].mean()
    moves[~np.asarray(is_open)] = np.nan
    return moves[:days]
