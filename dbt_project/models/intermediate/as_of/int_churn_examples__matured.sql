-- One row per origin and person who could be lost then, when it is known what became of them.
with

rebuilt_dates as (

    select business_date as as_of_date
    from {{ ref('stg_control__build_dates') }}
    where layer = 'as_of'

),

calendar as (

    select * from {{ ref('int_trading_days__numbered') }}

),

-- The horizon of a month end ends on the trading day that has this number.
horizons as (

    select
        origins.as_of_date as origin_on,
        gone.as_of_date as horizon_starts_on,
        known.as_of_date

    from rebuilt_dates
    inner join calendar as known
        on rebuilt_dates.as_of_date = known.as_of_date and known.is_trading_day
    cross join {{ ref('churn_parameters') }} as churn_parameters
    inner join calendar as origins
        on
            origins.trading_day_no
            = known.trading_day_no - churn_parameters.gap_td - churn_parameters.horizon_td
    inner join calendar as gone
        on
            gone.trading_day_no = origins.trading_day_no + churn_parameters.gap_td + 1
            and gone.is_trading_day
    where
        {{ month_start('origins.as_of_date') }}
        <> {{ month_start(days_before('origins.as_of_date', -1)) }}

),

-- What came less what went between the origin and the end of the horizon.
flows as (

    select
        identities.person_id,
        horizons.as_of_date,
        cast(
            sum(
                customer_days.deposits_cny + customer_days.securities_in_cny
                - customer_days.withdrawals_cny - customer_days.securities_out_cny
            ) as decimal(18, 2)
        ) as net_inflow_cny

    from horizons
    inner join {{ ref('int_identities__walked') }} as identities
        on horizons.as_of_date = identities.as_of_date and identities.node_rank = 1
    inner join {{ ref('int_customer_days__rolled_up') }} as customer_days
        on
            customer_days.customer_id = substr(identities.node_id, 10)
            and horizons.origin_on < customer_days.business_date
            and horizons.as_of_date >= customer_days.business_date
    group by identities.person_id, horizons.as_of_date

),

matured as (

    select
        -- keys
        origins.person_id,

        -- what was measured at the origin
        origins.silent_td_count,
        origins.active_days_7d_count,
        origins.active_days_8_14d_count,
        origins.active_days_30d_count,
        origins.active_days_31_90d_count,
        origins.launches_30d_count,
        origins.sessions_30d_count,
        origins.session_seconds_30d,
        origins.quote_views_30d_count,
        origins.sector_views_30d_count,
        origins.searches_30d_count,
        origins.watchlist_adds_30d_count,
        origins.product_views_30d_count,
        origins.content_reads_30d_count,
        origins.withdrawal_views_14d_count,
        origins.withdrawals_30d_cny,
        origins.net_inflow_30d_cny,
        origins.net_inflow_90d_cny,
        origins.traded_days_60d_count,
        origins.trades_30d_count,
        origins.trades_60td_count,
        origins.turnover_90d_cny,
        origins.net_commission_90d_cny,
        origins.total_assets_cny,
        origins.cash_cny,
        origins.assets_20td_mean_cny,
        origins.peak_assets_240td_cny,
        origins.valid_60td_count,
        origins.app_crashes_7d_count,
        origins.opened_days_count,
        origins.deposit_views_14d_count,
        origins.asset_tier_code,

        -- what became of them: gains and losses of the market move no money
        origins.total_assets_cny + coalesce(flows.net_inflow_cny, 0)
        < origins.assets_20td_mean_cny * churn_parameters.kept_assets_ratio as has_lost_assets,
        coalesce(persons.last_active_on < horizons.horizon_starts_on, true)
        and coalesce(persons.last_traded_on < horizons.horizon_starts_on, true)
            as has_fallen_silent,
        persons.is_closed as has_closed,
        -coalesce(flows.net_inflow_cny, 0)
        >= origins.total_assets_cny * churn_parameters.outflow_ratio as has_withdrawn,

        -- when
        horizons.origin_on,
        horizons.as_of_date

    from horizons
    cross join {{ ref('churn_parameters') }} as churn_parameters
    inner join {{ ref('int_churn_origins__observed') }} as origins
        on horizons.origin_on = origins.as_of_date
    inner join {{ ref('int_persons__measured') }} as persons
        on origins.person_id = persons.person_id and horizons.as_of_date = persons.as_of_date
    left join flows
        on origins.person_id = flows.person_id and horizons.as_of_date = flows.as_of_date

),

labelled as (

    select
        *,
        has_lost_assets or has_fallen_silent as is_churned

    from matured

)

select * from labelled
