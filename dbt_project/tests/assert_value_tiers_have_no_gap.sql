-- Fails with each tier of contribution that does not begin where the one before ends.
with

ordered as (

    select
        value_tier_code,
        from_ratio,
        lag(below_ratio) over (order by from_ratio asc nulls last) as begins_at_ratio

    from {{ ref('value_tiers') }}

)

select
    value_tier_code,
    from_ratio,
    begins_at_ratio
from ordered
where from_ratio <> coalesce(begins_at_ratio, 0)
