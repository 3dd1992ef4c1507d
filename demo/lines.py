"""Lines: the text of each of the app's records, in the Sensors format.

Belongs here: how records are written down. Does not belong here: which records there are (recording.py).

What many records have in common is written once and taken: devices, places, what is looked at.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import orjson
import pyarrow as pa

from demo import names
from demo.back_office import step_reasons
from demo.browsing import LOOKS, PRODUCT
from demo.cards import Cards, chosen
from demo.channels import LINKS
from demo.crowd import (
    Crowd,
    Lived,
    places,
)
from demo.draws import Integers
from demo.market import SECURITIES
from demo.marketing import plan_ids, today, touch_ids
from demo.money import TERMINALS
from demo.names import compute
from demo.opening import OK
from demo.people import APP_VERSIONS, CARRIERS, CITIES, HANDSETS
from demo.recording import (
    APPLIED,
    CRASH,
    CRASHES,
    DREW,
    END,
    FIRST_OTHER,
    FIRST_STEP,
    INSTALL,
    LOGGED_IN,
    ORDERED,
    OTHERS,
    PAID_IN,
    PAID_OUT,
    PURCHASED,
    PUSH_CLICK,
    REGISTERED,
    SHARED,
    SIGN_UP,
    SMS_CLICK,
    START,
    Records,
)
from demo.shanghai import midnight_ms
from demo.touching import Contacts

LIBRARY_VERSIONS = {"iOS": "4.6.3", "Android": "6.8.2", "HarmonyOS": "1.0.9"}
DEVICE_IDENTITIES = {"iOS": "$identity_idfv", "Android": "$identity_android_id"}
NETWORKS = ("WIFI", "5G", "4G")
NETWORK_WEIGHTS = (60, 30, 10)
_PLAIN = {REGISTERED, PAID_IN, PAID_OUT, DREW, LOGGED_IN, APPLIED, SHARED}
_OF_OBJECTS = (INSTALL, START, CRASH, PURCHASED)


def lines(crowd: Crowd, cards: Cards, lived: Lived, contacts: Contacts, records: Records) -> pa.Array:
    """Return each record as the line that it travels as, line end included."""
    steps = [step.event for step in crowd.world.truths.opening.steps]
    heads = [
        f'{{"type":"{kind}","event":"{event}","project":"brokerage","time":'
        for event, kind in [(look.event, "track") for look in LOOKS]
        + list(OTHERS)
        + [(event, "track") for event in steps]
    ]
    time = midnight_ms(today(crowd.world, lived)) + records.at
    return compute.binary_join_element_wise(
        chosen(heads, records.kind),
        pa.array(time).cast(pa.string()),
        ',"_track_id":',
        pa.array(records.track).cast(pa.string()),
        _contexts(crowd, cards, lived, records),
        _fixed(records),
        chosen(_stays(), records.stay + 1),
        _told(crowd, cards, lived, contacts, records),
        chosen(("}}\n", "}\n"), (records.kind == SIGN_UP).astype(np.int64)),
        "",
    )


@cache
def _stays() -> tuple[str, ...]:
    return ("", *(f',"stay_sec":{stay / 10}' for stay in range(9_001)))


@cache
def _fixed_texts() -> tuple[tuple[str, ...], tuple[int, ...]]:
    """Return the properties that do not depend on the day, and where those of each kind begin (the first is none)."""
    texts, begins = [""], []
    for look in LOOKS:
        begins.append(len(texts))
        texts += look.fragments()
    for kind in range(FIRST_OTHER, FIRST_STEP):
        begins.append(len(texts))
        if kind == INSTALL:
            texts += ["".join(f',"{name}":"{value}"' for name, value in link.utm.items()) for link in LINKS]
        elif kind == START:
            texts += [
                f',"$is_first_time":{flag},"$resume_from_background":false' for flag in ("false", "true")
            ]
        elif kind == CRASH:
            texts += [f',"app_crashed_reason":"{reason}"' for reason in CRASHES]
        elif kind == PURCHASED:
            texts += LOOKS[PRODUCT].fragments()
        elif kind in _PLAIN:
            texts.append(',"result":"ok"')
    return tuple(texts), tuple(begins)


def _fixed(records: Records) -> pa.Array:
    texts, begins = _fixed_texts()
    first = np.asarray([*begins, *[0] * 12])[records.kind]
    is_plain = np.isin(records.kind, list(_PLAIN))
    has_object = (records.kind < FIRST_OTHER) | np.isin(records.kind, _OF_OBJECTS)
    return chosen(texts, np.where(has_object, first + records.what, np.where(is_plain, first, 0)))


def _told(crowd: Crowd, cards: Cards, lived: Lived, contacts: Contacts, records: Records) -> pa.Array:
    """Return the properties that only this record has: an order, a try of a step, a message, a duration."""
    parts, found = [pa.array([""])], np.zeros(len(records), dtype=np.int64)
    slots = [place for place, look in enumerate(LOOKS) if look.event.startswith("Slot")]
    for kinds, write in (
        (slots, lambda rows: _exposures(records, rows)),
        ([END], lambda rows: _durations(records.what[rows])),
        ([SIGN_UP], lambda rows: _sign_ups(cards, lived, records, rows)),
        ([PUSH_CLICK, SMS_CLICK], lambda rows: _clicks(crowd, lived, contacts, records.what[rows])),
        ([ORDERED], lambda rows: _orders(crowd, lived, records.what[rows])),
        (range(FIRST_STEP, FIRST_STEP + 12), lambda rows: _steps(crowd, lived, records.what[rows])),
    ):
        rows = places(np.isin(records.kind, list(kinds)))
        if len(rows):
            found[rows] = sum(map(len, parts)) + np.arange(len(rows))
            parts.append(write(rows))
    return pa.concat_arrays(parts).take(pa.array(found))


def _exposures(records: Records, rows: Integers) -> pa.Array:
    return names.joined(',"exposure_id":"x', names.padded(records.track[rows], 12), '"')


def _durations(milliseconds: Integers) -> pa.Array:
    seconds = pa.array(milliseconds // 1000).cast(pa.string())
    return names.joined(',"$event_duration":', seconds, ".", names.padded(milliseconds % 1000, 3))


def _sign_ups(cards: Cards, lived: Lived, records: Records, rows: Integers) -> pa.Array:
    visits, visit = lived.frame("visits"), records.visit[rows]
    device = cards.device(records.person[rows], visits["phone"][visit])
    # Ends the properties: what follows stands beside them.
    return names.joined(',"$track_signup_original_id":"', device, '"},"original_id":"', device, '"')


def _clicks(crowd: Crowd, lived: Lived, contacts: Contacts, rows: Integers) -> pa.Array:
    message, plan = touch_ids(crowd, lived, contacts, rows), plan_ids(crowd, lived, contacts, rows)
    return names.joined(',"msg_id":"', message, '","plan_id":"', plan, '"')


def _orders(crowd: Crowd, lived: Lived, rows: Integers) -> pa.Array:
    trades = {name: values[rows] for name, values in lived.frame("trades").items()}
    index = crowd.people.index[trades["person"]]
    order = names.dated("O", today(crowd.world, lived), index, trades["number"], width=2)
    security = chosen([one.code for one in SECURITIES], trades["security"])
    terminal = chosen(TERMINALS, trades["terminal"])
    return names.joined(
        ',"order_id":"', order, '","security_code":"', security, '","terminal":"', terminal, '","result":"ok"'
    )


def _steps(crowd: Crowd, lived: Lived, rows: Integers) -> pa.Array:
    tries = {name: values[rows] for name, values in lived.frame("tries").items()}
    codes = [
        f'","step_no":{number},"step_code":"{step.code}","try_no":'
        for number, step in enumerate(crowd.world.truths.opening.steps, start=1)
    ]
    reason = step_reasons(crowd, tries["step"], tries["reason"])
    return names.joined(
        ',"attempt_id":"',
        names.attempt_id(crowd.people.index[tries["person"]], tries["attempt"]),
        chosen(codes, tries["step"] - 1),
        pa.array(tries["number"]).cast(pa.string()),
        chosen(
            (',"result":"ok","cost_ms":', ',"result":"fail","cost_ms":'),
            (tries["result"] != OK).astype(np.int64),
        ),
        pa.array(tries["left"] - tries["entered"]).cast(pa.string()),
        compute.coalesce(names.joined(',"reason_code":"', reason, '"'), ""),
    )


def _contexts(crowd: Crowd, cards: Cards, lived: Lived, records: Records) -> pa.Array:
    """Return who sent each record and from where: what the records of a visit have in common."""
    visits, people = lived.frame("visits"), crowd.people
    key = records.visit * 2 + records.is_known
    used, where = np.unique(key, return_inverse=True)
    visit, is_known = used >> 1, (used & 1).astype(np.bool_)
    is_visit = visit >= 0
    person = np.append(
        visits["person"], people.index.searchsorted(crowd.world.truths.identities.unbound_person)
    )[visit]
    phone, start = (np.append(visits[name], 0)[visit] for name in ("phone", "start"))
    handset = people.phones.handset[person, phone]
    draw, counter = crowd.world.draws("context", lived.day), people.counter[person]
    every = crowd.world.truths.people.app_update_every_days
    version = people.app_version(person, lived.day, every=every)
    network = draw.chosen(NETWORK_WEIGHTS, counter, start)
    is_first_day = (people.arrives[person] == lived.day).astype(np.int64)
    device = cards.device(person, phone)
    login = cards.login.take(pa.array(person))
    known_ids = names.joined(',"$identity_login_id":"', login, '"},"login_id":"', login, '"')
    unbound_ids = names.joined(
        ',"identities":{"$identity_login_id":"', login, '","$identity_mobile":"',
        cards.mobile.take(pa.array(person)), '"},"login_id":"', login, '"',
    )  # fmt: skip
    identities = compute.if_else(
        pa.array(is_visit),
        names.joined(
            chosen(_identity_texts(), handset), device, '"',
            compute.if_else(pa.array(is_known), known_ids, pa.scalar("}")),
        ),
        unbound_ids,
    )  # fmt: skip
    texts = names.joined(
        ',"distinct_id":"', compute.if_else(pa.array(is_known), login, device),
        '","anonymous_id":"', device, '"', identities,
        chosen(_device_texts(), handset * len(APP_VERSIONS) + version),
        ',"$device_id":"', device,
        chosen(_line_texts(), people.phones.carrier[person, phone] * len(NETWORKS) + network),
        ',"$ip":"198.51.100.', pa.array(draw.whole(1, 255, counter, start + 1)).cast(pa.string()),
        chosen(_place_texts(), people.place[person] * 2 + is_first_day),
        chosen(_link_texts(), people.link[person] + 1),
        chosen((',"$is_login_id":false', ',"$is_login_id":true'), is_known.astype(np.int64)),
    )  # fmt: skip
    return texts.take(pa.array(where))


@cache
def _identity_texts() -> tuple[str, ...]:
    return tuple(
        f',"identities":{{"{DEVICE_IDENTITIES.get(os, "$identity_anonymous_id")}":"' for os, *_ in HANDSETS
    )


@cache
def _device_texts() -> tuple[str, ...]:
    texts = []
    for os, manufacturer, model, os_version, _ in HANDSETS:
        library = {"$lib": os, "$lib_version": LIBRARY_VERSIONS[os], "$lib_method": "code"}
        for app in APP_VERSIONS:
            told = {
                "$lib": os, "$lib_version": LIBRARY_VERSIONS[os], "$app_version": app,
                "$app_id": "com.example.broker", "$os": os, "$os_version": os_version,
                "$manufacturer": manufacturer, "$model": model,
            }  # fmt: skip
            inside = orjson.dumps(told).decode()[:-1]
            texts.append(f',"lib":{orjson.dumps(library).decode()},"properties":{inside}')
    return tuple(texts)


@cache
def _line_texts() -> tuple[str, ...]:
    return tuple(
        f'","$network_type":"{network}","$wifi":{"true" if network == "WIFI" else "false"},"$carrier":"{carrier}"'
        for carrier in CARRIERS
        for network in NETWORKS
    )


@cache
def _place_texts() -> tuple[str, ...]:
    return tuple(
        f'","$province":"{province}","$city":"{city}","$timezone_offset":-480,"$is_first_day":{flag}'
        for province, city in CITIES
        for flag in ("false", "true")
    )


@cache
def _link_texts() -> tuple[str, ...]:
    return (
        "",
        *(
            f',"$latest_utm_source":"{link.channel_id}","$latest_utm_campaign":"{link.campaign}"'
            ',"$latest_traffic_source_type":"utm"'
            for link in LINKS
        ),
    )
