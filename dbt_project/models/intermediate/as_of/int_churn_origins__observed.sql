-- One row per month end and person who could be lost then, as measured on that day.
with

rebuilt_dates as (

    select business_date as as_of_date
    from {{ ref('stg_control__build_dates') }}
    where layer = 'as_of'

),

candidates as (

    select candidates.*
    from {{ ref('int_churn_candidates__measured') }} as candidates
    inner join rebuilt_dates on candidates.as_of_date = rebuilt_dates.as_of_date
    where
        {{ month_start('candidates.as_of_date') }}
        <> {{ month_start(days_before('candidates.as_of_date', -1)) }}

),

observed as (

    select
        -- keys
        person_id,

        -- what was measured
        silent_td_count,
        active_days_7d_count,
        active_days_8_14d_count,
        active_days_30d_count,
        active_days_31_90d_count,
        launches_30d_count,
        sessions_30d_count,
        session_seconds_30d,
        quote_views_30d_count,
        sector_views_30d_count,
        searches_30d_count,
        watchlist_adds_30d_count,
        product_views_30d_count,
        content_reads_30d_count,
        withdrawal_views_14d_count,
        withdrawals_30d_cny,
        net_inflow_30d_cny,
        net_inflow_90d_cny,
        traded_days_60d_count,
        trades_30d_count,
        trades_60td_count,
        turnover_90d_cny,
        net_commission_90d_cny,
        total_assets_cny,
        cash_cny,
        assets_20td_mean_cny,
        peak_assets_240td_cny,
        valid_60td_count,
        app_crashes_7d_count,
        opened_days_count,
        deposit_views_14d_count,
        asset_tier_code,

        -- when
        as_of_date

    from candidates

)

select * from observed
