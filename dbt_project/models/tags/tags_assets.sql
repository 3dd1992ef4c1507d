-- One row per as_of_date and person: the tags of assets.
with

rebuilt_dates as (

    select business_date as as_of_date
    from {{ ref('stg_control__build_dates') }}
    where layer = 'as_of'

),

persons as (

    select persons.*
    from {{ ref('int_persons__measured') }} as persons
    inner join rebuilt_dates on persons.as_of_date = rebuilt_dates.as_of_date

),

tagged as (

    select
        -- keys
        persons.person_id,

        -- tags
        asset_tiers.asset_tier_code,
        persons.total_assets_cny,
        persons.assets_20td_mean_cny,
        persons.peak_assets_cny,
        {{ ratio('persons.peak_assets_cny - persons.total_assets_cny', 'persons.peak_assets_cny') }}
            as drawdown_ratio,
        {{ ratio('persons.cash_cny', 'persons.total_assets_cny') }} as cash_ratio,

        -- when
        persons.as_of_date

    from persons
    left join {{ ref('asset_tiers') }} as asset_tiers
        on
            persons.total_assets_cny >= asset_tiers.from_cny
            and (asset_tiers.below_cny is null or persons.total_assets_cny < asset_tiers.below_cny)

)

select
    person_id,
    asset_tier_code,
    total_assets_cny,
    assets_20td_mean_cny,
    peak_assets_cny,
    drawdown_ratio,
    cash_ratio,
    as_of_date
from tagged
