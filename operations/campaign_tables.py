"""The tables of campaigns that are restated, and the questions that fill them.

Belongs here: their columns and keys, and the statements that read assignments, receipts and facts for a date.
Does not belong here: tables of decisions (contact_decisions.py), statistics (ml), running a statement.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from data_contracts.written_table import WrittenTable
from operations.campaigns import Campaign
from operations.members import Query

SCHEMA = "campaigns"
CHANGES_SHOWN_DAYS = 7

DICTIONARY = WrittenTable(
    schema=SCHEMA,
    name="dim_campaigns",
    description="One row per campaign: whom it means, how they are contacted, and by what it is judged, as it is now.",
    columns={
        "campaign_code": "varchar", "campaign_type": "varchar", "title_en": "varchar", "title_zh": "varchar",
        "responsible_team": "varchar", "segment_code": "varchar", "channel_type": "varchar", "starts_on": "date",
        "ends_on": "date", "outcome_type": "varchar", "outcome_days_count": "bigint", "control_share": "double",
    },
    key=("campaign_code",),
    date_column=None,
)  # fmt: skip
RESULTS = WrittenTable(
    schema=SCHEMA,
    name="rpt_campaign_results",
    description="One row per as_of_date and campaign: what it changed, by intention to treat, over everybody whose days"
    " for the outcome are over.",
    columns={
        "campaign_code": "varchar", "assigned_count": "bigint", "waiting_count": "bigint", "control_count": "bigint",
        "treatment_count": "bigint", "control_successes_count": "bigint", "treatment_successes_count": "bigint",
        "control_ratio": "double", "treatment_ratio": "double", "difference": "double", "difference_low": "double",
        "difference_high": "double", "relative_difference": "double", "relative_difference_low": "double",
        "relative_difference_high": "double", "p_value": "double", "sample_ratio_p_value": "double",
        "is_comparable": "boolean", "delivered_count": "bigint", "opened_count": "bigint", "clicked_count": "bigint",
        "as_of_date": "date",
    },
    key=("as_of_date", "campaign_code"),
)  # fmt: skip
CHANGES = WrittenTable(
    schema=SCHEMA,
    name="rpt_delivery_changes",
    description="One row per as_of_date, campaign and day decided on in the week before: how many it would mean"
    " otherwise by the rows that came since. Shown, never sent again.",
    columns={
        "campaign_code": "varchar", "decided_on": "date", "meant_count": "bigint", "no_longer_meant_count": "bigint",
        "newly_meant_count": "bigint", "as_of_date": "date",
    },
    key=("as_of_date", "campaign_code", "decided_on"),
)  # fmt: skip
ATTRIBUTION = WrittenTable(
    schema=SCHEMA,
    name="rpt_attribution",
    description="One row per as_of_date, attribution model, channel and plan: its credit for the first deposits of the"
    " day; (none) where nothing stood on the way.",
    columns={
        "model_type": "varchar", "channel_type": "varchar", "plan_id": "varchar", "conversions_count": "bigint",
        "credit_cny": "decimal(18, 2)", "as_of_date": "date",
    },
    key=("as_of_date", "model_type", "channel_type", "plan_id"),
)  # fmt: skip
TABLES = (DICTIONARY, RESULTS, CHANGES, ATTRIBUTION)

_OUTCOME_COLUMNS = {"traded": "trades_count", "deposited": "deposits_cny"}
_OUTCOMES = """
with

assigned as (

    select person_id, arm_type, as_of_date as assigned_on
    from campaigns.fct_assignments
    where campaign_code = $campaign_code and as_of_date <= $as_of_date

),

succeeded as (

    select assigned.person_id
    from assigned
    inner join intermediate.int_identities__walked as identities
        on
            assigned.person_id = identities.person_id
            and identities.as_of_date = $as_of_date
            and identities.node_rank = 1
    inner join intermediate.int_customer_days__rolled_up as days
        on
            days.customer_id = substr(identities.node_id, 10)
            and days.business_date > assigned.assigned_on
            and days.business_date <= assigned.assigned_on + $outcome_days
    where days.{column} > 0
    group by assigned.person_id

)

select
    assigned.person_id,
    assigned.arm_type,
    assigned.assigned_on + $outcome_days <= $as_of_date as is_complete,
    succeeded.person_id is not null as is_success
from assigned
left join succeeded on assigned.person_id = succeeded.person_id
order by assigned.person_id
"""
_RECEIPTS = """
select
    count(distinct touches.touch_id) filter (touches.delivered_at is not null) as delivered_count,
    count(distinct touches.touch_id) filter (touches.message_opened_at is not null) as opened_count,
    count(distinct touches.touch_id) filter (touches.clicked_at is not null) as clicked_count
from campaigns.fct_deliveries as deliveries
inner join intermediate.int_touches__observed as touches on deliveries.touch_id = touches.touch_id
where
    deliveries.campaign_code = $campaign_code
    and deliveries.as_of_date < $as_of_date
    and touches.business_date <= $as_of_date
"""
_CHANGES = """
insert into campaigns.rpt_delivery_changes by name
with

decided as (

    select campaign_code, as_of_date as decided_on, person_id
    from campaigns.fct_verdicts
    where campaign_code = $campaign_code and as_of_date > $since and as_of_date <= $as_of_date

),

