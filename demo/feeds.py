"""The feeds of the broker's systems: every table's file format and columns, in the sources' own words.

Belongs here: the shape of each delivered table, and when it is delivered.
Does not belong here: rows, bytes.
"""

from dataclasses import dataclass
from datetime import date
from typing import Literal, cast, get_args

Kind = Literal["text", "money", "ratio", "price", "quantity", "integer", "yesno", "day", "moment", "list"]
"""How columns hold values: money in fen, ratios in millionths, prices in thousandths, days and ms since 1970."""
FileFormat = Literal["jsonl", "jsonl.gz", "csv", "csv.gz", "parquet"]


@dataclass(frozen=True)
class Column:
    """A column and how its values are held in rows."""

    name: str
    kind: Kind


@dataclass(frozen=True)
class Feed:
    """A delivered table; `totals` maps a money column to the name its sum has in the control file.

    `is_never_silent`: a day without a row is delivered as an empty file.
    """

    source: str
    table: str
    file_format: FileFormat
    columns: tuple[Column, ...]
    totals: tuple[tuple[str, str], ...] = ()
    is_weekly: bool = False
    is_list: bool = False
    is_never_silent: bool = False

    def is_due(self, day: date, *, first_day: date) -> bool:
        """Say whether the table is delivered on `day`; weekly lists come on the first day and on Mondays."""
        return not self.is_weekly or day == first_day or day.isoweekday() == 1

    def is_due_in_history(self, day: date, *, first_day: date) -> bool:
        """Say whether a list, which says nothing of dates but its own, is handed over with a history as of `day`."""
        return day == first_day or day.day == 1

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the columns."""
        return tuple(column.name for column in self.columns)


def _feed(
    address: str,
    file_format: FileFormat,
    layout: str,
    *,
    totals: tuple[tuple[str, str], ...] = (),
    is_weekly: bool = False,
    is_list: bool = False,
    is_never_silent: bool = False,
) -> Feed:
    """Read a layout: `name` (a text) or `name:kind`, in the order of the file; what comes weekly is a list."""
    source, table = address.split(".")
    pairs = [entry.partition(":") for entry in layout.split()]
    unknown = {kind for _, _, kind in pairs} - {"", *get_args(Kind)}
    if unknown:
        raise ValueError(f"{address}: unknown kinds {sorted(unknown)}")
    columns = tuple(Column(name, cast("Kind", kind or "text")) for name, _, kind in pairs)
    return Feed(source, table, file_format, columns, totals, is_weekly, is_list or is_weekly, is_never_silent)


CHANNELS = _feed(
    "marketing.channels",
    "jsonl",
    """
    channel_id channel_name channel_group is_paid:yesno owner mandatory_params:list
    valid_from:day
    """,
    is_weekly=True,
)
CHANNEL_LINKS = _feed(
    "marketing.channel_links",
    "csv",
    """
    link_id channel_id campaign adgroup creative keyword landing_url utm_source utm_medium
    utm_campaign utm_content utm_term created_at:moment
    """,
    is_weekly=True,
)
CHANNEL_COSTS = _feed(
    "marketing.channel_costs",
    "csv",
    """
    ds:day channel_id campaign adgroup creative keyword impressions:integer clicks:integer
    cost:money currency
    """,
    totals=(("cost", "cost_cny"),),
)
TOUCHES = _feed(
    "marketing.touches",
    "jsonl",
    """
    touch_id updated_at:moment msg_id plan_id node_id client_id login_id channel template_id
    purpose arm prepared_at:moment sent_at:moment delivered_at:moment opened_at:moment
    clicked_at:moment failed_code abort_reason cost:money
    """,
)
ATTEMPTS = _feed(
    "opening.attempts",
    "csv",
    """
    attempt_id updated_at:moment login_id started_at:moment submitted_at:moment
    audited_at:moment result reject_code client_id channel_id app_version os model branch_id
    video_mode
    """,
)
STEPS = _feed(
    "opening.steps",
    "csv",
    """
    attempt_id step_no:integer step_code try_no:integer entered_at:moment left_at:moment result
    reason_code os model app_version
    """,
)
CUSTOMERS = _feed(
    "broker.customers",
    "csv.gz",
    """
    ds:day client_id login_id name mobile id_number gender birth_date:day province city
    occupation education income_band invest_experience_years:integer branch_id opened_at:moment
    closed_at:moment status customer_source commission_rate:ratio investor_type risk_level
    risk_assessed_at:moment risk_expire_at:day invest_term_pref invest_type_pref:list
    id_expire_date:day is_employee:yesno
    """,
)
LOGIN_LINKS = _feed(
    "broker.login_links",
    "csv",
    """
    login_id client_id bound_at:moment unbound_at:moment
    """,
    is_list=True,
)
RELATIONSHIP_MANAGERS = _feed(
    "broker.relationship_managers",
    "csv",
    """
    client_id rm_id branch_id valid_from:day valid_to:day
    """,
    is_weekly=True,
)
CONSENTS = _feed(
    "broker.consents",
    "csv",
    """
    evidence_id scope client_id login_id status changed_at:moment
    """,
    is_never_silent=True,
)
DO_NOT_CONTACTS = _feed(
    "broker.do_not_contacts",
    "csv",
    """
    evidence_id client_id login_id reason status changed_at:moment
    """,
    is_never_silent=True,
)
TRADES = _feed(
    "broker.trades",
    "parquet",
    """
    trade_id order_id client_id trade_time:moment security_code asset_class side price:price
    qty:quantity amount:money commission:money net_commission:money stamp_duty:money
    is_margin:yesno terminal
    """,
    totals=(("amount", "gross_amount_cny"), ("commission", "commission_cny")),
)
CASH_FLOWS = _feed(
    "broker.cash_flows",
    "csv",
    """
    flow_id client_id at:moment type amount:money bank_code bank_card
    """,
    totals=(("amount", "amount_cny"),),
)
DAILY_ASSETS = _feed(
    "broker.daily_assets",
    "parquet",
    """
    ds:day client_id cash:money stock_mv:money fund_mv:money wealth_mv:money bond_mv:money
    other_mv:money restricted_mv:money total_asset:money margin_debt:money short_debt:money
    accrued_interest:money net_asset:money
    """,
    totals=(("total_asset", "total_assets_cny"),),
)
PRODUCTS = _feed(
    "broker.products",
    "csv",
    """
    product_id name category fund_type risk_level term_days:integer min_amount:money
    fee_rate:ratio status
    """,
    is_weekly=True,
)
OPENING_STATES = _feed(
    "broker.opening_states",
    "csv",
    """
    ds:day client_id ever_funded:yesno ever_invested:yesno first_funded_on:day
    first_invested_on:day last_traded_on:day peak_asset:money
    """,
    totals=(("peak_asset", "peak_assets_cny"),),
)
SECURITIES = _feed(
    "market.securities",
    "csv",
    """
    security_code name type market listed_on:day
    """,
    is_weekly=True,
)
SECURITY_SECTORS = _feed(
    "market.security_sectors",
    "csv",
    """
    security_code sector_code sector_name scheme valid_from:day valid_to:day
    """,
    is_weekly=True,
)
TRADING_DAYS = _feed(
    "market.trading_days",
    "csv",
    """
    day:day is_trading_day:yesno
    """,
    is_weekly=True,
)
