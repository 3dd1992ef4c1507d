-- One row per as_of_date and person: everything that is measured about them on that day.
with

rebuilt_dates as (

    select business_date as as_of_date
    from {{ ref('stg_control__build_dates') }}
    where layer = 'as_of'

),

behaviour as (

    select behaviour.*
    from {{ ref('int_person_behaviour__measured') }} as behaviour
    inner join rebuilt_dates on behaviour.as_of_date = rebuilt_dates.as_of_date

),

accounts as (

    select * from {{ ref('int_person_accounts__measured') }}

),

calendar as (

    select * from {{ ref('int_trading_days__numbered') }}

),

-- A sign of life is a visit, a trade or money that came.
dated as (

    select
        behaviour.person_id,
        behaviour.as_of_date,
        greatest(
            behaviour.last_active_on, accounts.last_traded_on, accounts.last_funded_on
        ) as last_seen_alive_on

    from behaviour
    left join accounts
        on behaviour.person_id = accounts.person_id and behaviour.as_of_date = accounts.as_of_date

),

measured as (

    select
        -- keys
        dated.person_id,

        -- what
        behaviour.nodes_count,
        behaviour.is_registered,
        behaviour.first_utm_source,
        behaviour.first_utm_key,
        behaviour.os,
        behaviour.active_days_bits,
        behaviour.active_days_7d_count,
        behaviour.active_days_8_14d_count,
        behaviour.active_days_30d_count,
        behaviour.active_days_31_90d_count,
        behaviour.launches_7d_count,
        behaviour.launches_30d_count,
        behaviour.quote_views_30d_count,
        behaviour.sector_views_30d_count,
        behaviour.searches_30d_count,
        behaviour.watchlist_adds_30d_count,
        behaviour.product_views_30d_count,
        behaviour.content_reads_30d_count,
        behaviour.margin_clicks_30d_count,
        behaviour.deposit_views_14d_count,
        behaviour.withdrawal_views_14d_count,
        behaviour.app_crashes_7d_count,
        behaviour.sessions_30d_count,
        behaviour.session_seconds_30d,
        accounts.person_id is not null as is_opened,
        coalesce(accounts.is_closed, false) as is_closed,
        accounts.gender,
        accounts.province,
        accounts.branch_id,
        accounts.customer_source_type,
        accounts.investor_type,
        accounts.risk_level,
        coalesce(accounts.has_funded, false) as has_funded,
        coalesce(accounts.has_invested, false) as has_invested,
        coalesce(accounts.has_traded, false) as has_traded,
        coalesce(accounts.deposits_30d_cny, 0) as deposits_30d_cny,
        coalesce(accounts.withdrawals_7d_cny, 0) as withdrawals_7d_cny,
        coalesce(accounts.withdrawals_30d_cny, 0) as withdrawals_30d_cny,
        coalesce(accounts.net_inflow_30d_cny, 0) as net_inflow_30d_cny,
        coalesce(accounts.net_inflow_90d_cny, 0) as net_inflow_90d_cny,
        coalesce(accounts.traded_days_60d_count, 0) as traded_days_60d_count,
        coalesce(accounts.trades_30d_count, 0) as trades_30d_count,
        coalesce(accounts.trades_60td_count, 0) as trades_60td_count,
        coalesce(accounts.trades_90d_count, 0) as trades_90d_count,
        coalesce(accounts.turnover_90d_cny, 0) as turnover_90d_cny,
        coalesce(accounts.net_commission_90d_cny, 0) as net_commission_90d_cny,
        coalesce(accounts.net_commission_365d_cny, 0) as net_commission_365d_cny,
        coalesce(accounts.net_commission_to_date_cny, 0) as net_commission_to_date_cny,
        accounts.cash_cny,
        accounts.total_assets_cny,
        accounts.net_assets_cny,
        accounts.peak_assets_cny,
        accounts.peak_assets_240td_cny,
        {{ money(ratio('accounts.assets_20td_sum_cny', 'accounts.assets_20td_count')) }}
            as assets_20td_mean_cny,
        coalesce(accounts.valid_60td_count, 0) as valid_60td_count,
        coalesce(accounts.valid_240td_count, 0) as valid_240td_count,
        -- since the last sign of life; without one, since the account was opened or history began
        calendar.trading_day_no - coalesce(alive.trading_day_no, since.trading_day_no, 0)
            as silent_td_count,
        {{ days_between('accounts.opened_on', 'dated.as_of_date') }} as opened_days_count,

        -- when
        calendar.is_trading_day,
        calendar.trading_day_no,
        behaviour.first_seen_on,
        behaviour.first_active_on,
        behaviour.last_active_on,
        behaviour.registered_on,
        accounts.risk_expires_on,
        accounts.born_on,
        accounts.opened_on,
        accounts.first_funded_on,
        accounts.last_funded_on,
        accounts.first_traded_on,
        accounts.last_traded_on,
        dated.last_seen_alive_on,
        dated.as_of_date

    from dated
    inner join behaviour
        on dated.person_id = behaviour.person_id and dated.as_of_date = behaviour.as_of_date
    left join accounts
        on dated.person_id = accounts.person_id and dated.as_of_date = accounts.as_of_date
    inner join calendar on dated.as_of_date = calendar.as_of_date
    left join calendar as alive on dated.last_seen_alive_on = alive.as_of_date
    left join calendar as since on accounts.opened_on = since.as_of_date

)

select * from measured
