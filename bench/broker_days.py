"""Broker days: landing files of one day of a broker with any number of people, written by DuckDB.

Belongs here: who does what on a day, as hashes of person and date, so that a day is the same bytes on its own.
Does not belong here: events as hard to read as real ones (events.py), people whose doings make sense (demo).

Everybody opens the app on the first day, so that a warehouse holds as many people after 20 days as after 60. Of what
happens on a day, `LATE` is delivered with the next three days, in equal parts.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import duckdb

LATE = 0.03
LATE_DAYS = 3
_LOGINS, _CUSTOMERS = 0.7, 0.4
_FRIDAY = 5

# A number in [0, 1) that person, day and purpose decide, and the same for a whole number below a bound.
_MACROS = """
create macro chance(person, day, purpose) as (hash(person, day, purpose) % 1000003) / 1000003.0;
create macro pick(person, day, purpose, bound) as cast(hash(person, day, purpose) % bound as integer);
create macro moment(day, fraction, zone) as
    strftime(day + to_microseconds(cast(fraction * 86400000000 as bigint)), '%Y-%m-%dT%H:%M:%S') || zone;
"""

_PEOPLE = """
create table people as
select
    person,
    'device' || person as device_id,
    case when chance(person, 0, 'login') < {logins} then 'u' || person end as login_id,
    case when chance(person, 0, 'login') < {customers} then 'c' || person end as customer_id,
    0.02 + 0.4 * chance(person, 0, 'habit') * chance(person, 0, 'habit') as habit,
    exp(6 + 7 * chance(person, 0, 'wealth')) as wealth,
    date '{first}' - 30 - pick(person, 0, 'opened', 1500) as opened_on
from range({people}) as numbers (person)
"""

_HAPPENED = """
create or replace temp table happened as
with

days as (select cast('{day}' as date) - lag as day, lag from (select cast(unnest(range({lags})) as integer) as lag)),

active as (
    select people.*, days.day, days.lag, 1 + pick(person, day, 'events', 14) as events_count
    from people cross join days
    where chance(person, day, 'active') < habit or day = date '{first}'
),

each_one as (select *, unnest(range(events_count)) as number from active)

select *, chance(person, day, 'late' || number) as lateness from each_one
where day >= date '{first}'
    and case when chance(person, day, 'late' || number) >= {late} then 0
        else 1 + pick(person, day, 'lag' || number, {late_days}) end = lag
"""

_EVENTS = """
select
    'track' as type,
    coalesce(login_id, device_id) as distinct_id,
    device_id as anonymous_id,
    {{'$identity_anonymous_id': device_id, '$identity_login_id': login_id}} as identities,
    epoch_ms(day) - 28800000 + pick(person, day, 'time' || number, 86400000) as time,
    number as _track_id,
    ['$AppStart', '$AppViewScreen', 'StockDetailView', 'Search', 'SectorView', 'ProductDetailView', 'ContentRead',
        '$AppEnd'][1 + pick(person, day, 'event' || number, 8)] as event,
    'brokerage' as project,
    {{'$lib': 'Android'}} as lib,
    {{
        '$device_id': device_id, '$os': 'Android', '$model': 'V' || (person % 40), '$app_version': '5.' || (person % 7),
        '$is_login_id': login_id is not null, '$network_type': '5G', '$wifi': false, '$is_first_day': false,
        '$latest_utm_source': 'source_' || (person % 9),
        'security_code': (600000 + pick(person, day, 'code' || number, 4000)) || '.SH',
        'stay_sec': pick(person, day, 'stay' || number, 90000) / 1000.0
    }} as properties
from happened
"""

_CUSTOMERS_FILE = """
select
    '{day}' as ds, customer_id as client_id, login_id, 'P' || person as name, '13' || (100000000 + person) as mobile,
    'ID' || (100000000 + person) as id_number, ['male', 'female'][1 + person % 2] as gender,
    date '1960-01-01' + pick(person, 0, 'born', 16000) as birth_date, 'P' || (person % 31) as province,
    'C' || (person % 300) as city, 'bachelor' as education, 'B' || (person % 5) as income_band,
    person % 20 as invest_experience_years, 'BR' || (person % 60) as branch_id,
    moment(opened_on, 0.4, '+08:00') as opened_at, 'normal' as status, 'internet' as customer_source,
    0.0003 as commission_rate, 'ordinary' as investor_type, 'C' || (1 + person % 5) as risk_level,
    moment(opened_on, 0.4, '+08:00') as risk_assessed_at, opened_on + 730 as risk_expire_at,
    date '2035-01-01' as id_expire_date, false as is_employee
