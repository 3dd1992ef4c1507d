"""People of the benchmark: phones, logins and where they are, as the app's SDK reports them.

Belongs here: what stays the same in all records of one person, and how much more some use the app than others.
Does not belong here: what they do (events.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

PHONES = (
    ("iOS", "iPhone15,2", "17."), ("iOS", "iPhone14,5", "16."), ("iOS", "iPhone16,1", "18."),
    ("Android", "ALN-AL00", "12."), ("Android", "23127PN0CC", "14."), ("Android", "V2309A", "14."),
    ("Android", "PHZ110", "13."), ("Android", "BVL-AN16", "14."),
)  # fmt: skip
PLACES = (
    ("广东省", "深圳市"), ("广东省", "广州市"), ("浙江省", "杭州市"), ("江苏省", "南京市"), ("江苏省", "苏州市"),
    ("四川省", "成都市"), ("湖北省", "武汉市"), ("福建省", "厦门市"), ("山东省", "青岛市"), ("陕西省", "西安市"),
)  # fmt: skip
CHANNELS = ("search", "feed", "store_a", "store_b", "invite", "branch")
_WITH_LOGIN = 0.7
_FROM_CAMPAIGN = 0.3
_SKEW = 2.2


@dataclass(frozen=True)
class Person:
    """One user of the app: `common` holds the properties that each of their records repeats."""

    device_id: str
    login_id: str | None
    library: str
    mobile: str
    common: dict[str, object]


def make_people(chance: Random, *, count: int) -> list[Person]:
    """Return `count` people, each with a phone, most of them with a login."""
    return [_person(chance) for _ in range(count)]


def pick(chance: Random, people: list[Person]) -> Person:
    """Return one of `people`; those at the front come up many times as often as those at the back."""
    return people[int(len(people) * chance.random() ** _SKEW)]


def _person(chance: Random) -> Person:
    library, model, version = chance.choice(PHONES)
    province, city = chance.choice(PLACES)
    device_id = _vendor_id(chance) if library == "iOS" else f"{chance.getrandbits(64):016x}"
    common: dict[str, object] = {
        "$os": library,
        "$os_version": f"{version}{chance.randrange(7)}",
        "$model": model,
        "$device_id": device_id,
        "$app_version": f"8.{chance.randrange(4)}.{chance.randrange(10)}",
        "$ip": f"198.51.{chance.randrange(256)}.{chance.randrange(256)}",
        "$province": province,
        "$city": city,
        "$is_first_day": chance.random() < 0.03,
    }
    if chance.random() < _FROM_CAMPAIGN:
        common["$latest_utm_source"] = chance.choice(CHANNELS)
    has_login = chance.random() < _WITH_LOGIN
    return Person(
        device_id=device_id,
        login_id=f"u{chance.randrange(10**10):010d}" if has_login else None,
        library=library,
        mobile=f"1{chance.randrange(3, 10)}{chance.randrange(10**9):09d}",
        common=common,
    )


def _vendor_id(chance: Random) -> str:
    digits = f"{chance.getrandbits(128):032X}"
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
