-- One row per calendar day and business date on which the calendar was delivered.
with

rebuilt_dates as (

    select business_date
    from {{ ref('stg_control__build_dates') }}
    where layer = 'facts'

),

trading_days as (

    select * from {{ ref('stg_market__trading_days') }}

),

delivered as (

    select
        -- keys
        trading_days.day as calendar_on,

        -- what
        trading_days.is_trading_day,

        -- when
        trading_days.business_date

    from trading_days
    inner join rebuilt_dates on trading_days.business_date = rebuilt_dates.business_date

)

select * from delivered
