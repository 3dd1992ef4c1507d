-- One row per as_of_date and customer: trades, in windows that end on the day.
{% set today = walked_date() %}

with

yesterday as (

    select *
    from {{ this }}
    where as_of_date = {{ days_before(today, 1) }}

),

calendar as (

    select *
    from {{ ref('int_trading_days__numbered') }}
    where as_of_date <= {{ today }}

),

opening_states as (

    select *
    from {{ ref('int_opening_states__delivered') }}
    where business_date = {{ today }}

),

entering as (

    select *
    from {{ ref('int_customer_days__rolled_up') }}
    where business_date = {{ today }}

),

leaving_30d as (

    select *
    from {{ ref('int_customer_days__rolled_up') }}
    where business_date = {{ days_before(today, 30) }}

),

leaving_90d as (

    select *
    from {{ ref('int_customer_days__rolled_up') }}
    where business_date = {{ days_before(today, 90) }}

),

leaving_60td as (

    select customer_days.*
    from {{ ref('int_customer_days__rolled_up') }} as customer_days
    inner join calendar as today on today.as_of_date = {{ today }} and today.is_trading_day
    inner join calendar
        on
            customer_days.business_date = calendar.as_of_date
            and calendar.is_trading_day
            and calendar.trading_day_no = today.trading_day_no - 60

),

customers as (

    select substr(node_id, 10) as customer_id
    from {{ ref('int_identities__walked') }}
    where as_of_date = {{ today }} and node_rank = 1

),

entered as (

    select
        entering.*,
        case when today.is_trading_day then entering.trades_count end as trading_day_trades_count

    from entering
    inner join calendar as today on entering.business_date = today.as_of_date

),

walked as (

    select
        -- keys
        customers.customer_id,

        -- trades: a position counts as invested, whatever came before the first delivery
        coalesce(yesterday.has_invested, false)
        or coalesce(opening_states.has_invested, false)
        or coalesce(entered.trades_count, 0) > 0
        or coalesce(entered.total_assets_cny - entered.cash_cny, 0) > 0 as has_invested,
        coalesce(yesterday.has_traded, false)
        or coalesce(opening_states.has_invested, false)
        or coalesce(entered.trades_count, 0) > 0 as has_traded,
        coalesce(
            yesterday.first_traded_on,
            opening_states.first_invested_on,
            case
                when
                    not coalesce(yesterday.has_traded, opening_states.has_invested, false)
                    and entered.trades_count > 0
                    then {{ today }}
            end
        ) as first_traded_on,
        coalesce(
            case when entered.trades_count > 0 then {{ today }} end,
            yesterday.last_traded_on,
            opening_states.last_traded_on
        ) as last_traded_on,
        {{ days_moved_on('yesterday.traded_days_bits', 'entered.trades_count > 0') }}
            as traded_days_bits,
        {{ slid('trades_30d_count', 'entered.trades_count', 'leaving_30d.trades_count') }}
            as trades_30d_count,
        {{ slid('trades_90d_count', 'entered.trades_count', 'leaving_90d.trades_count') }}
            as trades_90d_count,
        {{ slid(
            'trades_60td_count', 'entered.trading_day_trades_count', 'leaving_60td.trades_count'
        ) }} as trades_60td_count,
        {{ slid('turnover_90d_cny', 'entered.turnover_cny', 'leaving_90d.turnover_cny') }}
            as turnover_90d_cny,
        {{ slid(
            'net_commission_90d_cny',
            'entered.net_commission_cny',
            'leaving_90d.net_commission_cny'
        ) }}
            as net_commission_90d_cny,

        -- when
        {{ today }} as as_of_date

    from customers
    left join yesterday on customers.customer_id = yesterday.customer_id
    left join opening_states on customers.customer_id = opening_states.customer_id
    left join entered on customers.customer_id = entered.customer_id
    left join leaving_30d on customers.customer_id = leaving_30d.customer_id
    left join leaving_90d on customers.customer_id = leaving_90d.customer_id
    left join leaving_60td on customers.customer_id = leaving_60td.customer_id

)

select * from walked
