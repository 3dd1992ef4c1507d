"""Events: a file of app events as large and as hard to compress as a real day's, the same bytes for the same seed.

Belongs here: event kinds with their properties, the record around them, writing it packed and unpacked.
Does not belong here: people (people.py), and faulty records, which tests of the reader bring.

The plain reader that the product is measured against stops at the first malformed line, so that none is written.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from random import Random

import orjson

from bench.people import Person, make_people, pick

BUSINESS_DATE = date(2026, 1, 5)
DELIVERY_DATE = BUSINESS_DATE + timedelta(days=1)
PACKED, UNPACKED = "events.jsonl.gz", "events.jsonl"

_MIDNIGHT_MS = 1_767_542_400_000  # of the business date in Shanghai
_DAY_MS = 86_400_000
_EVENTS_PER_PERSON = 16
_LATE = 0.01
_REPEATED = 0.01
_BLOCK = 20_000
_GZIP_LEVEL = 6
_GZIP = 16 + zlib.MAX_WBITS

_SCREENS = (
    "HomePage",
    "QuotesPage",
    "WatchlistPage",
    "TradePage",
    "WealthPage",
    "NewsPage",
    "MyPage",
    "IndexPage",
)
_TITLES = ("首页", "行情", "自选", "交易", "理财", "资讯", "我的", "指数")
_WORDS = ("基金", "新能源", "半导体", "白酒", "红利", "黄金", "医药", "证券", "国债", "可转债")
_TOPICS = ("macro", "sector", "stock", "fund", "education")
_STEPS = ("register", "id_card", "face", "bank_card", "risk", "agreement", "submit")

Properties = dict[str, object]


@dataclass(frozen=True)
class EventsFile:
    """The same lines twice, packed and not; `repeated` of the `lines` are exact copies of an earlier one."""

    packed: Path
    unpacked: Path
    lines: int
    repeated: int
    packed_bytes: int
    unpacked_bytes: int


def write_events(folder: Path, *, events: int, seed: int = 1) -> EventsFile:
    """Write `events` lines to `events.jsonl` and `events.jsonl.gz` in `folder`."""
    packed, unpacked = folder / PACKED, folder / UNPACKED
    # A packed file without a time and a name in its header: equal content, equal bytes.
    packer = zlib.compressobj(_GZIP_LEVEL, zlib.DEFLATED, _GZIP)
    repeated = 0
    with unpacked.open("wb") as plain, packed.open("wb") as gzip:
        for lines, copies in _blocks(events, Random(seed)):  # noqa: S311 - repeatable data, no secret
            repeated += copies
            block = b"".join(lines)
            plain.write(block)
            gzip.write(packer.compress(block))
        gzip.write(packer.flush())
    return EventsFile(packed, unpacked, events, repeated, packed.stat().st_size, unpacked.stat().st_size)


def _blocks(events: int, chance: Random) -> Iterator[tuple[list[bytes], int]]:
    """Yield lines in blocks with the number of copies among them: what the app sends again comes soon after."""
    people = make_people(chance, count=max(1, events // _EVENTS_PER_PERSON))
    written = 0
    while written < events:
        count = min(_BLOCK, events - written)
        copies = int(count * _REPEATED)
        lines = [_record(chance, pick(chance, people)) for _ in range(count - copies)]
        lines += chance.choices(lines, k=copies)
        chance.shuffle(lines)
        written += count
        yield lines, copies


def _record(chance: Random, person: Person) -> bytes:
    event, properties = KINDS[int(len(KINDS) * chance.random() ** 1.5)]
    is_late = chance.random() < _LATE
    day = chance.randrange(1, 4) if is_late else 0
    network = ("WIFI", "WIFI", "5G", "4G")[chance.getrandbits(2)]
    login_id = person.login_id
    identities = {"$identity_anonymous_id": person.device_id}
    if login_id is not None:
        identities["$identity_login_id"] = login_id
        if event == "OpenStepSubmit":
            identities["$identity_mobile"] = person.mobile
    record: dict[str, object] = {
        "type": "track",
        "distinct_id": login_id or person.device_id,
        "anonymous_id": person.device_id,
        "identities": identities,
        "time": _MIDNIGHT_MS - day * _DAY_MS + int(_DAY_MS * chance.random()),
        "_track_id": chance.getrandbits(31),
        "event": event,
        "project": "brokerage",
        "lib": {"$lib": person.library, "$lib_version": "4.5.2", "$lib_method": "code"},
        "properties": {
            **person.common,
            "$network_type": network,
            "$wifi": network == "WIFI",
            "$is_login_id": login_id is not None,
            **properties(chance),
        },
    }
    return orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE)


def _screen(chance: Random) -> Properties:
    number = chance.randrange(len(_SCREENS))
    return {"$screen_name": _SCREENS[number], "$title": _TITLES[number]}


def _click(chance: Random) -> Properties:
    return {"$element_id": f"btn_{chance.randrange(400)}", "$element_type": "Button", **_screen(chance)}


def _stock(chance: Random) -> Properties:
    return {"security_code": f"{600_000 + chance.randrange(4_000)}.SH", "stay_sec": _seconds(chance, 40)}


def _sector(chance: Random) -> Properties:
    return {"sector_code": f"BK{chance.randrange(1_000):04d}", "stay_sec": _seconds(chance, 20)}


def _search(chance: Random) -> Properties:
    keyword = f"{_WORDS[chance.randrange(len(_WORDS))]}{chance.randrange(3_000)}"
    return {"keyword": keyword, "result_type": "fund" if chance.random() < 0.4 else "security"}


def _article(chance: Random) -> Properties:
    read = {
        "content_id": f"N{chance.randrange(100_000):06d}",
        "topic": _TOPICS[chance.randrange(len(_TOPICS))],
    }
    return {**read, "stay_sec": _seconds(chance, 90), "scroll": round(chance.random(), 2)}


def _product(chance: Random) -> Properties:
    seen = {"product_id": f"P{chance.randrange(3_000):05d}", "product_category": "public_fund"}
    return {**seen, "risk_level": f"R{chance.randrange(1, 6)}", "stay_sec": _seconds(chance, 60)}


def _slot(chance: Random) -> Properties:
    return {
        "slot_id": f"slot_{chance.randrange(12)}",
        "plan_id": f"plan_{chance.randrange(90)}",
        "item_id": f"P{chance.randrange(3_000):05d}",
        "position": chance.randrange(1, 9),
        "exposure_id": f"{chance.getrandbits(64):016x}",
    }


def _start(chance: Random) -> Properties:
    return {"$is_first_time": chance.random() < 0.01, "$resume_from_background": chance.random() < 0.5}


def _end(chance: Random) -> Properties:
    return {"$event_duration": _seconds(chance, 300), **_screen(chance)}


def _order(chance: Random) -> Properties:
    ordered = {"order_id": f"{chance.getrandbits(48):012x}", "terminal": "app", "result": "ok"}
    return {**ordered, "security_code": f"{chance.randrange(4_000):06d}.SZ"}


def _push(chance: Random) -> Properties:
    return {"msg_id": f"m{chance.getrandbits(40):010x}", "plan_id": f"plan_{chance.randrange(90)}"}


def _step(chance: Random) -> Properties:
    number = chance.randrange(len(_STEPS))
    return {
        "attempt_id": f"A{chance.getrandbits(36):09x}",
        "step_no": number + 1,
        "step_code": _STEPS[number],
        "try_no": chance.randrange(1, 4),
        "result": "ok",
        "cost_ms": chance.randrange(300, 90_000),
    }


def _seconds(chance: Random, mean: float) -> float:
    return round(chance.expovariate(1 / mean), 3)


KINDS: tuple[tuple[str, Callable[[Random], Properties]], ...] = (
    ("$AppViewScreen", _screen), ("$AppClick", _click), ("StockDetailView", _stock), ("SlotExposure", _slot),
    ("$AppStart", _start), ("$AppEnd", _end), ("ContentRead", _article), ("Search", _search),
    ("SectorView", _sector), ("ProductDetailView", _product), ("PushReceive", _push), ("SlotClick", _slot),
    ("OrderSubmit", _order), ("OpenStepSubmit", _step),
)  # fmt: skip
"""What a record may be about, the frequent first."""
