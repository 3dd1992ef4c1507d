"""The market around the people: securities, their sectors, and a price path of each.

Belongs here: the list of (invented) securities and their daily prices.
Does not belong here: who trades them, the calendar.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

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

ODDS_OF_DIVIDEND = 0.003


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


@dataclass
class Market:
    """Prices as the days pass; ask for days in order."""

    world: World
    close: dict[str, int] = field(default_factory=lambda: {s.code: s.first_price for s in SECURITIES})
    previous_close: dict[str, int] = field(default_factory=dict)
    dividends: tuple[str, ...] = ()

    def trade_through(self, day: date) -> None:
        """Move every price by one session, within the daily limit of ten per cent."""
        self.previous_close = dict(self.close)
        stream = self.world.stream("market", day)
        whole = stream.gauss(0.0004, 0.008)
        by_sector = {sector.code: stream.gauss(0.0, 0.007) for sector in SECTORS}
        for security in SECURITIES:
            own = stream.gauss(0.0, 0.012 if security.kind == "stock" else 0.003)
            change = max(-0.1, min(0.1, whole + by_sector[security.sectors[0]] + own))
            ticks = round(self.close[security.code] * (1 + change) / security.tick)
            self.close[security.code] = max(1, ticks) * security.tick
        self.dividends = tuple(code for code in self.close if stream.random() < ODDS_OF_DIVIDEND)

    def price_within(self, code: str, share: float) -> int:
        """Return a price on the way from the last close to today's, `share` (0-1) of the way."""
        before, after, tick = self.previous_close[code], self.close[code], SECURITY[code].tick
        return max(1, round((before + (after - before) * share) / tick)) * tick
