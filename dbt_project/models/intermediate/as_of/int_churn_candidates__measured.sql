-- One row per as_of_date and person who can be lost: with assets, and seen or heard of late.
with

persons as (

    select * from {{ ref('int_persons__measured') }}

),

measured as (

    select
        -- keys
        persons.person_id,

        -- what
        persons.silent_td_count,
        persons.active_days_7d_count,
        persons.active_days_8_14d_count,
        persons.active_days_30d_count,
        persons.active_days_31_90d_count,
        persons.launches_30d_count,
        persons.sessions_30d_count,
        persons.session_seconds_30d,
        persons.quote_views_30d_count,
        persons.sector_views_30d_count,
        persons.searches_30d_count,
        persons.watchlist_adds_30d_count,
        persons.product_views_30d_count,
        persons.content_reads_30d_count,
        persons.withdrawal_views_14d_count,
        persons.withdrawals_30d_cny,
        persons.net_inflow_30d_cny,
        persons.net_inflow_90d_cny,
        persons.traded_days_60d_count,
        persons.trades_30d_count,
        persons.trades_60td_count,
        persons.turnover_90d_cny,
        persons.net_commission_90d_cny,
        persons.total_assets_cny,
        persons.cash_cny,
        persons.assets_20td_mean_cny,
        persons.peak_assets_240td_cny,
        persons.valid_60td_count,
        persons.app_crashes_7d_count,
        persons.opened_days_count,
        persons.deposit_views_14d_count,
        asset_tiers.asset_tier_code,

        -- when
        persons.as_of_date

    from persons
    cross join {{ ref('stage_parameters') }} as stage_parameters
    cross join {{ ref('churn_parameters') }} as churn_parameters
    left join {{ ref('asset_tiers') }} as asset_tiers
        on
            persons.total_assets_cny >= asset_tiers.from_cny
            and (asset_tiers.below_cny is null or persons.total_assets_cny < asset_tiers.below_cny)
    where
        persons.is_opened
        and not persons.is_closed
        and persons.total_assets_cny >= stage_parameters.valid_assets_cny
        and persons.silent_td_count <= churn_parameters.silent_td_at_most

)

select * from measured