days as (select distinct decided_on from decided),

members as (

    select members.as_of_date as decided_on, members.person_id
    from segments.fct_segment_members as members
    inner join days on members.as_of_date = days.decided_on
    where
        members.segment_code = $segment_code
        and not exists (
            select 1 from campaigns.fct_assignments as assigned
            where
                assigned.campaign_code = $campaign_code
                and assigned.person_id = members.person_id
                and assigned.as_of_date < members.as_of_date
        )

)

select
    $campaign_code as campaign_code,
    coalesce(decided.decided_on, members.decided_on) as decided_on,
    count(decided.person_id) as meant_count,
    count(*) filter (members.person_id is null) as no_longer_meant_count,
    count(*) filter (decided.person_id is null) as newly_meant_count,
    $as_of_date as as_of_date
from decided
full join members on decided.decided_on = members.decided_on and decided.person_id = members.person_id
group by coalesce(decided.decided_on, members.decided_on)
"""
_CONVERSIONS = """
select
    days.customer_id || ' ' || cast(days.business_date as varchar) as conversion_id,
    identities.person_id,
    cast(days.business_date as timestamp) + interval 16 hour as converted_at,
    cast(days.deposits_cny * 100 as bigint) as value_fen
from intermediate.int_customer_days__rolled_up as days
inner join intermediate.int_identities__walked as identities
    on identities.node_id = 'customer:' || days.customer_id and identities.as_of_date = $as_of_date
inner join intermediate.int_customer_flows__walked as flows
    on days.customer_id = flows.customer_id and flows.as_of_date = $as_of_date
where days.business_date = $as_of_date and days.deposits_cny > 0 and flows.first_funded_on = $as_of_date
order by conversion_id
"""
_CLICKS = """
select
    touches.touch_id,
    identities.person_id,
    min(touches.clicked_at) as touched_at,
    touches.touch_type as channel_type,
    touches.plan_id as campaign_id
from intermediate.int_touches__observed as touches
inner join intermediate.int_identities__walked as identities
    on touches.node_id = identities.node_id and identities.as_of_date = $as_of_date
where
    touches.clicked_at is not null
    and touches.business_date > $since
    and touches.business_date <= $as_of_date
group by all
order by touches.touch_id
"""
_LOOKED_BACK_DAYS = 32


def define(campaigns: Sequence[Campaign]) -> Iterator[Query]:
    """Yield the statements that make the tables and write the dictionary of `campaigns` anew."""
    yield Query(f"create schema if not exists {SCHEMA}", {})
    for table in TABLES:
        yield Query(table.creation, {})
    yield Query(f"delete from {DICTIONARY.address}", {})
    for one in campaigns:
        values = (
            one.code, one.name, one.title_en, one.title_zh, one.owner, one.segment.code, one.channel, one.starts_on,
            one.ends_on, one.outcome, one.outcome_days, one.control_share,
        )  # fmt: skip
        named = dict(zip(DICTIONARY.columns, values, strict=True))
        places = ", ".join(f"${name}" for name in named)
        yield Query(f"insert into {DICTIONARY.address} values ({places})", named)


def clear(as_of_date: date) -> Iterator[Query]:
    """Yield the statements that empty a date."""
    for table in (RESULTS, CHANGES, ATTRIBUTION):
        yield Query(f"delete from {table.address} where as_of_date = $as_of_date", {"as_of_date": as_of_date})


def outcomes(campaign: Campaign, *, as_of_date: date) -> Query:
    """Return the query of everybody assigned by a date: person_id, arm_type, is_complete, is_success.

    Complete is whose days for the outcome are over. Success counts under the numbers that the person has on the date;
    whoever has merged into somebody else since is still counted, as one who did not succeed.
    """
    return Query(
        _OUTCOMES.format(column=_OUTCOME_COLUMNS[campaign.outcome]),
        {
            "campaign_code": campaign.code,
            "as_of_date": as_of_date,
            "outcome_days": campaign.outcome_days,
        },
    )


def receipts(campaign: Campaign, *, as_of_date: date) -> Query:
    """Return the query of how many contacts were delivered, opened and clicked by a date."""
    return Query(_RECEIPTS, {"campaign_code": campaign.code, "as_of_date": as_of_date})


def changes(campaign: Campaign, *, as_of_date: date) -> Query:
    """Return the statement that shows what of the last days would be decided otherwise now."""
    return Query(
        _CHANGES,
        {
            "campaign_code": campaign.code,
            "segment_code": campaign.segment.code,
            "as_of_date": as_of_date,
            "since": as_of_date - timedelta(days=CHANGES_SHOWN_DAYS),
        },
    )


def conversions(*, as_of_date: date) -> Query:
    """Return the query of the first deposits of a date, as ml.attribution wants them; the moment is the day's end."""
    return Query(_CONVERSIONS, {"as_of_date": as_of_date})


def clicks(*, as_of_date: date) -> Query:
    """Return the query of the touches that people followed in the month before, as ml.attribution wants them."""
    since = as_of_date - timedelta(days=_LOOKED_BACK_DAYS)
    return Query(_CLICKS, {"as_of_date": as_of_date, "since": since})
