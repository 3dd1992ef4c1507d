"""The contact gate: for everybody a campaign means, whether they may be contacted, and if not, why not.

Belongs here: the order of the reasons, and the one statement that judges and assigns the people of a date.
Does not belong here: the policy's figures (contact_policy.yaml), running the statement, keeping its verdicts.

Every delivery passes here, and only here. A person is judged on the evening of `as_of_date` for a contact of the next
day; whoever passes is assigned an arm at once and for good, so that the arms differ in the contact alone.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from operations.campaigns import RISK_LEVELS, Campaign
from operations.contact_policy import ContactPolicy
from operations.members import Query

REASONS = (
    "global_holdout", "do_not_contact", "unreachable", "consent_unknown", "no_channel_consent", "no_tag_consent",
    "unsuitable", "frequency_capped",
)  # fmt: skip
"""Why somebody may not be contacted; of several the first named counts."""

_ONE_DAY = timedelta(days=1)
_BUCKETS = 2**32

_JUDGED = """
with

meant as (

    select members.person_id
    from segments.fct_segment_members as members
    where
        members.as_of_date = $as_of_date
        and members.segment_code = $segment_code
        and not exists (
            select 1 from campaigns.fct_assignments as assigned
            where assigned.campaign_code = $campaign_code and assigned.person_id = members.person_id
        )

),

granted as (

    select
        person_id,
        bool_or(scope_type = $channel_scope) as has_channel_consent,
        count(distinct scope_type) filter (list_contains($tag_scopes, scope_type)) as tag_scopes_count
    from intermediate.int_consents__resolved
    where as_of_date = $as_of_date and is_granted
    group by person_id

),

-- What a receipt tells of a contact of ours is the same contact.
contacts as (

    select person_id, sent_on
    from intermediate.int_contacts__sent
    where as_of_date = $as_of_date and touch_type = $channel and sent_on <= $contact_on

    union all

    select ours.person_id, ours.contact_on as sent_on
    from campaigns.fct_deliveries as ours
    left join intermediate.int_contacts__sent as receipts
        on ours.touch_id = receipts.touch_id and receipts.as_of_date = $as_of_date
    where ours.channel_type = $channel and ours.contact_on <= $contact_on and receipts.touch_id is null

),

crowded as (

    select person_id
    from contacts
    group by person_id
    having {caps}

),

judged as (

    select
        meant.person_id,
        case
            when {holdout_bucket} < $holdout_below then 'global_holdout'
            when silenced.person_id is not null then 'do_not_contact'
            when addresses.recipient_token is null then 'unreachable'
            when not $is_consent_known then 'consent_unknown'
            when not coalesce(granted.has_channel_consent, false) then 'no_channel_consent'
            when coalesce(granted.tag_scopes_count, 0) < len($tag_scopes) then 'no_tag_consent'
            when not coalesce(list_contains($suitable, suitability.most_suitable_risk_level), $is_any_suitable)
                then 'unsuitable'
            when crowded.person_id is not null then 'frequency_capped'
        end as reason_type,
        case when {arm_bucket} < $control_below then 'control' else 'treatment' end as arm_type,
        addresses.recipient_token
    from meant
    left join granted on meant.person_id = granted.person_id
    left join intermediate.int_do_not_contacts__resolved as silenced
        on meant.person_id = silenced.person_id and silenced.as_of_date = $as_of_date
    left join intermediate.int_contact_addresses__resolved as addresses
        on
            meant.person_id = addresses.person_id
            and addresses.as_of_date = $as_of_date
            and addresses.touch_type = $channel
    left join tags.tags_suitability as suitability
        on meant.person_id = suitability.person_id and suitability.as_of_date = $as_of_date
    left join crowded on meant.person_id = crowded.person_id

)

select
    person_id,
    reason_type is null as is_allowed,
    reason_type,
    case when reason_type is null then arm_type end as arm_type,
    case when reason_type is null and arm_type = 'treatment' then recipient_token end as recipient_token
from judged
order by person_id
"""


def verdicts(
    campaign: Campaign, policy: ContactPolicy, *, as_of_date: date, consents_delivered_on: date | None
) -> Query:
    """Return the query of a verdict per person of the campaign's segment who was not assigned before.

    Columns: person_id; is_allowed; reason_type, one of REASONS, of those who are not; arm_type of those who are;
    recipient_token of those who are to be contacted. `consents_delivered_on` is the newest delivery of consents: when
    it is older than the policy allows, or there is none, nobody has consented. Raises KeyError when a tag of the
    segment's rule is of a kind whose use the policy does not know.
    """
    channel_scope, *tag_scopes = policy.scopes(campaign.channel, campaign.segment.rule.tags)
    contact_on = as_of_date + _ONE_DAY
    values: dict[str, Any] = {
        "as_of_date": as_of_date,
        "contact_on": contact_on,
        "segment_code": campaign.segment.code,
        "campaign_code": campaign.code,
        "channel": campaign.channel,
        "channel_scope": channel_scope,
        "tag_scopes": tag_scopes,
        "holdout_salt": policy.holdout_salt,
        "holdout_below": _below(policy.holdout_share),
        "control_below": _below(campaign.control_share),
        "is_consent_known": _is_known(policy, as_of_date, consents_delivered_on),
        "is_any_suitable": campaign.product_risk_level is None,
        "suitable": _suitable(campaign.product_risk_level),
    }
    caps: list[str] = []
    for number, cap in enumerate(policy.caps[campaign.channel]):
        values[f"cap_{number}_after"] = contact_on - timedelta(days=cap.in_days)
        values[f"cap_{number}_at_most"] = cap.at_most
        caps.append(f"count(*) filter (sent_on > $cap_{number}_after) >= $cap_{number}_at_most")
    sql = _JUDGED.format(
        caps=" or ".join(caps),
        holdout_bucket=_bucket("$holdout_salt"),
        arm_bucket=_bucket("$campaign_code"),
    )
    return Query(sql, values)


def _suitable(product_risk_level: str | None) -> list[str]:
    """Return the tags of those whom a product of the level suits: their own highest level is not below it."""
    if product_risk_level is None:
        return list(RISK_LEVELS)
    return list(RISK_LEVELS[RISK_LEVELS.index(product_risk_level) :])


def _bucket(salt: str) -> str:
    """Return SQL of a person's place among 2^32, drawn by `salt`: the first 32 bits of SHA-256 of salt|person_id."""
    return f"cast('0x' || substr(sha256({salt} || '|' || meant.person_id), 1, 8) as ubigint)"


def _below(share: float) -> int:
    """Return the place below which `share` of all places lie."""
    return round(share * _BUCKETS)


def _is_known(policy: ContactPolicy, as_of_date: date, delivered_on: date | None) -> bool:
    if delivered_on is None:
        return False
    return (as_of_date - delivered_on).days <= policy.consent_stale_after_days