from people where customer_id is not null
"""

_ASSETS_FILE = """
select
    '{day}' as ds, customer_id as client_id, cash, stock_mv, 0.00 as fund_mv, 0.00 as wealth_mv, 0.00 as bond_mv,
    0.00 as other_mv, 0.00 as restricted_mv, cash + stock_mv as total_asset, 0.00 as margin_debt, 0.00 as short_debt,
    0.00 as accrued_interest, cash + stock_mv as net_asset
from (
    select customer_id, cast(wealth * 0.3 as decimal(18, 2)) as cash,
        cast(wealth * (0.7 + 0.1 * chance(person, '{day}', 'price')) as decimal(18, 2)) as stock_mv
    from people where customer_id is not null and chance(person, 0, 'funded') < 0.7
)
"""

# What the back office delivers late, it delivers as the app does: from the same three days before.
_TRADES_FILE = """
select
    't' || person || '_' || day as trade_id, customer_id as client_id, moment(day, 0.45, '+08:00') as trade_time,
    (600000 + pick(person, day, 'code', 4000)) || '.SH' as security_code, 'stock' as asset_class,
    ['B', 'S'][1 + pick(person, day, 'side', 2)] as side, 10.00 as price, shares as qty,
    cast(shares * 10 as decimal(18, 2)) as amount, cast(shares * 0.003 as decimal(18, 2)) as commission,
    cast(shares * 0.002 as decimal(18, 2)) as net_commission, 0.00 as stamp_duty, false as is_margin, 'app' as terminal
from (
    select *, 100 * (1 + pick(person, day, 'shares', 50)) as shares
    from people cross join (
        select cast('{day}' as date) - lag as day, lag from (select cast(unnest(range({lags})) as integer) as lag)
    )
    where customer_id is not null and isodow(day) <= {friday} and day >= date '{first}'
        and chance(person, day, 'trades') < habit * 0.4
        and case when chance(person, day, 'late') >= {late} then 0 else 1 + pick(person, day, 'lag', {late_days}) end
            = lag
)
"""

_FLOWS_FILE = """
select
    'f' || person || '_{day}' as flow_id, customer_id as client_id, moment(date '{day}', 0.4, '+08:00') as at,
    ['bank_in', 'bank_out'][1 + pick(person, '{day}', 'direction', 2)] as type,
    cast(1 + wealth * 0.05 * chance(person, '{day}', 'amount') as decimal(18, 2)) as amount
from people where customer_id is not null and chance(person, '{day}', 'flows') < 0.02
"""

_LINKS_FILE = """
select login_id, customer_id as client_id, moment(opened_on, 0.5, '+08:00') as bound_at
from people where customer_id is not null
"""

_CALENDAR_FILE = """
select cast(day as date) as day, isodow(day) <= {friday} as is_trading_day
from range(date '{first}' - 400, date '{first}' + 400, interval 1 day) as days (day)
"""

_DAILY = {
    "broker/customers": _CUSTOMERS_FILE,
    "broker/daily_assets": _ASSETS_FILE,
    "broker/trades": _TRADES_FILE,
    "broker/cash_flows": _FLOWS_FILE,
}
_ONCE = {"broker/login_links": _LINKS_FILE, "market/trading_days": _CALENDAR_FILE}


@dataclass(frozen=True)
class Broker:
    """How many people, and the day on which the app opens for all of them."""

    people: int
    first_day: date

    def days(self, count: int) -> list[date]:
        """Return the first `count` days."""
        return [self.first_day + timedelta(days=number) for number in range(count)]


def land_days(broker: Broker, days: list[date], *, landing: Path) -> int:
    """Write what is delivered on `days` below `landing` and return the number of events."""
    events = 0
    with closing(duckdb.connect()) as connection:
        connection.execute(_MACROS)
        connection.execute(
            _PEOPLE.format(people=broker.people, first=broker.first_day, logins=_LOGINS, customers=_CUSTOMERS)
        )
        for day in days:
            terms = {
                "day": day, "first": broker.first_day, "late": LATE, "late_days": LATE_DAYS,
                "lags": LATE_DAYS + 1, "friday": _FRIDAY,
            }  # fmt: skip
            connection.execute(_HAPPENED.format(**terms))
            file = _place(landing, "app/events", day) / "events.jsonl.gz"
            counted = connection.execute(
                f"copy ({_EVENTS.format(**terms)}) to '{file}' (format json, compression gzip)"
            ).fetchone()
            events += counted[0] if counted else 0
            for table, query in _DAILY.items() | (_ONCE.items() if day == broker.first_day else set()):
                file = _place(landing, table, day) / "rows.parquet"
                connection.execute(f"copy ({query.format(**terms)}) to '{file}' (format parquet)")
    return events


def _place(landing: Path, table: str, day: date) -> Path:
    folder = landing / table / day.isoformat()
    folder.mkdir(parents=True, exist_ok=True)
    return folder
