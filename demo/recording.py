"""The app's recorder: turns a person's sessions into the records its SDK sends, in the Sensors format.

Belongs here: the envelope of a record and the order of records in a session.
Does not belong here: what people do (lives.py, browsing.py), damage on the way (dirt.py).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import orjson

from demo import names
from demo.browsing import CUSTOMER_LOOKS, VISITOR_LOOKS, WATCHER_LOOKS, browse
from demo.people import Person, Phone
from demo.records import Action, PersonDay, Session
from demo.shanghai import DAY_MS, midnight_ms
from demo.world import World

LAST_MS = DAY_MS - 1
TRACKS_PER_DAY = 10_000
LIBRARY_VERSIONS = {"iOS": "4.6.3", "Android": "6.8.2", "HarmonyOS": "1.0.9"}
DEVICE_IDENTITIES = {"iOS": "$identity_idfv", "Android": "$identity_android_id"}
CRASHES = ("NullPointerException", "OutOfMemoryError", "SIGSEGV", "ANR")


@dataclass(frozen=True)
class Record:
    """One record as sent; `occurred_ms` is its moment in milliseconds since 1970 UTC."""

    occurred_ms: int
    content: dict[str, object]

    def line(self) -> bytes:
        """Return the record as the line it travels as, without the line end."""
        return orjson.dumps(self.content)


def record_day(
    world: World, day: date, today: PersonDay, *, is_customer: bool, only_watches: bool
) -> list[Record]:
    """Return what the app sent about one person's day, in order of time."""
    if not today.sessions and today.unbound_ms is None:
        return []
    looks = VISITOR_LOOKS if not is_customer else WATCHER_LOOKS if only_watches else CUSTOMER_LOOKS
    recorder = Recorder(world, day, today.person, looks=looks)
    for session in today.sessions:
        recorder.record(session)
    if today.unbound_ms is not None:
        recorder.record_unbinding(today.unbound_ms)
    return sorted(recorder.records, key=lambda record: record.occurred_ms)


