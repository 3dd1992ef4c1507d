-- One row per as_of_date and customer: assets, in windows of trading days that end on the day.
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

leaving_20td as (

    select customer_days.*
    from {{ ref('int_customer_days__rolled_up') }} as customer_days
    inner join calendar as today on today.as_of_date = {{ today }} and today.is_trading_day
    inner join calendar
        on
            customer_days.business_date = calendar.as_of_date
            and calendar.is_trading_day
            and calendar.trading_day_no = today.trading_day_no - 20

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

leaving_240td as (

    select customer_days.*
    from {{ ref('int_customer_days__rolled_up') }} as customer_days
    inner join calendar as today on today.as_of_date = {{ today }} and today.is_trading_day
    inner join calendar
        on
            customer_days.business_date = calendar.as_of_date
            and calendar.is_trading_day
            and calendar.trading_day_no = today.trading_day_no - 240

),

customers as (

    select substr(node_id, 10) as customer_id
    from {{ ref('int_identities__walked') }}
    where as_of_date = {{ today }} and node_rank = 1

),

entered as (

    select
        entering.*,
        today.is_trading_day,
        -- A customer is valid (有效户) on a trading day that closes with 10,000 or more.
        case when today.is_trading_day and entering.total_assets_cny >= 10000 then 1 else 0 end
            as valid_days,
        case when today.is_trading_day then entering.total_assets_cny end as trading_day_assets_cny

    from entering
    inner join calendar as today on entering.business_date = today.as_of_date

),

walked as (

    select
        -- keys
        customers.customer_id,

        -- what the books say
        coalesce(entered.cash_cny, yesterday.cash_cny) as cash_cny,
        coalesce(entered.total_assets_cny, yesterday.total_assets_cny) as total_assets_cny,
        coalesce(entered.net_assets_cny, yesterday.net_assets_cny) as net_assets_cny,
        greatest(
            yesterday.peak_assets_cny, opening_states.peak_assets_cny, entered.total_assets_cny
        ) as peak_assets_cny,
        {{ slid(
            'assets_20td_sum_cny', 'entered.trading_day_assets_cny', 'leaving_20td.total_assets_cny'
        ) }} as assets_20td_sum_cny,
        {{ slid(
            'assets_20td_count',
            'case when entered.trading_day_assets_cny is not null then 1 end',
            'case when leaving_20td.total_assets_cny is not null then 1 end'
        ) }} as assets_20td_count,
        {{ slid(
            'valid_60td_count',
            'entered.valid_days',
            'case when leaving_60td.total_assets_cny >= 10000 then 1 end'
        ) }} as valid_60td_count,
        {{ slid(
            'valid_240td_count',
            'entered.valid_days',
            'case when leaving_240td.total_assets_cny >= 10000 then 1 end'
        ) }} as valid_240td_count,

        -- when
        {{ today }} as as_of_date

    from customers
    left join yesterday on customers.customer_id = yesterday.customer_id
    left join opening_states on customers.customer_id = opening_states.customer_id
    left join entered on customers.customer_id = entered.customer_id
    left join leaving_20td on customers.customer_id = leaving_20td.customer_id
    left join leaving_60td on customers.customer_id = leaving_60td.customer_id
    left join leaving_240td on customers.customer_id = leaving_240td.customer_id

)

select * from walked
