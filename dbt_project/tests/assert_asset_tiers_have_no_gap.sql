-- Fails with each tier of assets that does not begin where the one before ends.
with

ordered as (

    select
        asset_tier_code,
        from_cny,
        lag(below_cny) over (order by from_cny asc nulls last) as begins_at_cny

    from {{ ref('asset_tiers') }}

)

select
    asset_tier_code,
    from_cny,
    begins_at_cny
from ordered
where from_cny <> coalesce(begins_at_cny, 0)
