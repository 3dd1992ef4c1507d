"""Which days the exchange is open, and moments within a Shanghai day.

Belongs here: trading days and the one time zone of the simulation.
Does not belong here: prices, people.
"""

import bisect
import warnings
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone

import exchange_calendars

SHANGHAI = timezone(timedelta(hours=8))
MINUTE_MS = 60 * 1000
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS

COVERAGE_ENDS = date(2026, 12, 31)
"""The exchange publishes its holidays a year at a time; later days are not known."""


@dataclass(frozen=True)
class TradingCalendar:
    """The sessions of the Shanghai and Shenzhen exchanges between two days, both included."""

    first_day: date
    last_day: date
    sessions: tuple[date, ...]
    session_set: frozenset[date]

    def is_open(self, day: date) -> bool:
        """Say whether shares are traded on `day`."""
        return day in self.session_set

    def next_session(self, day: date) -> date:
        """Return the first trading day after `day`; LookupError beyond the known calendar."""
        position = bisect.bisect_right(self.sessions, day)
        if position == len(self.sessions):
            raise LookupError(f"the trading calendar ends on {self.last_day}, so nothing follows {day}")
        return self.sessions[position]


def trading_calendar(first_day: date) -> TradingCalendar:
    """Return the calendar of the year of `first_day` and the next, as far as it is published."""
    first = date(first_day.year, 1, 1)
    last = min(date(first_day.year + 1, 12, 31), COVERAGE_ENDS)
    if first > last:
        raise ValueError(f"the exchange has not published its calendar beyond {COVERAGE_ENDS}")
    with warnings.catch_warnings():
        # exchange_calendars asks pandas in a way that newer versions of pandas announce the end of.
        warnings.filterwarnings("ignore", message="Series.values returning")
        exchange = exchange_calendars.get_calendar("XSHG", start=first.isoformat(), end=last.isoformat())
    sessions = tuple(session.date() for session in exchange.sessions)
    return TradingCalendar(first, last, sessions, frozenset(sessions))


def midnight_ms(day: date) -> int:
    """Return the moment `day` begins in Shanghai, in milliseconds since 1970 UTC."""
    return int(datetime(day.year, day.month, day.day, tzinfo=SHANGHAI).timestamp()) * 1000


def iso(moment_ms: int) -> str:
    """Write a moment (milliseconds since 1970 UTC) as ISO 8601 with the Shanghai offset, to the second."""
    return datetime.fromtimestamp(moment_ms // 1000, tz=SHANGHAI).isoformat()


def day_of(moment_ms: int) -> date:
    """Return the day it is in Shanghai at a moment (milliseconds since 1970 UTC)."""
    return datetime.fromtimestamp(moment_ms // 1000, tz=SHANGHAI).date()
