-- Fails with each tier of contribution that does not begin where the one before ends.
with

ordered as (

    select
        value_tier_code,
        above_ratio,
        lag(to_ratio) over (order by above_ratio asc nulls last) as begins_at_ratio

    from {{ ref('value_tiers') }}

)

select
    value_tier_code,
    above_ratio,
    begins_at_ratio
from ordered
where above_ratio <> coalesce(begins_at_ratio, 0)