class Recorder:
    """Collects the records of one person on one day."""

    def __init__(self, world: World, day: date, person: Person, *, looks: Sequence[int]) -> None:
        """Begin with nothing recorded."""
        self.stream = world.stream("recording", person.index, day)
        self.person, self.day, self.looks = person, day, looks
        self.day_number = (day - world.first_day).days
        self.midnight = midnight_ms(day)
        self.version = person.app_version(self.day_number)
        self.records: list[Record] = []

    def record(self, session: Session) -> None:
        """Record one session: its start, what happened, browsing in between, its end."""
        stream, person = self.stream, self.person
        context = self._context(session)
        login_id = session.login_id
        if session.is_first and person.arrives_on is not None:
            utm = person.link.utm if person.link else {}
            self._track(session, None, session.start_ms - 1, "$AppInstall", utm, context)
        opening = {"$is_first_time": session.is_first, "$resume_from_background": False}
        self._track(session, login_id, session.start_ms, "$AppStart", opening, context)
        steps = browse(stream, person, self.looks, count=2 + int(stream.expovariate(0.3)))
        actions = sorted(session.actions, key=lambda action: action.at_ms)
        at = session.start_ms + stream.randrange(300, 1500)
        for event, properties in [("$AppViewScreen", {"$screen_name": "HomePage", "$title": "首页"}), *steps]:
            while actions and actions[0].at_ms <= at:
                login_id = self._act(session, login_id, actions.pop(0), context)
            if at > LAST_MS:
                break
            self._track(session, login_id, at, event, properties, context)
            at += 700 + int(1000 * stream.lognormvariate(1.9, 0.9))
        for action in actions:
            login_id = self._act(session, login_id, action, context)
            at = max(at, action.at_ms + stream.randrange(1_000, 9_000))
        if stream.random() < 0.004:
            crashed = {"app_crashed_reason": stream.choice(CRASHES)}
            self._track(session, login_id, at, "AppCrashed", crashed, context)
            return
        duration = round((min(at, LAST_MS) - session.start_ms) / 1000, 3)
        self._track(session, login_id, at, "$AppEnd", {"$event_duration": duration}, context)

    def record_unbinding(self, at_ms: int) -> None:
        """Record that the person's login was taken off their number."""
        session = Session(at_ms, self.person.phones[0], self.person.login_id)
        context = self._context(session)
        self._track(session, session.login_id, at_ms, "$UnbindID", {}, context, record_type="track_id_unbind")

    def _act(
        self, session: Session, login_id: str | None, action: Action, context: Mapping[str, object]
    ) -> str | None:
        """Record an action; return who is logged in afterwards."""
        if action.event in ("Login", "$SignUp"):
            login_id = self.person.login_id
            signed = {"$track_signup_original_id": session.phone.device_id}
            self._track(
                session, login_id, action.at_ms, "$SignUp", signed, context, record_type="track_signup"
            )
            if action.event == "Login":
                self._track(session, login_id, action.at_ms + 150, "Login", {"result": "ok"}, context)
            return login_id
        self._track(session, login_id, action.at_ms, action.event, self._told(action), context)
        return login_id

    def _told(self, action: Action) -> Mapping[str, object]:
        """Return the properties of an action, in the words of the app."""
        if action.sitting is not None:
            attempt, tried = action.sitting
            told: dict[str, object] = {
                "attempt_id": names.attempt_id(self.person, attempt),
                "step_no": tried.step.number,
                "step_code": tried.step.code,
                "try_no": tried.try_no,
                "result": "ok" if tried.result == "ok" else "fail",
                "cost_ms": tried.left_ms - tried.entered_ms,
            }
            return told | ({"reason_code": tried.reason_code} if tried.reason_code else {})
        if action.trade is not None:
            order = names.order_id(self.person, self.day, action.trade.number)
            ordered = {"order_id": order, "security_code": action.trade.code}
            return ordered | {"terminal": action.trade.terminal, "result": "ok"}
        if action.touch is not None:
            message = names.touch_id(self.person, self.day, action.touch)
            return {"msg_id": message, "plan_id": action.touch.plan}
        return {"result": "ok"}

    def _context(self, session: Session) -> dict[str, object]:
        """Return the properties that every record of a session repeats."""
        phone, person, stream = session.phone, self.person, self.stream
        network = stream.choices(("WIFI", "5G", "4G"), weights=(60, 30, 10))[0]
        context: dict[str, object] = {
            "$lib": phone.os,
            "$lib_version": LIBRARY_VERSIONS[phone.os],
            "$app_version": self.version,
            "$app_id": "com.example.broker",
            "$os": phone.os,
            "$os_version": phone.os_version,
            "$manufacturer": phone.manufacturer,
            "$model": phone.model,
            "$device_id": phone.device_id,
            "$network_type": network,
            "$wifi": network == "WIFI",
            "$carrier": phone.carrier,
            "$ip": f"198.51.100.{stream.randrange(1, 255)}",
            "$province": person.province,
            "$city": person.city,
            "$timezone_offset": -480,
            "$is_first_day": person.arrives_on == self.day,
        }
        if person.link is not None:
            context["$latest_utm_source"] = person.link.channel_id
            context["$latest_utm_campaign"] = person.link.campaign
            context["$latest_traffic_source_type"] = "utm"
        return context

    def _track(
        self,
        session: Session,
        login_id: str | None,
        at_ms: int,
        event: str,
        properties: Mapping[str, object],
        context: Mapping[str, object],
        *,
        record_type: str = "track",
    ) -> None:
        phone = session.phone
        occurred = self.midnight + max(0, min(LAST_MS, at_ms))
        number = (self.person.index * TRACKS_PER_DAY + self.day_number) * TRACKS_PER_DAY + len(self.records)
        content: dict[str, object] = {
            "type": record_type,
            "distinct_id": login_id or phone.device_id,
            "anonymous_id": phone.device_id,
            "identities": self._identities(phone, login_id),
            "time": occurred,
            "_track_id": number,
            "event": event,
            "project": "brokerage",
            "lib": {"$lib": phone.os, "$lib_version": LIBRARY_VERSIONS[phone.os], "$lib_method": "code"},
            "properties": {**context, "$is_login_id": login_id is not None, **properties},
        }
        if login_id is not None:
            content["login_id"] = login_id
        if record_type == "track_signup":
            content["original_id"] = phone.device_id
        if record_type == "track_id_unbind":
            content["identities"] = {"$identity_login_id": login_id, "$identity_mobile": self.person.mobile}
        self.records.append(Record(occurred, content))

    def _identities(self, phone: Phone, login_id: str | None) -> dict[str, str]:
        identities = {DEVICE_IDENTITIES.get(phone.os, "$identity_anonymous_id"): phone.device_id}
        if login_id is not None:
            identities["$identity_login_id"] = login_id
        return identities
