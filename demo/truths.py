"""The planted truths: `truths.yaml` as values that the generator draws from.

Belongs here: the shape of that file. Does not belong here: a number of it.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Literal

import pydantic
import yaml

FILE = Path(__file__).with_name("truths.yaml")
Span = tuple[int, int]
"""From and to, both included."""


class Part(pydantic.BaseModel):
    """A section of the file: every number must be there, and nothing else."""

    model_config = pydantic.ConfigDict(frozen=True, extra="forbid")


class PeopleTruths(Part):
    """Who the people are."""

    known_at_start: float
    arrive_within_days: int
    second_phone: float
    only_watches: float
    risk_levels: dict[str, float]
    fund_lovers_mean: float
    never_updates_app: float
    app_update_every_days: int


class ChannelTruths(Part):
    """A way to win customers, and the people whom it brings; cost in fen."""

    name: str
    group: str
    weight: float
    keenness: float
    wealth: float
    cost_per_arrival: int
    fraud: float
    responds: float

    @property
    def is_paid(self) -> bool:
        """Say whether the channel's people are bought."""
        return self.cost_per_arrival > 0


class BrowsingTruths(Part):
    """How much people look at: `looks` at a visit, beyond the first page."""

    looks: float


class StepTruths(Part):
    """One page of the opening flow."""

    code: str
    event: str
    passes: float
    seconds: int
    reasons: dict[str, float]


class FaultTruths(Part):
    """A step that passes less often on some devices; `app_version` is how the version begins."""

    step: str
    os: str
    app_version: str
    passes: float
    reasons: dict[str, float]


class BeginsTruths(Part):
    """How likely a visit leads to something: on the day of arrival, more with keenness, and later."""

    on_arrival: float
    keenness: float
    later: float


class OpeningTruths(Part):
    """The opening of accounts."""

    steps: tuple[StepTruths, ...]
    fault: FaultTruths
    gives_up: float
    gives_up_more: float
    idle_days: int
    approved: float
    rejections: dict[str, float]
    begins: BeginsTruths
    registers: BeginsTruths


class ConsentTruths(Part):
    """What people agree to, and take back."""

    granted: dict[str, float]
    withdraw_marketing: float
    withdraw_profiling: float
    withdraw_within_days: int
    asks_not_to_be_contacted: float
    asks_within_days: int
    takes_it_back: float
    takes_it_back_after_days: int


class PlanTruths(Part):
    """A reason to write to somebody, and what its messages truly cause."""

    channel: Literal["push", "sms"]
    purpose: Literal["marketing", "service"]
    effect: float
    causes: Literal["opening", "trading", "none"]
    within_days: int


class ContactTruths(Part):
    """What the contacts of delivery files cause."""

    answers: float
    within_days: int


class MessageTruths(Part):
    """How far messages get; cost in fen."""

    control: float
    weekly_cap: dict[str, int]
    delivered: dict[str, float]
    opened: dict[str, float]
    opened_more_when_keen: float
    clicked: dict[str, float]
    failures: dict[str, list[str]]
    cost: dict[str, int]


class TiringTruths(Part):
    """The hazard of leaving."""

    per_day: float
    keenness: float
    outflow: float
    gap: float
    complaint: float
    remembers_days: int
    tired_days: Span
    gone_days: Span
    tired_pace: float
    tired_acts: float
    tired_sells: int
    tired_withdraws: tuple[float, float]
    complains: float


class MoneyTruths(Part):
    """What customers do with money."""

    trades: float
    trades_with_appetite: float
    trades_elsewhere: float
    sells: float
    liked_sector: float
    first_deposit: float
    another_deposit: float
    withdraws: float
    buys_product: float
    buys_product_for_love: float
    loves_fund: float
    redeems: float
    unfilled: dict[str, float]
    rejections: dict[str, float]
    leaves_empty_account: float


class MarginTruths(Part):
    """Buying on credit; money in fen, the daily rate in millionths."""

    from_assets: int
    from_appetite: float
    applies: float
    approved: float
    borrows: float
    line: float
    rate_per_million: int
    repays: float


class ReferralTruths(Part):
    """Invitations of friends; the reward in fen."""

    fails: float
    failures: dict[str, float]
    reward: int


class SlotTruths(Part):
    """Places in the app that show products."""

    clicked: float
    clicked_more_with_appetite: float


class CallTruths(Part):
    """Managers' calls."""

    odds: float
    outcomes: dict[str, float]
    leads: dict[str, float]
    answers_survey: float


class FallTruths(Part):
    """A month in which everything loses."""

    after_days: int
    trading_days: int
    return_: float = pydantic.Field(alias="return")


class MarketTruths(Part):
    """How prices move in a day: the drift of all, and standard deviations."""

    drift: float
    daily: float
    sector: float
    share: float
    etf: float
    dividend: float
    fall: FallTruths


class LotteryTruths(Part):
    """A weekly draw that brings people to the app."""

    weekday: int
    launches: float


class RowDirtTruths(Part):
    """What happens to rows of tables, by the column that is damaged."""

    repeated: float
    damaged: float
    columns: dict[str, str]


class DirtTruths(Part):
    """What goes wrong between the app and the landing folder, as shares of the app's records."""

    late: float
    late_days: dict[int, float]
    too_late: float
    too_late_days: Span
    repeated: float
    damaged: dict[str, float]
    clock_ahead: float
    rows: RowDirtTruths


class IdentityTruths(Part):
    """Shared phones and the login that is taken off its number."""

    family_every: int
    family_place: int
    unbound_person: int
    unbound_after_days: int


class SilentTruths(Part):
    """A feed that stays away for some days."""

    table: str
    from_day: int
    days: int


class ChurnTruths(Part):
    """What losing a customer means, in trading days and shares of assets, and how its chance is found."""

    gap_td: int
    horizon_td: int
    kept_assets: float
    outflow: float
    mean_assets_td: int
    futures: int
    sample: int


class Truths(Part):
    """Everything that is planted."""

    people: PeopleTruths
    channels: dict[str, ChannelTruths]
    browsing: BrowsingTruths
    opening: OpeningTruths
    consents: ConsentTruths
    plans: dict[str, PlanTruths]
    contacts: ContactTruths
    messages: MessageTruths
    tiring: TiringTruths
    money: MoneyTruths
    margin: MarginTruths
    referrals: ReferralTruths
    slots: SlotTruths
    calls: CallTruths
    complaints: dict[str, float]
    market: MarketTruths
    lottery: LotteryTruths
    dirt: DirtTruths
    identities: IdentityTruths
    silent: SilentTruths
    churn: ChurnTruths


@cache
def planted() -> Truths:
    """Return the truths as the file has them; raises pydantic.ValidationError naming what is missing or not known."""
    return Truths.model_validate(yaml.safe_load(FILE.read_text(encoding="utf-8")))
