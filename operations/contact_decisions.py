"""Contact decisions: from the gate's verdicts of a night to what is recorded of them.

Belongs here: the rows of verdicts, assignments and deliveries, and the name of a contact.
Does not belong here: judging (contact_gate.py), keeping what was decided (storage), the files (delivery_files.py).

Campaigns are taken one after the other, in the order of their codes: whom an earlier one contacts counts for the caps
of a later one the same night.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta

from operations.campaigns import Campaign
from operations.members import Query

VERDICTS, ASSIGNMENTS, DELIVERIES = (
    "campaigns.fct_verdicts", "campaigns.fct_assignments", "campaigns.fct_deliveries",
)  # fmt: skip
_TONIGHT = "decided_tonight"
_ONE_DAY = timedelta(days=1)


def begin() -> Query:
    """Return the statement that makes the table of a night's decisions, empty."""
    return Query(
        f"create or replace temp table {_TONIGHT} (campaign_code varchar, person_id varchar, is_allowed boolean,"
        " reason_type varchar, arm_type varchar, recipient_token varchar, channel_type varchar, template_id varchar,"
        " contact_on date)",
        {},
    )


def decide(campaign: Campaign, verdicts: Query, *, as_of_date: date) -> Query:
    """Return the statement that adds the verdicts of a campaign to the night's decisions."""
    return Query(
        f"insert into {_TONIGHT} by name select *, $decided_code as campaign_code, $decided_channel as channel_type,"
        f" $decided_template as template_id, $decided_contact_on as contact_on from ({verdicts.sql}) as verdicts",
        {
            **verdicts.values,
            "decided_code": campaign.code,
            "decided_channel": campaign.channel,
            "decided_template": campaign.template,
            "decided_contact_on": as_of_date + _ONE_DAY,
        },
    )


def recorded() -> Mapping[str, str]:
    """Return the query of what is recorded of the night so far, by the address of its table.

    A contact is named by campaign, day and person, so that deciding again names it the same.
    """
    return {
        VERDICTS: f"select campaign_code, person_id, is_allowed, reason_type from {_TONIGHT}",
        ASSIGNMENTS: f"select campaign_code, person_id, arm_type from {_TONIGHT} where is_allowed",
        DELIVERIES: "select campaign_code || '-' || strftime(contact_on, '%Y%m%d') || '-'"
        " || substr(md5(campaign_code || ' ' || person_id), 1, 16) as touch_id, campaign_code, person_id, channel_type,"
        f" template_id, recipient_token, contact_on from {_TONIGHT} where arm_type = 'treatment'",
    }


def begun(campaigns: Mapping[str, Campaign], *, as_of_date: date) -> Iterator[Campaign]:
    """Yield the campaigns that can have contacted, or assigned, somebody by `as_of_date`, by their code."""
    for _, campaign in sorted(campaigns.items()):
        if campaign.starts_on <= as_of_date + _ONE_DAY:
            yield campaign


def running(campaigns: Mapping[str, Campaign], *, as_of_date: date) -> Iterator[Campaign]:
    """Yield the campaigns that contact people on the day after `as_of_date`, by their code."""
    for campaign in begun(campaigns, as_of_date=as_of_date):
        if as_of_date + _ONE_DAY <= campaign.ends_on:
            yield campaign
