"""Campaigns: who is contacted how and why, against which control, and by what the result is told.

Belongs here: reading operations/definitions/campaigns/*.yaml and refusing what cannot be used.
Does not belong here: judging and assigning people (contact_gate.py), the statistics of a result (ml/experiments.py).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from data_contracts.document import Document, read_document
from operations.contact_policy import ContactPolicy
from operations.segments import Segment

FOLDER = Path(__file__).resolve().parent / "definitions" / "campaigns"
OUTCOMES = ("traded", "deposited")
RISK_LEVELS = ("R1", "R2", "R3", "R4", "R5")

_KEYS = (
    "campaign", "code", "title", "owner", "description", "segment", "channel", "template", "product_risk_level",
    "starts_on", "ends_on", "goal", "control_share",
)  # fmt: skip
_OPTIONAL = {"product_risk_level"}
_CODE = re.compile(r"CMP-[0-9]{3}")
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_LONGEST_GOAL_DAYS = 90


@dataclass(frozen=True)
class Campaign:
    """One campaign. Everybody of the segment is assigned once, in its days; control people are never contacted.

    It has succeeded with a person who did `outcome` within `outcome_days` days after the assignment. A campaign for a
    product says its risk level; one without a product concerns no suitability.
    """

    name: str
    code: str
    title_en: str
    title_zh: str
    owner: str
    description: str
    segment: Segment
    channel: str
    template: str
    product_risk_level: str | None
    starts_on: date
    ends_on: date
    outcome: str
    outcome_days: int
    control_share: float


def load_campaigns(
    segments: Mapping[str, Segment], policy: ContactPolicy, *, folder: Path = FOLDER
) -> Mapping[str, Campaign]:
    """Return the campaigns of a folder by code.

    Raises data_contracts.document.ContractError, naming file and line, for the first that cannot be used.
    """
    campaigns: dict[str, Campaign] = {}
    for file in sorted(folder.glob("*.yaml")):
        document = read_document(file)
        campaign = _campaign(document, segments, policy)
        if campaign.code in campaigns:
            raise document.error(
                f"{campaign.code} is also the code of {campaigns[campaign.code].name}", "code"
            )
        campaigns[campaign.code] = campaign
    return dict(sorted(campaigns.items()))


def _campaign(document: Document, segments: Mapping[str, Segment], policy: ContactPolicy) -> Campaign:
    document.refuse_unknown(_KEYS, "a campaign")
    for key in _KEYS:
        if key not in document.value and key not in _OPTIONAL:
            raise document.error(f"'{key}' is missing: a campaign has a goal, a control and an end")
    document.refuse_unknown(("en", "zh"), "a title", "title")
    document.refuse_unknown(("outcome", "within_days"), "a goal", "goal")
    name, code = document.required_text("campaign"), document.required_text("code")
    if not _NAME.fullmatch(name) or name != document.file.stem:
        raise document.error("the name is that of the file, in small letters, digits and _", "campaign")
    if not _CODE.fullmatch(code):
        raise document.error(f"the code is like CMP-001, not '{code}'", "code")
    segment, channel = document.required_text("segment"), document.required_text("channel")
    if segment not in segments:
        raise document.error(f"there is no segment {segment}; there are: {', '.join(segments)}", "segment")
    if channel not in policy.channel_scopes:
        known = ", ".join(policy.channel_scopes)
        raise document.error(f"the contact policy has no channel {channel}; it has: {known}", "channel")
    starts_on, ends_on = (_date(document, key) for key in ("starts_on", "ends_on"))
    if ends_on < starts_on:
        raise document.error(f"it ends on {ends_on}, before it starts", "ends_on")
    outcome, days = document.required_text("goal", "outcome"), document.value["goal"].get("within_days")
    if outcome not in OUTCOMES:
        raise document.error(f"an outcome is one of: {', '.join(OUTCOMES)}", "goal", "outcome")
    if isinstance(days, bool) or not isinstance(days, int) or not 1 <= days <= _LONGEST_GOAL_DAYS:
        raise document.error(
            f"'within_days' is a number from 1 to {_LONGEST_GOAL_DAYS}", "goal", "within_days"
        )
    return Campaign(
        name=name,
        code=code,
        title_en=document.required_text("title", "en"),
        title_zh=document.required_text("title", "zh"),
        owner=document.required_text("owner"),
        description=" ".join(document.required_text("description").split()),
        segment=segments[segment],
        channel=channel,
        template=document.required_text("template"),
        product_risk_level=_risk_level(document),
        starts_on=starts_on,
        ends_on=ends_on,
        outcome=outcome,
        outcome_days=days,
        control_share=_share(document),
    )


def _date(document: Document, key: str) -> date:
    try:
        return date.fromisoformat(document.text(key))
    except ValueError:
        raise document.error(f"'{key}' is a date like 2026-03-01", key) from None


def _risk_level(document: Document) -> str | None:
    level = document.value.get("product_risk_level")
    if level is not None and level not in RISK_LEVELS:
        raise document.error(f"a risk level is one of: {', '.join(RISK_LEVELS)}", "product_risk_level")
    return level


def _share(document: Document) -> float:
    share = document.value["control_share"]
    if isinstance(share, bool) or not isinstance(share, int | float) or not 0 < share < 1:
        raise document.error(
            f"a share above 0 and below 1, not {share!r}: nothing is proved without", "control_share"
        )
    return float(share)
