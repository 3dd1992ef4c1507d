"""Who the people are: what stays the same about each of them through the simulated days.

Belongs here: devices, places, habits, means and hidden wishes of many people at once, each drawn by the person's index.
Does not belong here: what people do on a day, how their numbers are written (names.py).

An array of this module has a place per person; of the phones, one per person and phone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from demo.channels import LINK_CHANNELS, links_of
from demo.draws import Draws, Flags, Integers, Shares
from demo.market import LIKED_SECTORS
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
FIRST_BIRTH = np.datetime64("1958-01-01")
BIRTH_SPAN_DAYS = 17_500
MOST_PHONES = 3
RICHEST_CNY = 5_000_000
NEVER = np.iinfo(np.int64).max // 4
"""A day, or a moment, that does not come."""


@dataclass(frozen=True)
class Phones:
    """The devices of people, three places each: whose draws a device has, which of these, and its make.

    A family's second user holds the owner's phone first, so a device may stand with two people.
    """

    owner: Integers
    number: Integers
    handset: Integers
    carrier: Integers
    count: Integers
    first_is_shared: Flags


@dataclass(frozen=True)
class People:
    """Some people of a world; `counter` is what their days are drawn by, another one being another future.

    `link` and `channel`, a place among the truths' own, are -1 for those known before the first day; `*_after` are days
    after the broker knows them, NEVER if never; `responds` multiplies what messages cause.
    """

    index: Integers
    counter: Integers
    arrives: Integers
    link: Integers
    is_fraud: Flags
    phones: Phones
    place: Integers
    name: Integers
    is_male: Flags
    born: Integers
    keenness: Shares
    wealth_cny: Integers
    appetite: Shares
    tastes: Integers
    risk_level: Integers
    fund_love: Shares
    only_watches: Flags
    withdraws_consent_after: Integers
    withdraws_profiling_after: Integers
    silenced_after: Integers
    lifted_after: Integers
    never_updates: Flags
    channel: Integers
    responds: Shares

    def __len__(self) -> int:
        """Return how many people these are."""
        return len(self.index)

    @property
    def is_known(self) -> Flags:
        """Say of each whether the broker knew them before the first day."""
        return self.arrives < 0

    def app_version(self, who: Integers, day: int, *, every: int) -> Integers:
        """Return the place in APP_VERSIONS of the version that each of `who` uses on a day: some never update."""
        steps = (day + self.index[who] % 30) // every
        return np.where(self.never_updates[who], 0, np.minimum(len(APP_VERSIONS) - 1, steps))


def meet(world: World, index: Integers, *, future: int = 0) -> People:
    """Return the people of these indexes, always the same ones in the same world; their `future` may differ."""
    truths, draw = world.truths, world.draws("person")
    arrives = world.arrivals(index)
    is_new = arrives >= 0
    link = np.where(is_new, _links(world, draw, index), -1)
    channels = tuple(truths.channels.values())
    channel = np.append(LINK_CHANNELS, -1)[link]
    keener = np.append([one.keenness for one in channels], 1.0)[channel]
    richer = np.append([one.wealth for one in channels], 1.6)[channel]
    fraud = np.append([one.fraud for one in channels], 0.0)[channel]
    wishes = truths.consents
    silenced = draw.whole(1, wishes.asks_within_days, index, 30)
    is_silenced = draw.happens(wishes.asks_not_to_be_contacted, index, 31)
    is_lifted = is_silenced & draw.happens(wishes.takes_it_back, index, 32)
    withdraws = draw.whole(1, wishes.withdraw_within_days, index, 33)
    first_taste = draw.whole(0, len(LIKED_SECTORS), index, 20)
    other_taste = (first_taste + draw.whole(1, len(LIKED_SECTORS), index, 21)) % len(LIKED_SECTORS)
    return People(
        index=index,
        counter=index + (future << 40),
        arrives=arrives,
        link=link,
        is_fraud=draw.happens(fraud, index, 19),
        phones=_phones(world, index, is_known=~is_new),
        place=draw.whole(0, len(CITIES), index, 2),
        name=draw.whole(0, len(SURNAMES) * len(GIVEN_NAMES), index, 3),
        is_male=draw.happens(0.5, index, 4),
        born=(_bent(draw.shares(index, 5), 2.0, 2.5) * BIRTH_SPAN_DAYS).astype(np.int64),
        keenness=np.minimum(0.95, _bent(draw.shares(index, 6), 1.25, 3.3) * keener),
        wealth_cny=np.minimum(RICHEST_CNY, np.exp(10.6 + 1.5 * draw.normal(index, 7)) * richer).astype(
            np.int64
        ),
        appetite=_bent(draw.shares(index, 8), 1.08, 4.1),
        tastes=np.stack([first_taste, other_taste], axis=1),
        risk_level=draw.chosen(tuple(truths.people.risk_levels.values()), index, 9),
        fund_love=truths.people.fund_lovers_mean + draw.normal(index, 10),
        only_watches=draw.happens(truths.people.only_watches, index, 11),
        withdraws_consent_after=np.where(
            draw.happens(wishes.withdraw_marketing, index, 34), withdraws, NEVER
        ),
        withdraws_profiling_after=np.where(
            draw.happens(wishes.withdraw_profiling, index, 35), withdraws, NEVER
        ),
        silenced_after=np.where(is_silenced, silenced, NEVER),
        lifted_after=np.where(is_lifted, silenced + wishes.takes_it_back_after_days, NEVER),
        never_updates=draw.happens(truths.people.never_updates_app, index, 12),
        channel=channel,
        responds=np.append([one.responds for one in channels], 1.0)[channel],
    )


def _links(world: World, draw: Draws, index: Integers) -> Integers:
    """Return the tracked link that each came by."""
    channel = draw.chosen([one.weight for one in world.truths.channels.values()], index, 0)
    first = np.asarray([links_of(place)[0] for place in range(len(world.truths.channels))])
    count = np.asarray([len(links_of(place)) for place in range(len(world.truths.channels))])
    return first[channel] + (draw.shares(index, 1) * count[channel]).astype(np.int64)


def _bent(shares: Shares, low: float, high: float) -> Shares:
    """Return shares as a Kumaraswamy distribution has them: bell-like for parameters above 1."""
    return (1 - (1 - shares) ** (1 / high)) ** (1 / low)


def _phones(world: World, index: Integers, *, is_known: Flags) -> Phones:
    planted = world.truths.identities
    place = index % planted.family_every
    is_second_user = is_known & (place == planted.family_place)
    owner = np.repeat(index[:, None], MOST_PHONES, axis=1)
    number = np.tile(np.arange(MOST_PHONES), (len(index), 1))
    owner[:, 0] -= is_second_user
    number[:, 1:] -= is_second_user[:, None]
    draw = world.draws("phone")
    return Phones(
        owner=owner,
        number=number,
        handset=draw.chosen([handset[-1] for handset in HANDSETS], owner, number),
        carrier=draw.whole(0, len(CARRIERS), owner, number + 10),
        count=1 + is_second_user + world.draws("phones").happens(world.truths.people.second_phone, index),
        first_is_shared=is_second_user | (is_known & (place == planted.family_place - 1)),
    )
