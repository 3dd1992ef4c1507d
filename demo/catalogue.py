"""The broker's shelf of financial products.

Belongs here: the fixed list of products on offer.
Does not belong here: who looks at or holds them, listed securities (market.py).
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Product:
    """A product on offer; `minimum_cny` is the smallest first purchase, `fee_millionths` the purchase fee.

    On a trading day it `earns` so many millionths, `follows` the whole market so far, and `wavers` by so many.
    """

    product_id: str
    name: str
    category: str
    fund_type: str | None
    risk_level: str
    term_days: int | None
    minimum_cny: int
    fee_millionths: int
    earns: int = 0
    follows: float = 0.0
    wavers: int = 0


PRODUCTS: tuple[Product, ...] = (
    Product("P0001", "现金宝货币A", "money_fund", "money", "R1", None, 1, 0, 65),
    Product("P0002", "天天利货币B", "money_fund", "money", "R1", None, 100, 0, 65),
    Product("P0003", "稳健纯债一年", "mutual_fund", "bond", "R2", 365, 100, 3_000, 120, 0.0, 300),
    Product("P0004", "双利债券A", "mutual_fund", "bond", "R2", None, 100, 6_000, 130, 0.1, 500),
    Product("P0005", "均衡成长混合", "mutual_fund", "hybrid", "R3", None, 100, 12_000, 100, 0.6, 2_500),
    Product("P0006", "科技先锋股票", "mutual_fund", "equity", "R4", None, 100, 15_000, 0, 1.1, 6_000),
    Product("P0007", "三百指数增强", "mutual_fund", "index", "R3", None, 100, 10_000, 50, 1.0, 800),
    Product("P0008", "医药主题股票", "mutual_fund", "equity", "R4", None, 100, 15_000, 0, 0.9, 6_000),
    Product("P0009", "安享集合九十天", "broker_wealth", None, "R2", 90, 10_000, 0, 110, 0.0, 150),
    Product("P0010", "安享集合一百八十天", "broker_wealth", None, "R2", 180, 10_000, 0, 125, 0.0, 150),
    Product("P0011", "收益凭证三十天", "income_certificate", None, "R1", 30, 50_000, 0, 90),
    Product("P0012", "收益凭证挂钩三百", "income_certificate", None, "R3", 91, 50_000, 0, 70, 0.1, 200),
    Product("P0013", "远航私募一号", "private_fund", "hedge", "R5", None, 1_000_000, 10_000, 300, 0.4, 4_000),
    Product("P0014", "纸黄金", "metal", None, "R4", None, 500, 2_000, 0, 0.0, 8_000),
    Product("P0015", "投顾组合稳进", "advisory", None, "R3", None, 1_000, 5_000, 80, 0.4, 2_000),
)

FUND_CATEGORIES = ("money_fund", "mutual_fund")
WEALTH_CATEGORIES = ("broker_wealth", "income_certificate", "private_fund")
FUND_PLACES, WEALTH_PLACES, OTHER_PLACES = (
    tuple(place for place, one in enumerate(PRODUCTS) if one.category in categories)
    for categories in (FUND_CATEGORIES, WEALTH_CATEGORIES, ("metal", "advisory"))
)
"""Where products of each part of an account's value stand in PRODUCTS."""
