"""A campaign without a goal, a control or an end is none, and what cannot be used is refused with line and reason."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from data_contracts.document import ContractError
from operations.campaigns import Campaign, load_campaigns
from operations.contact_policy import load_policy
from operations.rule import compile_rule
from operations.segments import Segment, SizeGuard
from operations.tags import Tag, TagDictionary, TagKind

TAGS = TagDictionary([Tag("T0201", "is_opened", "tags_account", TagKind.YES_NO)])
RULE = compile_rule("is_opened", TAGS)
SEGMENTS = {
    "SEG-A01": Segment("some", "SEG-A01", "Some", "某", "us", "Some.", "is_opened", RULE, SizeGuard())
}
GOOD = {
    "campaign": "spring_push",
    "code": "CMP-007",
    "title": "{en: Spring, zh: 春}",
    "owner": "marketing",
    "description": "A push.",
    "segment": "SEG-A01",
    "channel": "push",
    "template": "spring",
    "product_risk_level": "R3",
    "starts_on": "2026-03-01",
    "ends_on": "2026-03-31",
    "goal": "{outcome: traded, within_days: 7}",
    "control_share": "0.2",
}


def loaded(folder: Path, **changes: str | None) -> Campaign:
    values = {key: value for key, value in {**GOOD, **changes}.items() if value is not None}
    lines = "".join(f"{key}: {value}\n" for key, value in values.items())
    (folder / "spring_push.yaml").write_text(lines, encoding="utf-8")
    (campaign,) = load_campaigns(SEGMENTS, load_policy(), folder=folder).values()
    return campaign


def test_a_whole_campaign_is_read(tmp_path: Path) -> None:
    campaign = loaded(tmp_path)
    assert (campaign.code, campaign.segment, campaign.channel) == ("CMP-007", SEGMENTS["SEG-A01"], "push")
    assert (campaign.starts_on, campaign.ends_on) == (date(2026, 3, 1), date(2026, 3, 31))
    assert (campaign.outcome, campaign.outcome_days, campaign.control_share) == ("traded", 7, 0.2)
    assert loaded(tmp_path, product_risk_level=None).product_risk_level is None


@pytest.mark.parametrize(
    ("changes", "line", "reason"),
    [
        ({"goal": None}, 1, "'goal' is missing: a campaign has a goal, a control and an end"),
        ({"control_share": None}, 1, "'control_share' is missing"),
        ({"ends_on": None}, 1, "'ends_on' is missing"),
        ({"control_share": "0"}, 13, "a share above 0 and below 1, not 0: nothing is proved without"),
        ({"control_share": "1.0"}, 13, "a share above 0 and below 1"),
        ({"control_share": "yes"}, 13, "a share above 0 and below 1"),
        ({"ends_on": "2026-02-28"}, 11, "it ends on 2026-02-28, before it starts"),
        ({"starts_on": "spring"}, 10, "'starts_on' is a date like 2026-03-01"),
        ({"segment": "SEG-A02"}, 6, "there is no segment SEG-A02; there are: SEG-A01"),
        ({"channel": "pigeon"}, 7, "the contact policy has no channel pigeon; it has: push, sms, rm_call"),
        ({"product_risk_level": "C3"}, 9, "a risk level is one of: R1, R2, R3, R4, R5"),
        ({"goal": "{outcome: happy, within_days: 7}"}, 12, "an outcome is one of: traded, deposited"),
        ({"goal": "{outcome: traded, within_days: 0}"}, 12, "'within_days' is a number from 1 to 90"),
        ({"goal": "{outcome: traded}"}, 12, "'within_days' is a number from 1 to 90"),
        ({"code": "C7"}, 2, "the code is like CMP-001, not 'C7'"),
        ({"campaign": "autumn"}, 1, "the name is that of the file"),
        ({"budget": "7"}, 14, "unknown key 'budget' in a campaign"),
        ({"template": "''"}, 8, "'template' must be text"),
    ],
)
def test_what_cannot_be_used_is_refused(
    tmp_path: Path, changes: dict[str, str | None], line: int, reason: str
) -> None:
    with pytest.raises(ContractError) as refused:
        loaded(tmp_path, **changes)
    assert reason in str(refused.value)
    assert refused.value.line == line


def test_two_campaigns_of_one_code_are_refused(tmp_path: Path) -> None:
    loaded(tmp_path)
    text = (tmp_path / "spring_push.yaml").read_text(encoding="utf-8")
    (tmp_path / "summer_push.yaml").write_text(text.replace("spring_push", "summer_push"), encoding="utf-8")
    with pytest.raises(ContractError, match="CMP-007 is also the code of spring_push"):
        load_campaigns(SEGMENTS, load_policy(), folder=tmp_path)
