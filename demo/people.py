"""Who the people are: what stays the same about each of them through the simulated days.

Belongs here: devices, places, habits and means, drawn once per person.
Does not belong here: what a person does on a day.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from demo.channels import CHANNEL, Link, choose_link
from demo.market import BY_SECTOR
from demo.world import World

CITIES = (
    ("上海", "上海"), ("北京", "北京"), ("广东", "深圳"), ("广东", "广州"), ("浙江", "杭州"),
    ("江苏", "南京"), ("江苏", "苏州"), ("四川", "成都"), ("湖北", "武汉"), ("福建", "厦门"),
    ("山东", "青岛"), ("陕西", "西安"),
)  # fmt: skip
HANDSETS = (
    ("iOS", "Apple", "iPhone 15", "18.2", 16),
    ("iOS", "Apple", "iPhone 16 Pro", "18.3", 14),
    ("iOS", "Apple", "iPhone 13", "17.6", 12),
    ("Android", "Xiaomi", "Xiaomi 15", "15", 20),
    ("Android", "OPPO", "PHT110", "14", 13),
    ("Android", "vivo", "V2309A", "14", 13),
    ("HarmonyOS", "HUAWEI", "ALN-AL00", "4.2", 12),
)
CARRIERS = ("中国移动", "中国联通", "中国电信")
APP_VERSIONS = ("5.2.0", "5.3.1", "5.3.4", "5.4.0")
SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡林郭何高罗"
GIVEN_NAMES = ("伟", "芳", "娜", "敏", "静", "强", "磊", "洋", "艳", "勇", "军", "杰", "秀英")
RISK_LEVELS = ("C1", "C2", "C3", "C4", "C5")
FAMILY_EVERY = 97
"""Of those known at the start, every so many share the phone of the person before them."""
SHARES_WITH_PERSON_BEFORE = 5
UNBOUND_PERSON = 7
"""The one person whose login is taken off a customer number, ten days in."""
UNBOUND_AFTER_DAYS = 9


@dataclass(frozen=True)
class Phone:
    """A device as the app sees it."""

    device_id: str
    os: str
    manufacturer: str
    model: str
    os_version: str
    carrier: str


@dataclass(frozen=True)
class Person:
    """One human; `arrives_on` is None for those who were known before the first day."""

    index: int
    arrives_on: date | None
    link: Link | None
    phones: tuple[Phone, ...]
    province: str
    city: str
    name: str
    gender: str
    born_on: date
    keenness: float
    wealth_cny: int
    trade_appetite: float
    tastes: tuple[str, ...]
    risk_level: str
    withdraws_consent_after: int | None

    @property
    def shares_first_phone(self) -> bool:
        """Say whether the first phone is one that a family shares, as its owner or as the other user."""
        place = self.index % FAMILY_EVERY
        return self.arrives_on is None and place in (SHARES_WITH_PERSON_BEFORE - 1, SHARES_WITH_PERSON_BEFORE)

    @property
    def login_id(self) -> str:
        """The number the app knows a registered person by."""
        return f"u{100_000 + self.index * 7}"

    @property
    def customer_no(self) -> str:
        """The broker's number for a customer."""
        return f"{88_000_000 + self.index * 3}"

    @property
    def mobile(self) -> str:
        """A well-formed mobile number that belongs to nobody."""
        return f"199{self.index:08d}"

    @property
    def identity_number(self) -> str:
        """A well-formed 18-digit number, check digit included, of a region (99) that does not exist."""
        body = f"990000{self.born_on:%Y%m%d}{self.index % 1000:03d}"
        weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
        total = sum(int(digit) * weight for digit, weight in zip(body, weights, strict=True))
        return body + "10X98765432"[total % 11]

    @property
    def bank_card(self) -> str:
        """A 19-digit card number, check digit included, of an issuer that does not exist."""
        body = f"629999{self.index:012d}"
        doubled = [int(digit) * (2 - place % 2) for place, digit in enumerate(reversed(body))]
        total = sum(value - 9 if value > 9 else value for value in doubled)
        return body + str(-total % 10)

    def app_version(self, days_passed: int) -> str:
        """Return the version in use: people move on a version about every 25 days, a tenth of them never."""
        steps = 0 if self.index % 10 == 0 else (days_passed + self.index % 30) // 25
        return APP_VERSIONS[min(len(APP_VERSIONS) - 1, steps)]


def meet(world: World, index: int, *, arrives_on: date | None) -> Person:
    """Return the person of this index, always the same one in the same world."""
    stream = world.stream("person", index)
    link = choose_link(stream) if arrives_on else None
    province, city = stream.choice(CITIES)
    gender = stream.choice(("male", "female"))
    born_on = date(1958, 1, 1) + timedelta(days=int(stream.betavariate(2.2, 2.4) * 17_500))
    wealth = stream.lognormvariate(10.6, 1.5) * (CHANNEL[link.channel_id].wealth if link else 1.6)
    keenness = stream.betavariate(1.3, 3.2) * (CHANNEL[link.channel_id].keenness if link else 1.0)
    return Person(
        index=index,
        arrives_on=arrives_on,
        link=link,
        phones=_phones(world, stream, index, known=arrives_on is None),
        province=province,
        city=city,
        name=stream.choice(SURNAMES) + stream.choice(GIVEN_NAMES),
        gender=gender,
        born_on=born_on,
        keenness=min(0.95, keenness),
        wealth_cny=min(5_000_000, int(wealth)),
        trade_appetite=stream.betavariate(1.1, 4.0),
        tastes=tuple(stream.sample(sorted(code for code, members in BY_SECTOR.items() if members), k=2)),
        risk_level=stream.choices(RISK_LEVELS, weights=(10, 25, 35, 20, 10))[0],
        withdraws_consent_after=stream.randrange(1, 55) if stream.random() < 0.03 else None,
    )


def _phones(world: World, stream: Random, index: int, *, known: bool) -> tuple[Phone, ...]:
    count = 2 if stream.random() < 0.12 else 1
    phones = tuple(_phone(world, index, number) for number in range(count))
    if known and index % FAMILY_EVERY == SHARES_WITH_PERSON_BEFORE:
        return (_phone(world, index - 1, 0), *phones)
    return phones


def _phone(world: World, index: int, number: int) -> Phone:
    stream = world.stream("phone", index, number)
    (handset,) = stream.choices(HANDSETS, weights=[handset[-1] for handset in HANDSETS])
    os, manufacturer, model, os_version, _ = handset
    device = f"{stream.getrandbits(128):032x}"
    device_id = f"{device[:8]}-{device[8:12]}-{device[12:16]}-{device[16:20]}-{device[20:]}".upper()
    return Phone(
        device_id=device_id if os == "iOS" else device[:16],
        os=os,
        manufacturer=manufacturer,
        model=model,
        os_version=os_version,
        carrier=stream.choice(CARRIERS),
    )
